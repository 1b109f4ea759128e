"""Attacks that ask: is there such a channel, who are they, where do they come from?"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Sequence

from .findings import Finding, attack
from .target import UNLIMITED, Client, Target, target

#: What a stranger may ask about a channel; JOIN is left out, which makes the one that is absent.
QUESTIONS = (
    "NAMES {}", "WHO {}", "WHO {} o", "WHO {} %cn", "LIST {}", "LIST *{}", "MODE {}", "MODE {} b",
    "MODE {} +b x", "MODE {} +o stranger", "TOPIC {}", "TOPIC {} :x", "PART {}", "PART {} :x",
    "KICK {} owner", "KICK {} stranger :x", "INVITE stranger {}", "INVITE owner {}", "INVITE",
    "KNOCK {}", "PRIVMSG {} :x", "NOTICE {} :x", "TAGMSG {}", "PRIVMSG @{} :x", "PRIVMSG {},{} :x",
    "CHATHISTORY LATEST {} * 10", "CHATHISTORY BEFORE {} timestamp=2030-01-01T00:00:00.000Z 10",
    "CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00.000Z timestamp=2030-01-01T00:00:00.000Z 9",
    "SEARCH in={} word", "SEARCH * :in:{} word", "METADATA {} LIST", "METADATA {} GET avatar",
    "METADATA {} SET avatar :x", "METADATA {} SYNC", "MARKREAD {}", "RENAME {} #other",
    "REDACT {} nothing", "EDIT {} nothing :x", "RELAYMSG {} a/b :x", "CS INFO {}", "CS OP {}",
    "CS REGISTER {}", "CS ACCESS {} LIST", "CS DROP {}", "CS LIST {}", "WHOIS owner", "WHOIS {}",
    "WHOWAS {}", "USERHOST {}", "ISON {}", "MONITOR + {}", "LUSERS", "STATS {}", "TRACE {}",
    "SAJOIN {}", "SAMODE {} +o x", "@+draft/react=x;+reply=1 TAGMSG {}", "ACCEPT {}", "CYCLE {}",
)  # fmt: skip
CAPS = ("message-tags server-time batch labeled-response draft/chathistory draft/metadata-2"
        " draft/channel-rename draft/message-redaction draft/read-marker draft/search")  # fmt: skip
TIMED = ("NAMES {}", "WHO {}", "MODE {}", "TOPIC {}", "PRIVMSG {} :x", "CHATHISTORY LATEST {} * 10",
         "KNOCK {}", "METADATA {} LIST")  # fmt: skip


def auc(some: Sequence[float], others: Sequence[float]) -> float:
    """The chance that one of `some` is longer than one of `others`; 0.5 tells nothing."""
    merged = sorted([(value, 1) for value in some] + [(value, 0) for value in others])
    ranks = sum(place for place, (_, mine) in enumerate(merged, 1) if mine)
    count = len(some)
    return (ranks - count * (count + 1) / 2) / (count * len(others))


async def timed(client: Client, one: str, other: str, count: int) -> float:
    """The AUC of the times of two lines, asked in random order."""
    times: dict[str, list[float]] = {one: [], other: []}
    order, choose = [one, other] * count, random.Random(1)
    choose.shuffle(order)
    for line in order:
        begun = time.perf_counter()
        await client.asks(line)
        times[line].append(time.perf_counter() - begun)
    return auc(times[one], times[other])


@attack(
    "S45",
    f"{len(QUESTIONS)} commands of a stranger, about a secret channel and about one that is not"
    " there; 2,000 of each timed",
    "replies equal byte for byte but for the name; AUC of the times 0.45 to 0.55",
)
async def existence(full: bool) -> Finding:
    found = Finding()
    async with target(settings=UNLIMITED) as server:
        owner = await server.irc("owner", "#there")
        await owner.asks(
            "MODE #there +s", "TOPIC #there :word", "PRIVMSG #there :word",
            f"NS REGISTER {'p' * 9}",
            "CS REGISTER #there", "METADATA #there SET avatar :x",
        )  # fmt: skip
        stranger = await server.irc("stranger", caps=CAPS)
        differing = []
        for question in QUESTIONS:
            there = await about(stranger, question, "#there")
            absent = await about(stranger, question, "#nones")
            if there != absent:
                differing.append(f"{question}: {there} / {absent}")
        found.at_most(f"{len(QUESTIONS)} commands: differing replies", len(differing), 0)
        for each in differing:
            found.holds(each, False)
        worst = 0.5
        count = 2000 if full else 150
        for question in TIMED:
            told = await timed(
                stranger, question.format("#there"), question.format("#nones"), count
            )
            worst = max(worst, told, key=lambda value: abs(value - 0.5))
            print(f"     {question}: AUC {told:.3f}")
        found.says(f"AUC {worst:.3f} at worst of {len(TIMED)} x 2 x {count:,}")
        noise = 0 if full else 0.1
        if not 0.45 - noise <= worst <= 0.55 + noise:
            found.slow.append(f"AUC {worst:.3f}")
        await nothing_wrong(server, found)
    return found


async def about(client: Client, question: str, name: str) -> list[str]:
    """The answer, without the name and the numbers of batches."""
    lines = await client.asks(question.replace("{}", name))
    without_tags = (line.partition(" ")[2] if line[0] == "@" else line for line in lines)
    return [re.sub(r"BATCH ([+-])b\d+", r"BATCH \1", line.replace(name, "NAME"))
            for line in without_tags]  # fmt: skip


async def nothing_wrong(server: Target, found: Finding) -> None:
    found.holds(f"nothing on stderr: {server.errors()[:300]}", not server.errors())
