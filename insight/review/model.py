"""The nouns of a review, and its JSON: each item carries every sentence that it rests on."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Self

from baocao.report import Label

PARTS = {
    Label.ACHIEVEMENT: "Kết quả đạt được",
    Label.DIFFICULTY: "Khó khăn, vướng mắc và nguyên nhân",
    Label.RECOMMENDATION: "Kiến nghị, phương hướng",
}


@dataclass(frozen=True, slots=True)
class Returning:
    """A difficulty that came back from earlier years; the caller knows them."""

    name: str
    units: tuple[str, ...]
    years: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Followed:
    """What became of a recommendation: its state in words, a note, and the day of both (ISO)."""

    text: str
    unit: str | None
    state: str
    note: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """What to review, how long, and who will sign.

    `units` limits the review to reports of these bodies, in any spelling of case; none: all. `expected` are the
    bodies that should have reported: if none are given, `units`, or else those of the year before. `pages`, where
    given, bounds the body of the DOCX in place of `items`. `followed` tells what became of last year's recommendations.
    """

    year: int
    units: tuple[str, ...] = ()
    items: int = 30
    pages: float | None = None
    expected: tuple[str, ...] = ()
    returning: tuple[Returning, ...] = ()
    followed: tuple[Followed, ...] = ()
    issuer: str | None = None
    parent: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Cited:
    """A sentence of a report, where it stands: `text` is `Report.text[start:end]`, page from 1."""

    report: str
    title: str
    docno: str | None
    issuer: str | None
    issued: str | None
    page: int
    start: int
    end: int
    text: str

    @property
    def short(self) -> str:
        """The source in short form: "Thanh tra tỉnh X, 12/BC-TTr, 22/6/2017, tr. 3"."""
        named = self.issuer or self.title
        parts = (named, self.docno, written_date(self.issued) if self.issued else None, f"tr. {self.page}")
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Reports that give different figures for one measure; `figures[i]` is what `sources[i]` says."""

    figures: tuple[str, ...]
    sources: tuple[Cited, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A statement of the review: `text` as shown, the sentences that say it, and what contradicts it.

    An item without sources is the drafter's own words. `edited` tells that a clerk worded it, from its sources.
    `key` names an item whose first source does not.
    """

    text: str
    sources: tuple[Cited, ...]
    conflicts: tuple[Conflict, ...] = ()
    key: str = ""
    edited: bool = False

    @property
    def id(self) -> str:
        """Names the item in a follow-up list: the first source's report and offset."""
        return self.key or f"{self.sources[0].report}:{self.sources[0].start}"

    @property
    def own(self) -> bool:
        """Tell whether it is the drafter's own words."""
        return not self.sources

    @property
    def unit(self) -> str:
        """The body that says it first, or nothing."""
        return (self.sources[0].issuer or "") if self.sources else ""


@dataclass(frozen=True, slots=True)
class Placed:
    """An item with the part and the field of work it belongs to."""

    label: Label
    field: str
    item: Item


@dataclass(frozen=True, slots=True)
class Group:
    """The items of one field of work, the most important first."""

    field: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One of the three parts; `heading` where it was given another name."""

    label: Label
    groups: tuple[Group, ...]
    heading: str = ""

    @property
    def title(self) -> str:
        """The part's name on the page."""
        return self.heading or PARTS[self.label]

    @property
    def items(self) -> Iterator[Item]:
        """The items of all groups."""
        return (item for group in self.groups for item in group.items)


@dataclass(frozen=True, slots=True)
class Reporting:
    """A body and the reports of the year that are its own; none: it should have reported."""

    unit: str
    reports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CitedDocument:
    """A document number that reports of the year name, and who names it."""

    docno: str
    reports: int
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DataWarning:
    """Something in a report that a careful reader would query."""

    code: str
    message: str
    source: Cited


@dataclass(frozen=True, slots=True)
class Review:
    """A year in three parts, with the tables that stand behind them."""

    year: int
    units: tuple[str, ...]
    issuer: str | None
    parent: str | None
    place: str | None
    reports: int
    parts: tuple[Part, ...]
    reporting: tuple[Reporting, ...]
    documents: tuple[CitedDocument, ...]
    returning: tuple[Returning, ...]
    followed: tuple[Followed, ...]
    conflicts: tuple[Conflict, ...]
    warnings: tuple[DataWarning, ...]

    @property
    def reported(self) -> tuple[Reporting, ...]:
        """The bodies that reported."""
        return tuple(r for r in self.reporting if r.reports)

    @property
    def missing(self) -> tuple[str, ...]:
        """The bodies that should have reported and did not."""
        return tuple(r.unit for r in self.reporting if not r.reports)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of the review, keys in their fixed order, all provenance in it."""
        data = asdict(self)
        for part, told in zip(self.parts, data["parts"], strict=True):
            told["label"], told["title"] = part.label.value, part.title
            for group, group_told in zip(part.groups, told["groups"], strict=True):
                for item, item_told in zip(group.items, group_told["items"], strict=True):
                    item_told["id"] = item.id
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(
            year=data["year"], units=tuple(data["units"]), issuer=data["issuer"], parent=data["parent"],
            place=data["place"], reports=data["reports"],
            parts=tuple(
                Part(
                    Label(part["label"]),
                    tuple(Group(g["field"], tuple(map(item_from_json, g["items"]))) for g in part["groups"]),
                    part["heading"],
                )
                for part in data["parts"]
            ),
            reporting=tuple(Reporting(r["unit"], tuple(r["reports"])) for r in data["reporting"]),
            documents=tuple(CitedDocument(d["docno"], d["reports"], tuple(d["units"])) for d in data["documents"]),
            returning=tuple(Returning(r["name"], tuple(r["units"]), tuple(r["years"])) for r in data["returning"]),
            followed=tuple(Followed(**f) for f in data["followed"]),
            conflicts=tuple(map(_conflict_from_json, data["conflicts"])),
            warnings=tuple(DataWarning(w["code"], w["message"], Cited(**w["source"])) for w in data["warnings"]),
        )  # fmt: skip


def item_from_json(data: dict[str, Any]) -> Item:
    """Read an item as `Review.to_json` wrote it."""
    sources = tuple(Cited(**source) for source in data["sources"])
    conflicts = tuple(map(_conflict_from_json, data["conflicts"]))
    return Item(data["text"], sources, conflicts, data["key"], data["edited"])


def _conflict_from_json(data: dict[str, Any]) -> Conflict:
    return Conflict(tuple(data["figures"]), tuple(Cited(**source) for source in data["sources"]))


def written_date(iso: str) -> str:
    """Return `2017-06-22` as `22/6/2017`, a month as `6/2017`."""
    return "/".join(str(int(number)) for number in reversed(iso.split("-")))
