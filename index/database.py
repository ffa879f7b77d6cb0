"""The database of the record: SQLite in the archive's folder, or PostgreSQL; connections, locks, and patience."""

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from hashlib import sha256
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import sqlalchemy as sa

from baocao.errors import ArchiveBusyError, ArchiveError, RecordDownError
from baocao.index.postgres import answered, not_installed
from baocao.index.settings import Postgres

FILE = "record.sqlite"

logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)  # a connection that Ctrl-C cut is no news to a user

_PATIENCE = 60.0  # seconds that a server may be away before what is under way gives up
_P = ParamSpec("_P")
_T = TypeVar("_T")


def patiently(method: Callable[_P, _T]) -> Callable[_P, _T]:
    """Try again while the server is away, for up to a minute. For what can be done twice without doing more."""

    @wraps(method)
    def tried(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        until, pause = time.monotonic() + _PATIENCE, 0.1
        while True:
            try:
                return method(*args, **kwargs)
            except RecordDownError:
                if time.monotonic() + pause > until:
                    raise
                time.sleep(pause)
                pause = min(2 * pause, 5.0)

    return tried


class Database:
    """Connections to the record of the archive in a folder."""

    def __init__(self, folder: Path) -> None:
        self.server = Postgres.of(folder)
        self._engine = _engine(folder, self.server)

    @property
    def shared(self) -> bool:
        """Tell whether others may write at the same time."""
        return self.server is not None

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turn what the database reports into one sentence for the user."""
        try:
            yield
        except sa.exc.DBAPIError as error:
            if self.server is None:
                raise _of_file(error) from error
            raise answered(self.server, str(error.orig), getattr(error.orig, "sqlstate", None)) from error

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Connect to look up."""
        with self.told(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Connect for one transaction."""
        with self.told(), self._engine.begin() as connection:
            yield connection

    def connect(self) -> sa.Connection:
        """Return a connection of one's own, to close."""
        return self._engine.connect()

    def alone(self, connection: sa.Connection, *matters: str) -> None:
        """Wait until no other transaction is at one of these matters, and keep them to this one until its end."""
        if self.shared:
            keys = sorted({lock_key(matter) for matter in matters})  # in one order everywhere: none waits for another
            lock = sa.text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) WITH ORDINALITY "
                           "AS k(key, at) ORDER BY at")  # fmt: skip
            connection.execute(lock, {"keys": keys})

    @contextmanager
    def only_one(self, matter: str) -> Iterator[None]:
        """Keep a matter to this process as long as it takes.

        Raises ArchiveBusyError while another is at it.
        """
        if not self.shared:
            yield  # the archive's folder is locked
            return
        with self.writing() as connection:
            if not connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(lock_key(matter)))):
                raise ArchiveBusyError(f"Another baocao does this already ({matter}); wait until it has ended.")
            yield

    def close(self) -> None:
        """Let the database go."""
        self._engine.dispose()


def lock_key(matter: str) -> int:
    """Return the number under which PostgreSQL locks a matter."""
    return int.from_bytes(sha256(matter.encode()).digest()[:8], signed=True)


def _engine(folder: Path, server: Postgres | None) -> sa.Engine:
    if server is None:
        engine = sa.create_engine(f"sqlite:///{folder / FILE}")
        sa.event.listen(engine, "connect", _pragmas)
        return engine
    url = sa.make_url(server.url).set(drivername="postgresql+psycopg")
    given = {"connect_timeout": 10, "keepalives_idle": 30, "application_name": "baocao"}
    try:
        return sa.create_engine(
            url if server.password is None else url.set(password=server.password),
            pool_pre_ping=True,
            connect_args=given,
        )
    except ModuleNotFoundError as missing:
        raise not_installed(missing) from missing


def _pragmas(connection: sqlite3.Connection, _: Any) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 30000"):
        connection.execute(f"PRAGMA {pragma}")


def _of_file(error: sa.exc.DBAPIError) -> ArchiveError:
    cause = str(error.orig).lower()
    if "full" in cause or "disk i/o" in cause:
        return ArchiveError(
            "The disk of the archive is full or fails; free some space and run the command again: "
            "what was stored is safe."
        )
    return ArchiveError(
        f"The archive's record cannot be used ({error.orig}); put back a copy of record.sqlite, or ingest the "
        "reports into a new archive."
    )
