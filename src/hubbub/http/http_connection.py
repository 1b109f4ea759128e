"""One HTTP connection, and what handlers can learn about its client and the server."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import cast

from aiohttp import web

from ..connections.io_thread import IoThread
from ..connections.request_head import forwarded_peer
from ..peer import Peer, is_in
from .site import Site

UNREAD_SECONDS = 60.0  # for a client to continue reading once the network's buffers are full


class HttpConnection(asyncio.Protocol):
    """Between a transport and aiohttp's protocol: knows the client, disconnects one that stops
    reading."""

    def __init__(
        self,
        inner: asyncio.Protocol,
        peer: Peer,
        connections: dict[asyncio.Protocol, HttpConnection],
    ) -> None:
        self._inner = inner
        self.peer = peer
        self._connections = connections
        self._transport: asyncio.Transport
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._connections[self._inner] = self
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        self._stop_timer()
        del self._connections[self._inner]
        self._inner.connection_lost(error)

    def pause_writing(self) -> None:
        loop = asyncio.get_running_loop()
        self._unread = loop.call_later(UNREAD_SECONDS, self._transport.abort)
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._stop_timer()
        self._inner.resume_writing()

    def _stop_timer(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None


SITE = web.AppKey("site", Site)
THREAD = web.AppKey("thread", IoThread)
CONNECTIONS = web.AppKey("connections", dict[asyncio.Protocol, HttpConnection])


def site_of(request: web.Request) -> Site:
    return request.config_dict[SITE]


def client_of(request: web.Request) -> Peer:
    """The client of a request: the peer of the connection, or the one named by a trusted proxy."""
    connection = request.config_dict[CONNECTIONS][request.protocol]
    return forwarded_peer(
        connection.peer,
        request.headers.getall("X-Forwarded-For", ()),
        request.headers.getall("X-Forwarded-Proto", ()),
        site_of(request).trusted_proxies,
    )


def is_client_in(request: web.Request, networks: tuple[str, ...]) -> bool:
    """Is the client in one of these networks?"""
    parsed = tuple(ipaddress.ip_network(each, strict=False) for each in networks)
    return is_in(client_of(request).host, parsed)


def host_refusal(request: web.Request) -> str | None:
    """Return why the Host of the request is not trustworthy, or None. See Origins.host_refusal."""
    secure = client_of(request).tls
    return site_of(request).origins.host_refusal(request.host, local_address_of(request), secure)


def local_address_of(request: web.Request) -> str:
    """The server's address that the request was sent to."""
    own = request.transport.get_extra_info("sockname") if request.transport else None
    return own[0] if isinstance(own, tuple) else ""
