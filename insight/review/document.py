"""A review as DOCX in the form of Nghị định 30/2020/NĐ-CP, annex I: an official report ready to be signed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from baocao.insight.review.model import Item, Review
from baocao.insight.review.page import Table, abstract, bracketed, contradiction, numbered_parts, opening, tables

_FONT = "Times New Roman"
_SIZE = 14
_WIDTH = 210 - 30 - 20  # mm between the margins
_LEFT, _RIGHT = 66, 102  # mm of the two halves of the letterhead, which reaches a little into the margins
_COUNTRY = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
_MOTTO = "Độc lập - Tự do - Hạnh phúc"


def write_document(review: Review, path: Path) -> None:
    """Write the review as DOCX."""
    document = Document()
    _set_up(document, review)
    _letterhead(document, review)
    _title(document, review)
    _body(document, review)
    _signature(document)
    _annexes(document, review)
    document.save(str(path))


def _set_up(document: Any, review: Review) -> None:
    """A4, margins, the font of every style, and the page's number in the top margin but for the first page."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin = section.bottom_margin = Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(20)
    section.header_distance = section.footer_distance = Mm(10)
    for name in ("Normal", "Heading 1", "Heading 2", "Header"):
        _font(document.styles[name], _SIZE)
    for name in ("Heading 1", "Heading 2"):
        document.styles[name].font.bold = True
        _spaced(document.styles[name].paragraph_format, before=6, after=6)
        document.styles[name].paragraph_format.first_line_indent = Mm(12.7)
        document.styles[name].paragraph_format.keep_with_next = True
    _spaced(document.styles["Normal"].paragraph_format, before=0, after=0)
    section.different_first_page_header_footer = True
    number = section.header.paragraphs[0]
    number.alignment = ALIGN.CENTER
    _field(number.add_run(), "PAGE")
    document.core_properties.title = abstract(review)
    document.core_properties.author = review.issuer or ""


def _letterhead(document: Any, review: Review) -> None:
    left, right = _halves(document, (_LEFT, _RIGHT))
    issuer = (review.issuer or "[TÊN CƠ QUAN BAN HÀNH]").upper()
    if review.parent:
        _line(left, review.parent.upper(), size=12)
    _line(left, issuer, size=12, bold=True)
    _rule(left, (_LEFT - 22) / 2)
    _line(left, "Số:       /BC-…", size=13)
    _line(right, _COUNTRY, size=12, bold=True)
    _line(right, _MOTTO, size=13, bold=True)
    _rule(right, (_RIGHT - 58) / 2)
    _line(right, f"{review.place or '…………'}, ngày     tháng     năm 20…", size=13, italic=True)


def _title(document: Any, review: Review) -> None:
    _spaced(_line(document, "BÁO CÁO", size=14, bold=True).paragraph_format, before=18, after=0)
    _line(document, abstract(review), size=14, bold=True)
    _rule(document, (_WIDTH - 45) / 2)


def _body(document: Any, review: Review) -> None:
    _paragraph(document, before=12).add_run(opening(review))
    for heading, index in numbered_parts(review):
        document.add_heading(heading, 1)
        groups = review.parts[index].groups
        if not groups:
            _paragraph(document).add_run("Các báo cáo trong kỳ không nêu nội dung này.")
        for number, group in enumerate(groups, 1):
            document.add_heading(f"{number}. {group.field}", 2)
            for item in group.items:
                _item(document, item)


def _item(document: Any, item: Item) -> None:
    paragraph = _paragraph(document)
    paragraph.add_run(f"- {item.text} ")
    source = paragraph.add_run(bracketed(item))
    source.italic, source.font.size = True, Pt(13)
    for conflict in item.conflicts:
        marked = _paragraph(document).add_run(contradiction(conflict))
        marked.bold = marked.italic = True


def _signature(document: Any) -> None:
    """The signature is never torn apart, nor alone on a page: the last words of the text go with it."""
    document.paragraphs[-1].paragraph_format.keep_with_next = True
    document.add_paragraph().paragraph_format.keep_with_next = True
    left, right = _halves(document, (_WIDTH * 0.4, _WIDTH * 0.6))
    _line(left, "Nơi nhận:", size=12, bold=True, italic=True, align=ALIGN.LEFT)
    for line in ("- …………;", "- Lưu: VT, …"):
        _line(left, line, size=11, align=ALIGN.LEFT)
    _line(right, "QUYỀN HẠN, CHỨC VỤ CỦA NGƯỜI KÝ", size=13, bold=True)
    for _ in range(4):
        _line(right, "", size=14)
    _line(right, "Họ và tên", size=13, bold=True)


def _annexes(document: Any, review: Review) -> None:
    held = list(tables(review))
    if not held:
        return
    document.add_page_break()
    _line(document, "PHỤ LỤC", size=14, bold=True)
    _line(document, f"(Kèm theo Báo cáo {abstract(review)[0].lower()}{abstract(review)[1:]})", size=14, italic=True)
    for number, table in enumerate(held, 1):
        document.add_heading(f"{number}. {table.title}", 2)
        _table(document, table)
        if table.left_out:
            _paragraph(document).add_run(f"Còn {table.left_out} dòng khác.")


def _table(document: Any, table: Table) -> None:
    drawn = document.add_table(rows=0, cols=len(table.columns))
    drawn.style, drawn.alignment, drawn.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    widths = [Mm(_WIDTH * width / sum(table.widths)) for width in table.widths]
    widths[0] = Mm(11)
    for column, width in zip(drawn.columns, widths, strict=True):
        column.width = width
    for row, bold in ((table.columns, True), *((row, False) for row in table.rows)):
        cells = drawn.add_row().cells
        for i, (cell, text) in enumerate(zip(cells, row, strict=True)):
            cell.width = widths[i]
            line = _line(cell, text, size=12, bold=bold, align=ALIGN.CENTER if bold or i == 0 else ALIGN.LEFT)
            line.paragraph_format.keep_with_next = bold
    for row in drawn.rows:
        _marked(row, "w:cantSplit")
    _marked(drawn.rows[0], "w:tblHeader")  # the head stands on each page of the table


def _halves(document: Any, widths: tuple[float, float]) -> Iterator[Any]:
    """Return two cells side by side without borders."""
    table = document.add_table(rows=1, cols=2)
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    _marked(table.rows[0], "w:cantSplit")
    for cell, column, width in zip(table.rows[0].cells, table.columns, widths, strict=True):
        cell.width = column.width = Mm(width)
    return iter(table.rows[0].cells)


def _line(
    place: Any, text: str, *, size: int, bold: bool = False, italic: bool = False, align: Any = ALIGN.CENTER
) -> Any:
    """Add a line; a cell's first takes the paragraph that every cell begins with."""
    unused = hasattr(place, "merge") and len(place.paragraphs) == 1 and not place.paragraphs[0].runs
    paragraph = place.paragraphs[0] if unused else place.add_paragraph()
    paragraph.alignment = align
    run = paragraph.add_run(text)
    run.bold, run.italic, run.font.size = bold, italic, Pt(size)
    return paragraph


def _rule(place: Any, indent: float) -> None:
    """Add the line beneath a name: an empty paragraph with a border, drawn in from both sides."""
    paragraph = place.add_paragraph()
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Mm(indent)
    paragraph.paragraph_format.line_spacing = Pt(3)
    paragraph.paragraph_format.space_after = Pt(4)
    borders = OxmlElement("w:pBdr")
    top = OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "auto")):
        top.set(qn(f"w:{name}"), value)
    borders.append(top)
    paragraph._p.get_or_add_pPr().insert_element_before(borders, "w:shd", "w:spacing", "w:ind", "w:jc", "w:rPr")


def _paragraph(document: Any, *, before: float = 3) -> Any:
    paragraph = document.add_paragraph()
    paragraph.alignment = ALIGN.JUSTIFY
    paragraph.paragraph_format.first_line_indent = Mm(12.7)
    _spaced(paragraph.paragraph_format, before=before, after=3)
    return paragraph


def _spaced(form: Any, *, before: float, after: float) -> None:
    form.space_before, form.space_after, form.line_spacing = Pt(before), Pt(after), 1.1


def _font(style: Any, size: int) -> None:
    style.font.name, style.font.size = _FONT, Pt(size)
    style.font.color.rgb = None
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in list(fonts.attrib):  # a theme's font would win over the name
        del fonts.attrib[name]
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), _FONT)


def _field(run: Any, name: str) -> None:
    for kind, text in (("begin", None), (None, name), ("end", None)):
        part = OxmlElement("w:instrText" if text else "w:fldChar")
        if text:
            part.text = text
        else:
            part.set(qn("w:fldCharType"), kind)
        run._r.append(part)


def _marked(row: Any, mark: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(mark))
