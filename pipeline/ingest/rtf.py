"""RTF, read by its own words: numbers of lists as they were written out, cells and rows, notes, text boxes.

Letters are in the encoding of their font, or in Unicode with a stand-in for old readers, which is passed over.
"""

import codecs
import re
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field

from baocao.errors import LimitError
from baocao.pipeline.ingest.codes import western
from baocao.pipeline.ingest.flow import End, Paragraph, text_of
from baocao.pipeline.ingest.legacy import encoding_of
from baocao.pipeline.ingest.plain import Read
from baocao.text import clean

_TOKEN = re.compile(
    r"\\(?P<word>[a-zA-Z]+)(?P<number>-?\d{1,10})? ?|\\'(?P<byte>[0-9a-fA-F]{2})|\\(?P<sign>[^a-zA-Z])|(?P<brace>[{}])"
    r"|(?P<text>[^\\{}\r\n]+)|[\r\n]+|\\",
    re.DOTALL,
)
_MAX_DEPTH = 10_000
_CHARSETS = {77: "mac_roman", 128: "cp932", 129: "cp949", 134: "gbk", 136: "cp950", 161: "cp1253", 162: "cp1254",
             163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874",
             238: "cp1250"}  # fmt: skip
_SYMBOLS = 2  # a font whose letters are pictures
_SIGNS = {"tab": " ", "line": "\n", "lbr": "\n", "page": "\n", "column": "\n", "emdash": "—", "endash": "–",
          "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•", "emspace": " ",
          "enspace": " ", "qmspace": " "}  # fmt: skip
_UNLESS_BROKEN = "\xad"  # a hyphen that shows where a line breaks; in fonts of TCVN3 a letter
_ESCAPED = {"~": " ", "_": "-", "-": _UNLESS_BROKEN, "\\": "\\", "{": "{", "}": "}", "\t": " "}
# Groups that hold no text of the document.
_SILENT = frozenset((
    "fonttbl", "colortbl", "stylesheet", "info", "pict", "nonshppict", "fldinst", "header", "headerl", "headerr",
    "headerf", "footer", "footerl", "footerr", "footerf", "listtable", "listoverridetable", "revtbl", "annotation",
    "ftnsep", "ftnsepc", "ftncn", "aftnsep", "aftnsepc", "aftncn", "template", "filetbl", "xe", "tc", "pn", "shprslt",
    "nonesttables", "objdata", "objclass", "themedata", "datafield", "sp", "sn", "sv", "private",
))  # fmt: skip
_HEARD = frozenset(("shptxt", "dptxbxtext", "ud", "nesttableprops"))  # groups with text within silent ones
_NUMBERS = frozenset(("listtext", "pntext"))
_BOXES = frozenset(("shptxt", "dptxbxtext"))


def read_rtf(data: bytes) -> Read:
    """Return the text of an RTF document, as `read_docx` does."""
    document = _Document()
    document.take(data.decode("latin-1"))
    return text_of([*document.body.paragraphs, *document.notes], title=document.title.strip() or None)


@dataclass(slots=True)
class _Story:
    """A text of its own: the body, a note, a box; boxes wait until the paragraph around them has ended."""

    paragraphs: list[Paragraph] = field(default_factory=list)
    open: Paragraph = field(default_factory=Paragraph)
    boxes: list[Paragraph] = field(default_factory=list)

    def end(self, end: End, depth: int) -> None:
        self.open.end, self.open.depth = end, depth
        if end is End.ROW:
            self.open.runs = []
        self.paragraphs.append(self.open)
        if end is End.PARAGRAPH:
            self.paragraphs += [Paragraph(box.runs, box.lead, depth) for box in self.boxes]
            self.boxes = []
        self.open = Paragraph()

    def whole(self) -> list[Paragraph]:
        if self.open.runs or self.boxes:
            self.end(End.PARAGRAPH, 0)
        return self.paragraphs


@dataclass(slots=True)
class _State:
    """What holds within a group."""

    story: _Story
    silent: bool = False  # its text is not shown
    sealed: bool = False  # nor is that of any group within it
    part: str = ""  # the group's own name
    font: int = 0
    stand_ins: int = 1  # letters that follow each one in Unicode for old readers
    gone: bool = False  # deleted
    hidden: bool = False
    in_table: bool = False
    depth: int = 1


@dataclass(slots=True)
class _Font:
    name: str = ""
    charset: int = 0


class _Document:
    def __init__(self) -> None:
        self.body = _Story()
        self.notes: list[Paragraph] = []
        self.title = ""
        self._state = _State(self.body)
        self._around: list[_State] = []
        self._fonts: dict[int, _Font] = {}
        self._usual = 0
        self._page = "cp1252"
        self._bytes = bytearray()
        self._passed_over = 0
        self._starred = False

    def take(self, raw: str) -> None:
        """Go through the file; a damaged end is no fault."""
        at = 0
        while found := _TOKEN.match(raw, at):
            at = found.end()
            if found["byte"]:
                self._byte(int(found["byte"], 16))
            elif found["text"]:
                self._plain(found["text"])
            elif found["word"] == "bin":
                at += max(0, int(found["number"] or 0))
            elif found["word"]:
                self._flush()
                self._word(found["word"], int(found["number"]) if found["number"] else None)
            elif found["brace"]:
                self._flush()
                self._open() if found["brace"] == "{" else self._close()
            elif found["sign"]:
                self._sign(found["sign"])
        self._flush()
        while self._around:
            self._close()
        self.body.whole()

    def _open(self) -> None:
        if len(self._around) > _MAX_DEPTH:
            raise LimitError("The file is nested too deeply to read.")
        self._around.append(self._state)
        self._state = copy(self._state)
        self._state.part = ""
        self._passed_over = 0

    def _close(self) -> None:
        inner = self._state
        if not self._around:
            return
        self._state = self._around.pop()
        self._passed_over = 0
        if inner.story is self._state.story:
            return
        paragraphs = inner.story.whole()
        if inner.part in _BOXES:
            self._state.story.boxes += paragraphs
        elif inner.part == "footnote":
            note = Paragraph(lead=f"[{len(self.notes) + 1}] ")
            for paragraph in paragraphs:
                for run in paragraph.runs:
                    note.add(run.text, run.font)
                note.add(" ", paragraph.runs[-1].font if paragraph.runs else None)
            self.notes.append(note)
        elif inner.part in _NUMBERS:
            self._number("".join(paragraph.text for paragraph in paragraphs).strip())

    def _number(self, shown: str) -> None:
        if shown:
            self._state.story.open.lead = f"{shown} " if any(map(str.isalnum, shown)) else "- "

    # Letters

    def _byte(self, code: int) -> None:
        if self._passed_over:
            self._passed_over -= 1
        else:
            self._bytes.append(code)

    def _plain(self, text: str) -> None:
        passed = min(self._passed_over, len(text))
        self._passed_over -= passed
        self._bytes += text[passed:].encode("latin-1")

    def _sign(self, sign: str) -> None:
        if sign == "*":
            self._starred = True
        elif self._passed_over:
            self._passed_over -= 1
        elif sign in "\r\n":
            self._flush()
            self._word("par", None)
        else:
            self._flush()
            self._show(_ESCAPED.get(sign, ""))

    def _flush(self) -> None:
        if self._bytes:
            raw = bytes(self._bytes)
            self._bytes.clear()
            self._show(self._decoded(raw))

    def _decoded(self, raw: bytes) -> str:
        font = self._fonts.get(self._state.font, _Font())
        if self._state.part == "fonttbl" or encoding_of(font.name):
            return western(raw)
        if font.charset == _SYMBOLS:
            return "•"
        page = _CHARSETS.get(font.charset, self._page)
        return western(raw) if page == "cp1252" else raw.decode(page, "replace")

    def _show(self, text: str) -> None:
        state = self._state
        if state.part == "fonttbl":
            font = self._fonts.setdefault(state.font, _Font())
            font.name = (font.name + text).split(";")[0]
        elif state.part == "title":
            self.title = clean(self.title + text)
        elif text and not (state.silent or state.gone or state.hidden):
            font_name = self._fonts.get(state.font, _Font()).name
            state.story.open.add(text, font_name or None)

    # Words

    def _word(self, word: str, number: int | None) -> None:
        starred, self._starred = self._starred, False
        state = self._state
        if word == "u" and number is not None:
            self._unicode(number)
            return
        self._passed_over = 0
        if word in _SIGNS:
            self._show(_SIGNS[word])
        elif word in _HEARD or word in _NUMBERS or word == "footnote":
            self._enter(word)
        elif word == "title" and state.sealed:  # it may be told twice, in Unicode the second time
            state.part, self.title = word, ""
        elif word in _SILENT or word == "upr" or starred:
            state.silent, state.part = True, word
            state.sealed = state.sealed or word in _SILENT
        elif (act := _ACTS.get(word)) is not None:
            act(self, number)

    def _unicode(self, code: int) -> None:
        self._flush()
        self._show(chr(code % 0x10000))
        self._passed_over = self._state.stand_ins

    def _enter(self, word: str) -> None:
        """Begin a group whose text is shown, though what it stands in may be silent."""
        state = self._state
        if state.sealed:
            return
        state.part = word
        if word == "ud":
            state.silent = False
        elif word in _BOXES or (word != "nesttableprops" and not state.silent):
            state.story, state.silent, state.in_table, state.depth = _Story(), False, False, 1

    def _end(self, end: End, depth: int) -> None:
        if not self._state.silent:
            self._state.story.end(end, depth)

    def paragraph(self, _: int | None) -> None:
        self._end(End.PARAGRAPH, self._state.depth if self._state.in_table else 0)

    def cell(self, _: int | None) -> None:
        self._end(End.CELL, 1)

    def row(self, _: int | None) -> None:
        self._end(End.ROW, 1)

    def inner_cell(self, _: int | None) -> None:
        self._end(End.CELL, max(2, self._state.depth))

    def inner_row(self, _: int | None) -> None:
        self._end(End.ROW, max(2, self._state.depth))

    def set_font(self, number: int | None) -> None:
        self._state.font = number or 0

    def set_charset(self, number: int | None) -> None:
        if self._state.part == "fonttbl":
            self._fonts.setdefault(self._state.font, _Font()).charset = number or 0

    def set_usual(self, number: int | None) -> None:
        self._usual = self._state.font = number or 0

    def set_page(self, number: int | None) -> None:
        name = "utf-8" if number == 65001 else f"cp{number}"
        try:
            self._page = codecs.lookup(name).name
        except LookupError:
            self._page = "cp1252"

    def set_stand_ins(self, number: int | None) -> None:
        self._state.stand_ins = max(0, number or 0)

    def set_gone(self, number: int | None) -> None:
        self._state.gone = number != 0

    def set_hidden(self, number: int | None) -> None:
        self._state.hidden = number != 0

    def set_depth(self, number: int | None) -> None:
        self._state.depth, self._state.in_table = max(1, number or 0), bool(number)

    def set_in_table(self, _: int | None) -> None:
        self._state.in_table = True

    def reset_paragraph(self, _: int | None) -> None:
        self._state.in_table, self._state.depth = False, 1

    def reset_letters(self, _: int | None) -> None:
        self._state.font, self._state.gone, self._state.hidden = self._usual, False, False


_ACTS: dict[str, Callable[[_Document, int | None], None]] = {
    "par": _Document.paragraph, "sect": _Document.paragraph, "cell": _Document.cell, "row": _Document.row,
    "nestcell": _Document.inner_cell, "nestrow": _Document.inner_row, "f": _Document.set_font,
    "fcharset": _Document.set_charset, "deff": _Document.set_usual, "ansicpg": _Document.set_page,
    "uc": _Document.set_stand_ins, "deleted": _Document.set_gone, "v": _Document.set_hidden,
    "itap": _Document.set_depth, "intbl": _Document.set_in_table, "pard": _Document.reset_paragraph,
    "plain": _Document.reset_letters,
}  # fmt: skip
