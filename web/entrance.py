"""Who comes in: seen before anything of a request's body is read, so that strangers get no further.

With accounts everything wants a login but the login itself and the files that its page needs. A person has a session's
cookie; a program that uses the API may give name and password with each request (HTTP Basic). What fails inside is
answered here too, so that such an answer has the guard's headers like all others.
"""

import base64
import binascii
import hmac
import secrets
import threading
import time

from anyio import to_thread
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from baocao.index.archive import system_user
from baocao.web import accounts, journal, throttle
from baocao.web.access import LoginNeededError, address, arrived
from baocao.web.accounts import Account
from baocao.web.cookies import SESSION, known_browser, read
from baocao.web.desk import Desk
from baocao.web.faults import answered
from baocao.web.guard import TooLargeError
from baocao.web.refusals import WrongLoginError
from baocao.web.roles import Role, Visitor

_OPEN = ("/login", "/look")  # the page's language can be chosen before
_KEPT, _LASTS = 1_000, 900.0  # logins of programs known to be right, and for how many seconds


class Entrance:
    """ASGI middleware that finds out who asks, and answers what the page cannot."""

    def __init__(self, app: ASGIApp, *, accounts: bool) -> None:
        self._app, self._accounts, self._programs = app, accounts, _Programs()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, with `visitor` in its state."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, begun = Request(scope), False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            request.state.visitor = arrived(request, None, Role.READER)  # whoever it is, until that is known
            if not self._accounts:
                request.state.visitor = arrived(request, system_user(), Role.ADMIN)
            elif not scope["path"].startswith("/static/"):
                request.state.visitor = await to_thread.run_sync(self._visitor, request)
                if request.state.visitor.name is None and not _is_open(scope["path"]):
                    raise LoginNeededError("Log in to read this.")
            await self._app(scope, receive, sent)
        except TooLargeError:
            raise
        except Exception as error:
            if begun:
                raise
            await answered(request, error)(scope, receive, send)

    def _visitor(self, request: Request) -> Visitor:
        desk: Desk = request.app.state.desk
        found = None
        if token := read(request, SESSION):
            found = accounts.of_session(desk.record, token)
        if found is None and request.url.path.startswith("/api/"):
            found = self._programs.account(desk, request)
        return arrived(request, found.name, found.role) if found else arrived(request, None, Role.READER)


def _is_open(path: str) -> bool:
    return path in _OPEN or path.startswith("/login/")


class _Programs:
    """Logins by HTTP Basic; those seen to be right lately are not computed anew, as argon2 is slow on purpose."""

    def __init__(self) -> None:
        self._key, self._lock = secrets.token_bytes(32), threading.Lock()
        self._right: dict[bytes, tuple[str, float]] = {}

    def account(self, desk: Desk, request: Request) -> Account | None:
        """Return who gives name and password with a request; None where nobody does.

        Raises as `accounts.log_in` does.
        """
        name, password = _basic(request)
        if name is None:
            return None
        mark = hmac.digest(self._key, f"{accounts.spelled(name)}\0{password}".encode(), "sha256")
        found = accounts.of_name(desk.record, name)
        with self._lock:
            kept, until = self._right.get(mark, ("", 0.0))
        if found is None or not found[0].enabled or kept != found[1] or until < time.monotonic():
            attempt = throttle.Attempt(name, address(request), known_browser(request, desk.secret, name))
            kept = accounts.proven(desk.record, attempt, password)
            found = accounts.of_name(desk.record, name)
            if found is None or found[1] != kept or not found[0].enabled:
                raise WrongLoginError("Name and password do not fit; check both.")
            with desk.record.writing() as connection:
                journal.write(connection, journal.By(found[0].name, address(request)), "login", "Basic")
        with self._lock:
            self._right.pop(mark, None)
            self._right[mark] = kept, time.monotonic() + _LASTS
            while len(self._right) > _KEPT:
                self._right.pop(next(iter(self._right)))
        return found[0]


def _basic(request: Request) -> tuple[str | None, str]:
    """Return the name and password of a request's header, or None where there is none."""
    scheme, _, told = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None, ""
    try:
        name, colon, password = base64.b64decode(told.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        name = colon = password = ""
    return (name, password) if colon else ("", "")
