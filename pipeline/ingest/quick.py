"""Plain pages of a PDF by pdfium, several times as fast as pdfminer: letters and where they stand, put into words.

Plain is a page with upright text alone, whose fonts tell their letters in Unicode. Of any other `words` returns None,
and pdfplumber reads it: tables need its rules, pictures may be scans, and pdfium takes some letters of old fonts for
others. Words are made as pdfplumber makes them, from places and not from pdfium's order of letters, which moves those
that come from another font to the end of their line.
"""

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pypdfium2
from pypdfium2 import raw

from baocao.pipeline.ingest.layout import Word
from baocao.pipeline.ingest.legacy import encoding_of, encoding_of_words
from baocao.text import clean

_MAX_RULES = 3  # fewer make no table
_NEAR = 3.0  # points by which the tops of a line's letters may differ
_GAP = 0.2  # of the size, between the letters of two words
_FOOT = 0.22  # of the size, from the line that letters stand on to their lowest parts
_TWICE = 0.05  # of the letters at the same place as the same letter: printed twice, as old drivers do for bold
_DOT = 0x2E
_HYPHEN = 2  # what pdfium makes of one at a line's end
_SLANT = 0.4  # of the height: an italic that is drawn from the upright letters
_LEAST = 0.5  # points; smaller letters are not to be read
_LINE_ENDS = (10, 13)  # those that pdfium makes up are to be passed over
_BLANKS = frozenset((9, 32, 0xA0, 0x3000, *range(0x2000, 0x200B)))
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}


@dataclass(slots=True)
class _Font:
    name: str
    bold: bool
    widths: dict[int, float]  # of letters, for a size of one point


@dataclass(slots=True)
class _Run:
    """What letters of a text object share."""

    font: _Font
    size: float
    stretch: float  # the breadth of letters for a size of one point
    handle: Any


@dataclass(slots=True)
class _Letter:
    text: str
    left: float
    right: float
    top: float
    run: _Run


class Quick:
    """The plain pages of a PDF."""

    def __init__(self, data: bytes) -> None:
        self._document: Any = pypdfium2.PdfDocument(data)

    def __len__(self) -> int:
        return len(self._document)

    def close(self) -> None:
        """Let go of the file."""
        self._document.close()

    def words(self, number: int, width: float, height: float) -> list[Word] | None:
        """Return the words of a page of this width and height, None where it is not plain."""
        try:
            page = self._document[number]
        except pypdfium2.PdfiumError:
            return None
        try:
            if not _is_bare(page, width, height):
                return None
            text = raw.FPDFText_LoadPage(page)
            try:
                letters = _letters(text, height)
            finally:
                raw.FPDFText_ClosePage(text)
        finally:
            page.close()
        return _words(letters) if letters and not _is_twice(letters) else None


def _letters(text: Any, height: float) -> list[_Letter] | None:
    """Return the page's letters in pdfium's order, None in their place where one is not plain."""
    code_at, origin_of, object_of = raw.FPDFText_GetUnicode, raw.FPDFText_GetCharOrigin, raw.FPDFText_GetTextObject
    x, y = ctypes.c_double(), ctypes.c_double()
    x_at, y_at = ctypes.byref(x), ctypes.byref(y)
    runs: dict[int, _Run] = {}
    fonts: dict[int, _Font] = {}  # of this page: pdfium may put another font in the place of one it let go
    letters: list[_Letter] = []
    made_up = False
    for at in range(raw.FPDFText_CountChars(text)):
        code = code_at(text, at)
        if code in _BLANKS:
            if letters and letters[-1].text != " ":
                before = letters[-1]
                letters.append(_Letter(" ", before.right, before.right, before.top, before.run))
                made_up = raw.FPDFText_IsGenerated(text, at) == 1
            continue
        if code in _LINE_ENDS and raw.FPDFText_IsGenerated(text, at) == 1:
            continue
        if code == _HYPHEN:
            code = 0x2D
        elif code < 32 or 0xD800 <= code < 0xF900 or code >= 0xFFF0:  # no letter, or a font's own
            return None
        handle = object_of(text, at)
        if not handle:
            return None
        place = ctypes.addressof(handle.contents)
        run = runs.get(place)
        if run is None:
            run = _run(handle, fonts)
            if run is None:
                return None
            runs[place] = run
        origin_of(text, at, x_at, y_at)
        left = x.value
        # pdfium makes up blanks: they may stand for true ones, but not between the dots that lead to a page's number.
        if code == _DOT and made_up and len(letters) > 1 and letters[-1].text == " " and letters[-2].text == ".":
            letters.pop()
        # A letter at the place of the one before is the rest of a ligature, and as broad as that.
        rest = bool(letters) and letters[-1].left == left and letters[-1].run is run
        breadth = _boxed(text, at, left, run) if rest else run.font.widths.get(code)
        if breadth is None:
            breadth = run.font.widths[code] = _breadth(text, at, code, left, run)
        top = height - y.value - (1 - _FOOT) * run.size
        letters.append(_Letter(_LIGATURES.get(code) or chr(code), left, left + breadth * run.stretch, top, run))
    return letters


def _run(handle: Any, fonts: dict[int, _Font]) -> _Run | None:
    """Return what the letters of a text object share, None where they do not stand upright."""
    matrix, size = raw.FS_MATRIX(), ctypes.c_float()
    if not (raw.FPDFPageObj_GetMatrix(handle, matrix) and raw.FPDFTextObj_GetFontSize(handle, size)):
        return None
    upright = matrix.a > 0 and matrix.d > 0 and abs(matrix.b) < 1e-3 * matrix.a and abs(matrix.c) < _SLANT * matrix.d
    if not upright or size.value * matrix.d < _LEAST:
        return None
    if any(_says_other(raw.FPDFPageObj_GetMark(handle, at)) for at in range(raw.FPDFPageObj_CountMarks(handle))):
        return None
    font = raw.FPDFTextObj_GetFont(handle)
    place = ctypes.addressof(font.contents)
    if place not in fonts:
        fonts[place] = _font(font)
    return _Run(fonts[place], round(size.value * matrix.d, 2), size.value * matrix.a, font)


def _says_other(mark: Any) -> bool:
    """Tell a mark that puts another text in the place of what is shown, as for capitals that are drawn small."""
    if not raw.FPDFPageObjMark_GetParamValueType(mark, b"ActualText"):
        return False
    size, buffer = ctypes.c_ulong(), (ctypes.c_ushort * 8)()
    raw.FPDFPageObjMark_GetParamStringValue(mark, b"ActualText", buffer, ctypes.sizeof(buffer), size)
    text = bytes(buffer)[: size.value].decode("utf-16-le", "replace").rstrip("\0")
    return text not in _LIGATURES.values()


def _is_bare(page: Any, width: float, height: float) -> bool:
    """Tell whether a page lies as it is told, and has nothing on it but text and a few rules."""
    box = raw.FS_RECTF()
    if raw.FPDFPage_GetRotation(page) or not raw.FPDF_GetPageBoundingBox(page, box):
        return False
    if max(abs(box.left), abs(box.bottom), abs(box.right - width), abs(box.top - height)) > 0.01:
        return False
    rules = 0
    for at in range(raw.FPDFPage_CountObjects(page)):
        drawn = raw.FPDFPage_GetObject(page, at)
        kind = raw.FPDFPageObj_GetType(drawn)
        if kind == raw.FPDF_PAGEOBJ_PATH:
            rules += sum(
                raw.FPDFPathSegment_GetType(raw.FPDFPath_GetPathSegment(drawn, part)) == raw.FPDF_SEGMENT_MOVETO
                for part in range(min(100, raw.FPDFPath_CountSegments(drawn)))
            )
        elif kind != raw.FPDF_PAGEOBJ_TEXT:
            return False
        if rules > _MAX_RULES:
            return False
    return True


def _font(font: Any) -> _Font:
    size = raw.FPDFFont_GetBaseFontName(font, None, 0)
    buffer = ctypes.create_string_buffer(size)
    raw.FPDFFont_GetBaseFontName(font, buffer, size)
    name = buffer.value.decode("utf-8", "replace")
    lower = name.lower()
    return _Font(name, "bold" in lower or "black" in lower, {})


def _breadth(text: Any, at: int, code: int, left: float, run: _Run) -> float:
    """Return how far a letter leads on; its box also holds what hangs over, as the horn of ư does."""
    width, boxed = ctypes.c_float(), _boxed(text, at, left, run)
    told = raw.FPDFFont_GetGlyphWidth(run.handle, code, 1.0, width) and width.value
    return min(boxed, told) if told and told > 0 else boxed


def _boxed(text: Any, at: int, left: float, run: _Run) -> float:
    box = raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(text, at, box)
    return max(0.0, (float(box.right) - left) / run.stretch)


def _is_twice(letters: Sequence[_Letter]) -> bool:
    there = [(c.text, round(c.left), round(c.top)) for c in letters if c.text != " "]
    return len(set(there)) < (1 - _TWICE) * len(there)


def _words(letters: Sequence[_Letter]) -> list[Word] | None:
    """Return the words, None where they are in an encoding of before Unicode."""
    told: dict[str, list[str]] = {}
    words: list[Word] = []
    for _, of_a_size in groupby(letters, key=lambda c: c.run.size):
        for line in _lines(list(of_a_size)):
            for found in _split(line):
                text = clean("".join([c.text for c in found])).strip()
                run = found[0].run
                tops = [c.top for c in found]
                told.setdefault(run.font.name, []).append(text)
                words.append(
                    Word(text or " ", found[0].left, max([c.right for c in found]), min(tops), max(tops) + run.size,
                         max(1.0, run.size), run.font.bold)
                )  # fmt: skip
    if any(encoding_of(name) or encoding_of_words(" ".join(texts)) for name, texts in told.items()):
        return None
    return words


def _lines(letters: Sequence[_Letter]) -> Iterator[list[_Letter]]:
    """Yield the letters whose tops are near each other, from left to right."""
    line: list[_Letter] = []
    for letter in sorted(letters, key=lambda c: c.top):
        if line and letter.top > line[-1].top + _NEAR:
            yield sorted(line, key=lambda c: c.left)
            line = []
        line.append(letter)
    yield sorted(line, key=lambda c: c.left)


def _split(line: Sequence[_Letter]) -> Iterator[list[_Letter]]:
    """Yield the words of a line: a blank parts them, or a gap."""
    word: list[_Letter] = []
    for letter in line:
        if letter.text == " ":
            if word:
                yield word
            word = []
            continue
        if word and (letter.left > word[-1].right + _GAP * letter.run.size or abs(letter.top - word[-1].top) > _NEAR):
            yield word
            word = []
        word.append(letter)
    if word:
        yield word
