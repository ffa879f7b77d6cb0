"""Searching: the front page, its live results, exports, and the same as JSON."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, HTMLResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.background import BackgroundTask

from baocao.errors import QueryError
from baocao.index import lookup
from baocao.index.answering import Answer
from baocao.index.search import Group, SearchRequest, SentenceHit, Sort
from baocao.index.settings import open_engine
from baocao.insight.export import export_hits
from baocao.report import Kind, Label
from baocao.web.access import Reader, TheDesk
from baocao.web.showing import page

shown = APIRouter()
api = APIRouter(tags=["search"])

_PAGE = 20  # hits
_LAST = 500  # pages; whoever wants more exports
_DAY = r"^\d{4}(-\d{2}(-\d{2})?)?$"
_MEDIA = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv; charset=utf-8"}
Short = Annotated[str, Field(max_length=300)]


class Asked(BaseModel):
    """A search as an address has it; filters of one kind are OR-ed, kinds are AND-ed."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    q: str = Field("", max_length=2_000, description='Words, "a phrase", OR, -not, prefix*, a document number.')
    unit: list[Short] = Field([], max_length=50, description="Sentences that name the unit, or of reports it issued.")
    person: list[Short] = Field([], max_length=50)
    label: list[Label] = Field([], max_length=4)
    year: list[int] = Field([], max_length=50, description="The report's year.")
    kind: list[Kind] = Field([], max_length=5)
    docno: list[Short] = Field([], max_length=50, description="Document numbers that the sentence names.")
    from_: str = Field("", alias="from", pattern=f"{_DAY}|^$", description="Issued on or after: 2017, 2017-06-22.")
    to: str = Field("", pattern=f"{_DAY}|^$", description="Issued on or before.")
    by: Group = Group.REPORT
    sort: Sort = Sort.RELEVANCE
    page: int = Field(1, ge=1, le=_LAST)

    def request(self, *, size: int = _PAGE) -> SearchRequest:
        """Return what the index is asked."""
        return SearchRequest(
            query=self.q, units=tuple(self.unit), persons=tuple(self.person), labels=tuple(self.label),
            docnos=tuple(self.docno), kinds=tuple(self.kind), years=tuple(self.year), date_from=self.from_ or None,
            date_to=self.to or None, sort=self.sort, by=self.by, limit=size, offset=(self.page - 1) * size,
            facets=("unit", "year", "label", "kind", "docno", "person"),
        )  # fmt: skip

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is asked for at all."""
        return not self.q.strip() and not self._filters()

    def _filters(self) -> list[tuple[str, str]]:
        lists = {n: getattr(self, n) for n in ("unit", "person", "label", "year", "kind", "docno")}
        told = [(name, str(value)) for name, values in lists.items() for value in values]
        return told + [(name, value) for name, value in (("from", self.from_), ("to", self.to)) if value]

    def pairs(self, **changes: Any) -> list[tuple[str, str]]:
        """Return the search as pairs of an address, what is usual left out; `changes` are put in its place."""
        usual = {"by": Group.REPORT.value, "sort": Sort.RELEVANCE.value, "page": "1"}
        told = [
            ("q", self.q),
            *self._filters(),
            ("by", self.by.value),
            ("sort", self.sort.value),
            ("page", str(self.page)),
        ]
        told = [(n, v) for n, v in told if n not in changes] + [(n, str(v)) for n, v in changes.items()]
        return [(name, value) for name, value in told if value and usual.get(name) != value]

    def address(self, **changes: Any) -> str:
        """Return the address of the search with some of it changed."""
        return "/?" + urlencode(self.pairs(**changes))

    def toggled(self, name: str, value: str) -> str:
        """Return the address with a filter put in, or taken out where it is in; from the first page."""
        filters = [(n, v) for n, v in self.pairs() if n != "page"]
        pair = (name, value)
        return "/?" + urlencode([p for p in filters if p != pair] if pair in filters else [*filters, pair])

    def has(self, name: str, value: str) -> bool:
        """Tell whether a filter is in."""
        return (name, value) in self._filters()

    def chips(self) -> list[tuple[str, str]]:
        """Return the filters that are in."""
        return self._filters()


AskedQuery = Annotated[Asked, Query()]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a sentence, marked or not."""

    text: str
    marked: bool


def pieces(sentence: SentenceHit) -> Iterator[Piece]:
    """Cut a sentence where its highlights begin and end."""
    at = 0
    for start, end in sentence.highlights:
        if at < start:
            yield Piece(sentence.text[at:start], False)
        yield Piece(sentence.text[start:end], True)
        at = end
    if at < len(sentence.text):
        yield Piece(sentence.text[at:], False)


@shown.get("/", response_class=HTMLResponse)
def front(request: Request, asked: AskedQuery, desk: TheDesk, visitor: Reader) -> HTMLResponse:
    """Show the search with what it finds; without a question, what one may ask."""
    part = request.headers.get("x-part") == "found"
    values: dict[str, Any] = {"asked": asked, "answer": None, "wrong": None, "pieces": pieces, "suggestion": None}
    if asked.is_empty:
        values |= {"counts": lookup.counts(desk.folder)}
    else:
        try:
            answer = desk.answer(asked.request())
            values |= {"answer": answer, "pages": _pages(asked.page, answer)}
            if not answer.result.total:
                values["suggestion"] = desk.suggest(asked.q)
        except QueryError as error:
            values["wrong"] = str(error)
    return page(request, "found.html" if part else "search.html", **values)


def _pages(now: int, answer: Answer) -> list[int]:
    """Return the pages to offer around this one."""
    last = min(_LAST, -(-answer.result.total // _PAGE))
    near = {1, *range(max(1, now - 2), min(last, now + 2) + 1)}
    return sorted(near) if last > 1 else []


class SentenceJson(BaseModel):
    """A sentence found: where it begins in the report, and the characters that matched."""

    start: int
    text: str
    label: Label
    highlights: list[tuple[int, int]]


class HitJson(BaseModel):
    """A report found, with its best sentences."""

    report: str
    title: str
    issued: str | None
    issuer: str | None
    score: float
    sentences: list[SentenceJson]


class FoundJson(BaseModel):
    """What a search found; facets are lists of (value, sentences)."""

    total: int
    took_ms: float
    facets: dict[str, list[tuple[str, int]]]
    hits: list[HitJson]
    notice: str | None
    suggestion: str | None


@api.get("/search", response_model=FoundJson)
def search(
    asked: AskedQuery, desk: TheDesk, _: Reader, limit: Annotated[int, Query(ge=1, le=100)] = _PAGE
) -> dict[str, Any]:
    """Search all reports, with or without diacritics."""
    answer = desk.answer(asked.request(size=limit))
    suggestion = None if answer.result.total else desk.suggest(asked.q)
    return {**answer.result.to_json(), "notice": answer.notice, "suggestion": suggestion}


@shown.get("/search.{form}")
@api.get("/search/export.{form}", response_class=FileResponse)
def export(form: Literal["xlsx", "csv"], asked: AskedQuery, desk: TheDesk, visitor: Reader) -> FileResponse:
    """Return every sentence that a search finds as a table, 100,000 at most."""
    hits = open_engine(desk.folder).every(asked.request())
    folder = TemporaryDirectory(prefix="baocao-")
    path = Path(folder.name, f"tim-kiem.{form}")
    count = export_hits(hits, form, path)
    desk.note(visitor, "export", f"{count} sentences: {asked.address()}")
    name = re.sub(r"\W+", "-", asked.q)[:40].strip("-") or "bao-cao"
    return FileResponse(
        path, media_type=_MEDIA[form], filename=f"{name}.{form}", background=BackgroundTask(folder.cleanup)
    )
