"""The list of recurring difficulties as an address asks for it: filtered, sorted, and as a map of units and years."""

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field

from baocao.errors import ArchiveBusyError
from baocao.index.search import Group, SearchRequest
from baocao.index.settings import open_engine
from baocao.insight.difficulties import Outline, Place, Trend
from baocao.insight.recurring import Recurring
from baocao.insight.watching import Known, Watch
from baocao.report import Label
from baocao.text import fold
from baocao.web.desk import Desk

PATIENCE = 2.0  # seconds that a page may wait for what is being worked out
SIZE = 25  # difficulties, or units of the map, on a page
TRENDS = {
    Trend.NEW: ("✦", "Mới xuất hiện"),
    Trend.PERSISTENT: ("→", "Kéo dài"),
    Trend.EASING: ("↘", "Giảm dần"),
    Trend.BACK: ("↻", "Tái diễn"),
}
_MOST_HITS = 20_000  # sentences that a text may match
_making = threading.Lock()

Unit = Annotated[str, Field(max_length=300)]
Year = Annotated[int, Field(ge=1900, le=2200)]


class StillWorkingError(ArchiveBusyError):
    """What is asked for is being worked out; it will be there in a while."""

    code = "BC260"


class Wanted(BaseModel):
    """Which difficulties are to be listed; `from`, `to` and `unit` choose the reports that count."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    q: str = Field("", max_length=2_000, description="Words of the name, or of any sentence, as in a search.")
    from_: Year | Literal[""] = Field("", alias="from", description="The first year.")
    to: Year | Literal[""] = Field("", description="The last year.")
    unit: list[Unit] = Field([], max_length=100, description="Reports of these bodies.")
    trend: list[Trend] = Field([], max_length=4)
    least: int = Field(2, ge=1, le=10_000, description="Reports that name it at least.")
    sort: Literal["reports", "units", "last", "name"] = "reports"
    page: int = Field(1, ge=1, le=10_000)
    map: Literal["", "all"] = Field("", description="“all” shows every unit of the map.")

    @property
    def years(self) -> tuple[int | None, int | None]:
        """The first and the last year, both included."""
        return self.from_ or None, self.to or None

    def pairs(self, **changes: Any) -> list[tuple[str, str]]:
        """Return the question as pairs of an address, what is usual left out; `changes` are put in its place."""
        usual = {"least": "2", "sort": "reports", "page": "1"}
        told = [
            ("q", self.q), ("from", str(self.from_)), ("to", str(self.to)), *(("unit", u) for u in self.unit),
            *(("trend", t.value) for t in self.trend), ("least", str(self.least)), ("sort", self.sort),
            ("page", str(self.page)), ("map", self.map),
        ]  # fmt: skip
        told = [(n, v) for n, v in told if n not in changes] + [(n, str(v)) for n, v in changes.items()]
        return [(name, value) for name, value in told if value and usual.get(name) != value]

    def address(self, path: str = "/difficulties", **changes: Any) -> str:
        """Return the address of the question with some of it changed."""
        pairs = self.pairs(**changes)
        return path + ("?" + urlencode(pairs) if pairs else "")

    def without(self, name: str, value: str) -> str:
        """Return the address without one of the filters."""
        return "/difficulties?" + urlencode([p for p in self.pairs(page="") if p != (name, value)])

    def chips(self) -> list[tuple[str, str]]:
        """Return the filters that are in."""
        return [(n, v) for n, v in self.pairs(page="", sort="", map="")]


@dataclass(frozen=True, slots=True)
class Listed:
    """What is found: the difficulties in their order, and the years that the archive covers."""

    outlines: tuple[Outline, ...]
    years: tuple[int, ...]

    def page(self, number: int) -> tuple[Outline, ...]:
        """Return those of a page."""
        return self.outlines[(number - 1) * SIZE : number * SIZE]

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return -(-len(self.outlines) // SIZE)


@dataclass(frozen=True, slots=True)
class Map:
    """How many sentences of each unit name the listed difficulties in each year; the most frequent units first."""

    years: tuple[int, ...]
    rows: tuple[tuple[str, int, tuple[int, ...]], ...]  # unit, all its sentences, those of each year
    unplaced: int  # sentences of reports whose unit or year is not known

    def shade(self, count: int) -> int:
        """Return how dark a cell is, 0 to 5."""
        most = max((n for _, _, cells in self.rows for n in cells), default=0)
        return 0 if not count else max(1, -(-5 * count // most))


def watch(desk: Desk) -> Watch:
    """Return what follows the difficulties in this process."""
    with _making:
        return desk.kept("difficulties", None, lambda: Watch(desk.folder, desk.record))


def known(desk: Desk) -> Known:
    """Return what is known of the difficulties, after a short while at most."""
    return watch(desk).known(PATIENCE)


def recurring(desk: Desk) -> Recurring:
    """Return the difficulties.

    Raises StillWorkingError while they are worked out for the first time.
    """
    found = known(desk).recurring
    if found is None:
        raise StillWorkingError("The difficulties are being worked out; ask again in a few seconds.")
    return found


def listed(desk: Desk, found: Recurring, wanted: Wanted, *, dismissed: bool = False) -> Listed:
    """Return the difficulties that are asked for.

    Raises QueryError for words that are no search.
    """
    outlines = found.outlines(
        least_reports=wanted.least, units=wanted.unit, years=wanted.years, dismissed=dismissed
    )  # fmt: skip
    if wanted.trend:
        outlines = [o for o in outlines if o.trend in wanted.trend]
    if wanted.q.strip():
        outlines = _saying(desk, outlines, wanted.q)
    match wanted.sort:
        case "units":
            outlines.sort(key=lambda o: -len(o.units))
        case "last":
            outlines.sort(key=lambda o: -(o.years[-1][0] if o.years else 0))
        case "name":
            outlines.sort(key=lambda o: fold(o.name))
    covered = {s.year for s in found.state.seen if s.year is not None and _within(s.year, wanted)}
    return Listed(tuple(outlines), tuple(range(min(covered), max(covered) + 1)) if covered else ())


def _saying(desk: Desk, outlines: Iterable[Outline], query: str) -> list[Outline]:
    """Return those whose name holds the words, or one of whose sentences a search finds."""
    request = SearchRequest(query=query, labels=(Label.DIFFICULTY,), by=Group.SENTENCE, facets=())
    hits = open_engine(desk.folder).every(request)
    found = {(hit.report, s.start) for hit in islice(hits, _MOST_HITS) for s in hit.sentences}
    words = fold(query)
    return [o for o in outlines if words in fold(o.name) or any((p.report, p.start) in found for p in o.places)]


def _within(year: int, wanted: Wanted) -> bool:
    first, last = wanted.years
    return (first or year) <= year <= (last or year)


def heat_map(outlines: Iterable[Outline], years: tuple[int, ...]) -> Map:
    """Return how often each unit names these difficulties in each year."""
    counted: dict[str, Counter[int]] = {}
    unplaced = 0
    for place in (place for outline in outlines for place in outline.places):
        if place.unit and place.year is not None:
            counted.setdefault(place.unit, Counter())[place.year] += 1
        else:
            unplaced += 1
    named = tuple(y for y in years if any(counter[y] for counter in counted.values()))
    rows = sorted(counted.items(), key=lambda pair: (-pair[1].total(), pair[0]))
    return Map(named, tuple((unit, c.total(), tuple(c[y] for y in named)) for unit, c in rows), unplaced)


def of_cell(outlines: Iterable[Outline], unit: str | None, year: int | None) -> list[tuple[Outline, list[Place]]]:
    """Return the difficulties that a unit names in a year, with the places; None takes any."""
    found = (
        (o, [p for p in o.places if (unit is None or p.unit == unit) and (year is None or p.year == year)])
        for o in outlines
    )
    return [(replace(o, places=tuple(places)), places) for o, places in found if places]
