"""The follow-up list: the recommendations of the years' reviews, and what became of each."""

from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from baocao.errors import NotFoundError
from baocao.index import lookup
from baocao.insight.export import export_rows
from baocao.insight.review.followup import State
from baocao.text import fold
from baocao.web.access import Editor, Reader, TheDesk
from baocao.web.addresses import local
from baocao.web.desk import Desk
from baocao.web.roles import Visitor
from baocao.web.saving import saved_as
from baocao.web.showing import page

shown = APIRouter()
api = APIRouter(tags=["follow-up"])

_SIZE = 50  # recommendations on a page
_ICONS = {State.OPEN: "○", State.IN_HAND: "◐", State.DONE: "●", State.DROPPED: "⊘"}
_COLUMNS = ("Mã", "Năm", "Đơn vị", "Nội dung", "Tình trạng", "Ghi chú", "Người cập nhật", "Ngày cập nhật")

One = Annotated[str, Field(min_length=3, max_length=100)]
Short = Annotated[str, Field(max_length=300)]


class Asked(BaseModel):
    """Which recommendations are to be listed; of one kind any will do, all kinds have to fit."""

    model_config = ConfigDict(extra="ignore")

    q: str = Field("", max_length=500, description="Words of the recommendation or its note, diacritics or not.")
    year: list[Annotated[int, Field(ge=1, le=9999)]] = Field([], max_length=50, description="The review's year.")
    unit: list[Short] = Field([], max_length=50)
    state: list[State] = Field([], max_length=4)
    page: int = Field(1, ge=1, le=10_000)

    def pairs(self, **changes: Any) -> list[tuple[str, str]]:
        """Return the question as pairs of an address; `changes` are put in its place."""
        told = [
            ("q", self.q), *(("year", str(y)) for y in self.year), *(("unit", u) for u in self.unit),
            *(("state", s.value) for s in self.state), ("page", str(self.page)),
        ]  # fmt: skip
        told = [(n, v) for n, v in told if n not in changes] + [(n, str(v)) for n, v in changes.items()]
        return [(n, v) for n, v in told if v and (n, v) != ("page", "1")]

    def address(self, path: str = "/followups", **changes: Any) -> str:
        """Return the address of the question with some of it changed."""
        pairs = self.pairs(**changes)
        return path + ("?" + urlencode(pairs) if pairs else "")

    def fits(self, item: "Item", *, state: bool = True) -> bool:
        """Tell whether a recommendation is asked for; without `state` whatever became of it."""
        if (self.year and item.year not in self.year) or (self.unit and item.unit not in self.unit):
            return False
        if state and self.state and item.state not in self.state:
            return False
        words = fold(f"{item.text} {item.note}")
        return all(word in words for word in fold(self.q).split())


@dataclass(frozen=True, slots=True)
class Item:
    """A recommendation: the report's sentence that makes it, and what became of it, said by whom and when."""

    item: str
    year: int
    unit: str
    text: str
    state: State
    note: str
    by: str
    at: str

    @property
    def address(self) -> str:
        """Where it stands in its report."""
        report, _, start = self.item.rpartition(":")
        return f"/reports/{report}?at={start}#s{start}"


@dataclass(frozen=True, slots=True)
class Found:
    """The recommendations asked for, and how many there are in each state whatever state is asked for."""

    items: tuple[Item, ...]
    states: dict[State, int]
    years: tuple[int, ...]
    units: tuple[str, ...]
    listed: int

    def page(self, number: int) -> tuple[Item, ...]:
        """Return those of a page."""
        return self.items[(number - 1) * _SIZE : number * _SIZE]

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return -(-len(self.items) // _SIZE)


class Became(BaseModel):
    """What became of some recommendations; without `note` each keeps the one it has."""

    item: Annotated[list[One], Field(min_length=1, max_length=500)]
    state: State
    note: Annotated[str, Field(max_length=2_000)] | None = None


def found(desk: Desk, asked: Asked) -> Found:
    """Return the recommendations asked for, the latest year first."""
    every = [Item(**{**row, "state": State(row["state"])}) for row in lookup.follow_ups(desk.folder)]
    every.sort(key=lambda i: (-i.year, i.unit, i.item))
    counts = Counter(i.state for i in every if asked.fits(i, state=False))
    return Found(
        tuple(i for i in every if asked.fits(i)), {state: counts[state] for state in State},
        tuple(sorted({i.year for i in every}, reverse=True)), tuple(sorted({i.unit for i in every if i.unit})),
        len(every),
    )  # fmt: skip


def became(desk: Desk, visitor: Visitor, given: Became) -> int:
    """Keep what became of recommendations and return how many they are.

    Raises NotFoundError where the list lacks one of them; then none is changed.
    """
    listed = {row["item"]: row["note"] for row in lookup.follow_ups(desk.folder)}
    for item in given.item:
        if item not in listed:
            raise NotFoundError(f"The follow-up list has no {item}.")
    for item in dict.fromkeys(given.item):
        note = listed[item] if given.note is None else given.note.strip()
        desk.record.set_follow_up(item, given.state, note, str(visitor.name))
    desk.note(visitor, "follow up", f"{given.state}: {', '.join(dict.fromkeys(given.item))}")
    return len(set(given.item))


@shown.get("/followups", response_class=HTMLResponse)
def front(request: Request, asked: Annotated[Asked, Query()], desk: TheDesk, _: Reader) -> HTMLResponse:
    """List the recommendations that are followed up."""
    told = found(desk, asked)
    last = told.pages
    pages = sorted({1, last, *range(max(1, asked.page - 2), min(last, asked.page + 2) + 1)}) if last > 1 else []
    return page(
        request, "followups.html", asked=asked, found=told, items=told.page(asked.page), pages=pages, State=State,
        ICONS=_ICONS,
    )  # fmt: skip


@shown.post("/followups")
def became_by_form(
    desk: TheDesk, visitor: Editor, state: Annotated[State, Form()], item: Annotated[list[One], Form(max_length=500)],
    note: Annotated[str, Form(max_length=2_000)] = "", keep: Annotated[bool, Form()] = False,
    back: Annotated[str, Form()] = "/followups",
) -> RedirectResponse:  # fmt: skip
    """Keep what became of recommendations; with `keep` an empty note leaves the notes as they are."""
    given = Became.model_validate({"item": item, "state": state, "note": None if keep and not note.strip() else note})
    became(desk, visitor, given)
    return RedirectResponse(local(back), status_code=303)


@shown.get("/followups.{form}")
@api.get("/followups/export.{form}", response_class=FileResponse)
def export(
    form: Literal["xlsx", "csv"], asked: Annotated[Asked, Query()], desk: TheDesk, visitor: Reader
) -> FileResponse:
    """Return the list as a table."""
    rows = (
        (i.item, i.year, i.unit, " ".join(i.text.split()), i.state.shown, i.note, i.by, i.at[:10])
        for i in found(desk, asked).items
    )
    answer, count = saved_as(f"theo-doi-kien-nghi.{form}", lambda path: export_rows(_COLUMNS, rows, form, path))
    desk.note(visitor, "export", f"{count} recommendations: {asked.address()}")
    return answer


class FoundJson(BaseModel):
    """The recommendations of a page of 50, and how many there are in each state."""

    total: int
    states: dict[State, int]
    items: list[Item]


class Changed(BaseModel):
    """How many recommendations were changed."""

    changed: int


@api.get("/followups")
def list_json(asked: Annotated[Asked, Query()], desk: TheDesk, _: Reader) -> FoundJson:
    """List the recommendations that are followed up."""
    told = found(desk, asked)
    return FoundJson(total=len(told.items), states=told.states, items=list(told.page(asked.page)))


@api.post("/followups")
def became_json(given: Became, desk: TheDesk, visitor: Editor) -> Changed:
    """Say what became of recommendations, several at once."""
    return Changed(changed=became(desk, visitor, given))
