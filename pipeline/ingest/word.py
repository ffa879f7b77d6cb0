"""DOCX by python-docx: paragraphs and tables in order, automatic numbers written out, changes as final."""

import io
from collections.abc import Iterator
from typing import Any

import docx
from docx.oxml.ns import qn
from lxml import etree

from baocao.pipeline.ingest.numbering import Numbering
from baocao.pipeline.ingest.plain import Read, is_layout, joined

_DELETED = frozenset((qn("w:del"), qn("w:moveFrom")))
_BOX = qn("w:txbxContent")
# Word writes a text box twice, the second time for old readers.
_TWIN = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_WRAPPERS = frozenset((qn("w:sdt"), qn("w:sdtContent"), qn("w:customXml"), qn("w:ins"), qn("w:moveTo")))
_NOTES = ("/word/footnotes.xml", "/word/endnotes.xml")


def read_docx(data: bytes) -> Read:
    """Return the text of a Word document, a paragraph or table row a line; notes stand at the end."""
    document = docx.Document(io.BytesIO(data))
    numbers = Numbering(document)
    text = joined([*_blocks(document.element.body, numbers), *_notes(document)])
    title = document.core_properties.title.strip()
    # Word fills the title in by itself, often from another document: it counts where the text has it too.
    return Read(text, title=title if title and title in text else None)


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
        if node.tag in _DELETED or node.tag in (_BOX, _TWIN, qn("w:pPr")):
            continue
        yield node
        yield from _nodes(node)


def _piece(node: Any) -> str:
    if node.tag == qn("w:t"):
        return node.text or ""
    if node.tag in (qn("w:br"), qn("w:cr")):
        return "\n"
    return {qn("w:tab"): " ", qn("w:noBreakHyphen"): "-"}.get(node.tag, "")


def _table(table: Any, numbers: Numbering) -> Iterator[str]:
    """Yield a table row by row; one that only sets text side by side (the official head) cell after cell."""
    rows = [_cells(row, numbers) for row in _rows(table)]
    shown = [[" ".join(cell) for cell in row] for row in rows]
    if len(rows) == 1 or (len(rows) < 6 and any(map(is_layout, shown))):
        for column in range(max(map(len, rows), default=0)):
            for row in rows:
                yield from row[column] if column < len(row) else ()
        return
    for cells in shown:
        if any(cells):
            yield " | ".join(cell for cell in cells if cell)


def _rows(element: Any) -> Iterator[Any]:
    for child in element.iterchildren():
        if child.tag == qn("w:tr") and child.find(f"{qn('w:trPr')}/{qn('w:del')}") is None:
            yield child
        elif child.tag in _WRAPPERS:
            yield from _rows(child)


def _cells(row: Any, numbers: Numbering) -> list[list[str]]:
    found = (cell for cell in row.iter(qn("w:tc")) if _nearest(cell, {qn("w:tr")}) is row)
    return [[line for line in _blocks(cell, numbers) if line.strip()] for cell in found]


def _notes(document: Any) -> Iterator[str]:
    for part in document.part.package.iter_parts():
        if str(part.partname) in _NOTES:
            root = etree.fromstring(part.blob, parser=etree.XMLParser(resolve_entities=False, no_network=True))
            for note in root.iterchildren(qn("w:footnote"), qn("w:endnote")):
                text = " ".join(filter(None, map(_text, note.iter(qn("w:p")))))
                if text:
                    yield f"[{note.get(qn('w:id'))}] {text}"
