"""PDF with a text layer by pdfplumber: columns read one after the other, lines joined into paragraphs.

Running heads, page numbers and the head's two columns (issuer left, Quốc hiệu right) are what makes the
text of an official PDF hard to read; each has its function here.
"""

import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pdfplumber
from pdfplumber.utils.exceptions import PdfminerException

from baocao.errors import EmptyTextError, UnreadableError
from baocao.pipeline.ingest.plain import Read
from baocao.text import clean

_PAGE_NUMBER = re.compile(r"(?:trang\s*)?[-–]?\s*\d{1,4}\s*[-–]?(?:\s*/\s*\d{1,4})?", re.IGNORECASE)
_STARTS_NEW = re.compile(
    r"(?:[-–+•*●▪]\s|\(?\d{1,2}[.)]\s|\d{1,2}\.\d{1,2}\.?\s|[IVX]{1,5}[.)]\s|[a-zđ][.)]\s|[A-Z][.)]\s"
    r"|Phần\s|Điều\s\d|Căn cứ\s|Số\s*:|Kính gửi|Nơi nhận)"
)
_MAX_PAGES = 5_000


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a page: its text, where it lies (points), and whether it is bold."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    bold: bool


def read_pdf(data: bytes) -> Read:
    """Return the text of a PDF and where its pages begin.

    Raises EmptyTextError for a scan, UnreadableError for a damaged or locked file.
    """
    pages = _pages(data)
    running = _running(pages)
    text, starts = "", []
    for number, lines in enumerate(pages):
        kept = [line for line in lines if not _is_chrome(line, lines, running)]
        paragraphs = _paragraphs(kept)
        joint = " " if number and _runs_over(text, paragraphs) else "\n"
        text += joint if text else ""
        starts.append(len(text))
        text += clean("\n".join(paragraphs))
    if not text.strip():
        raise EmptyTextError("The PDF has no text layer: it is a scan and needs character recognition first.")
    return text, tuple(starts), None, None


def _pages(data: bytes) -> list[list[_Line]]:
    try:
        with pdfplumber.open(io.BytesIO(data)) as pdf:
            if len(pdf.pages) > _MAX_PAGES:
                raise UnreadableError(f"The PDF has more than {_MAX_PAGES:,} pages; split it.")
            pages = []
            for page in pdf.pages:
                pages.append(_lines_of(page))
                page.close()
            return pages
    except PdfminerException as error:
        if "Password" in type(error.args[0] if error.args else error).__name__:
            raise UnreadableError("The PDF is locked by a password; save it without one.") from error
        raise


def _lines_of(page: Any) -> list[_Line]:
    tables = [t for t in page.find_tables() if len(t.rows) > 1 and len(t.columns) > 1]
    words = page.extract_words(extra_attrs=["fontname"], keep_blank_chars=False, use_text_flow=False)
    boxes = [t.bbox for t in tables]
    words = [w for w in words if not any(_inside(w, box) for box in boxes)]
    lines = _in_columns(_rows(words), float(page.width))
    for table in tables:
        lines += _table_lines(table)
        lines.sort(key=lambda line: line.top) if len(boxes) else None
    return lines


def _inside(word: dict[str, Any], box: tuple[float, float, float, float]) -> bool:
    middle = (word["x0"] + word["x1"]) / 2, (word["top"] + word["bottom"]) / 2
    return bool(box[0] <= middle[0] <= box[2] and box[1] <= middle[1] <= box[3])


def _table_lines(table: Any) -> list[_Line]:
    out = []
    for row, cells in zip(table.rows, table.extract(), strict=True):
        written = " | ".join(" ".join((cell or "").split()) for cell in cells if cell)
        left, top, _, bottom = row.bbox
        out.append(_Line(written, left, left, top, bottom, False))
    return out


def _rows(words: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Gather words into rows by their height on the page."""
    rows: list[list[dict[str, Any]]] = []
    for word in sorted(words, key=lambda w: (round(w["bottom"]), w["x0"])):
        if rows and abs(rows[-1][0]["bottom"] - word["bottom"]) < 3:
            rows[-1].append(word)
        else:
            rows.append([word])
    return [sorted(row, key=lambda w: w["x0"]) for row in rows]


def _in_columns(rows: list[list[dict[str, Any]]], width: float) -> list[_Line]:
    """Read neighbouring rows with a gap at the same place column by column; other rows straight on."""
    out: list[_Line] = []
    left: list[_Line] = []
    right: list[_Line] = []
    for row in rows:
        parts = _split(row, width)
        if len(parts) == 2 or (left and _only_side(parts[0], width)):
            for part in parts:
                (left if part.right < width * 0.56 and part.left < width * 0.4 else right).append(part)
            continue
        out += left + right
        left, right = [], []
        out += parts
    return out + left + right


def _split(row: list[dict[str, Any]], width: float) -> list[_Line]:
    """Cut a row at a wide gap near the middle of the page."""
    for i in range(1, len(row)):
        gap = row[i]["x0"] - row[i - 1]["x1"]
        if gap > 14 and width * 0.3 < (row[i]["x0"] + row[i - 1]["x1"]) / 2 < width * 0.68:
            return [_line(row[:i]), _line(row[i:])]
    return [_line(row)]


def _only_side(line: _Line, width: float) -> bool:
    return line.right < width * 0.54 or line.left > width * 0.46


def _line(words: Sequence[dict[str, Any]]) -> _Line:
    bold = sum("bold" in w["fontname"].lower() for w in words) > len(words) / 2
    text = " ".join(w["text"] for w in words)
    return _Line(
        text,
        words[0]["x0"],
        words[-1]["x1"],
        min(w["top"] for w in words),
        max(w["bottom"] for w in words),
        bold,
    )


def _running(pages: Sequence[Sequence[_Line]]) -> frozenset[str]:
    """Lines that stand at the head or foot of most pages, digits aside."""
    counts = Counter(_faceless(line.text) for lines in pages for line in {*lines[:2], *lines[-2:]})
    return frozenset(text for text, n in counts.items() if len(pages) >= 3 and n >= max(3, len(pages) * 0.6))


def _faceless(text: str) -> str:
    return re.sub(r"\d+", "0", text).strip()


def _is_chrome(line: _Line, lines: Sequence[_Line], running: frozenset[str]) -> bool:
    at_edge = line in lines[:2] or line in lines[-2:]
    return at_edge and (_faceless(line.text) in running or bool(_PAGE_NUMBER.fullmatch(line.text)))


def _paragraphs(lines: Sequence[_Line]) -> list[str]:
    """Join lines that a paragraph was wrapped into; a word cut by a hyphen at the line's end is mended."""
    out: list[str] = []
    edge = max((line.right for line in lines), default=0.0)
    for before, line in zip((None, *lines), lines, strict=False):
        if before is None or not out or _begins(before, line, edge):
            out.append(line.text)
        elif re.search(r"[^\W\d_]-$", out[-1]) and line.text[:1].islower():
            out[-1] = out[-1][:-1] + line.text
        else:
            out[-1] += " " + line.text
    return out


def _begins(before: _Line, line: _Line, edge: float) -> bool:
    height = line.bottom - line.top
    if _STARTS_NEW.match(line.text) or " | " in line.text or " | " in before.text:
        return True
    if line.top - before.bottom > 0.9 * height or before.bold != line.bold or line.top < before.top - height:
        return True
    centred = abs(before.left - line.left) > 8 and abs(before.right - line.right) > 8
    if centred and max(before.right - before.left, line.right - line.left) < 0.5 * edge:
        return True
    full = before.right > edge - 4.5 * height or abs(before.right - line.right) < 2 * height
    if not full or (line.text[:1].isupper() and before.text[-1:] in ".:;!?…" and line.left > before.left + 8):
        return True
    return before.text.isupper() != line.text.isupper() or (before.text[-1:] in ".:;" and line.left > before.left + 8)


def _runs_over(text: str, paragraphs: Sequence[str]) -> bool:
    """Tell whether a paragraph goes on from the page before."""
    return bool(text) and text[-1] not in ".:;!?…/" and bool(paragraphs) and paragraphs[0][:1].islower()
