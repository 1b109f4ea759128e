"""Attacks by invalid lines, generated from a grammar of dangerous parts."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from math import inf

from hubbub.handlers.command_table import load

from .bystander import beside_the_pair
from .findings import Finding, attack
from .target import MIB, UNLIMITED, Client, Target, target

COMMANDS = sorted(load())
WORDS = (
    "#tea", "#nowhere", "@#tea", "~&@%+#tea", "bob", "fuzz", "nobody", "*", "", ":", "+", "-",
    "0", "-1", "+o", "+b", "-k", "+beIklovqahfnz", "a:b", "m:m:m:", "*!*@*", "*a?*b?c", "a,b,c",
    ",,,", "%tna,1", "%", "10.0.0.0/8", "::/0", "9" * 30, "1e999", "NaN", "LS", "302", "REQ",
    "END", "S", "L", "LATEST", "BEFORE", "BETWEEN", "TARGETS", "ADD", "DEL", "LIST", "REGISTER",
    "IDENTIFY", "SET", "PLAIN", "SCRAM-SHA-256", "EXTERNAL", "timestamp=2030-01-01T00:00:00.000Z",
    "timestamp=x", "msgid=1", "msgid=00000001-abcdef", "é" * 40, "\U0001f600", "\u202e", "\u2028",
    "\x01VERSION\x01", "\x1b[2J", "x" * 400, "+draft/multiline", "draft/multiline", "chathistory",
    "=x", "x=", "in=#tea", '"', '"a b', "NEAR(a b)", "a*", "{body}:a", "../..", "%s%n", "\\",
    "\ufeff", "avatar", "true",
)  # fmt: skip
TAGS = (
    "", "", "", "", "@label=x ", "@+typing=active ", "@batch=1 ", "@=;;= ", "@a\\ ", "@+ ", "@ ",
    "@+draft/reply=1;+draft/react=x ", "@msgid=1;time=x;account=root ", "@" + "a" * 600 + " ",
    "@a=\\:\\s ",
)  # fmt: skip


def line_of(choose: random.Random) -> bytes:
    """One line, without its end; now and then with bytes that are no text."""
    pick = choose.choice
    command = pick(COMMANDS) if choose.random() < 0.9 else pick(("", "\x00", "404", "é", "NICK\t"))
    words = [pick(WORDS) for _ in range(choose.randrange(6))]
    last = [f":{pick(WORDS)} {pick(WORDS)}"] if choose.random() < 0.4 else []
    source = ":bob!b@h " if choose.random() < 0.03 else ""
    line = f"{pick(TAGS)}{source}{' '.join([command, *words, *last])}".encode()
    if choose.random() < 0.05:
        place = choose.randrange(len(line) + 1)
        line = line[:place] + bytes([choose.randrange(256)]) + line[place + 1 :]
    return line.replace(b"\n", b" ")


def spoken(choose: random.Random) -> bytes:
    """What somebody with netcat may type."""
    word = choose.choice(COMMANDS).lower()
    words = " ".join(choose.choice(WORDS) for _ in range(choose.randrange(4)))
    return (f"/{word} {words}" if choose.random() < 0.8 else words).replace("\n", " ").encode()


class Fuzzer:
    """Clients that send lines, so many in all, and come back when they are thrown out."""

    def __init__(self, server: Target, count: int) -> None:
        self.server = server
        self.left = count
        self.sent = 0
        self.bugs: list[bytes] = []

    async def run(self, begin: bytes, line: Callable[[random.Random], bytes], seed: int) -> None:
        choose = random.Random(seed)
        while self.left > 0:
            client = await self.server.connect(begin % (seed, self.sent % 1000))
            reading = asyncio.create_task(self._read(client))
            with contextlib.suppress(ConnectionError):
                while self.left > 0 and not reading.done():
                    some = [line(choose) for _ in range(50)]
                    client.sends_bytes(b"\r\n".join(some) + b"\r\n")
                    self.left -= 50
                    self.sent += 50
                    await client.writer.drain()
                    await asyncio.sleep(0)
                client.says_no_more()
            await reading
            client.abort()

    async def _read(self, client: Client) -> None:
        rest = b""
        with contextlib.suppress(ConnectionError):
            while data := await client.reader.read(65536):
                rest += data
                *lines, rest = rest.split(b"\n")
                self.bugs += [each for each in lines if b"INTERNAL_ERROR" in each]


IRC = b"CAP REQ :message-tags batch labeled-response draft/multiline echo-message\r\n" \
      b"NICK fuzz%d\r\nUSER f%d 0 * :f\r\nCAP END\r\nJOIN #tea\r\n"  # fmt: skip
PLAIN = b"fuzzer%d-%d\r\n"
NOTHING = b"PING %d%d\r\n"


@attack(
    "S13",
    "1,000,000 lines of a grammar before and 1,000,000 after registration, and 100,000 typed by"
    " people with netcat; seeds fixed",
    "0 unhandled exceptions; the pair is not disturbed; memory does not grow with the lines",
)
async def fuzz(full: bool) -> Finding:
    found = Finding()
    count = 1_000_000 if full else 4000
    async with target(settings=UNLIMITED | {"limits__metadata_burst": "1000000"}) as server:
        for told, begin, line, lines in (
            ("before", NOTHING, line_of, count),
            ("after", IRC, line_of, count),
            ("typed", PLAIN, spoken, count // 10),
        ):
            await some_of(server, begin, line, lines // 5, found)  # until all is used once
            before = server.memory()
            fuzzer = await beside_the_pair(
                server,
                lambda a=begin, b=line, c=lines: some_of(server, a, b, c, found),
                1,
                found,
                inf,
            )
            grown = (server.memory() - before) / MIB
            found.says(f"{fuzzer.sent:,} lines {told}")
            found.at_most("memory", grown, 32, " MiB more")
        errors = server.errors()
        found.at_most("unhandled exceptions", errors.count("Traceback"), 0)
        found.holds(f"nothing on stderr: {errors[-1500:]}", not errors)
        found.holds("it still answers", b"ok" in await server.get("/livez"))
    return found


async def some_of(
    server: Target, begin: bytes, line: Callable[[random.Random], bytes], count: int, found: Finding
) -> Fuzzer:
    fuzzer = Fuzzer(server, count)
    await asyncio.gather(*(fuzzer.run(begin, line, seed) for seed in range(8)))
    found.holds(f"no bug: {fuzzer.bugs[:3]}", not fuzzer.bugs)
    return fuzzer
