"""Attacks by clients that do not read."""

from __future__ import annotations

import asyncio
import itertools
import re
import socket
import time

from .bystander import beside_the_pair
from .findings import Finding, attack
from .target import HOST, MIB, PATIENCE, UNLIMITED, Client, Target, target

RATE = 1000  # messages a second
#: What the log and its index take for so many messages, in MiB, whoever reads them.
OF_ITS_OWN = 64


@attack(
    "S09",
    "200 members of a room stop reading while 1,000 messages a second are said there, 60 s",
    "memory <= 1.5 x the send queue for each; they are disconnected; a member that reads misses"
    " nothing; history has 0 gaps; pair: 0 lost, p99 <= 50 ms",
)
async def slow_readers(full: bool) -> Finding:
    found = Finding()
    # The system's own buffers have to be full first: in small by longer messages.
    slow, seconds, queue, length = (200, 60, MIB, 380) if full else (20, 2, 65536, 6000)
    settings = {"limits__send_queue": str(queue), "limits__line_length": str(length + 132)}
    async with target(settings=UNLIMITED | settings) as server:
        stuck = [await asyncio.to_thread(stuck_client, server.port, n) for n in range(slow)]
        speaker, witness = await server.irc("speaker1", "#busy"), await server.irc("wit", "#busy")
        before = server.memory()
        server.forget_peak()

        async def attack() -> list[str]:
            hearing = asyncio.create_task(witness.until(" :the end"))
            drain = asyncio.create_task(speaker.ended())
            sent = await speak(speaker, seconds, length)
            speaker.sends("PRIVMSG #busy :the end")
            lines = await hearing
            drain.cancel()
            found.says(f"{sent:,} messages")
            heard = [number_in(line) for line in lines if " PRIVMSG #busy :n" in line]
            found.at_most("lost by a member that reads", sent - len(heard), 0)
            found.holds("they come in order", heard == list(range(sent)))
            return lines

        lines = await beside_the_pair(server, attack, seconds, found)
        found.says(f"longest stall {(await server.stalls())['max']:.0f} ms")
        cut = sum("SendQ exceeded" in line for line in lines)
        found.says(f"{cut} of {slow} disconnected")
        found.holds("all that do not read are disconnected", cut == slow)
        grown = (server.peak() - before) / MIB
        found.at_most(
            "memory", grown, slow * queue * 1.5 / MIB + OF_ITS_OWN, " MiB more at the peak"
        )
        found.at_most("gaps in history", await gaps(server, 1000 if full else 8), 0)
    for each in stuck:
        each.close()
    return found


def stuck_client(port: int, number: int) -> socket.socket:
    """On the network, in the room, with hardly a buffer of its own; it never reads again."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(PATIENCE)
    sock.connect((HOST, port))
    sock.sendall(f"NICK s{number}\r\nUSER s 0 * :s\r\nJOIN #busy\r\n".encode())
    seen = b""
    while b" 366 " not in seen:
        seen += sock.recv(4096)
    return sock


async def speak(speaker: Client, seconds: float, length: int) -> int:
    """Numbered messages; how many."""
    sent, count, begun = 0, int(seconds * RATE), time.monotonic()
    while sent < count:
        due = min(count, int((time.monotonic() - begun) * RATE))
        speaker.sends(*(f"PRIVMSG #busy :n{each} {'x' * length}" for each in range(sent, due)))
        await speaker.writer.drain()
        sent = due
        await asyncio.sleep(0.02)
    return sent


def number_in(line: str) -> int:
    found = re.search(r" PRIVMSG #busy :n(\d+)", line)
    assert found
    return int(found[1])


async def gaps(server: Target, page: int) -> int:
    """Connect again, read everything that was said, and count what is missing."""
    caps = "batch message-tags server-time draft/chathistory"
    client = await server.irc("back", "#busy", caps)
    numbers: list[int] = []
    where = "*"
    while True:
        kind = "LATEST" if where == "*" else "BEFORE"
        lines = await client.asks(f"CHATHISTORY {kind} #busy {where} {page}")
        said = [line for line in lines if " PRIVMSG #busy :" in line]
        if not said:
            break
        numbers = [number_in(line) for line in said if "PRIVMSG #busy :n" in line] + numbers
        found = re.search(r"msgid=([^; ]+)", said[0])
        assert found
        where = f"msgid={found[1]}"
    return sum(b != a + 1 for a, b in itertools.pairwise(numbers)) + (numbers[0] != 0)


# -- history ---------------------------------------------------------------------------------

HISTORY = "batch message-tags server-time draft/chathistory draft/multiline"
#: Questions that a guest has waiting at any time.
AT_A_TIME = 14


@attack(
    "S58",
    "20 guests ask for 1,000 messages of 16 KB again and again, without a flood limit; half of them"
    " never read; 20 s",
    "pair: 0 lost, p99 <= 100 ms; somebody new has the first history <= 1 s; memory <= 64 MiB more;"
    " every guest that reads gets answers",
)
async def greedy_readers(full: bool) -> Finding:
    found = Finding()
    guests, seconds, messages = (20, 20, 1000) if full else (6, 2, 40)
    async with target(settings={"limits__flood_burst": "0"}) as server:
        await say_much(server, messages)
        await (await server.irc("quiet", "#quiet")).asks("PRIVMSG #quiet :hello")
        readers = [await server.irc(f"r{n}", "#much", HISTORY) for n in range(guests // 2)]
        before = server.memory()
        server.forget_peak()

        async def attack() -> None:
            stuck = [
                await asyncio.to_thread(stuck_asker, server.port, n) for n in range(guests // 2)
            ]
            until = time.monotonic() + seconds
            asking = [asyncio.create_task(keep_asking(each, until)) for each in readers]
            waits = [await first_history(server, n) for n in range(seconds)]
            answers = await asyncio.gather(*asking)
            found.within("first history", max(waits) * 1000, 1000)
            found.says(f"{sum(answers):,} answers")
            found.holds("everybody who reads is answered", min(answers) > 0)
            for sock in stuck:
                sock.close()

        await beside_the_pair(server, attack, seconds, found, most=100.0)
        found.at_most("memory", (server.peak() - before) / MIB, 64, " MiB more at the peak")
        found.says(f"longest stall {(await server.stalls())['max']:.0f} ms")
    return found


async def say_much(server: Target, count: int) -> None:
    """Messages of 40 lines of 400 bytes in #much."""
    speaker = await server.irc("loud", "#much", HISTORY)
    lines = [f"@batch=b PRIVMSG #much :{'y' * 400}"] * 40
    for _ in range(count):
        await speaker.asks("BATCH +b draft/multiline #much", *lines, "BATCH -b")


def stuck_asker(port: int, number: int) -> socket.socket:
    """In #much, with all its questions asked; it never reads again."""
    sock = stuck_client(port, 1000 + number)
    ask = "CHATHISTORY LATEST #much * 1000\r\n" * AT_A_TIME
    sock.sendall(f"CAP REQ :{HISTORY}\r\nJOIN #much\r\n{ask}".encode())
    return sock


async def keep_asking(reader: Client, until: float) -> int:
    """Ask again for every answer; how many there were."""
    reader.sends(*["CHATHISTORY LATEST #much * 1000"] * AT_A_TIME)
    answers, tail = 0, b""
    while time.monotonic() < until:
        try:
            async with asyncio.timeout(1):
                data = await reader.reader.read(65536)
        except TimeoutError:
            continue
        ended = (tail + data).count(b" BATCH -b") - tail.count(b" BATCH -b")
        answers, tail = answers + ended, data[-9:]
        reader.sends(*["CHATHISTORY LATEST #much * 1000"] * ended)
    return answers


async def first_history(server: Target, number: int) -> float:
    """Somebody comes and asks for history; the seconds until it is there."""
    client = await server.irc(f"new{number}", "#quiet", HISTORY)
    begun = time.monotonic()
    client.sends("CHATHISTORY LATEST #quiet * 100")
    await client.until(" BATCH -b")
    took = time.monotonic() - begun
    client.close()
    await asyncio.sleep(max(0, 1 - took))
    return took
