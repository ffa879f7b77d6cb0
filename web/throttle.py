"""Waits after failed logins, growing with each: for a name, for an address, and for a browser known to be someone's.

Whoever fails often makes the name wait too, else a password could be guessed from many addresses. That must not keep
out whom the name belongs to: the wait for a name stays short, and a browser in which someone has logged in before is
counted by itself (OWASP, "Device cookies"). What is counted is kept by its hash: people type passwords as names.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network

import sqlalchemy as sa

from baocao.errors import BaocaoError
from baocao.index import tables
from baocao.index.database import Database

_FORGOTTEN = 86_400.0  # seconds after which a failure no longer counts
_failed = tables.failed_logins


@dataclass(frozen=True, slots=True)
class _Measure:
    """How many failures are free, and how long the wait grows, in seconds."""

    free: int
    longest: float


_NAME, _ADDRESS, _BROWSER = _Measure(10, 60), _Measure(20, 900), _Measure(5, 900)


class WaitError(BaocaoError):
    """So many logins failed that the next one has to wait; `wait` says how many seconds."""

    code = "BC623"

    def __init__(self, wait: int) -> None:
        super().__init__(f"Too many logins failed; try again in {wait} seconds.")
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Attempt:
    """A login being tried: under which name, from where, and in which browser, where that is known to be the name's."""

    name: str
    address: str
    browser: str | None = None

    def counted(self) -> Iterator[tuple[str, _Measure]]:
        """Yield what a failure counts against."""
        if self.browser is not None:
            yield _key("browser", self.browser), _BROWSER
        else:
            yield _key("name", self.name), _NAME
            yield _key("address", _network(self.address)), _ADDRESS


def begin(record: Database, attempt: Attempt) -> None:
    """Count an attempt as failed before it is known to be; `succeeded` takes it back. So none go on side by side.

    Raises WaitError while one has to wait.
    """
    moment = time.time()
    with record.writing() as connection:
        record.alone(connection, "logins")
        # A write comes first: from here SQLite lets nobody else in between.
        connection.execute(sa.delete(_failed).where(_failed.c.until < moment - _FORGOTTEN))
        counted = dict(attempt.counted())
        rows = {row.who: row for row in connection.execute(sa.select(_failed).where(_failed.c.who.in_(counted)))}
        wait = max((row.until - moment for row in rows.values()), default=0)
        if wait > 0:
            raise WaitError(int(wait) + 1)
        for who, measure in counted.items():
            times = rows[who].times + 1 if who in rows else 1
            over = times - measure.free
            until = moment + (min(measure.longest, 2.0 ** min(over, 20)) if over >= 0 else 0)
            values = {"times": times, "until": until}
            if who in rows:
                connection.execute(sa.update(_failed).where(_failed.c.who == who).values(**values))
            else:
                connection.execute(sa.insert(_failed).values(who=who, **values))


def succeeded(record: Database, attempt: Attempt) -> None:
    """Take back what `begin` counted; a name or browser starts anew, an address has only this one forgiven."""
    with record.writing() as connection:
        record.alone(connection, "logins")
        for who, measure in attempt.counted():
            row = _failed.c.who == who
            if measure is _ADDRESS:
                connection.execute(sa.update(_failed).where(row).values(times=_failed.c.times - 1, until=time.time()))
            else:
                connection.execute(sa.delete(_failed).where(row))


def forget(connection: sa.Connection, name: str) -> None:
    """Let a name wait no longer, within a transaction."""
    connection.execute(sa.delete(_failed).where(_failed.c.who == _key("name", name)))


def _key(kind: str, value: str) -> str:
    return sha256(f"{kind} {value}".encode("utf-8", "surrogatepass")).hexdigest()


def _network(address: str) -> str:
    """Return what one person has: an address, of IPv6 the 2⁶⁴ that come together."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        return str(known.ipv4_mapped or ip_network((known, 64), strict=False))
    return str(known)
