"""PDF: real files made here, with the traps of official layout, and the lines that should come out."""

import io
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, SimpleDocTemplate, Spacer, Table

from baocao.errors import NeedsProgramError, UnreadableError
from baocao.pipeline.ingest import read

FONTS = files("font_source_serif_pro") / "files"  # a package of `dev`: the same letters on every machine
pdfmetrics.registerFont(TTFont("T", str(FONTS / "SourceSerifPro-Regular.ttf")))
pdfmetrics.registerFont(TTFont("TB", str(FONTS / "SourceSerifPro-Bold.ttf")))
pdfmetrics.registerFontFamily("T", normal="T", bold="TB", italic="T", boldItalic="TB")

PLAIN = ParagraphStyle("p", fontName="T", fontSize=13, leading=18, alignment=TA_JUSTIFY)
BOLD = ParagraphStyle("b", parent=PLAIN, fontName="TB")
CENTRE = ParagraphStyle("c", parent=BOLD, alignment=TA_CENTER, leading=16)
HEAD = ParagraphStyle("h", parent=CENTRE, fontSize=11, leading=14)
SMALL = ParagraphStyle("s", parent=PLAIN, fontSize=10, leading=12)

LONG = [
    "Quý vừa qua phường đã sửa xong ba đoạn kè xung yếu, thay mới hệ thống đèn trên hai tuyến phố và vận động "
    "được hơn bốn mươi hộ lùi cổng rào để mở rộng ngõ, tổng kinh phí do dân đóng góp gần chín trăm triệu đồng.",
    "Tuy vậy việc cấp sổ cho các hộ tái định cư vẫn dang dở, hồ sơ gửi lên phòng chuyên môn nhiều lần bị trả về "
    "vì thiếu bản vẽ; người dân phải đi lại nhiều nơi mà chưa rõ ai là đầu mối chịu trách nhiệm giải quyết.",
    "Ban quản lý chợ Đầm đề nghị quận ghi vốn xây lại khu hàng tươi sống trước mùa mưa sang năm, đồng thời cho "
    "phép tạm dời bảy mươi quầy sang bãi xe phía nam để bà con tiểu thương yên tâm buôn bán trong lúc thi công.",
]


def build(path: Path, flow: list[Any], chrome: Callable[[Canvas, Any], None] | None = None, **options: Any) -> Path:
    draw = chrome or (lambda canvas, document: None)
    template = SimpleDocTemplate(str(path), pagesize=A4, leftMargin=85, rightMargin=56, **options)
    template.build(flow, onFirstPage=draw, onLaterPages=draw)
    return path


def lines(path: Path) -> list[str]:
    return read(path).text.split("\n")


def paragraphs(texts: list[str], **changes: Any) -> list[Any]:
    return [Paragraph(text, ParagraphStyle("x", parent=PLAIN, **changes)) for text in texts]


@pytest.mark.parametrize(
    "changes",
    [
        {},  # justified, nothing but the short last line parts the paragraphs
        {"firstLineIndent": 36},
        {"alignment": TA_LEFT, "spaceAfter": 6},  # ragged: few lines reach the margin
        {"leading": 27, "spaceAfter": 6},  # widely spaced: the gap alone must not part lines
        {"fontSize": 10, "leading": 12},
    ],
)
def test_wrapped_lines_become_paragraphs(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert lines(build(tmp_path / "a.pdf", paragraphs(LONG * 2, **changes))) == LONG * 2


def test_headings_and_items_stand_alone(tmp_path: Path) -> None:
    body = ["I. KẾT QUẢ", LONG[0], "1. Hạ tầng", "- " + LONG[1], "- Kè: ba đoạn", "a) Đèn đường;", LONG[2]]
    styles = [BOLD, PLAIN, BOLD, PLAIN, PLAIN, PLAIN, PLAIN]
    flow = [Paragraph(text, style) for text, style in zip(body, styles, strict=True)]
    assert lines(build(tmp_path / "a.pdf", flow)) == body


def test_a_run_of_bold_words_does_not_part_a_paragraph(tmp_path: Path) -> None:
    text = f"<b>Về chỉnh trang đô thị và vệ sinh môi trường khu dân cư:</b> {LONG[0]}"
    assert len(lines(build(tmp_path / "a.pdf", [Paragraph(text, PLAIN)]))) == 1


def test_the_two_columns_of_the_head_are_not_interleaved(tmp_path: Path) -> None:
    left = ["UBND QUẬN HẢI AN", "PHƯỜNG ĐẰNG LÂM", "Số: 07/BC-UBND"]
    right = ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "Hải An, ngày 3 tháng 4 năm 2019"]
    cells = [[Paragraph(text, HEAD) for text in side] for side in (left, right)]
    title = ["BÁO CÁO", "Công tác quý I năm 2019"]
    # The table behind the head once made the page's lines be sorted by height again.
    grid = Table([["TT", "Tổ dân phố"], ["1", "Tổ 5"]], style=[("GRID", (0, 0), (-1, -1), 0.5, "black"), ("FONT", (0, 0), (-1, -1), "T", 12)])  # fmt: skip
    flow = [Table([cells], colWidths=[190, 270]), *(Paragraph(t, CENTRE) for t in title), *paragraphs(LONG), grid]
    assert lines(build(tmp_path / "a.pdf", flow)) == [*left, *right, *title, *LONG, "TT | Tổ dân phố", "1 | Tổ 5"]


def test_signature_block_after_a_short_last_line(tmp_path: Path) -> None:
    left, right = ["Nơi nhận:", "- Quận ủy;", "- Lưu: VT."], ["CHỦ TỊCH", "Đoàn Thị Mơ"]
    sides = [
        [Paragraph(t, SMALL) for t in left],
        [Paragraph(right[0], CENTRE), Spacer(1, 30), Paragraph(right[1], CENTRE)],
    ]
    body = LONG[0] + " Xin báo cáo."
    assert lines(build(tmp_path / "a.pdf", [*paragraphs([body]), Table([sides])])) == [body, *left, *right]


def test_two_columns_of_running_text(tmp_path: Path) -> None:
    frames = [Frame(60, 60, 225, 720), Frame(310, 60, 225, 720)]
    document = BaseDocTemplate(str(tmp_path / "a.pdf"), pagesize=A4)
    document.addPageTemplates(PageTemplate(frames=frames))
    document.build(paragraphs(LONG * 3, spaceAfter=4))
    assert lines(tmp_path / "a.pdf") == LONG * 3


def test_running_heads_and_page_numbers_go_and_paragraphs_cross_pages(tmp_path: Path) -> None:
    def chrome(canvas: Canvas, document: Any) -> None:
        canvas.setFont("T", 10)
        canvas.drawCentredString(300, 800, f"Trang {document.page}")
        canvas.drawString(85, 40, f"UBND phường Đằng Lâm - bản in lần {document.page}")

    path = build(tmp_path / "a.pdf", paragraphs(LONG * 12), chrome)
    raw = read(path)
    assert raw.text.split("\n") == LONG * 12
    assert len(raw.pages_at) >= 3 and raw.pages_at[0] == 0
    # Each page begins at a word.
    assert all(raw.text[at - 1] in " \n" and raw.text[at] not in " \n" for at in raw.pages_at[1:])


def test_footnotes_do_not_cut_a_paragraph_in_two(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=A4)
    for rows in (["Toàn quận có mười hai phường, trong đó tám", "phường đã hoàn thành kế hoạch"],
                 ["thu gom rác tại nguồn trước thời hạn giao.", "Các phường còn lại xong trong tháng tới."]):  # fmt: skip
        canvas.setFont("T", 14)
        for i, row in enumerate(rows):
            canvas.drawString(85, 750 - 20 * i, row)
        if rows[0].startswith("Toàn"):
            canvas.setFont("T", 8)
            canvas.drawString(85 + pdfmetrics.stringWidth(rows[1], "T", 14), 736, "1")  # raised, at the word's end
            canvas.setFont("T", 10)
            canvas.drawString(85, 90, "1 Theo số liệu của phòng Tài nguyên.")
        canvas.showPage()
    canvas.save()
    assert lines(tmp_path / "a.pdf")[0].endswith("phường đã hoàn thành kế hoạch thu gom rác tại nguồn trước thời hạn giao. "
                                                 "Các phường còn lại xong trong tháng tới.")  # fmt: skip
    assert lines(tmp_path / "a.pdf")[1] == "1 Theo số liệu của phòng Tài nguyên."


def drawn(path: Path, texts: list[tuple[float, float, str]], **options: Any) -> Path:
    canvas = Canvas(str(path), pagesize=A4, **options)
    canvas.setFont("T", 13)
    for x, y, text in texts:
        canvas.drawString(x, y, text)
    canvas.save()
    return path


@pytest.mark.parametrize(
    ("first", "second", "whole"),
    [
        ("việc phối hợp giữa các phòng trong tháng", "6. Riêng tổ hai", False),  # the number is the month's
        ("ông Lê Bá Khiêm thay mặt Ma-", "lai-xi-a", "Ma-lai-xi-a"),  # its own hyphen
        ("công tác tuyên truyền và phát-", "động", "phátđộng"),
        ("theo đúng quy định nêu tại", "Điều 5 Luật này", "tại Điều 5"),
    ],
)
def test_line_ends(tmp_path: Path, first: str, second: str, whole: str | bool) -> None:
    wide = "Phường đã họp với các tổ trưởng dân phố để bàn " + first
    path = drawn(tmp_path / "a.pdf", [(85, 700, wide), (85, 682, second)])
    assert len(lines(path)) == 1
    assert not whole or str(whole) in lines(path)[0]


def test_letters_printed_twice_for_bold_are_read_once(tmp_path: Path) -> None:
    path = drawn(tmp_path / "a.pdf", [(85, 700, "Kết luận cuộc họp"), (85.3, 700, "Kết luận cuộc họp")])
    assert lines(path) == ["Kết luận cuộc họp"]


def test_a_locked_file_says_so(tmp_path: Path) -> None:
    path = drawn(tmp_path / "a.pdf", [(85, 700, "Mật")], encrypt=StandardEncryption("user", "owner"))
    with pytest.raises(UnreadableError, match="password"):
        read(path)


@pytest.mark.parametrize("stamp", ["", "Ký bởi: Văn phòng"])
def test_a_scan_says_what_recognition_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stamp: str) -> None:
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    monkeypatch.setenv("PATH", str(tmp_path))

    image = io.BytesIO()
    Image.new("L", (60, 80), 200).save(image, "PNG")
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=A4)
    canvas.drawImage(ImageReader(image), 0, 0, A4[0], A4[1])
    canvas.setFont("T", 9)
    canvas.drawString(300, 800, stamp)
    canvas.save()
    with pytest.raises(NeedsProgramError, match="scan, and Tesseract is not installed: `apt-get"):
        read(tmp_path / "a.pdf")


def test_a_frame_around_the_page_is_no_table(tmp_path: Path) -> None:
    def frame(canvas: Canvas, document: Any) -> None:
        canvas.grid([70, 75, 550], [60, 65, 800])

    assert lines(build(tmp_path / "a.pdf", paragraphs(LONG * 3), frame)) == LONG * 3
