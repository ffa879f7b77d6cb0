"""What every request has to pass and every answer carries: host, origin and size checked, headers that bind browsers.

Requests that change something are taken from the page itself only: browsers say where one comes from (`Sec-Fetch-Site`,
`Origin`), which no foreign page can forge, so forms need no token of their own (OWASP, Cross-Site Request Forgery
Prevention Cheat Sheet, "Fetch Metadata headers"). Cookies are SameSite=Lax besides.
"""

import json
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "x-frame-options": "DENY",
}
_SMALL = 2**20  # bytes of a form that holds no files


class Guard:
    """ASGI middleware around the page."""

    def __init__(self, app: ASGIApp, *, names: tuple[str, ...], upload_limit: int, secure: bool) -> None:
        self._app, self._names, self._limit, self._secure = app, frozenset(names), upload_limit, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = self._limit if scope["path"].rstrip("/").endswith("/uploads") else _SMALL
        refused = self._refused(scope, headers, limit)
        if refused is not None:
            await _answer(send, *refused)
            return
        await self._app(scope, _Counted(receive, limit), self._with_headers(scope, send))

    def _refused(self, scope: Scope, headers: Headers, limit: int) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if _name(host) not in self._names:
            return 400, "Địa chỉ này không phải của trang. / The page does not go by this name."
        if scope["method"] in _SAFE:
            return None
        if not _own(headers, host):
            return 403, "Yêu cầu đến từ một trang khác nên bị từ chối. / The request came from another page."
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > limit:
            return 413, "Dữ liệu gửi lên quá lớn. / What was sent is too large."
        return None

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if self._secure:
                    headers.setdefault("strict-transport-security", "max-age=31536000")
                kept = scope["path"].startswith("/static/")
                headers.setdefault("cache-control", "max-age=3600" if kept else "no-store")
            await send(message)

        return sent


class TooLargeError(Exception):
    """More came than was announced or may come."""


class _Counted:
    """A body as it comes in, ended where it grows too large without saying so before."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive, self._left = receive, limit

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise TooLargeError
        return message


def _name(host: str) -> str:
    name, _, port = host.rpartition(":")
    return (name if name and port.isdigit() else host).lower()


def _own(headers: Headers, host: str) -> bool:
    """Tell whether a request that changes something comes from the page itself, or from no browser at all."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc.lower() == host.lower()
    return "cookie" not in headers  # every browser that sends cookies tells the origin of a POST


async def _answer(send: Send, status: int, message: str) -> None:
    body = json.dumps({"error": {"code": f"HTTP{status}", "message": message}}, ensure_ascii=False).encode()
    headers: list[Any] = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
