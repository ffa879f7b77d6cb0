"""The record: reports, refusals, corrections and the log of changes, in SQL. It is the truth; the index follows it.

SQLAlchemy Core on SQLite (WAL, synchronous FULL; one writer) or on PostgreSQL (as many as one likes). A change and
its line in the log are one transaction. The log is the index's outbox: a line is done once the engine has made
what it speaks of lasting.
"""

import json
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from baocao.errors import NotFoundError
from baocao.index import tables, variants
from baocao.index.corrections import Correction, MergeUnits, apply, from_json, same_name, shown_name, to_json
from baocao.index.database import Database, patiently
from baocao.index.prepare import Prepared, prepare, unpack
from baocao.index.tables import changes, corrections, names, refusals, reports, set_setting, setting


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a report given to `Record.add`: with its number, whether it is new, and whom it replaces."""

    report: Prepared
    new: bool
    replaced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A recommendation of a year's review and what became of it: open, in-hand, done or dropped."""

    item: str
    year: int
    unit: str
    text: str
    state: str
    note: str
    by: str
    at: str


class Record(Database):
    """The SQL side of an archive, open for writing."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._migrate(folder)

    @patiently
    def _migrate(self, folder: Path) -> None:
        with self.writing() as connection:
            self.alone(connection, "schema")
            tables.migrate(connection, folder)
        (folder / "index.json").unlink(missing_ok=True)

    @patiently
    def known(self, sha256: str) -> bool:
        """Tell whether the record holds the report with these bytes as the latest of its file, or a variant of one."""
        with self.reading() as connection:
            other_file = sa.select(tables.variants.c.of).where(tables.variants.c.report == reports.c.id)
            held = sa.or_(reports.c.latest, other_file.scalar_subquery().is_not(None))
            query = sa.select(reports.c.id).where(reports.c.sha256 == sha256, held)
            return connection.scalar(query) is not None

    @patiently
    def add(self, given: Sequence[tuple[Prepared, str]], *, again: bool = False) -> list[Added]:
        """Store reports with their paths in one transaction.

        A file whose bytes changed is a new version: the one before stays in the record, out of the index. With
        `again` a report takes the place of the one made before of the same bytes.
        """
        with self.writing() as connection:
            self.alone(connection, *(report.id for report, _ in given), *(path for _, path in given))
            batch = _Batch(connection, given, again, self._next_numbers)
            changed = batch.stored()
            self.alone(connection, "variants")
            standing = variants.settle(connection, batch.fresh, [*batch.retired, *batch.stale])
            self._log(connection, [*changed, *(other for others in standing.values() for other in others)])
            return [replace(a, replaced=(*a.replaced, *standing.get(a.report.id, ()))) for a in batch.told]

    def _next_numbers(self, connection: sa.Connection, count: int) -> list[int]:
        """Return numbers for new reports that no other has."""
        if self.shared:
            following = sa.select(tables.report_numbers.next_value()).select_from(sa.func.generate_series(1, count))
            return list(connection.scalars(following))
        last = connection.scalar(sa.select(sa.func.max(reports.c.number))) or 0
        return list(range(last + 1, last + 1 + count))

    def _log(self, connection: sa.Connection, changed: Collection[str]) -> None:
        """Write into the log that these reports changed: the last step of a transaction.

        Those that write wait for each other here, so that lines become visible in their order.
        """
        if changed:
            self.alone(connection, "log")
            connection.execute(sa.insert(changes), [{"report": report} for report in changed])

    @patiently
    def refuse(self, path: str, code: str, message: str) -> None:
        """Put a file into quarantine; a second refusal of it replaces the first."""
        with self.writing() as connection:
            refuse(connection, path, code, message)

    @patiently
    def forget(self, paths: Sequence[str]) -> None:
        """Take files out of quarantine; those that are not there are no fault."""
        with self.writing() as connection:
            for at in range(0, len(paths), 500):
                connection.execute(sa.delete(refusals).where(refusals.c.path.in_(paths[at : at + 500])))

    # The outbox.

    @patiently
    def last_change(self) -> int:
        """Return the number of the last change."""
        with self.reading() as connection:
            return int(connection.scalar(sa.select(sa.func.max(changes.c.seq))) or 0)

    @patiently
    def archive_name(self) -> str:
        """Return a name of the archive that no other has."""
        return self._kept("archive", uuid4().hex)

    @patiently
    def index(self) -> str | None:
        """Return the index that the log's marks speak of."""
        with self.reading() as connection:
            return setting(connection, "index")

    @patiently
    def speaks_of(self, index: str) -> None:
        """Say that the log's marks speak of this index; where they told of another, it has all to take in."""
        if self._kept("index", "") == index:
            return
        with self.writing() as connection:
            self._alone_with_index(connection)
            if setting(connection, "index") != index:
                set_setting(connection, "index", index)
                connection.execute(sa.update(changes).where(changes.c.indexed.is_(False)).values(indexed=True))
                every = sa.select(reports.c.id).where(reports.c.latest).order_by(reports.c.number)
                connection.execute(sa.insert(changes).from_select(["report"], every))

    @patiently
    def index_lost(self) -> None:
        """Say that the index which the log's marks speak of is no more."""
        with self.writing() as connection:
            self._alone_with_index(connection)
            set_setting(connection, "index", "")

    def _alone_with_index(self, connection: sa.Connection) -> None:
        """Wait until nobody follows an index, then keep to this transaction which one the log speaks of.

        The index comes first and alone: those that follow it let go in their time, and may want the log till then.
        """
        self.alone(connection, "index")
        self.alone(connection, "log", "setting")

    def _kept(self, name: str, first: str) -> str:
        """Return what is kept under a name, which becomes `first` where nothing is."""
        with self.reading() as connection:
            found = setting(connection, name)
        if found is None:
            with self.writing() as connection:
                self.alone(connection, "setting")
                found = setting(connection, name)
                if found is None:
                    set_setting(connection, name, first)
                    found = first
        return found

    @patiently
    def swapped(self, index: str, last: int) -> None:
        """Say that an index that was filled beside takes the old one's place: it holds all changes up to `last`.

        What changed later may have gone to the old one, so the new one has to take it in.
        """
        with self.writing() as connection:
            self._alone_with_index(connection)
            set_setting(connection, "index", index)
            done, later = sa.and_(changes.c.seq <= last, changes.c.indexed.is_(False)), changes.c.seq > last
            connection.execute(sa.update(changes).where(done).values(indexed=True))
            connection.execute(sa.update(changes).where(later).values(indexed=False))

    def number_on(self, connection: sa.Connection) -> None:
        """Let new rows be numbered behind those that were copied in with their numbers."""
        if not self.shared:
            return  # SQLite goes on from the last
        for sequence, column in (
            (tables.report_numbers.name, reports.c.number),
            ("correction_number_seq", corrections.c.number),
            ("job_number_seq", tables.jobs.c.number),
            ("page_audit_number_seq", tables.audit.c.number),
            ("page_search_number_seq", tables.saved_searches.c.number),
            ("page_draft_number_seq", tables.drafts.c.number),
        ):
            last = connection.scalar(sa.select(sa.func.max(column)))
            if last:
                connection.execute(sa.select(sa.func.setval(sequence, last)))

    # Reading reports as people corrected them.

    @patiently
    def prepared(self, ids: Sequence[str]) -> list[Prepared]:
        """Return the reports with these ids as people corrected them, ready for an engine, in that order."""
        with self.reading() as connection:
            query = sa.select(reports.c.id, reports.c.number, reports.c.body).where(reports.c.id.in_(ids))
            rows = {row.id: row for row in connection.execute(query)}
            own, merges = _corrections(connection, ids)
        return [_corrected(rows[i].body, rows[i].number, own.get(i, ()), merges) for i in ids]

    @patiently
    def corrected(self, given: Sequence[Prepared]) -> list[Prepared]:
        """Return what was stored just now as people corrected it; most of it comes back as it is."""
        with self.reading() as connection:
            own, merges = _corrections(connection, [r.id for r in given])
        return [_corrected(r.body, r.number, own.get(r.id, ()), merges) if merges or r.id in own else r for r in given]

    @patiently
    def merges(self) -> list[MergeUnits]:
        """Return the merges of units that are in force."""
        with self.reading() as connection:
            return _merges(connection)

    def correct(self, correction: Correction, report: str | None, by: str) -> int:
        """Store a correction, of a report or (a merge) of all; return its number. What it changes is in the log."""
        with self.writing() as connection:
            self.alone(connection, "corrections")
            path = connection.scalar(sa.select(reports.c.path).where(reports.c.id == report))
            body = json.dumps(to_json(correction), ensure_ascii=False)
            values = {"report": report, "path": path, "body": body, "by": by, "at": now()}
            before = _merges(connection)
            stored = connection.execute(sa.insert(corrections).values(**values).returning(corrections.c.number))
            number: int = stored.scalar_one()
            if isinstance(correction, MergeUnits):
                row = {"alias": correction.alias, "name": correction.name, "correction": number}
                connection.execute(sa.insert(names).values(**row))
            self._log(connection, _changed_by(connection, number, before))
        return number

    def undo(self, number: int, by: str) -> Correction:
        """Put a correction out of force and return it; its row stays, with who undid it and when.

        Raises NotFoundError where none in force has the number.
        """
        with self.writing() as connection:
            self.alone(connection, "corrections")
            one = corrections.c.number == number, corrections.c.undone_at.is_(None)
            body = connection.scalar(sa.select(corrections.c.body).where(*one))
            if body is None:
                raise NotFoundError(
                    f"No correction in force has the number {number}; `baocao correct list` shows them."
                )
            before = _merges(connection)
            connection.execute(sa.update(corrections).where(*one).values(undone_by=by, undone_at=now()))
            connection.execute(sa.delete(names).where(names.c.correction == number))
            self._log(connection, _changed_by(connection, number, before))
        return from_json(json.loads(body))

    @patiently
    def merge_of(self, alias: str) -> int:
        """Return the number of the correction that merged `alias`.

        Raises NotFoundError where none did.
        """
        with self.reading() as connection:
            rows = connection.execute(sa.select(names.c.alias, names.c.correction)).all()
        found = {row.alias: row.correction for row in rows}
        written = same_name(alias, found)
        if written is None:
            raise NotFoundError(f"No unit “{alias}” was merged into another; `baocao correct list` shows the merges.")
        return int(found[written])

    @patiently
    def follow_up(self, items: Sequence[FollowUp]) -> int:
        """Put recommendations on the follow-up list; those that stand there stay as they are. Return the new ones."""
        table = tables.follow_ups
        with self.writing() as connection:
            self.alone(connection, "follow-up")
            wanted = [item.item for item in items]
            held = set(connection.scalars(sa.select(table.c.item).where(table.c.item.in_(wanted))))
            new = {item.item: asdict(item) for item in items if item.item not in held}
            if new:
                connection.execute(sa.insert(table), list(new.values()))
        return len(new)

    @patiently
    def set_follow_up(self, item: str, state: str, note: str, by: str) -> None:
        """Say what became of a recommendation.

        Raises NotFoundError where the follow-up list does not have it.
        """
        table = tables.follow_ups
        with self.writing() as connection:
            change = sa.update(table).where(table.c.item == item).values(state=state, note=note, by=by, at=now())
            if not connection.execute(change).rowcount:
                raise NotFoundError(f"The follow-up list has no {item}; `baocao followup list` shows what it has.")

    @patiently
    def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        """Return all rows of a table that something else than the pipeline fills."""
        with self.reading() as connection:
            return [dict(row) for row in connection.execute(sa.select(table)).mappings()]

    @patiently
    def put_rows(self, rows: Mapping[sa.Table, Sequence[Mapping[str, Any]]], *, anew: bool = False) -> None:
        """Put rows in place of those of the same keys, all in one transaction; `anew` empties the tables before."""
        with self.writing() as connection:
            self.alone(connection, *(table.name for table in rows))
            for table, new in rows.items():
                keys = list(table.primary_key.columns)
                if anew:
                    connection.execute(sa.delete(table))
                elif new:
                    same = sa.and_(*(column == sa.bindparam(f"key_{column.name}") for column in keys))
                    gone = [{f"key_{column.name}": row[column.name] for column in keys} for row in new]
                    connection.execute(sa.delete(table).where(same), gone)
                if new:
                    connection.execute(sa.insert(table), [dict(row) for row in new])


class _Batch:
    """Reports on their way into one transaction, in few statements: building one costs more than running it."""

    def __init__(
        self,
        connection: sa.Connection,
        given: Sequence[tuple[Prepared, str]],
        again: bool,
        next_numbers: Callable[[sa.Connection, int], list[int]],
    ) -> None:
        self._connection, self._given, self._again, self._next_numbers = connection, given, again, next_numbers
        self.told: list[Added] = []
        self.fresh: list[Prepared] = []  # those that were stored
        self.retired: set[str] = set()  # the versions before of their files
        c, v = reports.c, tables.variants.c
        ids, paths = [r.id for r, _ in given], [path for _, path in given]
        query = sa.select(c.id, c.latest, c.number, v.of).outerjoin(tables.variants, v.report == c.id)
        held = connection.execute(query.where(c.id.in_(ids))).all()
        self._held = {row.id: bool(row.latest) or row.of is not None for row in held}
        self.stale = variants.stale_at(connection, {path: report.id for report, path in given})
        self._numbers = {row.id: int(row.number) for row in held}
        self._latest_at: dict[str, list[str]] = {}
        for row in connection.execute(sa.select(c.id, c.path).where(c.path.in_(paths), c.latest)):
            self._latest_at.setdefault(row.path, []).append(row.id)

    def stored(self) -> list[str]:
        """Store what is to be stored and return the reports that changed; `told` says what became of each given."""
        new: dict[str, dict[str, Any]] = {}
        anew: list[dict[str, Any]] = []
        changed: list[str] = []
        unnumbered = [r.id for r, _ in self._given if r.id not in self._numbers]
        if unnumbered:
            self._numbers |= dict(zip(unnumbered, self._next_numbers(self._connection, len(unnumbered)), strict=True))
        for report, path in self._given:
            numbered = replace(report, number=self._numbers[report.id])
            if self._held.get(report.id) and not self._again:
                self.told.append(Added(numbered, new=False))
                continue
            replaced = self._latest_at.get(path, [])
            self.retired = (self.retired | set(replaced)) - {report.id}
            self.fresh.append(numbered)
            changed += [*replaced, report.id]
            if report.id in self._held:
                anew.append({"key": report.id, **_row(numbered, path)})
            else:
                new[report.id] = {"id": report.id, "sha256": report.sha256, **_row(numbered, path)}
            self._held |= {**dict.fromkeys(replaced, False), report.id: True}
            self._latest_at[path] = [report.id]
            self.told.append(Added(numbered, True, tuple(replaced)))
        self._write(list(new.values()), anew, self.retired)
        return changed

    def _write(self, new: list[dict[str, Any]], anew: list[dict[str, Any]], retired: set[str]) -> None:
        run, c = self._connection.execute, reports.c
        if new:
            run(sa.insert(reports), new)
        if anew:
            columns = [name for name in anew[0] if name != "key"]
            run(
                sa.update(reports).where(c.id == sa.bindparam("key")).values({n: sa.bindparam(n) for n in columns}),
                anew,
            )
        if retired:
            run(sa.update(reports).where(c.id.in_(retired)).values(latest=False))
        run(sa.delete(refusals).where(refusals.c.path.in_([path for _, path in self._given])))


def refuse(connection: sa.Connection, path: str, code: str, message: str) -> None:
    """Put a file into quarantine, within a transaction."""
    connection.execute(sa.delete(refusals).where(refusals.c.path == path))
    row = {"path": path, "code": code, "message": message, "at": now()}
    if connection.dialect.name == "postgresql":  # another process may have refused it in between
        connection.execute(postgresql.insert(refusals).values(**row).on_conflict_do_nothing())
    else:
        connection.execute(sa.insert(refusals).values(**row))


def _row(report: Prepared, path: str) -> dict[str, Any]:
    return {
        "path": path, "title": report.title, "kind": report.kind, "docno": report.docno, "issuer": report.issuer,
        "issued": report.issued, "added_at": now(), "latest": True, "body": report.body, "number": report.number,
    }  # fmt: skip


def _own() -> sa.ColumnElement[bool]:
    """Say which corrections are a report's: made on it, or on another version of its file."""
    return sa.or_(corrections.c.report == reports.c.id, corrections.c.path == reports.c.path)


def _corrections(connection: sa.Connection, ids: Sequence[str]) -> tuple[dict[str, list[Correction]], list[MergeUnits]]:
    """Return the corrections in force of each of these reports, and the merges."""
    query = (
        sa.select(reports.c.id, corrections.c.body)
        .join(corrections, _own())
        .where(reports.c.id.in_(ids), corrections.c.undone_at.is_(None))
        .order_by(corrections.c.number)
    )
    found: dict[str, list[Correction]] = {}
    for row in connection.execute(query):
        found.setdefault(row.id, []).append(from_json(json.loads(row.body)))
    return found, _merges(connection)


def _corrected(body: bytes, number: int, own: Sequence[Correction], merges: Sequence[MergeUnits]) -> Prepared:
    return replace(prepare(apply(unpack(body), (*own, *merges))), number=number)


def _merges(connection: sa.Connection) -> list[MergeUnits]:
    rows = connection.execute(sa.select(names.c.alias, names.c.name).order_by(names.c.correction))
    return [MergeUnits(row.alias, row.name) for row in rows]


def _changed_by(connection: sa.Connection, number: int, before: Sequence[MergeUnits]) -> list[str]:
    """Return the reports that a correction, made or undone, changes; `before` are the merges till then."""
    of_report = sa.select(reports.c.id).join(corrections, _own()).where(corrections.c.number == number)
    ids = list(connection.scalars(of_report.where(reports.c.latest)))
    after = _merges(connection)
    return ids if list(before) == after else [*ids, *_renamed(connection, before, after)]


def _renamed(connection: sa.Connection, before: Sequence[MergeUnits], after: Sequence[MergeUnits]) -> Iterator[str]:
    """Yield the latest reports that name a unit which is shown under another name now."""
    added: dict[str, list[dict[str, Any]]] = {}
    rows = sa.select(reports.c.id, corrections.c.body).join(corrections, _own())
    for row in connection.execute(rows.where(corrections.c.undone_at.is_(None))):
        added.setdefault(row.id, []).append(json.loads(row.body))
    same: dict[str, bool] = {}
    every = sa.select(reports.c.id, reports.c.body).where(reports.c.latest).execution_options(yield_per=200)
    for row in connection.execute(every):
        data = json.loads(zlib.decompress(row.body))
        units = {e.get("norm") for e in (*data["entities"], *added.get(row.id, ())) if e.get("type") == "UNIT"}
        for name in {*units, data["issuer"]} - {None} - same.keys():
            same[name] = shown_name(name, before) == shown_name(name, after)
        if not all(same[name] for name in {*units, data["issuer"]} - {None}):
            yield row.id


def now() -> str:
    """Return the time of day as the record writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
