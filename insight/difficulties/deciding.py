"""What clerks decide of difficulties: a name, that two are one, that one is two, that one is none.

Each returns the rows to store; the mentions of a difficulty that a clerk has touched stay together from then on.
Raises UsageError for a difficulty that there is not.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace

from baocao.errors import UsageError
from baocao.insight.difficulties.keeping import identity_of
from baocao.insight.difficulties.model import Change, Group, Reading, State
from baocao.insight.difficulties.vectors import Embed, add, packed, unpacked, vectors


def rename(state: State, identity: str, name: str) -> Change:
    """Give a difficulty a name of the clerk's own; an empty one takes it away again."""
    return Change((replace(_group(state, identity), name=name.strip() or None, decided=True),))


def dismiss(state: State, identity: str, *, dismissed: bool = True) -> Change:
    """Show a difficulty no more, nor what joins it later; or show it again."""
    return Change((replace(_group(state, identity), dismissed=dismissed, decided=True),))


def merge(state: State, identities: Collection[str], into: str) -> Change:
    """Make several difficulties one, under the identity `into`."""
    kept = _group(state, into)
    total, size, gone = unpacked(kept.vector), kept.size, []
    for identity in sorted(set(identities) - {into}):
        other = _group(state, identity)
        add(total, unpacked(other.vector))
        size += other.size
        gone.append(replace(other, size=0, vector=b"", into=into, decided=True))
    lost = {g.id for g in gone}
    moved = tuple(replace(m, group=into) for m in state.members if m.group in lost)
    return Change((replace(kept, size=size, vector=packed(total), decided=True), *gone), moved)


def split(
    state: State, identity: str, mentions: Collection[tuple[str, int]], readings: Iterable[Reading],
    embed: Embed | None = None,
) -> Change:  # fmt: skip
    """Take these mentions (report, start) out into a difficulty of their own; `readings` must hold their reports."""
    group = _group(state, identity)
    moved = [m for m in state.members if m.group == identity and (m.report, m.start) in set(mentions)]
    stay = any(m.group == identity and m.counted and m not in moved for m in state.members)
    if not moved or not stay:
        raise UsageError("A split needs some mentions of the difficulty, and not all of them.")
    counted = {(m.report, m.start) for m in moved if m.counted}
    words = [s.plain for r in readings for s in r.statements if (r.report, s.start) in counted]
    if len(words) != len(counted):
        raise UsageError("Some of the mentions stand in no report that was given.")
    rest, taken = unpacked(group.vector), dict[int, float]()
    for vector in vectors(words, embed):
        add(rest, vector, -1.0)
        add(taken, vector)
    new = identity_of(min((m.report, m.start) for m in moved), {g.id for g in state.groups})
    return Change(
        (
            replace(group, size=group.size - len(words), vector=packed(rest), decided=True),
            Group(new, len(words), packed(taken), decided=True),
        ),
        tuple(replace(m, group=new) for m in moved),
    )


def _group(state: State, identity: str) -> Group:
    found = next((g for g in state.groups if g.id == identity), None)
    if found is None or found.into:
        raise UsageError(f"There is no difficulty {identity}.")
    return found
