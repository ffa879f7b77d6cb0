"""PostgreSQL and Elasticsearch together, several workers, and what fails under way: nothing lost, nothing twice."""

import os
import signal
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from processes import kill, run, start, write_reports

from baocao.index import lookup, open_archive
from baocao.index.archive import rebuild
from baocao.index.search import SearchRequest
from baocao.index.settings import open_engine
from baocao.index.verifying import verify


@pytest.fixture
def archive(tmp_path: Path, postgres: Any, server: Any) -> Path:
    folder = tmp_path / "archive"
    folder.mkdir()
    (folder / "baocao.toml").write_text(
        f'record = "{postgres.url(postgres.database())}"\nsearch = "{server.url}"\n'
        f'search_index_prefix = "test-{uuid4().hex[:8]}"\nsearch_replicas = 0\nsearch_timeout = 5\n'
    )
    return folder


def whole(folder: Path, count: int) -> None:
    told = lookup.counts(folder)
    assert told == {"reports": count, "quarantined": 0, "queued": 0, "behind": 0}
    verified = verify(folder)
    assert verified.agree and verified.reports == count, verified
    assert open_engine(folder).search(SearchRequest("kinh phi")).total == count


def waited_for(condition: Any, seconds: float = 90.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(0.2)


def test_workers_share_the_files_and_one_dies(archive: Path, tmp_path: Path) -> None:
    workers = [start("worker", "--archive", archive) for _ in range(3)]
    try:
        done = run("ingest", write_reports(tmp_path / "in", 60), "--queue", "--archive", archive)
        assert done.returncode == 0, done.stderr
        waited_for(lambda: lookup.counts(archive)["reports"] > 0)
        kill(workers.pop())
        waited_for(lambda: not lookup.counts(archive)["queued"])  # its claims lapse within the minute
        waited_for(lambda: not lookup.counts(archive)["behind"])
        whole(archive, 60)
    finally:
        for process in workers:
            os.killpg(process.pid, signal.SIGINT)
            process.communicate(timeout=60)
    whole(archive, 60)


def test_the_index_catches_up_by_itself(archive: Path, tmp_path: Path, server: Any) -> None:
    worker = start("worker", "--archive", archive)
    try:
        run("ingest", write_reports(tmp_path / "in", 10), "--queue", "--archive", archive)
        waited_for(lambda: lookup.counts(archive) == {"reports": 10, "quarantined": 0, "queued": 0, "behind": 0})
        server.kill()
        done = run("ingest", write_reports(tmp_path / "in", 20, 10), "--queue", "--archive", archive)
        assert done.returncode == 0 and "cannot be reached" in done.stderr
        waited_for(lambda: lookup.counts(archive)["reports"] == 30)  # the record goes on
        assert lookup.counts(archive)["behind"] == 20
        done = run("search", "kinh phi", "--archive", archive)
        assert done.returncode == 1 and "cannot be reached" in done.stderr
        server.start()
        waited_for(lambda: not lookup.counts(archive)["behind"])
        assert worker.poll() is None
    finally:
        if server.process is None:
            server.start()
        kill(worker)
    whole(archive, 30)


def test_the_index_is_rebuilt_while_others_write(archive: Path, tmp_path: Path) -> None:
    run("ingest", write_reports(tmp_path / "in", 20), "--archive", archive)
    ingest = start("ingest", write_reports(tmp_path / "more", 40, 100), "--archive", archive)
    for _ in range(3):
        assert rebuild(archive) >= 20
    told, errors = ingest.communicate(timeout=120)
    assert ingest.returncode == 0 and "40 new" in told, errors
    with open_archive(archive):
        pass
    whole(archive, 60)
