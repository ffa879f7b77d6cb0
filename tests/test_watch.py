"""`ingest --watch`: a file is read once it is still; others may write meanwhile; a restart reads nothing twice."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

import pytest
from processes import kill, run, start

from baocao.commands.watching import Settling
from baocao.errors import UsageError
from baocao.index import lookup

TEXT = "Sở Y tế báo cáo: các trạm đã khám bệnh cho {} lượt người. Khó khăn là thiếu kinh phí.\n"


def put(folder: Path, name: str, number: int) -> Path:
    path = folder / name
    path.write_text(TEXT.format(number), encoding="utf-8")
    return path


def test_a_file_is_ready_once_it_is_still(tmp_path: Path) -> None:
    settling = Settling([tmp_path], still=4.0)
    path = put(tmp_path, "a.txt", 1)
    assert settling.ready(0.0) == {}
    assert settling.ready(3.9) == {}
    ready = settling.ready(4.0)
    assert list(ready) == [path]
    assert settling.ready(5.0) == ready  # until it was read
    settling.was_read(ready)
    assert settling.ready(9.0) == {}


def test_a_file_that_grows_waits(tmp_path: Path) -> None:
    settling = Settling([tmp_path], still=4.0)
    path = put(tmp_path, "a.txt", 1)
    for now in range(10):
        with path.open("a") as file:
            file.write("Thêm một dòng.\n")
        assert settling.ready(float(now)) == {}
    assert settling.ready(12.9) == {}
    assert list(settling.ready(13.0)) == [path]


def test_a_file_that_is_changed_or_comes_again_is_read_again(tmp_path: Path) -> None:
    settling = Settling([tmp_path], still=1.0)
    path = put(tmp_path, "a.txt", 1)
    settling.ready(0.0)
    settling.was_read(settling.ready(1.0))
    os.utime(path, ns=(1, 1))  # same size, another time
    assert settling.ready(2.0) == {}
    settling.was_read(settling.ready(3.0))
    path.unlink()
    assert settling.ready(4.0) == {}
    put(tmp_path, "a.txt", 1)
    assert settling.ready(5.0) == {}
    assert list(settling.ready(6.0)) == [path]


def test_a_folder_that_is_away_is_told_and_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "drive"
    folder.mkdir()
    path = put(folder, "a.txt", 1)
    settling = Settling([folder], still=1.0)
    settling.ready(0.0)
    folder.rename(tmp_path / "away")
    with pytest.raises(UsageError):
        settling.ready(1.0)
    (tmp_path / "away").rename(folder)
    assert list(settling.ready(2.0)) == [path]


class Watched:
    """A running watch, and the lines it told."""

    def __init__(self, *arguments: object) -> None:
        self.process: subprocess.Popen[str] = start("ingest", "--watch", *arguments)
        self._lines: Queue[str] = Queue()
        Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.strip())

    def line(self, seconds: float = 90.0) -> str:
        try:
            return self._lines.get(timeout=seconds)
        except Empty:
            raise AssertionError("nothing was told") from None


@pytest.fixture
def watch() -> Iterator[Callable[..., Watched]]:
    started: list[Watched] = []

    def begun(*arguments: object) -> Watched:
        started.append(Watched(*arguments))
        return started[-1]

    yield begun
    for watched in started:
        if watched.process.poll() is None:
            kill(watched.process)


def test_a_watched_folder(tmp_path: Path, watch: Callable[..., Watched]) -> None:
    folder, archive = tmp_path / "in", tmp_path / "archive"
    folder.mkdir()
    first = put(folder, "một.txt", 1)
    watched = watch(folder, "--archive", archive)
    assert watched.line() == f"Watching {folder}; Ctrl-C ends it."
    assert watched.line() == f"{first}: new"
    time.sleep(2)  # the archive is not held open between files: others may write
    assert run("ingest", put(tmp_path, "khác.txt", 2), "--archive", archive).returncode == 0
    second = put(folder, "hai.txt", 3)
    assert watched.line() == f"{second}: new"
    os.killpg(watched.process.pid, signal.SIGKILL)

    again = watch(folder, "--archive", archive)  # what a killed one read is known by its content
    third = put(folder, "ba.txt", 4)
    told = [again.line() for _ in range(3)]
    assert told == [f"Watching {folder}; Ctrl-C ends it.", f"{third}: new", "2 known."] or told[1:] == [
        "2 known.",
        f"{third}: new",
    ]
    again.process.send_signal(signal.SIGINT)
    assert again.process.wait(60) == 130
    assert again.process.stderr is not None
    assert again.process.stderr.read().strip().endswith("the same command goes on from here.")
    assert lookup.counts(archive)["reports"] == 4


def test_wrong_use_is_told(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    assert run("ingest", "--watch", tmp_path / "none", "--archive", archive).returncode == 2
    assert run("ingest", "--watch", "--again", tmp_path, "--archive", archive).returncode == 2
    assert run("ingest", "--watch", "--queue", tmp_path, "--archive", archive).returncode == 2
