"""What a user sees when things go wrong: one sentence, an exit code, no traceback, and nothing lost."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parent.parent / "samples" / "reports"
COMMAND = [sys.executable, "-m", "baocao.cli"]


def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, **options)  # type: ignore[call-overload, no-any-return]


def assert_one_sentence(done: subprocess.CompletedProcess[str], code: int, words: str) -> None:
    assert done.returncode == code, done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("baocao: ") and line.endswith(".") and words in line, line


def intact(folder: Path, reports: int) -> bool:
    return f"agree: {reports} reports" in run("index", "status", "--archive", folder).stdout


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("failures")
    (folder / "in").mkdir()
    (folder / "in" / "a.txt").write_text("Sở Y tế đã tổ chức hội nghị. Khó khăn là thiếu kinh phí.", encoding="utf-8")
    (folder / "in" / "b.txt").write_text("Phòng Nội vụ còn gặp khó khăn, vướng mắc.", encoding="utf-8")
    assert run("ingest", folder / "in", "--archive", folder / "archive").returncode == 0
    return folder


@pytest.fixture
def archive(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole / "archive", tmp_path / "archive"))


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("search", "x", "--year", "abc"), 2, "baocao search --help"),
        (("search", "--nosuch"), 2, "No such option"),
        (("search", "x", "--from", "hôm qua"), 2, "2017-06-22"),
        (("search", "x", "--limit", "0"), 2, "--limit"),
        (("index", "nosuch"), 2, "baocao index --help"),
        (("show", "zzz"), 1, "`baocao search` shows ids"),
        (("correct", "undo", "99"), 1, "99"),
        (("export", "--format", "csv", "-o", "no-such-folder/a.csv"), 2, "no-such-folder/a.csv cannot be written"),
        (("export", "-o", os.curdir + "/.."), 2, "is no file"),
        (("evaluate", "no-such-folder"), 2, "no-such-folder"),
        (("analyze", "no-such-file"), 2, "check the spelling"),
    ],
)
def test_wrong_use(whole: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    environment = os.environ | {"BAOCAO_ARCHIVE": str(whole / "archive")}
    assert_one_sentence(run(*arguments, env=environment), code, words)


@pytest.mark.parametrize("command", [("ingest", str(SAMPLES)), ("search", "x"), ("index", "status"), ("quarantine",)])
def test_a_file_in_the_archives_place(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    assert_one_sentence(run(*command, "--archive", tmp_path / "file"), 1, str(tmp_path / "file"))
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def test_an_archive_of_a_newer_version(archive: Path) -> None:
    with closing(sqlite3.connect(archive / "record.sqlite", isolation_level=None)) as record:
        record.execute("UPDATE setting SET value = 99 WHERE name = 'schema'")
        before = list(record.iterdump())
        assert_one_sentence(run("ingest", SAMPLES, "--archive", archive), 1, "newer")
        assert list(record.iterdump()) == before


def test_a_second_ingest_at_the_same_time(archive: Path) -> None:
    import fcntl

    with (archive / "lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert_one_sentence(run("ingest", SAMPLES, "--archive", archive), 1, "wait until it has ended")
        assert run("search", "kinh phí", "--archive", archive).stdout.startswith("1 found")  # reading goes on
    assert intact(archive, 2)


def test_a_record_that_is_damaged(archive: Path) -> None:
    (archive / "record.sqlite").write_bytes(b"SQLite format 3\0" + b"\xff" * 8000)
    for command in (("search", "x"), ("export", "-o", "x"), ("ingest", SAMPLES), ("index", "rebuild")):
        assert_one_sentence(run(*command, "--archive", archive, cwd=archive), 1, "record")


def test_a_broken_index_is_made_anew_from_the_record(archive: Path) -> None:
    for file in (archive / "index").iterdir():
        file.write_bytes(b"broken")
    assert_one_sentence(run("search", "kinh phí", "--archive", archive), 1, "baocao index rebuild")
    assert run("index", "rebuild", "--archive", archive).returncode == 0
    assert intact(archive, 2)


def test_a_query_that_does_not_parse(whole: Path) -> None:
    done = run("search", "--archive", whole / "archive", "--", "-khó")
    assert_one_sentence(done, 2, "leave out")


def test_unreadable_files_are_refused_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("Sở Y tế đã tổ chức hội nghị.", encoding="utf-8")
    (tmp_path / "in" / "b.docx").write_bytes(b"PK\x03\x04 no zip")
    (tmp_path / "in" / "c.txt").touch()
    done = run("ingest", tmp_path / "in", "--archive", tmp_path / "archive")
    assert done.returncode == 1 and done.stdout.startswith("1 new, 0 known, 2 refused")
    assert len(done.stderr.splitlines()) == 2 and "Traceback" not in done.stderr
    assert intact(tmp_path / "archive", 1)


def test_output_that_is_closed_early(whole: Path) -> None:
    command = [*COMMAND, "search", "khó khăn", "--archive", str(whole / "archive")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == "" and process.wait(60) in (0, 1)
    process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="needs /dev/full")
def test_output_onto_a_full_disk(whole: Path) -> None:
    command = [*COMMAND, "search", "khó khăn", "--archive", str(whole / "archive")]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert_one_sentence(done, 1, "No space left")


def test_ctrl_c_during_ingest(tmp_path: Path) -> None:
    # A background job of a shell ignores Ctrl-C and hands that down: the command gets it back here.
    process = subprocess.Popen([*COMMAND, "ingest", SAMPLES, "--archive", tmp_path / "archive"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))  # fmt: skip
    until = time.monotonic() + 60
    while not (tmp_path / "archive" / "index" / "meta.json").exists() and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    # Where it falls into code that Python runs from a string (as dataclasses do), Python ends itself by the signal, once
    # all is told: a shell shows 130 for both.
    assert process.returncode in (130, -signal.SIGINT)
    assert told.strip() == "baocao: Stopped; what was stored is safe, and the same command goes on from here."
    assert run("ingest", SAMPLES, "--archive", tmp_path / "archive").returncode == 0
    assert intact(tmp_path / "archive", 12)
