"""The program that reads uploads into the archive, beside the page: `python -m baocao.web.loading ARCHIVE`.

The page starts it when something waits; one runs for an archive's folder. It ends when nothing waits, or when the page
goes away: then what was being read waits again. A crash leaves files marked as being read, and the next run goes on
with them; one that was under way in several crashes is refused.
"""

import hashlib
import os
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa

from baocao.errors import ArchiveBusyError, BaocaoError, CrashError
from baocao.index import open_archive
from baocao.index.archive import Archive
from baocao.index.record import Record, now
from baocao.index.tables import refusals, reports, set_setting, setting, uploads
from baocao.intake import Named, Outcome, Taken, file_of, take_in, use_what_is_kept_in
from baocao.pipeline.ingest import short_name
from baocao.web.background import Program, alone, told, wait_for_the_page_to_end
from baocao.web.landing import FOLDER, State, Upload, drop_if_settled, is_waiting, sweep

TOLD = "page_loading"  # the setting that says what reading waits for
BUSY = "busy"
LOCK = Path(FOLDER, "loading.lock")
_TOGETHER = 4  # files: what was read can be found, and its state is told, after so many
_TRIES = 3
_LOOK_AGAIN = 1.0  # seconds until a busy archive is tried again
_IN = "!/"  # between the name of what holds a file and the file's


def program(folder: Path) -> Program:
    """Return what the page is to run."""
    return Program("baocao.web.loading", folder / LOCK, is_waiting)


def main(folder: Path) -> int:
    """Read what waits; return 0 once nothing does, or another process is at it."""
    lock = alone(folder / LOCK)
    if lock is None:
        return 0
    os.nice(10)
    use_what_is_kept_in(folder)
    record, reading = Record(folder), set[int]()
    _resume(record, folder)
    _reconcile(record, folder)
    sweep(record, folder)
    threading.Thread(target=_end_with_page, args=(record, reading), daemon=True).start()
    try:
        while _next(record, folder):
            _round(record, folder, reading)
    except BaocaoError as error:  # no file's fault
        _give_back(record, reading)
        _tell(record, f"{error.code}: {error}")
        raise
    finally:
        record.close()
        lock.close()
    return 0


def waits_for(record: Record) -> str:
    """Return what reading waits for: "" for nothing, BUSY for another process that writes, else an error's sentence."""
    with record.reading() as connection:
        return setting(connection, TOLD) or ""


def _round(record: Record, folder: Path, reading: set[int]) -> None:
    """Read all that waits, or wait a little where the archive is another's for now."""
    try:
        with open_archive(folder) as archive:
            _tell(record, "")
            while chosen := _next(record, folder):
                claimed = _claimed(record, chosen)
                reading |= {upload.number for upload in claimed}
                _load(archive, folder, claimed)
                reading.clear()
                archive.follow()
    except ArchiveBusyError:
        _tell(record, BUSY)
        time.sleep(_LOOK_AGAIN)


def _tell(record: Record, what: str) -> None:
    if waits_for(record) != what:
        with record.writing() as connection:
            record.alone(connection, "setting")
            set_setting(connection, TOLD, what)


def _next(record: Record, folder: Path) -> list[Upload]:
    """Return the files to read next: some together, one that was under way in a crash alone, so that none else pays."""
    c = uploads.c
    with record.reading() as connection:
        query = sa.select(uploads).where(c.state == State.WAITING, c.part_of.is_(None)).order_by(c.tries, c.number)
        found = [Upload.of(dict(row)) for row in connection.execute(query.limit(50 * _TOGETHER)).mappings()]
    # Where several hosts share the record, each reads what landed with it.
    mine = [upload for upload in found if not record.shared or file_of(folder, upload.kept)]
    fresh = [upload for upload in mine if not upload.tries]
    return fresh[:_TOGETHER] or mine[:1]


def _claimed(record: Record, chosen: Iterable[Upload]) -> list[Upload]:
    """Say that these are being read; return those that nobody else claimed, without those tried too often."""
    c, mine = uploads.c, []
    for upload in chosen:
        with record.writing() as connection:
            change = sa.update(uploads).where(c.number == upload.number, c.state == State.WAITING)
            won = connection.execute(change.values(state=State.READING, tries=upload.tries + 1)).rowcount
            if won and upload.tries < _TRIES:
                connection.execute(sa.delete(uploads).where(c.part_of == upload.number))  # of the time before
                connection.execute(sa.delete(refusals).where(_refused_of(upload)))
                mine.append(upload)
        if won and upload.tries >= _TRIES:
            error = CrashError(f"{short_name(upload.name)} brought its reader down {_TRIES} times; it is left out.")
            record.refuse(upload.kept, error.code, str(error))
            _settle(record, upload, State.REFUSED, error.code, str(error), None)
    return mine


def _refused_of(upload: Upload) -> sa.ColumnElement[bool]:
    """Say which refusals are an upload's: its own, and those of what it holds."""
    path = refusals.c.path
    return sa.or_(path == upload.kept, path.startswith(upload.kept + _IN, autoescape=True))


def _load(archive: Archive, folder: Path, claimed: list[Upload]) -> None:
    """Read files into the archive, and tell of each what became of it as soon as it is known."""
    record, found = archive.record, {upload.kept: file_of(folder, upload.kept) for upload in claimed}
    by_path = {file.name if isinstance(file, Named) else str(file): kept for kept, file in found.items() if file}
    own = {upload.kept: upload for upload in claimed}
    came: dict[str, list[State]] = {kept: [] for kept in own}
    for kept, file in found.items():
        if file is None:
            _lost(record, own[kept])
            del came[kept]
    for taken in take_in(archive, [file for file in found.values() if file]):
        outer, _, inner = taken.path.partition(_IN)
        upload = own[by_path[outer]]
        state = _dealt_with(record, upload, taken, inner, found[upload.kept])
        came[upload.kept].append(state)
    for kept, states in came.items():
        _end(record, folder, own[kept], states)


def _lost(record: Record, upload: Upload) -> None:
    error = BaocaoError(f"{short_name(upload.name)} is no longer there; send it again.")
    record.refuse(upload.kept, "BC200", str(error))
    _settle(record, upload, State.REFUSED, "BC200", str(error), None)


def _dealt_with(record: Record, upload: Upload, taken: Taken, inner: str, file: Path | Named | None) -> State:
    """Write down what became of an upload, or of a file within it."""
    kept = upload.kept + (_IN + inner if inner else "")
    report, own = _report(record, kept, None if inner else file)
    state = State.NEW if taken.outcome is Outcome.KNOWN and own else State(taken.outcome.value)
    code = _code(record, kept) if state is State.REFUSED else None
    if not inner:
        _settle(record, upload, state, code, taken.reason or None, report)
        return state
    row = {
        "batch": upload.batch, "part_of": upload.number, "name": inner, "size": 0, "place": "", "kept": kept,
        "state": state, "code": code, "reason": taken.reason or None, "report": report, "tries": 1, "by": upload.by,
        "at": upload.at, "ended_at": now(),
    }  # fmt: skip
    with record.writing() as connection:
        connection.execute(sa.insert(uploads).values(**row))
    return state


def _settle(
    record: Record, upload: Upload, state: State, code: str | None, reason: str | None, report: str | None
) -> None:
    values = {"state": state, "code": code, "reason": reason, "report": report, "ended_at": now()}
    with record.writing() as connection:
        connection.execute(sa.update(uploads).where(uploads.c.number == upload.number).values(**values))


def _end(record: Record, folder: Path, upload: Upload, states: list[State]) -> None:
    """Sum up what held files, and drop the bytes of what was taken in whole: the archive keeps its originals."""
    with record.reading() as connection:
        state = connection.scalar(sa.select(uploads.c.state).where(uploads.c.number == upload.number))
    if state == State.READING:  # only what it held was told
        best = next((state for state in (State.NEW, State.KNOWN) if state in states), State.REFUSED)
        _settle(record, upload, best, None, None, None)
    drop_if_settled(record, folder, upload.number)


def _report(record: Record, kept: str, file: Path | Named | None) -> tuple[str | None, bool]:
    """Return the id of the report that a file became, or that it is a copy of; and whether it is the file's own."""
    with record.reading() as connection:
        own = connection.scalar(sa.select(reports.c.id).where(reports.c.path == kept, reports.c.latest))
        if own is not None or file is None:
            return own, own is not None
        with (file.path if isinstance(file, Named) else file).open("rb") as opened:
            sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
        return connection.scalar(sa.select(reports.c.id).where(reports.c.sha256 == sha256)), False


def _code(record: Record, kept: str) -> str | None:
    with record.reading() as connection:
        code: str | None = connection.scalar(sa.select(refusals.c.code).where(refusals.c.path == kept))
        return code


def _resume(record: Record, folder: Path) -> None:
    """Let wait again what a crash left being read, and drop what the command line read meanwhile."""
    c = uploads.c
    with record.reading() as connection:
        rows = connection.execute(sa.select(uploads).where(c.state == State.READING, c.part_of.is_(None))).mappings()
        under_way = [Upload.of(dict(row)) for row in rows]
    for upload in under_way:
        if not record.shared or file_of(folder, upload.kept):
            with record.writing() as connection:
                connection.execute(sa.update(uploads).where(c.number == upload.number).values(state=State.WAITING))


def _reconcile(record: Record, folder: Path) -> None:
    """Write down of refused uploads what the command line did with them: read them, or forgot them."""
    c = uploads.c
    still = sa.exists().where(refusals.c.path == c.kept)
    with record.reading() as connection:
        query = sa.select(uploads).where(c.state == State.REFUSED, c.code.is_not(None), ~still)
        settled = [Upload.of(dict(row)) for row in connection.execute(query).mappings()]
    for upload in settled:
        report, own = _report(record, upload.kept, None if upload.part_of else file_of(folder, upload.kept))
        state = State.NEW if own else State.KNOWN if report else State.FORGOTTEN
        _settle(record, upload, state, None, None, report)
        drop_if_settled(record, folder, upload.part_of or upload.number)


def _give_back(record: Record, reading: set[int]) -> None:
    """Let wait again what is being read, as if it had not been tried."""
    c = uploads.c
    with record.writing() as connection:
        mine = sa.update(uploads).where(c.state == State.READING, c.number.in_(reading))
        connection.execute(mine.values(state=State.WAITING, tries=c.tries - 1))


def _end_with_page(record: Record, reading: set[int]) -> None:
    """Wait until the page that started this goes away, and end at once."""
    wait_for_the_page_to_end()
    with suppress(BaocaoError):  # the next run finds it marked as being read
        _give_back(record, set(reading))
    os._exit(0)


if __name__ == "__main__":
    sys.exit(told(main, Path(sys.argv[1])))
