"""How well scans are read, and how fast; `--write` puts the tables into docs/scans.md.

python bench/ocr.py [--write] [--fast]

Every sample's text is laid out as a letter, drawn at several resolutions, spoilt as scanners do, and read back.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "tests")]
import scans
from tables import put_section

from baocao.pipeline import analyze
from baocao.pipeline.ingest import read
from baocao.report import EntityType, RawDocument, Source

DOCS = Path(__file__).resolve().parent.parent / "docs" / "scans.md"
NAMES = tuple(f"{n:02}" for n in range(1, 13))
KINDS = (EntityType.DOCNO, EntityType.DATE, EntityType.PERSON)


@dataclass(frozen=True)
class Scanner:
    """How pages are spoilt."""

    name: str
    dpi: int
    skew: float = 0.0
    noise: float = 0.0
    stamp: bool = False
    quality: int = 85
    turned: int = 0


SCANNERS = (
    Scanner("300 dpi, clean", 300),
    Scanner("300 dpi, red stamp, askew by 1.5°, grain", 300, 1.5, 0.15, True),
    Scanner("200 dpi, noise, askew by 1°, red stamp", 200, 1.0, 0.3, True),
    Scanner("200 dpi, heavy noise, askew by 3°, red stamp", 200, -3.0, 0.6, True),
    Scanner("150 dpi, noise, red stamp", 150, 0.7, 0.2, True),
    Scanner("300 dpi, upside down", 300, turned=180),
    Scanner("200 dpi, lying on its side, noise", 200, 0.5, 0.2, turned=90),
    Scanner("110 dpi, noise", 110, 0.5, 0.3),
    Scanner("90 dpi, heavy noise", 90, 0.5, 0.6),
)


def scanned(scanner: Scanner, folder: Path) -> Iterator[tuple[str, list[str], Path]]:
    """Yield each sample's name, the paragraphs of its truth and the PDF of its scan."""
    for number, name in enumerate(NAMES):
        truth = scans.letter(name, folder / "letter.pdf")
        pages = scans.pictures(folder / "letter.pdf", scanner.dpi)
        spoilt = [
            scans.spoilt(page, dpi=scanner.dpi, skew=scanner.skew, noise=scanner.noise,
                         stamp=scanner.stamp and at == len(pages) - 1, seed=number)
            for at, page in enumerate(pages)
        ]  # fmt: skip
        if scanner.turned:
            spoilt = [page.rotate(scanner.turned, expand=True) for page in spoilt]
        yield name, truth, scans.as_pdf(spoilt, folder / f"{name}-{scanner.dpi}-{id(scanner)}.pdf", scanner.dpi)


def mentions(raw: RawDocument) -> Counter[tuple[EntityType, str]]:
    """Count the mentions of a document, by their norms where they have one."""
    report = analyze(raw)
    return Counter((e.type, e.norm or e.of(report.text)) for e in report.entities if e.type in KINDS)


def f1(pairs: list[tuple[Counter[Any], Counter[Any]]], kind: EntityType) -> float:
    """Return the F1 of the mentions found against those of the truth."""
    both = sum(n for t, f in pairs for (k, _), n in (t & f).items() if k is kind)
    every = sum(n for t, f in pairs for part in (t, f) for (k, _), n in part.items() if k is kind)
    return 2 * both / every if every else 1.0


def quality(scanner: Scanner, folder: Path) -> tuple[str, list[tuple[float, float]]]:
    """Return a row of the table of quality, and confidence with error rate file by file."""
    files = list(scanned(scanner, folder))
    with ThreadPoolExecutor(2) as beside:
        raws = list(beside.map(lambda file: read(file[2]), files))
    wrong = letters = kept = lines = 0.0
    pairs, points = [], []
    for (name, truth, _), raw in zip(files, raws, strict=True):
        text = "\n".join(truth)
        rate = scans.error_rate(text, raw.text)
        wrong, letters = wrong + rate * len(text), letters + len(text)
        squeezed = {"".join(line.split()) for line in raw.text.split("\n")}
        kept += sum("".join(line.split()) in squeezed for line in truth)
        lines += len(truth)
        known = RawDocument(Source(f"{name}.txt", "0" * 64, "text/plain", 0), text)
        pairs.append((mentions(known), mentions(raw)))
        sure = [c for c in raw.reading.confidence if c is not None]
        points.append((statistics.mean(sure), rate))
    scores = " | ".join(f"{f1(pairs, kind):.3f}" for kind in KINDS)
    confidence = statistics.mean(sure for sure, _ in points)
    repaired = sum(len(raw.reading.repaired) for raw in raws)
    row = f"| {scanner.name} | {wrong / letters:.2%} | {kept / lines:.1%} | {scores} | {confidence:.2f} | {repaired} |"
    return row, points


def rates(folder: Path) -> tuple[float, float, float]:
    """Return our pages a second, Tesseract's on the same pages as PNG, and how much faster two jobs are."""
    files = list(scanned(SCANNERS[0], folder))
    pictures = []
    for name, _, path in files:
        for at, page in enumerate(scans.pictures(path, 300)):
            pictures.append(folder / f"{name}-{at}.png")
            page.save(pictures[-1], dpi=(300, 300))
    ours, bare = [], []
    for _ in range(2):  # in turn, since the machine is not ours alone
        started = time.perf_counter()
        for _, _, path in files:
            read(path)
        ours.append(time.perf_counter() - started)
        started = time.perf_counter()
        for picture in pictures:
            subprocess.run(
                ["tesseract", picture, "stdout", "-l", "vie"], check=True, capture_output=True, env=scans.ONE_THREAD
            )
        bare.append(time.perf_counter() - started)
    many = folder / "many"
    many.mkdir()
    for number in range(3):
        for name, _, path in files:
            # bytes behind the end are no part of a PDF, but make it another file
            (many / f"{name}-{number}.pdf").write_bytes(path.read_bytes() + b"\n%" + str(number).encode())
    took = []
    for jobs in ("1", "2"):
        with tempfile.TemporaryDirectory() as archive:
            command = [sys.executable, "-m", "baocao.cli", "ingest", str(many), "--archive", archive, "--jobs", jobs]
            started = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            took.append(time.perf_counter() - started)
    return len(pictures) / min(ours), len(pictures) / min(bare), took[0] / took[1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--fast", action="store_true", help="only how fast it is")
    parser.add_argument("--only", type=int, help="only this way of scanning")
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if a.only is not None:
            print(*quality(SCANNERS[a.only], Path(folder)), sep="\n")
            return
        told = [] if a.fast else [quality(scanner, Path(folder)) for scanner in SCANNERS]
        ours, bare, jobs = rates(Path(folder))
    lines = [
        f"Made by `python bench/ocr.py --write` from the {len(NAMES)} samples, laid out as letters.",
        "",
        "| scan | characters wrong | paragraphs whole | DOCNO F1 | DATE F1 | PERSON F1 | confidence | repairs |",
        "|---|---|---|---|---|---|---|---|",
        *(row for row, _ in told),
        "",
        "| what | measured | wanted |",
        "|---|---|---|",
        f"| pages a second against bare Tesseract on the same pages as PNG | {ours / bare:.2f} × ({ours:.2f} pages/s) | ≥ 0.9 × |",
        f"| `ingest --jobs 2` against one job, start-up included | {jobs:.2f} × | ≥ 1.7 × |",
    ]
    print("\n".join(lines))
    for confidence, rate in sorted(point for _, points in told for point in points):
        print(f"{confidence:.3f} {rate:.4f}")
    if a.write:
        put_section(DOCS, "scans", lines)


if __name__ == "__main__":
    main()
