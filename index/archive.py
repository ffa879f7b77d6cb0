"""An archive open for writing: record, originals and index kept in step.

Order of writes: original, record, engine, engine's commit, mark. A crash anywhere leaves the record
ahead of the index at most, and opening the archive again lets the index catch up.
"""

import fcntl
import getpass
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from baocao.errors import ArchiveBusyError, ArchiveError, IndexBrokenError
from baocao.index import lookup
from baocao.index.corrections import Correction, merge_units
from baocao.index.embedded import EmbeddedEngine
from baocao.index.originals import keep, sweep
from baocao.index.prepare import Prepared, prepare
from baocao.index.record import Record
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
            shutil.rmtree(folder / "index.new", ignore_errors=True)
            self._engine = self._opened_engine()
            self._pending = 0
            self.catch_up()
        except BaseException:
            self._lock.close()
            raise

    def _opened_engine(self) -> EmbeddedEngine:
        if EmbeddedEngine.outdated(self.folder / "index"):
            shutil.rmtree(self.folder / "index")
        if not (self.folder / "index").exists():
            self._record.set_mark(0)
        return EmbeddedEngine(self.folder / "index", write=True)

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
        self._engine.drop(old for _, replaced in told for old in replaced)
        stored = [item.report for item, (new, _) in zip(incoming, told, strict=True) if new]
        self._engine.put(self._record.corrected(stored))
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
        self.catch_up()
        return number

    def refuse(self, path: str, code: str, message: str) -> None:
        """Put a file into quarantine with its reason."""
        self._record.refuse(path, code, message)

    def _commit(self) -> None:
        """Make lasting what `add` gave the engine; as the only writer it has had every change."""
        if self._pending:
            self._pending = 0
            last = self._record.last_change()
            self._engine.commit()
            self._record.set_mark(last)

    def catch_up(self) -> int:
        """Let the index follow a record that a crash left ahead; return how many changes it took in."""
        mark = seen = self._record.mark()
        taken = 0
        while changes := self._record.changes(seen, _CHUNK):
            latest = {report: keep_it for _, report, keep_it in changes}
            self._engine.drop(r for r, keep_it in latest.items() if not keep_it)
            self._engine.put(map(prepare, self._record.load([r for r, keep_it in latest.items() if keep_it])))
            seen = changes[-1][0]
            taken += len(changes)
        if seen != mark:
            self._engine.commit()
            self._record.set_mark(seen)
        return taken

    def rebuild(self) -> int:
        """Make the index anew beside the old one and swap it in when it is whole; return its reports."""
        fresh = self.folder / "index.new"
        shutil.rmtree(fresh, ignore_errors=True)
        engine = EmbeddedEngine(fresh, write=True)
        last = self._record.last_change()
        ids = sorted(lookup.latest_ids(self.folder))
        for at in range(0, len(ids), _CHUNK):
            engine.put(map(prepare, self._record.load(ids[at : at + _CHUNK])))
        engine.commit()
        if set(engine.ids()) != set(ids):
            raise IndexBrokenError("The new index differs from the record; the old one stays. Please report this.")
        engine.close()
        self._engine.close()
        old = self.folder / "index.old"
        shutil.rmtree(old, ignore_errors=True)
        if (self.folder / "index").exists():
            (self.folder / "index").rename(old)
        fresh.rename(self.folder / "index")
        shutil.rmtree(old, ignore_errors=True)
        self._record.set_mark(last)
        self._engine = EmbeddedEngine(self.folder / "index", write=True)
        return len(ids)


def system_user() -> str:
    """Return the name under which the system knows who runs this."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"  # a user id without a name, as in some containers


def rebuild(folder: Path) -> int:
    """Rebuild the index of an archive whose index may be broken; return the number of reports."""
    lookup.counts(folder)
    shutil.rmtree(folder / "index", ignore_errors=True)
    with open_archive(folder) as archive:
        return archive.rebuild()


def agreement(folder: Path) -> tuple[set[str], set[str]]:
    """Return the ids that only the record holds, and those that only the index holds."""
    record = lookup.latest_ids(folder)
    index = set(EmbeddedEngine(folder / "index").ids())
    return record - index, index - record
