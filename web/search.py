"""Searching: the front page, its live results, exports, and the same as JSON."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, HTMLResponse
from pydantic import BaseModel

from baocao.errors import QueryError
from baocao.index import lookup
from baocao.index.answering import Answer
from baocao.index.search import SentenceHit
from baocao.insight.export import export_hits
from baocao.report import Label
from baocao.web.access import Reader, TheDesk
from baocao.web.asking import LAST, PAGE, Asked
from baocao.web.saved import saved
from baocao.web.saving import saved_as
from baocao.web.showing import page

shown = APIRouter()
api = APIRouter(tags=["search"])

_FEW = 3  # reports or sentences; where no more are found, another spelling may find more
_NEWEST = 6  # reports
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
        values |= {"counts": lookup.counts(desk.folder), "newest": lookup.newest(desk.folder, _NEWEST)}
        values |= {"saved": saved(desk, visitor)}
    else:
        try:
            answer = desk.answer(asked.request())
            values |= {"answer": answer, "pages": _pages(asked.page, answer)}
            if answer.result.total <= _FEW:
                values["suggestion"] = desk.suggest(asked.request())
        except QueryError as error:
            values["wrong"] = str(error)
    return page(request, "found.html" if part else "search.html", **values)


def _pages(now: int, answer: Answer) -> list[int]:
    """Return the pages to offer around this one."""
    last = min(LAST, -(-answer.result.total // PAGE))
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
    asked: AskedQuery, desk: TheDesk, _: Reader, limit: Annotated[int, Query(ge=1, le=100)] = PAGE
) -> dict[str, Any]:
    """Search all reports, with or without diacritics."""
    answer = desk.answer(asked.request(size=limit))
    suggestion = None if answer.result.total > _FEW else desk.suggest(asked.request())
    return {**answer.result.to_json(), "notice": answer.notice, "suggestion": suggestion}


@shown.get("/search.{form}")
@api.get("/search/export.{form}", response_class=FileResponse)
def export(form: Literal["xlsx", "csv"], asked: AskedQuery, desk: TheDesk, visitor: Reader) -> FileResponse:
    """Return every sentence that a search finds as a table, 100,000 at most."""
    hits, _ = desk.searcher.ask(lambda engine: engine.every(asked.request()))
    name = re.sub(r"\W+", "-", asked.q)[:40].strip("-") or "bao-cao"
    answer, count = saved_as(f"{name}.{form}", lambda path: export_hits(hits, form, path))
    desk.note(visitor, "export", f"{count} sentences: {asked.address()}")
    return answer
