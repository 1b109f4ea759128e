"""A closed connection leaves no reference cycle for the garbage collector.

The server collects seldom, because collecting delays everybody.
"""

import asyncio
import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from doorway import open_door, ready, trusting
from test_websocket import Inside, open_shop

from hubbub.connections.opening import OpeningRules
from hubbub.connections.tls import SslEngine
from hubbub.connections.tls_openssl import OpenSslEngine
from hubbub.connections.websocket import WebSocketConnection

NEVER = OpeningRules(silence=60, seconds=60)


@pytest.fixture
def no_collecting() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> list[weakref.ref[Any]]:
    """References to every engine and every WebSocket that is made."""
    references: list[weakref.ref[Any]] = []
    for kind in (SslEngine, OpenSslEngine, WebSocketConnection):
        begin = kind.__init__

        def watch(
            self: Any, *arguments: Any, begin: Callable[..., None] = begin, **named: Any
        ) -> None:
            begin(self, *arguments, **named)
            references.append(weakref.ref(self))

        monkeypatch.setattr(kind, "__init__", watch)
    return references


async def gone(watched: list[weakref.ref[Any]]) -> None:
    """In the next turns of the loop. What only the collector would find stays for good."""
    assert len(watched) == 1
    while watched[0]() is not None:
        await asyncio.sleep(0)


@pytest.mark.parametrize("who_closes", ["client", "server", "reset"])
@pytest.mark.parametrize("asking", [False, True])
def test_tls_leaves_nothing(
    run: Any,
    own_certificate: Any,
    asking_certificate: Any,
    no_collecting: None,
    watched: list[weakref.ref[Any]],
    asking: bool,
    who_closes: str,
) -> None:
    async def scene() -> None:
        certificate = asking_certificate if asking else own_certificate
        async with open_door(NEVER, ready(certificate)) as door:
            reader, writer = await door.connect(ssl=trusting())
            writer.write(b"NICK alice\r\n")
            assert await reader.readline() == b"irc\n"
            recorder = door.entered[0]
            if who_closes == "server":
                recorder.transport.close()
            elif who_closes == "client":
                writer.close()
            else:
                writer.transport.abort()
            await recorder.lost.wait()
            writer.close()
            door.entered.clear()
            del recorder
            await gone(watched)

    run(scene())


@pytest.mark.parametrize("who_closes", ["client", "server", "reset"])
def test_a_websocket_leaves_nothing(
    run: Any, no_collecting: None, watched: list[weakref.ref[Any]], who_closes: str
) -> None:
    async def scene() -> None:
        async with open_shop() as shop:
            client = await shop.client("text.ircv3.net")
            await client.send("PING 1")
            assert await client.recv() == "PING 1"
            inside: list[Inside] = [shop.inside.pop()]
            if who_closes == "server":
                inside[0].transport.close()
            elif who_closes == "client":
                await client.close()
            else:
                client.transport.abort()
            await inside[0].lost
            await client.wait_closed()
            inside.clear()
            await gone(watched)

    run(scene())
