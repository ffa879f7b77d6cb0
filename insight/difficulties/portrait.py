"""A group as it is shown: its name, how it goes on, the sentence that stands for it best, its causes and answers."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from baocao.insight.difficulties.model import (
    Difficulty,
    Group,
    Member,
    Mention,
    Reading,
    Role,
    Seen,
    State,
    Statement,
    Trend,
)
from baocao.insight.difficulties.vectors import Embed, Vector, dot, unpacked, vectors
from baocao.insight.difficulties.wording import lead

_SHORTEST_NAME, _LONGEST_NAME = 3, 12  # syllables
_ANSWERS = 5  # causes and recommendations shown
_NEAR = 3  # sentences after a difficulty in which its cause may stand
_LIKE = 0.15  # how like a difficulty its recommendation is at least; set by hand, never measured
_UNFIT = re.compile(
    r"\d|cho biết|chia sẻ|báo chí|phát biểu|chỉ ra|chỉ rõ|nhấn mạnh|khẳng định|^không chỉ|^nguyên nhân", re.IGNORECASE
)


def difficulties(
    state: State,
    readings: Iterable[Reading],
    *,
    least_reports: int = 2,
    units: Collection[str] = (),
    years: tuple[int | None, int | None] = (None, None),
    embed: Embed | None = None,
) -> list[Difficulty]:
    """Return the difficulties that at least so many reports name, the most frequent first.

    `units` and `years` (first and last, both included) choose the mentions that count; `readings` must hold the
    reports of the state, in any order. Dismissed difficulties are left out.
    """
    held = {r.report: r for r in readings}
    seen = {s.report: s for s in state.seen if s.copy_of is None and _wanted(s, units, years)}
    by_group: dict[str, list[Member]] = defaultdict(list)
    for member in state.members:
        if member.counted and member.report in seen:
            by_group[member.group].append(member)
    shown = [
        _portrait(group, by_group[group.id], seen, held, embed)
        for group in state.groups
        if not group.dismissed and len({m.report for m in by_group[group.id]}) >= max(least_reports, 1)
    ]
    return sorted(shown, key=lambda d: (-d.reports, -len(d.units), d.name, d.id))


def trend(years: Mapping[int, int], archive: Collection[int]) -> Trend | None:
    """Tell how a difficulty goes on, from its reports a year and the years that the archive covers.

    New: named in the last year for the first time. Back again: named in the last year after a year of silence.
    Easing: not named in the last year, or in less than half as many reports as a year's mean before. None: the
    years are not known, or there is but one.
    """
    if not years or len(archive) < 2:
        return None
    last = max(archive)
    if min(years) == last:
        return Trend.NEW
    before = [y for y in sorted(archive) if min(years) <= y < last]
    if years.get(last, 0) * 2 * len(before) < sum(years.get(y, 0) for y in before):
        return Trend.EASING
    if not years.get(last):
        return Trend.EASING
    return Trend.BACK if not years.get(before[-1]) else Trend.PERSISTENT


def _wanted(seen: Seen, units: Collection[str], years: tuple[int | None, int | None]) -> bool:
    first, last = years
    if units and (seen.unit or "").casefold() not in {u.casefold() for u in units}:
        return False
    if first is None and last is None:
        return True
    return seen.year is not None and (first or seen.year) <= seen.year <= (last or seen.year)


def _portrait(
    group: Group, members: Sequence[Member], seen: Mapping[str, Seen], held: Mapping[str, Reading], embed: Embed | None
) -> Difficulty:
    said = [(m, s) for m in members for s in held[m.report].statements if s.start == m.start]
    said.sort(key=lambda pair: (seen[pair[0].report].year or 0, pair[0].report, pair[0].start))
    mentions = tuple(_mention(m.report, s, seen) for m, s in said)
    centre = unpacked(group.vector)
    made = vectors([s.plain for _, s in said], embed)
    order = sorted(range(len(said)), key=lambda i: (-dot(made[i], centre), i))
    reports = sorted({m.report for m in members})
    years = Counter(y for r in reports if (y := seen[r].year) is not None)
    units = Counter(u for r in reports if (u := seen[r].unit))
    dates = sorted(d for r in reports if (d := _when(seen[r])))
    all_units = {s.unit for s in seen.values() if s.unit}
    return Difficulty(
        id=group.id,
        name=group.name or _name([said[i][1] for i in order], [made[i] for i in order], centre, embed),
        reports=len(reports),
        units=tuple(u for u, _ in sorted(units.items(), key=lambda pair: (-pair[1], pair[0]))),
        years=tuple(sorted(years.items())),
        first=dates[0] if dates else None,
        last=dates[-1] if dates else None,
        trend=trend(years, {s.year for s in seen.values() if s.year is not None}),
        spread=round(len(units) / len(all_units), 3) if all_units else 0.0,
        best=mentions[order[0]],
        causes=_causes(said, seen, held),
        recommendations=_recommendations(centre, group.size, reports, seen, held, embed),
        mentions=mentions,
        named_by_clerk=group.name is not None,
    )


def _mention(report: str, statement: Statement, seen: Mapping[str, Seen]) -> Mention:
    return Mention(report, statement.start, statement.text, seen[report].unit, seen[report].year)


def _when(seen: Seen) -> str | None:
    """Return the period's beginning, else the year."""
    if seen.period:
        return seen.period.split("/")[0]
    return str(seen.year) if seen.year is not None else None


def _name(said: Sequence[Statement], made: Sequence[Vector], centre: Vector, embed: Embed | None) -> str:
    """Return the short main clause of a mention that is most like them all, its own words, names and figures out."""
    leads = [text for s in said[:50] if (text := lead(s.plain)) and not _UNFIT.search(text)]
    short = [t for t in leads if _SHORTEST_NAME <= len(t.split()) <= _LONGEST_NAME]
    if short:
        likeness = [dot(v, centre) for v in vectors(short, embed)]
        best = short[max(range(len(short)), key=lambda i: (likeness[i], -len(short[i])))]
    else:
        best = " ".join((leads or [said[0].text])[0].split()[:_LONGEST_NAME]) + "…"
    return best[:1].upper() + best[1:]


def _causes(
    said: Sequence[tuple[Member, Statement]], seen: Mapping[str, Seen], held: Mapping[str, Reading]
) -> tuple[Mention, ...]:
    """Return the causes that stand within a few sentences after a mention, in the same section."""
    found: dict[tuple[str, int], Mention] = {}
    for member, statement in said:
        after = [s for s in held[member.report].statements if s.start > statement.start][:_NEAR]
        for s in after:
            if s.role is Role.CAUSE and s.section == statement.section:
                found[member.report, s.start] = _mention(member.report, s, seen)
    return tuple(found.values())[:_ANSWERS]


def _recommendations(
    centre: Vector,
    size: int,
    reports: Iterable[str],
    seen: Mapping[str, Seen],
    held: Mapping[str, Reading],
    embed: Embed | None,
) -> tuple[Mention, ...]:
    """Return the recommendations of the same reports that are most like the difficulty, one a report."""
    asked = [(r, s) for r in reports for s in held[r].statements if s.role is Role.RECOMMENDATION]
    likeness = [dot(v, centre) / max(size, 1) for v in vectors([s.plain for _, s in asked], embed)]
    best: dict[str, tuple[float, Statement]] = {}
    for (report, statement), like in zip(asked, likeness, strict=True):
        if like >= _LIKE and like > best.get(report, (0.0, statement))[0]:
            best[report] = (like, statement)
    chosen = sorted(best.items(), key=lambda pair: (-pair[1][0], pair[0]))[:_ANSWERS]
    return tuple(_mention(report, statement, seen) for report, (_, statement) in chosen)
