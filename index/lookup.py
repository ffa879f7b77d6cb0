"""Reading the record without its SQL library, for commands that only look things up."""

import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from baocao.errors import ArchiveError, NotFoundError
from baocao.index.corrections import Correction, Entry, MergeUnits, apply, fits, from_json
from baocao.report import Report

_FILE = "record.sqlite"


@contextmanager
def reading(folder: Path) -> Iterator[sqlite3.Connection]:
    """Open the record of an archive read-only.

    Raises ArchiveError where there is none, or it is damaged.
    """
    if not (folder / _FILE).is_file():
        raise ArchiveError(f"There is no archive in {folder}; `baocao ingest FOLDER` makes one.")
    try:
        with closing(sqlite3.connect(f"file:{folder / _FILE}?mode=ro", uri=True, timeout=30)) as connection:
            yield connection
    except sqlite3.DatabaseError as error:
        raise ArchiveError(
            f"The record of the archive in {folder} is damaged ({error}); put back a copy of record.sqlite, or ingest "
            "the reports into a new archive."
        ) from error


def report_json(folder: Path, id_or_prefix: str) -> dict[str, Any]:
    """Return the JSON of the report whose id begins with `id_or_prefix`.

    Raises NotFoundError where none does, or several do.
    """
    with reading(folder) as connection:
        query = "SELECT id, body FROM report WHERE id >= ? AND id < ? LIMIT 2"
        rows = connection.execute(query, (id_or_prefix, id_or_prefix + "\U0010ffff")).fetchall()
        exact = [row for row in rows if row[0] == id_or_prefix] or rows
        if len(exact) != 1:
            many = "Several reports have an id that begins" if exact else "No report has an id that begins"
            raise NotFoundError(f"{many} with {id_or_prefix}; `baocao search` shows ids.")
        data: dict[str, Any] = json.loads(zlib.decompress(exact[0][1]))
        changed = [*_corrections(connection, data["id"]).get(data["id"], ()), *_merges(connection)]
    return apply(Report.from_json(data), changed).to_json() if changed else data


def reports(folder: Path, *, corrected: bool = False) -> Iterator[Report]:
    """Yield the latest version of every report as people corrected it, oldest first.

    With `corrected` only those that hold a correction of their own in force.
    """
    with reading(folder) as connection:
        merges, own = _merges(connection), _corrections(connection)
        for id_, body in connection.execute("SELECT id, body FROM report WHERE latest ORDER BY added_at, id"):
            if corrected and id_ not in own:
                continue
            report = Report.from_json(json.loads(zlib.decompress(body)))
            if not corrected or any(fits(report, c) for c in own[id_]):
                yield apply(report, (*own.get(id_, ()), *merges))


def corrections(folder: Path, *, undone: bool = False) -> list[Entry]:
    """Return the corrections in force in the order made, with `undone` also those that were undone."""
    with reading(folder) as connection:
        if not _has_corrections(connection):
            return []
        query = (
            "SELECT c.number, c.report, c.body, c.by, c.at, c.undone_by, c.undone_at, "
            "coalesce((SELECT id FROM report WHERE path = c.path AND latest), c.report) "
            "FROM correction c ORDER BY c.number"
        )
        rows = [row for row in connection.execute(query) if undone or row[6] is None]
        held: dict[str, Report] = {}
        for (id_,) in {row[-1:] for row in rows} - {(None,)}:
            (body,) = connection.execute("SELECT body FROM report WHERE id = ?", (id_,)).fetchone()
            held[id_] = Report.from_json(json.loads(zlib.decompress(body)))
    told = []
    for number, report, body, by, at, undone_by, undone_at, latest in rows:
        correction = from_json(json.loads(body))
        placed = latest is None or fits(held[latest], correction)
        told.append(Entry(number, report, correction, by, at, undone_by, undone_at, placed))
    return told


def _corrections(connection: sqlite3.Connection, report: str | None = None) -> dict[str, list[Correction]]:
    """Return report id → its corrections in force, those of other versions of its file too; of one report or all."""
    found: dict[str, list[Correction]] = {}
    if _has_corrections(connection):
        query = (
            "SELECT r.id, c.body FROM correction c JOIN report r ON c.report = r.id OR c.path = r.path "
            "WHERE c.undone_at IS NULL AND (:report IS NULL OR r.id = :report) ORDER BY c.number"
        )
        for id_, body in connection.execute(query, {"report": report}):
            found.setdefault(id_, []).append(from_json(json.loads(body)))
    return found


def _merges(connection: sqlite3.Connection) -> list[MergeUnits]:
    """Return the merges of units that are in force."""
    if not _has_corrections(connection):
        return []
    return [MergeUnits(*row) for row in connection.execute("SELECT alias, name FROM unit_name ORDER BY correction")]


def _has_corrections(connection: sqlite3.Connection) -> bool:
    """Tell whether the archive's form knows corrections: one of version 1 gets them when it is next written to."""
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'unit_name'").fetchone() is not None


def refusals(folder: Path) -> list[dict[str, str]]:
    """Return what is in quarantine: path, code, message, at."""
    with reading(folder) as connection:
        rows = connection.execute("SELECT path, code, message, at FROM refusal ORDER BY at, path")
        return [dict(zip(("path", "code", "message", "at"), row, strict=True)) for row in rows]


def counts(folder: Path) -> dict[str, int]:
    """Return the number of reports and refusals, the last change, and the index's mark."""
    with reading(folder) as connection:

        def one(query: str) -> int:
            row = connection.execute(query).fetchone()
            return int(row[0] or 0) if row else 0

        return {
            "reports": one("SELECT count(*) FROM report WHERE latest"),
            "quarantined": one("SELECT count(*) FROM refusal"),
            "last_change": one("SELECT max(seq) FROM change"),
            "mark": one("SELECT value FROM setting WHERE name = 'mark'"),
        }


def latest_ids(folder: Path) -> set[str]:
    """Return the ids of the latest versions."""
    with reading(folder) as connection:
        return {row[0] for row in connection.execute("SELECT id FROM report WHERE latest")}


def cited_by(folder: Path, docno: str) -> list[tuple[str, str]]:
    """Return (id, title) of the reports that bear a document number."""
    with reading(folder) as connection:
        query = "SELECT id, title FROM report WHERE docno = ? AND latest"
        return [(row[0], row[1]) for row in connection.execute(query, (docno,))]
