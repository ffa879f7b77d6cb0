"""What looks over a whole archive asks the record for: what changed since, and what people corrected."""

import json
import zlib
from collections.abc import Iterator
from pathlib import Path

from baocao.index.corrections import Correction, Entry, MergeUnits, Relabel, apply, fits, from_json
from baocao.index.lookup import reading
from baocao.report import By, Label, Report


def last_change(folder: Path) -> int:
    """Return the number of the last change of the record."""
    with reading(folder) as reader:
        return int((reader.one("SELECT max(seq) FROM change") or (0,))[0] or 0)


def changed_since(folder: Path, seen: int) -> tuple[int, dict[str, bool]]:
    """Return the number of the last change, and the reports that changed after `seen`, each with whether it is held.

    A report that a newer version of its file replaced is held no longer.
    """
    with reading(folder) as reader:
        query = (
            "SELECT r.id, r.latest, max(c.seq) FROM change c JOIN report r ON r.id = c.report "
            "WHERE c.seq > :seen GROUP BY r.id, r.latest"
        )
        rows = reader.rows(query, seen=seen)
    return max((row[2] for row in rows), default=seen), {row[0]: bool(row[1]) for row in rows}


def corrections_page(folder: Path, *, undone: bool, limit: int, offset: int) -> tuple[int, list[Entry]]:
    """Return how many corrections there are, merges left out, and some of them, the newest first."""
    with reading(folder) as reader:
        total = reader.one(
            "SELECT count(*) FROM correction WHERE report IS NOT NULL AND (:undone = 1 OR undone_at IS NULL)",
            undone=int(undone),
        )
        rows = reader.rows(
            'SELECT c.number, c.report, c.body, c."by", c.at, c.undone_by, c.undone_at, r.body '
            "FROM correction c LEFT JOIN report r ON r.id = c.report "
            "WHERE c.report IS NOT NULL AND (:undone = 1 OR c.undone_at IS NULL) "
            "ORDER BY c.number DESC LIMIT :few OFFSET :skip",
            undone=int(undone), few=limit, skip=offset,
        )  # fmt: skip
    found = []
    for number, report, body, by, at, undone_by, undone_at, whole in rows:
        correction = from_json(json.loads(body))
        placed = whole is None or fits(_report(whole), correction)
        found.append(Entry(number, report, correction, by, at, undone_by, undone_at, placed))
    return int(total[0]) if total else 0, found


def merges(folder: Path) -> list[Entry]:
    """Return the merges of units in force, the newest first."""
    with reading(folder) as reader:
        rows = reader.rows(
            'SELECT n.alias, n.name, c.number, c."by", c.at FROM unit_name n '
            "JOIN correction c ON c.number = n.correction ORDER BY c.number DESC"
        )
    return [Entry(number, None, MergeUnits(alias, name), by, at) for alias, name, number, by, at in rows]


def judged(folder: Path) -> Iterator[tuple[Label, Label]]:
    """Yield of each sentence that a person labelled what the model had said, and what the person said."""
    with reading(folder) as reader:
        rows = reader.rows(
            "SELECT r.id, c.body FROM correction c JOIN report r ON c.report = r.id OR c.path = r.path "
            "WHERE c.undone_at IS NULL AND r.latest ORDER BY c.number"
        )
        own: dict[str, list[Correction]] = {}
        for id, body in rows:
            correction = from_json(json.loads(body))
            if isinstance(correction, Relabel):
                own.setdefault(id, []).append(correction)
        for id, relabels in own.items():
            (body,) = reader.rows("SELECT body FROM report WHERE id = :id", id=id)[0]
            found = _report(body)
            told = apply(found, relabels)
            for before, after in zip(found.sentences, told.sentences, strict=True):
                if after.by is By.PERSON:
                    yield before.label, after.label


def _report(body: bytes) -> Report:
    return Report.from_json(json.loads(zlib.decompress(body)))
