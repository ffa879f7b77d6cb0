"""How well scans are read, and how fast; `--write` puts the tables into docs/scans.md.

python bench/ocr.py quality|speed|jobs [--ways 0 1 2] [--write]

Every sample's text is laid out as a letter, drawn at several resolutions, spoilt as scanners do, and read back.
`quality` wants a quarter of an hour, `jobs` a machine with nothing else to do.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "tests")]
import scans
import speed as speed_of
from tables import put_section

from baocao.pipeline import analyze
from baocao.pipeline.ingest import pages, read
from baocao.pipeline.ingest.repair import Mended, repair
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


class AsRecognised(threading.local):
    """Keeps what a thread's file was read as before anything was repaired."""

    text = ""

    def repair(self, text: str, starts: tuple[int, ...], recognised: tuple[bool, ...]) -> Mended:
        """Repair, and remember."""
        self.text = text
        return repair(text, starts, recognised)


SEEN = AsRecognised()


def read_twice(path: Path) -> tuple[RawDocument, str]:
    """Return a document, and its text as it was before it was repaired."""
    raw = read(path)
    return raw, SEEN.text


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
        raws = list(beside.map(lambda file: read_twice(file[2]), files))
    wrong, bare, letters, kept, lines = 0.0, 0.0, 0, 0, 0
    pairs, points = [], []
    for (name, truth, _), (raw, before) in zip(files, raws, strict=True):
        text = "\n".join(truth)
        rate = scans.error_rate(text, raw.text)
        wrong, letters = wrong + rate * len(text), letters + len(text)
        bare += scans.error_rate(text, before) * len(text)
        squeezed = {"".join(line.split()) for line in raw.text.split("\n")}
        kept += sum("".join(line.split()) in squeezed for line in truth)
        lines += len(truth)
        known = RawDocument(Source(f"{name}.txt", "0" * 64, "text/plain", 0), text)
        pairs.append((mentions(known), mentions(raw)))
        sure = [c for c in raw.reading.confidence if c is not None]
        points.append((min(sure), rate))
    scores = " | ".join(f"{f1(pairs, kind):.3f}" for kind in KINDS)
    lowest = min(sure for sure, _ in points)
    row = f"| {scanner.name} | {bare / letters:.2%} | {wrong / letters:.2%} | {kept / lines:.1%} | {scores} | {lowest:.2f} |"
    return row, points


def spent() -> float:
    """Return the processor seconds of this process and of those it has waited for."""
    return sum(resource.getrusage(who).ru_utime + resource.getrusage(who).ru_stime
               for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))  # fmt: skip


def speed(folder: Path) -> list[str]:
    """Return how many pages a second of processor time are read, against bare Tesseract on the same pages as PNG."""
    rows = []
    for scanner in SCANNERS[:3:2]:
        files = list(scanned(scanner, folder))[:4]
        pictures = []
        for name, _, path in files:
            for at, page in enumerate(scans.pictures(path, scanner.dpi)):
                pictures.append(folder / f"{name}-{at}.png")
                page.save(pictures[-1], dpi=(scanner.dpi, scanner.dpi))
        ours, bare = [], []
        read(files[0][2])  # loads the libraries
        for _ in range(2):
            started = spent()
            for _, _, path in files:
                read(path)
            ours.append(spent() - started)
            started = spent()
            for picture in pictures:
                command = ["tesseract", picture, "stdout", "-l", "vie"]
                subprocess.run(command, check=True, capture_output=True, env=scans.ONE_THREAD)
            bare.append(spent() - started)
        rows.append(f"| {scanner.name}: pages against bare Tesseract on the same pages as PNG, processor time | "
                    f"{min(bare) / min(ours):.2f} × ({len(pictures) / min(ours):.2f} pages/s) | ≥ 0.9 × |")  # fmt: skip
    return rows


def jobs(folder: Path) -> list[str]:
    """Return how much faster two jobs read scans than one, as a user waits, start-up included."""
    files = list(scanned(SCANNERS[0], folder))
    many = folder / "many"
    many.mkdir()
    for number in range(3):
        for name, _, path in files:
            # bytes behind the end are no part of a PDF, but make it another file
            (many / f"{name}-{number}.pdf").write_bytes(path.read_bytes() + b"\n%" + str(number).encode())
    return [f"| `ingest --jobs 2` against one job, start-up included | {speed_of.jobs_ratio(many):.2f} × | ≥ 1.7 × |"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("quality", "speed", "jobs"))
    parser.add_argument("--ways", type=int, nargs="*", default=range(len(SCANNERS)), help="ways of scanning, by number")
    parser.add_argument("--write", action="store_true")
    a = parser.parse_args()
    ways = " --ways " + " ".join(map(str, a.ways)) if isinstance(a.ways, list) else ""
    lines = [f"Made by `python bench/ocr.py {a.what}{ways} --write`.", ""]
    with tempfile.TemporaryDirectory() as folder:
        if a.what == "quality":
            pages.repair = SEEN.repair
            told = [quality(SCANNERS[way], Path(folder)) for way in a.ways]
            lines += [
                "| scan | characters wrong as recognised | once repaired | paragraphs whole | DOCNO F1 | DATE F1 | PERSON F1 "
                "| least sure page |",
                "|---|---|---|---|---|---|---|---|",
                *(row for row, _ in told),
            ]
            for confidence, rate in sorted(point for _, points in told for point in points):
                print(f"{confidence:.3f} {rate:.4f}")
        else:
            lines += [
                "| what | measured | wanted |",
                "|---|---|---|",
                *(speed if a.what == "speed" else jobs)(Path(folder)),
            ]
    print("\n".join(lines))
    if a.write:
        put_section(DOCS, a.what, lines)


if __name__ == "__main__":
    main()
