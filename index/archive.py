"""An archive open for writing: record, originals and index kept in step.

Order of writes: original, record, engine, engine's commit, the outbox's marks. A crash anywhere leaves the record
ahead of the index at most, and whoever opens the archive next lets the index catch up. So does an engine that
cannot be reached: the record goes on, and the index follows as soon as it can.
With the record in SQLite or the index in the archive's folder one process writes at a time; with PostgreSQL and
Elasticsearch as many as one likes.
"""

import fcntl
import getpass
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from platform import node
from types import TracebackType
from typing import Protocol, Self

from baocao.errors import ArchiveBusyError, ArchiveError, IndexBrokenError, RecordDownError, UsageError
from baocao.index import lookup
from baocao.index.corrections import Correction, merge_units
from baocao.index.database import patiently
from baocao.index.embedded import EmbeddedEngine
from baocao.index.originals import Originals
from baocao.index.outbox import Outbox
from baocao.index.prepare import Prepared, prepare_new
from baocao.index.queue import Queue
from baocao.index.record import Added, Record
from baocao.index.search import SearchDownError, SearchEngine
from baocao.index.settings import Elastic, Postgres, open_engine
from baocao.report import Report

_COMMIT_REPORTS = 1_000  # after so many, or
_COMMIT_SECONDS = 10.0  # after so long, what was stored can be found
_RETRY_SECONDS = 10.0  # after which an engine that was down is tried again
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
        return cls(prepare_new(report), path, original)


def open_archive(folder: Path) -> "Archive":
    """Open an archive for writing, making it where there is none; use it in a `with` statement.

    Raises ArchiveBusyError while another process writes that cannot be written beside, NewerArchiveError for an
    archive of a later form.
    """
    return Archive(folder)


class Archive:
    """A writer's hold on an archive."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if folder.exists() and not folder.is_dir():
            raise ArchiveError(f"{folder} is a file, no archive; name another folder with --archive.")
        elastic = Elastic.of(folder)
        self._lock = _Lock(folder, shared=elastic is not None and Postgres.of(folder) is not None)
        try:
            self.record = Record(folder)
            self.originals = Originals(folder)
            self.originals.sweep(alone=not self.record.shared)
            self._index = _InFolder(folder, self.record) if elastic is None else _InCluster(elastic, self.record)
            self._engine: SearchEngine | None = None
            self._outbox = Outbox(self.record)
            self._since = 0.0  # when what the outbox holds began to wait
            self._tried = 0.0  # when the engine was tried last
            self.index_down: str | None = None  # why the index stays behind for now: its engine cannot be reached
            self.follow()
        except BaseException:
            self._lock.release()
            raise

    def _ready(self) -> SearchEngine:
        """Return the engine, ready to be written to, and an outbox that speaks of its index."""
        if self._engine is None or (self.shared and not self._outbox and self._index.moved()):
            self._outbox.let_go()
            engine = self._index.open()
            self.record.speaks_of(self._index.identity)
            self._engine = self._rebuilt() if self._index.outdated else engine
            self._outbox.index = self._index.identity
        return self._engine

    def follow(self) -> int:
        """Let the index take in what the record has before it, and return how many changes; wait while it is down."""
        self._tried = time.monotonic()
        try:
            taken = self.catch_up()
        except SearchDownError as error:
            self._down(error)
            return 0
        self.index_down = None
        return taken

    def _down(self, error: SearchDownError) -> None:
        self.index_down = str(error)
        self._let_go()
        self._tried = time.monotonic()  # it may have taken long to find out

    def _let_go(self) -> None:
        """Leave to others what is held, so that nothing of it is sent any more."""
        if self._engine is not None:
            self._engine.forget()
        self._outbox.let_go()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Bring the index up to the record and let the archive go."""
        try:
            if self._outbox or self.index_down is not None:
                self.follow()
        finally:
            self._outbox.let_go()
            if self._engine is not None:
                self._engine.close()
            self.record.close()
            self._lock.release()

    @property
    def shared(self) -> bool:
        """Tell whether other processes may write to the record at the same time."""
        return self.record.shared

    def queue(self) -> Queue:
        """Return this process's view of the files that wait to be read."""
        return Queue(self.record)

    def known(self, sha256: str) -> bool:
        """Tell whether the archive holds these bytes as the latest version of their file."""
        return self.record.known(sha256)

    def add(self, incoming: Sequence[Incoming], *, again: bool = False) -> list[bool]:
        """Store reports; tell for each whether it was new. The index follows in larger steps.

        With `again` a report of known bytes takes the place of what an earlier run made of them.
        """
        for item in incoming:
            self.originals.keep(item.report.sha256, item.original)
        told = self.record.add([(item.report, item.path) for item in incoming], again=again)
        if self._engine is not None and self.index_down is None:
            with self._or_later():
                self._hand_over(self._engine, told)
        self._settle()
        return [added.new for added in told]

    def _hand_over(self, engine: SearchEngine, told: Sequence[Added]) -> None:
        """Give the engine what was stored just now, unless another process is at the same reports: it will."""
        stored = {added.report.id: added.report for added in told if added.new}
        if not stored:
            return
        self._since = self._since if self._outbox else time.monotonic()
        claimed = self._outbox.claim_of([*stored, *(old for added in told for old in added.replaced)])
        times = {change.report: 0 for change in claimed}
        for change in claimed:
            times[change.report] += 1
        latest = {change.report for change in claimed if change.latest}
        fresh = [stored[report] for report in latest if report in stored and times[report] == 1]
        others = sorted(latest - {report.id for report in fresh})  # changed by another in between: read anew
        engine.drop(times.keys() - latest)
        engine.put([*self.record.corrected(fresh), *self.record.prepared(others)])

    def _settle(self) -> None:
        """Make findable what has waited long enough, and try an engine again that was down."""
        waited = time.monotonic() - self._since
        if len(self._outbox) >= _COMMIT_REPORTS or (self._outbox and waited >= _COMMIT_SECONDS):
            with self._or_later():
                self._commit(self._ready())
        elif self.index_down is not None and time.monotonic() - self._tried >= _RETRY_SECONDS:
            self.follow()

    def correct(self, report: str, correction: Correction, *, by: str | None = None) -> int:
        """Store a correction of the report with this id and let the index follow; return its number.

        `by` is who corrects, the system's user unless told otherwise. `baocao.index.corrections` makes corrections.
        """
        return self._followed(self.record.correct(correction, report, by or system_user()))

    def merge(self, alias: str, name: str, *, by: str | None = None) -> int:
        """Show the unit `alias` as `name` in every report; return the correction's number.

        Raises UsageError where `alias` stands for another unit already.
        """
        merge = merge_units(alias, name, self.record.merges())
        return self._followed(self.record.correct(merge, None, by or system_user()))

    def split(self, alias: str, *, by: str | None = None) -> int:
        """Undo the merge of `alias`; return its number. Raises NotFoundError where there is none."""
        number = self.record.merge_of(alias)
        self.undo(number, by=by)
        return number

    def undo(self, number: int, *, by: str | None = None) -> Correction:
        """Put a correction out of force and return it. Raises NotFoundError where none in force has the number."""
        undone = self.record.undo(number, by or system_user())
        self._followed(number)
        return undone

    def _followed(self, number: int) -> int:
        """Let the index take in what a correction changed; a crash before leaves that to the next open."""
        self.follow()
        return number

    def refuse(self, path: str, code: str, message: str) -> None:
        """Put a file into quarantine with its reason."""
        self.record.refuse(path, code, message)

    def forget(self, paths: Sequence[str]) -> None:
        """Take files out of quarantine."""
        self.record.forget(paths)

    @contextmanager
    def _or_later(self) -> Iterator[None]:
        """Leave what the index cannot take in now to the next that follows."""
        try:
            yield
        except SearchDownError as error:
            self._down(error)
        except RecordDownError:
            self._let_go()  # the hold went with the connection; what it held waits for the next

    def _commit(self, engine: SearchEngine) -> None:
        """Make lasting what the engine was given of what is held."""
        engine.commit()
        self._outbox.done()

    @patiently
    def catch_up(self) -> int:
        """Let the index follow a record that a crash left ahead; return how many changes it took in.

        Raises SearchDownError where the engine cannot be reached.
        """
        engine = self._ready()
        taken = 0
        try:
            if self._outbox:
                self._commit(engine)
            while claimed := self._outbox.claim(_COMMIT_REPORTS):
                latest = {change.report: change.latest for change in claimed}
                engine.drop(report for report, keep in latest.items() if not keep)
                self._fill(engine, [report for report, keep in latest.items() if keep])
                self._outbox.done()
                taken += len(claimed)
        except BaseException:
            self._let_go()
            raise
        return taken

    def _fill(self, engine: SearchEngine, ids: Sequence[str]) -> None:
        """Give an engine these reports as the record has them, and let it commit."""
        for at in range(0, len(ids), _CHUNK):
            engine.put(self.record.prepared(ids[at : at + _CHUNK]))
        engine.commit()

    def rebuild(self) -> int:
        """Make the index anew beside the old one and swap it in when it is whole; return its reports."""
        self._ready()
        self._engine = self._rebuilt()
        self.catch_up()
        return lookup.counts(self.folder)["reports"]

    def copy_index(self) -> int:
        """Make an embedded index in the archive's folder beside an Elasticsearch, to fall back on; return its reports.

        Raises UsageError where the embedded index is the archive's own.
        """
        if isinstance(self._index, _InFolder):
            raise UsageError("The index is in the archive's folder already; a copy is for an index in Elasticsearch.")
        ids = sorted(lookup.latest_ids(self.folder))
        fresh, place = self.folder / "index.new", self.folder / "index"
        with self.record.only_one(f"index copy {node()} {self.folder.resolve()}"):
            shutil.rmtree(fresh, ignore_errors=True)
            engine = EmbeddedEngine(fresh, write=True)
            self._fill(engine, ids)
            engine.close()
            shutil.rmtree(place, ignore_errors=True)
            fresh.rename(place)
        return len(ids)

    def _rebuilt(self) -> SearchEngine:
        self._let_go()
        with self.record.only_one("index rebuild"):
            fresh = self._index.beside()
            last = self.record.last_change()
            ids = sorted(lookup.latest_ids(self.folder))
            self._fill(fresh, ids)
            if set(fresh.ids()) != set(ids):
                raise IndexBrokenError("The new index differs from the record; the old one stays. Please report this.")
            engine = self._index.swapped()
            self.record.swapped(self._index.identity, last)
            self._outbox.index = self._index.identity
            return engine


class _Lock:
    """The lock of an archive's folder: one process writes at a time, unless servers keep all of it."""

    def __init__(self, folder: Path, *, shared: bool) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = (folder / "lock").open("a")
        except OSError as error:
            raise ArchiveError(f"The archive {folder} cannot be written: {error.strerror}.") from error
        try:
            fcntl.flock(self._file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            message = f"Another baocao is writing to {folder}; wait until it has ended, then try again."
            raise ArchiveBusyError(message) from error

    def release(self) -> None:
        """Let it go; again does nothing."""
        self._file.close()


class _Index(Protocol):
    """Where the index of an archive is, and how a new one takes its place."""

    identity: str  # another one for another index, so that the outbox's marks are not taken for those of a new one
    outdated: bool  # an index of another layout, that has to be made anew

    def open(self) -> SearchEngine:
        """Return the engine to write to, with an empty index where there is none."""

    def moved(self) -> bool:
        """Tell whether another process put another index in the place of the one that was opened."""

    def beside(self) -> SearchEngine:
        """Return an engine with a new index beside the one that is searched."""

    def swapped(self) -> SearchEngine:
        """Put the new index in the place of the old one, and return the engine to write to."""


class _InFolder:
    """The embedded index, a folder of the archive."""

    outdated = False

    def __init__(self, folder: Path, record: Record) -> None:
        self._folder, self._fresh, self._old = folder / "index", folder / "index.new", folder / "index.old"
        self._record = record
        # an archive's folder may be moved; of one that shares a record each has an index of its own
        self.identity = f"embedded {node()} {folder.resolve()}" if record.shared else "embedded"
        shutil.rmtree(self._fresh, ignore_errors=True)

    def open(self) -> SearchEngine:
        if EmbeddedEngine.outdated(self._folder) or self._record.index() != self.identity:
            shutil.rmtree(self._folder, ignore_errors=True)
        if not self._folder.exists():
            self._record.index_lost()
        self._engine = EmbeddedEngine(self._folder, write=True)
        return self._engine

    def moved(self) -> bool:
        return False

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

    def __init__(self, elastic: Elastic, record: Record) -> None:
        from baocao.index.elastic import ElasticEngine

        self._record = record
        self._engine: ElasticEngine = ElasticEngine(elastic)

    def open(self) -> SearchEngine:
        # the archive has its name before the index bears it, so that the index stays the archive's
        self.identity = self._engine.attach(self._record.archive_name())
        self.outdated = self._engine.outdated()
        return self._engine

    def moved(self) -> bool:
        return self._record.index() != self.identity

    def beside(self) -> SearchEngine:
        self._filled = self._engine.beside()
        return self._filled

    def swapped(self) -> SearchEngine:
        self._filled.take_place()
        self._engine.close()
        self._engine = self._filled
        return self.open()


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
