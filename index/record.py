"""The record: reports, refusals, corrections and the log of changes, in SQL. It is the truth; the index follows it.

SQLAlchemy Core on SQLite (WAL, synchronous FULL). A change and its line in the log are one transaction,
and the mark up to which the index has followed moves only after the engine's commit.
"""

import json
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from baocao.errors import ArchiveError, NewerArchiveError, NotFoundError
from baocao.index.corrections import Correction, MergeUnits, apply, from_json, same_name, shown_name, to_json
from baocao.index.prepare import Prepared, prepare, unpack
from baocao.report import Report

SCHEMA_VERSION = 2
FILE = "record.sqlite"

_meta = sa.MetaData()
_settings = sa.Table("setting", _meta, sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text))
_reports = sa.Table(
    "report",
    _meta,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("sha256", sa.Text, nullable=False, unique=True),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("docno", sa.Text, index=True),
    sa.Column("issuer", sa.Text),
    sa.Column("issued", sa.Text, index=True),
    sa.Column("added_at", sa.Text, nullable=False),
    sa.Column("latest", sa.Boolean, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Index("report_path", "path", "latest"),
)
_changes = sa.Table(
    "change",
    _meta,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("report", sa.Text, sa.ForeignKey("report.id"), nullable=False),
)
_refusals = sa.Table(
    "refusal",
    _meta,
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)
_corrections = sa.Table(
    "correction",
    _meta,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("report", sa.Text, sa.ForeignKey("report.id"), index=True),  # none: of all reports
    sa.Column("path", sa.Text, index=True),  # the file's, so that its next version is corrected too
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("undone_by", sa.Text),
    sa.Column("undone_at", sa.Text),
)
_names = sa.Table(
    "unit_name",
    _meta,
    sa.Column("alias", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("correction", sa.Integer, sa.ForeignKey("correction.number"), nullable=False),
)
# Version n is reached from n - 1 by the statements at n. Each can be run again: SQLite makes a table outside
# of the transaction, so a crash may leave some of them.
_MIGRATIONS: dict[int, tuple[str, ...]] = {
    2: (
        "CREATE TABLE IF NOT EXISTS correction (number INTEGER NOT NULL, report TEXT, path TEXT, body TEXT NOT NULL, "
        '"by" TEXT NOT NULL, at TEXT NOT NULL, undone_by TEXT, undone_at TEXT, PRIMARY KEY (number), '
        "FOREIGN KEY(report) REFERENCES report (id))",
        "CREATE INDEX IF NOT EXISTS ix_correction_report ON correction (report)",
        "CREATE INDEX IF NOT EXISTS ix_correction_path ON correction (path)",
        "CREATE TABLE IF NOT EXISTS unit_name (alias TEXT NOT NULL, name TEXT NOT NULL, correction INTEGER NOT NULL, "
        "PRIMARY KEY (alias), FOREIGN KEY(correction) REFERENCES correction (number))",
    )
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file in quarantine: its path, the error's code, the sentence, and when."""

    path: str
    code: str
    message: str
    at: str


class Record:
    """The SQL side of an archive, open for writing."""

    def __init__(self, folder: Path) -> None:
        self._engine = sa.create_engine(f"sqlite:///{folder / FILE}")
        sa.event.listen(self._engine, "connect", _pragmas)
        with _told():
            self._migrate()

    def _migrate(self) -> None:
        with self._engine.begin() as connection:
            found = None
            if sa.inspect(connection).has_table(_settings.name):
                found = connection.scalar(sa.select(_settings.c.value).where(_settings.c.name == "schema"))
            version = int(found) if found else 0
            if version > SCHEMA_VERSION:
                raise NewerArchiveError(
                    f"The archive was made by a newer baocao (form {version}, this one knows {SCHEMA_VERSION}); "
                    "install the newer version to open it."
                )
            if not version:
                _meta.create_all(connection)
            for step in range(version + 1, SCHEMA_VERSION + 1) if version else ():
                for statement in _MIGRATIONS[step]:
                    connection.execute(sa.text(statement))
            _set(connection, "schema", str(SCHEMA_VERSION))

    def known(self, sha256: str) -> bool:
        """Tell whether the record holds the report with these bytes as the latest of its file."""
        with _told(), self._engine.connect() as connection:
            query = sa.select(_reports.c.id).where(_reports.c.sha256 == sha256, _reports.c.latest)
            return connection.scalar(query) is not None

    def add(self, reports: Sequence[tuple[Prepared, str]], *, again: bool = False) -> list[tuple[bool, list[str]]]:
        """Store reports with their paths in one transaction; tell for each whether it is new, and whom it replaces.

        A file whose bytes changed is a new version: the one before stays in the record, out of the index. With
        `again` a report takes the place of the one made before of the same bytes.
        """
        with _told(), self._engine.begin() as connection:
            return _Batch(connection, reports, again).stored()

    def refuse(self, path: str, code: str, message: str) -> None:
        """Put a file into quarantine; a second refusal of it replaces the first."""
        with _told(), self._engine.begin() as connection:
            connection.execute(sa.delete(_refusals).where(_refusals.c.path == path))
            connection.execute(sa.insert(_refusals).values(path=path, code=code, message=message, at=_now()))

    def changes(self, after: int, limit: int = 500) -> list[tuple[int, str, bool]]:
        """Return (seq, report id, whether it is a latest version) of what changed after `after`."""
        query = (
            sa.select(_changes.c.seq, _changes.c.report, _reports.c.latest)
            .join(_reports, _reports.c.id == _changes.c.report)
            .where(_changes.c.seq > after)
            .order_by(_changes.c.seq)
            .limit(limit)
        )
        with _told(), self._engine.connect() as connection:
            return [(row.seq, row.report, row.latest) for row in connection.execute(query)]

    def mark(self) -> int:
        """Return the change up to which the index has followed."""
        with _told(), self._engine.connect() as connection:
            found = connection.scalar(sa.select(_settings.c.value).where(_settings.c.name == "mark"))
            return int(found or 0)

    def set_mark(self, seq: int) -> None:
        """Say that the index holds every change up to `seq`; call it after the engine's commit."""
        with _told(), self._engine.begin() as connection:
            _set(connection, "mark", str(seq))

    def last_change(self) -> int:
        """Return the number of the last change."""
        with _told(), self._engine.connect() as connection:
            return int(connection.scalar(sa.select(sa.func.max(_changes.c.seq))) or 0)

    def load(self, ids: Sequence[str]) -> list[Report]:
        """Return the reports with these ids as people corrected them, in that order."""
        with _told(), self._engine.connect() as connection:
            rows = connection.execute(sa.select(_reports.c.id, _reports.c.body).where(_reports.c.id.in_(ids)))
            bodies = {row.id: row.body for row in rows}
        own, merges = self._corrections(ids)
        return [apply(unpack(bodies[i]), (*own.get(i, ()), *merges)) for i in ids]

    def corrected(self, reports: Sequence[Prepared]) -> list[Prepared]:
        """Return what was stored just now as people corrected it; most of it comes back as it is."""
        own, merges = self._corrections([r.id for r in reports])
        changed = {r.id for r in reports if merges or r.id in own}
        return [
            prepare(apply(unpack(r.body), (*own.get(r.id, ()), *merges))) if r.id in changed else r for r in reports
        ]

    def _corrections(self, ids: Sequence[str]) -> tuple[dict[str, list[Correction]], list[MergeUnits]]:
        """Return the corrections in force of each of these reports, and the merges."""
        query = (
            sa.select(_reports.c.id, _corrections.c.body)
            .join(_corrections, _own())
            .where(_reports.c.id.in_(ids), _corrections.c.undone_at.is_(None))
            .order_by(_corrections.c.number)
        )
        found: dict[str, list[Correction]] = {}
        with _told(), self._engine.connect() as connection:
            for row in connection.execute(query):
                found.setdefault(row.id, []).append(from_json(json.loads(row.body)))
            return found, _merges(connection)

    def merges(self) -> list[MergeUnits]:
        """Return the merges of units that are in force."""
        with _told(), self._engine.connect() as connection:
            return _merges(connection)

    def correct(self, correction: Correction, report: str | None, by: str) -> int:
        """Store a correction, of a report or (a merge) of all; return its number. What it changes is in the log."""
        with _told(), self._engine.begin() as connection:
            path = connection.scalar(sa.select(_reports.c.path).where(_reports.c.id == report))
            body = json.dumps(to_json(correction), ensure_ascii=False)
            values = {"report": report, "path": path, "body": body, "by": by, "at": _now()}
            before = _merges(connection)
            stored = connection.execute(sa.insert(_corrections).values(**values).returning(_corrections.c.number))
            number: int = stored.scalar_one()
            if isinstance(correction, MergeUnits):
                row = {"alias": correction.alias, "name": correction.name, "correction": number}
                connection.execute(sa.insert(_names).values(**row))
            _log(connection, number, before)
        return number

    def undo(self, number: int, by: str) -> Correction:
        """Put a correction out of force and return it; its row stays, with who undid it and when.

        Raises NotFoundError where none in force has the number.
        """
        with _told(), self._engine.begin() as connection:
            one = _corrections.c.number == number, _corrections.c.undone_at.is_(None)
            body = connection.scalar(sa.select(_corrections.c.body).where(*one))
            if body is None:
                raise NotFoundError(
                    f"No correction in force has the number {number}; `baocao correct list` shows them."
                )
            before = _merges(connection)
            connection.execute(sa.update(_corrections).where(*one).values(undone_by=by, undone_at=_now()))
            connection.execute(sa.delete(_names).where(_names.c.correction == number))
            _log(connection, number, before)
        return from_json(json.loads(body))

    def merge_of(self, alias: str) -> int:
        """Return the number of the correction that merged `alias`.

        Raises NotFoundError where none did.
        """
        with _told(), self._engine.connect() as connection:
            rows = connection.execute(sa.select(_names.c.alias, _names.c.correction)).all()
        found = {row.alias: row.correction for row in rows}
        written = same_name(alias, found)
        if written is None:
            raise NotFoundError(f"No unit “{alias}” was merged into another; `baocao correct list` shows the merges.")
        return int(found[written])

    def close(self) -> None:
        """Let the database go."""
        self._engine.dispose()


class _Batch:
    """Reports on their way into one transaction, in few statements: building one costs more than running it."""

    def __init__(self, connection: sa.Connection, reports: Sequence[tuple[Prepared, str]], again: bool) -> None:
        self._connection, self._reports, self._again = connection, reports, again
        c = _reports.c
        ids, paths = [r.id for r, _ in reports], [path for _, path in reports]
        self._held = {
            row.id: bool(row.latest) for row in connection.execute(sa.select(c.id, c.latest).where(c.id.in_(ids)))
        }
        self._latest_at: dict[str, list[str]] = {}
        for row in connection.execute(sa.select(c.id, c.path).where(c.path.in_(paths), c.latest)):
            self._latest_at.setdefault(row.path, []).append(row.id)

    def stored(self) -> list[tuple[bool, list[str]]]:
        """Store what is to be stored; tell for each report whether it is new, and whom it replaces."""
        told: list[tuple[bool, list[str]]] = []
        new: dict[str, dict[str, Any]] = {}
        anew: list[dict[str, Any]] = []
        changed: list[str] = []
        retired: set[str] = set()
        for report, path in self._reports:
            if self._held.get(report.id) and not self._again:
                told.append((False, []))
                continue
            replaced = self._latest_at.get(path, [])
            retired = (retired | set(replaced)) - {report.id}
            changed += [*replaced, report.id]
            if report.id in self._held:
                anew.append({"key": report.id, **_row(report, path)})
            else:
                new[report.id] = {"id": report.id, "sha256": report.sha256, **_row(report, path)}
            self._held |= {**dict.fromkeys(replaced, False), report.id: True}
            self._latest_at[path] = [report.id]
            told.append((True, replaced))
        self._write(list(new.values()), anew, changed, retired)
        return told

    def _write(
        self, new: list[dict[str, Any]], anew: list[dict[str, Any]], changed: list[str], retired: set[str]
    ) -> None:
        run, c = self._connection.execute, _reports.c
        if new:
            run(sa.insert(_reports), new)
        if anew:
            columns = [name for name in anew[0] if name != "key"]
            run(
                sa.update(_reports).where(c.id == sa.bindparam("key")).values({n: sa.bindparam(n) for n in columns}),
                anew,
            )
        if retired:
            run(sa.update(_reports).where(c.id.in_(retired)).values(latest=False))
        if changed:
            run(sa.insert(_changes), [{"report": report} for report in changed])
        run(sa.delete(_refusals).where(_refusals.c.path.in_([path for _, path in self._reports])))


def _row(report: Prepared, path: str) -> dict[str, Any]:
    return {
        "path": path, "title": report.title, "kind": report.kind, "docno": report.docno, "issuer": report.issuer,
        "issued": report.issued, "added_at": _now(), "latest": True, "body": report.body,
    }  # fmt: skip


def _set(connection: sa.Connection, name: str, value: str) -> None:
    connection.execute(sa.delete(_settings).where(_settings.c.name == name))
    connection.execute(sa.insert(_settings).values(name=name, value=value))


def _own() -> sa.ColumnElement[bool]:
    """Say which corrections are a report's: made on it, or on another version of its file."""
    return sa.or_(_corrections.c.report == _reports.c.id, _corrections.c.path == _reports.c.path)


def _merges(connection: sa.Connection) -> list[MergeUnits]:
    rows = connection.execute(sa.select(_names.c.alias, _names.c.name).order_by(_names.c.correction))
    return [MergeUnits(row.alias, row.name) for row in rows]


def _log(connection: sa.Connection, number: int, before: Sequence[MergeUnits]) -> None:
    """Write into the log the reports that a correction, made or undone, changes; `before` are the merges till then."""
    of_report = sa.select(_reports.c.id).join(_corrections, _own()).where(_corrections.c.number == number)
    ids = list(connection.scalars(of_report.where(_reports.c.latest)))
    after = _merges(connection)
    if list(before) != after:
        ids += _renamed(connection, before, after)
    for changed in ids:
        connection.execute(sa.insert(_changes).values(report=changed))


def _renamed(connection: sa.Connection, before: Sequence[MergeUnits], after: Sequence[MergeUnits]) -> Iterator[str]:
    """Yield the latest reports that name a unit which is shown under another name now."""
    added: dict[str, list[dict[str, Any]]] = {}
    rows = sa.select(_reports.c.id, _corrections.c.body).join(_corrections, _own())
    for row in connection.execute(rows.where(_corrections.c.undone_at.is_(None))):
        added.setdefault(row.id, []).append(json.loads(row.body))
    same: dict[str, bool] = {}
    for row in connection.execute(sa.select(_reports.c.id, _reports.c.body).where(_reports.c.latest)):
        data = json.loads(zlib.decompress(row.body))
        units = {e.get("norm") for e in (*data["entities"], *added.get(row.id, ())) if e.get("type") == "UNIT"}
        for name in {*units, data["issuer"]} - {None} - same.keys():
            same[name] = shown_name(name, before) == shown_name(name, after)
        if not all(same[name] for name in {*units, data["issuer"]} - {None}):
            yield row.id


def _pragmas(connection: sqlite3.Connection, _: Any) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 30000"):
        connection.execute(f"PRAGMA {pragma}")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextmanager
def _told() -> Iterator[None]:
    """Turn what the database reports into one sentence for the user."""
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.DatabaseError) as error:
        cause = str(error.orig).lower()
        if "full" in cause or "disk i/o" in cause:
            raise ArchiveError(
                "The disk of the archive is full or fails; free some space and run the command again: "
                "what was stored is safe."
            ) from error
        raise ArchiveError(
            f"The archive's record cannot be used ({error.orig}); put back a copy of record.sqlite, or ingest the "
            "reports into a new archive."
        ) from error
