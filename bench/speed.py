"""How fast the whole way is, as ratios in one run; `--write` puts the table into docs/performance.md.

python bench/speed.py [--folder DIR] [--reports 300] [--sentences 100000] [--write]
"""

import argparse
import hashlib
import itertools
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib.resources import files as files_of
from pathlib import Path

import tantivy
from underthesea import sent_tokenize, word_tokenize

from baocao.index import open_archive
from baocao.index.archive import Incoming
from baocao.index.embedded import EmbeddedEngine
from baocao.index.prepare import prepare
from baocao.index.related import related_to
from baocao.index.search import FACETS, SearchRequest
from baocao.index.spelling import proposal
from baocao.pipeline import analyze_file, language, warm_up
from baocao.pipeline.analysis import Reading
from baocao.pipeline.classify import ARTEFACT
from baocao.pipeline.ingest import read
from baocao.report import Entity, EntityType, Kind, Label, Report, Sentence, Source
from baocao.text import folded_syllables

sys.path.insert(0, str(Path(__file__).parent))
import corpus
from tables import write_section

QUERIES = (
    "kho khan kinh phi",
    "thiếu biên chế",
    "kiểm tra môi trường",
    '"phối hợp thực hiện"',
    "chăn nuôi OR thủy sản",
    "nâng cao*",
)
MISSPELT = ("kho khna", "khos khawn", "thie61u bie6n che61", "khokhan", "kinh phii", "phoi hop thcu hien")


NAMED = {
    EntityType.PERSON: re.compile(rf"(?:{'|'.join(corpus.FAMILIES)}) (?:Văn|Thị|Đức|Minh) \w+"),
    EntityType.DOCNO: re.compile(r"\d+/KH-UBND"),
}


def spent(act: Callable[[], object]) -> float:
    """Return the processor seconds of this process that an act takes."""
    started = time.process_time()
    act()
    return time.process_time() - started


def whole_way(files: list[Path], folder: Path) -> None:
    """Read, analyse, store and index files in this process."""
    with open_archive(folder) as archive:
        for at in range(0, len(files), 16):
            chunk = files[at : at + 16]
            archive.add([Incoming.of(analyze_file(p), str(p), p.read_bytes()) for p in chunk])


def pipeline_ratio(files: list[Path]) -> tuple[float, float]:
    """Return the rate of the whole way in syllables a second, and its ratio to bare word_tokenize."""
    texts = [p.read_text(encoding="utf-8") for p in files]
    count = sum(len(t.split()) for t in texts)
    sentences = [s for t in texts for line in t.split("\n") if line.strip() for s in sent_tokenize(line)]
    warm_up()
    word_tokenize("Khởi động.")
    bare = spent(lambda: [word_tokenize(s) for s in sentences])
    with tempfile.TemporaryDirectory() as folder:
        ours = spent(lambda: whole_way(files, Path(folder)))
    return count / ours, bare / ours


def understanding_rate(files: list[Path]) -> float:
    """Return the syllables a second of tag, link, classify and check together, after word segmentation."""
    nlp = language()
    spent_in_parts, count = 0.0, 0
    for path in files:
        raw = read(path)
        count += len(raw.text.split())
        doc = nlp.make_doc(raw.text)
        doc.user_data["reading"] = Reading(raw)
        for name, part in nlp.pipeline:
            if name in ("tag", "link", "classify", "check"):
                spent_in_parts += spent(lambda part=part, doc=doc: part(doc))
            else:
                part(doc)
    return count / spent_in_parts


LOAD = "import time; a = time.perf_counter(); import baocao.pipeline.warm; print(time.perf_counter() - a)"


def load_seconds() -> float:
    """Return the seconds that a new process takes to load the whole pipeline, the median of five."""
    command = [sys.executable, "-c", LOAD]
    return statistics.median(float(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(5))


def jobs_ratio(folder: Path) -> float:
    """Return how much faster `ingest --jobs 2` is than `--jobs 1`, as a user waits, start-up included."""
    took = []
    for jobs in ("1", "2"):
        with tempfile.TemporaryDirectory() as archive:
            command = [sys.executable, "-m", "baocao.cli", "ingest", str(folder), "--archive", archive, "--jobs", jobs]
            started = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            took.append(time.perf_counter() - started)
    return took[0] / took[1]


ALONE = """
import sys
from pathlib import Path
from baocao.pipeline import analyze_file, language, warm_up
from baocao.pipeline.analysis import Reading
from baocao.pipeline.classify import ARTEFACT
from baocao.pipeline.ingest import read
warm_up()
print("ready", flush=True)
sys.stdin.readline()
for name in sys.argv[1:]:
    analyze_file(Path(name))
"""


def jobs_limit(files: list[Path]) -> float:
    """Return how much faster two processes that share nothing analyse the files than one: what the machine gives."""

    def took(parts: list[list[Path]]) -> float:
        started_all = [
            subprocess.Popen(
                [sys.executable, "-c", ALONE, *map(str, part)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            for part in parts
        ]
        for process in started_all:
            assert process.stdout is not None
            process.stdout.readline()
        started = time.perf_counter()
        for process in started_all:
            assert process.stdin is not None
            process.stdin.close()
        for process in started_all:
            process.wait()
        return time.perf_counter() - started

    return took([files]) / took([files[::2], files[1::2]])


def cold_ratio(archive: Path) -> float:
    """Return the time of a cold search over that of an empty Python, medians of nine in turn."""
    search = [sys.executable, "-m", "baocao.cli", "search", "kinh phí", "--archive", str(archive)]
    empty = [sys.executable, "-c", "import sqlite3, json, argparse"]
    took: dict[int, list[float]] = {0: [], 1: []}
    for _ in range(9):
        for which, command in enumerate((search, empty)):
            started = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            took[which].append(time.perf_counter() - started)
    return statistics.median(took[0]) / statistics.median(took[1])


def synthetic(count: int) -> list[Report]:
    """Return reports of about forty lines each, every line a sentence, `count` sentences in all."""
    reports: list[Report] = []
    made = 0
    for number in itertools.count():
        if made >= count:
            break
        text = corpus.report(number, 30)
        rng = random.Random(number)
        sentences, entities, at = [], [], 0
        for line in text.split("\n"):
            for type_, pattern in NAMED.items():
                entities += [
                    Entity(at + m.start(), at + m.end(), type_, m[0], len(sentences)) for m in pattern.finditer(line)
                ]
            if line:
                sentences.append(Sentence(at, at + len(line), None, rng.choice(list(Label)), 0.9))
            at += len(line) + 1
        sentences = sentences[: count - made]
        made += len(sentences)
        sha = hashlib.sha256(text.encode()).hexdigest()
        reports.append(Report(Source(f"{number}.txt", sha, "text/plain", 0), text.split("\n")[5], Kind.REPORT, None,
                              f"{2008 + number % 18}-06-01", None, f"Sở số {number % 60}", None, None, text, (0,), (),
                              tuple(sentences), tuple(e for e in entities if (e.sentence or 0) < len(sentences)), (), ()))  # fmt: skip
    return reports


@dataclass(frozen=True)
class Searches:
    """What searches took, in ms: median, 95th percentile, the median with the facets of the page, tantivy's bare query.

    `proposal` and `related` are medians too; `together` is how many times as many searches eight threads get answered.
    """

    median: float
    high: float
    with_facets: float
    bare: float
    proposal: float
    related: float
    together: float


def warm_search(sentences: int) -> Searches:
    """Search an index of so many sentences, one search after the other."""
    with tempfile.TemporaryDirectory() as folder:
        reports = synthetic(sentences)
        fill(Path(folder), reports)
        engine = EmbeddedEngine(Path(folder))
        index = tantivy.Index.open(folder)
        searcher = index.searcher()
        ours, whole, bare = [], [], []
        for _ in range(30):
            for query in QUERIES:
                ours.append(milliseconds(lambda q=query: engine.search(SearchRequest(q))))
                whole.append(milliseconds(lambda q=query: engine.search(SearchRequest(q, facets=FACETS))))
                occur = tantivy.Occur.Should if " OR " in query else tantivy.Occur.Must
                words = folded_syllables(query.replace(" OR ", " "))
                clauses = [(occur, tantivy.Query.term_query(index.schema, "body", w)) for w in words]
                bare.append(milliseconds(lambda c=clauses: searcher.search(tantivy.Query.boolean_query(c), 10)))
        meant = [milliseconds(lambda q=query: proposal(engine, SearchRequest(q))) for query in MISSPELT * 10]
        alike = [milliseconds(lambda r=report: related_to(engine, r)) for report in reports[:100]]
        rates = [searches_a_second(engine, threads) for threads in (1, 8)]
    high = statistics.quantiles(ours, n=20)[18]
    return Searches(
        statistics.median(ours), high, *map(statistics.median, (whole, bare, meant, alike)), rates[1] / rates[0]
    )


def searches_a_second(engine: EmbeddedEngine, threads: int, seconds: float = 5.0) -> float:
    """Return how many searches are answered to so many threads at once."""
    until = time.perf_counter() + seconds

    def ask(first: int) -> int:
        for asked in itertools.count():
            if time.perf_counter() > until:
                return asked
            engine.search(SearchRequest(QUERIES[(first + asked) % len(QUERIES)]))
        raise AssertionError

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(ask, range(threads))) / seconds


def fill(folder: Path, reports: list[Report]) -> None:
    """Make an index of these reports."""
    engine = EmbeddedEngine(folder, write=True)
    engine.put(replace(prepare(r), number=n) for n, r in enumerate(reports, 1))
    engine.commit()
    engine.close()


def milliseconds(act: Callable[[], object]) -> float:
    """Return the ms that an act takes."""
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="real reports as .txt; else a synthetic corpus")
    parser.add_argument("--reports", type=int, default=300)
    parser.add_argument("--sentences", type=int, default=100_000)
    parser.add_argument("--write", action="store_true")
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        corpus.write(a.reports, Path(made), 1, 30)
        files = sorted((a.folder or Path(made)).rglob("*.txt"))
        rate, ratio = pipeline_ratio(files)
        with tempfile.TemporaryDirectory() as archive:
            whole_way(files[:100], Path(archive))
            cold = cold_ratio(Path(archive))
        understood, loaded = understanding_rate(files), load_seconds()
        jobs = limit = 0.0
        if a.folder is None:
            with tempfile.TemporaryDirectory() as many:
                corpus.write(4 * a.reports, Path(many), 2, 30)
                jobs = jobs_ratio(Path(many))
            limit = jobs_limit(files)
    found = warm_search(a.sentences)
    lines = [
        "## Speed",
        "",
        f"Made by `python bench/speed.py --reports {a.reports} --sentences {a.sentences} --write` on synthetic text; ratios",
        "of one run, since absolute times differ between machines.",
        "",
        "| what | measured | wanted |",
        "|---|---|---|",
        f"| text → stored and indexed, processor time, against bare `word_tokenize` | {ratio:.2f} × ({rate:,.0f} syllables/s) | ≥ 0.8 × |",
        f"| `--jobs 2` against one job, {4 * a.reports:,} reports, start-up included | {jobs:.2f} × "
        f"(two processes that share nothing: {limit:.2f} ×) | ≥ 1.7 × |",
        f"| tag, link, classify and check together, after word segmentation | {understood:,.0f} syllables/s | ≥ 60,000 |",
        f"| loading the pipeline in a new process, median of five | {loaded:.1f} s | ≤ 2.5 s |",
        f"| model file | {Path(str(files_of('baocao.models').joinpath(ARTEFACT))).stat().st_size / 2**20:.1f} MiB | < 30 MB |",
        f"| cold `baocao search` against an empty Python | {cold:.1f} × | ≤ 12 × |",
        f"| warm search, {a.sentences:,} sentences, median | {found.median:.1f} ms | ≤ 10 ms at 1,000,000 |",
        f"| the same, 95th percentile | {found.high:.1f} ms | ≤ 40 ms at 1,000,000 |",
        f"| the same, median against tantivy's bare query | {found.median / found.bare:.1f} × | ≤ 4 × |",
        f"| the same with all facets of the page, against the four of the command | {found.with_facets / found.median:.1f} × | |",
        f"| what was meant by a misspelt query, median | {found.proposal:.1f} ms | ≤ 30 ms at 200,000 |",
        f"| related reports, median | {found.related:.1f} ms | ≤ 50 ms at 200,000 |",
        f"| searches of eight threads at once, against one | {found.together:.2f} × | ≥ 1 × |",
        "",
    ]
    print("\n".join(lines))
    if a.write:
        write_section("speed", lines)


if __name__ == "__main__":
    main()
