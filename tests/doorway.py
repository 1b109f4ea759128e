"""Entrances whose protocols only record: what was built, what it received, who left and why."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Any

from hubbub.connections.certificate import Certificate
from hubbub.connections.opening import Entrances, Opening, OpeningRules
from hubbub.peer import Peer


class Recorder(asyncio.Protocol):
    """Stands in for the protocol of one kind: greets with its kind, sends back what it gets."""

    def __init__(self, kind: str, peer: Peer) -> None:
        self.kind = kind
        self.peer = peer
        self.received = bytearray()
        self.ended = False
        self.lost = asyncio.Event()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(self.kind.encode() + b"\n")

    def data_received(self, data: bytes) -> None:
        self.received += data
        self.transport.write(data)

    def eof_received(self) -> None:
        self.ended = True

    def connection_lost(self, error: Exception | None) -> None:
        self.lost.set()


class Door:
    def __init__(self) -> None:
        self.entered: list[Recorder] = []
        self.left: asyncio.Queue[tuple[Peer, str]] = asyncio.Queue()
        self.certificate: Future[Certificate] | None = None
        self.port = 0
        self.full: set[str] = set()  # hosts that may not come in

    def entrances(self) -> Entrances:
        def build(kind: str) -> Callable[[Peer], Recorder]:
            def enter(peer: Peer) -> Recorder:
                recorder = Recorder(kind, peer)
                self.entered.append(recorder)
                return recorder

            return enter

        certificate = self.certificate
        return Entrances(
            irc=build("irc"),
            plain=build("plain"),
            http=build("http"),
            websocket=build("websocket"),
            certificate=None if certificate is None else lambda: certificate,
            left=lambda peer, why: self.left.put_nowait((peer, why)),
            admit=lambda peer, transport: "Too many" if peer.host in self.full else None,
        )

    async def connect(self, **options: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, **options)


@asynccontextmanager
async def open_door(
    rules: OpeningRules, certificate: Future[Certificate] | None = None
) -> AsyncIterator[Door]:
    door = Door()
    door.certificate = certificate
    entrances = door.entrances()
    problems: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: problems.append(context))
    server = await loop.create_server(lambda: Opening(entrances, rules), "127.0.0.1", 0)
    door.port = server.sockets[0].getsockname()[1]
    try:
        yield door
    finally:
        server.close()
        for recorder in door.entered:
            recorder.transport.abort()
        await asyncio.gather(*(recorder.lost.wait() for recorder in door.entered))
    assert problems == []


def ready(certificate: Certificate) -> Future[Certificate]:
    future: Future[Certificate] = Future()
    future.set_result(certificate)
    return future


def trusting(**changes: Any) -> ssl.SSLContext:
    """A client's TLS settings that accept any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for name, value in changes.items():
        setattr(context, name, value)
    return context
