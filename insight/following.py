"""Letting the difficulties follow the reports: what changed is read, placed, and nothing else moves."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from baocao.insight.difficulties import (
    Chosen,
    Embed,
    Face,
    Group,
    Member,
    Reading,
    Role,
    Seen,
    State,
    Statement,
    add,
    build,
    face,
    looked_at,
)

Read = Callable[[Collection[str]], Iterable[Reading]]
_ANEW, _ANEW_SHARE = 50, 0.1  # new reports, and of those there are, from which on all are grouped anew
_ALTERED = 1.25  # mentions, as a multiple of those that a face was made of, from which on it is made anew


def wants_all(state: State, new: int) -> bool:
    """Tell whether so many new reports are better grouped with all others anew, identities kept."""
    return not state.seen or new > max(_ANEW, _ANEW_SHARE * len(state.seen))


def anew(state: State, readings: Iterable[Reading], latest: Collection[str], embed: Embed | None = None) -> State:
    """Return all reports grouped anew, with the identities that there are and what clerks decided."""
    left = tuple(m for m in state.members if m.report in latest)
    return build(readings, previous=State(state.groups, left, state.seen), embed=embed)


def followed(state: State, changed: Iterable[Reading], latest: Collection[str], embed: Embed | None = None) -> State:
    """Return the state with these reports as they are now, and without those that are no longer the latest."""
    groups = {g.id: g for g in state.groups}
    seen = {s.report: s for s in state.seen if s.report in latest}
    members: dict[str, list[Member]] = {}
    for member in state.members:
        if member.report in seen:
            members.setdefault(member.report, []).append(member)
    for reading in changed:
        before = seen.pop(reading.report, None)
        said = {s.start for s in reading.statements if s.role is not Role.RECOMMENDATION}
        stay = [m for m in members.get(reading.report, ()) if m.start in said]
        placed = {m.start for m in stay} if before else set()
        missing = replace(reading, statements=tuple(s for s in reading.statements if s.start not in placed))
        change = add(State(tuple(groups.values()), (), tuple(seen.values())), missing, embed)
        groups |= {g.id: g for g in change.groups}
        members[reading.report] = [*stay, *change.members]
        seen[reading.report] = _seen_again(before, reading) if before else change.seen[0]
    return State(
        tuple(groups.values()), tuple(m for of in members.values() for m in of), tuple(seen.values())
    )  # fmt: skip


def _seen_again(before: Seen, reading: Reading) -> Seen:
    return replace(before, unit=reading.unit, year=reading.year, period=reading.period, signature=reading.signature)


def faced(faces: Mapping[str, Face], state: State, read: Read, embed: Embed | None = None) -> dict[str, Face]:
    """Return the faces of all difficulties that are named; those that hold are kept, the others are made of `read`."""
    chosen = Chosen.of(state)
    kept, wanted = {}, []
    for group in state.groups:
        members = chosen.members.get(group.id, ())
        if not members:
            continue
        old = faces.get(group.id)
        if old and _holds(old, members):
            kept[group.id] = old
        else:
            wanted.append((group, looked_at(members, chosen.seen), len(members)))
    readings = read({m.report for _, members, _ in wanted for m in members}) if wanted else ()
    said = {(r.report, s.start): s for r in readings for s in r.statements}
    return kept | {made.group: made for made in _made(wanted, said, embed)}


def _holds(old: Face, members: Collection[Member]) -> bool:
    there = any((m.report, m.start) == (old.report, old.start) for m in members)
    return there and old.mentions / _ALTERED <= len(members) <= old.mentions * _ALTERED


def _made(
    wanted: Iterable[tuple[Group, list[Member], int]], said: Mapping[tuple[str, int], Statement], embed: Embed | None
) -> Iterable[Face]:
    for group, members, count in wanted:
        found = [(m.report, said[m.report, m.start]) for m in members if (m.report, m.start) in said]
        if found:
            yield face(group, found, count, embed)
