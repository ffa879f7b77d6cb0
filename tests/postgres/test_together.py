"""Many processes on one record in PostgreSQL: each file once, whoever dies, and whether or not the server stays."""

import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from processes import kill, run, start, write_reports

from baocao.errors import ArchiveError, RecordDownError, UsageError
from baocao.index import lookup, open_archive
from baocao.index.archive import agreement
from baocao.index.copying import copy_archive
from baocao.index.corrections import relabel
from baocao.index.outbox import Outbox
from baocao.index.queue import LAPSE, TRIES, Queue
from baocao.index.record import Record
from baocao.intake import hand_in, work
from baocao.report import Label, Report

Postgres = Any  # the server of tests/conftest.py


def whole(folder: Path, count: int) -> None:
    """Every report once, the queue empty, the index as the record."""
    told = lookup.counts(folder)
    assert told == {"reports": count, "quarantined": 0, "queued": 0, "behind": 0}
    assert agreement(folder) == (set(), set())
    paths = [report.source.name for report in lookup.reports(folder)]
    assert len(paths) == len(set(paths)) == count


def test_the_same_commands(shared: Path, tmp_path: Path) -> None:
    write_reports(tmp_path / "in", 5)
    (tmp_path / "in" / "bad.pdf").write_bytes(b"%PDF-1.4 broken")
    done = run("ingest", tmp_path / "in", "--archive", shared)
    assert done.returncode == 1 and "5 new, 0 known, 1 refused" in done.stdout, done.stderr
    assert "secret-of-the-tests" not in done.stdout + done.stderr
    done = run("ingest", tmp_path / "in", "--archive", shared)
    assert "0 new, 5 known, 1 refused" in done.stdout
    assert run("index", "status", "--archive", shared).returncode == 0
    assert "BC2" in run("quarantine", "--archive", shared).stdout
    found = run("search", "thieu kinh phi", "--archive", shared, "--json").stdout
    assert '"total": 5' in found
    report = next(lookup.reports(shared))
    assert report.id in run("show", report.id[:10], "--archive", shared).stdout
    assert run("export", "-o", tmp_path / "all.jsonl", "--archive", shared).returncode == 0
    assert len((tmp_path / "all.jsonl").read_text().splitlines()) == 5
    done = run("correct", "relabel", report.id, report.sentences[0].start, "difficulty", "--archive", shared)
    assert done.returncode == 0 and "relabel" in run("correct", "list", "--archive", shared).stdout
    assert run("index", "rebuild", "--archive", shared).returncode == 0


def test_files_handed_in_are_read_by_a_worker_from_the_originals(shared: Path, tmp_path: Path) -> None:
    write_reports(tmp_path / "in", 4)
    done = run("ingest", tmp_path / "in", "--queue", "--archive", shared)
    assert "4 queued" in done.stdout and lookup.counts(shared)["queued"] == 4
    for path in (tmp_path / "in").iterdir():
        path.unlink()  # the worker's host need not see the folder
    done = run("worker", "--once", "--archive", shared)
    assert done.stdout.startswith("4 new"), done.stderr
    whole(shared, 4)
    assert {r.source.name for r in lookup.reports(shared)} == {"000.txt", "001.txt", "002.txt", "003.txt"}


def test_without_postgresql_there_is_no_queue(tmp_path: Path) -> None:
    write_reports(tmp_path / "in", 1)
    for command in (("worker",), ("ingest", tmp_path / "in", "--queue")):
        done = run(*command, "--archive", tmp_path / "archive")
        assert done.returncode == 2 and "PostgreSQL" in done.stderr


def test_a_claim_is_one_workers_until_it_lapses(shared: Path) -> None:
    with closing(Record(shared)) as record:
        one, two = Queue(record), Queue(record)
        one.put([("a" * 64, "/r/a"), ("b" * 64, "/r/b")])
        one.put([("a" * 64, "/r/a")])
        (first,), (second,) = one.claim(1), two.claim(5)
        assert (first.path, second.path) == ("/r/a", "/r/b")
        assert one.claim(5) == two.claim(5) == []
        with record.writing() as connection:
            connection.exec_driver_sql("UPDATE job SET until = until - %(past)s", {"past": LAPSE})
        (again,) = [job for job in two.claim(5) if job.path == "/r/a"]
        assert again.claims == 2
        one.done([first.number])  # too late: the file is another's by now
        assert one.left() == 2
        two.give_back()
        assert len(one.claim(5)) == 2


def test_files_are_done_though_the_server_went_away_at_that_moment(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that is tried again has all that it had the first time; else its files would be claimed for ever."""
    write_reports(tmp_path / "in", 3)
    with open_archive(shared) as opened:
        handed_in = [item for item in hand_in(opened, sorted((tmp_path / "in").iterdir())) if isinstance(item, tuple)]
        writing, failed = Record.writing, []

        def once_away(self: Record) -> Any:
            caller = sys._getframe(1).f_code.co_name
            if caller == "done" and not failed:
                failed.append(caller)
                raise RecordDownError("away")
            return writing(self)

        monkeypatch.setattr(Record, "writing", once_away)
        asked: list[int] = []

        def until(queue: Queue) -> bool:
            asked.append(queue.left(handed_in))
            return True

        assert [taken.outcome for taken in work(opened, until=until)] == ["new"] * 3
        assert failed and asked == [0]


def test_a_file_that_ends_its_workers_is_left_out(shared: Path, tmp_path: Path) -> None:
    write_reports(tmp_path / "in", 1)
    run("ingest", tmp_path / "in", "--queue", "--archive", shared)
    with closing(Record(shared)) as record, record.writing() as connection:
        connection.exec_driver_sql("UPDATE job SET claims = %(claims)s", {"claims": TRIES})
    done = run("worker", "--once", "--archive", shared)
    assert "1 refused" in done.stdout
    (row,) = lookup.refusals(shared)
    assert row["code"] == "BC220"


def test_workers_that_are_killed_lose_nothing(shared: Path, tmp_path: Path) -> None:
    write_reports(tmp_path / "in", 60)
    run("ingest", tmp_path / "in", "--queue", "--archive", shared)
    kinds = (("worker", "--archive", shared), ("ingest", tmp_path / "in", "--archive", shared))
    killed = 0
    until = time.monotonic() + 150
    while lookup.counts(shared)["queued"] and time.monotonic() < until:
        process = start(*kinds[killed % 2])
        time.sleep(2.0 + 0.7 * killed)
        kill(process)
        killed += 1
        with closing(Record(shared)) as record, record.writing() as connection:  # as if half a minute had gone by
            connection.exec_driver_sql("UPDATE job SET until = 0, claims = 0")
    assert killed >= 2
    assert run("worker", "--once", "--archive", shared).returncode == 0
    whole(shared, 60)


def test_the_server_is_restarted_under_way(shared: Path, tmp_path: Path, postgres: Postgres) -> None:
    write_reports(tmp_path / "in", 60)
    process = start("ingest", tmp_path / "in", "--archive", shared)
    try:
        until = time.monotonic() + 60
        while not _some(shared):
            assert time.monotonic() < until
            time.sleep(0.1)
        for _ in range(2):
            postgres.kill()
            time.sleep(1.5)
            postgres.start()
            time.sleep(1.5)
        told, errors = process.communicate(timeout=180)
    finally:
        if process.poll() is None:
            kill(process)
    assert process.returncode == 0, errors
    assert "60 new" in told, told
    whole(shared, 60)


def _some(folder: Path) -> bool:
    try:
        return lookup.counts(folder)["reports"] > 0
    except ArchiveError:
        return False  # the tables are not there yet


def test_two_at_the_same_reports_store_each_once(shared: Path, tmp_path: Path) -> None:
    """Two hosts ingest one folder, each with an embedded index of its own folder; both end whole."""
    write_reports(tmp_path / "in", 30)
    twin = tmp_path / "twin"
    twin.mkdir()
    (twin / "baocao.toml").write_text((shared / "baocao.toml").read_text() + f'originals = "{shared / "originals"}"\n')
    (twin / "password").write_text((shared / "password").read_text())
    processes = [start("ingest", tmp_path / "in", "--archive", folder, "--json") for folder in (shared, twin)]
    for process in processes:
        _, errors = process.communicate(timeout=200)
        assert process.returncode == 0, errors
    with open_archive(shared):
        pass
    whole(shared, 30)


def test_an_archive_moves_to_the_server_and_back(shared: Path, tmp_path: Path) -> None:
    write_reports(tmp_path / "in", 12)
    (tmp_path / "in" / "bad.pdf").write_bytes(b"%PDF-1.4 broken")
    first, back = tmp_path / "first", tmp_path / "back"
    run("ingest", tmp_path / "in", "--archive", first)
    report = next(lookup.reports(first))
    with open_archive(first) as opened:
        opened.correct(report.id, relabel(report, report.sentences[0].start, Label.DIFFICULTY), by="Lan")
        opened.undo(opened.merge("Sở Y tế", "Sở Y tế tỉnh Hà Nam"))
    done = run("archive", "copy", first, shared)
    assert done.returncode == 0 and done.stdout.startswith("12 reports, 12 originals and 2 corrections"), done.stderr
    assert copy_archive(shared, back).reports == 12
    for folder in (shared, back):
        assert list(lookup.reports(folder)) == list(lookup.reports(first))
        assert lookup.refusals(folder) == lookup.refusals(first)
        assert lookup.corrections(folder, undone=True) == lookup.corrections(first, undone=True)
        assert agreement(folder) == (set(), set())
    assert {p.name for p in (back / "originals").glob("*/*")} == {p.name for p in (first / "originals").glob("*/*")}
    with open_archive(shared) as opened:  # numbers go on behind those that came along
        assert opened.merge("Sở Y tế", "Sở Y tế tỉnh Nam Định") == 3
    with pytest.raises(UsageError, match="holds reports already"):
        copy_archive(first, shared)
    with pytest.raises(UsageError, match="same record"):
        copy_archive(first, first)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ("postgresql://clerk:wrong@127.0.0.1:{port}/postgres", "refuses the user or password"),
        ("postgresql://clerk:secret-of-the-tests@127.0.0.1:{port}/nosuch", "createdb"),
        ("postgresql://clerk:secret-of-the-tests@127.0.0.1:1/postgres", "cannot be reached"),
        ("mysql://x/y", "no address such as"),
        ("postgresql://clerk@127.0.0.1:{port}", "no address such as"),
    ],
)
@pytest.mark.parametrize("command", [("search", "x"), ("index", "status")])
def test_what_is_wrong_with_the_server_is_one_sentence(
    postgres: Postgres, tmp_path: Path, record: str, words: str, command: tuple[str, ...]
) -> None:
    done = run(*command, "--archive", tmp_path, env=os.environ | {"BAOCAO_RECORD": record.format(port=postgres.port)})
    assert done.returncode in (1, 2) and words in done.stderr, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1 and "secret-of-the-tests" not in done.stderr


def test_lookups_load_no_sql_library(shared: Path, tmp_path: Path) -> None:
    write_reports(tmp_path / "in", 1)
    run("ingest", tmp_path / "in", "--archive", shared)
    script = (
        "import sys; from pathlib import Path; from baocao.index import lookup\n"
        "assert len(list(lookup.reports(Path(sys.argv[1])))) == 1; lookup.corrections(Path(sys.argv[1]))\n"
        "print({'sqlalchemy', 'spacy', 'numpy', 'tantivy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script, str(shared)], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "set()", done.stderr


def test_a_report_changed_by_another_in_between_is_indexed_as_it_stands(shared: Path, tmp_path: Path) -> None:
    """What a process prepared is not put over what another stored after it."""
    write_reports(tmp_path / "in", 1)
    run("ingest", tmp_path / "in", "--archive", shared)
    (report,) = lookup.reports(shared)
    assert isinstance(report, Report)
    with closing(Record(shared)) as one, closing(Record(shared)) as two:
        one.correct(relabel(report, report.sentences[0].start, Label.DIFFICULTY), report.id, "Lan")
        first, second = Outbox(one), Outbox(two)
        first.index = second.index = one.index() or ""
        assert [change.report for change in first.claim(10)] == [report.id]
        two.correct(relabel(report, report.sentences[1].start, Label.DIFFICULTY), report.id, "Minh")
        assert second.claim(10) == []  # the report is the first one's to put, later change and all
        first.done()
        assert [change.report for change in second.claim(10)] == [report.id]
        second.let_go()
        assert [change.report for change in first.claim(10)] == [report.id]
        first.done()
    assert lookup.counts(shared)["behind"] == 0
