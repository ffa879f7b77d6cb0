"""The outbox: the changes of the record's log that the index has yet to take in, each held by one process."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from baocao.index.database import Database, lock_key
from baocao.index.tables import changes, reports, setting


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the log that the index has not taken in: which report, and whether it is the latest of its file."""

    seq: int
    report: str
    latest: bool


class Outbox:
    """Changes held by this process until the index has them: no other process puts their reports meanwhile.

    A hold that is not `done` is let go with all that was claimed, be it that the process died.
    """

    def __init__(self, record: Database) -> None:
        self._record = record
        self.index = ""  # the one that is followed; `claim` finds nothing once the log speaks of another
        self._held: set[int] = set()
        self._transaction: sa.Connection | None = None  # on PostgreSQL it keeps the locks

    def __len__(self) -> int:
        return len(self._held)

    def claim(self, limit: int) -> list[Change]:
        """Hold the oldest changes that nobody holds, and return them."""
        return self._claimed(changes.c.seq.not_in(self._held), limit)

    def claim_of(self, ids: Collection[str]) -> list[Change]:
        """Hold what is to be taken in of these reports, as far as nobody holds it, and return it."""
        return self._claimed(changes.c.report.in_(ids), None)

    def _claimed(self, which: sa.ColumnElement[bool], limit: int | None) -> list[Change]:
        waiting = (
            sa.select(changes.c.seq, changes.c.report)
            .where(changes.c.indexed.is_(False), which)
            .order_by(changes.c.seq)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        with self._connected() as connection:
            if self._record.shared:  # the log does not come to speak of another index while this one follows
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(lock_key("index"))))
            if setting(connection, "index") != self.index:
                waiting = waiting.where(sa.false())
            rows = connection.execute(waiting).all()
            free = self._free(connection, {row.report for row in rows})
            # read once the locks are held, so that nothing older than what others put comes of it
            states = sa.select(reports.c.id, reports.c.latest).where(reports.c.id.in_(free))
            latest = {row.id: bool(row.latest) for row in connection.execute(states)}
        found = [Change(row.seq, row.report, latest[row.report]) for row in rows if row.report in latest]
        self._held |= {change.seq for change in found}
        if not self._held:
            self.let_go()
        return found

    def _free(self, connection: sa.Connection, ids: set[str]) -> set[str]:
        """Return those of these reports that are ours to put until we are done; others put the rest just now."""
        if not self._record.shared or not ids:
            return ids
        keys = {lock_key(f"index {report}"): report for report in ids}
        tried = sa.text("SELECT key, pg_try_advisory_xact_lock(key) AS ours FROM unnest(CAST(:keys AS bigint[])) key")
        return {keys[row.key] for row in connection.execute(tried, {"keys": list(keys)}) if row.ours}

    @contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        if not self._record.shared:
            with self._record.reading() as connection:
                yield connection
            return
        with self._record.told():
            if self._transaction is None:
                self._transaction = self._record.connect()
            try:
                yield self._transaction
            except BaseException:
                self.let_go()
                raise

    def done(self) -> None:
        """Say that the engine has made lasting all that is held."""
        held, self._held = self._held, set()
        if not held:
            self.let_go()
            return
        of_these = sa.update(changes).where(changes.c.seq.in_(held)).values(indexed=True)
        if self._transaction is None:
            with self._record.writing() as connection:
                connection.execute(of_these)
            return
        with self._record.told():
            try:
                self._transaction.execute(of_these)
                self._transaction.commit()
            finally:
                self.let_go()

    def let_go(self) -> None:
        """Leave what is held to whoever comes."""
        self._held = set()
        transaction, self._transaction = self._transaction, None
        if transaction is not None:
            transaction.close()
