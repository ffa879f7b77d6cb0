"""Long work that a clerk asks for, done by a program of its own: `python -m baocao.web.tasks ARCHIVE`.

Training from corrections, and making the index anew. One at a time, in the order asked for; the record keeps what came
of each.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from baocao.errors import ArchiveBusyError, BaocaoError, IndexBrokenError
from baocao.index import lookup, open_archive
from baocao.index.archive import rebuild
from baocao.index.record import Record, now
from baocao.index.tables import tasks
from baocao.intake import use_what_is_kept_in
from baocao.web.background import Program, alone, told, wait_for_the_page_to_end

LOCK = Path("uploads", "tasks.lock")
_LOOK_AGAIN = 1.0  # seconds until a busy archive is tried again


class Work(StrEnum):
    """What can be asked for."""

    TRAIN = "train"
    REBUILD = "rebuild"


class Stage(StrEnum):
    """How far a task is; refused: the new model was worse and the old one stays."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


_OPEN = (Stage.WAITING, Stage.RUNNING)


@dataclass(frozen=True, slots=True)
class Task:
    """A task as the record has it; `told` is what came of it."""

    number: int
    kind: Work
    state: Stage
    told: dict[str, Any]
    by: str
    at: str
    ended_at: str | None

    @property
    def is_open(self) -> bool:
        """Tell whether it is yet to end."""
        return self.state in _OPEN


def ask(record: Record, kind: Work, by: str) -> int:
    """Ask for a task and return its number; where the same one waits or runs already, that one's."""
    c = tasks.c
    with record.writing() as connection:
        record.alone(connection, tasks.name)
        held = connection.scalar(sa.select(c.number).where(c.kind == kind, c.state.in_(_OPEN)))
        if held is not None:
            return int(held)
        row = {"kind": kind, "state": Stage.WAITING, "told": "{}", "by": by, "at": now(), "ended_at": None}
        return int(connection.execute(sa.insert(tasks).values(**row).returning(c.number)).scalar_one())


def last(record: Record, limit: int = 20) -> list[Task]:
    """Return the tasks asked for last, the newest first."""
    with record.reading() as connection:
        rows = connection.execute(sa.select(tasks).order_by(tasks.c.number.desc()).limit(limit)).mappings()
        return [_task(row) for row in rows]


def is_waiting(record: Record) -> bool:
    """Tell whether a task is yet to end."""
    with record.reading() as connection:
        return connection.scalar(sa.select(tasks.c.number).where(tasks.c.state.in_(_OPEN)).limit(1)) is not None


def _task(row: Any) -> Task:
    told = json.loads(row["told"])
    return Task(row["number"], Work(row["kind"]), Stage(row["state"]), told, row["by"], row["at"], row["ended_at"])


def program(folder: Path) -> Program:
    """Return what the page is to run."""
    return Program("baocao.web.tasks", folder / LOCK, is_waiting)


def main(folder: Path) -> int:
    """Do what was asked for; return 0 once nothing is left, or another process is at it."""
    lock = alone(folder / LOCK)
    if lock is None:
        return 0
    os.nice(10)
    threading.Thread(target=_end_with_page, daemon=True).start()
    record = Record(folder)
    c = tasks.c
    with record.writing() as connection:  # whoever was at it is gone
        lost = sa.update(tasks).where(c.state == Stage.RUNNING)
        connection.execute(lost.values(state=Stage.FAILED, told=_json({"error": _BROKEN_OFF}), ended_at=now()))
    while (task := _next(record)) is not None:
        _set(record, task.number, Stage.RUNNING, {})
        try:
            stage, came = WORK[task.kind](folder, partial(_set, record, task.number, None))
        except BaocaoError as error:
            stage, came = Stage.FAILED, {"code": error.code, "error": str(error)}
        finish(record, task.number, stage, came)
    record.close()
    lock.close()
    return 0


_BROKEN_OFF = "It was broken off before it was done; nothing was changed. Ask for it again."


def _next(record: Record) -> Task | None:
    query = sa.select(tasks).where(tasks.c.state == Stage.WAITING).order_by(tasks.c.number).limit(1)
    with record.reading() as connection:
        row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _task(row)


def finish(record: Record, number: int, stage: Stage, told: dict[str, Any]) -> None:
    """Write down what came of a task."""
    _set(record, number, stage, told)


def _set(record: Record, number: int, stage: Stage | None, told: dict[str, Any]) -> None:
    values: dict[str, Any] = {"told": _json(told)}
    if stage is not None:
        values |= {"state": stage, "ended_at": None if stage in _OPEN else now()}
    with record.writing() as connection:
        connection.execute(sa.update(tasks).where(tasks.c.number == number).values(**values))


def _json(told: dict[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False)


def _train(folder: Path, _: Callable[[dict[str, Any]], None]) -> tuple[Stage, dict[str, Any]]:
    """Train from the labels that people corrected; a model that is worse than the one before is not put in place."""
    from baocao.pipeline.train import train

    use_what_is_kept_in(folder)
    corrected = list(lookup.reports(folder, corrected=True))
    made = train(folder / "models" / "labels.skops", corrected)
    came = made.to_json()
    del came["model"]  # a path of the server
    return (Stage.DONE if made.installed else Stage.REFUSED), came


def _rebuild(folder: Path, tell: Callable[[dict[str, Any]], None]) -> tuple[Stage, dict[str, Any]]:
    """Make the index anew beside the old one, which answers until then; one that is broken is dropped before."""
    while True:
        try:
            try:
                with open_archive(folder) as archive:
                    tell({})
                    return Stage.DONE, {"reports": archive.rebuild()}
            except IndexBrokenError:
                return Stage.DONE, {"reports": rebuild(folder)}
        except ArchiveBusyError:
            tell({"waits": True})
            time.sleep(_LOOK_AGAIN)


WORK = {Work.TRAIN: _train, Work.REBUILD: _rebuild}


def _end_with_page() -> None:
    """Wait until the page that started this goes away, and end at once; the next run tells that it was broken off."""
    wait_for_the_page_to_end()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(told(main, Path(sys.argv[1])))
