"""From paragraphs in a row to lines: how tables are written out, and the way of DOC and RTF, which mark their cells.

In both a paragraph tells how deep it lies in tables, and whether a cell or a row ends with it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from baocao.pipeline.ingest.legacy import Run, convert_runs, with_capitals
from baocao.pipeline.ingest.plain import Read, is_layout, joined
from baocao.report import Reading

_DEEPEST = 100  # tables within tables; damaged and hostile files tell of thousands of millions


class End(Enum):
    """What ends with a paragraph."""

    PARAGRAPH = auto()
    CELL = auto()
    ROW = auto()  # the paragraph is only the row's mark, and holds no text


@dataclass(slots=True)
class Paragraph:
    """Text by its fonts, the number that is shown before it, and its place in tables (0: in none)."""

    runs: list[Run] = field(default_factory=list)
    lead: str = ""
    depth: int = 0
    end: End = End.PARAGRAPH

    def add(self, text: str, font: str | None) -> None:
        """Go on with text; neighbours of one font are one run."""
        if self.runs and self.runs[-1].font == font:
            self.runs[-1] = Run(self.runs[-1].text + text, font)
        elif text:
            self.runs.append(Run(text, font))

    @property
    def text(self) -> str:
        """The text as it stands in the file."""
        return "".join(run.text for run in self.runs)


@dataclass(slots=True)
class _Table:
    rows: list[list[list[str]]] = field(default_factory=list)
    cells: list[list[str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def end(self, end: End) -> None:
        if end is End.CELL or self.lines:
            self.cells.append([line for line in self.lines if line.strip()])
            self.lines = []
        if end is End.ROW and self.cells:
            self.rows.append(self.cells)
            self.cells = []


def table_lines(rows: Sequence[Sequence[Sequence[str]]]) -> Iterator[str]:
    """Yield a table row by row; one that only sets text side by side (the official head) cell after cell.

    A row is its cells, a cell its lines.
    """
    shown = [[" ".join(cell) for cell in row] for row in rows]
    if len(rows) == 1 or (len(rows) < 6 and any(map(is_layout, shown))):
        for column in range(max(map(len, rows), default=0)):
            for row in rows:
                yield from row[column] if column < len(row) else ()
        return
    for cells in shown:
        if any(cells):
            yield " | ".join(cell for cell in cells if cell)


def text_of(paragraphs: Sequence[Paragraph], *, title: str | None = None) -> Read:
    """Return the text of paragraphs, a paragraph or table row a line, in Unicode whatever their fonts show."""
    texts, encoding = convert_runs([run for paragraph in paragraphs for run in paragraph.runs])
    converted = iter(texts)
    told = ["".join(next(converted) for _ in paragraph.runs) for paragraph in paragraphs]
    text = with_capitals(joined(list(_lines(zip(paragraphs, told, strict=True)))), encoding)
    return Read(text, title=title if title and title in text else None, reading=Reading(encoding))


def _lines(paragraphs: Iterable[tuple[Paragraph, str]]) -> Iterator[str]:
    tables: list[_Table] = []
    for paragraph, text in paragraphs:
        depth = min(paragraph.depth, _DEEPEST)
        while len(tables) > depth:
            yield from _left(tables)
        while len(tables) < depth:
            tables.append(_Table())
        line = paragraph.lead + text.strip() if text.strip() else ""
        if not tables:
            yield line
        else:
            if paragraph.end is not End.ROW and line:
                tables[-1].lines += line.split("\n")
            if paragraph.end is not End.PARAGRAPH:
                tables[-1].end(paragraph.end)
    while tables:
        yield from _left(tables)


def _left(tables: list[_Table]) -> Iterator[str]:
    """End the innermost table: it goes into the cell around it, or out."""
    table = tables.pop()
    table.end(End.ROW)
    lines = list(table_lines(table.rows))
    if tables:
        tables[-1].lines += lines
    else:
        yield from lines
