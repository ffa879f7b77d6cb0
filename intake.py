"""From files to the archive: read them in worker processes, store what came of them, tell it file by file.

Where several processes write to one archive, the files wait in its queue and whoever is free reads them.
"""

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from baocao.errors import BaocaoError, CrashError
from baocao.index.archive import Archive, Incoming
from baocao.index.prepare import Prepared, prepare_new
from baocao.index.queue import TRIES, Job, Queue
from baocao.pipeline.ingest import file_bytes, printable, short_name
from baocao.pipeline.ingest.containers import Member, may_hold_files, unpack
from baocao.pipeline.ingest.pool import Done, Failed, Pool
from baocao.text import shown

if TYPE_CHECKING:
    from baocao.report import Report

_TOGETHER = 16  # reports stored in one transaction
_WAITS = 2.0  # seconds after which a report waits for others no longer
_PRELOAD = ("baocao.pipeline.warm",)
_LOOK_AGAIN = 1.0  # seconds until an empty queue is looked at again
_UPLOADED = re.compile(r"(uploads/[\w-]+/\d+)/")


class Outcome(StrEnum):
    """What became of a file."""

    NEW = "new"
    KNOWN = "known"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that was dealt with; `reason` says why it was refused."""

    path: str
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """A file that lies at `path` for now (where an upload landed), and is known to people and the record as `name`."""

    path: Path
    name: str


def take_in(
    archive: Archive,
    files: Iterable[Path | Named],
    *,
    jobs: int = 1,
    timeout: float = 120.0,
    again: bool = False,
    password: str | None = None,
) -> Iterator[Taken]:
    """Read files into the archive, yielding each as it is dealt with; known bytes are not read unless `again`.

    `Taken.path` is the path as it was given, of a `Named` its name. What a ZIP or a mail holds is dealt with file by
    file, each told as "folder.zip!/2017/bao-cao.docx". `password` opens what is locked.
    """
    told: list[Taken] = []  # what was settled without reading
    reading: dict[Path, _File] = {}

    def unknown(folder: Path) -> Iterator[Path]:
        for file in _opened(archive, files, folder, timeout, password):
            if isinstance(file, _Unopened):
                told.append(_refused(archive, file.file, file.error))
            elif not again and (sha := _sha256(file.path)) and archive.known(sha):
                told.append(Taken(file.told, Outcome.KNOWN))
                file.drop()
            else:
                reading[file.path] = file
                yield file.path

    waiting: list[tuple[_File, Incoming]] = []
    with TemporaryDirectory(prefix="baocao-") as folder:
        for outcome in _pool(jobs, timeout, password).run(unknown(Path(folder))):
            yield from _drained(told)
            file = reading[outcome.path]  # not taken out: a file may be named twice
            if isinstance(outcome, Done):
                waiting.append((file, Incoming(outcome.value, file.kept, file.path.read_bytes())))
                if len(waiting) >= _TOGETHER:
                    yield from _stored(archive, waiting, again)
            else:
                yield _refused(archive, file, outcome.error)
            file.drop()
    yield from _drained(told)
    yield from _stored(archive, waiting, again)


def hand_in(
    archive: Archive, files: Iterable[Path | Named], *, again: bool = False, timeout: float = 120.0
) -> Iterator[Taken | tuple[str, str]]:
    """Put files into the archive's queue: yield the hash and path of each, or what became of it at once.

    A ZIP or a mail is taken apart before, in `timeout` seconds.
    """
    queue = archive.queue()
    with TemporaryDirectory(prefix="baocao-") as folder:
        for file in _opened(archive, files, Path(folder), timeout, None):
            if isinstance(file, _Unopened):
                yield _refused(archive, file.file, file.error)
                continue
            try:
                data = file_bytes(file.path)
            except BaocaoError as error:
                yield _refused(archive, file, error)
                continue
            finally:
                file.drop()
            sha256 = hashlib.sha256(data).hexdigest()
            if not again and archive.known(sha256):
                yield Taken(file.told, Outcome.KNOWN)
                continue
            archive.originals.keep(sha256, data)
            queue.put([(sha256, file.kept)], again=again)
            yield sha256, file.kept


@dataclass(frozen=True, slots=True)
class _File:
    """A file to read: where it lies, what is told of it, and what the record keeps as its path."""

    path: Path
    told: str
    kept: str
    ours: bool = False  # laid out for reading only

    def drop(self) -> None:
        """Make room: what a large archive held need not lie there until its last file was read."""
        if self.ours:
            self.path.unlink()

    def member(self, member: Member) -> "_File":
        """Return what stands for a part of this file, or for the file itself."""
        if not member.name:
            return self
        name = f"!/{member.name}"
        return _File(member.path or self.path, self.told + name, self.kept + name, member.path is not None)


@dataclass(frozen=True, slots=True)
class _Unopened:
    """A file, or a part of one, that could not be taken out of what holds it."""

    file: _File
    error: BaocaoError


def _opened(
    archive: Archive, files: Iterable[Path | Named], folder: Path, timeout: float, password: str | None
) -> Iterator[_File | _Unopened]:
    """Yield the files to read: those given, and in the place of one that holds others what it holds."""
    plain: list[_File] = []
    opening: dict[Path, _File] = {}

    def containers() -> Iterator[Path]:
        for file in _placed(files, folder):
            if may_hold_files(file.path):
                opening[file.path] = file
                yield file.path
            else:
                plain.append(file)

    work = partial(unpack, folder=folder, password=password)
    # One worker for all of them, since one takes a while to start: plain files come when the next container is done.
    for outcome in Pool(work, warm=_nothing, timeout=timeout, preload=_PRELOAD).run(containers()):
        yield from plain
        plain.clear()
        file = opening[outcome.path]  # not taken out: a file may be named twice
        if isinstance(outcome, Failed):
            yield _Unopened(file, outcome.error)
            continue
        if all(member.name for member in outcome.value):  # it may have been refused before, locked or cut off
            archive.forget([file.kept])
        for member in outcome.value:
            part = file.member(member)
            yield part if member.error is None else _Unopened(part, member.error)
    yield from plain


def _placed(files: Iterable[Path | Named], folder: Path) -> Iterator[_File]:
    """Yield files that bear their names; one that lies under another name is linked to, each in a folder of its own."""
    for number, file in enumerate(files):
        if isinstance(file, Path):
            yield _File(file, str(file), printable(file.resolve()))
        else:
            place = folder / str(number) / short_name(file.name)
            place.parent.mkdir()
            place.symlink_to(file.path.resolve())
            yield _File(place, file.name, printable(file.name))


def _refused(archive: Archive, file: _File, error: BaocaoError) -> Taken:
    reason = shown(printable(str(error)))
    archive.refuse(file.kept, error.code, reason)
    return Taken(file.told, Outcome.REFUSED, reason)


def work(archive: Archive, *, jobs: int = 1, timeout: float = 120.0, until: Callable[[Queue], bool]) -> Iterator[Taken]:
    """Read what waits in the archive's queue, yielding each file as it is dealt with, until `until` says so.

    `until` is asked whenever nothing is left to claim.
    """
    queue = archive.queue()
    with queue.renewed(), TemporaryDirectory(prefix="baocao-") as folder:
        while True:
            yield from _worked(archive, queue, Path(folder), jobs, timeout)
            archive.follow()
            if until(queue):
                return
            time.sleep(_LOOK_AGAIN)


def _worked(archive: Archive, queue: Queue, folder: Path, jobs: int, timeout: float) -> Iterator[Taken]:
    """Read until nothing is left to claim."""
    reading: dict[Path, tuple[Job, bytes]] = {}
    known: list[Taken] = []

    def claimed() -> Iterator[Path]:
        while found := queue.claim(2 * jobs):  # few, so that the last are shared out
            for job in found:
                if job.claims > TRIES:
                    error = CrashError(f"Reading the file ended {TRIES} workers; it is left out.")
                    queue.refused(job, error.code, str(error))
                    known.append(Taken(job.path, Outcome.REFUSED, str(error)))
                elif not job.again and archive.known(job.sha256):
                    queue.done([job.number])
                    known.append(Taken(job.path, Outcome.KNOWN))
                else:
                    place = folder / str(job.number) / short_name(job.path)
                    place.parent.mkdir(exist_ok=True)
                    data = archive.originals.read(job.sha256)
                    place.write_bytes(data)
                    reading[place] = job, data
                    yield place

    waiting: list[tuple[Job, Incoming]] = []
    since = 0.0  # when the first of them began to wait
    for outcome in _pool(jobs, timeout).run(claimed()):
        yield from _drained(known)
        job, data = reading.pop(outcome.path)
        outcome.path.unlink()
        outcome.path.parent.rmdir()
        if isinstance(outcome, Done):
            since = since if waiting else time.monotonic()
            waiting.append((job, Incoming(outcome.value, job.path, data)))
            if len(waiting) >= _TOGETHER or time.monotonic() - since >= _WAITS:
                yield from _stored_jobs(archive, queue, waiting)
        else:
            reason = shown(printable(str(outcome.error)))
            queue.refused(job, outcome.error.code, reason)
            yield Taken(job.path, Outcome.REFUSED, reason)
    yield from _drained(known)
    yield from _stored_jobs(archive, queue, waiting)


def _stored_jobs(archive: Archive, queue: Queue, waiting: list[tuple[Job, Incoming]]) -> Iterator[Taken]:
    for again in (False, True):
        ready = [(_File(Path(), job.path, job.path), item) for job, item in waiting if job.again is again]
        yield from _stored(archive, ready, again)
    queue.done([job.number for job, _ in waiting])
    waiting.clear()


def _stored(archive: Archive, waiting: list[tuple[_File, Incoming]], again: bool) -> Iterator[Taken]:
    told = archive.add([item for _, item in waiting], again=again) if waiting else []
    for (file, _), new in zip(waiting, told, strict=True):
        yield Taken(file.told, Outcome.NEW if new else Outcome.KNOWN)
    waiting.clear()


def _drained(known: list[Taken]) -> Iterator[Taken]:
    yield from known
    known.clear()


def _pool(jobs: int, timeout: float, password: str | None = None) -> Pool[Prepared]:
    work = partial(_prepared, password=password)
    return Pool(work, warm=warm_up, jobs=jobs, timeout=timeout, preload=_PRELOAD)


def read_report(path: Path, password: str | None = None) -> "Report":
    """Return the report of a file; run in a worker process."""
    from baocao.pipeline import analyze_file

    return analyze_file(path, password)


def _prepared(path: Path, password: str | None) -> Prepared:
    return prepare_new(read_report(path, password))


def warm_up() -> None:
    """Load the models, once a worker process."""
    from baocao.pipeline import warm_up

    warm_up()


def _nothing() -> None:
    """Taking files apart needs no models."""


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None  # the reader says what is wrong with it


def file_of(archive: Path, path: str) -> Path | Named | None:
    r"""Return the file of a path as the quarantine of an archive lists it, where its bytes are still there.

    `\xff` in it may stand for a byte, what was refused within a ZIP or a mail is listed as `a.zip!/b.pdf`, and an
    upload's begins with where it landed, below the archive's folder: `uploads/BATCH/NUMBER/`.
    """
    path = path.split("!/")[0]
    raw = re.sub(rb"\\x([89a-f][0-9a-f])", lambda m: bytes.fromhex(m[1].decode()), path.encode())
    found = next((file for file in (Path(path), Path(os.fsdecode(raw))) if file.is_absolute() and file.is_file()), None)
    landed = _UPLOADED.match(path)
    if found is None and landed and (archive / landed[1]).is_file():
        return Named(archive / landed[1], path)
    return found


def use_what_is_kept_in(archive: Path) -> None:
    """Use the archive's own names of units, and the model trained from its corrections, unless others are named."""
    for variable, kept in (("BAOCAO_MODEL", Path("models", "labels.skops")), ("BAOCAO_UNITS", Path("units.tsv"))):
        if (archive / kept).is_file():
            os.environ.setdefault(variable, str((archive / kept).resolve()))


def left_of(handed_in: Sequence[tuple[str, str]]) -> Callable[[Queue], bool]:
    """Return what tells whether these files were read, by whomever."""
    return lambda queue: not queue.left(handed_in)
