"""What reports say of difficulties, read from the record when it is wanted and kept as long as there is room."""

import threading
from collections.abc import Collection, Iterable
from pathlib import Path

from baocao.index import lookup
from baocao.insight.difficulties import Reading, read

_MOST = 5_000  # readings in memory, some 10 KB each


class Readings:
    """The readings of an archive's reports; safe to use from many threads."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock = folder, threading.Lock()
        self._kept: dict[str, Reading] = {}

    def of(self, ids: Collection[str]) -> list[Reading]:
        """Return the readings of the reports with these ids."""
        with self._lock:
            held = {i: self._kept[i] for i in ids if i in self._kept}
        made = {r.id: read(r) for r in lookup.some_reports(self._folder, sorted(set(ids) - held.keys()))}
        self._keep(made.values())
        return [*held.values(), *made.values()]

    def every(self) -> list[Reading]:
        """Return the readings of all reports, read anew, the oldest report first."""
        made = [read(report) for report in lookup.reports(self._folder)]
        self._keep(made)
        return made

    def latest(self) -> set[str]:
        """Return the ids of the reports that count."""
        return lookup.latest_ids(self._folder)

    def forget(self, ids: Iterable[str]) -> None:
        """Read these reports anew when they are wanted next."""
        with self._lock:
            for id_ in ids:
                self._kept.pop(id_, None)

    def _keep(self, made: Iterable[Reading]) -> None:
        with self._lock:
            for reading in made:
                self._kept.pop(reading.report, None)
                self._kept[reading.report] = reading
            while len(self._kept) > _MOST:
                self._kept.pop(next(iter(self._kept)))
