"""Uploads where they land: their bytes in the archive's folder under numbers, and what became of each in the record.

Bytes lie in `uploads/BATCH/NUMBER` until they are taken in, never under the name that the sender gave. Refused ones
stay to be tried again, until somebody forgets them.
"""

import os
import re
import secrets
import time
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import sqlalchemy as sa

from baocao.errors import ArchiveError, LimitError, NotFoundError
from baocao.index.record import Record, now
from baocao.index.tables import uploads
from baocao.pipeline.ingest import MAX_BYTES, short_name

FOLDER = "uploads"
BATCH = r"^\d{8}-\d{6}-[0-9a-f]{6}$"
_LONGEST = 300  # characters of a name with its folders
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_DRIVE = re.compile(r"^[A-Za-z]:")
_PIECE = 2**20
_BROKEN_OFF = 86_400  # seconds after which bytes of which the record knows nothing are nobody's


class State(StrEnum):
    """What an upload has come to."""

    WAITING = "waiting"
    READING = "reading"
    NEW = "new"
    KNOWN = "known"
    REFUSED = "refused"
    FORGOTTEN = "forgotten"  # refused, and its bytes dropped since


OPEN = (State.WAITING, State.READING)


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload, or a file within one, as the record has it; `report` is the id of the report that it became."""

    number: int
    batch: str
    part_of: int | None
    name: str
    size: int
    place: str
    kept: str
    state: State
    code: str | None
    reason: str | None
    report: str | None
    tries: int
    by: str
    at: str
    ended_at: str | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Upload":
        """Return the upload of a row of the table."""
        return cls(**{**row, "state": State(row["state"])})


@dataclass(frozen=True, slots=True)
class Batch:
    """Files that came together: how many are in which state, members of a ZIP not counted."""

    id: str
    by: str
    at: str
    states: Mapping[State, int]

    @property
    def files(self) -> int:
        """The number of files."""
        return sum(self.states.values())

    @property
    def left(self) -> int:
        """The number of those not dealt with."""
        return sum(self.states.get(state, 0) for state in OPEN)


def clean_name(given: str) -> str:
    """Return the name of an upload to show: its folders stay as words, what leads elsewhere or does not show goes."""
    seen = _UNSEEN.sub("", unicodedata.normalize("NFC", given)).replace("\\", "/")
    parts = [part.strip().rstrip("!") for part in _DRIVE.sub("", seen).split("/")]
    parts = [part for part in parts if part.strip(".")]
    if not parts:
        return "file"
    last = short_name(parts[-1])
    folders = "/".join(parts[:-1])[: max(0, _LONGEST - 1 - len(last))].rstrip("/")
    return f"{folders}/{last}" if folders else last


def receive(
    record: Record, folder: Path, files: Iterable[tuple[str, BinaryIO]], by: str, *, batch: str = "",
    limit: int = MAX_BYTES,
) -> str:  # fmt: skip
    """Lay down files that were sent, each with its name, and let them wait to be read; return their batch.

    `batch` adds to one of the same sender's. What is too large is refused, and the rest goes on. Raises
    NotFoundError for a batch of somebody else's, ArchiveError where the disk takes no more.
    """
    if batch:
        _expect_own(record, batch, by)
    else:
        batch = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    place, rows = folder / FOLDER / batch, []
    try:
        place.mkdir(parents=True, exist_ok=True)
        number = _last_number(record, batch)
        for given, sent in files:
            name = clean_name(given)
            number, size = _laid_down(place, number + 1, sent, limit)
            rows.append(_row(batch, number, name, size, by))
            if size > limit:
                (place / str(number)).unlink()
                error = LimitError(f"{short_name(name)} is larger than {limit // 2**20} MiB; split it.")
                record.refuse(rows[-1]["kept"], error.code, str(error))
                rows[-1] |= {"state": State.REFUSED, "code": error.code, "reason": str(error), "ended_at": now()}
    except OSError as error:
        raise ArchiveError(
            f"The upload cannot be stored: {error.strerror}; free some space and send it again."
        ) from error
    if rows:
        with record.writing() as connection:
            connection.execute(sa.insert(uploads), rows)
    return batch


def _expect_own(record: Record, batch: str, by: str) -> None:
    with record.reading() as connection:
        held = connection.scalar(sa.select(uploads.c.by).where(uploads.c.batch == batch).limit(1))
    if held != by:
        raise NotFoundError(f"No upload {batch} of yours is there to add to.")


def _last_number(record: Record, batch: str) -> int:
    """Return the last number that a file of a batch has, whether its bytes still lie there or not."""
    with record.reading() as connection:
        places = connection.scalars(sa.select(uploads.c.place).where(uploads.c.batch == batch))
        return max((int(place.rpartition("/")[2]) for place in places if place), default=0)


def _laid_down(place: Path, number: int, sent: BinaryIO, limit: int) -> tuple[int, int]:
    """Write a file under the first free number, lastingly; return it and how many bytes came, at most some too many."""
    while True:
        try:
            out = (place / str(number)).open("xb")
            break
        except FileExistsError:  # another request of the same batch
            number += 1
    size = 0
    with out:
        while size <= limit and (piece := sent.read(_PIECE)):
            size += len(piece)
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    return number, size


def _row(batch: str, number: int, name: str, size: int, by: str) -> dict[str, Any]:
    place = f"{FOLDER}/{batch}/{number}"
    return {
        "batch": batch, "part_of": None, "name": name, "size": size, "place": place, "kept": f"{place}/{name}",
        "state": State.WAITING, "code": None, "reason": None, "report": None, "tries": 0, "by": by, "at": now(),
        "ended_at": None,
    }  # fmt: skip


def batches(record: Record, *, limit: int, offset: int = 0) -> tuple[int, list[Batch]]:
    """Return how many batches there are, and some of them, the newest first."""
    c = uploads.c
    whole = c.part_of.is_(None)
    with record.reading() as connection:
        total = connection.scalar(sa.select(sa.func.count(sa.distinct(c.batch)))) or 0
        last = sa.func.max(c.number)
        ids = connection.scalars(
            sa.select(c.batch).where(whole).group_by(c.batch).order_by(last.desc()).limit(limit).offset(offset)
        )
        chosen = list(ids)
        told = sa.select(c.batch, c.state, sa.func.count(), sa.func.min(c.by), sa.func.min(c.at))
        rows = connection.execute(told.where(c.batch.in_(chosen), whole).group_by(c.batch, c.state)).all()
    found = []
    for id in chosen:
        own = [row for row in rows if row.batch == id]
        found.append(Batch(id, own[0][3], min(row[4] for row in own), {State(row.state): row[2] for row in own}))
    return int(total), found


def batch_of(record: Record, id: str) -> Batch:
    """Return a batch. Raises NotFoundError where there is none."""
    c = uploads.c
    with record.reading() as connection:
        query = sa.select(c.state, sa.func.count(), sa.func.min(c.by), sa.func.min(c.at))
        rows = connection.execute(query.where(c.batch == id, c.part_of.is_(None)).group_by(c.state)).all()
    if not rows:
        raise NotFoundError(f"There is no upload {id}.")
    return Batch(id, rows[0][2], min(row[3] for row in rows), {State(row.state): row[1] for row in rows})


def files_of(record: Record, batch: str, *, limit: int, offset: int = 0) -> tuple[int, list[Upload]]:
    """Return how many files a batch has, members counted, and some of them; members stand behind what held them."""
    c = uploads.c
    order = sa.func.coalesce(c.part_of, c.number), c.number
    with record.reading() as connection:
        total = connection.scalar(sa.select(sa.func.count()).where(c.batch == batch)) or 0
        query = sa.select(uploads).where(c.batch == batch).order_by(*order).limit(limit).offset(offset)
        return int(total), [Upload.of(dict(row)) for row in connection.execute(query).mappings()]


def is_waiting(record: Record) -> bool:
    """Tell whether anything is left to be read."""
    with record.reading() as connection:
        query = sa.select(uploads.c.number).where(uploads.c.state.in_(OPEN), uploads.c.part_of.is_(None)).limit(1)
        return connection.scalar(query) is not None


def kept_as(record: Record, paths: Sequence[str]) -> dict[str, Upload]:
    """Return path in the record → the upload that is known by it, the last where there are several."""
    found: dict[str, Upload] = {}
    with record.reading() as connection:
        for at in range(0, len(paths), 500):
            query = sa.select(uploads).where(uploads.c.kept.in_(paths[at : at + 500])).order_by(uploads.c.number)
            found |= {row["kept"]: Upload.of(dict(row)) for row in connection.execute(query).mappings()}
    return found


def drop_if_settled(record: Record, folder: Path, number: int) -> None:
    """Remove what lies there of an upload unless it, or a file within it, was refused and may be tried again."""
    c = uploads.c
    with record.reading() as connection:
        whole = sa.or_(c.number == number, c.part_of == number)
        rows = connection.execute(sa.select(c.part_of, c.place, c.state).where(whole)).all()
    if any(row.state in (State.REFUSED, *OPEN) for row in rows):
        return
    for place in (folder / PurePosixPath(row.place) for row in rows if row.place):
        with suppress(FileNotFoundError):
            place.unlink()
        with suppress(OSError):  # others lie there still
            place.parent.rmdir()


def sweep(record: Record, folder: Path) -> None:
    """Remove bytes that a crash left behind: of uploads that were dealt with, and of requests that broke off."""
    for place in (folder / FOLDER).glob("*/[0-9]*"):
        with record.reading() as connection:
            told = sa.select(uploads.c.number).where(uploads.c.place == place.relative_to(folder).as_posix())
            number = connection.scalar(told)
        if number is not None:
            drop_if_settled(record, folder, number)
        elif time.time() - place.stat().st_mtime > _BROKEN_OFF:
            place.unlink()
