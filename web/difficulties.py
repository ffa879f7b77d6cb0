"""Recurring difficulties: the list with its map of units and years, a page for each, and what clerks decide."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from baocao.errors import NotFoundError, QueryError
from baocao.insight import difficulties as insight
from baocao.insight.difficulties import Change, Difficulty, Outline
from baocao.insight.export import export_rows
from baocao.insight.recurring import Recurring
from baocao.text import folded_syllables
from baocao.web.access import Editor, Reader, TheDesk
from baocao.web.addresses import local
from baocao.web.desk import Desk
from baocao.web.difficulty_list import (
    SIZE,
    TRENDS,
    Listed,
    Wanted,
    heat_map,
    known,
    listed,
    of_cell,
    recurring,
    watch,
)
from baocao.web.roles import Visitor
from baocao.web.saving import saved_as
from baocao.web.showing import page

shown = APIRouter()
api = APIRouter(tags=["difficulties"])

Id = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$")]
OneOf = Annotated[str | None, Query(pattern=r"^[0-9a-f]{12}$")]
AskedFor = Annotated[Wanted, Query()]
_SENTENCES = 200  # on a page of sentences
_ALIKE = 12  # difficulties offered to merge into


class Renamed(BaseModel):
    """A name of the clerk's own; an empty one takes it away again."""

    name: Annotated[str, Field(max_length=200)] = ""


class MergedInto(BaseModel):
    """The difficulty that this one becomes part of."""

    into: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]


class SplitOff(BaseModel):
    """The mentions to take out, each as REPORT:START."""

    mention: Annotated[
        list[Annotated[str, Field(pattern=r"^[0-9a-f]{16,64}:\d{1,9}$")]], Field(min_length=1, max_length=5_000)
    ]

    @property
    def places(self) -> list[tuple[str, int]]:
        """The mentions as (report, start)."""
        return [(report, int(start)) for report, _, start in (m.partition(":") for m in self.mention)]


class Dismissed(BaseModel):
    """Whether the difficulty is to be shown no more."""

    dismissed: bool = True


class Decided(BaseModel):
    """The difficulty that a decision leads to."""

    id: str


# What clerks decide.


def rename(desk: Desk, visitor: Visitor, id: str, given: Renamed) -> str:
    """Give a difficulty a name."""
    return _decide(
        desk, visitor, id, f"rename {id}: {given.name}", lambda now: insight.rename(now.state, id, given.name)
    )


def merge(desk: Desk, visitor: Visitor, id: str, given: MergedInto) -> str:
    """Make a difficulty part of another, and return the other's id."""
    _there(recurring(desk), given.into)
    _decide(
        desk, visitor, id, f"merge {id} into {given.into}", lambda now: insight.merge(now.state, (id,), given.into)
    )  # fmt: skip
    return given.into


def split(desk: Desk, visitor: Visitor, id: str, given: SplitOff) -> str:
    """Take mentions out into a difficulty of their own, and return its id."""
    made: list[str] = []

    def decision(now: Recurring) -> Change:
        readings = now.read({report for report, _ in given.places})
        change = insight.split(now.state, id, given.places, readings, now.embed)
        made[:] = [group.id for group in change.groups if group.id != id]
        return change

    _decide(desk, visitor, id, f"split {id}: {len(given.places)} mentions", decision)
    return made[0]


def dismiss(desk: Desk, visitor: Visitor, id: str, given: Dismissed) -> str:
    """Show a difficulty no more, or again."""
    did = "dismiss" if given.dismissed else "show again"
    return _decide(
        desk, visitor, id, f"{did} {id}", lambda now: insight.dismiss(now.state, id, dismissed=given.dismissed)
    )  # fmt: skip


def _decide(desk: Desk, visitor: Visitor, id: str, what: str, decision: Callable[[Recurring], Change]) -> str:
    _there(recurring(desk), id)
    watch(desk).decided(decision)
    desk.note(visitor, "difficulty", what)
    return id


def _there(now: Recurring, id: str) -> None:
    if not any(g.id == id and g.into is None for g in now.state.groups):
        raise NotFoundError(f"There is no difficulty {id}.")


# The pages.


@shown.get("/difficulties", response_class=HTMLResponse)
def front(request: Request, wanted: AskedFor, desk: TheDesk, _: Reader) -> HTMLResponse:
    """List what comes back, and who names it when."""
    now = known(desk)
    if now.recurring is None:
        return page(request, "working.html")
    values: dict[str, Any] = {"wanted": wanted, "TRENDS": TRENDS, "current": now.current, "wrong": None}
    try:
        found = listed(desk, now.recurring, wanted)
    except QueryError as error:
        found, values["wrong"] = Listed((), ()), str(error)
    units = sorted({s.unit for s in now.recurring.state.seen if s.unit} | set(wanted.unit))
    dismissed = sum(1 for g in now.recurring.state.groups if g.dismissed and g.into is None)
    return page(
        request, "difficulties.html", **values, found=found, outlines=found.page(wanted.page), most=SIZE, units=units,
        map=heat_map(found.outlines, found.years), dismissed=dismissed, pages=_pages(wanted.page, found.pages),
    )  # fmt: skip


@shown.get("/difficulties/sentences", response_class=HTMLResponse)
def sentences(
    request: Request, wanted: AskedFor, desk: TheDesk, _: Reader,
    of: Annotated[str | None, Query(max_length=300)] = None,
    year: Annotated[int | None, Query(ge=1, le=9999)] = None, id: OneOf = None,
) -> HTMLResponse:  # fmt: skip
    """Show the sentences behind a cell of the map: `of` is its unit; with `id` only those of one difficulty."""
    now = known(desk).recurring
    if now is None:
        return page(request, "working.html")
    told, total = _told(desk, now, wanted, of, year, id)
    return page(
        request, "difficulty_sentences.html", wanted=wanted, of=of, year=year, told=told, total=total,
        most=_SENTENCES, TRENDS=TRENDS,
    )  # fmt: skip


@shown.get("/difficulties/dismissed", response_class=HTMLResponse)
def dismissed_ones(request: Request, desk: TheDesk, _: Reader) -> HTMLResponse:
    """List the difficulties that clerks dismissed."""
    now = known(desk).recurring
    if now is None:
        return page(request, "working.html")
    return page(request, "difficulties_dismissed.html", outlines=now.outlines(least_reports=1, dismissed=True))


@shown.get("/difficulties.{form}")
@api.get("/difficulties/export.{form}", response_class=FileResponse)
def export(form: Literal["xlsx", "csv"], wanted: AskedFor, desk: TheDesk, visitor: Reader) -> FileResponse:
    """Return the list as a table."""
    found = listed(desk, recurring(desk), wanted)
    columns = (
        "Mã", "Khó khăn", "Xu hướng", "Số báo cáo", "Số đơn vị", "Năm đầu", "Năm cuối",
        *(f"Báo cáo năm {year}" for year in found.years), "Đơn vị", "Câu tiêu biểu", "Nguồn",
    )  # fmt: skip
    rows = (_row(o, found.years) for o in found.outlines)
    answer, count = saved_as(f"kho-khan-lap-lai.{form}", lambda path: export_rows(columns, rows, form, path))
    desk.note(visitor, "export", f"{count} difficulties: {wanted.address()}")
    return answer


def _row(outline: Outline, years: tuple[int, ...]) -> tuple[str | int, ...]:
    counts = dict(outline.years)
    return (
        outline.id, outline.name, TRENDS[outline.trend][1] if outline.trend else "", outline.reports,
        len(outline.units), min(counts, default=""), max(counts, default=""), *(counts.get(y, 0) for y in years),
        "; ".join(f"{unit} ({n})" for unit, n in outline.units), " ".join(outline.best.text.split()),
        f"/reports/{outline.best.report}?at={outline.best.start}",
    )  # fmt: skip


@shown.get("/difficulties/{id}", response_class=HTMLResponse)
def one(
    request: Request, id: Id, desk: TheDesk, _: Reader, find: Annotated[str, Query(max_length=200)] = ""
) -> HTMLResponse:
    """Show a difficulty with all its sentences."""
    now = known(desk).recurring
    if now is None:
        return page(request, "working.html")
    told = watch(desk).difficulty(now, id)
    group = next(g for g in now.state.groups if g.id == told.id)
    outline = next(o for o in now.outlines(least_reports=1, dismissed=group.dismissed) if o.id == told.id)
    covered = sorted({s.year for s in now.state.seen if s.year is not None})
    return page(
        request, "difficulty.html", told=told, outline=outline, TRENDS=TRENDS, find=find,
        years=[(y, dict(told.years).get(y, 0)) for y in range(covered[0], covered[-1] + 1)] if covered else [],
        others=_others(now, told, find),
    )  # fmt: skip


def _others(now: Recurring, told: Difficulty, find: str) -> list[Outline]:
    """Return the difficulties whose names share most syllables with what is looked for, or with this one's name."""
    words = set(folded_syllables(find or told.name))
    rated = [(len(words & set(folded_syllables(o.name))), o) for o in now.outlines(least_reports=1) if o.id != told.id]
    if find:
        rated = [(n, o) for n, o in rated if n == len(words)]
    return [o for _, o in sorted(rated, key=lambda pair: (-pair[0], -pair[1].reports))[:_ALIKE]]


def _pages(now: int, last: int) -> list[int]:
    return sorted({1, last, *range(max(1, now - 2), min(last, now + 2) + 1)}) if last > 1 else []


def _told(
    desk: Desk, now: Recurring, wanted: Wanted, unit: str | None, year: int | None, id: str | None
) -> tuple[list[tuple[Outline, list[dict[str, Any]]]], int]:
    """Return difficulties with the sentences of a cell, as many as a page holds, and how many there are."""
    outlines = [o for o in listed(desk, now, wanted).outlines if id in (None, o.id)]
    cells = of_cell(outlines, unit, year)
    total = sum(len(places) for _, places in cells)
    left, kept = _SENTENCES, []
    for outline, places in cells:
        kept.append((outline, places[:left]))
        left -= len(places)
        if left <= 0:
            break
    readings = now.read({p.report for _, places in kept for p in places})
    texts = {(r.report, s.start): s.text for r in readings for s in r.statements}
    return [
        (o, [{"report": p.report, "start": p.start, "unit": p.unit, "year": p.year, "text": texts[p.report, p.start]}
             for p in places if (p.report, p.start) in texts])
        for o, places in kept
    ], total  # fmt: skip


# Decisions by forms.


@shown.post("/difficulties/{id}/rename")
def rename_by_form(id: Id, given: Annotated[Renamed, Form()], desk: TheDesk, visitor: Editor) -> RedirectResponse:
    """Give a difficulty a name and show it."""
    return _to(rename(desk, visitor, id, given))


@shown.post("/difficulties/{id}/merge")
def merge_by_form(id: Id, given: Annotated[MergedInto, Form()], desk: TheDesk, visitor: Editor) -> RedirectResponse:
    """Merge a difficulty into another and show that."""
    return _to(merge(desk, visitor, id, given))


@shown.post("/difficulties/{id}/split")
def split_by_form(id: Id, given: Annotated[SplitOff, Form()], desk: TheDesk, visitor: Editor) -> RedirectResponse:
    """Split mentions off and show what they became."""
    return _to(split(desk, visitor, id, given))


@shown.post("/difficulties/{id}/dismiss")
def dismiss_by_form(
    id: Id, given: Annotated[Dismissed, Form()], desk: TheDesk, visitor: Editor, back: Annotated[str, Form()] = ""
) -> RedirectResponse:
    """Dismiss a difficulty or show it again."""
    dismiss(desk, visitor, id, given)
    return RedirectResponse(local(back or "/difficulties"), status_code=303)


def _to(id: str) -> RedirectResponse:
    return RedirectResponse(f"/difficulties/{id}", status_code=303)


# The API.


class ListedJson(BaseModel):
    """How many difficulties there are, and those of a page; `current` is false while new reports are taken in."""

    total: int
    current: bool
    difficulties: list[dict[str, Any]]


@api.get("/difficulties")
def list_json(wanted: AskedFor, desk: TheDesk, _: Reader, dismissed: bool = False) -> ListedJson:
    """List the difficulties that come back, a page of 25; each with the places where it is named."""
    now = recurring(desk)
    found = listed(desk, now, wanted, dismissed=dismissed)
    return ListedJson(
        total=len(found.outlines), current=known(desk).current,
        difficulties=[o.to_json() for o in found.page(wanted.page)],
    )  # fmt: skip


@api.get("/difficulties/map")
def map_json(wanted: AskedFor, desk: TheDesk, _: Reader) -> dict[str, Any]:
    """Return how many sentences of each unit name the listed difficulties in each year."""
    found = listed(desk, recurring(desk), wanted)
    made = heat_map(found.outlines, found.years)
    rows = [{"unit": unit, "total": total, "counts": list(counts)} for unit, total, counts in made.rows]
    return {"years": list(made.years), "rows": rows, "unplaced": made.unplaced}


@api.get("/difficulties/sentences")
def sentences_json(
    wanted: AskedFor, desk: TheDesk, _: Reader, of: Annotated[str | None, Query(max_length=300)] = None,
    year: Annotated[int | None, Query(ge=1, le=9999)] = None, id: OneOf = None,
) -> dict[str, Any]:  # fmt: skip
    """Return the sentences of a unit (`of`) in a year that name the listed difficulties, 200 at most."""
    told, total = _told(desk, recurring(desk), wanted, of, year, id)
    return {"total": total, "difficulties": [{"id": o.id, "name": o.name, "mentions": said} for o, said in told]}


@api.get("/difficulties/{id}")
def one_json(id: Id, desk: TheDesk, _: Reader) -> dict[str, Any]:
    """Return a difficulty with all its sentences, causes and recommendations."""
    return watch(desk).difficulty(recurring(desk), id).to_json()


@api.post("/difficulties/{id}/rename")
def rename_json(id: Id, given: Renamed, desk: TheDesk, visitor: Editor) -> Decided:
    """Give a difficulty a name; an empty one takes it away again."""
    return Decided(id=rename(desk, visitor, id, given))


@api.post("/difficulties/{id}/merge")
def merge_json(id: Id, given: MergedInto, desk: TheDesk, visitor: Editor) -> Decided:
    """Make a difficulty part of another, whose id is returned."""
    return Decided(id=merge(desk, visitor, id, given))


@api.post("/difficulties/{id}/split")
def split_json(id: Id, given: SplitOff, desk: TheDesk, visitor: Editor) -> Decided:
    """Take mentions out into a difficulty of their own, whose id is returned."""
    return Decided(id=split(desk, visitor, id, given))


@api.post("/difficulties/{id}/dismiss")
def dismiss_json(id: Id, given: Dismissed, desk: TheDesk, visitor: Editor) -> Decided:
    """Show a difficulty no more, or again."""
    return Decided(id=dismiss(desk, visitor, id, given))
