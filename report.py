"""The nouns: a report and its parts, and their JSON (the form is fixed: other programs read it).

All are frozen; tuples inside. Offsets are str indexes into `Report.text`, which is NFC. The text of a
sentence or entity is a slice of it and is never stored twice.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self


class Label(StrEnum):
    """What a sentence says. Causes count as difficulty; tasks ahead and solutions as recommendation."""

    ACHIEVEMENT = "achievement"
    DIFFICULTY = "difficulty"
    RECOMMENDATION = "recommendation"
    OTHER = "other"


class EntityType(StrEnum):
    """What a mention names."""

    UNIT = "UNIT"
    PERSON = "PERSON"
    DATE = "DATE"
    PERIOD = "PERIOD"
    DOCNO = "DOCNO"


class Kind(StrEnum):
    """What a document is."""

    REPORT = "report"
    MINUTES = "minutes"
    PLAN = "plan"
    NEWS = "news"
    OTHER = "other"


class By(StrEnum):
    """Who decided: a rule, a trained model, or a person who corrected them."""

    RULE = "rule"
    MODEL = "model"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the text, `0 <= start < end <= len(text)`."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Return the characters that the span covers."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of days, ISO dates, both ends included."""

    start: str
    end: str

    @classmethod
    def from_norm(cls, norm: str) -> Self:
        """Read `2017-01-01/2017-06-30`."""
        start, end = norm.split("/")
        return cls(start, end)


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed: the name alone, and the role as written above it."""

    name: str
    role: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """What was handed in. `sha256` is of the bytes; `name` is the file's name without its folder."""

    name: str
    sha256: str
    media_type: str
    size: int

    @property
    def id(self) -> str:
        """The report's id: the first 16 hex digits of the hash."""
        return self.sha256[:16]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader had to do to come by the text.

    `encoding` is the one of before Unicode that the text was converted from. `confidence` is, page by page, how sure
    character recognition was (0 to 1), None for a page whose text stood in the file; empty where none was recognised.
    `repaired` are stretches of the text that were set right after recognition.
    """

    encoding: str | None = None
    confidence: tuple[float | None, ...] = ()
    repaired: tuple[Span, ...] = ()

    @property
    def ocr(self) -> bool:
        """Tell whether any page's text was recognised from a picture."""
        return any(c is not None for c in self.confidence)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object, keys in their fixed order."""
        repaired = [[s.start, s.end] for s in self.repaired]
        return {"encoding": self.encoding, "confidence": list(self.confidence), "repaired": repaired}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(data["encoding"], tuple(data["confidence"]), tuple(Span(*pair) for pair in data["repaired"]))


@dataclass(frozen=True, slots=True)
class RawDocument:
    """What a reader makes of a file: clean text and where its pages begin (`pages_at[0] == 0`)."""

    source: Source
    text: str
    pages_at: tuple[int, ...] = (0,)
    title: str | None = None
    date: str | None = None
    reading: Reading = Reading()


@dataclass(frozen=True, slots=True)
class Section(Span):
    """A heading with all that stands under it; `parent` indexes `Report.sections`, level 1 is the top."""

    heading: str
    number: str | None
    level: int
    parent: int | None


@dataclass(frozen=True, slots=True)
class Sentence(Span):
    """A sentence or list item; `section` indexes `Report.sections`."""

    section: int | None
    label: Label
    confidence: float
    by: By = By.MODEL


@dataclass(frozen=True, slots=True)
class Entity(Span):
    """A mention. `norm` is None where the text does not say for certain what is meant."""

    type: EntityType
    norm: str | None
    sentence: int | None
    by: By = By.RULE


@dataclass(frozen=True, slots=True)
class PersonRole:
    """`person` (an index of `Report.entities`) holds `role`, at `unit` where the text names one."""

    person: int
    role: str
    unit: int | None


@dataclass(frozen=True, slots=True)
class DocIssued:
    """The document `doc` was issued on `date` by `issuer` under `title`, as far as the text says."""

    doc: int
    date: int | None
    issuer: int | None
    title: str | None


@dataclass(frozen=True, slots=True)
class Members:
    """`unit` is said to have `stated` members, and these are listed."""

    unit: int | None
    stated: int
    members: tuple[int, ...]


Relation = PersonRole | DocIssued | Members


@dataclass(frozen=True, slots=True)
class Finding(Span):
    """Something in the text that a careful reader would query; `warnings` in the JSON."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """A document as the pipeline understood it."""

    source: Source
    title: str
    kind: Kind
    docno: str | None
    issued: str | None
    place: str | None
    issuer: str | None
    period: Period | None
    signer: Signer | None
    text: str
    pages_at: tuple[int, ...]
    sections: tuple[Section, ...]
    sentences: tuple[Sentence, ...]
    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...]
    findings: tuple[Finding, ...]
    reading: Reading = Reading()

    @property
    def id(self) -> str:
        """The first 16 hex digits of the original's SHA-256."""
        return self.source.id

    def page_of(self, offset: int) -> int:
        """Return the page, counted from 1, on which the character at `offset` stands."""
        page = 1
        for number, start in enumerate(self.pages_at, 1):
            if start > offset:
                break
            page = number
        return page

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of the report, keys in their fixed order."""
        text = self.text
        return {
            "id": self.id,
            "title": self.title,
            "source": self.source.name,
            "sha256": self.source.sha256,
            "media_type": self.source.media_type,
            "size": self.source.size,
            "pages": len(self.pages_at),
            "ocr": self.reading.ocr,
            "kind": self.kind.value,
            "docno": self.docno,
            "issued": self.issued,
            "place": self.place,
            "issuer": self.issuer,
            "period": {"start": self.period.start, "end": self.period.end} if self.period else None,
            "signer": {"name": self.signer.name, "role": self.signer.role} if self.signer else None,
            "text": text,
            "pages_at": list(self.pages_at),
            "sections": [
                {
                    "heading": s.heading,
                    "number": s.number,
                    "level": s.level,
                    "start": s.start,
                    "end": s.end,
                    "parent": s.parent,
                }
                for s in self.sections
            ],
            "sentences": [
                {
                    "start": s.start,
                    "end": s.end,
                    "text": text[s.start : s.end],
                    "section": s.section,
                    "label": s.label.value,
                    "confidence": s.confidence,
                    "by": s.by.value,
                }
                for s in self.sentences
            ],
            "entities": [
                {
                    "type": e.type.value,
                    "start": e.start,
                    "end": e.end,
                    "text": text[e.start : e.end],
                    "norm": e.norm,
                    "sentence": e.sentence,
                    "by": e.by.value,
                }
                for e in self.entities
            ],
            "relations": [_relation_to_json(r) for r in self.relations],
            "warnings": [{"code": f.code, "message": f.message, "start": f.start, "end": f.end} for f in self.findings],
            "reading": self.reading.to_json(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read what `to_json` wrote.

        Raises KeyError or ValueError where the object is of another form.
        """
        period, signer = data["period"], data["signer"]
        return cls(
            source=Source(data["source"], data["sha256"], data["media_type"], data["size"]),
            title=data["title"],
            kind=Kind(data["kind"]),
            docno=data["docno"],
            issued=data["issued"],
            place=data["place"],
            issuer=data["issuer"],
            period=Period(period["start"], period["end"]) if period else None,
            signer=Signer(signer["name"], signer["role"]) if signer else None,
            text=data["text"],
            pages_at=tuple(data["pages_at"]),
            sections=tuple(
                Section(s["start"], s["end"], s["heading"], s["number"], s["level"], s["parent"])
                for s in data["sections"]
            ),
            sentences=tuple(
                Sentence(s["start"], s["end"], s["section"], Label(s["label"]), s["confidence"], By(s["by"]))
                for s in data["sentences"]
            ),
            entities=tuple(
                Entity(e["start"], e["end"], EntityType(e["type"]), e["norm"], e["sentence"], By(e["by"]))
                for e in data["entities"]
            ),
            relations=tuple(_relation_from_json(r) for r in data["relations"]),
            findings=tuple(Finding(w["start"], w["end"], w["code"], w["message"]) for w in data["warnings"]),
            reading=Reading.from_json(data["reading"]) if "reading" in data else Reading(),  # not told before
        )


def _relation_to_json(relation: Relation) -> dict[str, Any]:
    match relation:
        case PersonRole(person, role, unit):
            return {"kind": "person_role", "person": person, "role": role, "unit": unit}
        case DocIssued(doc, date, issuer, title):
            return {"kind": "doc_issued", "doc": doc, "date": date, "issuer": issuer, "title": title}
        case Members(unit, stated, members):
            return {"kind": "members", "unit": unit, "stated": stated, "members": list(members)}


def _relation_from_json(data: dict[str, Any]) -> Relation:
    match data["kind"]:
        case "person_role":
            return PersonRole(data["person"], data["role"], data["unit"])
        case "doc_issued":
            return DocIssued(data["doc"], data["date"], data["issuer"], data["title"])
        case "members":
            return Members(data["unit"], data["stated"], tuple(data["members"]))
    raise ValueError(f"no relation is of kind {data['kind']!r}")
