"""What every request has to pass and every answer carries: host, origin and size checked, headers that bind browsers.

Requests that change something are taken from the page itself only: browsers say where one comes from (`Sec-Fetch-Site`,
`Origin`), which no foreign page can forge, so forms need no token of their own (OWASP, Cross-Site Request Forgery
Prevention Cheat Sheet, "Fetch Metadata headers"). Cookies are SameSite=Lax besides. What a browser asks for the person
who sits before it (`none`: an address typed in, a form sent again) is no other page's.
"""

import json
from contextlib import suppress
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
_TOO_LARGE = 413, "Dữ liệu gửi lên quá lớn. / What was sent is too large."


class Guard:
    """ASGI middleware around the page; `secure` says that browsers reach it by https only."""

    def __init__(self, app: ASGIApp, *, names: tuple[str, ...], upload_limit: int, secure: bool) -> None:
        self._app, self._limit, self._secure = app, upload_limit, secure
        self._names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] == "websocket":  # the page has none
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = self._limit if scope["path"].rstrip("/").endswith("/uploads") else _SMALL
        answer = _Answer(scope, send, self._secure)
        refused = self._refused(scope, headers, limit)
        if refused is not None:
            await answer.refuse(*refused)
            return
        body = _Counted(receive, limit, answer)
        if scope["method"] == "HEAD":  # answered as GET is, without what follows the head
            scope = {**scope, "method": "GET"}
        with suppress(TooLargeError):
            await self._app(scope, body, answer)

    def _refused(self, scope: Scope, headers: Headers, limit: int) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if _name(host) not in self._names:
            return 400, "Địa chỉ này không phải của trang. / The page does not go by this name."
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            return 400, "Yêu cầu chưa hợp lệ. / The request is not a valid one."
        if len(length) > 18 or int(length) > limit:
            return _TOO_LARGE
        if scope["method"] not in _SAFE and not self._own(headers, host):
            return 403, "Yêu cầu đến từ một trang khác nên bị từ chối. / The request came from another page."
        return None

    def _own(self, headers: Headers, host: str) -> bool:
        """Tell whether a request that changes something comes from the page itself, or from no browser at all."""
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        origin = headers.get("origin")
        if origin is None:
            return "cookie" not in headers  # every browser that sends cookies tells the origin of a POST
        told = urlsplit(origin)
        return told.netloc.lower() == host.lower() and (told.scheme == "https" or not self._secure)


class TooLargeError(Exception):
    """More came than was announced or may come; who asked has been told so."""


class _Answer:
    """An answer on its way out: it gets the headers that bind browsers, and can be one of the guard's own."""

    def __init__(self, scope: Scope, send: Send, secure: bool) -> None:
        self._send, self._secure = send, secure
        self._kept, self._head = scope["path"].startswith("/static/"), scope["method"] == "HEAD"
        self.begun = self._ended = False

    async def __call__(self, message: Message) -> None:
        """Send a part of what the page answers, unless the guard answered already."""
        if self._ended:
            return
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            if self._secure:
                headers.setdefault("strict-transport-security", "max-age=31536000")
            headers.setdefault("cache-control", "max-age=3600" if self._kept else "no-store")
        elif self._head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)

    async def refuse(self, status: int, words: str) -> None:
        """Answer in place of the page, and let the connection end: what else comes over it is not read."""
        body = json.dumps({"error": {"code": f"HTTP{status}", "message": words}}, ensure_ascii=False).encode()
        headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
        headers.append((b"content-length", str(len(body)).encode()))
        await self({"type": "http.response.start", "status": status, "headers": headers})
        await self({"type": "http.response.body", "body": body})
        self._ended = True


class _Counted:
    """A body as it comes in, refused where it grows too large, whether it said so before or not."""

    def __init__(self, receive: Receive, limit: int, answer: _Answer) -> None:
        self._receive, self._left, self._answer = receive, limit, answer

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            if not self._answer.begun:  # told here: whoever reads the body may make another error of this one
                await self._answer.refuse(*_TOO_LARGE)
            raise TooLargeError
        return message


def _name(host: str) -> str:
    name, _, port = host.rpartition(":")
    return (name if name and port.isdigit() else host).lower()
