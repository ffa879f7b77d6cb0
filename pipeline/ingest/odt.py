"""ODT by lxml: paragraphs, lists with the numbers that are shown, tables, notes, text boxes; changes as final."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from baocao.errors import UnreadableError
from baocao.pipeline.ingest.flow import End, Paragraph, text_of
from baocao.pipeline.ingest.numbering import Level, Lists
from baocao.pipeline.ingest.plain import Read

_SPACES = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
    "draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0",
    "fo": "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0",
    "svg": "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0",
    "loext": "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xml": "http://www.w3.org/XML/1998/namespace",
    "manifest": "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0",
}


def _named(name: str) -> str:
    space, local = name.split(":")
    return f"{{{_SPACES[space]}}}{local}"


_P, _H, _LIST, _ITEM, _HEADER = map(_named, ("text:p", "text:h", "text:list", "text:list-item", "text:list-header"))
_TABLE, _ROW, _CELL, _NOTE, _BOX = map(
    _named, ("table:table", "table:table-row", "table:table-cell", "text:note", "draw:text-box")
)
_SKIPPED = frozenset(map(_named, ("text:tracked-changes", "office:annotation", "office:forms", "text:hidden-text",
                                  "text:sequence-decls", "text:variable-decls", "svg:title", "svg:desc")))  # fmt: skip
_FORMS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_MAX_BLANKS = 100
_STYLE_STEPS = 20


def read_odt(data: bytes) -> Read:
    """Return the text of an OpenDocument text, as `read_docx` does.

    Raises UnreadableError where it is locked.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        locked = next(_tree(package, "META-INF/manifest.xml").iter(_named("manifest:encryption-data")), None)
        if locked is not None:
            raise UnreadableError("The file is locked by a password; save it without one.")
        names = package.namelist()
        content = _tree(package, "content.xml")
        styles = _tree(package, "styles.xml") if "styles.xml" in names else content
        title = _tree(package, "meta.xml").findtext(f".//{_named('dc:title')}") if "meta.xml" in names else None
    document = _Document(content, styles)
    body = content.find(f"{_named('office:body')}/{_named('office:text')}")
    paragraphs = list(document.blocks(body, 0)) if body is not None else []
    return text_of([*paragraphs, *document.notes], title=(title or "").strip() or None)


def _tree(package: zipfile.ZipFile, name: str) -> Any:
    return etree.fromstring(package.read(name), parser=etree.XMLParser(resolve_entities=False, no_network=True))


@dataclass(frozen=True, slots=True)
class _List:
    """A list around a paragraph: by what it is counted, its style, and how deep it lies."""

    name: str
    style: str
    depth: int


@dataclass(slots=True)
class _Texts:
    """A paragraph as it is put together, and what stands in boxes on it."""

    paragraph: Paragraph
    boxes: list[Any] = field(default_factory=list)


class _Document:
    def __init__(self, content: Any, styles: Any) -> None:
        self.notes: list[Paragraph] = []
        self._lists = Lists()
        self._shapes: dict[str, dict[int, Level]] = {}
        self._fonts: dict[str, tuple[str | None, str | None]] = {}  # of a style: its base, and its own font
        self._hidden: set[str] = set()  # styles whose text is not shown
        self._names: dict[str, str] = {}  # of a list by its id: by what it is counted
        self._last: dict[str, str] = {}  # of a style: by what its last list is counted
        for root in (styles, content):
            self._take_styles(root)

    def _take_styles(self, root: Any) -> None:
        for element in root.iter(_named("text:list-style"), _named("text:outline-style")):
            name = element.get(_named("style:name"), "")
            if element.tag == _named("text:outline-style"):
                name = "outline"
            self._shapes[name] = dict(_levels(element))
        if shape := self._shapes.get("outline"):
            self._lists.add_shape("outline", shape)
            self._lists.add_list("outline", "outline")
        for style in root.iter(_named("style:style")):
            look = style.find(_named("style:text-properties"))
            font = None
            if look is not None:
                if look.get(_named("text:display")) == "none":
                    self._hidden.add(style.get(_named("style:name"), ""))
                font = look.get(_named("style:font-name")) or look.get(_named("fo:font-family"))
            name = style.get(_named("style:name"), "")
            self._fonts[name] = style.get(_named("style:parent-style-name")), font

    def blocks(self, around: Any, depth: int, within: _List | None = None) -> Iterator[Paragraph]:
        """Yield the paragraphs of an element, `depth` tables deep."""
        for element in around:
            if element.tag in _SKIPPED or not isinstance(element.tag, str):
                continue
            if element.tag in (_P, _H):
                yield from self._paragraph(element, depth)
            elif element.tag == _LIST:
                yield from self._list(element, depth, within)
            elif element.tag == _TABLE:
                yield from self._table(element, depth + 1)
            elif element.tag == _named("draw:frame"):
                for box in element.iter(_BOX):
                    yield from self.blocks(box, depth)
            else:  # a section, an index
                yield from self.blocks(element, depth, within)

    def _table(self, table: Any, depth: int) -> Iterator[Paragraph]:
        for row in table.iter(_ROW):
            if next(row.iterancestors(_TABLE)) is not table:
                continue
            for cell in row.iterchildren(_CELL):
                yield from self.blocks(cell, depth)
                yield Paragraph(depth=depth, end=End.CELL)
            yield Paragraph(depth=depth, end=End.ROW)

    def _list(self, element: Any, depth: int, around: _List | None) -> Iterator[Paragraph]:
        own = self._listed(element, around)
        for item in element:
            if item.tag not in (_ITEM, _HEADER):
                continue
            start = item.get(_named("text:start-value"))
            if start and start.isdecimal():
                self._lists.add_list(own.name, own.name, restarts={own.depth: int(start)})
            numbered = item.tag == _HEADER
            for block in item:
                for paragraph in self.blocks([block], depth, own):
                    if not numbered and block.tag in (_P, _H) and paragraph.text.strip():
                        paragraph.lead = self._lists.lead(own.name, own.depth)
                        numbered = True
                    yield paragraph

    def _listed(self, element: Any, around: _List | None) -> _List:
        """Tell by what a list is counted: an inner one with its outer, another that goes on with the one before."""
        style = element.get(_named("text:style-name")) or (around.style if around else "")
        if around:
            return _List(around.name, style, around.depth + 1)
        name = f"{style}/{len(self._names)}"
        if element.get(_named("text:continue-numbering")) == "true":
            name = self._last.get(style, name)
        name = self._names.get(element.get(_named("text:continue-list"), ""), name)
        self._names[element.get(_named("xml:id")) or name] = self._last[style] = name
        self._lists.add_shape(name, self._shapes.get(style, {}))
        self._lists.add_list(name, name)
        return _List(name, style, 0)

    def _paragraph(self, element: Any, depth: int) -> Iterator[Paragraph]:
        """Yield a paragraph, then what its text boxes hold."""
        texts = _Texts(Paragraph(depth=depth))
        self._add(element, texts, self._font(element, None))
        if element.tag == _H and "outline" in self._shapes and texts.paragraph.text.strip():
            level = element.get(_named("text:outline-level"), "1")
            if element.get(_named("text:is-list-header")) != "true" and element.getparent().tag != _ITEM:
                texts.paragraph.lead = self._lists.lead("outline", int(level) - 1 if level.isdecimal() else 0)
        if texts.paragraph.runs or not texts.boxes:
            yield texts.paragraph
        for box in texts.boxes:
            yield from self.blocks(box, depth)

    def _add(self, element: Any, texts: _Texts, font: str | None) -> None:
        texts.paragraph.add(_blank(element.text), font)
        for child in element:
            if not isinstance(child.tag, str) or child.tag in _SKIPPED or self._is_hidden(child):
                pass
            elif child.tag == _NOTE:
                self._take_note(child)
            elif child.tag == _BOX:
                texts.boxes.append(child)
            elif child.tag == _named("text:s"):
                count = child.get(_named("text:c"), "1")
                texts.paragraph.add(" " * min(_MAX_BLANKS, int(count) if count.isdecimal() else 1), font)
            elif child.tag == _named("text:tab"):
                texts.paragraph.add(" ", font)
            elif child.tag == _named("text:line-break"):
                texts.paragraph.add("\n", font)
            else:
                self._add(child, texts, self._font(child, font))
            texts.paragraph.add(_blank(child.tail), font)

    def _take_note(self, note: Any) -> None:
        shown = note.findtext(_named("text:note-citation")) or str(len(self.notes) + 1)
        told = Paragraph(lead=f"[{shown.strip()}] ")
        self.notes.append(told)
        body = note.find(_named("text:note-body"))
        for part in self.blocks(body, 0) if body is not None else ():
            for run in part.runs:
                told.add(run.text, run.font)
            told.add(" ", part.runs[-1].font if part.runs else None)

    def _is_hidden(self, element: Any) -> bool:
        return element.get(_named("text:style-name")) in self._hidden

    def _font(self, element: Any, around: str | None) -> str | None:
        style = element.get(_named("text:style-name"))
        for _ in range(_STYLE_STEPS):
            base, font = self._fonts.get(style or "", (None, None))
            if font or not base:
                return font or around
            style = base
        return around


def _blank(text: str | None) -> str:
    """Take white space as the format means it: as one blank."""
    return re.sub(r"[ \t\r\n]+", " ", text or "")


def _levels(style: Any) -> Iterator[tuple[int, Level]]:
    for element in style:
        level = element.get(_named("text:level"), "")
        if not level.isdecimal():
            continue
        depth = int(level) - 1
        if element.tag == _named("text:list-level-style-bullet"):
            yield depth, Level("bullet", "")
            continue
        form = element.get(_named("style:num-format"), "")
        start = element.get(_named("text:start-value"), "1")
        yield depth, Level(_FORMS.get(form, "none"), _written(element, depth), int(start) if start.isdecimal() else 1)


def _written(element: Any, depth: int) -> str:
    if told := element.get(_named("loext:num-list-format")):
        return re.sub(r"%(\d+)%", r"%\1", told)
    levels = element.get(_named("text:display-levels"), "1")
    shown = min(depth + 1, int(levels) if levels.isdecimal() else 1)
    numbers = ".".join(f"%{above + 1}" for above in range(depth + 1 - shown, depth + 1))
    return f"{element.get(_named('style:num-prefix'), '')}{numbers}{element.get(_named('style:num-suffix'), '')}"
