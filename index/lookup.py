"""Reading the record without its SQL library, for commands that only look things up.

The same statements go to SQLite and to PostgreSQL; a value's place in them is written `:name`.
"""

import json
import re
import sqlite3
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from baocao.errors import ArchiveError, NotFoundError
from baocao.index.corrections import Correction, Entry, MergeUnits, apply, fits, from_json, shown_name
from baocao.index.postgres import answered, not_installed
from baocao.index.settings import Postgres
from baocao.report import Report

_FILE = "record.sqlite"
_HEAD = 1_500  # bytes of a report's JSON that mostly hold all before its text
_PERIOD = re.compile(rb'"period": \{"start": "[^"]*", "end": "([^"]*)"\}, "signer"')
_VALUE = re.compile(r":(\w+)")


class Reader:
    """A connection to look things up with."""

    def __init__(self, connection: Any, *, server: bool) -> None:
        self._connection, self._server = connection, server

    def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a statement."""
        return list(self._connection.execute(self._written(query), values).fetchall())

    def one(self, query: str, **values: Any) -> tuple[Any, ...] | None:
        """Return the first row of a statement, or None."""
        return next(iter(self.rows(query, **values)), None)

    def stream(self, query: str, **values: Any) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a statement, few at a time in memory; ask nothing else meanwhile."""
        if self._server:
            yield from self._connection.cursor().stream(self._written(query), values)
        else:
            yield from self._connection.execute(query, values)

    def _written(self, query: str) -> str:
        return _VALUE.sub(r"%(\1)s", query) if self._server else query


@contextmanager
def reading(folder: Path) -> Iterator[Reader]:
    """Open the record of an archive read-only.

    Raises ArchiveError where there is none, it is damaged, or its server cannot be reached.
    """
    server = Postgres.of(folder)
    with _on_server(server) if server else _in_folder(folder) as reader:
        yield reader


@contextmanager
def _in_folder(folder: Path) -> Iterator[Reader]:
    if not (folder / _FILE).is_file():
        raise ArchiveError(f"There is no archive in {folder}; `baocao ingest FOLDER` makes one.")
    try:
        with closing(sqlite3.connect(f"file:{folder / _FILE}?mode=ro", uri=True, timeout=30)) as connection:
            yield Reader(connection, server=False)
    except sqlite3.DatabaseError as error:
        raise ArchiveError(
            f"The record of the archive in {folder} is damaged ({error}); put back a copy of record.sqlite, or ingest "
            "the reports into a new archive."
        ) from error


@contextmanager
def _on_server(server: Postgres) -> Iterator[Reader]:
    try:
        import psycopg
    except ModuleNotFoundError as missing:
        raise not_installed(missing) from missing
    try:
        with psycopg.connect(
            server.url, password=server.password, connect_timeout=10, autocommit=True, application_name="baocao"
        ) as connection:
            yield Reader(connection, server=True)
    except psycopg.errors.UndefinedTable as error:
        raise ArchiveError(f"There is no archive at {server.shown}; `baocao ingest FOLDER` makes one.") from error
    except psycopg.Error as error:
        raise answered(server, str(error), error.sqlstate) from error


def report_json(folder: Path, id_or_prefix: str) -> dict[str, Any]:
    """Return the JSON of the report whose id begins with `id_or_prefix`.

    Raises NotFoundError where none does, or several do.
    """
    with reading(folder) as reader:
        query = "SELECT id, body FROM report WHERE id >= :first AND id < :last ORDER BY id LIMIT 2"
        rows = reader.rows(query, first=id_or_prefix, last=id_or_prefix + "\U0010ffff")
        exact = [row for row in rows if row[0] == id_or_prefix] or rows
        if len(exact) != 1:
            many = "Several reports have an id that begins" if exact else "No report has an id that begins"
            raise NotFoundError(f"{many} with {id_or_prefix}; `baocao search` shows ids.")
        data: dict[str, Any] = json.loads(zlib.decompress(exact[0][1]))
        changed = [*_corrections(reader, data["id"]).get(data["id"], ()), *_merges(reader)]
    return apply(Report.from_json(data), changed).to_json() if changed else data


def some_reports(folder: Path, ids: Iterable[str]) -> Iterator[Report]:
    """Yield the reports with these ids as people corrected them; one that is not there is left out."""
    with reading(folder) as reader:
        merges = _merges(reader)
        for wanted in ids:
            found = reader.one("SELECT body FROM report WHERE id = :id", id=wanted)
            if found:
                own = _corrections(reader, wanted).get(wanted, ())
                yield apply(Report.from_json(json.loads(zlib.decompress(found[0]))), (*own, *merges))


def reports(folder: Path, *, corrected: bool = False, only: Collection[str] | None = None) -> Iterator[Report]:
    """Yield the latest version of every report as people corrected it, oldest first.

    With `corrected` only those that hold a correction of their own in force, with `only` those with these ids.
    """
    with reading(folder) as reader:
        merges, own = _merges(reader), _corrections(reader)
        for id_, body in reader.stream("SELECT id, body FROM report WHERE latest ORDER BY added_at, id"):
            if (corrected and id_ not in own) or (only is not None and id_ not in only):
                continue
            report = Report.from_json(json.loads(zlib.decompress(body)))
            if not corrected or any(fits(report, c) for c in own[id_]):
                yield apply(report, (*own.get(id_, ()), *merges))


def periods(folder: Path) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield of the latest version of every report its id, its issuer, and the end of its period or else its date.

    Only the beginning of each report is unpacked: its JSON tells these before the text.
    """
    with reading(folder) as reader:
        merges = _merges(reader)
        for id_, issuer, issued, body in reader.stream("SELECT id, issuer, issued, body FROM report WHERE latest"):
            period = _PERIOD.search(_before_text(body))
            yield id_, shown_name(issuer, merges) if issuer else None, period[1].decode() if period else issued


def _before_text(body: bytes) -> bytes:
    """Unpack a report's JSON as far as its text begins; within strings no quotation mark stands alone."""
    unpacking = zlib.decompressobj()
    start = unpacking.decompress(body, _HEAD)
    while b', "text": "' not in start and unpacking.unconsumed_tail:
        start += unpacking.decompress(unpacking.unconsumed_tail, _HEAD)
    return start


def corrections(folder: Path, *, undone: bool = False, report: str = "") -> list[Entry]:
    """Return the corrections in force in the order made, with `undone` also those that were undone.

    With `report` only those made on the report with this id, and on other versions of its file.
    """
    with reading(folder) as reader:
        if not _has(reader, form=2):
            return []
        query = (
            'SELECT c.number, c.report, c.body, c."by", c.at, c.undone_by, c.undone_at, '
            "coalesce((SELECT id FROM report WHERE path = c.path AND latest LIMIT 1), c.report) "
            "FROM correction c WHERE :report = '' OR c.report = :report "
            "OR c.path = (SELECT path FROM report WHERE id = :report) ORDER BY c.number"
        )
        rows = [row for row in reader.rows(query, report=report) if undone or row[6] is None]
        held: dict[str, Report] = {}
        for id_ in {row[-1] for row in rows} - {None}:
            found = reader.one("SELECT body FROM report WHERE id = :id", id=id_)
            if found:
                held[id_] = Report.from_json(json.loads(zlib.decompress(found[0])))
    told = []
    for number, report, body, by, at, undone_by, undone_at, latest in rows:
        correction = from_json(json.loads(body))
        placed = latest is None or fits(held[latest], correction)
        told.append(Entry(number, report, correction, by, at, undone_by, undone_at, placed))
    return told


def _corrections(reader: Reader, report: str = "") -> dict[str, list[Correction]]:
    """Return report id → its corrections in force, those of other versions of its file too; of one report or all."""
    found: dict[str, list[Correction]] = {}
    if _has(reader, form=2):
        query = (
            "SELECT r.id, c.body FROM correction c JOIN report r ON c.report = r.id OR c.path = r.path "
            "WHERE c.undone_at IS NULL AND (:report = '' OR r.id = :report) ORDER BY c.number"
        )
        for id_, body in reader.rows(query, report=report):
            found.setdefault(id_, []).append(from_json(json.loads(body)))
    return found


def _merges(reader: Reader) -> list[MergeUnits]:
    """Return the merges of units that are in force."""
    if not _has(reader, form=2):
        return []
    return [MergeUnits(*row) for row in reader.rows("SELECT alias, name FROM unit_name ORDER BY correction")]


def _has(reader: Reader, *, form: int) -> bool:
    """Tell whether the archive is of this form or a later one: an older gets it when it is next written to."""
    return int((reader.one("SELECT value FROM setting WHERE name = 'schema'") or ("1",))[0]) >= form


def refusals(folder: Path) -> list[dict[str, str]]:
    """Return what is in quarantine: path, code, message, at."""
    with reading(folder) as reader:
        rows = reader.rows("SELECT path, code, message, at FROM refusal ORDER BY at, path")
        return [dict(zip(("path", "code", "message", "at"), row, strict=True)) for row in rows]


def follow_ups(folder: Path, year: int | None = None) -> list[dict[str, Any]]:
    """Return the follow-up list, of one year's review or of all: item, year, unit, text, state, note, by, at."""
    columns = ("item", "year", "unit", "text", "state", "note", "by", "at")
    with reading(folder) as reader:
        if not _has(reader, form=3):
            return []
        query = (
            'SELECT item, year, unit, text, state, note, "by", at FROM follow_up '
            "WHERE :year = 0 OR year = :year ORDER BY year, unit, item"
        )
        return [dict(zip(columns, row, strict=True)) for row in reader.rows(query, year=year or 0)]


def counts(folder: Path) -> dict[str, int]:
    """Return the numbers of reports, of refusals, of files that wait to be read, and of changes not in the index."""
    with reading(folder) as reader:

        def one(query: str) -> int:
            row = reader.one(query)
            return int(row[0] or 0) if row else 0

        told = {
            "reports": one("SELECT count(*) FROM report WHERE latest"),
            "quarantined": one("SELECT count(*) FROM refusal"),
        }
        if _has(reader, form=3):
            behind = one("SELECT count(*) FROM change WHERE NOT indexed")
            return {**told, "queued": one("SELECT count(*) FROM job"), "behind": behind}
        mark = one("SELECT value FROM setting WHERE name = 'mark'")
        return {**told, "queued": 0, "behind": one("SELECT max(seq) FROM change") - mark}


def latest_ids(folder: Path) -> set[str]:
    """Return the ids of the latest versions."""
    with reading(folder) as reader:
        return {row[0] for row in reader.rows("SELECT id FROM report WHERE latest")}


def newest(folder: Path, most: int) -> list[tuple[str, str, str | None, str | None]]:
    """Return (id, title, issuer, day of issue) of the reports that came last, the newest first."""
    with reading(folder) as reader:
        query = "SELECT id, title, issuer, issued FROM report WHERE latest ORDER BY number DESC LIMIT :most"
        return [(row[0], row[1], row[2], row[3]) for row in reader.rows(query, most=most)]


def variants(folder: Path, report: str) -> list[tuple[str, str, bool]]:
    """Return (id, path) of the other files that are the same report as one, and whether each stands for all."""
    with reading(folder) as reader:
        if not _has(reader, form=4):
            return []
        query = (
            'SELECT r.id, r.path, v."of" IS NULL FROM variant v JOIN report r ON r.id = v.report '
            'WHERE v.report <> :report AND coalesce(v."of", v.report) = '
            '(SELECT coalesce("of", report) FROM variant WHERE report = :report) '
            'ORDER BY v."of" IS NOT NULL, r.path'
        )
        return [(row[0], row[1], bool(row[2])) for row in reader.rows(query, report=report)]


def bearers(folder: Path, docnos: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """Return document number → (id, title) of the reports that bear it, for those of the numbers that any bears."""
    found: dict[str, list[tuple[str, str]]] = {}
    with reading(folder) as reader:
        for docno in dict.fromkeys(docnos):
            rows = reader.rows("SELECT id, title FROM report WHERE docno = :docno AND latest", docno=docno)
            if rows:
                found[docno] = [(row[0], row[1]) for row in rows]
    return found
