"""Attacks by single commands that cost too much: CPU at sizes n, 2n, 4n and 8n."""

from __future__ import annotations

import asyncio
import math
import statistics

from .findings import Finding, attack
from .target import UNLIMITED, Client, Target, target

STEPS = (1, 2, 4, 8)
WIDE = UNLIMITED | {
    "max_clients": "20000", "limits__channels_per_client": "20000", "limits__monitored": "20000",
    "limits__list_entries": "20000", "limits__history_at_once": "8000",
    "limits__receive_queue": "1000000", "limits__send_queue": "100000000",
}  # fmt: skip


class Asked:
    """A command at several sizes: seconds of CPU each time, and the longest stall, in ms.

    `allowed` is the size that the limits allow which a server has when nobody changes them; the
    stall is measured up to there.
    """

    #: What else the machine does makes things slower, never faster: the best of so many counts.
    times = 1

    def __init__(self, name: str, allowed: int = 1_000_000) -> None:
        self.name = name
        self.allowed = allowed
        self.cpu: dict[int, float] = {}
        self.stall = 0.0

    def __str__(self) -> str:
        sizes = ", ".join(f"{n:,}: {cpu * 1000:.2f}" for n, cpu in self.cpu.items())
        return f"{self.name}: CPU ms at {sizes}; exponent {self.exponent():.2f}; {self.stall:.1f}"

    def exponent(self) -> float:
        """Of CPU = a * n^exponent: the slope of the line through the logarithms."""
        x = [math.log(n) for n in self.cpu]
        return statistics.linear_regression(x, [math.log(y) for y in self.cpu.values()]).slope

    async def measure(self, server: Target, client: Client, n: int, *lines: str) -> None:
        """What one of `lines` costs, all of which should cost the same."""
        costs = []
        for _ in range(self.times):
            before, count = server.cpu(), 0
            while server.cpu() - before < 0.01:
                await client.asks(lines[count % len(lines)])
                count += 1
            costs.append((server.cpu() - before) / count)
        self.cpu[n] = min(costs)
        if n <= self.allowed:
            self.stall = await self._stall(server, client, lines[0])

    async def _stall(self, server: Target, client: Client, line: str) -> float:
        """Of several times the shortest: what else the machine does makes it longer only."""
        stalls = []
        for _ in range(self.times):
            await server.stalls()
            await client.asks(line)
            stalls.append((await server.stalls())["max"])
        return min(stalls)


@attack(
    "S50",
    "LIST, WHO, NAMES, MONITOR, mode lists, bans like `*a*a*a*b`, JOIN, multiline, history, search"
    " at n, 2n, 4n, 8n",
    "CPU grows with an exponent <= 1.2; no single command holds a loop up for more than 20 ms",
)
async def complexity(full: bool) -> Finding:
    found = Finding()
    size, Asked.times = (8, 3) if full else (1, 1)
    async with target(settings=WIDE) as server:
        asked = [
            each
            for family in (channels, belonging, people, lists, masks, texts)
            for each in await family(server, size)
        ]
    for each in asked:
        print(f"     {each}")
    worst = max(asked, key=Asked.exponent)
    longest = max(asked, key=lambda each: each.stall)
    found.says(f"{len(asked)} commands")
    found.within(f"longest stall ({longest.name})", longest.stall, 20)
    found.at_most(f"steepest ({worst.name}): exponent", worst.exponent(), 1.2 if full else 1.7)
    return found


async def channels(server: Target, size: int) -> list[Asked]:
    """Many channels."""
    client = await server.irc("channels", caps="labeled-response batch message-tags")
    plain, masked, labeled = Asked("LIST"), Asked("LIST of masks"), Asked("labeled LIST")
    there, base = 0, 160 * size
    names = ",".join(f"*{a}?{b}*" for a in "abcdefghij" for b in "0123456789")[:480]
    for n in (step * base for step in STEPS):
        while there < n:
            some = range(there, min(n, there + 40))
            await client.asks("JOIN " + ",".join(f"#c{each}" for each in some))
            there = some.stop
        await plain.measure(server, client, n, "LIST")
        await masked.measure(server, client, n, f"LIST {names}")
        await labeled.measure(server, client, n, "@label=x LIST")
    client.close()
    return [plain, masked, labeled]


async def belonging(server: Target, size: int) -> list[Asked]:
    """Somebody in many channels, with ten others in each."""
    asked = [Asked("WHOIS", 100), Asked("NICK", 100), Asked("AWAY", 100), Asked("JOIN", 100)]
    client, others = await server.irc("everywhere"), []
    others = [await server.irc(f"other{n}") for n in range(10)]
    there = 0
    for n in (25, 50, 100, 200):
        names = ",".join(f"#b{each}" for each in range(there, n))
        for each in (client, *others):
            for some in pieces(names.split(","), 40):
                await each.asks(f"JOIN {','.join(some)}")
        there = n
        drains = [asyncio.create_task(each.ended()) for each in others]
        await asked[0].measure(server, client, n, "WHOIS everywhere everywhere")
        await asked[1].measure(server, client, n, "NICK nowhere", "NICK everywhere")
        await asked[2].measure(server, client, n, "AWAY :x", "AWAY")
        for drain in drains:
            drain.cancel()
        await asyncio.gather(*drains, return_exceptions=True)
    for each in (client, *others):
        each.abort()
    return asked[:3]


def pieces(things: list[str], size: int) -> list[list[str]]:
    return [things[at : at + size] for at in range(0, len(things), size)]


async def people(server: Target, size: int) -> list[Asked]:
    """Many people in a channel, and on the network."""
    asked = [Asked("WHO #x"), Asked("WHO mask"), Asked("NAMES"), Asked("WHO *")]
    client, base = await server.irc("people", "#x"), 25 * size
    crowd: list[Client] = []
    for n in (step * base for step in STEPS):
        while len(crowd) < n:
            some = range(len(crowd), min(n, len(crowd) + 50))
            crowd += await asyncio.gather(*(server.irc(f"u{each}", "#x") for each in some))
        drains = [asyncio.create_task(each.ended()) for each in crowd]
        lines = ("WHO #x", "WHO *a*?*b*", "NAMES #x", "WHO *")
        for each, line in zip(asked, lines, strict=True):
            await each.measure(server, client, n, line)
        for drain in drains:
            drain.cancel()
        await asyncio.gather(*drains, return_exceptions=True)
    for each in crowd:
        each.abort()
    client.close()
    return asked


async def lists(server: Target, size: int) -> list[Asked]:
    """Long lists of bans, and of nicks watched."""
    asked = [Asked("MODE b", 100), Asked("JOIN past bans", 100), Asked("PRIVMSG past bans", 100),
             Asked("MONITOR S", 100), Asked("MONITOR +", 100)]  # fmt: skip
    owner, guest = await server.irc("owner", "#bans"), await server.irc("a" * 30)
    there = 0
    for n in (step * 100 for step in STEPS):
        while there < n:
            some = range(there, there + 4)
            await owner.asks("MODE #bans +bbbb " + " ".join(f"*a*a*a*{each}" for each in some))
            await owner.asks("MONITOR + " + ",".join(f"w{each}" for each in some))
            there = some.stop
        await asked[0].measure(server, owner, n, "MODE #bans b")
        await asked[1].measure(server, guest, n, "JOIN #bans", "PART #bans")
        await guest.asks("JOIN #bans")
        await asked[2].measure(server, guest, n, "PRIVMSG #bans :x")
        await guest.asks("PART #bans")
        await asked[3].measure(server, owner, n, "MONITOR S")
        await asked[4].measure(server, owner, n, "MONITOR + w1,w2,w3", "MONITOR - w1,w2,w3")
    owner.close()
    guest.close()
    return asked


async def masks(server: Target, size: int) -> list[Asked]:
    """Masks that a careless matcher tries again and again, against 100 people whose names fit
    nearly."""
    asked = [Asked("WHO *a*a*b"), Asked("WHO *a?a?b"), Asked("LIST masks")]
    names = [f"a{'ab' * 6}{each}" for each in range(100)]
    crowd = await asyncio.gather(*(server.irc(name) for name in names))
    for each in crowd:
        await each.asks(f"SETNAME :{'a' * 120}", "JOIN #" + each.nick * 2)
    client = await server.irc("masks")
    for n in (6, 12, 24, 48):
        await asked[0].measure(server, client, n, f"WHO {'*a' * n}*b")
        await asked[1].measure(server, client, n, f"WHO *{'a?' * n}b")
        await asked[2].measure(server, client, n, f"LIST {','.join(['*a?b'] * n)}")
    for each in [*crowd, client]:
        each.abort()
    return asked


async def texts(server: Target, size: int) -> list[Asked]:
    """Much that was said."""
    asked = [Asked("SEARCH"), Asked("CHATHISTORY", 1000), Asked("multiline")]
    caps = "batch message-tags draft/multiline draft/chathistory labeled-response"
    client, there, base = await server.irc("texts", "#said", caps), 0, 125 * size
    for step in STEPS:
        n = step * base
        while there < n:
            some = range(there, min(n, there + 100))
            await client.asks(*(f"PRIVMSG #said :word{each} common {'x' * 40}" for each in some))
            there = some.stop
        await asked[0].measure(server, client, n, "SEARCH * :common")
        await asked[1].measure(server, client, n, f"CHATHISTORY LATEST #said * {n}")
    for step in STEPS:
        n = step * 25
        lines = [f"@batch=1 PRIVMSG #said :line {each}" for each in range(n)]
        whole = "\r\n".join(["BATCH +1 draft/multiline #said", *lines, "BATCH -1"])
        await asked[2].measure(server, client, n, whole)
    client.close()
    return asked
