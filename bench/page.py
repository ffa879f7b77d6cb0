"""Fifty clerks at the page at once: the answers' times on an archive of so many sentences, alone and beside an ingest.

    python bench/page.py [--sentences 1000000] [--clerks 50] [--seconds 20] [--pause 1.0] [--workers 4] [--archive DIR]
                         [--write]

Each clerk asks, waits for the answer, pauses as a person does (a random time of that mean), and asks something else;
a pause of 0 is a machine that asks without end. All runs on this machine, so the clerks take their part of it too. The
ingest runs at niceness 10, as that of the page does.
"""

import argparse
import asyncio
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from baocao.index import open_archive
from baocao.index.archive import Incoming

sys.path.insert(0, str(Path(__file__).parent))
import corpus
import speed
from tables import write_section

PORT = 8799
FILTERS = ({}, {}, {}, {"label": "difficulty"}, {"year": "2017"}, {"by": "sentence"}, {"sort": "newest"}, {"page": "2"})


@dataclass(frozen=True)
class Answers:
    """What the clerks saw, in ms; `errors` counts answers that were none."""

    median: float
    high: float
    most: float
    rate: float
    errors: int


def fill(folder: Path, sentences: int) -> None:
    """Make an archive of so many synthetic sentences."""
    reports = speed.synthetic(sentences)
    with open_archive(folder) as archive:
        for at in range(0, len(reports), 200):
            batch = reports[at : at + 200]
            archive.add([Incoming.of(r, f"/made/{r.source.name}", r.text.encode()) for r in batch])


@contextmanager
def served(folder: Path, workers: int) -> Iterator[None]:
    """Serve the page of an archive."""
    command = [sys.executable, "-m", "baocao.cli", "serve", "--archive", str(folder), "--port", str(PORT),
               "--workers", str(workers)]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, process_group=0) as process:
        assert process.stdout is not None
        process.stdout.readline()
        asyncio.run(_until_it_answers())
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


async def _until_it_answers() -> None:
    for _ in range(200):
        try:
            await _get(*await asyncio.open_connection("127.0.0.1", PORT), "/?q=khi")
            return
        except (OSError, EOFError):
            await asyncio.sleep(0.1)
    raise SystemExit("The page did not open.")


async def _get(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> int:
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nx-part: found\r\n\r\n".encode())
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = int(head.split("content-length:")[1].split("\r\n")[0])
    await reader.readexactly(length)
    return int(head.split()[1])


def questions(seed: int) -> Iterator[str]:
    """Yield addresses of searches: one to three words that stand near each other in some report, often a filter."""
    rng = random.Random(seed)
    while True:
        words = corpus.report(rng.randrange(10_000), 8).split()
        at = rng.randrange(len(words) - 4)
        query = " ".join(words[at : at + rng.choice((1, 2, 2, 3))])
        yield "/?" + urlencode({"q": query.replace('"', " ").replace("-", " "), **rng.choice(FILTERS)})


async def _clerk(seed: int, until: float, pause: float, took: list[float], errors: list[int]) -> None:
    rng = random.Random(seed)
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT, limit=2**22)
    await asyncio.sleep(rng.random() * pause)
    for address in questions(seed):
        if time.monotonic() >= until:
            break
        started = time.monotonic()
        try:
            status = await _get(reader, writer, address)
        except (EOFError, ConnectionError):  # an idle connection was closed meanwhile; browsers open another one too
            reader, writer = await asyncio.open_connection("127.0.0.1", PORT, limit=2**22)
            status = await _get(reader, writer, address)
        took.append((time.monotonic() - started) * 1000)
        if status != 200:
            errors.append(status)
        await asyncio.sleep(rng.expovariate(1 / pause) if pause else 0)
    writer.close()


async def _asked(clerks: int, seconds: float, pause: float) -> Answers:
    took: list[float] = []
    errors: list[int] = []
    until = time.monotonic() + seconds
    await asyncio.gather(*(_clerk(n, until, pause, took, errors) for n in range(clerks)))
    cut = statistics.quantiles(took, n=20)
    return Answers(statistics.median(took), cut[18], max(took), len(took) / seconds, len(errors))


@contextmanager
def ingesting(folder: Path) -> Iterator[None]:
    """Let new reports be read into the archive meanwhile."""
    with tempfile.TemporaryDirectory() as made:
        corpus.write(2_000, Path(made), 99, 30)
        command = [sys.executable, "-m", "baocao.cli", "ingest", made, "--archive", str(folder)]
        with subprocess.Popen(["nice", "-n", "10", *command], stdout=subprocess.DEVNULL, process_group=0) as process:
            time.sleep(8)  # its models are loaded
            try:
                yield
            finally:
                assert process.poll() is None, "the ingest ended before the clerks did"
                os.killpg(process.pid, signal.SIGTERM)
                process.wait()


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, default=1_000_000)
    parser.add_argument("--clerks", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--pause", type=float, default=1.0)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--archive", type=Path, help="one made before; is made there where it is not")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = a.archive or Path(made)
        if not (folder / "record.sqlite").exists():
            fill(folder, a.sentences)
        with served(folder, a.workers):
            one = asyncio.run(_asked(1, a.seconds / 4, 0.0))
            many = asyncio.run(_asked(a.clerks, a.seconds, a.pause))
            full = asyncio.run(_asked(a.clerks, a.seconds, 0.0))
            with ingesting(folder):
                beside = asyncio.run(_asked(a.clerks, a.seconds, a.pause))
    lines = [
        f"Made by `python bench/page.py --sentences {a.sentences} --clerks {a.clerks} --pause {a.pause:g} --workers {a.workers} "
        "--write` on synthetic text; whole answers with facets and highlights, clerks and server on one machine.",
        "",
        "| who asks | answers a second | median | 95th percentile | longest | errors | wanted |",
        "|---|---|---|---|---|---|---|",
        _row("one, without pause", one, "≤ 100 ms"),
        _row(f"{a.clerks} clerks, {a.pause:g} s between an answer and the next question", many, "95th ≤ 500 ms"),
        _row(f"{a.clerks} that ask without pause", full, "95th ≤ 500 ms"),
        _row(f"{a.clerks} clerks beside an ingest", beside, "95th ≤ 1,000 ms"),
    ]
    print("\n".join(lines))
    if a.write:
        write_section("page", lines)


def _row(who: str, told: Answers, wanted: str) -> str:
    return (
        f"| {who} | {told.rate:.0f} | {told.median:.0f} ms | {told.high:.0f} ms | {told.most:.0f} ms | {told.errors} "
        f"| {wanted} |"
    )


if __name__ == "__main__":
    main()
