"""A whole server on one port: all kinds of clients in a channel, and input that must be refused."""

import asyncio
import itertools
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from doorway import trusting
from running_server import PATIENCE
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from hubbub.serve import Server


class Client:
    """One client of any kind: says lines, waits for a text. `heard` is all that it was sent."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.heard = ""
        self._news = asyncio.Event()
        self.say: Callable[[str], Awaitable[None]]

    def hear(self, text: str) -> None:
        self.heard += text
        self._news.set()

    async def hears(self, text: str) -> None:
        while text not in self.heard:
            self._news.clear()
            await self._news.wait()


async def over_tcp(tasks: asyncio.TaskGroup, client: Client, port: int, **options: Any) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, **options)

    async def say(line: str) -> None:
        writer.write(f"{line}\r\n".encode())

    async def listen() -> None:
        while data := await reader.read(65536):
            client.hear(data.decode())
        writer.close()

    client.say = say
    tasks.create_task(listen())


async def over_websocket(
    tasks: asyncio.TaskGroup, client: Client, url: str, subprotocol: str, **options: Any
) -> None:
    websocket = await connect(url, subprotocols=[Subprotocol(subprotocol)], **options)

    async def say(line: str) -> None:
        await websocket.send(line if subprotocol.startswith("text") else line.encode())

    async def listen() -> None:
        async for message in websocket:
            text = message if isinstance(message, str) else message.decode()
            assert "\r" not in text
            assert "\n" not in text
            client.hear(f"{text}\r\n")

    client.say = say
    tasks.create_task(listen())


IRC = ("irc", "irctls", "text", "binary", "texttls")
PLAIN = ("plain", "plaintls")


async def meet(tasks: asyncio.TaskGroup, port: int) -> dict[str, Client]:
    clients = {name: Client(name) for name in (*IRC, *PLAIN)}
    secure = {"ssl": trusting()}
    host = f"127.0.0.1:{port}"
    await over_tcp(tasks, clients["irc"], port)
    await over_tcp(tasks, clients["irctls"], port, **secure)
    await over_tcp(tasks, clients["plain"], port)
    await over_tcp(tasks, clients["plaintls"], port, **secure)
    text, binary = "text.ircv3.net", "binary.ircv3.net"
    await over_websocket(tasks, clients["text"], f"ws://{host}", text, origin=f"http://{host}")
    await over_websocket(tasks, clients["binary"], f"ws://{host}", binary)
    options = {"origin": f"https://{host}", **secure}
    await over_websocket(tasks, clients["texttls"], f"wss://{host}", text, **options)
    for name in IRC:
        for line in ("CAP REQ echo-message", f"NICK {name}", f"USER {name} 0 * :x", "CAP END"):
            await clients[name].say(line)
        await clients[name].say("JOIN #lobby")
        await clients[name].hears(" 366 ")
    for name in PLAIN:
        await clients[name].say(name)
        await clients[name].hears("What is your name?")
        await clients[name].hears("joined #lobby")
    return clients


def test_every_kind_of_client_sees_the_same_in_the_same_order(server: Server) -> None:
    rounds = 5
    names = (*IRC, *PLAIN)
    said = {f"{name}-{number}-ä" for name in names for number in range(rounds)}

    async def scene() -> list[Client]:
        async with asyncio.TaskGroup() as tasks:
            clients = await meet(tasks, server.port)
            for number in range(rounds):
                for name in names:
                    text = f"{name}-{number}-ä"
                    prefix = "PRIVMSG #lobby :" if name in IRC else ""
                    await clients[name].say(prefix + text)
            for client in clients.values():
                for text in said:
                    await client.hears(text)
            for name in names:
                await clients[name].say("QUIT" if name in IRC else "quit")
        return list(clients.values())

    clients = asyncio.run(asyncio.wait_for(scene(), PATIENCE))
    word = re.compile(r"\b([a-z]+-\d-ä)")
    orders = {tuple(word.findall(client.heard)) for client in clients}
    assert len(orders) == 1  # one order for everybody
    (order,) = orders
    assert len(order) == len(said)  # once each
    assert set(order) == said


INVALID = [b"\xff", b"caf\xe9", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"]


def test_bad_bytes_never_reach_a_browser(start: Callable[..., Any]) -> None:
    """S15: a text frame that is no UTF-8 would end the browser's connection."""

    async def scene(port: int) -> Client:
        async with asyncio.TaskGroup() as tasks:
            listener = Client("listener")
            url = f"ws://127.0.0.1:{port}"
            await over_websocket(tasks, listener, url, "text.ircv3.net")
            for line in ("NICK listener", "USER l 0 * :l", "JOIN #lobby"):
                await listener.say(line)
            await listener.hears(" 366 ")
            reader, irc = await asyncio.open_connection("127.0.0.1", port)
            irc.write(b"NICK irc\r\nUSER i 0 * :i\r\nJOIN #lobby\r\n")
            for bad in INVALID:
                for place in (
                    b"PRIVMSG #lobby :",
                    b"TOPIC #lobby :",
                    b"NICK ",
                    b"JOIN #",
                    b"AWAY :",
                ):
                    irc.write(place + bad + b"\r\n")
            irc.write(b"PRIVMSG #lobby :irc is done\r\nQUIT :" + bad + b"\r\nQUIT\r\n")
            _, plain = await asyncio.open_connection("127.0.0.1", port)
            plain.write(b"Plain\n" + b"".join(bad + b"\n" for bad in INVALID) + b"plain is done\n")
            raw = await connect(url, subprotocols=[Subprotocol("binary.ircv3.net")])
            await raw.send("NICK binary")
            await raw.send("USER b 0 * :b")
            await raw.send("JOIN #lobby")
            for bad in INVALID:
                await raw.send(b"PRIVMSG #lobby :" + bad)
            await raw.send("PRIVMSG #lobby :binary is done")
            for done in ("irc is done", "plain is done", "binary is done"):
                await listener.hears(done)
            await listener.say("QUIT")
            for writer in (irc, plain):
                writer.close()
            raw.transport.abort()
            await reader.read()
        return listener

    with start(limits__flood_burst="0") as server:
        heard = asyncio.run(asyncio.wait_for(scene(server.port), PATIENCE)).heard
    assert heard.isprintable() or "\r\n" in heard  # it stayed, to the end
    assert "\ufffd" not in heard  # refused where they came in, not repaired


@pytest.mark.parametrize("kind", ["irc", "plain", "websocket", "tls", "http"])
def test_a_slow_opening_ends_in_time(start: Callable[..., Any], kind: str) -> None:
    """S07: a byte now and then holds a connection no longer than its limit, and nobody else."""
    openings = {
        "irc": b"NICK alice" + b"x" * 500,
        "plain": b"P" * 3,  # PP is nobody's command, so this is a name that goes on
        "websocket": b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nX: " + b"x" * 500,
        "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 500,
        "http": b"GET / HTTP/1.1\r\nX: " + b"x" * 500,
    }
    limits = {"limits__opening_seconds": "0.3", "limits__registration_seconds": "0.3"}

    async def scene(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def drip() -> None:
            for byte in itertools.chain(openings[kind], itertools.repeat(ord("x"))):
                writer.write(bytes([byte]))
                await asyncio.sleep(0.1)

        dripping = asyncio.create_task(drip())
        try:
            while await reader.read(4096):
                pass
        except ConnectionError:
            pass
        finally:
            dripping.cancel()
            writer.close()

    with start(**limits) as server:
        # Before there are so many bytes that it would be cut off for these.
        asyncio.run(asyncio.wait_for(scene(server.port), 40))
