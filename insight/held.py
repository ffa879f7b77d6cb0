"""What the record holds of recurring difficulties, and up to which line of the log of changes it speaks.

Several processes may bring it up to date at once: each stores in one transaction, and only where nobody else has
stored since it looked. The archive's lock is not needed for that, so a page and an ingest do not wait for each other.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from baocao.index import tables
from baocao.index.record import Record
from baocao.index.tables import set_setting, setting
from baocao.insight.difficulties import Face, Group, Member, Seen, State

_SETTING = "difficulties"
_AT_ONCE = 5_000  # rows a statement


@dataclass(frozen=True, slots=True)
class Mark:
    """The last line of the log that was taken in, with which embedding model, and which storing it was."""

    last: int
    model: str
    storing: str

    @classmethod
    def read(cls, text: str | None) -> "Mark | None":
        """Return the mark that a setting tells of."""
        return cls(**json.loads(text)) if text else None

    def written(self) -> str:
        """Return the mark as a setting."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Held:
    """All that is kept; `mark` is None where nothing was ever kept, or nothing can be."""

    mark: Mark | None = None
    state: State = field(default_factory=State)
    faces: Mapping[str, Face] = field(default_factory=dict)


def now(record: Record) -> tuple[Mark | None, int]:
    """Return the mark, and the last line of the log: cheap, so that one may ask often."""
    with record.reading() as connection:
        mark = Mark.read(setting(connection, _SETTING))
        return mark, int(connection.scalar(sa.select(sa.func.max(tables.changes.c.seq))) or 0)


def held(record: Record) -> Held:
    """Return what the record holds, all of one storing."""
    while True:
        before, _ = now(record)
        state = State(
            tuple(Group(**row) for row in record.rows(tables.difficulty_groups)),
            tuple(Member(**row) for row in record.rows(tables.difficulty_members)),
            tuple(
                Seen(**{**row, "signature": tuple(json.loads(row["signature"]))})
                for row in record.rows(tables.difficulty_seen)
            ),
        )
        faces = {row["group"]: Face(**row) for row in record.rows(tables.difficulty_faces)}
        if now(record)[0] == before:
            return Held(before, state, faces)


def store(record: Record, before: Held, state: State, faces: Mapping[str, Face], last: int, model: str) -> Held | None:
    """Store what is other than before and return what is held now; None where somebody else has stored meanwhile."""
    mark = Mark(last, model, uuid4().hex[:12])
    with record.writing() as connection:
        record.alone(connection, _SETTING)
        same = sa.update(tables.settings).where(tables.settings.c.name == _SETTING)
        connection.execute(same.values(value=tables.settings.c.value))  # SQLite lets nobody else write from here on
        if Mark.read(setting(connection, _SETTING)) != before.mark:
            return None
        for table, old, new in _rows(before.state, before.faces, state, faces):
            _put(connection, table, old, new)
        set_setting(connection, _SETTING, mark.written())
    return Held(mark, state, faces)


def changed_since(record: Record, line: int) -> set[str]:
    """Return the reports of which the log tells after a line."""
    with record.reading() as connection:
        query = sa.select(tables.changes.c.report).where(tables.changes.c.seq > line).distinct()
        return set(connection.scalars(query))


def _rows(old: State, old_faces: Mapping[str, Face], new: State, new_faces: Mapping[str, Face]) -> Iterable[Any]:
    def by(rows: Iterable[Any], key: Callable[[Any], tuple[Any, ...]]) -> dict[tuple[Any, ...], Any]:
        return {key(row): row for row in rows}

    for table, key, one, other in (
        (tables.difficulty_groups, lambda g: (g.id,), old.groups, new.groups),
        (tables.difficulty_members, lambda m: (m.report, m.start), old.members, new.members),
        (tables.difficulty_seen, lambda s: (s.report,), old.seen, new.seen),
        (tables.difficulty_faces, lambda f: (f.group,), old_faces.values(), new_faces.values()),
    ):
        yield table, by(one, key), by(other, key)


def _put(
    connection: sa.Connection, table: sa.Table, old: Mapping[tuple[Any, ...], Any], new: Mapping[tuple[Any, ...], Any]
) -> None:
    keys = list(table.primary_key.columns)
    altered = [key for key, row in new.items() if key in old and old[key] != row]
    gone = [key for key in old if key not in new]
    away = sa.delete(table).where(sa.and_(*(column == sa.bindparam(f"key_{column.name}") for column in keys)))
    names = [f"key_{column.name}" for column in keys]
    for some in _parts([dict(zip(names, key, strict=True)) for key in (*altered, *gone)]):
        connection.execute(away, some)
    for some in _parts([_row(new[key]) for key in (*altered, *(key for key in new if key not in old))]):
        connection.execute(sa.insert(table), some)


def _parts(rows: list[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    return (rows[at : at + _AT_ONCE] for at in range(0, len(rows), _AT_ONCE))


def _row(item: Any) -> dict[str, Any]:
    row = asdict(item)
    return {**row, "signature": json.dumps(row["signature"])} if isinstance(item, Seen) else row
