"""An archive open for writing: record, originals and index kept in step.

Order of writes: original, record, engine, engine's commit, mark. A crash anywhere leaves the record
ahead of the index at most, and opening the archive again lets the index catch up. So does an engine that
cannot be reached: the record goes on, and the index follows as soon as it can.
"""

import fcntl
import getpass
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from uuid import uuid4

from baocao.errors import ArchiveBusyError, ArchiveError, IndexBrokenError
from baocao.index import lookup
from baocao.index.corrections import Correction, merge_units
from baocao.index.embedded import EmbeddedEngine
from baocao.index.originals import keep, sweep
from baocao.index.prepare import Prepared, prepare
from baocao.index.record import Record
from baocao.index.search import SearchDownError, SearchEngine
from baocao.index.settings import Elastic, open_engine
from baocao.report import Report

_COMMIT_EVERY = 1_000
_CHUNK = 50


@dataclass(frozen=True, slots=True)
class Incoming:
    """A report to store: where its file was, and the file's bytes."""

    report: Prepared
    path: str
    original: bytes

    @classmethod
    def of(cls, report: Report, path: str, original: bytes) -> Self:
        """Return a report of which nothing is prepared yet."""
        return cls(prepare(report), path, original)


def open_archive(folder: Path) -> "Archive":
    """Open an archive for writing, making it where there is none; use it in a `with` statement.

    Raises ArchiveBusyError while another process writes, NewerArchiveError for an archive of a later form.
    """
    return Archive(folder)


class Archive:
    """One writer's hold on an archive."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if folder.exists() and not folder.is_dir():
            raise ArchiveError(f"{folder} is a file, no archive; name another folder with --archive.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = (folder / "lock").open("a")
        except OSError as error:
            raise ArchiveError(f"The archive {folder} cannot be written: {error.strerror}.") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            message = f"Another baocao is writing to {folder}; wait until it has ended, then try again."
            raise ArchiveBusyError(message) from error
        try:
            self._record = Record(folder)
            sweep(folder)
            elastic = Elastic.of(folder)
            self._index: _Index = _InFolder(folder, self._record) if elastic is None else _InCluster(folder, elastic)
            self._engine: SearchEngine | None = None
            self._pending = 0
            self.index_down: str | None = None  # why the index stays behind for now: its engine cannot be reached
            self._follow()
        except BaseException:
            self._lock.close()
            raise

    def _ready(self) -> SearchEngine:
        """Return the engine, ready to be written to, and with a mark that speaks of its index."""
        if self._engine is None:
            engine = self._index.open()
            if _Marked.read(self.folder).index != self._index.identity:
                self._record.set_mark(0)  # the mark told of another index
                self._mark_speaks_of_this_index()
            self._engine = self._rebuilt() if self._index.outdated else engine
        return self._engine

    def _mark_speaks_of_this_index(self) -> None:
        marked = _Marked.read(self.folder)
        if marked.index != self._index.identity:
            replace(marked, index=self._index.identity).write(self.folder)

    def _follow(self) -> int:
        """Let the index take in what the record has before it, and return how many changes; wait while it is down."""
        try:
            taken = self.catch_up()
        except SearchDownError as error:
            self.index_down = str(error)
            return 0
        self.index_down = None
        return taken

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Bring the index up to the record and let the archive go."""
        try:
            self._commit()
        finally:
            if self._engine is not None:
                self._engine.close()
            self._record.close()
            self._lock.close()

    def known(self, sha256: str) -> bool:
        """Tell whether the archive holds these bytes as the latest version of their file."""
        return self._record.known(sha256)

    def add(self, incoming: Sequence[Incoming], *, again: bool = False) -> list[bool]:
        """Store reports; tell for each whether it was new. The index follows in larger steps.

        With `again` a report of known bytes takes the place of what an earlier run made of them.
        """
        for item in incoming:
            keep(self.folder, item.report.sha256, item.original)
        pending, self._pending = self._pending, 0  # should a step fail, the mark stays: the next open catches up
        told = self._record.add([(item.report, item.path) for item in incoming], again=again)
        if self._engine is not None and self.index_down is None:
            stored = [item.report for item, (new, _) in zip(incoming, told, strict=True) if new]
            try:
                self._engine.drop(old for _, replaced in told for old in replaced)
                self._engine.put(self._record.corrected(stored))
            except SearchDownError as error:
                self.index_down = str(error)
        self._pending = pending + sum(new for new, _ in told)
        if self._pending >= _COMMIT_EVERY:
            self._commit()
        return [new for new, _ in told]

    def correct(self, report: str, correction: Correction, *, by: str | None = None) -> int:
        """Store a correction of the report with this id and let the index follow; return its number.

        `by` is who corrects, the system's user unless told otherwise. `baocao.index.corrections` makes corrections.
        """
        return self._followed(self._record.correct(correction, report, by or system_user()))

    def merge(self, alias: str, name: str, *, by: str | None = None) -> int:
        """Show the unit `alias` as `name` in every report; return the correction's number.

        Raises UsageError where `alias` stands for another unit already.
        """
        merge = merge_units(alias, name, self._record.merges())
        return self._followed(self._record.correct(merge, None, by or system_user()))

    def split(self, alias: str, *, by: str | None = None) -> int:
        """Undo the merge of `alias`; return its number. Raises NotFoundError where there is none."""
        number = self._record.merge_of(alias)
        self.undo(number, by=by)
        return number

    def undo(self, number: int, *, by: str | None = None) -> Correction:
        """Put a correction out of force and return it. Raises NotFoundError where none in force has the number."""
        undone = self._record.undo(number, by or system_user())
        self._followed(number)
        return undone

    def _followed(self, number: int) -> int:
        """Let the index take in what a correction changed; a crash before leaves that to the next open."""
        self._commit()
        self._follow()
        return number

    def refuse(self, path: str, code: str, message: str) -> None:
        """Put a file into quarantine with its reason."""
        self._record.refuse(path, code, message)

    def _commit(self) -> None:
        """Make lasting what `add` gave the engine; as the only writer it has had every change."""
        if not self._pending:
            return
        self._pending = 0
        if self._engine is None or self.index_down is not None:
            self._follow()
            return
        last = self._record.last_change()
        try:
            self._engine.commit()
        except SearchDownError as error:
            self.index_down = str(error)
            return
        self._record.set_mark(last)

    def catch_up(self) -> int:
        """Let the index follow a record that a crash left ahead; return how many changes it took in.

        Raises SearchDownError where the engine cannot be reached.
        """
        engine = self._ready()
        mark = seen = self._record.mark()
        taken = 0
        while changes := self._record.changes(seen, _CHUNK):
            latest = {report: keep_it for _, report, keep_it in changes}
            engine.drop(r for r, keep_it in latest.items() if not keep_it)
            engine.put(map(prepare, self._record.load([r for r, keep_it in latest.items() if keep_it])))
            seen = changes[-1][0]
            taken += len(changes)
        if seen != mark:
            engine.commit()
            self._record.set_mark(seen)
        return taken

    def rebuild(self) -> int:
        """Make the index anew beside the old one and swap it in when it is whole; return its reports."""
        self._ready()
        self._engine = self._rebuilt()
        return lookup.counts(self.folder)["reports"]

    def _rebuilt(self) -> SearchEngine:
        fresh = self._index.beside()
        last = self._record.last_change()
        ids = sorted(lookup.latest_ids(self.folder))
        for at in range(0, len(ids), _CHUNK):
            fresh.put(map(prepare, self._record.load(ids[at : at + _CHUNK])))
        fresh.commit()
        if set(fresh.ids()) != set(ids):
            raise IndexBrokenError("The new index differs from the record; the old one stays. Please report this.")
        engine = self._index.swapped()
        self._mark_speaks_of_this_index()
        self._record.set_mark(last)
        return engine


class _Index(Protocol):
    """Where the index of an archive is, and how a new one takes its place."""

    identity: str  # another one for another index, so that a mark is not taken for that of a new, empty one
    outdated: bool  # an index of another layout, that has to be made anew

    def open(self) -> SearchEngine:
        """Return the engine to write to, with an empty index where there is none."""

    def beside(self) -> SearchEngine:
        """Return an engine with a new index beside the one that is searched."""

    def swapped(self) -> SearchEngine:
        """Put the new index in the place of the old one, and return the engine to write to."""


class _InFolder:
    """The embedded index, a folder of the archive."""

    identity, outdated = "embedded", False

    def __init__(self, folder: Path, record: Record) -> None:
        self._folder, self._fresh, self._old = folder / "index", folder / "index.new", folder / "index.old"
        self._record = record
        shutil.rmtree(self._fresh, ignore_errors=True)

    def open(self) -> SearchEngine:
        if EmbeddedEngine.outdated(self._folder):
            shutil.rmtree(self._folder)
        if not self._folder.exists():
            self._record.set_mark(0)
        self._engine = EmbeddedEngine(self._folder, write=True)
        return self._engine

    def beside(self) -> SearchEngine:
        shutil.rmtree(self._fresh, ignore_errors=True)
        self._filled = EmbeddedEngine(self._fresh, write=True)
        return self._filled

    def swapped(self) -> SearchEngine:
        self._filled.close()
        self._engine.close()
        shutil.rmtree(self._old, ignore_errors=True)
        if self._folder.exists():
            self._folder.rename(self._old)
        self._fresh.rename(self._folder)
        shutil.rmtree(self._old, ignore_errors=True)
        return self.open()


class _InCluster:
    """The index in an Elasticsearch."""

    identity, outdated = "", False

    def __init__(self, folder: Path, elastic: Elastic) -> None:
        from baocao.index.elastic import ElasticEngine

        self._folder = folder
        self._engine: ElasticEngine = ElasticEngine(elastic)

    def open(self) -> SearchEngine:
        marked = _Marked.read(self._folder)
        marked.write(self._folder)  # before the index bears the archive's name, so that it stays the archive's
        self.identity = self._engine.attach(marked.archive)
        self.outdated = self._engine.outdated()
        return self._engine

    def beside(self) -> SearchEngine:
        self._filled = self._engine.beside()
        return self._filled

    def swapped(self) -> SearchEngine:
        self._filled.take_place()
        self._engine.close()
        self._engine = self._filled
        return self.open()


@dataclass(frozen=True, slots=True)
class _Marked:
    """Which index the record's mark speaks of, and a name of the archive that no other has; in `index.json`."""

    archive: str
    index: str

    @classmethod
    def read(cls, folder: Path) -> Self:
        try:
            return cls(**json.loads((folder / "index.json").read_bytes()))
        except FileNotFoundError:
            return cls(uuid4().hex, "embedded")
        except (ValueError, TypeError) as error:
            message = f"{folder / 'index.json'} is damaged; delete it, and `baocao index rebuild` makes the index anew."
            raise IndexBrokenError(message) from error

    def write(self, folder: Path) -> None:
        """Write it as a whole or not at all."""
        part = folder / "index.json.part"
        with part.open("w", encoding="utf-8") as file:
            json.dump({"archive": self.archive, "index": self.index}, file)
            file.flush()
            os.fsync(file.fileno())
        part.rename(folder / "index.json")


def system_user() -> str:
    """Return the name under which the system knows who runs this."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"  # a user id without a name, as in some containers


def rebuild(folder: Path) -> int:
    """Rebuild the index of an archive whose index may be broken; return the number of reports."""
    lookup.counts(folder)
    if Elastic.of(folder) is None:
        shutil.rmtree(folder / "index", ignore_errors=True)
    with open_archive(folder) as archive:
        return archive.rebuild()


def agreement(folder: Path) -> tuple[set[str], set[str]]:
    """Return the ids that only the record holds, and those that only the index holds."""
    record = lookup.latest_ids(folder)
    index = set(open_engine(folder).ids())
    return record - index, index - record
