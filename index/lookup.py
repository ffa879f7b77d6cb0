"""Reading the record without its SQL library, for commands that only look things up."""

import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from baocao.errors import ArchiveError, NotFoundError
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
        raise ArchiveError(f"The record of the archive in {folder} is damaged ({error}).") from error


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
    return data


def reports(folder: Path) -> Iterator[Report]:
    """Yield the latest version of every report, oldest first."""
    with reading(folder) as connection:
        for (body,) in connection.execute("SELECT body FROM report WHERE latest ORDER BY added_at, id"):
            yield Report.from_json(json.loads(zlib.decompress(body)))


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
