"""WebSocket: a real client of another library, and invalid frames."""

import asyncio
import base64
import os
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from hubbub.connections.origins import Origins
from hubbub.connections.websocket import (
    BINARY,
    MESSAGE_LIMIT,
    PATIENCE,
    TEXT,
    Framing,
    WebSocketConnection,
)
from hubbub.peer import peer_of


class Inside(asyncio.Protocol):
    """Stands in for the chat: sends each line back, in frames; leaves at QUIT."""

    def __init__(self, frames: Framing) -> None:
        self.frames = frames
        self.received = bytearray()
        self.reads = 0
        self.lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.set_write_buffer_limits(65536)

    def data_received(self, data: bytes) -> None:
        self.reads += 1
        self.received += data
        self.transport.write(self.frames(data))
        if b"QUIT\r\n" in data:
            self.transport.write(self.frames(b"ERROR :Closing link: QUIT\r\n"))
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.lost.set_result(error)


class Shop:
    def __init__(self) -> None:
        self.inside: list[Inside] = []
        self.port = 0

    def client(self, *subprotocols: str, **options: Any) -> Any:
        offered = [Subprotocol(name) for name in subprotocols] or None
        return connect(f"ws://127.0.0.1:{self.port}", subprotocols=offered, **options)

    async def raw(self, *fields: str, extra: bytes = b"") -> tuple[Any, asyncio.StreamWriter]:
        """A connection after the handshake, or with its refusal to be read."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request(f"127.0.0.1:{self.port}", *fields) + extra)
        return reader, writer


def request(host: str, *fields: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        "GET / HTTP/1.1",
        f"Host: {host}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        *fields,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def frame(opcode: int, data: bytes, *, fin: bool = True, masked: bool = True) -> bytes:
    head = bytes([opcode | (0x80 if fin else 0)])
    mask_bit = 0x80 if masked else 0
    if len(data) < 126:
        head += bytes([mask_bit | len(data)])
    elif len(data) < 1 << 16:
        head += bytes([mask_bit | 126]) + struct.pack("!H", len(data))
    else:
        head += bytes([mask_bit | 127]) + struct.pack("!Q", len(data))
    return head + (b"\0\0\0\0" if masked else b"") + data


CONTINUATION, TEXT_FRAME, BINARY_FRAME, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


async def close_code(reader: asyncio.StreamReader) -> int:
    """The code of the first close frame, after whatever else was sent."""
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    while True:
        opcode, size = await reader.readexactly(2)
        if size == 126:
            (size,) = struct.unpack("!H", await reader.readexactly(2))
        data = await reader.readexactly(size)
        if opcode == 0x80 | CLOSE:
            return struct.unpack("!H", data[:2])[0] if data else 1005


@asynccontextmanager
async def open_shop(origins: Origins | None = None) -> AsyncIterator[Shop]:
    shop = Shop()
    problems: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: problems.append(context))

    def enter(frames: Framing) -> Inside:
        shop.inside.append(Inside(frames))
        return shop.inside[-1]

    class Entrance(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            connection = WebSocketConnection(peer_of(transport), origins or Origins(), enter)
            transport.set_protocol(connection)
            connection.connection_made(transport)

    server = await loop.create_server(Entrance, "127.0.0.1", 0)
    shop.port = server.sockets[0].getsockname()[1]
    try:
        yield shop
    finally:
        server.close()
        for inside in shop.inside:
            inside.transport.abort()
        await asyncio.gather(*(inside.lost for inside in shop.inside))
    assert problems == []


async def echo(client: ClientConnection, message: str | bytes) -> str | bytes:
    await client.send(message)
    return await client.recv()


@pytest.mark.parametrize(
    ("offered", "chosen", "kind"),
    [
        ([TEXT], TEXT, str),
        ([BINARY], BINARY, bytes),
        ([TEXT, BINARY], TEXT, str),
        ([BINARY, TEXT], BINARY, bytes),
        (["chat", BINARY], BINARY, bytes),
        (["chat"], None, str),
        ([], None, str),
    ],
)
def test_the_first_subprotocol_we_know_is_taken(run, offered, chosen, kind) -> None:
    async def scene() -> None:
        async with open_shop() as shop, shop.client(*offered) as client:
            assert client.subprotocol == chosen
            for said in ("NICK alice", b"NICK alice"):  # both kinds are understood
                assert await echo(client, said) == ("NICK alice" if kind is str else b"NICK alice")
            assert shop.inside[0].received == b"NICK alice\r\n" * 2

    run(scene())


def test_one_message_is_one_line(run) -> None:
    async def scene() -> None:
        async with open_shop() as shop, shop.client(TEXT) as client:
            for said in ("PING 1", "PING 1\r\n", "PING 1\n", ["PI", "NG", "", " 1"]):
                assert await echo(client, said) == "PING 1"
            await client.send("")
            await client.send("\r\n")
            assert (await echo(client, "PING 1\r\nQUIT")).startswith("FAIL * INVALID_MESSAGE ")
            assert (await echo(client, "PING 1\rQUIT")).startswith("FAIL * INVALID_MESSAGE ")
            assert await echo(client, "PING äöü") == "PING äöü"
            assert shop.inside[0].received == b"PING 1\r\n" * 4 + "PING äöü\r\n".encode()

    run(scene())


def test_compression_is_never_agreed_on(run) -> None:
    async def scene() -> None:
        async with open_shop() as shop, shop.client(TEXT, compression="deflate") as client:
            assert client.protocol.extensions == []

    run(scene())


def test_frames_behind_the_request_are_not_lost(run) -> None:
    async def scene() -> None:
        for size in (1, 50, 10_000):
            async with open_shop() as shop:
                reader, writer = await shop.raw()
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 101 ")
                sent = frame(TEXT_FRAME, b"PING 1") + frame(TEXT_FRAME, b"PING 2")
                for start in range(0, len(sent), size):
                    writer.write(sent[start : start + size])
                    await asyncio.sleep(0)
                assert await reader.readexactly(16) == b"\x81\x06PING 1\x81\x06PING 2"
                reader, writer = await shop.raw(extra=sent)  # in one packet with the request
                await reader.readuntil(b"\r\n\r\n")
                assert await reader.readexactly(16) == b"\x81\x06PING 1\x81\x06PING 2"

    run(scene())


def test_many_messages_in_one_read_are_one_read(run) -> None:
    async def scene() -> None:
        async with open_shop() as shop:
            reader, writer = await shop.raw()
            await reader.readuntil(b"\r\n\r\n")
            writer.write(frame(TEXT_FRAME, b"PING 1") * 2000)
            await reader.readexactly(8 * 2000)
            assert shop.inside[0].received == b"PING 1\r\n" * 2000
            assert shop.inside[0].reads <= 3

    run(scene())


def test_a_client_that_closes_gets_its_code_back(run) -> None:
    async def scene() -> None:
        async with open_shop() as shop:
            for code in (1000, 1001, 3000, 4999):
                async with shop.client(TEXT) as client:
                    await client.send("PING 1")
                    await client.close(code, "bye")
                    assert (client.close_code, client.close_reason) == (code, "bye")
                assert await shop.inside[-1].lost is None
                assert shop.inside[-1].received == b"PING 1\r\n"

    run(scene())


def test_what_was_said_just_before_a_close_counts(run) -> None:
    async def scene() -> None:
        async with open_shop() as shop:
            closing = frame(TEXT_FRAME, b"last words") + frame(CLOSE, struct.pack("!H", 1001))
            reader, _ = await shop.raw(extra=closing)
            assert await close_code(reader) == 1001
            assert await reader.read() == b""
            assert await shop.inside[0].lost is None
            assert shop.inside[0].received == b"last words\r\n"

    run(scene())


def test_our_close_comes_after_the_last_line(run) -> None:
    async def scene() -> None:
        async with open_shop() as shop, shop.client(TEXT) as client:
            assert await echo(client, "QUIT") == "QUIT"
            assert await client.recv() == "ERROR :Closing link: QUIT"
            with pytest.raises(ConnectionClosed):
                await client.recv()
            assert client.close_code == 1000
            assert await shop.inside[0].lost is None

    run(scene())


def test_pings_are_answered(run) -> None:
    async def scene() -> None:
        async with open_shop() as shop, shop.client(TEXT) as client:
            for _ in range(PATIENCE // 2):
                await (await client.ping())
            assert shop.inside[0].received == b""

    run(scene())


HOSTILE = {
    "a length of 2^63-1": (b"\x81\xff" + b"\x7f" + b"\xff" * 7 + b"\0\0\0\0", 1009),
    "a length beyond 2^63": (b"\x81\xff" + b"\xff" * 8 + b"\0\0\0\0", 1009),
    "a message one byte too long": (frame(TEXT_FRAME, b"x" * (MESSAGE_LIMIT + 1)), 1009),
    "fragments too long together": (
        frame(TEXT_FRAME, b"x" * MESSAGE_LIMIT, fin=False) + frame(CONTINUATION, b"x"),
        1009,
    ),
    "a megabyte": (frame(BINARY_FRAME, b"x" * (1 << 20)), 1009),
    "no mask": (frame(TEXT_FRAME, b"PING 1", masked=False), 1002),
    "a reserved bit (compression)": (frame(0x40 | TEXT_FRAME, b"PING 1"), 1002),
    "two reserved bits": (frame(0x30 | TEXT_FRAME, b"PING 1"), 1002),
    "an unknown kind of frame": (frame(3, b"x"), 1002),
    "an unknown kind of control frame": (frame(11, b""), 1002),
    "a continuation of nothing": (frame(CONTINUATION, b"x"), 1002),
    "a message within a message": (frame(TEXT_FRAME, b"a", fin=False) + frame(1, b"b"), 1002),
    "a fragmented ping": (frame(PING, b"", fin=False), 1002),
    "a ping of 126 bytes": (frame(PING, b"x" * 126), 1002),
    "a close of one byte": (frame(CLOSE, b"x"), 1002),
    "a close with a code that may not be sent": (frame(CLOSE, struct.pack("!H", 1006)), 1002),
    "a close with a reason that is no text": (frame(CLOSE, b"\x03\xe8\xff"), 1007),
    "text that is not UTF-8": (frame(TEXT_FRAME, b"PING caf\xe9"), 1007),
    "text with a surrogate": (frame(TEXT_FRAME, b"PING \xed\xa0\x80"), 1007),
    "text cut in a character": (frame(TEXT_FRAME, b"PING \xe2\x82"), 1007),
    "a flood of pings": (frame(PING, b"") * 10_000, 1008),
    "a flood of pongs": (frame(PONG, b"") * 10_000, 1008),
    "a flood of empty messages": (frame(TEXT_FRAME, b"") * 10_000, 1008),
    "a flood of empty fragments": (
        frame(TEXT_FRAME, b"a", fin=False) + frame(CONTINUATION, b"", fin=False) * 100_000,
        1008,
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_frames_end_with_the_right_code(run, name: str) -> None:
    sent, code = HOSTILE[name]

    async def scene() -> None:
        async with open_shop() as shop:
            reader, writer = await shop.raw(extra=frame(TEXT_FRAME, b"PING before") + sent)
            assert await close_code(reader) == code
            writer.close()
            await shop.inside[0].lost
            assert shop.inside[0].received == b"PING before\r\n"

    run(scene())


def test_a_character_may_be_cut_by_fragments_and_packets(run) -> None:
    async def scene() -> None:
        async with open_shop() as shop:
            first, second = frame(TEXT_FRAME, b"\xe2", fin=False), frame(0, b"\x82\xac")
            reader, writer = await shop.raw(extra=first + frame(PING, b"x") + second)
            await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(8) == b"\x81\x03\xe2\x82\xac\x8a\x01x"
            writer.close()

    run(scene())


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (["Origin: http://HERE"], 101),
        ([], 101),
        (["Origin: https://friend.example"], 101),
        (["Origin: http://evil.example"], 403),
        (["Origin: null"], 403),
        (["Origin: http://HERE", "Origin: http://evil.example"], 403),
        (["Origin: http://HERE", "Host: evil.example"], 403),
        (["Sec-WebSocket-Version: 8"], 400),
        (["Sec-WebSocket-Key: short"], 400),
        (["Bad Header: x"], 400),
        (["X: " + "a" * 9000], 431),
        (["X: a"] * 200, 431),
        ([" folded"], 400),
    ],
)
def test_who_may_open_one(run, fields: list[str], status: int) -> None:
    async def scene() -> None:
        async with open_shop(Origins(["https://friend.example"])) as shop:
            here = [field.replace("HERE", f"127.0.0.1:{shop.port}") for field in fields]
            reader, writer = await shop.raw(*here)
            answer = await reader.readline()
            assert answer.startswith(f"HTTP/1.1 {status} ".encode())
            if status != 101:
                rest = await reader.read()
                assert b"\r\n\r\n" in rest
                assert b"HTTP/1.1" not in rest  # one answer
                assert shop.inside == []
            writer.close()

    run(scene())


def test_a_browser_page_of_elsewhere_is_told_why(run) -> None:
    async def scene() -> None:
        async with open_shop() as shop:
            with pytest.raises(InvalidStatus) as refused:
                await shop.client(TEXT, origin="https://elsewhere.example")
            assert refused.value.response.status_code == 403
            assert b"web.origins" in refused.value.response.body

    run(scene())


def test_a_slow_reader_pauses_the_protocol_inside(run) -> None:
    async def scene() -> None:
        async with open_shop() as shop:
            reader, writer = await shop.raw(extra=frame(TEXT_FRAME, b"PING 1"))
            await reader.readuntil(b"PING 1")
            writer.transport.pause_reading()
            (inside,) = shop.inside
            paused, resumed = asyncio.Event(), asyncio.Event()
            inside.pause_writing = paused.set  # type: ignore[method-assign]
            inside.resume_writing = resumed.set  # type: ignore[method-assign]
            lines = inside.frames((b"x" * 500 + b"\r\n") * 100)
            written = 0
            while not paused.is_set():
                inside.transport.write(lines)
                written += len(lines)
                await asyncio.sleep(0)
            assert inside.transport.get_write_buffer_size() > 65536
            writer.transport.resume_reading()
            await reader.readexactly(written)
            await resumed.wait()
            writer.close()

    run(scene())


def test_a_lost_connection_is_told_once(run) -> None:
    async def scene() -> None:
        async with open_shop() as shop:
            reader, writer = await shop.raw(extra=frame(TEXT_FRAME, b"PING 1")[:-2])
            await reader.readuntil(b"\r\n\r\n")
            writer.transport.abort()
            while not shop.inside:
                await asyncio.sleep(0)
            await shop.inside[0].lost
            assert shop.inside[0].received == b""

    run(scene())
