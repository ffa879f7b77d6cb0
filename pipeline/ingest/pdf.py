"""PDF by pdfplumber: lines from the text layer, tables as rows; pages that are pictures are recognised.

How lines are found is in `layout`, how pages become a text in `pages`.
"""

import io
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pdfplumber
from pdfminer.encodingdb import EncodingDB
from pdfplumber.utils.exceptions import PdfminerException
from pypdfium2 import PdfiumError

from baocao.errors import LimitError, UnreadableError
from baocao.pipeline.ingest.grids import is_table, rows_of_tables
from baocao.pipeline.ingest.layout import Word, in_reading_order, rows_of
from baocao.pipeline.ingest.legacy import with_capitals
from baocao.pipeline.ingest.letters import Letters
from baocao.pipeline.ingest.pages import Page, put_together
from baocao.pipeline.ingest.plain import Read, is_garbled
from baocao.pipeline.ingest.quick import Quick
from baocao.text import clean

# In Windows' codes it takes this one for a blank; it is a hyphen that may be left out, and "ư" in .VnTime.
EncodingDB.win2unicode[0xAD] = "\u00ad"

logging.getLogger("pdfminer").setLevel(logging.CRITICAL)  # its complaints about damage are no news to a user

_LOCKED = "The PDF is locked by a password; give it by --password, or save it without one."
_MAX_PAGES = 5_000
_MAX_EDGES = 4_000  # a drawing, not a table
_TYPED = 200  # letters: a scan may bear a stamp of signing or a number, a page of text has more
_MARKED = 0.05  # of a Vietnamese text's letters bear marks at the least; other recognition has lost them


@dataclass(frozen=True, slots=True)
class _Found:
    page: Page
    scanned: bool  # a picture covers most of it, and no text of use lies over it


def read_pdf(data: bytes) -> Read:
    """Return the text of a PDF and where its pages begin; scanned pages are recognised.

    Raises UnreadableError for a damaged or locked file, NeedsProgramError for a scan where Tesseract is missing.
    """
    letters = Letters()
    try:
        found = _pages(data, letters)
    except UnreadableError:
        raise
    except Exception:
        data = _mended(data)
        found = _pages(data, letters := Letters())
    pages = _recognised(data, found) if any(f.scanned for f in found) else [f.page for f in found]
    told = put_together(pages)
    reading = replace(told.reading, encoding=letters.encoding)
    return replace(told, text=with_capitals(told.text, letters.encoding), reading=reading)


def _recognised(data: bytes, found: Sequence[_Found]) -> list[Page]:
    """Return the pages with the scanned ones recognised, unless the text over a picture says more."""
    import pypdfium2

    from baocao.pipeline.ingest.ocr import need_tesseract, recognise
    from baocao.pipeline.ingest.picture import DPI, MAX_PIXELS

    need_tesseract()
    document = pypdfium2.PdfDocument(data)
    try:
        pages = []
        for number, (page, scanned) in enumerate((f.page, f.scanned) for f in found):
            if scanned:
                sheet = document[number]
                width, height = sheet.get_size()
                scale = min(DPI / 72, (MAX_PIXELS / (width * height)) ** 0.5)
                picture = sheet.render(scale=scale, rev_byteorder=True).to_pil()
                read = recognise(picture, 72 * scale, width=width)
                page = page if _letters(page) > _letters(read) and not _is_broken(_told(page)) else read
            pages.append(page)
        return pages
    finally:
        document.close()


def _letters(page: Page) -> int:
    return sum(len(line.text) for line in page.lines)


def _told(page: Page) -> str:
    return "\n".join(line.text for line in page.lines)


def _pages(data: bytes, letters: Letters) -> list[_Found]:
    try:
        with pdfplumber.open(io.BytesIO(data)) as pdf:
            if len(pdf.pages) > _MAX_PAGES:
                raise LimitError(f"The PDF has more than {_MAX_PAGES:,} pages; split it.")
            return list(_read(pdf.pages, data, letters))
    except PdfminerException as error:
        if "Password" in type(error.args[0] if error.args else error).__name__:
            raise UnreadableError(_LOCKED) from error
        raise


def _read(pages: Sequence[Any], data: bytes, letters: Letters) -> Iterator[_Found]:
    """Yield the pages, the plain ones read by pdfium."""
    quick = _quick(data, len(pages))
    try:
        for number, page in enumerate(pages):
            words = quick.words(number, *map(float, page.bbox[2:])) if quick and not letters.encoding else None
            if words is None:
                yield _page(page, letters)
            else:
                yield _Found(Page(in_reading_order(rows_of(words), [], float(page.width)), round(page.width)), False)
    finally:
        if quick:
            quick.close()


def _quick(data: bytes, pages: int) -> Quick | None:
    """Return the way to plain pages; None where pdfium sees another document, as it may in a damaged one."""
    try:
        quick = Quick(data)
    except PdfiumError:
        return None
    if len(quick) == pages:
        return quick
    quick.close()
    return None


def _mended(data: bytes) -> bytes:
    """Write a damaged PDF anew; pdfium finds its way where pdfminer gives up."""
    import pypdfium2

    out = io.BytesIO()
    document = pypdfium2.PdfDocument(data)
    document.save(out)
    document.close()
    return out.getvalue()


def _page(page: Any, letters: Letters) -> _Found:
    words = _words(page, letters)
    tables, words = rows_of_tables(_tables(page), words)
    lines = in_reading_order(rows_of(words), tables, float(page.width))
    pictured = sum(i["width"] * i["height"] for i in page.images) > 0.5 * page.width * page.height
    drawn = bool(page.images or page.curves)
    width = round(page.width)
    page.close()  # frees what pdfplumber keeps of it
    found = Page(lines, width)
    return _Found(found, (pictured and _of_no_use(found)) or (drawn and not lines))


def _of_no_use(page: Page) -> bool:
    """Tell text that is no page's: a few typed words, or a layer that other recognition has left behind."""
    text = _told(page)
    return len(text) < _TYPED or _is_broken(text)


def _is_broken(text: str) -> bool:
    return is_garbled(text) or sum(char > "\x7f" for char in text) < _MARKED * len(text)


def _words(page: Any, letters: Letters) -> list[Word]:
    # Old printer drivers make bold letters by printing them twice.
    seen = Counter((c["text"], round(c["x0"]), round(c["top"])) for c in page.chars)
    if seen and len(seen) < 0.95 * len(page.chars):
        page = page.dedupe_chars(tolerance=1)
    found = page.extract_words(x_tolerance_ratio=0.2, extra_attrs=["size"], return_chars=True)
    found = [w for w in found if w["upright"] and w["text"].strip()]
    letters.learn((w["text"], w["chars"][0]["fontname"]) for w in found)
    return [_word(w, letters) for w in found]


def _word(w: dict[str, Any], letters: Letters) -> Word:
    named = w["chars"][0]["fontname"]
    font = named.lower()
    text = clean(letters.read(w["text"], named)).strip() or " "
    return Word(text, w["x0"], w["x1"], w["top"], w["bottom"], max(1.0, w["size"]), "bold" in font or "black" in font)


def _tables(page: Any) -> list[Any]:
    drawn = len(page.rects) + len(page.lines) + len(page.curves)
    if not 4 <= drawn <= _MAX_EDGES:
        return []
    return list(filter(is_table, page.find_tables()))
