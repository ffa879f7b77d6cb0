"""DOC of Word 97 to 2003, read from its own streams ([MS-DOC]): no other program is needed.

The text lies in pieces, told by a table of them; what paragraphs and letters look like lies apart, by their place in
the file. Of that only what bears on the text is taken: cells and rows, numbers, fonts, what was deleted or hidden.
"""

import io
import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from baocao.errors import LimitError, UnreadableError
from baocao.pipeline.ingest.codes import western
from baocao.pipeline.ingest.flow import End, Paragraph, text_of
from baocao.pipeline.ingest.numbering import LEVELS, Level, Lists
from baocao.pipeline.ingest.plain import Read

_MAX_LETTERS = 20_000_000
_WORD, _OLDEST = 0xA5EC, 0x00C1  # Word 97
_ENCRYPTED, _TABLE_1 = 0x0100, 0x0200
# Where the file information block keeps the places of tables: pairs of offset and length from here on.
_PAIRS = 0x9A
_STYLES, _NOTES, _ENDNOTES, _LETTERS, _PARAGRAPHS, _FONTS, _PIECES, _SHAPES, _LISTS = 1, 3, 47, 12, 13, 15, 33, 73, 74
_ANCHORS, _BOXES = 40, 56
_COUNTS = 0x4C  # how many letters: main text, footnotes, heads, macros, comments, endnotes, text boxes
# Single properties (sprm) by their numbers.
_DELETED, _HIDDEN, _SPECIAL, _FONT, _FONT_BEYOND, _SYMBOL, _LETTER_STYLE = (
    0x0800, 0x083C, 0x0855, 0x4A4F, 0x4A51, 0x6A09, 0x4A30,
)  # fmt: skip
_LEVEL, _LIST, _IN_TABLE, _ROW_ENDS, _DEPTH, _INNER_CELL, _INNER_ROW, _HUGE = (
    0x260A, 0x460B, 0x2416, 0x2417, 0x6649, 0x244B, 0x244C, 0x6646,
)  # fmt: skip
_TABLE_SHAPE, _TABS = 0xD608, 0xC615
_SIZES = (1, 1, 2, 4, 2, 2, 0, 3)
_FORMS = {0: "decimal", 1: "upperRoman", 2: "lowerRoman", 3: "upperLetter", 4: "lowerLetter", 22: "decimalZero",
          23: "bullet", 255: "none"}  # fmt: skip
_SIGNS = {
    "\t": " ",
    "\x0b": "\n",
    "\x0c": "\n",
    "\x0e": "\n",
    "\x1e": "-",
    "\x1f": "\xad",
}  # the last is a letter in fonts of TCVN3

Properties = dict[int, bytes]


def read_doc(data: bytes) -> Read:
    """Return the text of a Word document of before 2007, as `read_docx` does.

    Raises UnreadableError where it is locked, damaged, or older than Word 97.
    """
    import olefile

    with olefile.OleFileIO(io.BytesIO(data)) as ole:
        main = ole.openstream("WordDocument").read()
        kind, version, flags = struct.unpack_from("<HH6xH", main)
        if kind != _WORD or version < _OLDEST:
            raise UnreadableError("The file is of a Word older than Word 97; open it and save it as DOCX.")
        if flags & _ENCRYPTED:
            raise UnreadableError("The file is locked by a password; give it by --password, or save it without one.")
        table = ole.openstream("1Table" if flags & _TABLE_1 else "0Table").read()
        more = ole.openstream("Data").read() if ole.exists("Data") else b""
        title = ole.get_metadata().title
    document = _Document(main, table, more)
    told = title.decode("utf-8", "ignore").strip() if isinstance(title, bytes) else None
    return text_of(list(document.paragraphs()), title=told)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of the text: its letters from `first` to `end`, and where in the file its first one lies."""

    first: int
    end: int
    offset: int
    narrow: bool  # a byte a letter

    def place(self, letter: int) -> int:
        return self.offset + (letter - self.first) * (1 if self.narrow else 2)


@dataclass(frozen=True, slots=True)
class _Style:
    base: int
    paragraph: Properties
    letters: Properties


@dataclass(slots=True)
class _Looks:
    """Properties by place in the file, for letters or paragraphs: where each stretch begins, and what it bears."""

    starts: list[int] = field(default_factory=list)
    bears: list[tuple[int, Properties]] = field(default_factory=list)  # with the number of a style

    def at(self, place: int) -> tuple[int, Properties]:
        found = bisect_right(self.starts, place) - 1
        return self.bears[found] if found >= 0 else (0, {})

    def end(self, place: int) -> int:
        found = bisect_right(self.starts, place)
        return self.starts[found] if found < len(self.starts) else 2**40


class _Document:
    def __init__(self, main: bytes, table: bytes, more: bytes) -> None:
        self._main, self._table, self._more = main, table, more
        self._pieces = list(self._read_pieces())
        self._paragraph_looks = self._read_looks(_PARAGRAPHS, 13, self._of_paragraph)
        self._letter_looks = self._read_looks(_LETTERS, 1, self._of_letters)
        self._styles = self._read_styles()
        self._known: dict[tuple[int, bool], Properties] = {}  # what styles bear with their bases
        self._fonts = list(self._read_fonts())
        self._lists = self._read_lists()

    def _part(self, number: int) -> bytes:
        """Return a table by its number in the file information block."""
        offset, length = struct.unpack_from("<II", self._main, _PAIRS + 8 * number)
        return self._table[offset : offset + length]

    # The text

    def paragraphs(self) -> Iterator[Paragraph]:
        """Yield the main text, the text boxes, and the notes."""
        main, notes, heads, macros, comments, ends, boxes = struct.unpack_from("<7i", self._main, _COUNTS)
        after = main + notes + heads + macros + comments
        boxes_left = self._boxes(after + ends) if boxes else []
        for paragraph, letter in self._story(0, main):
            yield paragraph
            while boxes_left and boxes_left[0][0] < letter:
                yield from self._box(*boxes_left.pop(0)[1:], depth=paragraph.depth)
        for _, begins, stops in boxes_left:
            yield from self._box(begins, stops, depth=0)
        yield from self._notes(_NOTES, main, notes)
        yield from self._notes(_ENDNOTES, after, ends)

    def _boxes(self, first: int) -> list[tuple[int, int, int]]:
        """Return where text boxes are anchored, and from which letter to which their text goes."""
        anchors = self._part(_ANCHORS)
        count = max(0, (len(anchors) - 4) // 30)
        shapes = [struct.unpack_from("<i", anchors, 4 * (count + 1) + 26 * n)[0] for n in range(count)]
        anchored = dict(zip(shapes, struct.unpack_from(f"<{count}i", anchors), strict=True)) if count else {}
        table = self._part(_BOXES)
        count = max(0, (len(table) - 4) // 26)
        places = struct.unpack_from(f"<{count + 1}i", table) if count else (0,)
        found = []
        for number, (begins, ends) in enumerate(pairwise(places)):
            (shape,) = struct.unpack_from("<i", table, 4 * (count + 1) + 22 * number + 14)
            found.append((anchored.get(shape, 2**31), first + begins, first + ends))
        return sorted(found)

    def _box(self, first: int, end: int, *, depth: int) -> Iterator[Paragraph]:
        for paragraph, _ in self._story(first, end):
            if paragraph.text.strip():
                yield Paragraph(paragraph.runs, paragraph.lead, depth)

    def _notes(self, number: int, first: int, length: int) -> Iterator[Paragraph]:
        if not length:
            return
        places = [place for (place,) in struct.iter_unpack("<i", _whole(self._part(number), 4))]
        for note, (begins, ends) in enumerate(pairwise(places[:-1]), 1):
            parts = [part for part, _ in self._story(first + begins, first + ends) if part.text.strip()]
            if not parts:
                continue
            paragraph = Paragraph(lead=f"[{note}] ")
            for part in parts:
                for run in part.runs:
                    paragraph.add(run.text, run.font)
                paragraph.add(" ", part.runs[-1].font)
            yield paragraph

    def _story(self, first: int, end: int) -> Iterator[tuple[Paragraph, int]]:
        """Yield the paragraphs between two letters, and where each ends; of fields what they show, not their codes."""
        paragraph, codes = Paragraph(), _Fields()
        for text, letter, place, size in self._stretches(first, end):
            at = 0
            while at < len(text):
                style, bears = self._paragraph_looks.at(place + at * size)
                ends = self._paragraph_looks.end(place + at * size)
                stop = min(len(text), max(at + 1, (ends - place) // size))
                own = self._paragraph_properties(style, bears)
                for char, font in self._letters(text[at:stop], place + at * size, size, style):
                    if char in "\r\x07":
                        yield self._ended(paragraph, char, own), letter + stop
                        paragraph = Paragraph()
                    elif codes.shows(char):
                        paragraph.add(_SIGNS.get(char, char if char >= " " else ""), font)
                at = stop
        if paragraph.runs:
            yield paragraph, end

    def _stretches(self, first: int, end: int) -> Iterator[tuple[str, int, int, int]]:
        """Yield text, its first letter's number and place in the file, and the bytes of a letter, piece by piece."""
        for piece in self._pieces:
            begins, ends = max(first, piece.first), min(end, piece.end)
            if begins >= ends:
                continue
            raw = self._main[piece.place(begins) : piece.place(ends)]
            if piece.narrow:
                yield western(raw), begins, piece.place(begins), 1
            else:  # letters beyond the first plane are two here too
                units = struct.unpack(f"<{len(raw) // 2}H", _whole(raw, 2))
                yield "".join(map(chr, units)), begins, piece.place(begins), 2

    def _letters(self, text: str, place: int, size: int, style: int) -> Iterator[tuple[str, str | None]]:
        """Yield letters that are shown, each with its font: deleted and hidden ones are left out."""
        at = 0
        while at < len(text):
            _, bears = self._letter_looks.at(place + at * size)
            stop = min(len(text), max(at + 1, (self._letter_looks.end(place + at * size) - place) // size))
            font, shown, special = self._font_and_showing(bears, style)
            for char in text[at:stop]:
                if char in "\r\x07" or (shown and not (special and char in "(\x02\x05")):
                    yield char, font
            at = stop

    def _font_and_showing(self, bears: Properties, style: int) -> tuple[str | None, bool, bool]:
        whole = self._inherited(style, letters=True)
        if (named := bears.get(_LETTER_STYLE)) is not None:
            whole = whole | self._inherited(int.from_bytes(named, "little"), letters=True)
        whole = whole | bears
        number = whole.get(_FONT, whole.get(_FONT_BEYOND, b"\0\0"))
        index = int.from_bytes(number, "little")
        font = self._fonts[index] if index < len(self._fonts) else None
        gone = any(whole.get(sprm, b"\0") == b"\1" for sprm in (_DELETED, _HIDDEN))
        return font, not gone, bears.get(_SPECIAL, b"\0") == b"\1"

    def _ended(self, paragraph: Paragraph, mark: str, own: Properties) -> Paragraph:
        def says(sprm: int) -> bool:
            return any(own.get(sprm, b""))

        if says(_IN_TABLE):
            paragraph.depth = max(1, int.from_bytes(own.get(_DEPTH, b"\1"), "little", signed=True))
            inner = paragraph.depth > 1
            if says(_INNER_ROW) if inner else says(_ROW_ENDS):
                paragraph.end, paragraph.runs = End.ROW, []
            elif says(_INNER_CELL) if inner else mark == "\x07":
                paragraph.end = End.CELL
        elif mark == "\x07":
            paragraph.depth, paragraph.end = 1, End.CELL
        name = int.from_bytes(own.get(_LIST, b"\0"), "little", signed=True)
        if name > 0 and paragraph.text.strip():
            paragraph.lead = self._lists.lead(str(name), own.get(_LEVEL, b"\0")[0])
        return paragraph

    def _paragraph_properties(self, style: int, bears: Properties) -> Properties:
        own = self._inherited(style, letters=False) | bears
        if _HUGE in bears:
            place = int.from_bytes(bears[_HUGE], "little")
            length = int.from_bytes(self._more[place : place + 2], "little")
            own |= _properties(self._more[place + 2 : place + 2 + length])
        return own

    def _inherited(self, style: int, *, letters: bool) -> Properties:
        if (style, letters) not in self._known:
            self._known[style, letters] = self._found_in_styles(style, letters=letters)
        return self._known[style, letters]

    def _found_in_styles(self, style: int, *, letters: bool) -> Properties:
        chain: list[_Style] = []
        while style in self._styles and len(chain) < 20:
            chain.append(self._styles[style])
            style = chain[-1].base
        found: Properties = {}
        for link in reversed(chain):
            found |= link.letters if letters else link.paragraph
        return found

    # What is read once

    def _read_pieces(self) -> Iterator[_Piece]:
        table, at = self._part(_PIECES), 0
        while table[at] == 1:  # properties of pieces that were saved fast
            at += 3 + int.from_bytes(table[at + 1 : at + 3], "little")
        length = int.from_bytes(table[at + 1 : at + 5], "little")
        plan = table[at + 5 : at + 5 + length]
        count = (len(plan) - 4) // 12
        places = struct.unpack_from(f"<{count + 1}I", plan)
        if places[-1] > _MAX_LETTERS:
            raise LimitError(f"The file holds more than {_MAX_LETTERS:,} characters of text; split it.")
        for number, (first, end) in enumerate(pairwise(places)):
            (offset,) = struct.unpack_from("<I", plan, 4 * (count + 1) + 8 * number + 2)
            narrow = bool(offset & 0x40000000)
            offset &= 0x3FFFFFFF
            yield _Piece(first, end, offset // 2 if narrow else offset, narrow)

    def _read_looks(self, number: int, entry: int, take: Any) -> _Looks:
        """Read the pages of 512 bytes that tell what stretches of the file bear."""
        table = self._part(number)
        count = (len(table) - 4) // 8
        looks = _Looks()
        for (page,) in struct.iter_unpack("<I", table[4 * (count + 1) : 4 * (count + 1) + 4 * count]):
            start = 512 * (page & 0x3FFFFF)
            sheet = self._main[start : start + 512]
            if len(sheet) < 512:
                continue
            runs = min(sheet[511], 0x65)
            places = struct.unpack_from(f"<{runs + 1}I", sheet)
            for run in range(runs):
                offset = 2 * sheet[4 * (runs + 1) + entry * run]
                looks.starts.append(places[run])
                looks.bears.append(take(sheet, offset) if offset else (0, {}))
        order = sorted(range(len(looks.starts)), key=looks.starts.__getitem__)
        return _Looks([looks.starts[i] for i in order], [looks.bears[i] for i in order])

    @staticmethod
    def _of_paragraph(sheet: bytes, offset: int) -> tuple[int, Properties]:
        length = 2 * sheet[offset] - 1
        offset += 1
        if length < 0:
            length = 2 * sheet[offset]
            offset += 1
        own = sheet[offset : offset + length]
        return int.from_bytes(own[:2], "little"), _properties(own[2:])

    @staticmethod
    def _of_letters(sheet: bytes, offset: int) -> tuple[int, Properties]:
        return 0, _properties(sheet[offset + 1 : offset + 1 + sheet[offset]])

    def _read_styles(self) -> dict[int, _Style]:
        table = self._part(_STYLES)
        if len(table) < 6:
            return {}
        head, count, base = struct.unpack_from("<HHH", table)
        at, styles = 2 + head, {}
        for number in range(count):
            length = int.from_bytes(table[at : at + 2], "little")
            body = table[at + 2 : at + 2 + length]
            at += 2 + length
            if len(body) > base + 2:
                styles[number] = _style(body, base)
        return styles

    def _read_fonts(self) -> Iterator[str]:
        table = self._part(_FONTS)
        at = 4  # how many, and how many bytes of their own each has
        while at < len(table):
            length = table[at]
            name = table[at + 40 : at + 1 + length]
            yield _utf16(name).split("\0")[0]
            at += 1 + length

    def _read_lists(self) -> Lists:
        lists = Lists()
        offset, length = struct.unpack_from("<II", self._main, _PAIRS + 8 * _SHAPES)
        if not length:
            return lists
        (count,) = struct.unpack_from("<H", self._table, offset)
        at = offset + length
        for number in range(count):
            shape, simple = struct.unpack_from("<i22xB", self._table, offset + 2 + 28 * number)
            levels = {}
            for depth in range(1 if simple & 1 else LEVELS):
                levels[depth], at = _level(self._table, at)
            lists.add_shape(str(shape), levels)
        table = self._part(_LISTS)
        (count,) = struct.unpack_from("<I", table)
        at = 4 + 16 * count
        for number in range(count):
            shape, overs = struct.unpack_from("<i8xB", table, 4 + 16 * number)
            restarts: dict[int, int] = {}
            own: dict[int, Level] = {}
            at += 4
            for _ in range(overs):
                start, flags = struct.unpack_from("<iI", table, at)
                at += 8
                if flags & 0x10:
                    restarts[flags & 0xF] = start
                if flags & 0x20:
                    own[flags & 0xF], at = _level(table, at)
            lists.add_list(str(number + 1), str(shape), restarts=restarts, own=own)
        return lists


@dataclass(slots=True)
class _Fields:
    """Tells of each letter whether it is shown: a field has a code, then perhaps what it shows."""

    open: list[bool] = field(default_factory=list)  # for each field around: its result has begun

    def shows(self, char: str) -> bool:
        if char == "\x13":
            self.open.append(False)
        elif char == "\x14" and self.open:
            self.open[-1] = True
        elif char == "\x15" and self.open:
            self.open.pop()
        else:
            return all(self.open)
        return False


def _style(body: bytes, base: int) -> _Style:
    kind_and_base, count_and_next = struct.unpack_from("<HH", body, 2)
    kind, parent, parts = kind_and_base & 0xF, kind_and_base >> 4, count_and_next & 0xF
    at = base + 2 + 2 * int.from_bytes(body[base : base + 2], "little") + 2
    found: list[bytes] = []
    for _ in range(parts):
        at += at % 2
        length = int.from_bytes(body[at : at + 2], "little")
        found.append(body[at + 2 : at + 2 + length])
        at += 2 + length
    if kind == 1:
        paragraph, letters = ([*found, b"", b""])[:2]
        return _Style(parent, _properties(paragraph[2:]), _properties(letters))
    return _Style(parent, {}, _properties(found[0]) if kind == 2 and found else {})


def _level(table: bytes, at: int) -> tuple[Level, int]:
    """Read how a level of a list is numbered, and where the next begins."""
    start, form, flags, letters, paragraph = struct.unpack_from("<iBB18xBB", table, at)
    at += 28 + letters + paragraph
    (length,) = struct.unpack_from("<H", table, at)
    text = _utf16(table[at + 2 : at + 2 + 2 * length])
    written = "".join(f"%{ord(char) + 1}" if char < "\x09" else char for char in text)
    named = _FORMS.get(form, "decimal")
    return Level(named, written, start, bool(flags & 4), bool(flags & 8)), at + 2 + 2 * length


def _properties(raw: bytes) -> Properties:
    """Take single properties apart, by their numbers; the last of a number counts."""
    found: Properties = {}
    at = 0
    while at + 2 < len(raw):
        sprm = int.from_bytes(raw[at : at + 2], "little")
        at += 2
        length = _SIZES[sprm >> 13]
        if not length:
            length = raw[at]
            at += 1
            if sprm == _TABLE_SHAPE:
                length = int.from_bytes(raw[at - 1 : at + 1], "little")
            elif sprm == _TABS and length == 255:
                deleted = raw[at] if at < len(raw) else 0
                added = raw[at + 1 + 4 * deleted] if at + 1 + 4 * deleted < len(raw) else 0
                length = 2 + 4 * deleted + 3 * added
        found[sprm] = raw[at : at + length]
        at += length
    return found


def _utf16(raw: bytes) -> str:
    return _whole(raw, 2).decode("utf-16-le", "replace")


def _whole(raw: bytes, size: int) -> bytes:
    return raw[: len(raw) // size * size]
