"""Worker processes for files that nobody vouches for: one file at a time, with limits of time and memory.

A library's own pool loses other jobs when a worker aborts, so this one keeps a process and a pipe a slot:
the parent holds the deadline, kills what passes it, starts another, and refuses only the file at fault.
"""

import gc
import multiprocessing
import os
import resource
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from typing import Any, Generic, TypeVar

from baocao.errors import BaocaoError, CrashError, LimitError
from baocao.pipeline.ingest.patience import ask_by

_START = 120.0  # seconds that a worker may take to load
_LONGEST = 3_600.0  # seconds that a file may be granted on top of what every file has
_AHEAD = 2  # files that each of several workers has at hand, so that none waits while an answer is stored

T = TypeVar("T")
Work = Callable[[Path], T]


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """A file that was worked through, and what came of it."""

    path: Path
    value: T


@dataclass(frozen=True, slots=True)
class Failed:
    """A file that could not be, and the sentence that says why."""

    path: Path
    error: BaocaoError


@dataclass(frozen=True, slots=True)
class _Asked:
    """A worker's word that its file takes longer than others: scanned pages are recognised in seconds each."""

    seconds: float


@dataclass(slots=True)
class _Slot:
    process: BaseProcess
    pipe: Connection
    paths: deque[Path] = field(default_factory=deque)  # the first is being worked on, the others wait in the pipe
    at_hand: Path | None = None  # the first, where it lay there while the one before was worked on
    deadline: float = 0.0
    granted: float = 0.0  # seconds on top of the first file's time
    ready: bool = False


class Pool(Generic[T]):
    """Runs `work` on files in `jobs` processes.

    `work` must be a module's function; `timeout` is seconds a file, to which comes what `work` asks for (`patience`,
    up to an hour); `memory` the bytes that a worker may take on top of what it holds once `warm` has run in it.
    """

    def __init__(
        self, work: Work[T], *, warm: Callable[[], object], jobs: int = 1, timeout: float = 120.0,
        memory: int = 2 * 2**30, preload: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        self._task = (work, warm, memory, timeout)
        self._timeout = timeout
        self._jobs = max(1, jobs)
        # The fork server imports the heavy libraries once; a worker is then forked from it in no time.
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(preload))
        self._slots: list[_Slot] = []
        self._returned: deque[Path] = deque()  # files that waited behind one that brought its worker down
        self._tried: set[Path] = set()

    def run(self, paths: Iterable[Path]) -> Iterator[Done[T] | Failed]:
        """Yield an outcome for every path, in the order of their ending; paths are taken as slots free up."""
        waiting = iter(paths)
        try:
            while True:
                self._feed(waiting)
                busy = [slot for slot in self._slots if slot.paths]
                if not busy:
                    return
                nearest = min(slot.deadline for slot in busy)
                ready = wait([slot.pipe for slot in busy], max(0.0, nearest - time.monotonic()))
                for slot in busy:
                    if slot.pipe in ready and not slot.ready:
                        self._greet(slot)
                    elif slot.pipe in ready:
                        outcome = self._collect(slot)
                        if outcome is not None:
                            yield outcome
                    elif time.monotonic() >= slot.deadline:
                        yield self._overdue(slot)
        finally:
            self.close()

    def close(self) -> None:
        """End the workers."""
        for slot in self._slots:
            _kill(slot)
        self._slots.clear()

    def _feed(self, waiting: Iterator[Path]) -> None:
        ahead = _AHEAD if self._jobs > 1 else 1  # one job leaves the other processors to the rest of the office
        for files in range(1, ahead + 1):  # each worker gets its first file before any gets its second
            while len(self._slots) < self._jobs or any(len(slot.paths) < files for slot in self._slots):
                path = self._returned.popleft() if self._returned else next(waiting, None)
                if path is None:
                    return
                slot = self._with_fewer(files)
                if not slot.paths:
                    slot.deadline = time.monotonic() + (self._timeout if slot.ready else _START)
                slot.paths.append(path)
                with suppress(OSError):  # the death shows when the answer is awaited
                    slot.pipe.send(path)

    def _with_fewer(self, files: int) -> _Slot:
        """Return a worker that has fewer files at hand, a new one where fewer than `jobs` run."""
        for slot in list(self._slots):
            if slot.ready and not slot.paths and not slot.process.is_alive():  # killed while it waited: no file's doing
                self._drop(slot)
        if len(self._slots) < self._jobs:
            return self._start()
        return next(slot for slot in self._slots if len(slot.paths) < files)

    def _start(self) -> _Slot:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, *self._task), daemon=True)
        process.start()
        theirs.close()
        slot = _Slot(process, ours)
        self._slots.append(slot)
        return slot

    def _greet(self, slot: _Slot) -> None:
        """Take a new worker's word that it is ready; its first file's time counts from here.

        Raises CrashError where it could not start: that is no file's fault.
        """
        try:
            answer: Any = slot.pipe.recv()
        except (EOFError, OSError) as error:
            raise CrashError("The reading process cannot start; `baocao doctor` tells what is missing.") from error
        if isinstance(answer, BaocaoError):
            raise answer
        slot.ready = True
        slot.deadline = time.monotonic() + self._timeout

    def _collect(self, slot: _Slot) -> Done[T] | Failed | None:
        """Take a worker's answer; None where it asks for time, or died and the file is to be tried once more.

        A file that was at hand when the one before had been answered may not be what brought the worker down.
        """
        try:
            answer: Any = slot.pipe.recv()
        except Exception:  # the end of the pipe, or garbage in it
            path = slot.paths.popleft()
            slot.process.join(1.0)
            code = slot.process.exitcode
            self._drop(slot)
            if slot.at_hand is path and path not in self._tried:
                self._tried.add(path)
                self._returned.appendleft(path)
                return None
            return Failed(path, CrashError(_died(path, code)))
        if isinstance(answer, _Asked):
            more = max(0.0, min(answer.seconds, _LONGEST - slot.granted))
            slot.granted, slot.deadline = slot.granted + more, slot.deadline + more
            return None
        path = slot.paths.popleft()
        slot.at_hand, slot.granted = slot.paths[0] if slot.paths else None, 0.0
        slot.deadline = time.monotonic() + self._timeout
        if isinstance(answer, LimitError):  # what it swelled to stays with it, and would count against the next file
            self._drop(slot)
        return Failed(path, answer) if isinstance(answer, BaocaoError) else Done(path, answer)

    def _overdue(self, slot: _Slot) -> Failed:
        path = slot.paths.popleft()
        self._drop(slot)
        if not slot.ready:
            raise CrashError("The reading process did not start in time; the machine may be too busy. Try again.")
        took = self._timeout + slot.granted
        return Failed(path, LimitError(f"{path.name} took longer than {took:.0f} s to read; it was given up."))

    def _drop(self, slot: _Slot) -> None:
        _kill(slot)
        self._slots.remove(slot)
        self._returned += slot.paths


def _died(path: Path, code: int | None) -> str:
    if code == -signal.SIGKILL:
        return f"{path.name} brought its reader down (perhaps memory ran out); try it alone, with --jobs 1."
    return f"{path.name} brought its reader down; it is damaged or hostile. Open it and save it anew."


def _kill(slot: _Slot) -> None:
    """Kill a worker with whatever it started: it leads a process group of its own."""
    pid = slot.process.pid
    if pid is not None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    slot.process.kill()
    slot.process.join()
    slot.pipe.close()


def _serve(pipe: Connection, work: Work[Any], warm: Callable[[], object], memory: int, timeout: float) -> None:
    """Work through paths until the parent goes away."""
    os.setpgid(0, 0)
    Thread(target=_die_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    with open(os.devnull, "w") as nothing:  # noqa: PTH123 - what libraries print must not reach the user
        os.dup2(nothing.fileno(), 1)
        os.dup2(nothing.fileno(), 2)
    try:
        warm()
    except Exception as error:
        known = isinstance(error, BaocaoError)
        pipe.send(error if known else CrashError(f"The reading process cannot start ({error})."))
        return
    gc.freeze()  # what is loaded now stays; collections need not walk it for every file
    pipe.send("ready")
    limit = _size() + memory
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    def ask(seconds: float) -> None:
        signal.alarm(signal.alarm(0) + int(seconds))
        pipe.send(_Asked(seconds))

    ask_by(ask)
    while True:
        try:
            path = pipe.recv()
        except EOFError:
            return
        signal.alarm(int(timeout) + 60)  # should the parent die while a library holds all threads up
        answer = _answer(work, path)
        signal.alarm(0)
        pipe.send(answer)


def _answer(work: Work[Any], path: Path) -> Any:
    try:
        return work(path)
    except BaocaoError as error:
        return error
    except MemoryError:
        return LimitError(f"{path.name} needs more memory to read than a worker may use.")
    except RecursionError:
        return LimitError(f"{path.name} is nested too deeply to read.")
    except Exception as error:
        return CrashError(f"{path.name} could not be worked through ({type(error).__name__}: {error}).")


def _die_with_parent() -> None:
    """Kill this process and what it started once the command is gone, even while a file hangs.

    Without it workers would go on: the fork server lives as long as one of them does.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.killpg(0, signal.SIGKILL)


def _size() -> int:
    """The address space that this process holds, in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()
