"""Word: what Word shows and python-docx alone does not tell."""

import io
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from baocao.errors import LimitError, UnreadableError
from baocao.pipeline.ingest import read

MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


def lines(document: Any, folder: Path) -> list[str]:
    path = folder / "a.docx"
    document.save(str(path))
    return read(path).text.split("\n")


def add_list(document: Any, *levels: tuple[str, str], legal: bool = False, start: int | None = None) -> str:
    """Define a list of its own; return its numId."""
    root = document.part.numbering_part.element
    name = str(900 + len(root))
    shapes = "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>{"<w:isLgl/>" if legal and i else ""}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
        for i, (form, text) in enumerate(levels)
    )
    abstract = f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{name}">{shapes}</w:abstractNum>'
    root.insert(0, parse_xml(abstract))
    over = f'<w:lvlOverride w:ilvl="0"><w:startOverride w:val="{start}"/></w:lvlOverride>' if start else ""
    num = f'<w:num {nsdecls("w")} w:numId="{name}"><w:abstractNumId w:val="{name}"/>{over}</w:num>'
    root.append(parse_xml(num))
    return name


def numbered(document: Any, text: str, num: str, level: int = 0) -> None:
    properties = document.add_paragraph(text)._p.get_or_add_pPr()
    properties.append(parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="{num}"/></w:numPr>'))


def test_numbers_of_every_form_and_level(tmp_path: Path) -> None:
    document = docx.Document()
    num = add_list(document, ("upperRoman", "%1."), ("decimal", "%2."), ("lowerLetter", "%3)"), ("bullet", "*"))
    for level in (0, 1, 1, 2, 2, 3, 0, 1):  # deeper levels begin anew under a new heading
        numbered(document, "x", num, level)
    assert lines(document, tmp_path) == ["I. x", "1. x", "2. x", "a) x", "b) x", "- x", "II. x", "1. x"]


def test_numbers_that_begin_elsewhere_or_are_written_in_digits(tmp_path: Path) -> None:
    document = docx.Document()
    legal = add_list(document, ("upperRoman", "%1."), ("decimal", "%1.%2."), legal=True)
    late = add_list(document, ("decimal", "%1."), start=4)
    for num, level in ((legal, 0), (legal, 1), (late, 0), (late, 0)):
        numbered(document, "x", num, level)
    numbered(document, "không số", "0")  # list 0 takes a style's number away
    assert lines(document, tmp_path) == ["I. x", "1.1. x", "4. x", "5. x", "không số"]


def test_an_empty_paragraph_of_a_list_is_not_counted(tmp_path: Path) -> None:
    document = docx.Document()
    num = add_list(document, ("decimal", "%1."))
    for text in ("một", "", "hai"):
        numbered(document, text, num)
    assert [line for line in lines(document, tmp_path) if line] == ["1. một", "2. hai"]


@pytest.mark.parametrize("rows", [1, 2])
def test_the_head_is_read_side_by_side(tmp_path: Path, rows: int) -> None:
    # In one row or in two (numbers and date below), the head is no table of data.
    document = docx.Document()
    table = document.add_table(rows=rows, cols=2)
    left, right = (
        ["UBND HUYỆN MÊ LINH", "PHÒNG Y TẾ"],
        ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"],
    )
    table.cell(0, 0).text, table.cell(0, 1).text = "\n".join(left), "\n".join(right)
    if rows == 2:
        table.cell(1, 0).text, table.cell(1, 1).text = "Số: 3/BC-PYT", "Mê Linh, ngày 2 tháng 5 năm 2020"
        left, right = [*left, "Số: 3/BC-PYT"], [*right, "Mê Linh, ngày 2 tháng 5 năm 2020"]
    assert lines(document, tmp_path) == [*left, *right]


def test_changes_are_taken_as_final(tmp_path: Path) -> None:
    document = docx.Document()
    run = "<w:r><w:t xml:space='preserve'>{}</w:t></w:r>"
    gone = "<w:del w:id='1' w:author='x'><w:r><w:delText>sáu </w:delText></w:r></w:del>"
    new = f"<w:ins w:id='2' w:author='x'>{run.format('bảy ')}</w:ins>"
    moved = f"<w:moveFrom w:id='3' w:author='x'>{run.format('thừa ')}</w:moveFrom>"
    body = f"<w:p {nsdecls('w')}>{run.format('Có ')}{gone}{new}{moved}{run.format('đơn vị')}</w:p>"
    document.element.body.insert(0, parse_xml(body))
    row = document.add_table(rows=2, cols=2)
    row.cell(0, 0).text, row.cell(1, 0).text = "còn", "đã xóa"
    row.rows[1]._tr.get_or_add_trPr().append(parse_xml(f"<w:del {nsdecls('w')} w:id='4' w:author='x'/>"))
    assert lines(document, tmp_path) == ["Có bảy đơn vị", "còn"]


def test_a_text_box_is_read_once(tmp_path: Path) -> None:
    document = docx.Document()
    box = "<w:txbxContent><w:p><w:r><w:t>Trong khung</w:t></w:r></w:p></w:txbxContent>"
    twice = f"<mc:AlternateContent {MC}><mc:Choice Requires='wps'>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent>"
    body = f"<w:p {nsdecls('w')}><w:r><w:t>Ngoài khung</w:t></w:r><w:r>{twice}</w:r></w:p>"
    document.element.body.insert(0, parse_xml(body))
    assert [line for line in lines(document, tmp_path) if line] == ["Ngoài khung", "Trong khung"]


def test_the_title_counts_only_where_the_text_has_it(tmp_path: Path) -> None:
    # Word keeps the title of the file that a report was copied from.
    for title, expected in (("Biên bản họp", "Biên bản họp"), ("Thông báo tuyển dụng", None)):
        document = docx.Document()
        document.core_properties.title = title
        document.add_paragraph("Biên bản họp giao ban")
        document.save(str(tmp_path / "a.docx"))
        assert read(tmp_path / "a.docx").title == expected


def rezipped(document: Any, **changes: bytes) -> bytes:
    plain, out = io.BytesIO(), io.BytesIO()
    document.save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        for name, data in changes.items():
            new.writestr(name, data)
    return out.getvalue()


def test_too_many_parts_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(rezipped(docx.Document(), **{f"x{i}": b"" for i in range(1_000)}))
    with pytest.raises(LimitError, match="unpacks"):
        read(path)


def test_an_entity_from_outside_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("BÍ MẬT")
    evil = (
        f'<!DOCTYPE w:document [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]><w:document {nsdecls("w")}><w:body><w:p>'
        "<w:r><w:t>Trước &x; sau</w:t></w:r></w:p></w:body></w:document>"
    )
    source, out = io.BytesIO(), io.BytesIO()
    docx.Document().save(source)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, evil if name == "word/document.xml" else old.read(name))
    (tmp_path / "a.docx").write_bytes(out.getvalue())
    try:
        assert "BÍ MẬT" not in read(tmp_path / "a.docx").text
    except UnreadableError as error:
        assert "BÍ MẬT" not in str(error)
