"""The recurring difficulties of an archive: what the record keeps of them follows the reports, and clerks decide."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from baocao.errors import ArchiveError
from baocao.index import Archive, lookup, open_archive, tables
from baocao.insight.difficulties import (
    Change,
    Difficulty,
    Group,
    Member,
    Reading,
    Role,
    Seen,
    State,
    add,
    applied,
    build,
    difficulties,
    read,
)

_ANEW = 50  # new reports from which on all are grouped anew, with the identities that there are


@dataclass(frozen=True, slots=True)
class Recurring:
    """The state that is kept, in step with the reports, and what was read of them."""

    state: State
    readings: tuple[Reading, ...]

    def difficulties(
        self, *, least_reports: int = 2, units: Iterable[str] = (), years: tuple[int | None, int | None] = (None, None)
    ) -> list[Difficulty]:
        """Return what comes back in at least so many reports, the most frequent first."""
        return difficulties(self.state, self.readings, least_reports=least_reports, units=tuple(units), years=years)


def recurring(folder: Path) -> Recurring:
    """Return the difficulties of an archive, and keep in its record what is new.

    While another process writes to the archive, or nobody may, nothing is kept: new difficulties get their lasting
    ids later.
    """
    lookup.counts(folder)
    try:
        archive = open_archive(folder)
    except ArchiveError:
        readings = tuple(map(read, lookup.reports(folder)))
        return Recurring(build(readings), readings)
    with archive:
        return _followed(archive)


def decide(folder: Path, decision: Callable[[Recurring], Change]) -> Recurring:
    """Store what a clerk decided (`rename`, `merge`, `split`, `dismiss`) and return what there is now."""
    lookup.counts(folder)
    with open_archive(folder) as archive:
        before = _followed(archive)
        change = decision(before)
        _store(archive, change)
        return Recurring(applied(before.state, change), before.readings)


def _followed(archive: Archive) -> Recurring:
    """Let the state follow the reports, store what changed, and return it."""
    readings = tuple(map(read, lookup.reports(archive.folder)))
    state = _stored(archive)
    seen, now = {s.report for s in state.seen}, {r.report for r in readings}
    new = [r for r in readings if r.report not in seen]
    if seen - now or len(new) > _ANEW or _differ(state, readings):
        known = now & seen
        left = State(state.groups, tuple(m for m in state.members if m.report in known), state.seen)
        state = build(readings, previous=left)
        _store(archive, Change(state.groups, state.members, state.seen), anew=True)
        return Recurring(state, readings)
    for reading in new:
        change = add(state, reading)
        state = applied(state, change)
        _store(archive, change)
    return Recurring(state, readings)


def _differ(state: State, readings: Iterable[Reading]) -> bool:
    """Tell whether people corrected labels of a report since it was grouped."""
    held: dict[str, set[int]] = {s.report: set() for s in state.seen}
    for member in state.members:
        held[member.report].add(member.start)
    return any(
        held[r.report] != {s.start for s in r.statements if s.role is not Role.RECOMMENDATION}
        for r in readings
        if r.report in held
    )


def _stored(archive: Archive) -> State:
    rows = archive.record.rows
    return State(
        tuple(Group(**row) for row in rows(tables.difficulty_groups)),
        tuple(Member(**row) for row in rows(tables.difficulty_members)),
        tuple(
            Seen(**{**row, "signature": tuple(json.loads(row["signature"]))}) for row in rows(tables.difficulty_seen)
        ),
    )


def _store(archive: Archive, change: Change, *, anew: bool = False) -> None:
    seen: list[dict[str, Any]] = [{**asdict(s), "signature": json.dumps(s.signature)} for s in change.seen]
    archive.record.put_rows(
        {
            tables.difficulty_groups: [asdict(group) for group in change.groups],
            tables.difficulty_members: [asdict(member) for member in change.members],
            tables.difficulty_seen: seen,
        },
        anew=anew,
    )
