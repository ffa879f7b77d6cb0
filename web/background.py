"""What the page has done beside it, by programs of their own: reading uploads, training, making the index anew.

A program is started when there is something for it, and again when it ended before it was done. It holds a lock in
the archive's folder, so that one runs whatever the number of the page's processes, and it ends when the page that
started it goes away: its standard input is a pipe that closes then.
"""

import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from baocao.errors import BaocaoError
from baocao.index.record import Record

_LOOK = 0.5  # seconds between looks for something to do
_PAUSES = (1.0, 5.0, 30.0)  # seconds until a program that failed is started again, once, twice, more often
_PATIENCE = 5.0  # seconds that a program may take to end


def alone(file: Path) -> IO[str] | None:
    """Hold a file's lock until it is closed or the process ends; None where another process holds it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    held = file.open("a")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.close()
        return None
    return held


def told(program: Callable[[Path], int], folder: Path) -> int:
    """Run a program and return its exit code; what went wrong is one sentence on standard error."""
    try:
        return program(folder)
    except BaocaoError as error:
        sys.stderr.write(f"{program.__module__}: {error.code}: {error}\n")
        return error.exit_code


@dataclass(slots=True)
class Program:
    """A module to run on an archive while `wanted` says that there is something for it."""

    module: str
    lock: Path
    wanted: Callable[[Record], bool]
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    not_before: float = 0.0

    def look(self, record: Record, folder: Path) -> None:
        """Start the program if it is wanted and does not run."""
        if self.process is not None:
            code = self.process.poll()
            if code is None:
                return
            self._ended(code)
        if time.monotonic() >= self.not_before and self.wanted(record) and self._is_free():
            command = [sys.executable, "-m", self.module, str(folder)]
            # A group of its own: Ctrl-C is for the page, and the pipe tells. Not a session, between which Linux shares
            # the processors out whatever their niceness (sched(7), "The autogroup feature").
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, process_group=0)

    def end(self) -> None:
        """Let the program end."""
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
            try:
                self.process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def _ended(self, code: int) -> None:
        assert self.process is not None  # noqa: S101
        assert self.process.stdin is not None  # noqa: S101
        self.process.stdin.close()
        self.process = None
        self.failures = self.failures + 1 if code else 0
        if self.failures:
            self.not_before = time.monotonic() + _PAUSES[min(self.failures, len(_PAUSES)) - 1]

    def _is_free(self) -> bool:
        lock = alone(self.lock)
        if lock is not None:
            lock.close()
        return lock is not None


class Background:
    """Looks after the programs of an archive as long as the page is open."""

    def __init__(self, record: Record, folder: Path, *programs: Program) -> None:
        self._record, self._folder, self._programs = record, folder, programs
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="background")
        self._thread.start()

    def close(self) -> None:
        """End the programs; what they were at waits for the next time."""
        self._closed.set()
        self._thread.join()
        for program in self._programs:
            program.end()

    def _run(self) -> None:
        while not self._closed.is_set():
            for program in self._programs:
                with suppress(BaocaoError):  # the record's server is away: looked at again
                    program.look(self._record, self._folder)
            self._closed.wait(_LOOK)


def wait_for_the_page_to_end() -> None:
    """Return in a program that the page started once the page is gone: its end closes the program's input."""
    while os.read(0, 1):  # not sys.stdin: the interpreter could not end while a thread reads from it
        pass
