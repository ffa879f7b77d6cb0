"""The files of a review, opened again: DOCX in the form of Nghị định 30/2020/NĐ-CP, Markdown, JSON, XLSX."""

import json
import zipfile
from pathlib import Path

import pytest
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from openpyxl import load_workbook

from baocao.errors import UsageError
from baocao.insight.review import Followed, Returning, Review, write_review
from baocao.insight.review.followup import write_follow_up
from baocao.insight.review.markdown import markdown
from baocao.insight.review.model import (
    Cited,
    CitedDocument,
    Conflict,
    DataWarning,
    Group,
    Item,
    Part,
    Reporting,
)
from baocao.report import Label

ONE = Cited(
    "a" * 16, "Báo cáo", "12/BC-TTr", "Thanh tra tỉnh X", "2017-06-22", 3, 10, 40, "Đã triển khai 87 cuộc thanh tra."
)
OTHER = Cited(
    "b" * 16, "Báo cáo", "40/BC-TTr", "Thanh tra tỉnh X", "2017-12-01", 1, 5, 35, "Đã triển khai 78 cuộc thanh tra."
)
FORMULA = Cited("c" * 16, "Báo cáo", None, "=Sở|Y tế", None, 1, 0, 20, '=HYPERLINK("http://x")')
CONFLICT = Conflict(("87", "78"), (ONE, OTHER))
MADE = Review(
    year=2017,
    units=(),
    issuer="Thanh tra tỉnh X",
    parent="Ủy ban nhân dân tỉnh X",
    place="Hà Nội",
    reports=3,
    parts=(
        Part(Label.ACHIEVEMENT, (Group("Thanh tra, khiếu nại, tố cáo", (Item(ONE.text, (ONE,), (CONFLICT,)),)),)),
        Part(Label.DIFFICULTY, (Group("Công tác chung", (Item('=HYPERLINK("http://x").', (FORMULA,)),)),)),
        Part(Label.RECOMMENDATION, ()),
    ),
    reporting=(Reporting("Thanh tra tỉnh X", ("12/BC-TTr", "40/BC-TTr")), Reporting("Sở Nội vụ", ())),
    documents=(CitedDocument("95/KH-TTCP", 2, ("Thanh tra tỉnh X",)),),
    returning=(Returning("Thiếu biên chế", ("Sở Y tế",), (2015, 2016)),),
    followed=(Followed("Bổ sung biên chế", "Sở Nội vụ", "Đang thực hiện", "Đã trình", "2017-06-01"),),
    conflicts=(CONFLICT,),
    warnings=(DataWarning("impossible_date", "There is no day.", ONE),),
)


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("review") / "review.docx"
    write_review(MADE, path)
    return path


def test_the_page_is_that_of_an_official_report(document: Path) -> None:
    section = Document(str(document)).sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    for margin, least, most in (
        (section.top_margin, 20, 25),
        (section.bottom_margin, 20, 25),
        (section.left_margin, 30, 35),
        (section.right_margin, 15, 20),
    ):
        assert least <= round(margin.mm) <= most
    assert section.different_first_page_header_footer
    assert section.header.paragraphs[0].alignment == WD_ALIGN_PARAGRAPH.CENTER
    assert "PAGE" in section.header._element.xml
    assert "PAGE" not in section.first_page_header._element.xml


def test_every_letter_is_times_new_roman(document: Path) -> None:
    held = Document(str(document))
    for name in ("Normal", "Heading 1", "Heading 2", "Header"):
        assert held.styles[name].font.name == "Times New Roman"
        assert held.styles[name].font.size.pt == 14
        assert "Theme" not in held.styles[name].element.rPr.rFonts.xml.split(">")[0].split("rFonts", 1)[1]
    body = [p for p in held.paragraphs if p.style.name == "Normal" and p.text.startswith("- ")]
    assert body and all(p.alignment == WD_ALIGN_PARAGRAPH.JUSTIFY for p in body)
    assert all(p.paragraph_format.first_line_indent.mm == pytest.approx(12.7, abs=0.1) for p in body)
    assert all(13 <= run.font.size.pt <= 14 for p in body for run in p.runs if run.font.size)


def test_the_parts_stand_in_their_order(document: Path) -> None:
    held = Document(str(document))
    left, right = (cell.text.split("\n") for cell in held.tables[0].rows[0].cells)
    assert left[:2] == ["ỦY BAN NHÂN DÂN TỈNH X", "THANH TRA TỈNH X"]
    assert left[-1].startswith("Số:") and left[-1].endswith("/BC-…")
    assert right[:2] == ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"]
    place = held.tables[0].rows[0].cells[1].paragraphs[-1]
    assert place.text.startswith("Hà Nội, ngày") and place.runs[0].italic
    lines = [p.text for p in held.paragraphs if p.text]
    assert lines[:2] == ["BÁO CÁO", "Tổng hợp kết quả công tác năm 2017"]
    headings = [p.text for p in held.paragraphs if p.style.name == "Heading 1"]
    assert headings == ["I. KẾT QUẢ ĐẠT ĐƯỢC", "II. KHÓ KHĂN, VƯỚNG MẮC VÀ NGUYÊN NHÂN", "III. KIẾN NGHỊ, PHƯƠNG HƯỚNG"]
    assert "- Đã triển khai 87 cuộc thanh tra. [Thanh tra tỉnh X, 12/BC-TTr, 22/6/2017, tr. 3]" in lines
    assert any("78 [Thanh tra tỉnh X, 40/BC-TTr, 1/12/2017, tr. 1]" in line for line in lines)
    assert "Nơi nhận:" in held.tables[1].rows[0].cells[0].text
    assert "cantSplit" in held.tables[1].rows[0]._tr.xml
    titles = [p.text for p in held.paragraphs if p.style.name == "Heading 2"][-7:]
    assert titles == [
        "1. Đơn vị có báo cáo",
        "2. Đơn vị chưa có báo cáo",
        "3. Văn bản được viện dẫn",
        "4. Khó khăn, vướng mắc đã nêu từ các năm trước",
        "5. Kết quả thực hiện kiến nghị năm trước",
        "6. Số liệu khác nhau giữa các báo cáo",
        "7. Dữ liệu cần kiểm tra",
    ]
    assert [c.text for c in held.tables[3].rows[1].cells] == ["1", "Sở Nội vụ"]
    assert "tblHeader" in held.tables[2].rows[0]._tr.xml


def test_markdown_keeps_mark_up_out(tmp_path: Path) -> None:
    told = markdown(MADE)
    assert "## I. KẾT QUẢ ĐẠT ĐƯỢC" in told
    assert "- Đã triển khai 87 cuộc thanh tra. *\\[Thanh tra tỉnh X, 12/BC-TTr, 22/6/2017, tr. 3\\]*" in told
    assert "=Sở\\|Y tế" in told
    assert all(line.count(" | ") >= 1 for line in told.splitlines() if line.startswith("| 1 |"))


def test_json_holds_all_provenance(tmp_path: Path) -> None:
    write_review(MADE, tmp_path / "review.json")
    data = json.loads((tmp_path / "review.json").read_text(encoding="utf-8"))
    item = data["parts"][0]["groups"][0]["items"][0]
    assert item["id"] == f"{'a' * 16}:10"
    assert item["sources"][0]["start"] == 10 and item["sources"][0]["page"] == 3
    assert item["conflicts"][0]["figures"] == ["87", "78"]
    assert data["reporting"][1] == {"unit": "Sở Nội vụ", "reports": []}


def test_the_follow_up_list_has_states_and_no_formula(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    known = {f"{'c' * 16}:0": Followed("", None, "Đang thực hiện", "+Đã trình", "2018-01-02")}
    assert write_follow_up(MADE, path, known) == 1  # achievements are not followed up
    sheet = load_workbook(path).active
    head, row = ([cell.value for cell in line] for line in sheet.iter_rows(min_row=1, max_row=2))
    assert head == ["Mã", "Loại", "Lĩnh vực", "Nội dung", "Đơn vị", "Nguồn", "Tình trạng", "Ghi chú", "Ngày"]
    assert row[6:] == ["Đang thực hiện", "+Đã trình", "2018-01-02"]
    assert all(cell.data_type == "s" for cell in sheet[2] if cell.value)
    with zipfile.ZipFile(path) as packed:
        assert "<f>" not in packed.read("xl/worksheets/sheet1.xml").decode().split("<dataValidations")[0]
        assert not any(
            "hyperlink" in packed.read(name).decode().lower() for name in packed.namelist() if "_rels" in name
        )


def test_another_ending_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.docx"):
        write_review(MADE, tmp_path / "review.pdf")
    with pytest.raises(UsageError, match="cannot be written"):
        write_review(MADE, tmp_path / "nowhere" / "review.md")
    assert list(tmp_path.iterdir()) == []
