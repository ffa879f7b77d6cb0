"""Two nodes with the data and a third that only votes: any one of them is killed, and nothing is lost or twice.

With two of the three gone nobody is elected any more: what is written then waits in the record.
"""

import json
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from processes import free_port, kill, run, start

from baocao.index import lookup, open_archive
from baocao.index.search import Group, SearchRequest, SearchResult
from baocao.index.settings import Elastic, open_engine
from baocao.index.verifying import verify

HEAPS = {"es1": 512, "es2": 512, "vote": 256}  # megabytes
DATA = ("es1", "es2")
LINES = 40  # sentences of a report, or a few more
REPORTS = 150
ENDS = 120  # seconds within which a run ends that the cluster left


class Cluster:
    """The three nodes by their names."""

    def __init__(self, make: Callable[..., Any]) -> None:
        ports = {name: str(free_port()) for name in HEAPS}
        seeds = ",".join(f"127.0.0.1:{port}" for port in ports.values())
        self.nodes = {
            name: make(
                (f"-Xms{heap}m", f"-Xmx{heap}m", "-XX:TieredStopAtLevel=1"),  # a node that starts soon
                **{
                    "node.name": name, "node.roles": "master,data" if name in DATA else "master",
                    "discovery.type": "", "discovery.seed_hosts": seeds, "cluster.initial_master_nodes": "es1",
                    "transport.port": ports[name],
                },
            )
            for name, heap in HEAPS.items()
        }  # fmt: skip

    def up(self) -> None:
        """Start the nodes that are down, and wait until each shard lies on both nodes."""
        down = [node for node in self.nodes.values() if node.process is None]
        for node in down:
            node.launch()
        for node in down:
            node.wait("wait_for_status=green&wait_for_nodes=3")

    def kill(self, *names: str) -> None:
        for name in names:
            self.nodes[name].kill()

    def ask(self, path: str, **body: Any) -> Any:
        """Ask a node that lives, one with data where there is one."""
        url = next(node.url for node in self.nodes.values() if node.process is not None)
        data = json.dumps(body).encode() if body else None
        asked = urllib.request.Request(url + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.load(answer)

    def elected(self, _: str) -> str:
        return str(self.ask("/_cat/master?format=json")[0]["node"])

    def primary(self, prefix: str) -> str:
        """The node that takes the index's sentences in first."""
        shards = self.ask(f"/_cat/shards/{prefix}-v*?format=json")
        return next(shard["node"] for shard in shards if shard["prirep"] == "p")

    def taken_in(self, prefix: str) -> int:
        """How many sentences were sent so far, seen or not."""
        stats = self.ask(f"/{prefix}-v*/_stats/indexing")
        return int(stats["_all"]["primaries"].get("indexing", {}).get("index_total", 0))

    def copies(self, prefix: str) -> list[dict[str, Any]]:
        """What each of the nodes with data holds."""
        ids = {about["name"]: name for name, about in self.ask("/_nodes/_all/http")["nodes"].items()}
        held = []
        for name in DATA:
            path = f"/{prefix}/_search?preference=_only_nodes:{ids[name]}&allow_partial_search_results=false"
            hits = self.ask(path, size=10_000, query={"match_all": {}})["hits"]["hits"]
            held.append({hit["_id"]: hit["_source"] for hit in hits})
        return held


@pytest.fixture(scope="module")
def three(new_server: Callable[..., Any]) -> Cluster:
    return Cluster(new_server)


@pytest.fixture
def cluster(three: Cluster) -> Cluster:
    three.up()
    return three


@pytest.fixture
def archive(tmp_path: Path, cluster: Cluster) -> Path:
    folder = tmp_path / "archive"
    folder.mkdir()
    hosts = ",".join(cluster.nodes[name].url for name in DATA)
    (folder / "baocao.toml").write_text(
        f'search = "{hosts}"\nsearch_index_prefix = "test-{uuid4().hex[:8]}"\nsearch_replicas = 1\n'
    )
    with open_archive(folder) as opened:
        assert opened.index_down is None
    return folder


def prefix(archive: Path) -> str:
    elastic = Elastic.of(archive)
    assert elastic is not None
    return elastic.prefix


def write_long(folder: Path, count: int, first: int = 0) -> Path:
    """Write reports of so many sentences that an index takes them in while others are read."""
    folder.mkdir(exist_ok=True)
    for n in range(first, first + count):
        lines = [f"Trạm y tế xã số {k} đã khám bệnh cho {n * 100 + k} lượt người." for k in range(LINES)]
        text = "\n".join([f"BÁO CÁO SỐ {n}", *lines, f"Khó khăn là thiếu kinh phí mua {n} máy."])
        (folder / f"{n:03}.txt").write_text(text, encoding="utf-8")
    return folder


def waited_for(condition: Callable[[], bool], process: Any) -> None:
    until = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(0.05)


def proven(archive: Path, count: int) -> None:
    """The record has so many reports, and the index the same: each sentence, once."""
    assert lookup.counts(archive) == {"reports": count, "quarantined": 0, "queued": 0, "behind": 0}
    done = run("index", "verify", "--archive", archive)
    assert done.returncode == 0, done.stdout + done.stderr
    assert verify(archive).reports == count


def alike(cluster: Cluster, archive: Path, count: int) -> None:
    """Both copies hold what was proven."""
    one, other = cluster.copies(prefix(archive))
    assert one == other
    assert len({fields["report"] for fields in one.values()}) == count


def ingesting(cluster: Cluster, archive: Path, folder: Path) -> Any:
    """A run that has handed over some of the reports, and has most of them before it."""
    ingest = start("ingest", write_long(folder, REPORTS), "--archive", archive)
    waited_for(lambda: cluster.taken_in(prefix(archive)) > 10 * LINES, ingest)
    return ingest


def ended(ingest: Any) -> tuple[int, str, str]:
    try:
        told, errors = ingest.communicate(timeout=ENDS)
    except subprocess.TimeoutExpired:
        kill(ingest)
        raise
    return ingest.returncode, told, errors


@pytest.mark.parametrize("which", [Cluster.elected, Cluster.primary])
def test_a_node_killed_while_reports_come_in(
    cluster: Cluster, archive: Path, tmp_path: Path, which: Callable[[Cluster, str], str]
) -> None:
    """The run ends by itself with all in its place; once the node is back, its copy is as the other."""
    ingest = ingesting(cluster, archive, tmp_path / "in")
    cluster.kill(which(cluster, prefix(archive)))
    assert ingest.poll() is None  # else the test says nothing
    code, told, errors = ended(ingest)
    assert (code, errors) == (0, "")
    assert f"{REPORTS} new" in told
    proven(archive, REPORTS)
    cluster.up()
    alike(cluster, archive, REPORTS)


def test_a_node_killed_while_others_search(cluster: Cluster, archive: Path, tmp_path: Path) -> None:
    """Every search is answered, and rightly, by the other address; also that of who asks the dead one first."""
    done = run("ingest", write_long(tmp_path / "in", 40), "--archive", archive)
    assert done.returncode == 0, done.stderr
    asked = [SearchRequest("kinh phi"), SearchRequest("tram y te", limit=50), SearchRequest("xa", by=Group.SENTENCE)]
    engine = open_engine(archive)
    right = [shown(engine.search(request)) for request in asked]
    assert [total for total, _ in right] == [40, 40, 40 * LINES]
    took: list[float] = []
    wrong: list[object] = []
    over = threading.Event()

    def ask() -> None:
        own = open_engine(archive)
        while not over.is_set():
            for request, wanted in zip(asked, right, strict=True):
                began = time.monotonic()
                try:
                    if (got := shown(own.search(request))) != wanted:
                        wrong.append(got)
                except Exception as error:
                    wrong.append(error)
                took.append(time.monotonic() - began)

    searching = [threading.Thread(target=ask) for _ in range(2)]
    for thread in searching:
        thread.start()
    time.sleep(1)
    before = len(took)
    cluster.kill("es1")
    time.sleep(6)
    done = run("search", "kinh phí", "--archive", archive, "--json")
    over.set()
    for thread in searching:
        thread.join()
    assert before and len(took) > before + 10
    assert not wrong
    assert max(took) < 10
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["total"] == 40
    assert [shown(open_engine(archive).search(request)) for request in asked] == right
    cluster.up()
    alike(cluster, archive, 40)


def shown(result: SearchResult) -> tuple[int, list[tuple[str, tuple[int, ...]]]]:
    hits = [(hit.report, tuple(sentence.start for sentence in hit.sentences)) for hit in result.hits]
    return result.total, hits


def test_nobody_is_elected(cluster: Cluster, archive: Path, tmp_path: Path) -> None:
    """A node with data answers still, but takes nothing in: the run ends with a sentence, and the index follows later."""
    ingest = ingesting(cluster, archive, tmp_path / "in")
    cluster.kill("es1", "vote")
    assert ingest.poll() is None
    code, told, errors = ended(ingest)
    assert code == 0
    assert f"{REPORTS} new" in told
    (sentence,) = errors.splitlines()
    assert "elected no master" in sentence and "the index follows" in sentence
    told_of = lookup.counts(archive)
    assert told_of["reports"] == REPORTS
    assert told_of["behind"]
    assert open_engine(archive).search(SearchRequest("kinh phi")).total < REPORTS  # what it has it tells still
    cluster.up()
    with open_archive(archive) as opened:
        assert opened.index_down is None
    proven(archive, REPORTS)
    alike(cluster, archive, REPORTS)
