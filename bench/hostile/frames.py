"""Attacks by WebSocket."""

from __future__ import annotations

import asyncio
import contextlib

from .bystander import beside_the_pair
from .findings import Finding, attack, tested
from .target import Client, frame, read_frame, target, websocket_request

#: What is sent again and again, and the code that the server closes with; none: it goes on.
FRAMES = {
    "pings": (frame(0x89, b""), 0),
    "fragments": (frame(0x00, b""), 0),
    "empty": (frame(0x81, b""), 0),
    "unmasked": (b"\x81\x01x", 1002),
    "huge": (b"\x81\xff\x7f" + b"\xff" * 7 + bytes(4), 1009),
    "compressed": (frame(0xC1, b"x"), 1002),
    "reserved kind": (frame(0x83, b"x"), 1002),
    "long ping": (frame(0x89, b"x" * 126), 1002),
    "64 KiB": (frame(0x81, b"x" * 65536), 1009),
}


@attack(
    "S10",
    "1,000,000 frames of each kind that says nothing or lies: pings, empty, continued, unmasked,"
    " 2^63-1 bytes long, compressed (never agreed on)",
    "the right close code; pair: 0 lost, p99 <= 50 ms",
)
async def frames(full: bool) -> Finding:
    found = Finding()
    count, seconds = (1_000_000, 20) if full else (50_000, 2)
    async with target() as server:
        codes: dict[str, int] = {}

        async def flood(name: str) -> None:
            client = await server.websocket()
            if name == "fragments":
                client.sends_bytes(frame(0x01, b"a"))
            reading = asyncio.create_task(close_code(client))
            with contextlib.suppress(ConnectionError):
                for _ in range(count // 1000 if FRAMES[name][1] == 0 else 1):
                    client.sends_bytes(FRAMES[name][0] * (1000 if FRAMES[name][1] == 0 else 1))
                    await client.writer.drain()
            codes[name] = await reading
            client.abort()

        async def attack() -> None:
            await asyncio.gather(*(flood(name) for name in FRAMES))

        await beside_the_pair(server, attack, seconds, found)
        found.says(f"{count:,} frames of each")
        for name, (_, code) in FRAMES.items():
            if code:
                found.holds(f"{name} ends with {code}, not {codes[name]}", codes[name] == code)
        found.says(", ".join(f"{name} {codes[name] or '-'}" for name in FRAMES))
    return found


async def close_code(client: Client) -> int:
    """What the server closes with; 0 when it ends without."""
    while (got := await read_frame(client.reader)) is not None:
        first, data = got
        if first & 0x0F == 8:
            return int.from_bytes(data[:2], "big")
    return 0


#: Origin fields that are not the server's own page: {p} is its port.
FOREIGN = (
    "http://127.0.0.1:1", "http://evil.example", "https://evil.example:{p}", "null", "file://",
    "http://127.0.0.1.evil.example:{p}", "http://evil127.0.0.1:{p}",
    "http://127.0.0.1@evil.example", "http://127.0.0.1:{p}.evil.example",
    "http://xn--127-0-0-1.example:{p}", "http://[::1]:{p}x", "HTTP://EVIL.EXAMPLE",
    "http://127.0.0.1:{p}/../", "chrome-extension://x", "http://127.0.0.1:{p}0", " ", "http://",
    "127.0.0.1:{p}",
)  # fmt: skip


@attack(
    "S11",
    f"a WebSocket from {len(FOREIGN)} foreign Origins (another port, suffix, prefix, userinfo,"
    " null, punycode ...), with and without a Host that agrees; then from its own page and from a"
    " program without one",
    "only the last two reach 101",
)
async def origins(full: bool) -> Finding:
    found = Finding()
    async with target() as server:
        asked = let_in = 0
        for origin in FOREIGN:
            origin = origin.format(p=server.port)
            agreeing = origin.partition("://")[2].strip()
            if agreeing == "127.0.0.1:1":
                agreeing = ""  # that would be its own page, seen through a forwarded port
            for host in ("", agreeing or "evil.example"):
                client = await server.connect(websocket_request(server.port, "", origin, host))
                status = (await client.reader.readline()).split(b" ")[1]
                asked += 1
                let_in += status == b"101"
                found.holds(f"{origin!r} with Host {host!r} is refused", status != b"101")
                client.abort()
        found.at_most(f"{asked} foreign pages: let in", let_in, 0)
        for origin in (f"http://127.0.0.1:{server.port}", ""):
            client = await server.connect(websocket_request(server.port, "", origin))
            status = (await client.reader.readline()).split(b" ")[1]
            found.holds(f"{origin or 'no origin'} is let in", status == b"101")
            client.abort()
    return found


tested(
    "S12",
    "malformed requests (CL and TE, two CL, bare LF, folding, pipelining ...), each with a second"
    " one behind it; 100,000 chunks of one byte",
    "each one 400 and the end; never 2 answers to 1",
    "tests/http/test_http.py",
)
tested(
    "S14",
    "JSON with NaN, Infinity, 1e999, long integers, depth, a name twice, half surrogates, a BOM, to"
    " the HTTP interface",
    "each refused with one error",
    "tests/api/test_who_asks.py::test_json_that_is_refused",
    "tests/api/test_who_asks.py::test_json_that_is_taken",
)
