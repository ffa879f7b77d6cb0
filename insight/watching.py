"""The difficulties of an archive in a process that lives long: kept, brought up to date once for all who ask."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from baocao.index.record import Record
from baocao.insight.difficulties import Change, Difficulty
from baocao.insight.embedding import embedding
from baocao.insight.held import Mark, now
from baocao.insight.readings import Readings
from baocao.insight.recurring import Recurring, decided, follow

_SHOWN = 50  # difficulties kept with their sentences


@dataclass(frozen=True, slots=True)
class Known:
    """What is known; `recurring` is None while it is worked out for the first time, `current` tells whether it is
    what the reports say now."""

    recurring: Recurring | None
    current: bool


class Watch:
    """Follows the difficulties of an archive whose record is open; safe to use from many threads."""

    def __init__(self, folder: Path, record: Record) -> None:
        self._record, self._readings, self._embed = record, Readings(folder), embedding(folder)
        self._free = threading.Condition()
        self._found: Recurring | None = None
        self._shown: dict[tuple[Mark | None, str], Difficulty] = {}
        self._working = False
        self._failed: Exception | None = None

    def known(self, patience: float) -> Known:
        """Return what is known, after so many seconds at most; what takes longer goes on meanwhile."""
        with self._free:
            if not self._is_current():
                if not self._working:
                    self._working = True
                    threading.Thread(target=self._work, daemon=True, name="difficulties follow").start()
                self._free.wait_for(lambda: not self._working, patience)
                if self._failed is not None:
                    failed, self._failed = self._failed, None
                    raise failed
            return Known(self._found, not self._working)

    def difficulty(self, found: Recurring, identity: str) -> Difficulty:
        """Return one with all its sentences, causes and recommendations; those looked at last are kept.

        Raises NotFoundError as `Recurring.difficulty` does.
        """
        key = found.held.mark, identity
        with self._free:
            held = self._shown.get(key)
        made = held or found.difficulty(identity)
        with self._free:
            self._shown[key] = made
            while len(self._shown) > _SHOWN:
                self._shown.pop(next(iter(self._shown)))
        return made

    def decided(self, decision: Callable[[Recurring], Change]) -> Recurring:
        """Store what a clerk decided and return what there is now."""
        made = decided(self._record, self._readings, decision, self._embed)
        with self._free:
            self._found = made
        return made

    def _is_current(self) -> bool:
        mark, last = now(self._record)
        return self._found is not None and mark is not None and self._found.held.mark == mark and mark.last == last

    def _work(self) -> None:
        found, failed = None, None
        try:
            found = follow(self._record, self._readings, self._embed)
        except Exception as error:
            failed = error
        with self._free:
            self._found, self._failed, self._working = found or self._found, failed, False
            self._free.notify_all()
