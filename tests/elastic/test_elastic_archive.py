"""An archive with its index in an Elasticsearch: in step with the record, through outages, and swapped as a whole."""

import hashlib
import http.client
import random
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from made import made

from baocao.errors import ArchiveError, IndexBrokenError, UsageError
from baocao.index import archive as archive_module
from baocao.index import lookup, open_archive
from baocao.index.archive import Incoming, agreement, rebuild
from baocao.index.prepare import Prepared
from baocao.index.search import Group, SearchDownError, SearchRequest
from baocao.index.settings import Elastic, open_engine


def numbered(count: int) -> list[Prepared]:
    """Reports as the record hands them over, of one to seven sentences."""
    return [replace(made(f"số {n}", 1 + n % 7).report, number=2 * n + 1) for n in range(count)]


def unlike(name: str, lines: int) -> Incoming:
    """A report that the record takes for no variant of another: its sentences share few words with theirs."""
    letters = hashlib.shake_128(name.encode()).hexdigest(30).translate(str.maketrans("0123456789", "ghiklmnopq"))
    return made(" ".join(letters[at : at + 5] for at in range(0, 60, 5)), lines)


def use(folder: Path, url: str | None, prefix: str) -> None:
    folder.mkdir(exist_ok=True)
    said = f'search = "{url}"\n' if url else ""
    (folder / "baocao.toml").write_text(f'{said}search_index_prefix = "{prefix}"\nsearch_replicas = 0\n')


@pytest.fixture
def folder(tmp_path: Path, elastic: Elastic) -> Path:
    """An archive of three reports, searched by the Elasticsearch."""
    use(tmp_path / "archive", elastic.hosts[0], elastic.prefix)
    with open_archive(tmp_path / "archive") as opened:
        opened.add([made("một"), made("hai"), made("ba", 30)])
        assert opened.index_down is None
    return tmp_path / "archive"


def total(folder: Path, query: str = "", **filters: Any) -> int:
    return open_engine(folder).search(SearchRequest(query, **filters)).total


def indices(elastic: Elastic) -> dict[str, Any]:
    import elasticsearch

    with elasticsearch.Elasticsearch(list(elastic.hosts)) as client:
        return dict(client.indices.get(index=f"{elastic.prefix}-v*"))


def test_in_step_with_the_record(folder: Path) -> None:
    assert agreement(folder) == (set(), set())
    assert not (folder / "index").exists()
    assert total(folder) == 3
    assert total(folder, by=Group.SENTENCE) == 36
    old, new = made("một"), made("một và mới", 2, path="/r/x.txt")
    with open_archive(folder) as opened:
        opened.add([Incoming(new.report, old.path, new.original)])
    assert agreement(folder) == (set(), set())
    assert total(folder) == 3
    assert total(folder, by=Group.SENTENCE) == 35


def test_a_shorter_version_leaves_nothing_behind(elastic: Elastic) -> None:
    from baocao.index.elastic import ElasticEngine

    engine = ElasticEngine(elastic)
    engine.attach("a")
    for lines in (30, 3, 12):
        long = replace(made("một", lines).report, id="same", number=7)
        engine.put([replace(long, documents=tuple({**d, "report": "same"} for d in long.documents))])
        engine.commit()
        assert engine.search(SearchRequest(by=Group.SENTENCE)).total == lines
        assert engine.search(SearchRequest()).total == 1
    engine.drop(["same", "never there"])
    engine.commit()
    assert list(engine.ids()) == []
    assert engine.search(SearchRequest()).total == 0


def of_length(report: Prepared, lines: int) -> Prepared:
    """Another version of a report, under the same id and number."""
    other = made(f"{report.title} {lines}", lines).report
    return replace(report, documents=tuple({**d, "report": report.id} for d in other.documents))


def test_several_write_at_once(elastic: Elastic) -> None:
    """Each at reports of its own, put again and again in versions of other lengths, dropped in the end or not."""
    from baocao.index.elastic import ElasticEngine

    reports = numbered(200)
    failed: list[BaseException] = []

    def write(part: int) -> None:
        try:
            engine, rng = ElasticEngine(elastic), random.Random(part)
            engine.attach("a")
            mine = reports[part::4]
            for _ in range(4):
                engine.put([of_length(r, rng.randint(1, 12)) for r in mine])
                engine.put(mine[::5])
                engine.commit()
            engine.put(mine)
            engine.drop(r.id for r in mine[::10])
            engine.commit()
            engine.close()
        except BaseException as error:
            failed.append(error)

    writers = [threading.Thread(target=write, args=(part,)) for part in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert not failed
    left = [r for part in range(4) for n, r in enumerate(reports[part::4]) if n % 10]
    engine = ElasticEngine(elastic)
    assert set(engine.ids()) == {r.id for r in left}
    assert engine.search(SearchRequest()).total == len(left)
    assert engine.search(SearchRequest(by=Group.SENTENCE)).total == sum(len(r.documents) for r in left)


def test_what_a_writer_left_that_died_goes(elastic: Elastic) -> None:
    """It sent sentences that no search shows yet when the next one puts another version of the report."""
    from baocao.index.elastic import ElasticEngine

    reports = numbered(300)
    dying, living = ElasticEngine(elastic), ElasticEngine(elastic)
    for engine in (dying, living):
        engine.attach("a")
    living.put(reports[:10])
    dying.put([of_length(r, 20) for r in reports])
    dying._send()
    dying._arrived()
    living.put([of_length(r, 2) for r in reports[10:290]])
    living.drop(r.id for r in reports[290:])
    living.commit()
    assert set(living.ids()) == {r.id for r in reports[:290]}
    assert living.search(SearchRequest(by=Group.SENTENCE)).total == sum(len(r.documents) for r in reports[:10]) + 560


def test_totals_pages_and_ids_of_many_reports(elastic: Elastic) -> None:
    from baocao.index.elastic import ElasticEngine

    engine = ElasticEngine(elastic)
    engine.attach("a")
    reports = numbered(1_500)
    engine.put(reports)
    engine.put(reports[::9])
    engine.commit()
    engine.drop(r.id for r in reports[::11])
    engine.commit()
    left = {r.id for n, r in enumerate(reports) if n % 11}
    assert set(engine.ids()) == left
    assert engine.search(SearchRequest()).total == len(left)
    assert engine.search(SearchRequest("nội dung")).total == len(
        {r.id for n, r in enumerate(reports) if n % 11 and n % 7}
    )
    pages = [engine.search(SearchRequest("báo cáo", limit=200, offset=at)).hits for at in range(0, 1_500, 200)]
    seen = [hit.report for page in pages for hit in page]
    assert len(seen) == len(set(seen)) == len(left)
    with pytest.raises(UsageError, match="narrower"):
        engine.search(SearchRequest(offset=10_000))


@pytest.mark.parametrize("shards", [1, 3])
def test_every_hit_past_the_window(elastic: Elastic, shards: int) -> None:
    """More than Elasticsearch pages through, while others write; nothing stays open behind it."""
    from baocao.index.elastic import ElasticEngine

    engine, other = (ElasticEngine(replace(elastic, shards=shards)) for _ in range(2))
    engine.attach("a")
    other.attach("a")
    reports = [of_length(r, 420) for r in numbered(26)]
    engine.put(reports)
    engine.commit()
    every = engine.every(SearchRequest("nội dung", limit=3))
    seen = [next(every) for _ in range(1_500)]
    other.drop(r.id for r in reports[::2])
    other.put(numbered(30)[26:])
    other.commit()
    seen += every
    assert len({(h.report, h.sentences[0].start) for h in seen}) == len(seen) == 26 * 419
    assert [h.score for h in seen] == sorted((h.score for h in seen), reverse=True)
    assert sum(1 for _ in engine.every(SearchRequest("nội dung"))) == 13 * 419 + sum(n % 7 for n in range(26, 30))
    some = engine.stored()
    next(some)
    some.close()  # type: ignore[attr-defined]
    contexts = engine._client.nodes.stats(metric="indices", index_metric="search")["nodes"].values()
    assert sum(node["indices"]["search"]["open_contexts"] for node in contexts) == 0


def test_several_shards(elastic: Elastic) -> None:
    """Totals and facets stay exact, and words are as rare as in the whole index."""
    from baocao.index.elastic import ElasticEngine

    reports = numbered(400)
    reports = [
        replace(r, documents=tuple({**d, "unit": [f"Sở {k % 97}"]} for k, d in enumerate(r.documents, n)))
        for n, r in enumerate(reports)
    ]
    told = []
    for shards in (1, 3):
        engine = ElasticEngine(replace(elastic, shards=shards, prefix=f"{elastic.prefix}-{shards}"))
        engine.attach("a")
        engine.put(reports)
        engine.commit()
        told.append(engine.search(SearchRequest("nội dung số 5 OR báo cáo", limit=50)))
    one, three = told
    assert three.total == one.total
    assert three.facets == one.facets
    assert [h.score for h in three.hits] == pytest.approx([h.score for h in one.hits], rel=1e-3)


def test_rebuild_swaps_the_alias(folder: Path, elastic: Elastic) -> None:
    (before,) = indices(elastic)
    assert rebuild(folder) == 3
    (after,) = indices(elastic)  # the old one is gone
    assert after != before
    assert agreement(folder) == (set(), set())
    with open_archive(folder) as opened:
        opened.add([made("bốn")])
    assert total(folder) == 4


def test_no_search_fails_while_the_index_is_rebuilt(folder: Path) -> None:
    told: list[int] = []
    ended = threading.Event()

    def ask() -> None:
        while not ended.is_set():
            told.append(total(folder))

    asking = threading.Thread(target=ask)
    asking.start()
    for _ in range(5):
        rebuild(folder)
    ended.set()
    asking.join()
    assert len(told) > 5  # else the test says nothing
    assert set(told) == {3}


def test_writers_go_on_while_the_index_is_rebuilt(elastic: Elastic) -> None:
    """Two write while a third makes the index anew, again and again; what changed meanwhile is put again, as by the record."""
    from baocao.index.elastic import ElasticEngine

    reports = numbered(600)
    put: set[int] = set(range(0, 600, 60))
    changed: set[int] = set()
    failed: list[BaseException] = []
    rebuilding = ElasticEngine(elastic)
    rebuilding.attach("a")

    def stored(engine: ElasticEngine, which: list[int]) -> None:
        while True:
            with suppress(SearchDownError):
                engine.put(reports[n] for n in which)
                engine.commit()
                return

    def write(part: int) -> None:
        try:
            engine = ElasticEngine(elastic)
            engine.attach("a")
            mine = [n for n in range(600) if n % 2 == part]
            for at in range(0, 300, 6):
                stored(engine, mine[at : at + 6])
                put.update(mine[at : at + 6])
                changed.update(mine[at : at + 6])
            engine.close()
        except BaseException as error:
            failed.append(error)

    stored(rebuilding, sorted(put))
    writers = [threading.Thread(target=write, args=(part,)) for part in range(2)]
    for writer in writers:
        writer.start()
    swaps = 0
    while any(writer.is_alive() for writer in writers):
        changed.clear()
        fresh = rebuilding.beside()
        stored(fresh, sorted(put))
        fresh.take_place()
        again = ElasticEngine(elastic)
        again.attach("a")
        stored(again, sorted(changed))
        again.close()
        swaps += 1
    for writer in writers:
        writer.join()
    assert not failed
    assert swaps > 1
    stored(rebuilding, sorted(changed))
    assert set(rebuilding.ids()) == {r.id for r in reports}
    assert rebuilding.search(SearchRequest(by=Group.SENTENCE)).total == sum(len(r.documents) for r in reports)
    assert len(indices(elastic)) == 1


def test_what_goes_to_an_index_that_was_replaced_is_told(elastic: Elastic) -> None:
    from baocao.index.elastic import ElasticEngine

    writing, rebuilding = ElasticEngine(elastic), ElasticEngine(elastic)
    reports = numbered(40)
    for engine in (writing, rebuilding):
        engine.attach("a")
    fresh = rebuilding.beside()
    fresh.put(reports[:20])
    fresh.commit()
    writing.put(reports[20:])
    writing._send()
    fresh.take_place()
    with pytest.raises(SearchDownError, match="made anew"):
        writing.commit()
    writing.put(reports[20:])
    writing.commit()
    assert set(writing.ids()) == {r.id for r in reports}


def test_an_index_deleted_by_hand_is_not_made_by_a_slip(elastic: Elastic) -> None:
    import elasticsearch

    from baocao.index.elastic import ElasticEngine

    engine = ElasticEngine(elastic)
    engine.attach("a")
    (name,) = indices(elastic)
    engine.put(numbered(1))
    with elasticsearch.Elasticsearch(list(elastic.hosts)) as client:
        client.indices.delete(index=name)
        with pytest.raises(IndexBrokenError, match="index rebuild"):
            engine.commit()
        engine._sent["one under way"] = set()
        engine.put(numbered(1))
        with pytest.raises(IndexBrokenError, match="index rebuild"):
            engine.commit()
        assert not client.indices.exists(index=elastic.prefix)


def test_writing_to_an_index_of_another_layout_is_refused(elastic: Elastic, monkeypatch: pytest.MonkeyPatch) -> None:
    from baocao.index import elastic as elastic_module

    old, new = elastic_module.ElasticEngine(elastic), elastic_module.ElasticEngine(elastic)
    old.attach("a")
    with monkeypatch.context() as patched:
        patched.setattr(elastic_module, "LAYOUT", elastic_module.LAYOUT + 1)
        new.attach("a")
        new.beside().take_place()
    old.put(numbered(1))
    with pytest.raises(ArchiveError, match="Another version"):
        old.commit()


def test_the_template_is_kept_up_to_date(elastic: Elastic) -> None:
    """What another hand makes under our names has our mapping; a template of ours that stands is left as it is."""
    import elasticsearch

    from baocao.index.elastic import ElasticEngine

    with elasticsearch.Elasticsearch(list(elastic.hosts)) as client:

        def held() -> Any:
            (told,) = client.indices.get_index_template(name=f"{elastic.prefix}-template")["index_templates"]
            return told["index_template"]

        ElasticEngine(elastic).attach("a")
        client.indices.create(index=f"{elastic.prefix}-v9-restored")
        mapping = client.indices.get_mapping(index=f"{elastic.prefix}-v9-restored")
        assert mapping[f"{elastic.prefix}-v9-restored"]["mappings"]["dynamic"] == "strict"
        client.indices.put_index_template(
            name=f"{elastic.prefix}-template", index_patterns=held()["index_patterns"], template=held()["template"],
            meta=held()["_meta"], priority=300,
        )  # fmt: skip
        ElasticEngine(elastic).attach("a")
        assert held()["priority"] == 300
        ElasticEngine(replace(elastic, shards=2)).attach("a")
        assert held()["template"]["settings"]["index"]["number_of_shards"] == "2"


def test_a_failed_rebuild_leaves_the_old_index(folder: Path, elastic: Elastic, monkeypatch: pytest.MonkeyPatch) -> None:
    from baocao.index.elastic import ElasticEngine

    with monkeypatch.context() as patched:
        patched.setattr(ElasticEngine, "ids", lambda self: iter(["another"]))
        with pytest.raises(IndexBrokenError, match="old one stays"):
            rebuild(folder)
    assert total(folder) == 3
    assert len(indices(elastic)) == 2
    rebuild(folder)
    assert len(indices(elastic)) == 1


def test_an_index_of_another_layout_is_made_anew(
    folder: Path, elastic: Elastic, monkeypatch: pytest.MonkeyPatch
) -> None:
    from baocao.index import elastic as elastic_module

    monkeypatch.setattr(elastic_module, "LAYOUT", elastic_module.LAYOUT + 1)
    with open_archive(folder):
        pass
    (name,) = indices(elastic)
    assert f"-v{elastic_module.LAYOUT}-" in name
    assert agreement(folder) == (set(), set())


def test_a_missing_index_is_told_and_comes_back(folder: Path, elastic: Elastic) -> None:
    import elasticsearch

    (name,) = indices(elastic)
    with elasticsearch.Elasticsearch(list(elastic.hosts)) as client:
        client.indices.delete(index=name)
    with pytest.raises(IndexBrokenError, match="index rebuild"):
        total(folder)
    with open_archive(folder):
        pass
    assert agreement(folder) == (set(), set())


def test_the_index_of_another_archive_is_left_alone(folder: Path, elastic: Elastic, tmp_path: Path) -> None:
    use(tmp_path / "other", elastic.hosts[0], elastic.prefix)
    for act in (open_archive, rebuild):
        with pytest.raises(ArchiveError, match=r"another archive's|no archive"):
            act(tmp_path / "other")
    assert total(folder) == 3


def test_from_one_engine_to_the_other_and_back(folder: Path, elastic: Elastic) -> None:
    use(folder, None, elastic.prefix)
    with open_archive(folder) as opened:
        opened.add([made("bốn")])
    assert (total(folder), agreement(folder)) == (4, (set(), set()))
    use(folder, elastic.hosts[0], elastic.prefix)
    with open_archive(folder):
        pass
    assert (total(folder), agreement(folder)) == (4, (set(), set()))


def test_a_sentence_that_is_refused_is_named(elastic: Elastic) -> None:
    from baocao.index.elastic import ElasticEngine

    engine = ElasticEngine(elastic)
    engine.attach("a")
    (report,) = numbered(3)[2:]
    with pytest.raises(ValueError, match="no number"):
        engine.put([replace(report, number=0)])
    engine.put([replace(report, documents=(report.documents[0], {**report.documents[1], "unknown": 1}))])
    with pytest.raises(ArchiveError, match=f"{report.id}-{report.documents[1]['start']}.*strict"):
        engine.commit()


def test_down_is_one_sentence_and_the_index_follows_later(tmp_path: Path, elastic: Elastic) -> None:
    folder = tmp_path / "archive"
    use(folder, "http://127.0.0.1:9", elastic.prefix)  # nobody listens there
    with open_archive(folder) as opened:
        assert opened.add([made("một"), made("hai")]) == [True, True]
    assert opened.index_down is not None
    assert "127.0.0.1:9 cannot be reached" in opened.index_down
    assert lookup.counts(folder)["reports"] == 2
    started = time.monotonic()
    command = [sys.executable, "-m", "baocao.cli", "search", "khó", "--archive", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "cannot be reached" in done.stderr
    assert time.monotonic() - started < 10
    use(folder, elastic.hosts[0], elastic.prefix)
    with open_archive(folder) as opened:
        assert opened.index_down is None
    assert (total(folder), agreement(folder)) == (2, (set(), set()))


def test_a_node_killed_while_reports_come_in(folder: Path, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "_COMMIT_REPORTS", 40)
    with open_archive(folder) as opened:
        opened.add([unlike(f"trước {n}", 40) for n in range(60)])
        server.kill()
        with pytest.raises(SearchDownError, match="cannot be reached"):
            total(folder)
        opened.add([unlike(f"sau {n}", 40) for n in range(60)])
        assert opened.index_down is not None
        server.start()
        opened.add([made("cuối")])
    assert opened.index_down is None
    assert lookup.counts(folder)["reports"] == 124
    assert agreement(folder) == (set(), set())
    assert total(folder, by=Group.SENTENCE) == 36 + 120 * 40 + 3


class Unreliable(ThreadingHTTPServer):
    """Stands before the server; a share of calls is answered with 429 or 503, or cut off before or after its work."""

    daemon_threads = True

    def __init__(self, port: int, share: float, certificate: Path | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Unreliable)
        self.behind, self.share, self.rng, self.failed = port, share, random.Random(3), 0
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Unreliable(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Unreliable

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        hit = self.server.rng.random() < self.server.share
        fault = self.server.rng.choice(("429", "503", "before", "after")) if hit else ""
        self.server.failed += bool(fault)
        if fault == "before":
            self.close_connection = True
            return
        if fault in ("429", "503"):
            self._answer(int(fault), b'{"error": {"type": "made_up", "reason": "busy"}}', "application/json")
            return
        behind = http.client.HTTPConnection("127.0.0.1", self.server.behind)
        behind.request(self.command, self.path, body, {k: v for k, v in self.headers.items() if k != "Host"})
        answer = behind.getresponse()
        told = answer.read()
        if fault == "after":
            self.close_connection = True
        else:
            self._answer(answer.status, told, answer.headers["Content-Type"])
        behind.close()

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("X-elastic-product", "Elasticsearch")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _pass_on

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def unreliable(server: Any) -> Iterator[Unreliable]:
    proxy = Unreliable(server.port, 0.2)
    yield proxy
    proxy.shutdown()
    proxy.server_close()


def test_busy_answers_and_cut_connections_lose_nothing(
    tmp_path: Path, elastic: Elastic, unreliable: Unreliable
) -> None:
    folder = tmp_path / "archive"
    use(folder, f"http://127.0.0.1:{unreliable.server_address[1]}", elastic.prefix)
    for part in range(5):
        with open_archive(folder) as opened:
            for n in range(6):
                opened.add([unlike(f"{part} {n} {k}", 40) for k in range(25)])
    assert unreliable.failed >= 10
    use(folder, elastic.hosts[0], elastic.prefix)
    with open_archive(folder):  # what the last run could not do
        pass
    assert lookup.counts(folder)["reports"] == 750
    assert agreement(folder) == (set(), set())
    assert total(folder, by=Group.SENTENCE) == 750 * 40


def certificate(folder: Path, name: str) -> Path:
    """A certificate of its own authority for this machine, and its key, in one file."""
    made = folder / f"{name}.pem"
    command = (
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=baocao-tests -addext subjectAltName={name} "
        f"-keyout {made} -out {made}.crt"
    )
    subprocess.run(command.split(), check=True, capture_output=True, timeout=60)
    made.write_text(made.read_text() + Path(f"{made}.crt").read_text())
    return made


def test_a_certificate_is_verified(tmp_path: Path, server: Any, elastic: Elastic) -> None:
    folder = tmp_path / "archive"
    right, other = certificate(tmp_path, "IP:127.0.0.1"), certificate(tmp_path, "DNS:elsewhere")
    for shown, trusted, told in (
        (right, right, None),
        (right, None, "certificate"),
        (right, other, "certificate"),
        (other, other, "certificate"),  # trusted, but of another machine
    ):
        front = Unreliable(server.port, 0, shown)
        use(folder, f"https://127.0.0.1:{front.server_address[1]}", elastic.prefix)
        if trusted:
            with (folder / "baocao.toml").open("a") as said:
                said.write(f'search_ca_file = "{trusted}.crt"\n')
        with open_archive(folder) as opened:
            opened.add([made(f"{shown} {trusted}")])
        if told is None:
            assert (opened.index_down, agreement(folder)) == (None, (set(), set()))
        else:
            assert told in (opened.index_down or "")
            with pytest.raises(SearchDownError, match=told):
                total(folder)
        front.shutdown()
        front.server_close()


def test_a_disk_too_full_to_take_anything_in(folder: Path, elastic: Elastic, monkeypatch: pytest.MonkeyPatch) -> None:
    import elasticsearch

    from baocao.index import elastic as elastic_module

    monkeypatch.setattr(elastic_module, "_PATIENCE", 0.0)
    with elasticsearch.Elasticsearch(list(elastic.hosts)) as client:

        def block(on: bool | None) -> None:  # what the server does itself at its highest watermark
            client.indices.put_settings(index=elastic.prefix, settings={"index.blocks.read_only_allow_delete": on})

        block(True)
        with open_archive(folder) as opened:
            assert opened.add([made("bốn"), made("năm")]) == [True, True]
        assert "takes nothing in" in (opened.index_down or "")
        assert total(folder) == 3
        assert len(agreement(folder)[0]) == 2
        block(None)
    with open_archive(folder) as opened:
        pass
    assert (opened.index_down, total(folder), agreement(folder)) == (None, 5, (set(), set()))


@pytest.mark.parametrize(("status", "told"), [(401, "refuses the key"), (403, "does not allow")])
def test_a_key_that_is_refused(
    tmp_path: Path, server: Any, monkeypatch: pytest.MonkeyPatch, status: int, told: str
) -> None:
    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b'{"error": {"type": "security_exception", "reason": "no"}, "status": 401}'
            self.send_response(status)
            self.send_header("X-elastic-product", "Elasticsearch")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    monkeypatch.setenv("BAOCAO_SEARCH_API_KEY", "s3cret-value")
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as refusing:
        threading.Thread(target=refusing.serve_forever, daemon=True).start()
        use(tmp_path / "archive", f"http://127.0.0.1:{refusing.server_address[1]}", "x")
        with pytest.raises(ArchiveError, match=told) as error:
            open_archive(tmp_path / "archive")
        assert "s3cret" not in str(error.value)
        refusing.shutdown()


def test_an_address_of_something_else(tmp_path: Path, server: Any) -> None:
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        use(tmp_path / "archive", f"http://127.0.0.1:{other.server_address[1]}", f"x{uuid4().hex[:6]}")
        with pytest.raises(ArchiveError, match="no Elasticsearch"):
            open_archive(tmp_path / "archive")
        other.shutdown()
