"""DOCX by python-docx: paragraphs and tables in order, automatic numbers written out, changes as final."""

import io
from collections import Counter
from collections.abc import Iterator
from typing import Any

import docx
from docx.oxml.ns import qn

from baocao.pipeline.ingest import joined
from baocao.pipeline.ingest.plain import Read


def read_docx(data: bytes) -> Read:
    """Return the text of a Word document, a paragraph or table row a line; footnotes stand at the end."""
    document = docx.Document(io.BytesIO(data))
    numbers = _Numbering(document)
    blocks = list(_blocks(document.element.body, numbers))
    blocks += _footnotes(document)
    return joined(blocks), (0,), document.core_properties.title or None, None


def _blocks(body: Any, numbers: "_Numbering") -> Iterator[str]:
    for element in body.iterchildren():
        if element.tag == qn("w:p"):
            yield numbers.lead(element) + _text(element)
        elif element.tag == qn("w:tbl"):
            yield from _rows(element, numbers)
        elif element.tag == qn("w:sdt"):
            for content in element.iterchildren(qn("w:sdtContent")):
                yield from _blocks(content, numbers)


def _rows(table: Any, numbers: "_Numbering") -> Iterator[str]:
    """A table of one row is a layout (the official two-column head): its cells stand one after the other."""
    rows = list(table.iterchildren(qn("w:tr")))
    for row in rows:
        cells = [[line for line in _blocks(cell, numbers) if line.strip()] for cell in row.iterchildren(qn("w:tc"))]
        if len(rows) == 1:
            yield from (line for cell in cells for line in cell)
        else:
            yield " | ".join(" ".join(cell) for cell in cells if cell)


def _text(paragraph: Any) -> str:
    """The paragraph's text: insertions kept, deletions left out, breaks and tabs as such."""
    pieces: list[str] = []
    for node in paragraph.iter(qn("w:t"), qn("w:br"), qn("w:tab"), qn("w:noBreakHyphen")):
        if any(True for _ in node.iterancestors(qn("w:del"), qn("w:moveFrom"))):
            continue
        if node.tag == qn("w:t"):
            pieces.append(node.text or "")
        elif node.tag == qn("w:noBreakHyphen"):
            pieces.append("-")
        elif node.getparent().tag != qn("w:tabs"):
            pieces.append("\n" if node.tag == qn("w:br") else " ")
    return "".join(pieces).strip()


def _footnotes(document: Any) -> Iterator[str]:
    for part in document.part.package.iter_parts():
        if str(part.partname) == "/word/footnotes.xml":
            from lxml import etree

            root = etree.fromstring(part.blob, parser=etree.XMLParser(resolve_entities=False, no_network=True))
            for note in root.iter(qn("w:footnote")):
                text = "".join(t.text or "" for t in note.iter(qn("w:t"))).strip()
                if text:
                    yield f"[{note.get(qn('w:id'))}] {text}"


class _Numbering:
    """Restores the numbers that Word makes by itself: "1.", "a)", "I."."""

    def __init__(self, document: Any) -> None:
        self._formats: dict[tuple[str, int], tuple[str, str]] = {}
        self._counts: Counter[tuple[str, int]] = Counter()
        self._styles = {s.style_id: s.element for s in document.styles}
        try:
            root = document.part.numbering_part.element
        except (KeyError, NotImplementedError):
            return
        abstract = {a.get(qn("w:abstractNumId")): a for a in root.iterchildren(qn("w:abstractNum"))}
        for num in root.iterchildren(qn("w:num")):
            link = num.find(qn("w:abstractNumId"))
            for level in abstract[link.get(qn("w:val"))].iterchildren(qn("w:lvl")) if link is not None else ():
                form, written = level.find(qn("w:numFmt")), level.find(qn("w:lvlText"))
                if form is not None and written is not None:
                    key = num.get(qn("w:numId")), int(level.get(qn("w:ilvl")))
                    self._formats[key] = form.get(qn("w:val")), written.get(qn("w:val"))

    def lead(self, paragraph: Any) -> str:
        """Return the number or bullet that Word shows before a paragraph, with a blank, or ""."""
        found = paragraph.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
        if found is None:
            style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
            element = self._styles.get(style.get(qn("w:val"))) if style is not None else None
            found = element.find(f"{qn('w:pPr')}/{qn('w:numPr')}") if element is not None else None
        number = found.find(qn("w:numId")) if found is not None else None
        if number is None:
            return ""
        at = found.find(qn("w:ilvl"))
        key = number.get(qn("w:val")), int(at.get(qn("w:val"))) if at is not None else 0
        if key not in self._formats:
            return ""
        self._counts[key] += 1
        for other in [k for k in self._counts if k[0] == key[0] and k[1] > key[1]]:
            del self._counts[other]
        form, written = self._formats[key]
        if form == "bullet":
            return "- "
        for level in range(key[1] + 1):
            count = max(1, self._counts[key[0], level])
            shape = self._formats.get((key[0], level), ("decimal", ""))[0]
            written = written.replace(f"%{level + 1}", _shown(count, shape))
        return f"{written} "


def _shown(count: int, form: str) -> str:
    if form in ("lowerLetter", "upperLetter"):
        letter = chr(ord("a") + (count - 1) % 26)
        return letter.upper() if form == "upperLetter" else letter
    if form in ("lowerRoman", "upperRoman"):
        roman = ""
        for value, sign in ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")):
            while count >= value:
                roman, count = roman + sign, count - value
        return roman.upper() if form == "upperRoman" else roman
    return str(count)
