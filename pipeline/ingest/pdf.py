"""PDF with a text layer, by pdfplumber: running heads dropped, footnotes set after their paragraph, tables as rows.

How lines are found is in `layout`, how they become paragraphs in `paragraphs`.
"""

import io
import logging
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

import pdfplumber
from pdfplumber.utils.exceptions import PdfminerException

from baocao.errors import EmptyTextError, LimitError, UnreadableError
from baocao.pipeline.ingest.layout import Line, Place, Row, Word, in_reading_order, line_of, rows_of
from baocao.pipeline.ingest.paragraphs import begins, continued, margins_of
from baocao.pipeline.ingest.plain import Read
from baocao.text import clean

logging.getLogger("pdfminer").setLevel(logging.CRITICAL)  # its complaints about damage are no news to a user

_PAGE_NUMBER = re.compile(r"(?:trang\s*)?[-–]?\s*\d{1,4}\s*[-–]?(?:\s*/\s*\d{1,4})?", re.IGNORECASE)
_NOTE = re.compile(r"(?:\[\d{1,3}\]|\(\d{1,3}\)|\d{1,3}|\*+)\s*\S")
_MAX_PAGES = 5_000
_MAX_EDGES = 4_000  # a drawing, not a table
_MAX_CELL = 250  # words; what has more is a frame around text
_SCAN = "The PDF has no text layer: it is a scan and needs character recognition first."


@dataclass(frozen=True, slots=True)
class _Page:
    lines: list[Line]
    width: int
    pictured: bool  # a picture covers most of it


def read_pdf(data: bytes) -> Read:
    """Return the text of a PDF and where its pages begin.

    Raises EmptyTextError for a scan, UnreadableError for a damaged or locked file.
    """
    try:
        found = _pages(data)
    except UnreadableError:
        raise
    except Exception:
        found = _pages(_mended(data))
    pages = _without_chrome(found)
    if _is_scan(pages):
        raise EmptyTextError(_SCAN)
    text, starts = _text(pages)
    return Read(text, tuple(starts))


def _pages(data: bytes) -> list[_Page]:
    try:
        with pdfplumber.open(io.BytesIO(data)) as pdf:
            if len(pdf.pages) > _MAX_PAGES:
                raise LimitError(f"The PDF has more than {_MAX_PAGES:,} pages; split it.")
            return [_page(page) for page in pdf.pages]
    except PdfminerException as error:
        if "Password" in type(error.args[0] if error.args else error).__name__:
            raise UnreadableError("The PDF is locked by a password; save it without one.") from error
        raise


def _mended(data: bytes) -> bytes:
    """Write a damaged PDF anew; pdfium finds its way where pdfminer gives up."""
    import pypdfium2

    out = io.BytesIO()
    document = pypdfium2.PdfDocument(data)
    document.save(out)
    document.close()
    return out.getvalue()


def _page(page: Any) -> _Page:
    words = _words(page)
    tables: list[Line] = []
    for table in _tables(page):
        found = _table_lines(table, words)
        tables += found[0]
        words = found[1]
    lines = in_reading_order(rows_of(words), tables, float(page.width))
    area = max((i["width"] * i["height"] for i in page.images), default=0)
    pictured = bool(area > 0.5 * page.width * page.height)
    width = round(page.width)
    page.close()  # frees what pdfplumber keeps of it
    return _Page(lines, width, pictured)


def _words(page: Any) -> list[Word]:
    # Old printer drivers make bold letters by printing them twice.
    seen = Counter((c["text"], round(c["x0"]), round(c["top"])) for c in page.chars)
    if seen and len(seen) < 0.95 * len(page.chars):
        page = page.dedupe_chars(tolerance=1)
    found = page.extract_words(x_tolerance_ratio=0.2, extra_attrs=["size"], return_chars=True)
    return [_word(w) for w in found if w["upright"] and w["text"].strip()]


def _word(w: dict[str, Any]) -> Word:
    font = w["chars"][0]["fontname"].lower()
    text = clean(w["text"]).strip() or " "
    return Word(text, w["x0"], w["x1"], w["top"], w["bottom"], max(1.0, w["size"]), "bold" in font or "black" in font)


def _tables(page: Any) -> list[Any]:
    drawn = len(page.rects) + len(page.lines) + len(page.curves)
    if not 4 <= drawn <= _MAX_EDGES:
        return []
    # One row is a table where a page ends within it; two cells in one row may be any two boxes.
    return [t for t in page.find_tables() if len(t.columns) > 2 or (len(t.columns) > 1 and len(t.rows) > 1)]


def _table_lines(table: Any, words: list[Word]) -> tuple[list[Line], list[Word]]:
    """Return a table's rows as lines, and the words that are in none of its cells."""
    cells: dict[tuple[float, ...], list[Word]] = {cell: [] for row in table.rows for cell in row.cells if cell}
    rest: list[Word] = []
    for word in words:
        box = next((b for b in cells if _holds(b, word)), None) if _holds(table.bbox, word) else None
        (cells[box] if box is not None else rest).append(word)
    if max(map(len, cells.values()), default=0) > _MAX_CELL:
        return [], words
    rows = [[cells[cell] for cell in row.cells if cell and cells[cell]] for row in table.rows]
    return [_table_line(row) for row in rows if row], rest


def _holds(box: Sequence[float], word: Word) -> bool:
    x, y = (word.left + word.right) / 2, (word.top + word.bottom) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _table_line(cells: Sequence[Row]) -> Line:
    first = line_of(rows_of(cells[0])[0])
    texts = [" ".join(line_of(row).text for row in rows_of(cell)) for cell in cells]
    return replace(first, text=" | ".join(texts), place=Place.TABLE)


def _is_scan(pages: Sequence[_Page]) -> bool:
    """A scan may bear a few typed words (a stamp of signing, a number): most pages are a picture nonetheless."""
    letters = [sum(len(line.text) for line in page.lines) for page in pages]
    bare = sum(page.pictured and n < 200 for page, n in zip(pages, letters, strict=True))
    return not any(letters) or bare > len(pages) / 2


def _without_chrome(pages: Sequence[_Page]) -> list[_Page]:
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


def _text(pages: Sequence[_Page]) -> tuple[str, list[int]]:
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
