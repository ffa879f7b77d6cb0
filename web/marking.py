"""A report's text cut into what a page shows: lines, within them sentences, within them mentions and repairs."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from baocao.report import By, Entity, Label, Report, Span

_S = TypeVar("_S", bound=Span)


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters that are marked alike: of one mention, repaired after recognition, found by the search, or none."""

    text: str
    mention: Entity | None = None
    repaired: bool = False
    found: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one sentence in one line; `number` is None between sentences. `first` begins its sentence."""

    start: int
    pieces: tuple[Piece, ...]
    number: int | None = None
    label: Label = Label.OTHER
    confidence: float = 1.0
    by: By = By.MODEL
    first: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the text; `section` is the one whose heading it is, `page` the page that begins with it."""

    start: int
    runs: tuple[Run, ...]
    section: int | None = None
    level: int = 0
    page: int | None = None


def lines(report: Report, found: Sequence[tuple[int, int]] = ()) -> Iterator[Line]:
    """Yield the lines of a report that hold anything; `found` are the characters that a search marks."""
    cuts = _cuts(report, found)
    headings = {s.start: i for i, s in reversed(list(enumerate(report.sections)))}
    pages = {start: number for number, start in enumerate(report.pages_at, 1)} if len(report.pages_at) > 1 else {}
    at, page = 0, None
    for text in report.text.split("\n"):
        end = at + len(text)
        page = next((pages[p] for p in range(at, end + 1) if p in pages), page) if pages else None
        if text.strip():
            section = next((headings[p] for p in range(at, end) if p in headings), None)
            level = report.sections[section].level if section is not None else 0
            yield Line(at, tuple(_runs(report, at, end, cuts)), section, level, page)
            page = None
        at = end + 1


class _Spans:
    """Spans that do not overlap, to be asked which one holds a character."""

    def __init__(self, spans: Sequence[tuple[int, int]]) -> None:
        self._spans = sorted(spans)
        self._starts = [start for start, _ in self._spans]

    def at(self, offset: int) -> int | None:
        """Return the number of the span that holds a character, or None."""
        i = bisect_right(self._starts, offset) - 1
        return i if i >= 0 and offset < self._spans[i][1] else None

    def bounds(self) -> Iterator[int]:
        """Yield where spans begin and end."""
        for span in self._spans:
            yield from span


@dataclass(frozen=True, slots=True)
class _Cuts:
    sentences: _Spans
    entities: _Spans
    mentions: Sequence[Entity]
    repaired: _Spans
    found: _Spans
    bounds: Sequence[int]


def _cuts(report: Report, found: Sequence[tuple[int, int]]) -> _Cuts:
    mentions = _apart(report.entities)
    sentences = _Spans([(s.start, s.end) for s in report.sentences])
    entities = _Spans([(e.start, e.end) for e in mentions])
    repaired = _Spans([(r.start, r.end) for r in _apart(report.reading.repaired)])
    marked = _Spans(found)
    bounds = {b for spans in (sentences, entities, repaired, marked) for b in spans.bounds()}
    return _Cuts(sentences, entities, mentions, repaired, marked, sorted(bounds))


def _apart(spans: Sequence[_S]) -> list[_S]:
    """Return spans in order, without those that begin inside one before."""
    kept: list[_S] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def _runs(report: Report, start: int, end: int, cuts: _Cuts) -> Iterator[Run]:
    """Yield the line's runs, one a sentence and one for what stands between."""
    number, since, pieces = cuts.sentences.at(start), start, list[Piece]()
    for a, b in _between(start, end, cuts.bounds):
        if cuts.sentences.at(a) != number:
            yield _run(report, since, number, pieces)
            number, since, pieces = cuts.sentences.at(a), a, []
        mention = cuts.entities.at(a)
        pieces.append(
            Piece(
                report.text[a:b], None if mention is None else cuts.mentions[mention],
                cuts.repaired.at(a) is not None, cuts.found.at(a) is not None,
            )
        )  # fmt: skip
    yield _run(report, since, number, pieces)


def _run(report: Report, start: int, number: int | None, pieces: list[Piece]) -> Run:
    if number is None:
        return Run(start, tuple(pieces))
    s = report.sentences[number]
    return Run(start, tuple(pieces), number, s.label, s.confidence, s.by, s.start == start)


def _between(start: int, end: int, bounds: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the stretches from `start` to `end` between bounds."""
    at = start
    for bound in bounds[bisect_right(bounds, start) :]:
        if bound >= end:
            break
        yield at, bound
        at = bound
    if at < end:
        yield at, end
