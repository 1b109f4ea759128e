"""What is behind the one port: for each thing a client may speak, who talks to it.

Also who may come in: so many clients, so many from one address.
"""

from __future__ import annotations

import asyncio
import ipaddress
from typing import cast

from ..config import Settings
from ..dialects.irc.dialect import IrcDialect
from ..dialects.plain.dialect import PlainDialect
from ..hub import Hub
from .chat import ChatConnection
from .detect import Verdict, detect
from .io_thread import IoThread, ProtocolFactory
from .peer import Peer, peer_of


class Doors:
    def __init__(self, hub: Hub, settings: Settings) -> None:
        self.hub = hub
        self.settings = settings
        self._exempt = tuple(
            ipaddress.ip_network(each, strict=False) for each in settings.limits.exempt
        )

    def admit(self, host: str) -> str | None:
        """Why a connection from `host` may not come in, or None."""
        if len(self.hub.sessions) >= self.settings.max_clients:
            return "This server is full; try again later"
        return None

    def factory(self, thread: IoThread) -> ProtocolFactory:
        """Makes the first protocol of a connection in `thread`."""
        return lambda: _First(self, thread)

    def irc(self, thread: IoThread, peer: Peer) -> asyncio.Protocol:
        dialect = IrcDialect(self.settings.limits.line_length)
        return ChatConnection(self.hub, thread, peer, dialect)

    def plain(self, thread: IoThread, peer: Peer) -> asyncio.Protocol:
        return ChatConnection(self.hub, thread, peer, PlainDialect())


class _First(asyncio.Protocol):
    def __init__(self, doors: Doors, thread: IoThread) -> None:
        self._doors = doors
        self._thread = thread
        self._read = b""
        self._transport: asyncio.Transport
        self._timer: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        seconds = self._doors.settings.limits.greeting_seconds
        self._timer = self._thread.loop.call_later(seconds, self._hand_over, Verdict.PLAIN)

    def data_received(self, data: bytes) -> None:
        self._read += data
        verdict = detect(self._read)
        if verdict is not None:
            self._hand_over(verdict)

    def connection_lost(self, error: Exception | None) -> None:
        self._timer.cancel()

    def _hand_over(self, verdict: Verdict) -> None:
        self._timer.cancel()
        make = self._doors.irc if verdict is Verdict.IRC else self._doors.plain
        protocol = make(self._thread, peer_of(self._transport))
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        if self._read:
            protocol.data_received(self._read)
