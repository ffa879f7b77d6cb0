"""Text PDFs: pages a second against bare pdfplumber; `--write` puts the table into docs/pdf.md.

python bench/pdf.py [--rounds 3] [--write]

The samples' sources are printed by Chromium and laid out by LibreOffice, where they are installed; the samples' own PDFs
are ReportLab's. Each file is read in turn by `pdfplumber.extract_text`, by our reader, and by our reader without pdfium;
the text of the last two is compared. Times are processor time, since the machine may be shared.
"""

import argparse
import html
import io
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pdfplumber

from baocao.pipeline.ingest import pdf

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "samples")]
import make
from tables import put_section

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs" / "pdf.md"
STYLES = {
    "serif": "font: 13pt/1.4 'Liberation Serif', 'Times New Roman', serif; text-align: justify",
    "wide": "font: 12pt/1.8 'DejaVu Serif', serif",
    "columns": "font: 11pt/1.4 'DejaVu Sans', sans-serif; columns: 2; text-align: justify",
}


@dataclass(frozen=True, slots=True)
class Figures:
    """What a producer's files came to."""

    producer: str
    pages: int
    plain: int  # pages that pdfium read
    bare: float  # pages a second
    ours: float
    without: float  # ours, every page by pdfplumber
    same: bool


def page(sources: Sequence[Any], style: str) -> str:
    """Return the samples as one web page, each with its head of two columns."""
    parts = [f"<html lang=vi><meta charset=utf-8><title>Báo cáo</title><style>body {{{style}}}</style><body>"]
    for source in sources:
        told = {key: html.escape(value) for key, value in source.keys.items()}
        left = "<br>".join(told.get(key, "") for key in ("above", "issuer", "number"))
        right = "<br>".join((*make.MOTTO, told.get("dated", "")))
        parts.append(f"<table width='100%'><tr><td align=center>{left}<td align=center>{right}</table>")
        parts.append(f"<h2 align=center>{told['title']}</h2>")
        for line in source.body:
            cells = "".join(f"<td>{html.escape(cell.strip())}" for cell in line.strip("|").split("|"))
            parts.append(
                f"<table border=1><tr>{cells}</table>" if line.startswith("|") else f"<p>{html.escape(line)}</p>"
            )
    return "\n".join(parts)


def files(folder: Path) -> Iterator[tuple[str, list[Path]]]:
    """Yield each producer with its files."""
    yield "ReportLab", sorted((ROOT / "samples" / "reports").glob("*.pdf"))
    sources = [make.load(path) for path in sorted((ROOT / "samples" / "sources").glob("*.txt"))]
    for name, style in STYLES.items():
        (folder / f"{name}.html").write_text(page(sources, style), encoding="utf-8")
    if chromium := shutil.which("chromium"):
        printed = [folder / f"chromium-{name}.pdf" for name in STYLES]
        for name, path in zip(STYLES, printed, strict=True):
            address = (folder / f"{name}.html").as_uri()
            options = ("--headless", "--no-sandbox", "--disable-gpu", f"--print-to-pdf={path}")
            subprocess.run([chromium, *options, address], check=True, capture_output=True, timeout=180)
        yield "Chromium", printed
    if soffice := shutil.which("soffice"):
        own = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        given = [folder / f"{name}.html" for name in STYLES]
        options = ("--headless", "--writer", "--convert-to", "pdf", "--outdir", folder)
        subprocess.run([soffice, own, *options, *given], check=True, capture_output=True, timeout=300)
        yield "LibreOffice", [folder / f"{name}.pdf" for name in STYLES]


def bare(data: bytes) -> int:
    """Read as one would by hand; return how many pages there are."""
    with pdfplumber.open(io.BytesIO(data)) as document:
        for sheet in document.pages:
            sheet.extract_text()
        return len(document.pages)


def took(act: Callable[[bytes], Any], data: bytes) -> float:
    started = time.process_time()
    act(data)
    return time.process_time() - started


def without_pdfium() -> Any:
    return patch.object(pdf.Quick, "words", lambda *_: None)


def figures(producer: str, paths: Sequence[Path], rounds: int) -> Figures:
    """Read a producer's files in turn by each way; medians over the rounds."""
    held = [path.read_bytes() for path in paths]
    words, plain = pdf.Quick.words, 0

    def counted(*arguments: Any) -> Any:
        nonlocal plain
        found = words(*arguments)
        plain += found is not None
        return found

    with patch.object(pdf.Quick, "words", counted):
        texts = [pdf.read_pdf(data).text for data in held]
    with without_pdfium():
        same = texts == [pdf.read_pdf(data).text for data in held]
    pages = sum(map(bare, held))
    times: list[tuple[float, float, float]] = []
    for _ in range(rounds):
        by_hand = sum(took(bare, data) for data in held)
        ours = sum(took(pdf.read_pdf, data) for data in held)
        with without_pdfium():
            times.append((by_hand, ours, sum(took(pdf.read_pdf, data) for data in held)))
    speeds = [pages / statistics.median(column) for column in zip(*times, strict=True)]
    return Figures(producer, pages, plain, *speeds, same)


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = [figures(producer, paths, a.rounds) for producer, paths in files(Path(folder))]
    lines = [
        f"Made by `python bench/pdf.py --rounds {a.rounds} --write` in processor time on a machine of {os.cpu_count()} cores that had other",
        f"work too (load {os.getloadavg()[2]:.1f}); medians of {a.rounds} rounds. Wanted: at least 1.0 ×, if possible 3 ×.",
        "",
        "| PDFs by | pages | read by pdfium | `pdfplumber.extract_text` | ours | | without pdfium | the same text |",
        "|---|---|---|---|---|---|---|---|",
        *(
            f"| {f.producer} | {f.pages} | {f.plain} | {f.bare:.1f} pages/s | {f.ours:.1f} | {f.ours / f.bare:.2f} × "
            f"| {f.without / f.bare:.2f} × | {'yes' if f.same else 'no'} |"
            for f in found
        ),
    ]
    print("\n".join(lines))
    if a.write:
        put_section(DOCS, "speed", lines)


if __name__ == "__main__":
    main()
