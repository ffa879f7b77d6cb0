"""Files that wait in the record to be read, for as many workers on as many hosts as one likes.

A worker claims a file for half a minute and renews the claim while it reads; the claim of a worker that died lapses,
and another takes the file up. The file's bytes are among the originals, so a worker need not see the folder it
came from.
"""

import os
import socket
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from baocao.errors import RecordDownError
from baocao.index.database import patiently
from baocao.index.record import Record, now, refuse
from baocao.index.tables import jobs

LAPSE = 30.0  # seconds after which a claim that is not renewed is anybody's
TRIES = 5  # of a file whose workers die


@dataclass(frozen=True, slots=True)
class Job:
    """A file to read: the hash of its bytes, and the path under which it was handed in."""

    number: int
    sha256: str
    path: str
    again: bool
    claims: int  # how often it was claimed, this time too


class Queue:
    """One worker's view of the files that wait."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self.worker = f"{socket.gethostname()} {os.getpid()} {uuid4().hex[:8]}"
        self._held: set[int] = set()

    @patiently
    def put(self, files: Sequence[tuple[str, str]], *, again: bool = False) -> None:
        """Hand in files, each with the hash of its bytes and its path; one that waits already waits once."""
        rows = [{"sha256": sha256, "path": path, "again": again, "at": now()} for sha256, path in files]
        insert = postgresql.insert if self._record.shared else sqlite.insert
        if rows:
            with self._record.writing() as connection:
                connection.execute(insert(jobs).on_conflict_do_nothing(), rows)

    @patiently
    def claim(self, count: int) -> list[Job]:
        """Take up to `count` files that nobody reads, the first handed in first."""
        clock = self._clock()
        free = (
            sa.select(jobs.c.number)
            .where(sa.or_(jobs.c.until.is_(None), jobs.c.until < clock))
            .order_by(jobs.c.number)
            .limit(count)
            .with_for_update(skip_locked=True)
        )
        taken = (
            sa.update(jobs)
            .where(jobs.c.number.in_(free.scalar_subquery()))
            .values(worker=self.worker, until=clock + LAPSE, claims=jobs.c.claims + 1)
            .returning(jobs.c.number, jobs.c.sha256, jobs.c.path, jobs.c.again, jobs.c.claims)
        )
        with self._record.writing() as connection:
            found = [Job(*row) for row in connection.execute(taken)]
        self._held |= {job.number for job in found}
        return sorted(found, key=lambda job: job.number)

    @patiently
    def done(self, numbers: Collection[int]) -> None:
        """Take files that were read out of the queue."""
        with self._record.writing() as connection:
            connection.execute(sa.delete(jobs).where(jobs.c.number.in_(numbers), jobs.c.worker == self.worker))
        self._held.difference_update(numbers)

    @patiently
    def refused(self, job: Job, code: str, message: str) -> None:
        """Take a file that cannot be read out of the queue and into quarantine."""
        with self._record.writing() as connection:
            refuse(connection, job.path, code, message)
            connection.execute(sa.delete(jobs).where(jobs.c.number == job.number, jobs.c.worker == self.worker))
        self._held.discard(job.number)

    @patiently
    def left(self, files: Sequence[tuple[str, str]] | None = None) -> int:
        """Return how many files are not read yet, of all or of these."""
        with self._record.reading() as connection:
            if files is None:
                return int(connection.scalar(sa.select(sa.func.count()).select_from(jobs)) or 0)
            left, wanted = 0, set(files)
            for at in range(0, len(files), 1_000):
                hashes = {sha256 for sha256, _ in files[at : at + 1_000]}
                waiting = sa.select(jobs.c.sha256, jobs.c.path).where(jobs.c.sha256.in_(hashes))
                found = {(row.sha256, row.path) for row in connection.execute(waiting)} & wanted
                wanted -= found
                left += len(found)
            return left

    def give_back(self) -> None:
        """Leave what is claimed to others at once."""
        if self._held:
            with self._record.writing() as connection:
                ours = sa.and_(jobs.c.number.in_(self._held), jobs.c.worker == self.worker)
                connection.execute(sa.update(jobs).where(ours).values(worker=None, until=None))
            self._held.clear()

    @contextmanager
    def renewed(self) -> Iterator[None]:
        """Renew the claims as long as it takes, beside; give back at the end what is claimed still."""
        ended = Event()

        def renew() -> None:
            while not ended.wait(LAPSE / 3):
                try:
                    self._renew()
                except RecordDownError:
                    continue  # should it last, the claims lapse, and what was read twice is stored once

        beside = Thread(target=renew, daemon=True)
        beside.start()
        try:
            yield
        finally:
            ended.set()
            beside.join()
            self.give_back()

    def _renew(self) -> None:
        with self._record.writing() as connection:
            # only what we know of: a claim whose answer got lost with the connection has to lapse
            ours = sa.update(jobs).where(jobs.c.number.in_(list(self._held)), jobs.c.worker == self.worker)
            connection.execute(ours.values(until=self._clock() + LAPSE))

    def _clock(self) -> Any:
        """Return the seconds since 1970 by the clock of the server, which all workers share."""
        if self._record.shared:
            return sa.func.extract("epoch", sa.func.clock_timestamp()).cast(sa.Float)
        return sa.literal(time.time())
