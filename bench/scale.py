"""What PostgreSQL and Elasticsearch cost and give; `--write` puts the figures into docs/scale.md and docs/scale.svg.

python bench/scale.py [--files 600] [--bulk 40000] [--sizes 1000 10000] [--full] [--write]

Both servers are started here, as the tests start theirs, and their folders are removed at the end.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import elasticsearch as es
import psycopg
from elasticsearch.helpers import parallel_bulk

from baocao.index import open_archive
from baocao.index.archive import Incoming
from baocao.index.elastic import ElasticEngine
from baocao.index.prepare import Document, Prepared, prepare
from baocao.index.search import Group, SearchRequest
from baocao.index.settings import Elastic
from baocao.report import Kind, Label, Report, Sentence, Source
from baocao.text import folded_syllables

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "tests")]
import corpus
from tables import put_section

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
QUERIES = ("kho khan kinh phi", "thiếu biên chế", "kiểm tra môi trường", '"phối hợp thực hiện"',
           "chăn nuôi OR thủy sản", "nâng cao*")  # fmt: skip
TOGETHER = 16  # reports stored in one transaction, as a worker stores them
MANY = 10_000_000  # reports of the projection
SHARD_GB = 40
SENTENCES = 30  # of a synthetic report, without head and foot


@dataclass(frozen=True, slots=True)
class Servers:
    """A PostgreSQL and an Elasticsearch, empty, and a folder for archives."""

    postgres: Any
    elastic: Any
    folder: Path

    def archive(self, name: str) -> Path:
        """Return the folder of an empty archive that has its record and its index on the servers."""
        folder = self.folder / name
        folder.mkdir()
        folder.joinpath("password").write_text("secret-of-the-tests", encoding="utf-8")
        told = {
            "record": f"postgresql+psycopg://clerk@127.0.0.1:{self.postgres.port}/{self.postgres.database()}",
            "record_password_file": "password",
            "search": self.elastic.url,
            "search_index_prefix": name,
        }
        lines = [f'{key} = "{value}"\n' for key, value in told.items()]
        folder.joinpath("baocao.toml").write_text("".join(lines) + "search_replicas = 0\n", encoding="utf-8")
        return folder


def _of_the_tests(path: str) -> ModuleType:
    name = "started_by_" + path.replace("/", "_").removesuffix(".py")
    spec = spec_from_file_location(name, ROOT / "tests" / path)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def servers() -> Iterator[Servers]:
    """Start both servers for as long as the block runs."""
    postgres, elastic = _of_the_tests("conftest.py"), _of_the_tests("elastic/conftest.py")
    folder = Path(tempfile.mkdtemp(prefix="baocao-scale-"))
    folder.chmod(0o755)  # the servers may run as another user
    for name in ("postgres", "elastic", "archives"):
        folder.joinpath(name).mkdir()
    record = postgres.Postgres(folder / "postgres")
    search = elastic.Server(folder / "elastic", elastic.java())
    try:
        record.start()
        search.start()
        yield Servers(record, search, folder / "archives")
    finally:
        search.kill()
        record.kill()
        shutil.rmtree(folder, ignore_errors=True)


def report(number: int) -> Report:
    """Return a report of some forty sentences, each line one, without what an analysis would find in them."""
    text = corpus.report(number, SENTENCES)
    labels = list(Label)
    sentences, at = [], 0
    for place, line in enumerate(text.split("\n")):
        if line:
            sentences.append(Sentence(at, at + len(line), None, labels[(number + place) % len(labels)], 0.9))
        at += len(line) + 1
    sha = sha256(text.encode()).hexdigest()
    return Report(Source(f"{number}.txt", sha, "text/plain", 0), text.split("\n")[5], Kind.REPORT, None,
                  f"{2008 + number % 18}-06-01", None, f"Sở số {number % 60}", None, None, text, (0,),
                  (), tuple(sentences), (), (), ())  # fmt: skip


def took(act: Callable[..., object], *arguments: object) -> float:
    """Return the seconds an act takes."""
    started = time.perf_counter()
    act(*arguments)
    return time.perf_counter() - started


def bulk_ratio(there: Servers, sentences: int) -> tuple[float, float]:
    """Return the sentences a second that the engine takes in, and its ratio to bare parallel_bulk; medians of four."""
    reports: list[Prepared] = []
    count = 0
    while count < sentences:
        reports.append(replace(prepare(report(len(reports))), number=len(reports) + 1))
        count += len(reports[-1].documents)
    ours: list[float] = []
    bare: list[float] = []
    for again in range(5):
        prefix = f"bulk{again}"
        engine = ElasticEngine(Elastic((there.elastic.url,), prefix=prefix, replicas=0))
        client = es.Elasticsearch(there.elastic.url, request_timeout=60)
        engine.attach("bulk")
        (laid_out,) = client.indices.get(index=prefix).values()
        settings = {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": -1}
        client.indices.create(index=f"bare{again}", mappings=dict(laid_out["mappings"]), settings=settings)

        if again % 2:
            ours.append(took(_through_engine, engine, reports))
            bare.append(took(_through_client, client, f"bare{again}", reports))
        else:
            bare.append(took(_through_client, client, f"bare{again}", reports))
            ours.append(took(_through_engine, engine, reports))
        assert client.count(index=prefix)["count"] == client.count(index=f"bare{again}")["count"] == count
        engine.close()
        client.indices.delete(index=[*client.indices.get(index=f"{prefix}-v*"), f"bare{again}"])
    ours, bare = ours[1:], bare[1:]  # the first warms the server
    return count / statistics.median(ours), statistics.median(b / o for o, b in zip(ours, bare, strict=True))


def _through_engine(engine: ElasticEngine, reports: list[Prepared]) -> None:
    engine.put(reports)
    engine.commit()


def _through_client(client: es.Elasticsearch, index: str, reports: list[Prepared]) -> None:
    for done, item in parallel_bulk(client, _actions(index, reports), thread_count=2, chunk_size=1_000):
        assert done, item
    client.indices.refresh(index=index)


def _actions(index: str, reports: list[Prepared]) -> Iterator[dict[str, Any]]:
    for item in reports:
        for fields in item.documents:
            source: Document = {**fields, "ordinal": item.number, "slot": item.number % 160}
            yield {"_index": index, "routing": item.id, "_id": f"{item.id}-{fields['start']}", "_source": source}


def _by_hand(query: str) -> dict[str, Any]:
    """Return a search as one would write it by hand: the page of reports, the total and the facets in one request."""
    words = folded_syllables(query.replace(" OR ", " "))
    found: dict[str, Any]
    if query.startswith('"'):
        found = {"match_phrase": {"body": " ".join(words)}}
    elif query.endswith("*"):
        parts = [*({"term": {"body": w}} for w in words[:-1]), {"regexp": {"body": f"{words[-1]}[^_]*"}}]
        found = {"bool": {"must": parts}}
    else:
        found = {"bool": {"should": [_about(folded_syllables(part)) for part in query.split(" OR ")]}}
    order = [{"_score": "desc"}, {"ordinal": "asc"}, {"start": "asc"}]
    aggs: dict[str, Any] = {name: {"terms": {"field": name, "size": 12}} for name in ("unit", "year", "label", "kind")}
    aggs["reports"] = {"cardinality": {"field": "ordinal"}}
    return {
        "query": found, "size": 10, "sort": order, "track_total_hits": True, "aggs": aggs, "source": False,
        "collapse": {"field": "ordinal", "inner_hits": {"name": "sentences", "size": 5, "sort": order}},
    }  # fmt: skip


def _about(words: Sequence[str]) -> dict[str, Any]:
    """Every word stands in the sentence or above it, one at least in the sentence."""
    told = " ".join(words)
    around = {"match": {"around": {"query": told, "operator": "and", "boost": 0.3}}}
    return {"bool": {"must": [around, {"match": {"body": told}}]}}


@dataclass(frozen=True, slots=True)
class Searched:
    """How long searches take: ours in the median, and against queries written by hand."""

    median: float  # ms
    ratio: float
    differ: int  # queries of which the two find different numbers of sentences


def searched(there: Servers, prefix: str, rounds: int = 30) -> Searched:
    """Search in turn through the engine and by hand."""
    engine = ElasticEngine(Elastic((there.elastic.url,), prefix=prefix, replicas=0))
    client = es.Elasticsearch(there.elastic.url)
    ours: list[float] = []
    bare: list[float] = []
    differ = 0
    for query in QUERIES:
        hits = client.search(index=prefix, **_by_hand(query))["hits"]["total"]["value"]
        differ += hits != engine.search(SearchRequest(query, by=Group.SENTENCE)).total
    for again in range(rounds + 5):
        for query in QUERIES:
            a = took(engine.search, SearchRequest(query))
            b = took(lambda body: client.search(index=prefix, **body), _by_hand(query))
            if again >= 5:
                ours.append(a * 1000)
                bare.append(b * 1000)
    engine.close()
    client.close()
    median = statistics.median(ours)
    return Searched(median, median / statistics.median(bare), differ)


@dataclass(frozen=True, slots=True)
class Bytes:
    """What an archive takes on each of its three places."""

    reports: int
    sentences: int
    record: float  # bytes a report
    index: float
    originals: float


def taken(there: Servers, folder: Path, reports: int) -> Bytes:
    """Measure an archive's bytes a report, what an empty database takes left out."""
    prefix = folder.name
    with es.Elasticsearch(there.elastic.url, request_timeout=60) as client:
        client.indices.flush(index=prefix)
        index = client.indices.stats(index=prefix)["_all"]["primaries"]
    record = _told(folder)
    with psycopg.connect(there.postgres.url(record), autocommit=True) as connection:
        connection.execute("VACUUM")
        held = _size(connection, record)
    with psycopg.connect(there.postgres.url(there.postgres.database())) as connection:
        held -= _size(connection, "template1")
    kept = sum(p.stat().st_size for p in folder.joinpath("originals").rglob("*") if p.is_file())
    size, documents = index["store"]["size_in_bytes"], index["docs"]["count"]
    return Bytes(reports, documents, held / reports, size / reports, kept / reports)


def _told(folder: Path) -> str:
    found = re.search(r"/(\w+)\"", folder.joinpath("baocao.toml").read_text(encoding="utf-8"))
    assert found is not None
    return found[1]


def _size(connection: Any, database: str) -> int:
    return int(connection.execute("SELECT pg_database_size(%s)", [database]).fetchone()[0])


@dataclass(frozen=True, slots=True)
class Grown:
    """An archive of so many reports: its bytes, how long the last of them took to store, and a search."""

    size: Bytes
    seconds: float  # a thousand reports
    search: Searched


def grown(there: Servers, sizes: list[int]) -> Iterator[Grown]:
    """Let one archive grow, and measure it at each size."""
    folder = there.archive("grows")
    held = 0
    for size in sizes:
        spent = 0.0
        with open_archive(folder) as archive:
            for first in range(held, size, TOGETHER):
                made = map(report, range(first, min(first + TOGETHER, size)))
                incoming = [Incoming.of(r, f"/in/{r.source.name}", r.text.encode()) for r in made]
                spent += took(archive.add, incoming)
            spent += took(archive.follow)
        yield Grown(taken(there, folder, size), spent / (size - held) * 1000, searched(there, folder.name))
        held = size


def workers(there: Servers, files: int, processes: int) -> tuple[float, float, Bytes]:
    """Return how long so many workers take for a queue of files, start-up included, and for its middle 80 %."""
    folder = there.archive(f"workers{processes}")
    command = [sys.executable, "-m", "baocao.cli"]
    with tempfile.TemporaryDirectory() as given:
        corpus.write(files, Path(given), 3, SENTENCES)
        handed = [*command, "ingest", "--queue", given, "--archive", str(folder)]
        subprocess.run(handed, check=True, capture_output=True)
    with psycopg.connect(there.postgres.url(_told(folder)), autocommit=True) as connection:
        working = [*command, "worker", "--once", "--archive", str(folder)]
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")  # as many workers as one wants
        started = time.perf_counter()
        all_of_them = [
            subprocess.Popen(working, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | threads)
            for _ in range(processes)
        ]
        seen: list[tuple[float, int]] = []
        try:
            while any(p.poll() is None for p in all_of_them):
                (left,) = connection.execute("SELECT count(*) FROM job").fetchone() or (0,)
                seen.append((time.perf_counter() - started, left))
                time.sleep(0.1)
        finally:
            for process in all_of_them:  # none is to outlive its servers
                process.kill()
                process.wait()
        assert all(p.returncode == 0 for p in all_of_them), [p.returncode for p in all_of_them]
        assert seen[-1][1] == 0 or connection.execute("SELECT count(*) FROM job").fetchone() == (0,)
    whole = next((at for at, left in seen if left == 0), seen[-1][0])
    inner = [(at, left) for at, left in seen if 0.1 * files <= left <= 0.9 * files]
    pace = (inner[0][1] - inner[-1][1]) / (inner[-1][0] - inner[0][0])  # files a second
    return whole, pace, taken(there, folder, files)


def picture(found: list[Grown], at: Path) -> None:
    """Draw what grows over the number of reports, all on one scale, each value told at its point."""
    series = (
        ("PostgreSQL, KB a report", "#1b6ca8", [g.size.record / 1e3 for g in found]),
        ("Elasticsearch, KB a report", "#c2571a", [g.size.index / 1e3 for g in found]),
        ("search, ms", "#3c8d40", [g.search.median for g in found]),
        ("storing a thousand, s", "#7a4ea3", [g.seconds for g in found]),
    )
    left, right, top, bottom = 40, 400, 20, 200
    highest = max(max(values) for _, _, values in series) * 1.1
    step = (right - left - 40) / max(1, len(found) - 1)
    parts = [f'<path d="M{left} {top}V{bottom}H{right}" fill="none" stroke="#888"/>']
    for at_x, each in enumerate(found):
        middle = left + 20 + at_x * step
        parts.append(f'<text x="{middle:.0f}" y="216" text-anchor="middle">{each.size.reports:,}</text>')
    for row, (name, colour, values) in enumerate(series):
        points = [(left + 20 + x * step, bottom - v / highest * (bottom - top)) for x, v in enumerate(values)]
        line = " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="3" fill="{colour}"/>'
            f'<text x="{x:.0f}" y="{y - 6:.0f}" text-anchor="middle" fill="{colour}">{v:.1f}</text>'
            for (x, y), v in zip(points, values, strict=True)
        ]
        parts.append(f'<text x="415" y="{60 + 18 * row}" fill="{colour}">{name}</text>')
    parts.append('<text x="220" y="234" text-anchor="middle">reports in the archive</text>')
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 244" font-family="sans-serif" font-size="11">'
    background = '<rect width="600" height="244" fill="#fff"/>'
    at.write_text("\n".join([head, background, *parts, "</svg>", ""]), encoding="utf-8")


def projection(read: Bytes, pace: float) -> list[str]:
    """Return what ten million reports would take at the measured bytes a report: a reckoning, no measurement."""
    record, index, originals = (part * MANY / 1e9 for part in (read.record, read.index, read.originals))
    shards = max(1, round(index / SHARD_GB))
    days = MANY / pace / 86_400
    return [
        f"**A projection, not a measurement:** the bytes a report of the {read.reports:,} analysed files above, times {MANY:,}. No archive",
        "of that size was made. Measure your own reports first: theirs may be ten times as long.",
        "",
        "| what | for 10,000,000 reports |",
        "|---|---|",
        f"| sentences | {read.sentences / read.reports * MANY / 1e6:,.0f} million |",
        f"| PostgreSQL | {record:,.0f} GB, twice that with room for its log, vacuum and growth |",
        f"| Elasticsearch, primaries | {index:,.0f} GB |",
        f"| shards of 30-50 GB (`search_shards`) | {shards} |",
        f"| Elasticsearch with one replica | {2 * index:,.0f} GB; merging and a rebuild beside the old index want as much again free |",
        f"| originals, plain text as here | {originals:,.0f} GB, in {MANY:,} files or objects; PDF and DOCX take what they take |",
        f"| reading them at the measured {pace:.0f} files/s of {os.cpu_count()} cores | {days:.1f} days; cores and workers shorten it as long as the servers keep up |",
        "",
        "What that suggests, by the common rules of both servers and untried here: Elasticsearch on nodes of 64 GB of memory,",
        f"31 GB of it heap at most and the rest for the file cache, {max(2, round(2 * index / 500))} or more data nodes at some 500 GB of index each (and three that may",
        "be elected master); one PostgreSQL of 8 cores and 32 GB with a standby; workers of 1-2 GB for each job, on hosts that",
        "serve nothing else. A shard holds 2,147,483,519 documents at most, far more than 50 GB of sentences.",
    ]


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=600, help="reports that the workers read")
    parser.add_argument("--bulk", type=int, default=40_000, help="sentences of the bulk comparison")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000], help="reports of the growing archive")
    parser.add_argument("--full", action="store_true", help="grow to 100,000 reports")
    parser.add_argument("--write", action="store_true")
    a = parser.parse_args()
    asked = f"--files {a.files} --bulk {a.bulk} --sizes {' '.join(map(str, a.sizes))}{' --full' if a.full else ''}"
    with servers() as there:
        rate, bulk = bulk_ratio(there, a.bulk)
        print(f"bulk: {rate:,.0f} sentences/s, {bulk:.2f} x", flush=True)
        one, one_pace, _ = workers(there, a.files, 1)
        four, four_pace, read = workers(there, a.files, 4)
        print(f"workers: {one / four:.2f} x, middle {four_pace / one_pace:.2f} x", flush=True)
        rows = [
            f"| taking in {a.bulk:,} prepared sentences, commit included, against bare `parallel_bulk`, median of four | {bulk:.2f} × ({rate:,.0f} sentences/s) | ≥ 0.7 × |",
            f"| four workers against one, {a.files:,} files, start-up included | {one / four:.2f} × ({a.files / four:.1f} files/s) | ≥ 1.7 × |",
            f"| the same, without the first and last tenth | {four_pace / one_pace:.2f} × ({four_pace:.1f} files/s) | ≥ 1.7 × |",
        ]
        projected = projection(read, four_pace)
        found: list[Grown] = []
        for each in grown(there, [*a.sizes, *([100_000] if a.full else [])]):
            found.append(each)
            lines = measured(asked, rows, found, read)
            print("\n".join([*lines, "", *projected]), flush=True)
            if a.write:  # at each size, for the next takes ten times as long
                put_section(DOCS / "scale.md", "scale", lines)
                put_section(DOCS / "scale.md", "projection", projected)
                picture(found, DOCS / "scale.svg")


def measured(asked: str, rows: list[str], found: list[Grown], read: Bytes) -> list[str]:
    """Return the section of what was measured."""
    last = found[-1].search
    same = "both find the same sentences" if not last.differ else f"{last.differ} of {len(QUERIES)} find others"
    return [
        f"Made by `python bench/scale.py {asked} --write`: both servers, workers and client on one",
        f"machine of {os.cpu_count()} cores that had other work too (load {os.getloadavg()[2]:.1f}), Elasticsearch with 512 MB of heap, synthetic reports; ratios of one run.",
        "",
        "| what | measured | wanted |",
        "|---|---|---|",
        *rows,
        f"| search, {found[-1].size.sentences:,} sentences, median, against a query written by hand ({same}) | {last.ratio:.2f} × ({last.median:.1f} ms) | ≤ 1.5 × |",
        "",
        "| reports | sentences | PostgreSQL, bytes a report | Elasticsearch, bytes a report | originals, bytes a report | storing a thousand | search, median |",
        "|---|---|---|---|---|---|---|",
        *(_row(g.size, f"{g.seconds:.1f} s", f"{g.search.median:.1f} ms") for g in found),
        _row(read, "", ""),
        "",
        "The last row is of the files that the workers read, with all that an analysis finds; the others are stored as they are.",
        "Storing takes prepared reports; it includes making them findable.",
        "",
        "![bytes, storing and searching as the archive grows](scale.svg)",
    ]


def _row(size: Bytes, seconds: str, search: str) -> str:
    return (f"| {size.reports:,} | {size.sentences:,} | {size.record:,.0f} | {size.index:,.0f} | "
            f"{size.originals:,.0f} | {seconds} | {search} |")  # fmt: skip


if __name__ == "__main__":
    main()
