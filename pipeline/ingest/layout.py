"""From the words of a page to its lines, in the order a person reads them: rows, columns, table rows.

Lengths are points; `top` grows downwards. Nothing here knows a PDF library: a word is a `Word`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from statistics import median

_GUTTER = 14.0  # the narrowest gap between two columns
_BODY_ROWS = 8  # so many rows side by side are columns of running text, fewer are a head or a signature block
_UNITS = frozenset(("m", "cm", "dm", "km", "mm", "ha"))  # "m2", "km3": the raised digit belongs to the unit


@dataclass(frozen=True, slots=True)
class Word:
    """A run of letters of one size."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float
    bold: bool


class Place(Enum):
    """Where a line stands: across the page, in a column of running text, in a short block, or in a table."""

    ACROSS = auto()
    LEFT = auto()
    RIGHT = auto()
    BLOCK = auto()
    TABLE = auto()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page.

    `bold` is the share of bold letters; `first` the width of its first word, by which a wrapped line is told.
    """

    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float
    bold: float
    first: float
    place: Place = Place.ACROSS


Row = list[Word]


def rows_of(words: Iterable[Word]) -> list[Row]:
    """Gather words into rows from top to bottom, each from left to right; raised digits join their row."""
    rows: list[Row] = []
    for word in sorted(words, key=lambda w: (w.bottom, w.left)):
        level = bool(rows) and abs(rows[-1][0].bottom - word.bottom) < 0.25 * word.size
        if level or (rows and _beside(rows[-1], word)):
            rows[-1].append(word)
        else:
            rows.append([word])
    return [sorted(row, key=lambda w: w.left) for row in rows]


def _beside(row: Row, word: Word) -> bool:
    """Tell whether a word overlaps a row in height and stands in a free place of it."""
    top, bottom = max(row[0].top, word.top), min(row[0].bottom, word.bottom)
    if bottom - top < 0.6 * min(row[0].bottom - row[0].top, word.bottom - word.top):
        return False
    return all(word.right <= other.left + 1 or word.left >= other.right - 1 for other in row)


def line_of(row: Sequence[Word]) -> Line:
    """Join a row's words into a line; words that touch are one, marks of footnotes are left out."""
    text, height = row[0].text, max(w.size for w in row)
    foot = median(w.bottom for w in row if w.size > 0.8 * height)
    for before, word in zip(row, row[1:], strict=False):
        raised = word.size < 0.8 * height and word.bottom < foot - 1.5
        if raised and word.text.strip("[]()").isdigit() and text.rsplit(" ", 1)[-1].lower() not in _UNITS:
            continue
        text += word.text if word.left - before.right < 0.12 * height else f" {word.text}"
    letters = sum(len(w.text) for w in row)
    return Line(
        text=text,
        left=row[0].left,
        right=row[-1].right,
        top=min(w.top for w in row),
        bottom=foot,
        size=median(w.size for w in row),
        bold=sum(len(w.text) for w in row if w.bold) / letters,
        first=_first_width(row, height),
    )


def _first_width(row: Sequence[Word], height: float) -> float:
    end = row[0].right
    for word in row[1:]:
        if word.left - end > 0.12 * height:
            break
        end = word.right
    return end - row[0].left


def in_reading_order(rows: Sequence[Row], tables: Sequence[Line], width: float) -> list[Line]:
    """Return a page's lines: what stands side by side is read column by column, the rest row by row.

    `tables` are the lines of tables, whose words are in no row; each comes where its height puts it.
    """
    out: list[Line] = []
    beside: list[list[Line]] = []
    waiting = sorted(tables, key=lambda line: line.top)
    for row in rows:
        while waiting and waiting[0].top < row[0].top:
            out += [*_columns(beside, width), waiting.pop(0)]
            beside = []
        parts = _parts(row, width)
        if len(parts) == 1 and not _one_sided(parts[0], width):
            out += [*_columns(beside, width), parts[0]]
            beside = []
        else:
            beside.append(parts)
    return out + _columns(beside, width) + waiting


def _parts(row: Row, width: float) -> list[Line]:
    """Cut a row at the widest gap near the middle, where it is wider than blanks of justified text."""
    gaps = [(b.left - a.right, i) for i, (a, b) in enumerate(zip(row, row[1:], strict=False), 1)]
    central = [g for g in gaps if 0.3 * width < (row[g[1]].left + row[g[1] - 1].right) / 2 < 0.7 * width]
    if not central:
        return [line_of(row)]
    gap, at = max(central)
    usual = sorted(g for g, i in gaps if i != at)[: max(1, len(gaps) * 3 // 4)]
    if gap < _GUTTER or (usual and gap < 2.2 * usual[-1]):
        return [line_of(row)]
    return [line_of(row[:at]), line_of(row[at:])]


def _one_sided(line: Line, width: float) -> bool:
    return line.right < 0.52 * width or line.left > 0.48 * width


def _columns(beside: Sequence[Sequence[Line]], width: float) -> list[Line]:
    """Order rows of which none crosses the middle: left before right where the two stand abreast."""
    sides = ["".join("R" if (x.left + x.right) / 2 > width / 2 else "L" for x in parts) for parts in beside]
    order = "".join(sides)
    if "LR" not in sides and order.count("RL") + order.count("LR") < 2:
        return [line for parts in beside for line in parts]  # short lines of one column
    start = next(i for i, side in enumerate(sides) if "R" in side)
    if start:  # the end of the paragraph above, or a left side that begins higher: first either way
        return [parts[0] for parts in beside[:start]] + _columns(beside[start:], width)
    end = _end_of_left(beside, sides)
    left = [parts[0] for parts, side in zip(beside[:end], sides, strict=False) if "L" in side]
    right = [parts[-1] for parts, side in zip(beside[:end], sides, strict=False) if "R" in side]
    running = sides.count("LR") >= _BODY_ROWS
    places = (Place.LEFT, Place.RIGHT) if running else (Place.BLOCK, Place.BLOCK)
    out = [replace(x, place=places[0]) for x in left] + [replace(x, place=places[1]) for x in right]
    return out + [parts[0] for parts in beside[end:]]


def _end_of_left(beside: Sequence[Sequence[Line]], sides: Sequence[str]) -> int:
    """Return the row where the lines below the right side cease to belong to the left one: a space parts them."""
    last = max(i for i, side in enumerate(sides) if "R" in side)
    lines = [parts[0] for parts, side in zip(beside, sides, strict=True) if "L" in side]
    for before, line in zip(lines, lines[1:], strict=False):
        at = next(i for i, parts in enumerate(beside) if parts[0] is line)
        if at > last and line.top - before.bottom > 1.1 * line.size:
            return at
    return len(beside)
