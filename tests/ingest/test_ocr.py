"""Scans: what comes back of pages drawn from the samples, which pages of a PDF are recognised, and what goes wrong."""

import io
import shutil
import struct
import zlib
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from processes import lacking
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from scans import FONTS, as_pdf, error_rate, letter, pictures, png, spoilt

from baocao.errors import EmptyTextError, LimitError, NeedsProgramError, UnreadableError
from baocao.pipeline import analyze
from baocao.pipeline.check import check
from baocao.pipeline.ingest import ocr, read
from baocao.pipeline.ingest.picture import prepared
from baocao.report import EntityType, RawDocument, Source

ONE, TWO = "Kho bạc huyện đã nhận 214 hồ sơ.", "Số 12/QĐ-UBND ngày 3/4/2019."


@pytest.fixture(autouse=True)
def _tesseract() -> None:
    if shutil.which("tesseract") is None:
        lacking("No Tesseract here: apt-get install tesseract-ocr tesseract-ocr-vie.")


def page(*texts: str, dpi: int = 300) -> Image.Image:
    """A page of a few lines."""
    drawn = Image.new("L", (round(8.27 * dpi), round(3 * dpi)), 255)
    font = ImageFont.truetype(str(FONTS / "SourceSerifPro-Regular.ttf"), round(14 * dpi / 72))
    for row, text in enumerate(texts):
        ImageDraw.Draw(drawn).text((0.9 * dpi, (0.6 + 0.32 * row) * dpi), text, fill=0, font=font)
    return drawn


def flat(text: str) -> str:
    return " ".join(text.split())


@cache
def scan(name: str, dpi: int, noise: float, skew: float, stamp: bool, folder: Path) -> tuple[list[str], RawDocument]:
    truth = letter(name, folder / "letter.pdf")
    pages = pictures(folder / "letter.pdf", dpi)
    spoilt_pages = [spoilt(p, dpi=dpi, noise=noise, skew=skew, stamp=stamp and p is pages[-1]) for p in pages]
    return truth, read(as_pdf(spoilt_pages, folder / f"{name}-{dpi}.pdf", dpi))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scans")


CLEAN = (("02", 300, 0.0, 0.0, False), ("10", 300, 0.15, 1.5, True), ("11", 300, 0.0, -0.6, True))


@pytest.mark.parametrize(
    ("case", "most"),
    [*((case, 0.02) for case in CLEAN), (("09", 200, 0.3, 1.0, True), 0.05), (("12", 150, 0.2, 0.7, False), 0.05)],
    ids=str,
)
def test_letters_come_back(case: tuple[str, int, float, float, bool], most: float, folder: Path) -> None:
    truth, raw = scan(*case, folder)
    assert error_rate("\n".join(truth), raw.text) <= most
    assert all(c is not None and c > 0.9 for c in raw.reading.confidence)
    assert len(raw.reading.confidence) == len(raw.pages_at)


def test_head_table_and_signature_are_read_in_their_order(folder: Path) -> None:
    truth, raw = scan(*CLEAN[0], folder)
    lines = raw.text.split("\n")
    assert lines[:8] == truth[:8]  # the issuer's side, then the other, then the title
    table = [line for line in truth if " | " in line]
    assert len(table) == 4 and [line for line in lines if " | " in line] == table
    assert lines[-3:] == truth[-3:]  # below the stamp's place


def test_mentions_survive(folder: Path) -> None:
    kinds = (EntityType.DOCNO, EntityType.DATE, EntityType.PERSON)
    found: Counter[EntityType] = Counter()
    every: Counter[EntityType] = Counter()
    for case in CLEAN:
        truth, raw = scan(*case, folder)
        both = []
        for document in (RawDocument(Source("a.txt", "0" * 64, "text/plain", 0), "\n".join(truth)), raw):
            report = analyze(document)
            both.append(Counter((e.type, e.norm or e.of(report.text)) for e in report.entities if e.type in kinds))
        for part in both:
            for (kind, _), n in part.items():
                every[kind] += n
        for (kind, _), n in (both[0] & both[1]).items():
            found[kind] += 2 * n
    assert all(every[kind] >= 6 for kind in kinds)
    assert all(found[kind] / every[kind] >= 0.95 for kind in kinds), (found, every)


def test_of_a_mixed_pdf_only_the_pictures_are_recognised(tmp_path: Path) -> None:
    typed = "Phường đã họp với các tổ trưởng dân phố để bàn việc sửa kè. " * 4
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=A4)
    for kind in ("typed", "scan", "over", "typed", "blank"):
        if kind == "typed":
            canvas.setFont("Scan", 12)
            for row in range(4):
                canvas.drawString(60, 700 - 20 * row, typed[60 * row : 60 * row + 60].strip())
        else:
            texts = {"scan": (ONE,), "over": (TWO,), "blank": ()}[kind]
            drawn = Image.new("L", (2481, 3508), 255)
            drawn.paste(page(*texts), (0, 0))
            canvas.drawImage(ImageReader(io.BytesIO(png(drawn))), 0, 0, *A4)
        if kind == "over":  # what a scanner of another country has recognised
            text = canvas.beginText(60, 700)
            text.setTextRenderMode(3)
            text.setFont("Scan", 12)
            for _ in range(6):
                text.textLine("So l2/QD-UBND ngay 3/4/2OI9 cua Uy ban nhan dan huyen ve viec")
            canvas.drawText(text)
        canvas.showPage()
    canvas.save()
    raw = read(tmp_path / "a.pdf")
    confidence = raw.reading.confidence
    assert [c is not None for c in confidence] == [False, True, True, False, True]
    assert confidence[4] == 1.0  # nothing was there to be read
    ends = (*raw.pages_at[1:], len(raw.text))
    pages = [flat(raw.text[start:end]) for start, end in zip(raw.pages_at, ends, strict=True)]
    assert pages == [typed.strip(), ONE, TWO, typed.strip(), ""]


def as_tiff(path: Path) -> None:
    first, second = page(ONE), page(TWO).convert("1")
    first.save(path, save_all=True, append_images=[second], dpi=(300, 300))


def as_transparent(path: Path) -> None:
    ink = page(ONE, TWO)
    black = Image.new("RGBA", ink.size, (0, 0, 0, 255))
    black.putalpha(ink.point(lambda v: 255 - v))
    black.save(path, dpi=(300, 300))


@pytest.mark.parametrize(
    ("name", "write", "pages"),
    [
        ("pages.tif", as_tiff, [ONE, TWO]),
        ("no-dpi.jpg", lambda path: page(ONE, TWO, dpi=200).save(path, quality=80), [f"{ONE} {TWO}"]),
        ("upside-down.png", lambda path: page(ONE, TWO).rotate(180).save(path, dpi=(300, 300)), [f"{ONE} {TWO}"]),
        ("on-its-side.png", lambda path: page(ONE, TWO).rotate(90, expand=True).save(path, dpi=(300, 300)), [f"{ONE} {TWO}"]),
        ("other-side.png", lambda path: page(ONE, TWO).rotate(270, expand=True).save(path, dpi=(300, 300)), [f"{ONE} {TWO}"]),
        ("transparent.png", as_transparent, [f"{ONE} {TWO}"]),
        ("coarse.png", lambda path: page(ONE, TWO, dpi=120).save(path, dpi=(120, 120)), [f"{ONE} {TWO}"]),
    ],
)  # fmt: skip
def test_pictures(tmp_path: Path, name: str, write: Callable[[Path], None], pages: list[str]) -> None:
    write(tmp_path / name)
    raw = read(tmp_path / name)
    ends = (*raw.pages_at[1:], len(raw.text))
    assert [flat(raw.text[start:end]) for start, end in zip(raw.pages_at, ends, strict=True)] == pages
    assert raw.source.media_type.startswith("image/") and raw.reading.ocr


def test_a_stamp_goes_and_ink_under_it_stays() -> None:
    sheet = Image.new("RGB", (1200, 1600), "white")
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((200, 700, 1000, 720), fill="black")
    clean = np.asarray(prepared(sheet, 200).image) < 128
    stamp = Image.new("RGB", sheet.size, "white")
    ImageDraw.Draw(stamp).ellipse((450, 550, 750, 850), fill=(215, 40, 50))
    under = np.asarray(sheet, np.uint16) * np.asarray(stamp, np.uint16) // 255
    with_stamp = np.asarray(prepared(Image.fromarray(under.astype(np.uint8)), 200).image) < 128
    assert clean.sum() > 10_000 and (clean == with_stamp).mean() > 0.9995


def test_a_text_in_red_is_read(tmp_path: Path) -> None:
    text = f"{ONE} {TWO}"
    red = Image.merge("RGB", [Image.new("L", page().size, 200), page(text), page(text)])
    red.paste((255, 255, 255), mask=page(text).point(lambda v: 255 * (v > 200)))
    red.save(tmp_path / "a.png", dpi=(300, 300))
    assert flat(read(tmp_path / "a.png").text) == text


@pytest.mark.parametrize("size", [(60_000, 60_000), (9_000, 9_000)])
def test_a_picture_that_unpacks_to_too_much_is_not_opened(tmp_path: Path, size: tuple[int, int]) -> None:
    head = b"IHDR" + struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0)
    rest = struct.pack(">I", zlib.crc32(head)) + b"\x00\x00\x00\x00IEND\xaeB`\x82"
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + rest)
    with pytest.raises(LimitError, match="million pixels"):
        read(tmp_path / "a.png")


def test_an_empty_page_and_a_photograph_hold_no_text(tmp_path: Path) -> None:
    page().save(tmp_path / "a.png")
    with pytest.raises(EmptyTextError):
        read(tmp_path / "a.png")


def program(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put another Tesseract in the place of the real one."""
    (folder / "bin").mkdir()
    (folder / "bin" / "tesseract").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "bin" / "tesseract").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:/usr/bin:/bin")


@pytest.mark.parametrize(
    ("script", "error", "words"),
    [
        ("echo eng", NeedsProgramError, "Vietnamese data"),
        ('[ "$1" = --list-langs ] && echo vie || sleep 30', LimitError, "took longer"),
        ('[ "$1" = --list-langs ] && echo vie && exit; echo Bad picture >&2; exit 1', UnreadableError, "Bad picture"),
    ],
)
def test_what_goes_wrong_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, error: type[UnreadableError], words: str
) -> None:
    program(tmp_path, monkeypatch, script)
    monkeypatch.setattr(ocr, "_LONGEST", 0.5)
    page(ONE).save(tmp_path / "a.png")
    with pytest.raises(error, match=words) as caught:
        read(tmp_path / "a.png")
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_a_page_that_was_hardly_recognised_raises_a_warning() -> None:
    text = "Trang một.\nTr4ng h@i.\nTrang ba."
    found = check(text, (), (), issued=None, period=None, title="", pages_at=(0, 11, 22, 31),
                  confidence=(None, 0.41, 0.95, 0.0))  # fmt: skip
    assert [(f.code, f.start) for f in found] == [("low_ocr_confidence", 11), ("low_ocr_confidence", 30)]
    assert "Page 2" in found[0].message and "41%" in found[0].message
    assert all(f.start < f.end <= len(text) for f in found)
