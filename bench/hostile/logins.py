"""Attacks on logins: guessing, exhaustion, enumeration of accounts."""

from __future__ import annotations

import asyncio
import contextlib
import time

from .bystander import beside_the_pair
from .findings import Finding, attack
from .target import MIB, TRUSTED, UNLIMITED, Client, Target, plain, target

PASSWORD = "correct-horse-battery"
#: Wrong passwords at once (accounts.login_burst), and logins under way at a time besides, each of
#: which may still turn out wrong: a class behind one router logs in in the same minute.
ALLOWANCE, UNDER_WAY = 10, 32


async def account(server: Target, name: str, address: str = "") -> None:
    """Somebody registers, and leaves."""
    client = await server.irc(name, address=address)
    lines = await client.asks(f"NS REGISTER {PASSWORD}")
    assert any("Account created" in line for line in lines), lines
    client.sends("QUIT")
    await client.ended()
    client.close()


def outcome(line: str) -> str:
    """What an answer to a login is, in a word."""
    words = {" 903 ": "in", "Too many people": "busy", "Too many wrong": "throttled",
             "Wrong name": "wrong"}  # fmt: skip
    return next((name for part, name in words.items() if part in line), line)


async def log_in(client: Client, name: str, password: str) -> str:
    client.sends("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain(name, password)}")
    while (line := await client.line()) is not None:
        if " 903 " in line or " 904 " in line:
            return outcome(line)
    return "ended"


@attack(
    "S33",
    "500 logins at once, each from an address of its own for a name of its own: hashing takes"
    " 64 MiB",
    "memory <= base + 2 x 64 MiB; of what does not fit, each told to try again; loop lag p99"
    " <= 20 ms; pair: 0 lost, p99 <= 50 ms",
)
async def exhaustion(full: bool) -> Finding:
    found = Finding()
    async with target(settings=TRUSTED) as server:
        clients = [await server.comes_from(f"10.1.{n // 250}.{n % 250}") for n in range(500)]
        for client in clients:
            client.sends("CAP REQ sasl", "AUTHENTICATE PLAIN")
        for client in clients:
            await client.until("AUTHENTICATE +")
        base = server.memory()
        server.forget_peak()

        async def attack() -> list[str]:
            for number, client in enumerate(clients):
                client.sends(f"AUTHENTICATE {plain(f'name{number}', 'wrong')}")
            lines = await asyncio.gather(*(client.until(" 904 ") for client in clients))
            return [outcome(each[-1]) for each in lines]

        answers = await beside_the_pair(server, attack, 3, found)
        stalls = await server.stalls()
        hashed, busy = answers.count("wrong"), answers.count("busy")
        found.says(f"500 logins: {hashed} hashed, {busy} told to try again")
        found.holds("each is told one or the other", hashed + busy == 500)
        found.at_most("memory", (server.peak() - base) / MIB, 2 * 64 + 8, " MiB more at the peak")
        found.within("loop lag p99", stalls["p99"], 20)
    return found


@attack(
    "S31",
    "10,000 guesses at one password from one address, and as many from 1,000 addresses (IPv4, and"
    " IPv6 /64s), while the owner logs in from where the owner has been before",
    "hashed <= the allowance: 10, 32 more that may be under way at that moment, then 3 a minute;"
    " the owner in <= 2 s",
)
async def guessing(full: bool) -> Finding:
    found = Finding()
    count, addresses = (10_000, 1000) if full else (300, 60)
    home = "198.51.100.7"
    async with target(settings=TRUSTED | {"limits__connections_per_address": "0"}) as server:
        one = ["192.0.2.1"] * addresses
        numbers = range(addresses)
        many = [f"10.0.{n // 250}.{n % 250}" if n % 2 else f"2001:db8:{n:x}::1" for n in numbers]
        for name, places in (("one", one), ("many", many)):
            await account(server, name, home)
            begun = time.monotonic()
            guessers = asyncio.create_task(guess_from(server, name, places, count // addresses))
            waited = []
            while not guessers.done() or not waited:
                waited.append(await owner_logs_in(server, name, home, found))
                await asyncio.wait([guessers], timeout=0.3)
            hashed = (await guessers).count("wrong")
            minutes = (time.monotonic() - begun) / 60
            most = ALLOWANCE + UNDER_WAY + 3 * minutes
            found.at_most(f"{count:,} guesses from {name}: hashed", hashed, most)
            found.within(f"owner in {len(waited)} times, at most", max(waited) * 1000, 2000)
    return found


async def guess_from(server: Target, name: str, places: list[str], each: int) -> list[str]:
    """`each` guesses from each of the places, 20 connections at a time."""
    answers: list[str] = []
    left = iter(enumerate(places))

    async def guesser() -> None:
        for number, place in left:
            client = await server.comes_from(place)
            for turn in range(each):
                answers.append(await log_in(client, name, f"guess-{number}-{turn}"))
            client.close()

    await asyncio.gather(*(guesser() for _ in range(20)))
    return answers


async def owner_logs_in(server: Target, name: str, home: str, found: Finding) -> float:
    """How long it takes, in seconds."""
    begun = time.monotonic()
    client = await server.comes_from(home)
    answer = await log_in(client, name, PASSWORD)
    found.holds(f"the owner gets in, not {answer!r}", answer == "in")
    client.close()
    return time.monotonic() - begun


@attack(
    "S06",
    "100,000 pieces of 400 bytes to AUTHENTICATE, by clients before registration, with no flood"
    " limit; one login begun and left",
    "refused (904, 905); memory +-1 MiB; the one that was left is closed <= 15 s",
)
async def pieces(full: bool) -> Finding:
    found = Finding()
    count = 100_000 if full else 10_000
    settings = UNLIMITED | ({} if full else {"limits__login_seconds": "1"})
    async with target(settings=settings) as server:
        left = await server.connect(b"CAP REQ sasl\r\nAUTHENTICATE PLAIN\r\n")
        begun = time.monotonic()
        answers: dict[str, int] = {}

        async def some(pieces: int) -> None:
            client = await server.connect()
            client.sends("CAP REQ sasl")
            for _ in range(pieces // 100):
                with contextlib.suppress(ConnectionError):
                    client.sends("AUTHENTICATE PLAIN", *["AUTHENTICATE " + "x" * 400] * 100)
                    await client.writer.drain()
            client.says_no_more()
            for line in (await client.to_the_end()).decode().splitlines():
                code = line.split(" ")[1]
                answers[code] = answers.get(code, 0) + 1
            client.close()

        await asyncio.gather(*(some(200) for _ in range(20)))
        before = server.memory()
        for _ in range(0, count, 20 * 200):
            await asyncio.gather(*(some(200) for _ in range(20)))
        grown = (server.memory() - before) / MIB
        found.at_most(f"{count:,} pieces: memory", grown, 1 if full else 4, " MiB more")
        found.says(f"{answers.get('904', 0) + answers.get('905', 0):,} refusals")
        found.holds("none gets in", "903" not in answers)
        found.holds("it is closed", await left.ended())
        found.within("the login that was left closed after", time.monotonic() - begun, 16.5, " s")
    return found
