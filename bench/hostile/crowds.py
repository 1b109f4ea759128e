"""Attacks by many clients that do permitted things at once: chat, join, leave."""

from __future__ import annotations

import asyncio
import random
import time

from .bystander import beside_the_pair
from .findings import Finding, attack
from .target import UNLIMITED, Client, Target, target

ROOMS = ("#one", "#two", "#three", "#four", "#five")
MODES = (
    "+m", "-m", "+i", "-i", "+s", "-s", "+k key", "-k key", "+l 9", "-l", "+b {nick}!*@*",
    "-b {nick}!*@*", "+e *!*@*a*", "+o {nick}", "-o {nick}", "+v {nick}", "+t", "-t", "+f #one",
    "-f", "+u", "-u", "+U", "-U", "+CcMR", "-CcMR", "b",
)  # fmt: skip
CAPS = ("", "message-tags server-time echo-message batch labeled-response", "multi-prefix",
        "away-notify extended-join account-notify chghost setname extended-monitor",
        "draft/channel-rename draft/chathistory batch draft/event-playback")  # fmt: skip


@attack(
    "S16",
    "50 clients with no flood limit do random things to 5 rooms (JOIN, PART, MODE, NICK, KICK,"
    " RENAME, TOPIC, INVITE ...), 60 s",
    "no loop stalls longer than 100 ms; every client's PING is answered; no bug; pair: 0 lost, p99"
    " <= 50 ms",
)
async def deadlock(full: bool) -> Finding:
    found, seconds = Finding(), 60 if full else 2
    async with target(settings=UNLIMITED) as server:
        done = [0]

        async def attack() -> None:
            deadline = time.monotonic() + seconds
            await asyncio.gather(*(restless(server, n, deadline, done) for n in range(50)))

        await beside_the_pair(server, attack, seconds, found)
        stalls = await server.stalls()
        found.says(f"{done[0]:,} commands, every PING answered")
        found.within("longest stall", stalls["max"], 100)
        found.holds("nothing on stderr", server.errors() == "")
    return found


async def restless(server: Target, number: int, deadline: float, done: list[int]) -> None:
    """One client: a command and a PING, and when that is answered the next. It comes back."""
    choose, turn = random.Random(number), 0
    client: Client | None = None
    while time.monotonic() < deadline:
        if client is None:
            turn += 1
            client = await server.irc(f"p{number}x{turn}", caps=CAPS[number % len(CAPS)])
        line = something(choose)
        done[0] += 1
        if line == "QUIT":
            client.sends(line)
            await client.ended()
            client.close()
            client = None
        else:
            await client.asks(line)
    if client is not None:
        await client.asks()
        client.close()


def something(choose: random.Random) -> str:
    room, word = choose.choice(ROOMS), choose.randrange(1000)
    nick = f"p{choose.randrange(50)}x1"
    return choose.choice(
        (
            f"JOIN {room} key", f"JOIN {','.join(ROOMS)}", f"PART {room} :{word}", "JOIN 0",
            f"MODE {room} {choose.choice(MODES).format(nick=nick)}", f"NICK {nick}",
            f"NICK q{word}",
            f"KICK {room} {nick} :{word}", f"RENAME {room} {choose.choice(ROOMS)}",
            f"RENAME {room} #n{word}", f"TOPIC {room} :{word}", f"INVITE {nick} {room}",
            f"PRIVMSG {room} :{word}", f"PRIVMSG {nick} :{word}", f"AWAY :{word}", "AWAY",
            f"WHO {room}", f"WHOIS {nick}", f"NAMES {room}", "LIST", f"MONITOR + {nick}",
            f"SETNAME :{word}", f"CHATHISTORY LATEST {room} * 20", f"KNOCK {room}",
            f"SEARCH * {word}", "QUIT" if choose.random() < 0.1 else f"TAGMSG {room}",
        )
    )  # fmt: skip


@attack(
    "S54",
    "in a room of 2,000 people 200 flap (JOIN, PART, NICK, AWAY, mentions), each as fast as"
    " the default limits let it, 20 s",
    "pair: 0 lost, p99 <= 50 ms; no loop stalls longer than 100 ms; every PING is answered",
)
async def storm(full: bool) -> Finding:
    found = Finding()
    people, flapping, seconds = (2000, 200, 20) if full else (150, 20, 2)
    async with target(settings={"max_clients": "5000"}) as server:
        crowd: list[Client] = []
        while len(crowd) < people:
            some = range(len(crowd), min(people, len(crowd) + 50))
            crowd += await asyncio.gather(
                *(server.irc(f"c{n}", "#square", "away-notify setname") for n in some)
            )
        rest = [asyncio.create_task(each.ended()) for each in crowd[flapping:]]
        heard = [0]

        async def flap(client: Client, number: int, deadline: float) -> None:
            turn = number
            await asyncio.sleep(number % 25 / 100)
            while time.monotonic() < deadline:
                turn += 1
                word = f"c{number}x{turn % 2}"
                lines = ("PART #square", "JOIN #square", f"NICK {word}", "AWAY :x", "AWAY",
                         f"PRIVMSG #square :c1 c2 c3 {word}")  # fmt: skip
                again = time.monotonic() + 0.25
                heard[0] += len(await client.asks(lines[turn % len(lines)]))
                await asyncio.sleep(again - time.monotonic())

        async def attack() -> None:
            deadline = time.monotonic() + seconds
            await asyncio.gather(
                *(flap(client, n, deadline) for n, client in enumerate(crowd[:flapping]))
            )

        await beside_the_pair(server, attack, seconds + 1, found)
        stalls = await server.stalls()
        found.says(f"{heard[0]:,} lines heard by those who flap")
        found.within("longest stall", stalls["max"], 100)
        for task in rest:
            task.cancel()
        for each in crowd:
            each.abort()
        found.holds("nothing on stderr", server.errors() == "")
    return found
