"""A group as it is shown: its name, how it goes on, the sentence that stands for it best, its causes and answers."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from baocao.insight.difficulties.model import (
    Difficulty,
    Face,
    Group,
    Member,
    Mention,
    Outline,
    Place,
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
_LOOKED = 100  # mentions that a name and the best sentence are chosen from, evenly over the years
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
    faces: Mapping[str, Face] | None = None,
) -> list[Difficulty]:
    """Return the difficulties that at least so many reports name, the most frequent first.

    `units` and `years` (first and last, both included) choose the mentions that count; `readings` must hold the
    reports that name them, in any order. Dismissed difficulties are left out. `faces` are names that were made before.
    """
    chosen = Chosen.of(state, units=units, years=years)
    groups = [g for g in state.groups if not g.dismissed and chosen.reports(g.id) >= max(least_reports, 1)]
    shown = [*portraits(groups, chosen, readings, embed, faces)]
    return sorted(shown, key=lambda d: (-d.reports, -len(d.units), d.name, d.id))


@dataclass(frozen=True, slots=True)
class Chosen:
    """The reports that count, and where they name each difficulty."""

    seen: Mapping[str, Seen]
    members: Mapping[str, Sequence[Member]]

    @classmethod
    def of(
        cls, state: State, *, units: Collection[str] = (), years: tuple[int | None, int | None] = (None, None)
    ) -> "Chosen":
        """Choose by units and years; copies and repeats never count."""
        seen = {s.report: s for s in state.seen if s.copy_of is None and _wanted(s, units, years)}
        members: dict[str, list[Member]] = defaultdict(list)
        for member in state.members:
            if member.counted and member.report in seen:
                members[member.group].append(member)
        return cls(seen, members)

    def reports(self, group: str) -> int:
        """Return how many reports name a difficulty."""
        return len({m.report for m in self.members.get(group, ())})


def portraits(
    groups: Iterable[Group], chosen: Chosen, readings: Iterable[Reading], embed: Embed | None = None,
    faces: Mapping[str, Face] | None = None,
) -> Iterator[Difficulty]:  # fmt: skip
    """Yield these difficulties as they are shown; one whose sentences `readings` does not hold is left out."""
    held = {r.report: r for r in readings}
    answers = _Answers(held, embed)
    for group in groups:
        said = _said(group, chosen, held)
        if said:
            yield _portrait(group, said, chosen, answers, (faces or {}).get(group.id))


def outlines(
    state: State, faces: Mapping[str, Face], *, least_reports: int = 2, units: Collection[str] = (),
    years: tuple[int | None, int | None] = (None, None), dismissed: bool = False,
) -> list[Outline]:  # fmt: skip
    """Return the difficulties without their sentences, the most frequent first; no report is needed for that.

    With `dismissed` only those that clerks dismissed.
    """
    chosen = Chosen.of(state, units=units, years=years)
    covered = {s.year for s in chosen.seen.values() if s.year is not None}
    everyone = len({s.unit for s in chosen.seen.values() if s.unit}) or 1
    seen = {s.report: s for s in state.seen}
    shown = [
        _outline(group, faces[group.id], chosen, seen, covered, everyone)
        for group in state.groups
        if group.dismissed == dismissed and group.id in faces and chosen.reports(group.id) >= max(least_reports, 1)
    ]
    return sorted(shown, key=lambda o: (-o.reports, -len(o.units), o.name, o.id))


def _outline(
    group: Group, face: Face, chosen: Chosen, seen: Mapping[str, Seen], covered: Collection[int], everyone: int
) -> Outline:
    places = tuple(Place(m.report, m.start, seen[m.report].unit, seen[m.report].year) for m in chosen.members[group.id])
    reports = {place.report for place in places}
    years, units, best = _by_year(reports, seen), _by_unit(reports, seen), seen[face.report]
    return Outline(
        group.id, group.name or face.name, len(reports), units, tuple(sorted(years.items())), trend(years, covered),
        round(len(units) / everyone, 3), Mention(face.report, face.start, face.text, best.unit, best.year), places,
        group.name is not None, group.dismissed,
    )  # fmt: skip


def looked_at(members: Sequence[Member], seen: Mapping[str, Seen]) -> list[Member]:
    """Return the mentions of a difficulty that its face is chosen from."""
    ordered = sorted(members, key=lambda m: (seen[m.report].year or 0, m.report, m.start))
    return ordered[:: -(-len(ordered) // _LOOKED)] if ordered else []


def face(group: Group, said: Sequence[tuple[str, Statement]], mentions: int, embed: Embed | None = None) -> Face:
    """Return how a difficulty is shown in a list, from sentences of its reports (`looked_at`)."""
    centre = unpacked(group.vector)
    made = vectors([s.plain for _, s in said], embed)
    order = sorted(range(len(said)), key=lambda i: (-dot(made[i], centre), i))
    report, best = said[order[0]]
    name = _name([said[i][1] for i in order], centre, embed)
    return Face(group.id, name, report, best.start, best.text, mentions)


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


def _said(group: Group, chosen: Chosen, held: Mapping[str, Reading]) -> list[tuple[str, Statement]]:
    """Return the sentences of a difficulty with their reports, the oldest first."""
    members = sorted(
        (m for m in chosen.members.get(group.id, ()) if m.report in held),
        key=lambda m: (chosen.seen[m.report].year or 0, m.report, m.start),
    )
    return [(m.report, s) for m in members for s in held[m.report].statements if s.start == m.start]


def _portrait(
    group: Group, said: Sequence[tuple[str, Statement]], chosen: Chosen, answers: "_Answers", made: Face | None
) -> Difficulty:
    seen = chosen.seen
    mentions = tuple(_mention(report, s, seen) for report, s in said)
    best = next((m for m in mentions if made and (m.report, m.start) == (made.report, made.start)), None)
    if made is None or best is None:
        own = face(group, said[:: -(-len(said) // _LOOKED)], len(said), answers.embed)
        best = Mention(own.report, own.start, own.text, seen[own.report].unit, seen[own.report].year)
        made = made or own
    reports = {report for report, _ in said}
    years, units = _by_year(reports, seen), _by_unit(reports, seen)
    dates = sorted(d for r in reports if (d := _when(seen[r])))
    all_units = {s.unit for s in seen.values() if s.unit}
    return Difficulty(
        id=group.id,
        name=group.name or made.name,
        reports=len(reports),
        units=tuple(u for u, _ in units),
        years=tuple(sorted(years.items())),
        first=dates[0] if dates else None,
        last=dates[-1] if dates else None,
        trend=trend(years, {s.year for s in seen.values() if s.year is not None}),
        spread=round(len(units) / len(all_units), 3) if all_units else 0.0,
        best=best,
        causes=_causes(said, seen, answers.held),
        recommendations=answers.to(group, sorted(reports), seen),
        mentions=mentions,
        named_by_clerk=group.name is not None,
    )


def _by_year(reports: Iterable[str], seen: Mapping[str, Seen]) -> Counter[int]:
    return Counter(y for r in reports if (y := seen[r].year) is not None)


def _by_unit(reports: Iterable[str], seen: Mapping[str, Seen]) -> tuple[tuple[str, int], ...]:
    """Return the units with their reports, the most frequent first."""
    counted = Counter(u for r in reports if (u := seen[r].unit))
    return tuple(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))


def _mention(report: str, statement: Statement, seen: Mapping[str, Seen]) -> Mention:
    return Mention(report, statement.start, statement.text, seen[report].unit, seen[report].year)


def _when(seen: Seen) -> str | None:
    """Return the period's beginning, else the year."""
    if seen.period:
        return seen.period.split("/")[0]
    return str(seen.year) if seen.year is not None else None


def _name(said: Sequence[Statement], centre: Vector, embed: Embed | None) -> str:
    """Return the short main clause of a mention that is most like them all, its own words, names and figures out."""
    leads = [text for s in said[:50] if (text := lead(s.plain)) and not _UNFIT.search(text)]
    short = [t for t in leads if _SHORTEST_NAME <= len(t.split()) <= _LONGEST_NAME]
    if short:
        likeness = [dot(v, centre) for v in vectors(short, embed)]
        best = short[max(range(len(short)), key=lambda i: (likeness[i], -len(short[i])))]
    else:
        words = (leads or [said[0].text])[0].split()
        best = " ".join(words[:_LONGEST_NAME]).rstrip(".;,:") + ("…" if len(words) > _LONGEST_NAME else "")
    return best[:1].upper() + best[1:]


def _causes(
    said: Sequence[tuple[str, Statement]], seen: Mapping[str, Seen], held: Mapping[str, Reading]
) -> tuple[Mention, ...]:
    """Return the causes that stand within a few sentences after a mention, in the same section."""
    found: dict[tuple[str, int], Mention] = {}
    for report, statement in said:
        after = [s for s in held[report].statements if s.start > statement.start][:_NEAR]
        for s in after:
            if s.role is Role.CAUSE and s.section == statement.section:
                found[report, s.start] = _mention(report, s, seen)
    return tuple(found.values())[:_ANSWERS]


class _Answers:
    """The recommendations of the reports, each looked at once however many difficulties its report names."""

    def __init__(self, held: Mapping[str, Reading], embed: Embed | None) -> None:
        self.held, self.embed = held, embed
        self._made: dict[str, Vector] = {}  # by the words

    def to(self, group: Group, reports: Iterable[str], seen: Mapping[str, Seen]) -> tuple[Mention, ...]:
        """Return the recommendations of these reports that are most like a difficulty, one a report."""
        centre, size = unpacked(group.vector), max(group.size, 1)
        reports = list(reports)
        self._look_at(reports)
        best: dict[str, tuple[float, Statement]] = {}
        for report in reports:
            for statement in _asked(self.held[report]):
                like = dot(self._made[statement.plain], centre) / size
                if like >= _LIKE and like > best.get(report, (0.0, statement))[0]:
                    best[report] = (like, statement)
        chosen = sorted(best.items(), key=lambda pair: (-pair[1][0], pair[0]))[:_ANSWERS]
        return tuple(_mention(report, statement, seen) for report, (_, statement) in chosen)

    def _look_at(self, reports: Iterable[str]) -> None:
        """Make the vectors of what these reports recommend, all at once, which is much faster than one by one."""
        texts = dict.fromkeys(s.plain for r in reports for s in _asked(self.held[r]) if s.plain not in self._made)
        self._made |= zip(texts, vectors(list(texts), self.embed), strict=True)


def _asked(reading: Reading) -> Iterator[Statement]:
    return (s for s in reading.statements if s.role is Role.RECOMMENDATION)
