"""DOCX by python-docx: paragraphs and tables in order, automatic numbers written out, changes as final."""

import io
from collections.abc import Iterator
from typing import Any

import docx
from docx.oxml.ns import qn
from lxml import etree

from baocao.pipeline.ingest.flow import table_lines
from baocao.pipeline.ingest.fonts import set_in_unicode
from baocao.pipeline.ingest.legacy import with_capitals
from baocao.pipeline.ingest.numbering import Numbering
from baocao.pipeline.ingest.plain import Read, joined
from baocao.report import Reading

_DELETED = frozenset((qn("w:del"), qn("w:moveFrom")))
_BOX = qn("w:txbxContent")
# Word writes a text box twice, the second time for old readers.
_TWIN = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_WRAPPERS = frozenset((qn("w:sdt"), qn("w:sdtContent"), qn("w:customXml"), qn("w:ins"), qn("w:moveTo")))
_NOTES = ("/word/footnotes.xml", "/word/endnotes.xml")


def read_docx(data: bytes) -> Read:
    """Return the text of a Word document, a paragraph or table row a line; notes stand at the end."""
    document = docx.Document(io.BytesIO(data))
    notes = list(_notes(document))
    encoding = set_in_unicode(document, [document.element.body, *notes])
    numbers = Numbering(document)
    lines = [*_blocks(document.element.body, numbers), *(line for note in notes for line in _note(note))]
    text = with_capitals(joined(lines), encoding)
    title = _title(document)
    # Word fills the title in by itself, often from another document: it counts where the text has it too.
    return Read(text, title=title if title and title in text else None, reading=Reading(encoding))


def _blocks(body: Any, numbers: Numbering) -> Iterator[str]:
    for element in body.iterchildren():
        if element.tag == qn("w:p"):
            yield from _paragraph(element, numbers)
        elif element.tag == qn("w:tbl"):
            yield from _table(element, numbers)
        elif element.tag in _WRAPPERS:
            yield from _blocks(element, numbers)


def _paragraph(paragraph: Any, numbers: Numbering) -> Iterator[str]:
    """Yield the paragraph, then what its text boxes hold."""
    text = _text(paragraph)
    lead = numbers.lead(paragraph) if text else ""
    boxes = [box for box in paragraph.iter(_BOX) if _nearest(box, {_TWIN, _BOX}) is None]
    if text or not boxes:
        yield lead + text
    for box in boxes:
        yield from _blocks(box, numbers)


def _nearest(element: Any, tags: set[str]) -> Any:
    return next(element.iterancestors(*tags), None)


def _text(paragraph: Any) -> str:
    """Return the paragraph's own text: insertions kept, deletions and text boxes left out."""
    pieces = [_piece(node) for node in _nodes(paragraph)]
    return "".join(pieces).strip()


def _nodes(element: Any) -> Iterator[Any]:
    for node in element.iterchildren():
        if node.tag in _DELETED or node.tag in (_BOX, _TWIN, qn("w:pPr")) or _is_hidden(node):
            continue
        yield node
        yield from _nodes(node)


def _is_hidden(node: Any) -> bool:
    mark = node.find(f"{qn('w:rPr')}/{qn('w:vanish')}") if node.tag == qn("w:r") else None
    return mark is not None and mark.get(qn("w:val"), "1") not in ("0", "false", "off")


def _piece(node: Any) -> str:
    if node.tag == qn("w:t"):
        return node.text or ""
    if node.tag in (qn("w:br"), qn("w:cr")):
        return "\n"
    return {qn("w:tab"): " ", qn("w:noBreakHyphen"): "-", qn("w:softHyphen"): "\xad"}.get(node.tag, "")


def _table(table: Any, numbers: Numbering) -> Iterator[str]:
    yield from table_lines([_cells(row, numbers) for row in _rows(table)])


def _rows(element: Any) -> Iterator[Any]:
    for child in element.iterchildren():
        if child.tag == qn("w:tr") and child.find(f"{qn('w:trPr')}/{qn('w:del')}") is None:
            yield child
        elif child.tag in _WRAPPERS:
            yield from _rows(child)


def _cells(row: Any, numbers: Numbering) -> list[list[str]]:
    found = (cell for cell in row.iter(qn("w:tc")) if _nearest(cell, {qn("w:tr")}) is row)
    return [[line for line in _blocks(cell, numbers) if line.strip()] for cell in found]


def _notes(document: Any) -> Iterator[Any]:
    for part in document.part.package.iter_parts():
        if str(part.partname) in _NOTES:
            yield etree.fromstring(part.blob, parser=etree.XMLParser(resolve_entities=False, no_network=True))


def _title(document: Any) -> str:
    """Return the title by the part's name: LibreOffice relates the part to the document in its own way."""
    for part in document.part.package.iter_parts():
        if str(part.partname) == "/docProps/core.xml":
            root = etree.fromstring(part.blob, parser=etree.XMLParser(resolve_entities=False, no_network=True))
            return (root.findtext("{http://purl.org/dc/elements/1.1/}title") or "").strip()
    return ""


def _note(root: Any) -> Iterator[str]:
    notes = root.iterchildren(qn("w:footnote"), qn("w:endnote"))
    texts = (" ".join(filter(None, map(_text, note.iter(qn("w:p"))))) for note in notes)
    for number, text in enumerate(filter(None, texts), 1):  # their ids need not be the numbers that are shown
        yield f"[{number}] {text}"
