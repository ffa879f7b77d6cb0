"""The cookies of a login: the session, and the mark of a browser in which somebody logged in before."""

import hmac
import secrets

from fastapi import Request, Response

SESSION, _BROWSER = "session", "browser"
_YEAR = 365 * 86_400


def named(request: Request, cookie: str) -> str:
    """Return a cookie's full name: by https no page of another name or path can set it (`__Host-`)."""
    return f"__Host-{cookie}" if request.app.state.desk.serving.secure else cookie


def read(request: Request, cookie: str) -> str:
    """Return a cookie's value; empty where there is none."""
    return request.cookies.get(named(request, cookie), "")


def put(request: Request, answer: Response, cookie: str, value: str, seconds: int | None = None) -> None:
    """Let a browser keep a cookie, until it is closed where no time is given; no script can read it."""
    answer.set_cookie(
        named(request, cookie), value, max_age=seconds, httponly=True, samesite="lax", path="/",
        secure=request.app.state.desk.serving.secure,
    )  # fmt: skip


def prefer(request: Request, answer: Response, name: str, value: str) -> None:
    """Let a browser keep how somebody likes the page."""
    secure = request.app.state.desk.serving.secure
    answer.set_cookie(name, value, max_age=_YEAR, httponly=True, samesite="lax", secure=secure)


def drop(request: Request, answer: Response, cookie: str) -> None:
    """Let a browser forget a cookie."""
    put(request, answer, cookie, "", 0)


def remember_browser(request: Request, answer: Response, secret: bytes, name: str) -> None:
    """Mark a browser as one in which somebody logged in."""
    mark = secrets.token_urlsafe(16)
    put(request, answer, _BROWSER, f"{mark}.{_seal(secret, name, mark)}", _YEAR)


def known_browser(request: Request, secret: bytes, name: str) -> str | None:
    """Return the mark of a browser in which this account's name logged in before, or None."""
    mark, _, seal = read(request, _BROWSER).partition(".")
    return mark if mark and hmac.compare_digest(seal.encode(), _seal(secret, name, mark).encode()) else None


def _seal(secret: bytes, name: str, mark: str) -> str:
    return hmac.new(secret, f"browser {name} {mark}".encode(), "sha256").hexdigest()
