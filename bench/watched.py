"""The command `baocao` with one worker that is watched: `python bench/watched.py FIGURES ingest …`.

FIGURES is where a JSON list tells of each file its seconds in a worker, from the moment it was handed over, and the
most memory that the worker held meanwhile.
"""

import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

from baocao import intake
from baocao.pipeline.ingest.pool import Done, Failed, Pool

FOUND: list[dict[str, Any]] = []
_EVERY = 0.02  # seconds


class Watched(Pool[Any]):
    """A pool of one worker that takes down what each file cost."""

    def run(self, paths: Iterable[Path]) -> Iterator[Done[Any] | Failed]:
        """Run as a pool does, taking down the cost of each file."""
        self._since, self._most = 0.0, 0
        ended = Event()
        watching = Thread(target=self._watch, args=(ended,), daemon=True)
        watching.start()
        try:
            for outcome in super().run(map(self._begins, paths)):
                took = time.monotonic() - self._since
                self._look()
                how = {"error": outcome.error.code, "reason": str(outcome.error)} if isinstance(outcome, Failed) else {}
                FOUND.append({"path": str(outcome.path), "seconds": took, "mib": self._most / 1024, **how})
                yield outcome
        finally:
            ended.set()
            watching.join()

    def _begins(self, path: Path) -> Path:
        for slot in self._slots:
            try:
                Path(f"/proc/{slot.process.pid}/clear_refs").write_text("5")  # begins the high-water mark anew
            except OSError:
                continue  # it has just ended
        self._since, self._most = time.monotonic(), 0
        return path

    def _greet(self, slot: Any) -> None:
        super()._greet(slot)
        self._since = time.monotonic()  # what loading took is no file's

    def _watch(self, ended: Event) -> None:
        while not ended.wait(_EVERY):
            self._look()

    def _look(self) -> None:
        for slot in list(self._slots):
            try:
                status = Path(f"/proc/{slot.process.pid}/status").read_text()
            except OSError:
                continue
            told = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "")
            self._most = max(self._most, int(told.split()[1]) if told else 0)


def main() -> None:
    """Run the command, then write the figures."""
    from baocao.cli import main as command

    figures = Path(sys.argv.pop(1))
    intake.Pool = Watched  # type: ignore[misc]
    try:
        command()
    finally:
        figures.write_text(json.dumps(FOUND, indent=0), encoding="utf-8")


if __name__ == "__main__":
    main()
