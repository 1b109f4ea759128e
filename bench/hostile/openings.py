"""Attacks before registration: openings, endless lines, slow bytes, TLS, too many connections."""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
import time

from hubbub.connections.detect import HTTP_METHODS, IRC_COMMANDS, PROXY_V2_SIGNATURE, detect

from .bystander import beside_the_pair
from .findings import Finding, attack
from .target import HOST, KIB, PATIENCE, Target, target, websocket_request

HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64)


@attack(
    "S03",
    "1,000,000 random openings, each given to the detector whole and byte by byte; pages that post"
    " IRC lines",
    "0 differing verdicts; 0 IRC or plain sessions by HTTP",
)
async def openings(full: bool) -> Finding:
    found = Finding()
    pieces = [*HTTP_METHODS, *IRC_COMMANDS, PROXY_V2_SIGNATURE, HELLO[:6], b"PROXY", b"@a", b":b"]
    pieces += [b" ", b"\r\n", b"\n", b"\0", b"\x16", b"\x03", b"\xff", b"hello"]
    choose = random.Random(1)
    count, differing = 1_000_000 if full else 20_000, 0
    for _ in range(count):
        opening = b"".join(choose.choices(pieces, k=choose.randint(0, 5)))
        if choose.random() < 0.5:
            opening = bytes(byte ^ (choose.random() < 0.05) for byte in opening)
        by_byte = (detect(opening[:end]) for end in range(len(opening) + 1))
        first = next((verdict for verdict in by_byte if verdict), None)
        differing += first is not detect(opening)
    found.at_most(f"{count:,} openings: differing verdicts", differing, 0)
    async with target() as server:
        watcher = await server.irc("watcher", "#x")
        posts = [f"{method} {path}" for method in ("POST", "PUT", "OPTIONS", "DELETE", "GET")
                 for path in ("/", "/NICK", "/USER", "/PRIVMSG", "/api")]  # fmt: skip

        async def visit(post: str) -> None:
            body = "NICK forged\r\nUSER x 0 * :x\r\nJOIN #x\r\nPRIVMSG #x :forged\r\n"
            page = await server.connect(
                f"{post} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: text/plain\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
            )
            await page.ended(1)
            page.close()

        await asyncio.gather(*(visit(post) for post in posts))
        heard = [line for line in await watcher.asks("LUSERS") if "forged" in line]
        found.at_most(f"{len(posts)} posts: sessions", len(heard), 0)
    return found


@attack(
    "S05",
    "1,000 unregistered clients push 1 MB/s without a line end, 20 s; then 100,000 that send half"
    " a TLS hello and go",
    "<= 32 KiB a connection, all closed; < 10 bytes a cycle",
)
async def endless(full: bool) -> Finding:
    found = Finding()
    clients, seconds = (1000, 20) if full else (200, PATIENCE)
    async with target(settings={"max_clients": "20000"}) as server:
        closed = 0

        async def push() -> None:
            nonlocal closed
            client = await server.connect(b"NICK a\r\nUSER ")
            deadline = time.monotonic() + seconds
            try:
                while time.monotonic() < deadline:
                    client.sends_bytes(b"x" * 65536)
                    await client.writer.drain()
                    await asyncio.sleep(0.07)
            except ConnectionError:
                closed += 1
            client.abort()

        before = server.memory()
        server.forget_peak()
        await asyncio.gather(*(push() for _ in range(clients)))
        each = (server.peak() - before) / clients / KIB
        found.at_most(
            f"{clients} endless lines: at the peak", each, 32 if full else 64, " KiB a connection"
        )
        found.holds(f"all are closed, not {closed}", closed == clients)
        await half_hellos(server, 100_000 if full else 12_000, found)
    return found


async def half_hellos(server: Target, cycles: int, found: Finding) -> None:
    """What grows until everything has been used once is no leak: measured from the middle on."""

    async def half_a_hello() -> None:
        with contextlib.suppress(ConnectionError):
            client = await server.connect(HELLO)
            await asyncio.sleep(0)
            client.abort()

    async def some(count: int) -> int:
        for _ in range(0, count, 100):
            await asyncio.gather(*(half_a_hello() for _ in range(100)))
        return server.memory()

    settled = await some(cycles // 2)
    slope = (await some(cycles // 2) - settled) / (cycles / 2)
    noise = 0 if cycles > 50_000 else 500  # of few cycles: a heap grows by pages
    found.at_most(f"{cycles:,} half hellos:", slope, 10 + noise, " bytes a cycle")


DRIPS = {
    "line": b"NICK " + b"x" * 500,
    "head": b"GET / HTTP/1.1\r\nX: " + b"x" * 500,
    "hello": HELLO + b"x" * 400,
    "frame": b"\x81\xfe\x01\xf4\0\0\0\0" + b"x" * 500,
    "body": b"POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n" + b"x" * 500,
}


@attack(
    "S07",
    "2,000 connections that send a byte every 5 s: of a line, a request's head, a TLS hello, a"
    " frame, a body",
    "all gone <= 60 s, and 6 s later those by WebSocket that answer no goodbye; pair: 0 lost, p99"
    " <= 50 ms",
)
async def drips(full: bool) -> Finding:
    found = Finding()
    clients, seconds, interval = (2000, 62, 5.0) if full else (250, 3, 0.5)
    longest = 67 if full else 9
    quick = {"limits__registration_seconds": "2", "limits__opening_seconds": "1"}
    # A client that was greeted as a person and then speaks IRC has its time to register from there
    # on; a client process this busy may be silent for so long.
    patient = {"limits__greeting_seconds": "10"}
    async with target(settings=patient if full else quick) as server:
        stayed: list[float] = []
        went: list[bool] = []

        async def drip(number: int) -> None:
            client = await server.connect()
            begun = time.monotonic()
            kind = [*DRIPS][number % len(DRIPS)]
            if kind == "frame":
                client.sends_bytes(websocket_request(server.port))
            gone = asyncio.create_task(client.ended(longest + PATIENCE))
            for byte in DRIPS[kind]:
                client.sends_bytes(bytes([byte]))
                await asyncio.wait([gone], timeout=interval)
                if gone.done():
                    break
            went.append(await gone)
            stayed.append(time.monotonic() - begun)
            client.abort()

        async def attack() -> None:
            await asyncio.gather(*(drip(number) for number in range(clients)))

        await beside_the_pair(server, attack, seconds, found)
        found.within(f"{clients:,} drips, the last gone after", max(stayed), longest, " s")
        found.holds("all are gone", all(went))
    return found


@attack(
    "S08",
    "TLS handshakes as fast as a client process makes them (20 at a time), 30 s; 50 hellos that"
    " stop half-way",
    "stalled hellos gone <= 10 s; pair: 0 lost, p99 <= 50 ms",
)
async def handshakes(full: bool) -> Finding:
    found = Finding()
    seconds = 30 if full else 2
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    # A client process this busy may take longer to say hello than a person is waited for.
    settings = {"limits__greeting_seconds": "2"}
    if not full:
        settings["limits__opening_seconds"] = "1"
    async with target(settings=settings) as server:
        made = 0

        async def shake() -> None:
            nonlocal made
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection(HOST, server.port, ssl=context)
                    writer.transport.abort()
                    made += 1

        async def stall() -> float:
            begun = time.monotonic()
            client = await server.connect(HELLO)
            await client.ended()
            client.close()
            return time.monotonic() - begun

        async def attack() -> float:
            shaking = asyncio.gather(*(shake() for _ in range(20)))
            stalled = await asyncio.gather(*(stall() for _ in range(50)))
            await shaking
            return max(stalled)

        longest = await beside_the_pair(server, attack, seconds, found)
        found.says(f"{made / seconds:.0f} handshakes/s")
        found.within("stalled hellos gone by", longest, 10.5, " s")
    return found


@attack(
    "S51",
    "2,000 connects to a server that may have 256 descriptors, 60 s",
    "<= 10 lines of log a minute; accepts again <= 2 s; pair: 0 lost, p99 <= 50 ms",
)
async def descriptors(full: bool) -> Finding:
    found = Finding()
    seconds = 60 if full else 3
    async with target(256, {"limits__connections_per_address": "0"}) as server:

        async def come() -> None:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(seconds - 1):
                    client = await server.connect()
                    try:
                        await client.ended(seconds * 2)
                    finally:
                        client.abort()

        async def crowd() -> None:
            await asyncio.gather(*(come() for _ in range(2000)))

        await beside_the_pair(server, crowd, seconds, found)
        lines = len(server.errors().splitlines())
        found.at_most("lines on stderr", lines, 10 * max(1, seconds / 60))
        begun = time.monotonic()
        await asyncio.wait_for(server.get("/livez"), PATIENCE)
        found.within("accepts again after", time.monotonic() - begun, 2, " s")
        speaker = await server.irc("after", "#after")
        await speaker.asks("PRIVMSG #after :still written")
        found.holds("chat.log is written", await server.notes(b"still written"))
    return found


LENGTHS = {"16 KiB": 16 * KIB, "1 MiB": 1024 * KIB, "endless": 8 * 1024 * KIB}
#: What a line without end begins with, and the answer to it when it does not end.
LONG = {
    "irc": (b"NICK a\r\nPRIVMSG #x :", b"RecvQ exceeded"),
    "netcat": (b"Somebody\r\n", b"longer than"),
    "head": (b"GET / HTTP/1.1\r\nX: ", b"HTTP/1.1 431"),
    "path": (b"GET /", b"HTTP/1.1 431"),
    "body": (
        b"POST /api/me HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
        b"HTTP/1.1 4",
    ),
    "tls": (HELLO[:3] + b"\xff\xff", b""),
    "proxy": (b"PROXY TCP4 ", b""),
    "nothing": (b"", b""),
}


@attack(
    "S04",
    f"lines of {', '.join(LENGTHS)} in each protocol ({', '.join(LONG)})",
    "the right error, then closed; memory <= 64 KiB more each",
)
async def long_lines(full: bool) -> Finding:
    found = Finding()
    each_kind = 40 if full else 5
    quick = {} if full else {"limits__opening_seconds": "1"}
    async with target(settings={"max_clients": "20000"} | quick) as server:
        for size in LENGTHS.values():  # all that is imported late is imported
            await asyncio.gather(*(long_line(server, kind, size) for kind in LONG))
        told, heard = {}, set[str]()
        for name, size in LENGTHS.items():
            server.forget_peak()
            before = server.memory()
            for kind, (_, expected) in LONG.items():
                answers = await asyncio.gather(
                    *(long_line(server, kind, size) for _ in range(each_kind))
                )
                if name == "16 KiB":
                    expected = b" 417 " if kind == "irc" else b""
                # A reset, while more is coming in, may overtake the answer.
                wrong = [each for each in answers if each and expected not in each]
                found.holds(f"{kind} {name}: told {expected!r}, not {wrong[:1]}", not wrong)
                heard |= {kind for each in answers if expected in each}
            told[name] = (server.peak() - before) / KIB / each_kind / len(LONG)
        found.holds(f"all are told: {set(LONG) - heard}", heard == set(LONG))
        for name, grown in told.items():
            found.at_most(f"{name}: at the peak", grown, 64 if full else 200, " KiB more each")
    return found


async def long_line(server: Target, kind: str, size: int) -> bytes:
    """The answer; it raises TimeoutError when the connection stays open."""
    client = await server.connect(LONG[kind][0])
    reading = asyncio.create_task(client.to_the_end())
    with contextlib.suppress(ConnectionError):
        for _ in range(size // 16384):
            client.sends_bytes(b"x" * 16384)
            await client.writer.drain()
            if reading.done():
                break
        if size < 1024 * KIB and kind not in ("head", "path"):
            client.says_no_more()
    answer = await reading
    client.abort()
    return answer
