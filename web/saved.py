"""Searches that a person keeps, each with how many reports came since they looked."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

import sqlalchemy as sa
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field, ValidationError

from baocao.errors import NotFoundError, QueryError, UsageError
from baocao.index import tables
from baocao.index.record import now
from baocao.web.access import Reader, TheDesk
from baocao.web.asking import Asked
from baocao.web.desk import Desk
from baocao.web.roles import Visitor
from baocao.web.showing import page

shown = APIRouter()
api = APIRouter(tags=["search"])

_TABLE = tables.saved_searches
_MOST = 100  # a person


class Keep(BaseModel):
    """A search to keep: a name, and the search as the part of its address after the question mark."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    query: Annotated[str, Field(min_length=1, max_length=4_000)]


@dataclass(frozen=True, slots=True)
class Saved:
    """A search kept, `query` as the part of its address after the question mark.

    `new` counts the reports that came since it was looked at.
    """

    number: int
    name: str
    query: str
    new: int
    at: str


def saved(desk: Desk, visitor: Visitor) -> list[Saved]:
    """Return a person's searches, by name."""
    with desk.record.reading() as connection:
        query = sa.select(_TABLE).where(_TABLE.c.user == visitor.name).order_by(_TABLE.c.name, _TABLE.c.number)
        rows = connection.execute(query).all()
    return [Saved(row.number, row.name, row.query, _new(desk, row.query, row.seen), row.at) for row in rows]


def keep(desk: Desk, visitor: Visitor, given: Keep) -> int:
    """Keep a search for a person and return its number.

    Raises UsageError where the search is none, or they keep very many already.
    """
    if (asked := _asked(given.query)) is None:
        raise UsageError("What was to be kept is no search.")
    with desk.record.writing() as connection:
        own = _TABLE.c.user == visitor.name
        if (connection.scalar(sa.select(sa.func.count()).where(own)) or 0) >= _MOST:
            raise UsageError(f"{_MOST} searches are kept already; forget one first.")
        row = {"user": visitor.name, "name": given.name.strip() or asked.q, "query": urlencode(asked.pairs(page=""))}
        stored = connection.execute(
            sa.insert(_TABLE).values(**row, seen=_last(connection), at=now()).returning(_TABLE.c.number)
        )
        number: int = stored.scalar_one()
    return number


def look(desk: Desk, visitor: Visitor, number: int) -> str:
    """Return a kept search's query, and count from now on what comes new. Raises NotFoundError where there is none."""
    with desk.record.writing() as connection:
        one = _TABLE.c.number == number, _TABLE.c.user == visitor.name
        query = connection.scalar(sa.select(_TABLE.c.query).where(*one))
        if query is None:
            raise NotFoundError("This search is kept no more.")
        connection.execute(sa.update(_TABLE).where(*one).values(seen=_last(connection)))
    return str(query)


def forget(desk: Desk, visitor: Visitor, number: int) -> None:
    """Keep a search no more."""
    with desk.record.writing() as connection:
        connection.execute(sa.delete(_TABLE).where(_TABLE.c.number == number, _TABLE.c.user == visitor.name))


def _last(connection: sa.Connection) -> int:
    return int(connection.scalar(sa.select(sa.func.max(tables.reports.c.number))) or 0)


def _new(desk: Desk, query: str, seen: int) -> int:
    asked = _asked(query)
    try:
        return desk.answer(asked.request(size=1, after=seen, facets=())).result.total if asked else 0
    except QueryError:  # one kept by a version that understood it otherwise
        return 0


def _asked(query: str) -> Asked | None:
    """Return the search of an address's query part, or None where it is none."""
    told: dict[str, list[str]] = {}
    for name, value in parse_qsl(query):
        told.setdefault(name, []).append(value)
    lists = {"unit", "person", "label", "year", "kind", "docno"}
    try:
        asked = Asked.model_validate({n: v if n in lists else v[-1] for n, v in told.items()})
    except ValidationError:
        return None
    return None if asked.is_empty else asked


@api.get("/searches")
def searches(desk: TheDesk, visitor: Reader) -> list[Saved]:
    """List one's kept searches with the number of reports that came since they were looked at."""
    return saved(desk, visitor)


class NumberJson(BaseModel):
    """The number of a kept search."""

    number: int


@api.post("/searches", status_code=201)
def keep_search(given: Keep, desk: TheDesk, visitor: Reader) -> NumberJson:
    """Keep a search."""
    return NumberJson(number=keep(desk, visitor, given))


@api.delete("/searches/{number}", status_code=204)
def forget_search(number: Annotated[int, Field(ge=1, le=2**31)], desk: TheDesk, visitor: Reader) -> None:
    """Keep a search no more."""
    forget(desk, visitor, number)


@shown.get("/searches", response_class=HTMLResponse)
def saved_part(request: Request, desk: TheDesk, visitor: Reader) -> HTMLResponse:
    """Show one's kept searches."""
    return page(request, "searches.html", saved=saved(desk, visitor))


@shown.post("/searches")
def keep_by_form(given: Annotated[Keep, Form()], desk: TheDesk, visitor: Reader) -> RedirectResponse:
    """Keep a search and show it again."""
    keep(desk, visitor, given)
    return RedirectResponse(f"/?{given.query}", status_code=303)


@shown.get("/searches/{number}")
def look_at(number: int, desk: TheDesk, visitor: Reader) -> RedirectResponse:
    """Go to a kept search, the newest first, and count anew what comes."""
    return RedirectResponse(f"/?{look(desk, visitor, number)}", status_code=303)


@shown.post("/searches/{number}/forget")
def forget_by_form(number: int, desk: TheDesk, visitor: Reader) -> RedirectResponse:
    """Keep a search no more."""
    forget(desk, visitor, number)
    return RedirectResponse("/", status_code=303)
