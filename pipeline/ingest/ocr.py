"""Pages that are pictures, recognised by Tesseract with its Vietnamese data, one page a call.

Tesseract reads; where its words stand side by side is told by the same code as for PDFs with text.
"""

import io
import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from shutil import which
from statistics import median
from typing import Any

from lxml import etree
from PIL import Image

from baocao.errors import LimitError, NeedsProgramError, UnreadableError
from baocao.pipeline.ingest.grids import rows_of_tables, ruled_tables
from baocao.pipeline.ingest.layout import Word, in_reading_order, rows_of
from baocao.pipeline.ingest.pages import Page
from baocao.pipeline.ingest.patience import ask_for
from baocao.pipeline.ingest.picture import prepared

INSTALL = "apt-get install tesseract-ocr tesseract-ocr-vie"
PAGE_SECONDS = 20.0  # what a page may take on top of the file's time; three seconds are usual
_LONGEST = 90.0  # seconds after which a page is given up
_DOUBTFUL = 0.6  # below this confidence a page may stand on its head
_BETTER = 0.15  # by so much it must read better then
_NUMBERS = re.compile(r"(bbox|baseline|x_size|x_wconf)((?: -?[\d.]+)+)")


@dataclass(frozen=True, slots=True)
class _Recognised:
    words: list[Word]
    confidence: float


def recognise(image: Image.Image, dpi: float, *, width: float | None = None) -> Page:
    """Return the lines of a page and how sure Tesseract was of them (0 to 1); `width` is in points.

    Raises NeedsProgramError where Tesseract or its Vietnamese data is missing, LimitError where a page takes too
    long, UnreadableError where Tesseract cannot read it.
    """
    need_tesseract()
    ask_for(PAGE_SECONDS)
    ready = prepared(image, dpi)
    if not ready.inked:
        return Page([], round(width or 72 * image.width / dpi), 1.0)
    found = _words(ready.image, ready.dpi)
    if found.confidence < _DOUBTFUL:
        ask_for(PAGE_SECONDS)
        turned = ready.turned()
        other = _words(turned.image, turned.dpi)
        if other.confidence > found.confidence + _BETTER:
            ready, found = turned, other
    across = 72 * ready.image.width / ready.dpi
    tables, words = rows_of_tables(ruled_tables(*ready.ink()), found.words)
    lines = in_reading_order(rows_of(words), tables, across)
    return Page(lines, round(width or across), round(found.confidence, 3))


@cache
def _knows_vietnamese(program: str) -> bool:
    done = subprocess.run([program, "--list-langs"], capture_output=True, text=True, timeout=30)
    return "vie" in (done.stdout + done.stderr).split()


def reads_vietnamese() -> bool:
    """Tell whether scans can be read here: by a Tesseract that knows Vietnamese."""
    program = which("tesseract")
    return program is not None and _knows_vietnamese(program)


def need_tesseract() -> None:
    """Raise NeedsProgramError where scans cannot be read."""
    if not reads_vietnamese():
        program = which("tesseract")
        what = "Tesseract" if program is None else "Tesseract's Vietnamese data"
        raise NeedsProgramError(
            f"This is a scan, and {what} is not installed: `{INSTALL}`, then `baocao quarantine retry`."
        )


def _words(image: Image.Image, dpi: float) -> _Recognised:
    """Let Tesseract read a picture."""
    written = io.BytesIO()
    image.save(written, "PPM")
    command = ["tesseract", "stdin", "stdout", "-l", "vie", "--dpi", str(round(dpi)), "--psm", "3", "hocr"]
    # A process for each page is enough; threads of Tesseract's own would take the other workers' processors.
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    try:
        done = subprocess.run(
            command, input=written.getbuffer(), capture_output=True, timeout=_LONGEST, env=environment
        )
    except subprocess.TimeoutExpired as error:
        raise LimitError(f"A page took longer than {_LONGEST:.0f} s to recognise; it was given up.") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[-1][:120]
        raise UnreadableError(f"Tesseract cannot read a page ({said or done.returncode}).")
    return _read_hocr(done.stdout, dpi)


def _read_hocr(hocr: bytes, dpi: float) -> _Recognised:
    """Take Tesseract's own page description apart: words with their place, lines with their foot and size."""
    root = etree.fromstring(hocr, etree.XMLParser(resolve_entities=False, no_network=True, recover=True))
    found: list[list[Word]] = []
    weighed, letters = 0.0, 0
    for line in root.iter("{*}span"):
        if line.get("class") in ("ocr_line", "ocr_header", "ocr_caption", "ocr_textfloat"):
            row = []
            for word, confidence in _line(line, 72 / dpi):
                row.append(word)
                weighed += confidence * len(word.text)
                letters += len(word.text)
            found.append(row)
    words = [word for row in _sized(found) for word in row]
    return _Recognised(words, weighed / letters / 100 if letters else 0.0)


def _line(line: Any, unit: float) -> Iterable[tuple[Word, float]]:
    place = _told(line)
    foot = place["bbox"][3] + place.get("baseline", [0.0, 0.0])[-1]
    size = place.get("x_size", [place["bbox"][3] - place["bbox"][1]])[0]
    for span in line.iter("{*}span"):
        text = "".join(span.itertext()).strip()
        if span.get("class") == "ocrx_word" and text:
            own = _told(span)
            left, top, right, _ = (unit * n for n in own["bbox"])
            yield (
                Word(text, left, right, min(top, unit * foot - 1), unit * foot, unit * size, False),
                own["x_wconf"][0],
            )


def _told(element: Any) -> dict[str, list[float]]:
    return {m[1]: [float(n) for n in m[2].split()] for m in _NUMBERS.finditer(element.get("title", ""))}


def _sized(rows: list[list[Word]]) -> list[list[Word]]:
    """Give lines of about the usual height the usual size: what is measured depends on the letters they hold."""
    sizes = [word.size for row in rows for word in row]
    if not sizes:
        return []
    usual = median(sizes)
    out = []
    for row in rows:
        kept = [replace(w, size=usual) if 0.75 * usual < w.size < 1.3 * usual else w for w in row]
        # Tesseract parts words by a blank though they may stand close together.
        ends = [min(a.right, b.left - 0.13 * a.size) for a, b in pairwise(kept)]
        out.append([*(replace(w, right=max(w.left, e)) for w, e in zip(kept, ends, strict=False)), *kept[-1:]])
    return out
