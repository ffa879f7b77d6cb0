"""The recurring difficulties of an archive: what the record keeps of them follows the reports, and clerks decide.

The record holds groups, mentions, reports seen and faces (names and best sentences), and a mark that tells up to which
line of the log of changes they speak. Whoever asks reads the reports that changed since, and no others; the texts of
the rest are read where they are shown.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from baocao.errors import ArchiveError, NotFoundError
from baocao.index import lookup
from baocao.index.record import Record
from baocao.insight import held as keeping
from baocao.insight.difficulties import (
    Change,
    Chosen,
    Difficulty,
    Embed,
    Outline,
    Reading,
    State,
    applied,
    build,
    difficulties,
    outlines,
    portraits,
)
from baocao.insight.embedding import Embedding, embedding
from baocao.insight.following import anew, faced, followed, wants_all
from baocao.insight.held import Held
from baocao.insight.readings import Readings

Years = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Recurring:
    """The difficulties of an archive as the record keeps them; `read` returns what reports with these ids say."""

    held: Held
    read: Callable[[Collection[str]], list[Reading]]
    embed: Embed | None = None

    @property
    def state(self) -> State:
        """Groups, mentions and reports seen."""
        return self.held.state

    def outlines(
        self, *, least_reports: int = 2, units: Iterable[str] = (), years: Years = (None, None), dismissed: bool = False
    ) -> list[Outline]:
        """Return what comes back in at least so many reports, without reading one."""
        return outlines(
            self.state, self.held.faces, least_reports=least_reports, units=tuple(units), years=years,
            dismissed=dismissed,
        )  # fmt: skip

    def difficulties(
        self, *, least_reports: int = 2, units: Iterable[str] = (), years: Years = (None, None)
    ) -> list[Difficulty]:
        """Return what comes back in at least so many reports with all sentences, the most frequent first."""
        units = tuple(units)
        shown = self.outlines(least_reports=least_reports, units=units, years=years)
        readings = self.read({place.report for outline in shown for place in outline.places})
        return difficulties(
            self.state, readings, least_reports=least_reports, units=units, years=years, embed=self.embed,
            faces=self.held.faces,
        )  # fmt: skip

    def difficulty(self, identity: str, *, units: Iterable[str] = (), years: Years = (None, None)) -> Difficulty:
        """Return one with all its sentences, dismissed or not.

        Raises NotFoundError where there is none, or the chosen reports do not name it.
        """
        group = next((g for g in self.state.groups if g.id == identity), None)
        while group is not None and group.into is not None:
            group = next((g for g in self.state.groups if g.id == group.into), None)
        if group is not None:
            chosen = Chosen.of(self.state, units=tuple(units), years=years)
            readings = self.read({m.report for m in chosen.members.get(group.id, ())})
            for found in portraits([group], chosen, readings, self.embed, self.held.faces):
                return found
        raise NotFoundError(f"There is no difficulty {identity}; `baocao difficulties` shows those there are.")


def recurring(folder: Path) -> Recurring:
    """Return the difficulties of an archive, and keep in its record what is new.

    Where nobody may write, nothing is kept: new difficulties get their lasting ids later.
    """
    lookup.counts(folder)
    embed = embedding(folder)
    try:
        record = Record(folder)
    except ArchiveError:
        readings = Readings(folder)
        state = build(readings.every(), embed=embed)
        return Recurring(Held(None, state, faced({}, state, readings.of, embed)), readings.of, embed)
    try:
        return follow(record, Readings(folder), embed)
    finally:
        record.close()


def decide(folder: Path, decision: Callable[[Recurring], Change]) -> Recurring:
    """Store what a clerk decided (`rename`, `merge`, `split`, `dismiss`) and return what there is now."""
    lookup.counts(folder)
    record = Record(folder)
    try:
        return decided(record, Readings(folder), decision, embedding(folder))
    finally:
        record.close()


def follow(record: Record, readings: Readings, embed: Embedding | None = None) -> Recurring:
    """Let what is kept follow the reports, store what changed, and return it.

    With another embedding model than before all is grouped anew.
    """
    model = embed.name if embed else ""
    while True:
        before = keeping.held(record)
        _, last = keeping.now(record)
        if before.mark and before.mark.last == last and before.mark.model == model:
            return Recurring(before, readings.of, embed)
        state = _up_to_date(record, readings, before, embed, model)
        faces = faced(before.faces if _same(before, model) else {}, state, readings.of, embed)
        after = keeping.store(record, before, state, faces, last, model)
        if after is not None:
            return Recurring(after, readings.of, embed)


def decided(
    record: Record, readings: Readings, decision: Callable[[Recurring], Change], embed: Embedding | None = None
) -> Recurring:
    """Do what `decide` does, on a record that is open."""
    while True:
        before = follow(record, readings, embed)
        state = applied(before.state, decision(before))
        faces = faced(before.held.faces, state, readings.of, embed)
        mark = before.held.mark
        assert mark is not None  # noqa: S101 - what was followed is kept
        after = keeping.store(record, before.held, state, faces, mark.last, mark.model)
        if after is not None:
            return Recurring(after, readings.of, embed)


def _up_to_date(record: Record, readings: Readings, before: Held, embed: Embedding | None, model: str) -> State:
    latest = readings.latest()
    known = {s.report for s in before.state.seen}
    changed = keeping.changed_since(record, before.mark.last) | (latest - known) if before.mark else latest
    readings.forget(changed)
    if not _same(before, model) or wants_all(before.state, len(latest - known)):
        return anew(before.state, readings.every(), latest, embed)
    return followed(before.state, readings.of(changed & latest), latest, embed)


def _same(before: Held, model: str) -> bool:
    """Tell whether what is kept was made with the embedding model of today, or with none then and now."""
    return before.mark is None or before.mark.model == model
