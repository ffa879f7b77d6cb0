"""Building and keeping the groups: anew from all reports, or one report added to what is kept.

Adding never moves an earlier mention and never joins two groups, so identities stay and what clerks decided stays.
Building anew keeps the groups that clerks have touched as they are, and gives every other group the identity of the
earlier one that most of its mentions had.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from baocao.insight.difficulties.copies import copy_of, repeats
from baocao.insight.difficulties.grouping import LEAST_LIKENESS, Gathered, agglomerate, nearest, nearest_packed
from baocao.insight.difficulties.model import Change, Group, Member, Reading, Role, Seen, State, Statement
from baocao.insight.difficulties.vectors import Embed, Vector, packed, unpacked, vectors
from baocao.insight.difficulties.vectors import add as add_vector

Key = tuple[str, int]
_BATCH = 4_000  # mentions compared pair by pair at once; more are brought together batch by batch


def add(state: State, reading: Reading, embed: Embed | None = None) -> Change:
    """Return the rows to store for one more report; none for a report that was read already.

    Of `state.members` nothing is needed, so a caller may leave them out.
    """
    if any(s.report == reading.report for s in state.seen):
        return Change()
    copied = copy_of(reading, state.seen)
    seen = _seen(reading, copied)
    found = _mentions(reading)
    texts = [s.plain for s in found]
    made = vectors(texts, embed)
    first = repeats(texts)
    live = [g for g in state.groups if g.into is None]
    best = nearest_packed([g.vector for g in live], [max(g.size, 1) for g in live], made)
    joined: dict[int, Vector] = {}
    counts: Counter[int] = Counter()
    places: dict[int, str] = {}
    for i, (at, likeness) in enumerate(best):
        if first[i] == i and at >= 0 and likeness >= LEAST_LIKENESS:
            places[i] = live[at].id
            if not copied:
                if at not in joined:
                    joined[at] = unpacked(live[at].vector)
                add_vector(joined[at], made[i])
                counts[at] += 1
    alone = [Gathered(dict(made[i]), 1, [i]) for i in range(len(found)) if first[i] == i and i not in places]
    fresh = [] if copied else agglomerate(alone)
    changed = [replace(live[at], size=live[at].size + counts[at], vector=packed(v)) for at, v in joined.items()]
    taken = {g.id for g in state.groups}
    for gathered in fresh:
        identity = identity_of((reading.report, found[min(gathered.members)].start), taken)
        changed.append(Group(identity, gathered.size, packed(gathered.total)))
        places |= dict.fromkeys(gathered.members, identity)
    members = [
        Member(reading.report, s.start, places[first[i]], counted=first[i] == i and not copied)
        for i, s in enumerate(found)
        if first[i] in places
    ]
    return Change(tuple(changed), tuple(members), (seen,))


def applied(state: State, change: Change) -> State:
    """Return the state with the rows of a change in it."""
    groups = {g.id: g for g in state.groups} | {g.id: g for g in change.groups}
    members = {(m.report, m.start): m for m in state.members} | {(m.report, m.start): m for m in change.members}
    seen = {s.report: s for s in state.seen} | {s.report: s for s in change.seen}
    return State(tuple(groups.values()), tuple(members.values()), tuple(seen.values()))


def build(
    readings: Iterable[Reading],
    previous: State | None = None,
    embed: Embed | None = None,
    progress: Callable[[int], None] | None = None,
) -> State:
    """Group all reports anew; with a `previous` state identities and what clerks decided are kept.

    `progress` is told how many mentions have been grouped so far.
    """
    previous = previous or State()
    seen: list[Seen] = []
    signed: dict[int, list[Seen]] = {}
    rows: list[tuple[Key, Key, str, bool]] = []  # mention, the mention it repeats, its words, whether it counts
    for reading in readings:
        copied = copy_of(reading, _maybe_copied(reading, signed))
        entry = _seen(reading, copied)
        seen.append(entry)
        for part in set(reading.signature[:_BANDS]):
            signed.setdefault(part, []).append(entry)
        found = _mentions(reading)
        for s, at in zip(found, repeats([s.plain for s in found]), strict=True):
            key, origin = (reading.report, s.start), (reading.report, found[at].start)
            rows.append((key, origin, s.plain, key == origin and not copied))
    gatherer = _Gatherer(previous, embed, progress)
    gatherer.take([(key, text) for key, _, text, counts in rows if counts])
    groups, places = gatherer.done()
    copies = _placed_copies(rows, seen, places)
    members = tuple(
        Member(*key, places.get(origin) or copies[origin], counts)
        for key, origin, _, counts in rows
        if origin in places or origin in copies
    )
    return State(tuple(groups), members, tuple(seen))


_BANDS = 16  # hashes of a signature of which one at least must be shared for a full comparison


def _maybe_copied(reading: Reading, signed: Mapping[int, list[Seen]]) -> list[Seen]:
    found = {s.report: s for part in reading.signature[:_BANDS] for s in signed.get(part, ())}
    return list(found.values())


def _placed_copies(
    rows: Sequence[tuple[Key, Key, str, bool]], seen: Sequence[Seen], places: Mapping[Key, str]
) -> dict[Key, str]:
    """Return where the sentences of copied reports belong: with the same words in the original."""
    original = {s.report: s.copy_of for s in seen if s.copy_of}
    by_words = {(key[0], text): places[key] for key, _, text, _ in rows if key in places}
    found: dict[Key, str] = {}
    for key, _, text, _ in rows:
        source = original.get(key[0])
        if source and (place := by_words.get((source, text))):
            found[key] = place
    return found


class _Gatherer:
    """Brings mentions together batch by batch, in memory that depends on the groups and not on the mentions."""

    def __init__(self, previous: State, embed: Embed | None, progress: Callable[[int], None] | None) -> None:
        self._previous, self._embed, self._progress = previous, embed, progress
        self._before = {(m.report, m.start): m.group for m in previous.members}
        self._kept = {g.id: Gathered({}, 0, []) for g in previous.groups if g.decided and g.into is None}
        self._groups: list[Gathered] = []
        self._keys: list[Key] = []

    def take(self, mentions: Sequence[tuple[Key, str]]) -> None:
        """Group these mentions with each other and with those before."""
        for start in range(0, len(mentions), _BATCH):
            batch = mentions[start : start + _BATCH]
            made = vectors([text for _, text in batch], self._embed)
            first = len(self._keys)
            self._keys.extend(key for key, _ in batch)
            self._place({first + i: vector for i, vector in enumerate(made)})
            if self._progress:
                self._progress(len(self._keys))

    def _place(self, made: dict[int, Vector]) -> None:
        free = []
        for number, vector in made.items():
            held = self._kept.get(self._before.get(self._keys[number], ""))
            if held is not None:
                _put(held, number, vector)
            else:
                free.append(number)
        known = [*self._kept.values(), *self._groups]
        best = nearest([g.total for g in known], [max(g.size, 1) for g in known], [made[n] for n in free])
        alone = []
        for number, (at, likeness) in zip(free, best, strict=True):
            if at >= 0 and likeness >= LEAST_LIKENESS:
                _put(known[at], number, made[number])
            else:
                alone.append(Gathered(dict(made[number]), 1, [number]))
        self._groups.extend(agglomerate(alone))

    def done(self) -> tuple[list[Group], dict[Key, str]]:
        """Return the groups, with identities, and where each mention belongs."""
        if len(self._keys) > _BATCH:
            self._groups = agglomerate(self._groups)
        before = {g.id: g for g in self._previous.groups}
        groups = [g for g in before.values() if g.into is not None]
        places: dict[Key, str] = {}
        taken = set(before)
        for identity, held in self._kept.items():
            groups.append(replace(before[identity], size=held.size, vector=packed(held.total)))
            places |= {self._keys[n]: identity for n in held.members}
        for identity, made in self._named(before, taken):
            old = before.get(identity) or Group(identity, 0, b"")
            groups.append(replace(old, size=made.size, vector=packed(made.total)))
            places |= {self._keys[n]: identity for n in made.members}
        return groups, places

    def _named(self, before: Mapping[str, Group], taken: set[str]) -> list[tuple[str, Gathered]]:
        """Give each group the identity that most of its mentions had, the largest share first, else a new one."""
        wishes: list[tuple[int, int, str]] = []
        for at, made in enumerate(self._groups):
            had = Counter(self._before.get(self._keys[n], "") for n in made.members)
            wishes.extend((-count, at, old) for old, count in had.items() if old in before and not before[old].decided)
        chosen: dict[int, str] = {}
        used: set[str] = set()
        for _, at, old in sorted(wishes):
            if at not in chosen and old not in used:
                chosen[at] = old
                used.add(old)
        return [
            (chosen[at] if at in chosen else identity_of(self._keys[min(made.members)], taken), made)
            for at, made in enumerate(self._groups)
        ]


def _put(group: Gathered, number: int, vector: Vector) -> None:
    add_vector(group.total, vector)
    group.size += 1
    group.members.append(number)


def _mentions(reading: Reading) -> list[Statement]:
    return [s for s in reading.statements if s.role is not Role.RECOMMENDATION]


def _seen(reading: Reading, copied: str | None) -> Seen:
    return Seen(reading.report, reading.unit, reading.year, reading.period, reading.signature, copied)


def identity_of(key: Key, taken: set[str]) -> str:
    """Return a new identity, made from the first mention, and note it as taken."""
    turn = 0
    while True:
        identity = hashlib.sha256(f"{key[0]}:{key[1]}:{turn}".encode()).hexdigest()[:12]
        if identity not in taken:
            taken.add(identity)
            return identity
        turn += 1
