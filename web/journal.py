"""The audit log: who did what, when, and from which address. Lines are added, never changed."""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from baocao.index import tables
from baocao.index.database import Database
from baocao.index.record import now

_TOGETHER = 1_000  # lines read at a time
_audit = tables.audit


@dataclass(frozen=True, slots=True)
class By:
    """Who does something, and from which address; none is the machine itself."""

    name: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the log."""

    number: int
    at: str
    who: str
    address: str
    did: str
    what: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Which lines are wanted; `since` and `until` are times as the record writes them, the second one excluded."""

    who: str = ""
    did: str = ""
    words: str = ""
    since: str = ""
    until: str = ""

    def conditions(self) -> Iterator[sa.ColumnElement[bool]]:
        """Yield what the lines have to fulfil."""
        c = _audit.c
        if self.who:
            yield c.who == self.who
        if self.did:
            yield c.did == self.did
        if self.words:
            yield sa.or_(c.what.icontains(self.words, autoescape=True), c.address == self.words)
        if self.since:
            yield c.at >= self.since
        if self.until:
            yield c.at < self.until


def write(connection: sa.Connection, by: By, did: str, what: str) -> None:
    """Add a line within a transaction."""
    told = "".join(c if c.isprintable() else " " for c in what[:2_000])  # what no database takes is not printable
    row = {"at": now(), "who": by.name, "address": by.address, "did": did, "what": told}
    connection.execute(sa.insert(_audit).values(**row))


def count(record: Database, wanted: Filter) -> int:
    """Return how many lines a filter lets through."""
    with record.reading() as connection:
        query = sa.select(sa.func.count()).select_from(_audit).where(*wanted.conditions())
        return int(connection.scalar(query) or 0)


def lines(record: Database, wanted: Filter, *, skip: int = 0, limit: int) -> list[Line]:
    """Return lines, the newest first."""
    with record.reading() as connection:
        query = sa.select(_audit).where(*wanted.conditions()).order_by(_audit.c.number.desc())
        return [Line(**row) for row in connection.execute(query.offset(skip).limit(limit)).mappings()]


def every(record: Database, wanted: Filter, most: int) -> Iterator[Line]:
    """Yield lines, the newest first, `most` at most, without holding them all in memory."""
    before, left = 2**62, most
    while left > 0:
        with record.reading() as connection:
            query = sa.select(_audit).where(*wanted.conditions(), _audit.c.number < before)
            found = [
                Line(**row)
                for row in connection.execute(
                    query.order_by(_audit.c.number.desc()).limit(min(left, _TOGETHER))
                ).mappings()
            ]
        yield from found
        if len(found) < _TOGETHER:
            return
        before, left = found[-1].number, left - len(found)


def deeds(record: Database) -> list[str]:
    """Return the kinds of deeds that the log has, in order."""
    with record.reading() as connection:
        return list(connection.scalars(sa.select(_audit.c.did).distinct().order_by(_audit.c.did)))
