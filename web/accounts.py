"""Accounts: who may use the page, as what, and who is logged in. All of it stands in the record.

A session is a random token in the browser's cookie; the record has its hash only. A new password, another role and
disabling end all sessions of an account, in the same transaction.
"""

import re
import secrets
import time
import unicodedata
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from baocao.errors import NotFoundError, UsageError
from baocao.index import open_archive, tables
from baocao.index.database import FILE, Database
from baocao.index.record import Record, now
from baocao.index.settings import Postgres
from baocao.web import journal, passwords, throttle
from baocao.web.journal import By
from baocao.web.refusals import LastAdminError, TakenError, WrongLoginError
from baocao.web.roles import Role

IDLE, LONGEST = 12 * 3_600.0, 7 * 86_400.0  # seconds
_LATE = 300.0  # seconds by which the end of a session may lag behind, so that not every look is a write
_NAME = re.compile(r"[\w.@+-]{1,100}")
_ELSEWHERE = "openid "  # begins what stands in place of a password of those who log in at the OpenID provider
_users, _sessions = tables.users, tables.sessions


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may use the page; `elsewhere` means that they log in at the OpenID provider."""

    name: str
    role: Role
    enabled: bool
    since: str
    elsewhere: bool


def open_record(folder: Path) -> Record:
    """Return the record of an archive, making an empty archive where there is none."""
    if Postgres.of(folder) is None and not (folder / FILE).exists():
        with open_archive(folder):
            pass
    return Record(folder)


def spelled(name: str) -> str:
    """Return a name as accounts are kept by it: capitals make no other account."""
    return unicodedata.normalize("NFKC", name.strip()).casefold()


def everyone(record: Database) -> list[Account]:
    """Return all accounts, in the order of their names."""
    with record.reading() as connection:
        return [_account(row) for row in connection.execute(sa.select(_users).order_by(_users.c.name))]


def has_admin(record: Database) -> bool:
    """Tell whether somebody can look after the accounts."""
    with record.reading() as connection:
        return _admins(connection) > 0


def add(record: Database, by: By, name: str, role: Role, password: str) -> Account:
    """Add an account.

    Raises UsageError for a name that is none, TakenError for one that is taken, WeakPasswordError.
    """
    wanted = spelled(name)
    if not _NAME.fullmatch(wanted):
        raise UsageError("A name has letters, digits and . _ @ + - only, 100 at most; choose another one.")
    return _add(record, by, wanted, role, passwords.hashed(password, wanted))


def _add(record: Database, by: By, name: str, role: Role, kept: str) -> Account:
    made = Account(name, role, True, now(), kept.startswith(_ELSEWHERE))
    row = {"name": name, "password": kept, "role": role.value, "enabled": True, "at": made.since}
    with record.writing() as connection:
        record.alone(connection, "accounts")
        journal.write(connection, by, "account", f"add {name} {role}")
        if connection.scalar(sa.select(_users.c.name).where(_users.c.name == name)) is not None:
            raise TakenError(f"An account “{name}” exists already; choose another name.")
        connection.execute(sa.insert(_users).values(**row))
    return made


def set_role(record: Database, by: By, name: str, role: Role) -> None:
    """Give an account another role. Raises NotFoundError, LastAdminError."""
    _change(record, by, name, f"role {spelled(name)} {role}", {"role": role.value})


def set_enabled(record: Database, by: By, name: str, enabled: bool) -> None:
    """Let an account in, or keep it out. Raises NotFoundError, LastAdminError."""
    _change(record, by, name, f"{'enable' if enabled else 'disable'} {spelled(name)}", {"enabled": enabled})


def set_password(record: Database, by: By, name: str, password: str) -> None:
    """Give an account another password; a wait after failed logins ends.

    Raises NotFoundError, WeakPasswordError.
    """
    kept = passwords.hashed(password, spelled(name))
    _change(record, by, name, f"password {spelled(name)}", {"password": kept})


def _change(record: Database, by: By, name: str, what: str, values: dict[str, object]) -> None:
    name = spelled(name)
    with record.writing() as connection:
        record.alone(connection, "accounts")
        journal.write(connection, by, "account", what)
        before = _admins(connection)
        if _row(connection, name) is None:
            raise NotFoundError(f"There is no account “{name}”; `baocao user list` shows those there are.")
        connection.execute(sa.update(_users).where(_users.c.name == name).values(**values))
        if before and not _admins(connection):
            raise LastAdminError("Somebody has to look after the accounts; make another one an admin first.")
        connection.execute(sa.delete(_sessions).where(_sessions.c.user == name))
        throttle.forget(connection, name)


def log_in(record: Database, attempt: throttle.Attempt, password: str) -> str:
    """Return the token of a new session.

    Raises WaitError, BusyError, and WrongLoginError for a wrong name or password and for a disabled account.
    """
    kept = proven(record, attempt, password)
    name = spelled(attempt.name)
    token = _open(record, name, kept, attempt.address)
    if token is None:  # changed or disabled since it was looked up
        raise WrongLoginError("Name and password do not fit; check both.")
    return token


def proven(record: Database, attempt: throttle.Attempt, password: str) -> str:
    """Return what is kept of an account's password, once the one given is seen to be right; raises as `log_in`."""
    attempt = throttle.Attempt(spelled(attempt.name), attempt.address, attempt.browser)
    throttle.begin(record, attempt)
    with record.reading() as connection:
        found = _row(connection, attempt.name)
    right = passwords.matches(found.password if found else None, password)
    if found is None or not right or not found.enabled:
        with record.writing() as connection:  # an unknown name may be a password in the wrong place
            what = "" if found else "unknown name"
            journal.write(connection, By(attempt.name if found else "", attempt.address), "login failed", what)
        raise WrongLoginError("Name and password do not fit; check both.")
    throttle.succeeded(record, attempt)
    kept: str = found.password
    if passwords.stale(kept):
        newer = passwords.again(password)
        with record.writing() as connection:
            same = sa.and_(_users.c.name == attempt.name, _users.c.password == kept)
            kept = newer if connection.execute(sa.update(_users).where(same).values(password=newer)).rowcount else kept
    return kept


def log_in_from_elsewhere(record: Database, name: str, subject: str, role: Role | None, address: str) -> str:
    """Return the token of a new session of whom the OpenID provider knows as `subject`; the first time adds them.

    `role` is what the provider says, None where it says nothing: then who is new reads. Raises WrongLoginError where
    the account is disabled, or the name is somebody else's.
    """
    name, kept, by = spelled(name), _ELSEWHERE + subject, By(spelled(name), address)
    if not _NAME.fullmatch(name):
        raise WrongLoginError("The provider gives a name that is none; let it give another claim (oidc_name_claim).")
    with record.reading() as connection:
        found = _row(connection, name)
    if found is None:
        _add(record, by, name, role or Role.READER, kept)
    elif found.password != kept:
        raise WrongLoginError(f"The name “{name}” is another account's; rename one of them.")
    elif role is not None and found.role != role and found.enabled:
        set_role(record, by, name, role)
    token = _open(record, name, kept, address)
    if token is None:
        raise WrongLoginError("The account is disabled; ask whoever looks after the accounts.")
    return token


def _open(record: Database, name: str, kept: str, address: str) -> str | None:
    """Return a new session's token, or None where the account is no longer what it was seen to be."""
    token, moment = secrets.token_urlsafe(32), time.time()
    row = sa.select(sa.literal(_hash(token)), _users.c.name, sa.literal(moment), sa.literal(moment + IDLE)).where(
        _users.c.name == name, _users.c.password == kept, _users.c.enabled
    )
    with record.writing() as connection:
        connection.execute(sa.delete(_sessions).where(_sessions.c.until < moment))
        if not connection.execute(sa.insert(_sessions).from_select(["token", "user", "began", "until"], row)).rowcount:
            return None
        journal.write(connection, By(name, address), "login", "")
    return token


def of_session(record: Database, token: str) -> Account | None:
    """Return whose session a token is, and let it last on; None where it ended."""
    moment, key = time.time(), _hash(token)
    with record.reading() as connection:
        query = sa.select(_users, _sessions.c.began, _sessions.c.until).join(_users, _users.c.name == _sessions.c.user)
        alive = _sessions.c.token == key, _sessions.c.until > moment, _users.c.enabled
        found = connection.execute(query.where(*alive)).one_or_none()
    if found is None or found.began + LONGEST < moment:
        return None
    until = min(moment + IDLE, found.began + LONGEST)
    if until > found.until + _LATE:
        with record.writing() as connection:
            connection.execute(sa.update(_sessions).where(_sessions.c.token == key).values(until=until))
    return _account(found)


def of_name(record: Database, name: str) -> tuple[Account, str] | None:
    """Return the account of a name with what is kept of its password, or None."""
    with record.reading() as connection:
        found = _row(connection, spelled(name))
    return (_account(found), found.password) if found else None


def log_out(record: Database, token: str, by: By) -> None:
    """End a session; one that has ended is no fault."""
    with record.writing() as connection:
        if connection.execute(sa.delete(_sessions).where(_sessions.c.token == _hash(token))).rowcount:
            journal.write(connection, by, "logout", "")


def _row(connection: sa.Connection, name: str) -> sa.Row[Any] | None:
    if not _NAME.fullmatch(name):  # nor would every database take it
        return None
    return connection.execute(sa.select(_users).where(_users.c.name == name)).one_or_none()


def _admins(connection: sa.Connection) -> int:
    query = sa.select(sa.func.count()).select_from(_users).where(_users.c.role == Role.ADMIN.value, _users.c.enabled)
    return int(connection.scalar(query) or 0)


def _account(row: sa.Row[Any]) -> Account:
    return Account(row.name, Role(row.role), bool(row.enabled), row.at, row.password.startswith(_ELSEWHERE))


def _hash(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
