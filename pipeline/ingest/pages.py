"""From the lines of pages to one text: running heads dropped, footnotes set after their paragraph, pages counted.

How lines are found is the business of a format; how they become paragraphs that of `paragraphs`.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from baocao.pipeline.ingest.layout import Line, Place
from baocao.pipeline.ingest.paragraphs import begins, continued, margins_of
from baocao.pipeline.ingest.plain import Read
from baocao.pipeline.ingest.repair import repair
from baocao.report import Reading

_PAGE_NUMBER = re.compile(r"(?:trang\s*)?[-–]?\s*\d{1,4}\s*[-–]?(?:\s*/\s*\d{1,4})?", re.IGNORECASE)
_NOTE = re.compile(r"(?:\[\d{1,3}\]|\(\d{1,3}\)|\d{1,3}|\*+)\s*\S")


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of a page in reading order; `confidence` where they were recognised from a picture."""

    lines: list[Line]
    width: int
    confidence: float | None = None


def put_together(found: Sequence[Page]) -> Read:
    """Return the text of pages, and where each begins; what was recognised is repaired."""
    pages = _without_chrome(found)
    text, starts = _text(pages) if any(page.lines for page in pages) else ("", [0] * len(pages))
    if all(page.confidence is None for page in pages):
        return Read(text, tuple(starts))
    confidence = tuple(page.confidence for page in pages)
    mended = repair(text, tuple(starts), tuple(c is not None for c in confidence))
    return Read(mended.text, mended.starts, reading=Reading(confidence=confidence, repaired=mended.spans))


def _without_chrome(pages: Sequence[Page]) -> list[Page]:
    running = _running([page.lines for page in pages])
    return [replace(p, lines=[x for x in p.lines if not _is_chrome(x, p.lines, running)]) for p in pages]


def _running(pages: Sequence[Sequence[Line]]) -> frozenset[str]:
    """Lines that stand at the head or foot of most pages, digits aside."""
    counts = Counter(text for lines in pages for text in {_faceless(x.text) for x in _edges(lines)})
    return frozenset(text for text, n in counts.items() if len(pages) >= 3 and n >= max(3, len(pages) * 0.6))


def _edges(lines: Sequence[Line]) -> list[Line]:
    """The two highest and two lowest lines of a page."""
    by_height = sorted(lines, key=lambda line: line.top)
    return [*by_height[:2], *by_height[-2:]]


def _faceless(text: str) -> str:
    return re.sub(r"\d+", "0", text).strip()


def _is_chrome(line: Line, lines: Sequence[Line], running: frozenset[str]) -> bool:
    if line not in _edges(lines):
        return False
    return _faceless(line.text) in running or bool(_PAGE_NUMBER.fullmatch(line.text))


def _text(pages: Sequence[Page]) -> tuple[str, list[int]]:
    """Put the text together. A page's footnotes wait until the paragraph that runs over it has ended."""
    usual = median([line.size for page in pages for line in page.lines])
    margins = {w: margins_of(x for p in pages if p.width == w for x in p.lines) for w in {p.width for p in pages}}
    out = _Text()
    before: Line | None = None
    notes: list[str] = []
    for page in pages:
        body, foot = _foot(page.lines, usual)
        for number, line in enumerate(body):
            if before is None or begins(before, line, margins[page.width][line.place], same_page=number > 0):
                out.end(notes)
                notes = []
            out.go_on(line.text, page_begins=not number)
            before = line
        if not body:
            out.starts.append(out.length + len(out.open))
        notes += _notes(foot)
    out.end(notes)
    return "\n".join(out.paragraphs), [0, *out.starts[1:]]


@dataclass(slots=True)
class _Text:
    """The text as it grows: paragraphs that have ended, the one that is open, and where pages begin."""

    paragraphs: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    length: int = 0
    open: str = ""

    def end(self, notes: Sequence[str]) -> None:
        for paragraph in (self.open, *notes):
            if paragraph:
                self.paragraphs.append(paragraph)
                self.length += len(paragraph) + 1
        self.open = ""

    def go_on(self, text: str, *, page_begins: bool) -> None:
        self.open = continued(self.open, text)
        if page_begins:
            self.starts.append(self.length + len(self.open) - len(text))


def _foot(lines: list[Line], usual: float) -> tuple[list[Line], list[Line]]:
    """Part a page's lines from its footnotes: smaller type at the foot, opened by a number or an asterisk."""
    at = len(lines)
    while at and lines[at - 1].size < 0.9 * usual and lines[at - 1].place is Place.ACROSS:
        at -= 1
    opens = next((i for i in range(at, len(lines)) if _NOTE.match(lines[i].text)), len(lines))
    return (lines[:opens], lines[opens:]) if opens == at and at else (lines, [])


def _notes(lines: Sequence[Line]) -> list[str]:
    out: list[str] = []
    for line in lines:
        if not out or _NOTE.match(line.text):
            out.append(line.text)
        else:
            out[-1] = continued(out[-1], line.text)
    return out
