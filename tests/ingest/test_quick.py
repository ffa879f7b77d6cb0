"""Plain pages of a PDF: pdfium gives the words that pdfplumber gives, and leaves to it what is not plain."""

import io
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from baocao.pipeline.ingest.pdf import read_pdf
from baocao.pipeline.ingest.quick import Quick

FONTS = files("font_source_serif_pro") / "files"
SAMPLES = sorted((Path(__file__).parents[2] / "samples" / "reports").glob("*.pdf"))
pdfmetrics.registerFont(TTFont("Quick", str(FONTS / "SourceSerifPro-Regular.ttf")))
pdfmetrics.registerFont(TTFont("QuickBold", str(FONTS / "SourceSerifPro-Bold.ttf")))


def drawn(draw: Callable[[Canvas], object], *, rotation: int = 0) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setPageRotation(rotation)
    canvas.setFont("Quick", 13)
    draw(canvas)
    canvas.save()
    return out.getvalue()


def quick(data: bytes) -> list[str] | None:
    document = Quick(data)
    try:
        words = document.words(0, *A4)
        return None if words is None else [word.text for word in words]
    finally:
        document.close()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_the_samples_read_the_same_either_way(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = path.read_bytes()
    assert quick(data)
    found = read_pdf(data)
    monkeypatch.setattr(Quick, "words", lambda *_: None)
    assert read_pdf(data) == found


def test_letters_of_another_font_stay_where_they_stand() -> None:
    def draw(canvas: Canvas) -> None:
        # The marked letters come after all others, from another font, as where a font lacks them.
        at, marked = 85.0, []
        for char in "Khó khăn về kinh phí":
            if char.isascii():
                canvas.drawString(at, 700, char)
            else:
                marked.append((at, char))
            at += pdfmetrics.stringWidth(char, "Quick", 13)
        canvas.setFont("QuickBold", 13)
        for place, char in marked:
            canvas.drawString(place, 700, char)

    assert quick(drawn(draw)) == ["Khó", "khăn", "về", "kinh", "phí"]


def test_what_hangs_over_reaches_no_next_word() -> None:
    assert quick(drawn(lambda canvas: canvas.drawString(85, 700, "TƯ ỦY TƯ V"))) == ["TƯ", "ỦY", "TƯ", "V"]
    assert read_pdf(drawn(lambda canvas: canvas.drawString(85, 700, "TƯ ỦY TƯ V"))).text == "TƯ ỦY TƯ V"


def test_a_hyphen_at_the_end_of_a_line_is_one() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(85, 700, "ông Lê Bá Khiêm thay mặt Ma-")
        canvas.drawString(85, 682, "lai-xi-a")

    assert quick(drawn(draw)) == ["ông", "Lê", "Bá", "Khiêm", "thay", "mặt", "Ma-", "lai-xi-a"]


def grid(canvas: Canvas) -> None:
    canvas.grid([85, 200, 300], [600, 650, 700])


def upwards(canvas: Canvas) -> None:
    canvas.rotate(90)
    canvas.drawString(100, -100, "Dọc")


def pictured(canvas: Canvas) -> None:
    image = io.BytesIO()
    Image.new("L", (8, 8), 0).save(image, "PNG")
    canvas.drawImage(ImageReader(image), 0, 0, 50, 50)


def form(canvas: Canvas) -> None:
    canvas.beginForm("dau")
    canvas.drawString(85, 500, "Đóng dấu")
    canvas.endForm()
    canvas.doForm("dau")


@pytest.mark.parametrize("more", [grid, upwards, pictured, form])
def test_a_page_that_is_not_plain_is_left_to_pdfplumber(more: Callable[[Canvas], object]) -> None:
    plain = drawn(lambda canvas: canvas.drawString(85, 720, "Khó khăn"))
    assert quick(plain) == ["Khó", "khăn"]
    assert quick(drawn(lambda canvas: (canvas.drawString(85, 720, "Khó khăn"), more(canvas)))) is None
    assert "Khó khăn" in read_pdf(drawn(lambda canvas: (canvas.drawString(85, 720, "Khó khăn"), more(canvas)))).text


def test_a_turned_page_is_left_to_pdfplumber() -> None:
    assert quick(drawn(lambda canvas: canvas.drawString(85, 720, "Khó khăn"), rotation=90)) is None


def test_old_fonts_are_left_to_pdfplumber() -> None:
    data = drawn(
        lambda canvas: canvas.drawString(85, 720, "B¸o c¸o kÕt qu¶ c«ng t¸c cña ñy ban nh©n d©n huyÖn n¨m 2005")
    )
    assert quick(data) is None
    assert read_pdf(data).text.startswith("Báo cáo kết quả công tác của")
