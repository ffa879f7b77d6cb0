"""Connections whose answers leave at once.

uvicorn hands its worker processes a socket that asyncio does not see to be TCP, so the system would hold the body of an
answer back until the browser has confirmed the head, which browsers put off by 40 ms (RFC 896, RFC 1122 4.2.3.2).
"""

import asyncio
import socket

from uvicorn.protocols.http.auto import AutoHTTPProtocol


class PromptProtocol(AutoHTTPProtocol):  # type: ignore[valid-type,misc]
    """uvicorn's own protocol, without Nagle's algorithm."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin a connection."""
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)
