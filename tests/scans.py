"""Scans made for tests and measurements: a sample's text laid out as a letter, drawn, and spoilt as scanners do."""

import importlib.util
import io
import os
import sys
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table

SOURCES = Path(__file__).parent.parent / "samples" / "sources"
FONTS = files("font_source_serif_pro") / "files"  # a package of `dev`: the same letters on every machine
ONE_THREAD = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # Tesseract as it runs beside others
MOTTO = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")

pdfmetrics.registerFont(TTFont("Scan", str(FONTS / "SourceSerifPro-Regular.ttf")))
pdfmetrics.registerFont(TTFont("Scan-Bold", str(FONTS / "SourceSerifPro-Bold.ttf")))

PLAIN = ParagraphStyle("plain", fontName="Scan", fontSize=13, leading=18, alignment=TA_JUSTIFY, spaceAfter=6)
BOLD = ParagraphStyle("bold", parent=PLAIN, fontName="Scan-Bold")
CENTRE = ParagraphStyle("centre", parent=BOLD, alignment=TA_CENTER)
SMALL = ParagraphStyle("small", parent=CENTRE, fontSize=11, leading=14, spaceAfter=2)
LISTED = ParagraphStyle("listed", parent=PLAIN, fontSize=11, leading=13, spaceAfter=0)


def source(name: str) -> Any:
    """The sample whose name begins so."""
    spec = importlib.util.spec_from_file_location("samples_make", SOURCES.parent / "make.py")
    assert spec is not None and spec.loader is not None
    make = importlib.util.module_from_spec(spec)
    sys.modules["samples_make"] = make  # dataclasses look their module up
    spec.loader.exec_module(make)
    (path,) = SOURCES.glob(f"{name}*.txt")
    return make.load(path)


def letter(name: str, out: Path) -> list[str]:
    """Lay a sample out as a PDF; return its paragraphs as a person reads them, the truth of its scan."""
    sample = source(name)
    keys, truth, flow = sample.keys, [], []
    if "number" in keys:
        left, right = [keys["above"], keys["issuer"], keys["number"]], [*MOTTO, keys["dated"]]
        flow += [Table([[_cell(left, SMALL), _cell(right, SMALL)]], colWidths=[205, 285]), Spacer(1, 12)]
        truth += [*left, *right]
    opening = [keys[key] for key in ("kind", "title") if key in keys]
    flow += [*_cell(opening, CENTRE), Spacer(1, 8)]
    truth += opening
    rows: list[list[str]] = []
    for line in [*sample.body, ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
            continue
        if rows:
            grid = [("GRID", (0, 0), (-1, -1), 0.7, "black"), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]
            flow += [Table([[Paragraph(escape(c), LISTED) for c in row] for row in rows], style=grid), Spacer(1, 8)]
            truth += [" | ".join(row) for row in rows]
            rows = []
        if line:
            short = len(line) < 70 and line[0] in "IVX1234567890" and line[-1] not in ".;,"
            flow.append(Paragraph(escape(line), BOLD if short else PLAIN))
            truth.append(line)
    if "recipients" in keys:
        left = ["Nơi nhận:", *(f"- {r};" for r in keys["recipients"].split("; "))]
        right = [*keys["role"].split(" | "), keys["signer"]]
        signed = [*_cell(right[:-1], SMALL), Spacer(1, 40), *_cell(right[-1:], SMALL)]
        flow += [Spacer(1, 8), Table([[_cell(left, LISTED), signed]], colWidths=[240, 250], style=[("VALIGN", (0, 0), (-1, -1), "TOP")])]  # fmt: skip
        truth += [*left, *right]
    SimpleDocTemplate(str(out), pagesize=A4, leftMargin=62, rightMargin=48, topMargin=56, bottomMargin=56).build(flow)
    return truth


def _cell(texts: Sequence[str], style: ParagraphStyle) -> list[Paragraph]:
    return [Paragraph(escape(text), style) for text in texts]


def pictures(pdf: Path, dpi: int) -> list[Image.Image]:
    """Draw the pages of a PDF."""
    document = pypdfium2.PdfDocument(pdf)
    drawn = [page.render(scale=dpi / 72).to_pil().convert("RGB") for page in document]
    document.close()
    return drawn


def spoilt(page: Image.Image, *, dpi: int, skew: float = 0.0, noise: float = 0.0, stamp: bool = False, seed: int = 1) -> Image.Image:  # fmt: skip
    """Return a page as a scanner gives it: askew by degrees, grained, with specks, under a red stamp."""
    if stamp:
        page = stamped(page, dpi)
    if skew:
        page = page.rotate(skew, Image.Resampling.BICUBIC, fillcolor=(255, 255, 255))
    if noise:
        chance = np.random.default_rng(seed)
        values = np.asarray(page, np.float32)
        grey = values * 0.88 + 14  # paper is not white, ink is not black
        grey = grey + chance.normal(0, 90 * noise, grey.shape[:2])[..., None]
        grey[chance.random(grey.shape[:2]) < 0.004 * noise] = 40
        page = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
    return page


def stamped(page: Image.Image, dpi: int) -> Image.Image:
    """Press a round red stamp over the signature: two rings, a star, letters; dark ink stays visible under it."""
    layer = Image.new("RGB", page.size, (255, 255, 255))
    draw, unit = ImageDraw.Draw(layer), dpi / 72
    ink = np.asarray(page.convert("L")) < 128
    rows = np.flatnonzero(ink[:, page.width // 2 :].any(1))
    x, y, r = page.width * 0.68, float(rows[-1]) - 12 * unit, 50 * unit
    for radius in (r, 0.72 * r):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=(215, 35, 45), width=round(2.2 * unit))
    font = ImageFont.truetype(str(FONTS / "SourceSerifPro-Bold.ttf"), round(11 * unit))
    draw.text((x, y - 0.86 * r), "TỈNH", fill=(215, 35, 45), font=font, anchor="mm")
    draw.text((x, y + 0.86 * r), "★ SỞ ★", fill=(215, 35, 45), font=font, anchor="mm")
    draw.regular_polygon((x, y, 0.3 * r), 5, fill=(220, 50, 60))
    multiplied = np.asarray(page, np.uint16) * np.asarray(layer, np.uint16) // 255
    return Image.fromarray(multiplied.astype(np.uint8))


def as_pdf(pages: Sequence[Image.Image], out: Path, dpi: int) -> Path:
    """Write pictures as the pages of a PDF, compressed as scanners do."""
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:], resolution=dpi, quality=85)
    return out


def error_rate(truth: str, found: str) -> float:
    """The share of characters to change, add or take away, blanks and line ends being alike."""
    a, b = (np.array([ord(c) for c in " ".join(text.split())], np.int64) for text in (truth, found))
    before = np.arange(len(b) + 1)
    steps = np.arange(len(b) + 1)
    for i, char in enumerate(a, 1):
        row = np.empty_like(before)
        row[0] = i
        row[1:] = np.minimum(before[:-1] + (b != char), before[1:] + 1)
        before = np.minimum.accumulate(row - steps) + steps  # insertions
    return float(before[-1]) / max(1, len(a))


def png(page: Image.Image) -> bytes:
    """The bytes of a picture's file."""
    out = io.BytesIO()
    page.save(out, "PNG")
    return out.getvalue()
