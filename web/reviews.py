"""The year's review: drafts that clerks make, change and download, and the same as JSON."""

import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi import Path as InPath
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field, field_validator

from baocao.errors import BaocaoError, NotFoundError, UsageError
from baocao.index.record import now
from baocao.insight.review import ReviewRequest, write_review
from baocao.insight.review import draft as drafting
from baocao.insight.review.draft import Draft, Entry, as_review
from baocao.insight.review.fields import GENERAL, all_fields
from baocao.insight.review.model import PARTS, Placed
from baocao.insight.review.page import contradiction, tables
from baocao.insight.review.reworded import UnstatedError
from baocao.insight.review.year import follow_up_rows, years
from baocao.report import Label
from baocao.text import fold
from baocao.web import drafts
from baocao.web.access import Editor, Reader, TheDesk
from baocao.web.desk import Desk
from baocao.web.drafts import Held
from baocao.web.refusals import StaleDraftError
from baocao.web.roles import Visitor
from baocao.web.saving import saved_as
from baocao.web.showing import page
from baocao.web.wording import said

shown = APIRouter()
api = APIRouter(tags=["reviews"])

Number = Annotated[int, InPath(ge=1, le=2**31 - 1)]
Short = Annotated[str, Field(max_length=300)]
_MOST = 50  # sentences listed to choose from
_LATE = 60  # seconds after which a draft that no process of the page may be composing is offered to be begun again
_PART = Label.ACHIEVEMENT
Form_ = Literal["docx", "md", "json", "xlsx"]


class Wanted(BaseModel):
    """What to review, how long, and who signs: `pages` of the DOCX's text take the place of `items`."""

    year: int = Field(ge=1945, le=2200)
    unit: list[Short] = Field([], max_length=2_000, description="Reports of these bodies; none: all.")
    length: Literal["items", "pages"] = "items"
    items: int = Field(30, ge=1, le=1_000)
    pages: float = Field(6.0, ge=0.5, le=200)
    issuer: Short = ""
    parent: Short = ""
    place: Short = ""
    expected: list[Short] = Field([], max_length=2_000, description="Bodies that should have reported.")
    name: Short = Field("", description="The draft's name in the list.")

    @field_validator("expected", mode="before")
    @classmethod
    def _lines(cls, told: Any) -> Any:
        """A form sends one text with a body a line."""
        if isinstance(told, list) and all(isinstance(t, str) for t in told):
            return [line.strip() for t in told for line in t.splitlines() if line.strip()]
        return told

    def request(self) -> ReviewRequest:
        """Return what is asked of the review."""
        return ReviewRequest(
            self.year, units=tuple(u for u in self.unit if u.strip()), items=self.items,
            pages=self.pages if self.length == "pages" else None, expected=tuple(self.expected),
            issuer=self.issuer.strip() or None, parent=self.parent.strip() or None, place=self.place.strip() or None,
        )  # fmt: skip

    @property
    def called(self) -> str:
        """The draft's name: as told, or the year and its first bodies."""
        units = [u for u in self.unit if u.strip()]
        of = f" – {', '.join(units[:2])}{' …' if len(units) > 2 else ''}" if units else ""
        return self.name.strip() or f"Tổng kết năm {self.year}{of}"[:300]


Act = Literal[
    "drop", "restore", "up", "down", "move", "field", "edit", "add", "own", "head", "field-up", "field-down", "undo"
]


class Change(BaseModel):
    """A change of a draft of a `version`; `item` names what it is made on.

    `move` wants `before` (an item of the same part); `field` and `own` want `field`; `edit` and `own` want `text`;
    `head`, `field-up`, `field-down` and `own` want `label`, and `field` unless it is the part itself that is headed.
    `own` with `edit` says that the text is the drafter's own words, which need no source.
    """

    act: Act
    version: int = Field(ge=1, le=2**31 - 1)
    item: Short = ""
    before: Short = ""
    label: Label | None = None
    field: Short = ""
    text: str = Field("", max_length=10_000)
    own: bool = False

    def made(self, draft: Draft, sentences: Any) -> Draft:
        """Return the draft with the change; `sentences` returns those of the year, to add one."""
        label, field = self.label, self.field.strip()
        match self.act:
            case "drop":
                return drafting.drop(draft, self.item)
            case "restore":
                return drafting.restore(draft, self.item)
            case "up" | "down":
                return drafting.shift(draft, self.item, -1 if self.act == "up" else 1)
            case "move":
                return drafting.move(draft, self.item, field or None, self.before or None)
            case "field":
                return drafting.move(draft, self.item, field)
            case "edit":
                return drafting.edit(draft, self.item, self.text, own=self.own)
            case "add":
                return drafting.add(draft, _sentence(sentences(), self.item))
            case "own" if label in PARTS:
                return drafting.add_own(draft, label, field or GENERAL, self.text)
            case "head" if label in PARTS:
                return drafting.head(draft, label, field or None, self.text)
            case "field-up" | "field-down" if label in PARTS:
                return drafting.shift_field(draft, label, field, -1 if self.act == "field-up" else 1)
            case "undo":
                return drafting.undo(draft)
        raise UsageError(f"A change “{self.act}” wants the label of a part: achievement, difficulty or recommendation.")

    def what(self, draft: Draft) -> str:
        """Return what the change was made on, for the history."""
        if self.act in ("own", "head"):
            return self.text[:100]
        if self.act in ("field-up", "field-down"):
            return self.field
        if self.act in ("undo", "add"):
            return self.item
        return drafting.entry(draft, self.item).item.text[:100]


class Version(BaseModel):
    """The version of the draft that was looked at."""

    version: int = Field(ge=1, le=2**31 - 1)


class Named(Version):
    """Another name for the draft."""

    name: str = Field(min_length=1, max_length=300, pattern=r"\S")


def _sentence(found: list[Placed], id: str) -> Placed:
    for placed in found:
        if placed.item.id == id:
            return placed
    raise NotFoundError(f"The year has no sentence {id}.")


def make(desk: Desk, visitor: Visitor, wanted: Wanted) -> int:
    """Begin a draft and return its number."""
    return drafts.begin(desk, visitor, wanted.called, wanted.request())


def change(desk: Desk, visitor: Visitor, number: int, asked: Change) -> None:
    """Change a draft."""

    def made(draft: Draft) -> Draft:
        return asked.made(draft, lambda: drafts.sentences(desk, draft))

    told = drafts.held(desk, number).ready
    drafts.change(
        desk, visitor, number, asked.version, asked.act, asked.what(told), made, step=asked.act != "undo"
    )  # fmt: skip


def follow_up(desk: Desk, visitor: Visitor, number: int) -> int:
    """Put a draft's recommendations on the follow-up list; return how many are new there."""
    told = as_review(drafts.held(desk, number).ready)
    count = desk.record.follow_up(follow_up_rows(told, visitor.name or "", now()))
    desk.note(visitor, "follow up", f"draft {number}: {count} new")
    return count


@dataclass(frozen=True, slots=True)
class Offered:
    """Sentences of the year that the draft does not hold, as far as they are listed, and how many there are."""

    placed: tuple[Placed, ...]
    total: int


def offered(desk: Desk, draft: Draft, label: Label, query: str) -> Offered:
    """Return the sentences of a part that hold all words of a query, themselves or in their source."""
    words = fold(query).split()
    held = {
        (s.report, s.start) for e in drafting.entries(draft, label) for s in e.composed.sources
    }  # fmt: skip
    found = [
        placed
        for placed in drafts.sentences(desk, draft)
        if placed.label is label
        and (placed.item.sources[0].report, placed.item.sources[0].start) not in held
        and all(word in _searched(placed) for word in words)
    ]
    return Offered(tuple(found[:_MOST]), len(found))


def _searched(placed: Placed) -> str:
    source = placed.item.sources[0]
    return fold(f"{placed.item.text} {source.issuer or ''} {source.docno or ''} {placed.field}")


# The page.


@dataclass(frozen=True, slots=True)
class FieldShown:
    """A field of a part as the page shows it."""

    name: str
    heading: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class PartShown:
    """A part as the page shows it, and what was dropped from it."""

    label: Label
    heading: str
    fields: tuple[FieldShown, ...]
    dropped: tuple[Entry, ...]


def _parts(draft: Draft) -> list[PartShown]:
    parts = []
    for label in PARTS:
        groups: dict[str, list[Entry]] = {}
        dropped = []
        for entry in drafting.entries(draft, label):
            if entry.dropped:
                dropped.append(entry)
            else:
                groups.setdefault(entry.field, []).append(entry)
        fields = tuple(
            FieldShown(name, drafting.heading_of(draft, label, name), tuple(entries))
            for name, entries in groups.items()
        )
        parts.append(PartShown(label, drafting.heading_of(draft, label), fields, tuple(dropped)))
    return parts


@dataclass(frozen=True, slots=True)
class Refused:
    """A change that was not made: what was asked, and why not in words."""

    change: Change
    words: str


def _why(error: BaocaoError, held: Held, language: str) -> str:
    """Return why a change was not made, for the clerk."""

    def quoted(words: tuple[str, ...]) -> str:
        return ", ".join(f"“{w}”" for w in words)

    match error:
        case UnstatedError():
            told = []
            if error.unstated:
                told.append(said("Không nguồn nào của mục này nêu {words}.", language, words=quoted(error.unstated)))
            if error.lost:
                told.append(
                    said("Nguồn viết {words}; câu sửa làm mất ý đó.", language, words=quoted(error.lost))
                )  # fmt: skip
            told.append(said("Hãy sửa theo nguồn, hoặc đánh dấu là ý của người soạn.", language))
            return " ".join(told)
        case StaleDraftError():
            return said(
                "{who} đã sửa bản thảo trong lúc bạn làm; dưới đây là bản mới nhất, hãy xem lại rồi sửa tiếp.",
                language,
                who=held.entry.changed_by,
            )
        case NotFoundError():
            return said("Mục này không còn trong bản thảo.", language)
    return said("Không làm được: hãy kiểm tra lại nội dung vừa nhập.", language)


def _year_options(desk: Desk) -> dict[int, Any]:
    return desk.kept("years of reports", desk.record.last_change(), lambda: years(desk.folder))


@shown.get("/reviews", response_class=HTMLResponse)
def reviews(
    request: Request, desk: TheDesk, _: Reader, year: Annotated[int | None, Query(ge=1945, le=2200)] = None
) -> HTMLResponse:
    """List the drafts, with the form for a new one."""
    options = _year_options(desk)
    chosen = year if year in options else next(iter(options), None)
    units = sorted((u for u in options[chosen] if u), key=fold) if chosen else []
    return page(
        request, "reviews.html", drafts=drafts.listed(desk), options=options, chosen=chosen, units=units,
        counts=options[chosen] if chosen else {},
    )  # fmt: skip


@shown.post("/reviews")
def make_by_form(wanted: Annotated[Wanted, Form()], desk: TheDesk, visitor: Editor) -> RedirectResponse:
    """Begin a draft and show it."""
    return RedirectResponse(f"/reviews/{make(desk, visitor, wanted)}", status_code=303)


@shown.get("/reviews/{number}", response_class=HTMLResponse)
def review(request: Request, number: Number, desk: TheDesk, _: Reader) -> HTMLResponse:
    """Show a draft; while it is composed, a page that looks again."""
    return _page(request, desk, drafts.held(desk, number))


def _page(
    request: Request, desk: Desk, held: Held, refused: Refused | None = None, status: int = 200
) -> HTMLResponse:  # fmt: skip
    number, draft = held.entry.number, held.draft
    if draft is None or held.entry.state != drafts.READY:
        age = (datetime.now(UTC) - datetime.fromisoformat(held.entry.changed_at)).total_seconds()
        late = held.entry.state == drafts.COMPOSING and age > _LATE and not drafts.is_running(desk, number)
        return page(request, "review_waiting.html", held=held, late=late)
    part = request.headers.get("x-part") == "draft"
    told = as_review(draft)
    used = [e.field for label in PARTS for e in drafting.entries(draft, label)]
    return page(
        request, "draft.html" if part else "review.html", status=status, held=held, draft=draft, told=told,
        parts=_parts(draft), tables=list(tables(told)), refused=refused, contradiction=contradiction,
        changed=drafts.changed_reports(desk, number, draft), fields=list(dict.fromkeys([*used, *all_fields()])),
        DID=_DID, counted=sum(len(g.items) for p in told.parts for g in p.groups),
    )  # fmt: skip


_DID = {
    "drop": "Bỏ mục", "restore": "Lấy lại mục", "up": "Chuyển lên", "down": "Chuyển xuống", "move": "Xếp lại",
    "field": "Chuyển lĩnh vực", "edit": "Sửa", "add": "Thêm câu", "own": "Thêm ý của người soạn", "head": "Đổi tiêu đề",
    "field-up": "Chuyển lĩnh vực lên", "field-down": "Chuyển lĩnh vực xuống",
}  # fmt: skip


@shown.post("/reviews/{number}/changes")
def change_by_form(
    request: Request, number: Number, asked: Annotated[Change, Form()], desk: TheDesk, visitor: Editor
) -> Response:
    """Change a draft from its page; what cannot be done is told there, the text kept."""
    try:
        change(desk, visitor, number, asked)
    except (UnstatedError, StaleDraftError, UsageError, NotFoundError) as error:
        held = drafts.held(desk, number)
        status = 409 if isinstance(error, StaleDraftError) else 422
        return _page(request, desk, held, Refused(asked, _why(error, held, visitor.language)), status)
    place = f"#i-{asked.item}" if asked.item else ""
    return RedirectResponse(f"/reviews/{number}{place}", status_code=303)


@shown.post("/reviews/{number}/anew")
def anew_by_form(
    number: Number, version: Annotated[int, Form(ge=1, le=2**31 - 1)], desk: TheDesk, visitor: Editor
) -> RedirectResponse:
    """Compose a draft anew from its page."""
    drafts.compose_anew(desk, visitor, number, version)
    return RedirectResponse(f"/reviews/{number}", status_code=303)


@shown.post("/reviews/{number}/followups")
def follow_up_by_form(number: Number, desk: TheDesk, visitor: Editor) -> RedirectResponse:
    """Put a draft's recommendations on the follow-up list and show it."""
    told = drafts.held(desk, number).entry
    follow_up(desk, visitor, number)
    return RedirectResponse(f"/followups?year={told.year}", status_code=303)


@shown.post("/reviews/{number}/name")
def rename_by_form(number: Number, named: Annotated[Named, Form()], desk: TheDesk, visitor: Editor) -> RedirectResponse:
    """Give a draft another name."""
    drafts.rename(desk, visitor, number, named.version, named.name.strip())
    return RedirectResponse(f"/reviews/{number}", status_code=303)


@shown.post("/reviews/{number}/delete")
def delete_by_form(
    number: Number, version: Annotated[int, Form(ge=1, le=2**31 - 1)], desk: TheDesk, visitor: Editor
) -> RedirectResponse:
    """Delete a draft and show the others."""
    drafts.delete(desk, visitor, number, version)
    return RedirectResponse("/reviews", status_code=303)


@shown.get("/reviews/{number}/sentences", response_class=HTMLResponse)
def sentences_shown(
    request: Request, number: Number, desk: TheDesk, _: Reader, label: Annotated[Label, Query()] = _PART,
    q: Annotated[str, Query(max_length=300)] = "",
) -> HTMLResponse:  # fmt: skip
    """Show the sentences of the year that the draft does not hold, to add some."""
    held = drafts.held(desk, number)
    label = label if label in PARTS else _PART
    found = offered(desk, held.ready, label, q)
    part = request.headers.get("x-part") == "sentences"
    return page(
        request, "review_offered.html" if part else "review_sentences.html", held=held, found=found, label=label, q=q,
        PARTS=PARTS,
    )  # fmt: skip


@shown.get("/reviews/{number}/review.{form}")
@api.get("/reviews/{number}/review.{form}", response_class=FileResponse)
def download(number: Number, form: Form_, desk: TheDesk, visitor: Reader) -> FileResponse:
    """Return a draft as DOCX in the official form, Markdown, JSON, or the follow-up list as XLSX."""
    held = drafts.held(desk, number)
    told = as_review(held.ready)
    name = re.sub(r"[^\w]+", "-", held.entry.name).strip("-")[:80] or f"tong-ket-{held.entry.year}"
    answer, _ = saved_as(f"{name}.{form}", lambda path: write_review(told, path))
    desk.note(visitor, "download", f"draft {number} as {form}: {held.entry.name}")
    return answer


# The API.


class EntryJson(BaseModel):
    """A draft in the list; every change counts up its version."""

    number: int
    name: str
    year: int
    units: list[str]
    state: Literal["composing", "ready", "failed"]
    version: int
    by: str
    at: str
    changed_by: str
    changed_at: str


class DraftJson(EntryJson):
    """A draft: the review as clerks left it, what was dropped, and how many reports changed since."""

    fault: str | None
    review: dict[str, Any] | None
    dropped: list[dict[str, str]]
    changed_reports: int
    steps: list[dict[str, str]]


class Sentence(BaseModel):
    """A sentence of the year that the draft does not hold; `item` names it to add it."""

    item: str
    text: str
    field: str
    source: dict[str, Any]


class Sentences(BaseModel):
    """Sentences to choose from, 50 at most, and how many there are."""

    total: int
    sentences: list[Sentence]


class YearJson(BaseModel):
    """A year that reports speak of, and the bodies that issued them with their numbers."""

    year: int
    reports: int
    units: dict[str, int]


class Count(BaseModel):
    """How many recommendations are new on the follow-up list."""

    new: int


def _json(desk: Desk, number: int) -> dict[str, Any]:
    held = drafts.held(desk, number)
    draft = held.draft
    dropped = [e for label in PARTS for e in drafting.entries(draft, label) if e.dropped] if draft else []
    return {
        **held.entry.to_json(), "fault": held.fault, "review": as_review(draft).to_json() if draft else None,
        "dropped": [{"item": e.item.id, "text": e.item.text} for e in dropped],
        "changed_reports": drafts.changed_reports(desk, number, draft) if draft else 0,
        "steps": [{"by": s.by, "at": s.at, "did": s.did, "what": s.what} for s in draft.steps] if draft else [],
    }  # fmt: skip


@api.get("/reviews/years")
def review_years(desk: TheDesk, _: Reader) -> list[YearJson]:
    """List the years that reports speak of, the latest first."""
    return [
        YearJson(year=year, reports=told.total(), units={u: n for u, n in told.items() if u})
        for year, told in _year_options(desk).items()
    ]


@api.get("/reviews", response_model=list[EntryJson])
def list_reviews(desk: TheDesk, _: Reader) -> list[dict[str, Any]]:
    """List the drafts, the one changed last first."""
    return [entry.to_json() for entry in drafts.listed(desk)]


@api.post("/reviews", status_code=201, response_model=DraftJson)
def make_review(wanted: Wanted, desk: TheDesk, visitor: Editor) -> dict[str, Any]:
    """Begin a draft; while its state is `composing`, ask for it again."""
    return _json(desk, make(desk, visitor, wanted))


@api.get("/reviews/{number}", response_model=DraftJson)
def review_json(number: Number, desk: TheDesk, _: Reader) -> dict[str, Any]:
    """Return a draft with the review as it stands, every item with its sources."""
    return _json(desk, number)


@api.post("/reviews/{number}/changes", response_model=DraftJson)
def change_review(number: Number, asked: Change, desk: TheDesk, visitor: Editor) -> dict[str, Any]:
    """Change a draft: 409 where it is of a later version, 422 where a text says what its sources do not (BC500)."""
    change(desk, visitor, number, asked)
    return _json(desk, number)


@api.post("/reviews/{number}/anew", response_model=DraftJson)
def compose_review_anew(number: Number, seen: Version, desk: TheDesk, visitor: Editor) -> dict[str, Any]:
    """Compose a draft of the archive as it is now; decisions on the same items stay."""
    drafts.compose_anew(desk, visitor, number, seen.version)
    return _json(desk, number)


@api.get("/reviews/{number}/sentences")
def review_sentences(
    number: Number, desk: TheDesk, _: Reader, label: Annotated[Label, Query()] = _PART,
    q: Annotated[str, Query(max_length=300)] = "",
) -> Sentences:  # fmt: skip
    """List sentences of the year that the draft does not hold."""
    found = offered(desk, drafts.held(desk, number).ready, label, q)
    return Sentences(
        total=found.total,
        sentences=[
            Sentence(item=p.item.id, text=p.item.text, field=p.field, source=asdict(p.item.sources[0]))
            for p in found.placed
        ],
    )  # fmt: skip


@api.post("/reviews/{number}/followups")
def follow_up_review(number: Number, desk: TheDesk, visitor: Editor) -> Count:
    """Put a draft's recommendations on the follow-up list; those that stand there stay as they are."""
    return Count(new=follow_up(desk, visitor, number))


@api.post("/reviews/{number}/name", response_model=DraftJson)
def rename_review(number: Number, named: Named, desk: TheDesk, visitor: Editor) -> dict[str, Any]:
    """Give a draft another name."""
    drafts.rename(desk, visitor, number, named.version, named.name.strip())
    return _json(desk, number)


@api.delete("/reviews/{number}", status_code=204)
def delete_review(
    number: Number, version: Annotated[int, Query(ge=1, le=2**31 - 1)], desk: TheDesk, visitor: Editor
) -> None:
    """Delete a draft for good."""
    drafts.delete(desk, visitor, number, version)
