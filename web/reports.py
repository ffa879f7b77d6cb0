"""A report's page: its text with what was found in it, what it cites and what cites it, and its original beside it."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, Response

from baocao.errors import NotFoundError
from baocao.index import lookup
from baocao.index.analysis import highlights
from baocao.index.query import marks, parse
from baocao.index.search import SearchRequest
from baocao.report import EntityType, Report
from baocao.web import pictures
from baocao.web.access import Reader, TheDesk
from baocao.web.desk import Desk
from baocao.web.entities import ADDRESSES
from baocao.web.marking import lines
from baocao.web.showing import page
from baocao.web.wording import FINDINGS, correction_words

shown = APIRouter()
api = APIRouter(tags=["reports"])

Id = Annotated[str, Path(pattern=r"^[0-9a-f]{4,64}$")]
_MOST = 50  # reports listed that cite one


@dataclass(frozen=True, slots=True)
class Citation:
    """A document number and the reports of the archive that bear it."""

    number: str
    reports: tuple[tuple[str, str], ...]


def read(desk: Desk, id: str) -> Report:
    """Return a report as people corrected it.

    Raises NotFoundError where there is none, or several begin with that id.
    """
    return Report.from_json(lookup.report_json(desk.folder, id))


def cites(desk: Desk, report: Report) -> list[Citation]:
    """Return the documents that a report names besides itself, in the order of its text."""
    named = dict.fromkeys(e.norm for e in report.entities if e.type is EntityType.DOCNO and e.norm)
    others = [number for number in named if number != report.docno]
    held = lookup.bearers(desk.folder, others)
    return [Citation(number, tuple(held.get(number, ()))) for number in others]


@dataclass(frozen=True, slots=True)
class Variant:
    """Another file of a report; of all of them one `stands` for the report in searches and reviews."""

    report: str
    name: str
    stands: bool


def variants(desk: Desk, report: Report) -> list[Variant]:
    """Return the other files that are the same report."""
    found = lookup.variants(desk.folder, report.id)
    return [Variant(id, path.rpartition("/")[2], stands) for id, path, stands in found]


def cited_by(desk: Desk, report: Report) -> list[tuple[str, str]]:
    """Return (id, title) of the reports that name a report's number."""
    if not report.docno:
        return []
    found = desk.answer(SearchRequest(docnos=(report.docno,), limit=_MOST, facets=())).result
    return [(hit.report, hit.title) for hit in found.hits if hit.report != report.id]


def found_in(report: Report, query: str) -> list[tuple[int, int]]:
    """Return the characters of a report that a search marks."""
    request = SearchRequest(query=query)
    return highlights(report.text, marks(request, parse(query))) if query.strip() else []


@shown.get("/reports/{id}", response_class=HTMLResponse)
def report(
    request: Request, id: Id, desk: TheDesk, _: Reader,
    q: Annotated[str, Query(max_length=2_000)] = "", at: Annotated[int | None, Query(ge=0)] = None,
) -> HTMLResponse:  # fmt: skip
    """Show a report, at a sentence where told to."""
    told = read(desk, id)
    values: dict[str, Any] = {
        "report": told, "lines": list(lines(told, found_in(told, q))), "at": at, "q": q, "ADDRESSES": ADDRESSES,
        "starts": [s.start for s in told.sentences], "ends": [s.end for s in told.sentences],
    }  # fmt: skip
    if request.headers.get("x-part") == "text":
        return page(request, "text.html", **values)
    return page(
        request, "report.html", **values, cites=cites(desk, told), cited_by=cited_by(desk, told),
        related=desk.related(told), variants=variants(desk, told),
        corrections=lookup.corrections(desk.folder, undone=True, report=told.id), pictured=pictures.can_show(told),
        page_at=told.page_of(at or 0), FINDINGS=FINDINGS,
        sentence_at=lambda offset: max((s.start for s in told.sentences if s.start <= offset), default=0),
        correction_words=lambda entry: correction_words(entry.to_json(), request.state.visitor.language),
    )  # fmt: skip


@shown.get("/reports/{id}/original")
@api.get("/reports/{id}/original", response_class=Response)
def original(id: Id, desk: TheDesk, visitor: Reader) -> Response:
    """Return the file as it was handed in, to be saved, never to be shown by the browser itself."""
    told = read(desk, id)
    data = desk.original(told.source.sha256)
    desk.note(visitor, "download", f"{told.id} {told.source.name}")
    return Response(
        data, media_type="application/octet-stream",
        headers={"content-disposition": pictures.disposition(told.source.name)},
    )  # fmt: skip


@shown.get("/reports/{id}/pages/{number}.png")
def page_picture(id: Id, number: Annotated[int, Path(ge=1, le=5_000)], desk: TheDesk, _: Reader) -> Response:
    """Return a picture of a page of the original."""
    told = read(desk, id)
    if not pictures.can_show(told) or number > len(told.pages_at):
        raise NotFoundError("The original has no such page.")
    data = desk.picture(told, number)
    return Response(data, media_type="image/png", headers={"cache-control": "private, max-age=3600"})


@api.get("/reports/{id}")
def report_json(id: Id, desk: TheDesk, _: Reader) -> dict[str, Any]:
    """Return a report with its text, sentences, mentions, relations and warnings, as people corrected it."""
    return lookup.report_json(desk.folder, id)


@api.get("/reports/{id}/citations")
def citations(id: Id, desk: TheDesk, _: Reader) -> dict[str, Any]:
    """Return what a report cites, and the reports that cite it."""
    told = read(desk, id)
    return {
        "cites": [{"number": c.number, "reports": [list(r) for r in c.reports]} for c in cites(desk, told)],
        "cited_by": [{"report": i, "title": t} for i, t in cited_by(desk, told)],
        "variants": [asdict(v) for v in variants(desk, told)],
        "related": [{"report": i, "title": t} for i, t in desk.related(told)],
    }
