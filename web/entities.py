"""A page for each unit, person and document number: when it is named, with whom, and in which reports."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from baocao.errors import UsageError
from baocao.index import lookup
from baocao.index.search import Group, SearchRequest, SearchResult, Sort
from baocao.report import EntityType
from baocao.web.access import Reader, TheDesk
from baocao.web.desk import Desk
from baocao.web.search import pieces
from baocao.web.showing import page

shown = APIRouter()
api = APIRouter(tags=["entities"])

Name = Annotated[str, Query(min_length=1, max_length=300)]
_TOGETHER = {EntityType.UNIT: "unit", EntityType.PERSON: "person", EntityType.DOCNO: "docno"}


@dataclass(frozen=True, slots=True)
class Portrait:
    """What the archive says of a unit, a person or a document."""

    type: EntityType
    name: str
    years: tuple[tuple[str, int], ...]
    labels: tuple[tuple[str, int], ...]
    together: dict[EntityType, tuple[tuple[str, int], ...]]
    sentences: int
    result: SearchResult
    borne_by: tuple[tuple[str, str], ...] = ()


def portrait(desk: Desk, type: EntityType, name: str) -> Portrait:
    """Return the years, the company and the newest reports of a unit, person or document number."""
    request = SearchRequest(
        units=(name,) * (type is EntityType.UNIT), persons=(name,) * (type is EntityType.PERSON),
        docnos=(name,) * (type is EntityType.DOCNO), sort=Sort.NEWEST, by=Group.REPORT, limit=20,
        facets=("year", "label", "unit", "person", "docno"),
    )  # fmt: skip
    result = desk.answer(request).result
    together = {
        other: tuple((value, n) for value, n in result.facets.get(facet, []) if value.casefold() != name.casefold())
        for other, facet in _TOGETHER.items()
    }
    return Portrait(
        type, name, tuple(sorted((y, n) for y, n in result.facets["year"] if y)), tuple(result.facets["label"]),
        together, sum(n for _, n in result.facets["label"]), result,
        tuple(lookup.bearers(desk.folder, [name]).get(name, ())) if type is EntityType.DOCNO else (),
    )  # fmt: skip


def _page(request: Request, desk: Desk, type: EntityType, name: str) -> HTMLResponse:
    told = portrait(desk, type, name)
    return page(request, "entity.html", told=told, pieces=pieces, address=ADDRESSES)


ADDRESSES = {EntityType.UNIT: "/units", EntityType.PERSON: "/persons", EntityType.DOCNO: "/documents"}


@shown.get("/units", response_class=HTMLResponse)
def unit(request: Request, name: Name, desk: TheDesk, _: Reader) -> HTMLResponse:
    """Show a unit."""
    return _page(request, desk, EntityType.UNIT, name)


@shown.get("/persons", response_class=HTMLResponse)
def person(request: Request, name: Name, desk: TheDesk, _: Reader) -> HTMLResponse:
    """Show a person."""
    return _page(request, desk, EntityType.PERSON, name)


@shown.get("/documents", response_class=HTMLResponse)
def document(request: Request, name: Name, desk: TheDesk, _: Reader) -> HTMLResponse:
    """Show a document number."""
    return _page(request, desk, EntityType.DOCNO, name)


@api.get("/entities")
def entity(type: Annotated[EntityType, Query()], name: Name, desk: TheDesk, _: Reader) -> dict[str, Any]:
    """Return when a unit, person or document number is named, with what else, and in which reports."""
    if type not in _TOGETHER:
        raise UsageError("Units, persons and document numbers have a page of their own.")
    told = portrait(desk, type, name)
    return {
        "type": type, "name": name, "sentences": told.sentences, "reports": told.result.total,
        "years": told.years, "labels": told.labels, "together": {t.value: v for t, v in told.together.items()},
        "hits": told.result.to_json()["hits"], "borne_by": told.borne_by,
    }  # fmt: skip
