#!/usr/bin/env python3
"""Disks that fail, are full, return wrong data or are locked by another program: are messages kept?

    python3 bench/faults.py                  all trials, some minutes
    python3 bench/faults.py sync full        some trials
    python3 bench/faults.py --quick

    sync      fdatasync of the write-ahead log returns EIO, at the k-th sync (F03)
    full      no space on a small file system, then room again (F04; tmpfs needs root)
    enospc    writes return ENOSPC for some seconds, whatever was held back (F04)
    flicker   full and not, many times a second, and a kill or EIO in that; two I/O threads (F04)
    locked    another program holds the database for seconds (F05)
    bits      one bit flipped at random places of chat.db and of its write-ahead log (F06)
    cut       the files truncated (F06)
    reader    another program holds a read transaction open (F05)
    files     no more file descriptors (F08)
    memory    clients that do not read (F07)
    page      whole pages of chat.db overwritten, then a start (F06)
    acks      connections cut before their echoes arrive, everything sent again (F16)
    clock     the clock jumps back and ahead under load (F18)
    migration kills, and a full disk, during the migration of an old chat.db (F20)

The numbers in brackets are those of docs/durability.md. Every line ends in ok or FAILED; the exit
code is 1 if one failed. Trials that need strace or root are skipped with a note if it is missing.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from flicker import flicker
from ledger import CAPS, CHANNELS, PATIENCE, Served, Writer, compare, crowd
from mishaps import MISHAPS, Pinging
from trials import (
    SOON,
    Result,
    Skipped,
    acked,
    another_program,
    injecting,
    needs,
    refused,
    soon,
    takes_nothing,
    talking,
    until,
)

from hubbub.archive.verify import verify
from hubbub.events.kinds import Entry, Joined, MessageSent
from hubbub.log.base import LogFailed
from hubbub.log.sqlite import SqliteLog

# -- F03: a sync that fails ----------------------------------------------------------------------


def sync(directory: Path, quick: bool) -> Result:
    places = (1, 9) if quick else range(1, 51, 3)
    lost = ended = told = total = 0
    slowest = 0.0
    for place in places:
        data = directory / f"data{place}"
        data.mkdir()
        writers = crowd(4)
        Served(data).end()  # so that the k-th sync comes while people talk
        server = Served(data, under=injecting(data, "fdatasync", f"error=EIO:when={place}+"))

        async def work(server: Served = server, writers: list[Writer] = writers) -> float:
            async with talking(server, writers):
                await until(lambda: server.process.poll() is not None)
                return time.monotonic() - max(writer.last_ack for writer in writers)

        seconds = asyncio.run(work())
        slowest = max(slowest, seconds if acked(writers) else 0)
        ended += server.wait() == 1
        told += "the log failed" in server.errors.read_text()
        server = Served(data)
        server.end()
        verdict = compare(writers, data)
        total += verdict.acked
        lost += verdict.lost + verdict.doubled + verdict.order
    good = not lost and ended == told == len(places)
    return Result(
        good,
        f"EIO at sync {min(places)} to {max(places)}, {len(places)} servers: acked {total:,},"
        f" lost or doubled {lost}; ended with code 1 and said why {ended}, at most"
        f" {slowest:.1f} s after the last echo",
    )


# -- F04: no room --------------------------------------------------------------------------------


def full(directory: Path, quick: bool) -> Result:
    """A real small file system."""
    if os.geteuid() != 0:
        raise Skipped("mounting a small file system needs root")
    place = directory / "small"
    place.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", place], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Skipped(f"no tmpfs can be mounted here ({error})") from None
    try:
        return _no_room(
            place / "data",
            # The writers are guests, and nothing is kept back for accounts.
            lambda: Served(place / "data", limits__kept_back=0),
            lambda: subprocess.run(["mount", "-o", "remount,size=200m", place], check=True),
        )
    finally:
        subprocess.run(["umount", "-l", place], check=False)


def enospc(directory: Path, quick: bool) -> Result:
    data = directory / "data"
    # What is held back is of no use for some seconds, and then there is room again.
    under = injecting(data, "pwrite64", "error=ENOSPC:when=300..312")
    return _no_room(data, lambda: Served(data, under=under), lambda: None, soon(quick), stuck=True)


def _no_room(
    data: Path,
    serve: Callable[[], Served],
    make_room: Callable[[], object],
    within: float = SOON,
    *,
    stuck: bool = False,
) -> Result:
    data.mkdir()
    server = serve()
    writers = crowd(6, all_labels=True)
    onlooker = Onlooker()
    facts: dict[str, float] = {}

    async def work() -> None:
        reads, out = await _person(server.port)
        await onlooker.enter(server.port)
        async with talking(server, writers):
            facts["filled"] = await until(
                lambda: takes_nothing(server) if stuck else refused(writers) > 100
            )
            facts["says so"] = await onlooker.is_refused()
            facts["reads"] = await _is_shown_history(reads, out)
            facts["acked"] = acked(writers)
            began = time.monotonic()
            make_room()
            await until(lambda: acked(writers) > facts["acked"] + 50)
            facts["again"] = time.monotonic() - began
            facts["alive"] = server.process.poll() is None

    asyncio.run(work())
    Served(data).end()
    verdict = compare([*writers, onlooker.notes], data)
    demanded = ("filled", "says so", "reads", "alive")
    return Result(
        verdict.whole and all(facts[each] for each in demanded) and facts["again"] <= within,
        f"acked {verdict.acked:,}, refused {verdict.refused:,} with FAIL, of these kept"
        f" {verdict.refused_kept}; lost {verdict.lost}, doubled {verdict.doubled}; history served"
        f" {'yes' if facts['reads'] else 'NO'}; written again {facts['again']:.1f} s after room",
    )


class Onlooker:
    """Somebody who has nothing under way when nothing can be written: whoever has waits, everybody
    else is told. `notes` is for the comparison with the log."""

    def __init__(self) -> None:
        self.notes = Writer("onlooker", labels=True)

    async def enter(self, port: int) -> None:
        self._reader, self._out = await asyncio.open_connection("127.0.0.1", port)
        self._out.write(
            f"CAP REQ :{CAPS}\r\nNICK onlooker\r\nUSER x 0 * :x\r\nCAP END\r\n".encode()
        )
        self._out.write(f"JOIN {CHANNELS[0]}\r\nPING in\r\n".encode())
        while b"PONG" not in await self._reader.readuntil(b"\n"):
            pass

    async def is_refused(self) -> bool:
        """Is what it says now answered with FAIL?"""
        self._out.write(f"@label=o PRIVMSG {CHANNELS[0]} :onlooker-1\r\n".encode())
        answer = b""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while not answer.startswith(b"@label=o") and b";label=o" not in answer:
                    answer = await self._reader.readuntil(b"\n")
        self._out.close()
        said_so = b" FAIL " in answer
        self.notes.refused |= {"onlooker-1"} if said_so else set()
        return said_so


async def _person(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Somebody with netcat, in the first channel."""
    reader, out = await asyncio.open_connection("127.0.0.1", port)
    await reader.readline()
    out.write(f"reader\n/join {CHANNELS[0]}\n".encode())
    async with asyncio.timeout(PATIENCE):
        while f"joined {CHANNELS[0]}".encode() not in await reader.readline():
            pass
    return reader, out


async def _is_shown_history(reader: asyncio.StreamReader, out: asyncio.StreamWriter) -> bool:
    """After all that was on its way is read."""
    out.write(b"/begin\n/history 20\n/end\n")
    lines = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while b"no command /begin" not in await reader.readline():
                pass
            while b"no command /end" not in (line := await reader.readline()):
                lines += b"] w" in line
    out.close()
    return lines >= 20


# -- F05: locked ---------------------------------------------------------------------------------


def locked(directory: Path, quick: bool) -> Result:
    data = directory / "data"
    data.mkdir()
    server = Served(data)
    writers = crowd(4, all_labels=True)
    onlooker = Onlooker()
    facts: dict[str, float] = {}

    async def work() -> None:
        await onlooker.enter(server.port)
        async with talking(server, writers), Pinging(server.port) as pinging:
            await until(lambda: acked(writers) > 50)
            with another_program(data, "BEGIN IMMEDIATE"):
                facts["said"] = await until(lambda: takes_nothing(server))
                facts["says so"] = await onlooker.is_refused()
                await asyncio.sleep(0.5 if quick else 5)
                facts["pong"] = pinging.slowest
            began, before = time.monotonic(), acked(writers)
            await until(lambda: acked(writers) > before + 50)
            facts["again"] = time.monotonic() - began

    asyncio.run(work())
    verdict = compare([*writers, onlooker.notes], data)
    return Result(
        verdict.whole
        and bool(facts["said"] and facts["says so"])
        and facts["again"] < soon(quick)
        and facts["pong"] < soon(quick, 3),
        f"another program holds the lock: refused {verdict.refused:,} with FAIL, of these kept"
        f" {verdict.refused_kept}; {verdict}; a PONG took {facts['pong']:.1f} s"
        f" at most; written again {facts['again']:.1f} s after it let go",
    )


# -- F06: what the disk gives back is not what was written -----------------------------------------


def _sample(directory: Path, *, checkpointed: bool) -> list[Entry]:
    """A log of messages and events in `directory`, in chat.db or still in its write-ahead log."""
    directory.mkdir()
    log = SqliteLog(directory / "live.db")
    entries: list[Entry] = []
    for position in range(1, 1200):
        channel = CHANNELS[position % 3]
        if position % 10 == 0:
            event: Joined | MessageSent = Joined(position, f"n{position}!u@h", channel, "")
        else:
            event = MessageSent(
                1, f"n{position % 7}!u@h", None, "PRIVMSG", channel, None, channel,
                f"message number {position} " + "x" * (position % 50),
            )  # fmt: skip
        entries.append(Entry(position, 1_700_000_000_000 + position, event))
    for start in range(0, len(entries), 100):
        log.append(entries[start : start + 100])
    if checkpointed:
        with contextlib.closing(sqlite3.connect(log.path)) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for suffix in ("", "-wal"):
        shutil.copy(directory / f"live.db{suffix}", directory / f"chat.db{suffix}")
    log.close()
    for path in directory.glob("live*"):
        path.unlink()
    return entries


def _damaged(directory: Path, quick: bool, damage: Callable[[Path, random.Random], None]) -> Result:
    times = 20 if quick else 200
    counts = {"harmless": 0, "refused": 0, "said": 0, "found": 0, "SILENT": 0, "DELETED": 0}
    logging.disable(logging.CRITICAL)
    for name in ("chat.db", "chat.db-wal"):
        sample = directory / f"sample-{name}"
        entries = _sample(sample, checkpointed=name == "chat.db")
        chance = random.Random(name)
        for _ in range(times):
            copy = directory / "copy"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(sample, copy)
            damage(copy / name, chance)
            counts[_what_happens(copy, entries)] += 1
            counts["DELETED"] += not (copy / "chat.db").exists()
    logging.disable(logging.NOTSET)
    facts = ", ".join(f"{what} {count}" for what, count in counts.items())
    return Result(
        not counts["SILENT"] and not counts["DELETED"],
        f"{2 * times} damaged copies: {facts} (refused at the start, said while reading, found by"
        " hubbub verify)",
    )


def _what_happens(directory: Path, entries: list[Entry]) -> str:
    """How somebody who uses this damaged log learns of it."""
    handler = _Complaints()
    logging.disable(logging.NOTSET)
    logger = logging.getLogger("hubbub")
    logger.addHandler(handler)
    logger.propagate = False
    try:
        log = SqliteLog(directory / "chat.db")
        try:
            kept = list(log.read())
        finally:
            log.close()
    except (LogFailed, sqlite3.Error):
        return "refused"
    finally:
        logger.removeHandler(handler)
        logger.propagate = True
        logging.disable(logging.CRITICAL)
    if kept == entries:
        return "harmless"
    if handler.count:
        return "said"
    # A write-ahead log that ends early is what a crash leaves; its frames carry sums of their own.
    if kept == entries[: len(kept)] and (directory / "chat.db-wal").exists():
        return "harmless"
    return "found" if verify(directory / "chat.db").problems else "SILENT"


class _Complaints(logging.Handler):
    count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += record.levelno >= logging.ERROR


def _flip(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def _shorten(path: Path, chance: random.Random) -> None:
    os.truncate(path, chance.randrange(path.stat().st_size))


def bits(directory: Path, quick: bool) -> Result:
    return _damaged(directory, quick, _flip)


def cut(directory: Path, quick: bool) -> Result:
    return _damaged(directory, quick, _shorten)


# -- F08: no more file descriptors -----------------------------------------------------------------


def files(directory: Path, quick: bool) -> Result:
    data = directory / "data"
    data.mkdir()
    needs("prlimit")
    server = Served(data, under=["prlimit", "--nofile=100"], max_clients=10_000)
    writers = crowd(4)
    facts: dict[str, float] = {}

    async def work() -> None:
        async with talking(server, writers):
            await until(lambda: acked(writers) > 50)
            more = []
            for _ in range(300):
                with contextlib.suppress(OSError, TimeoutError):
                    async with asyncio.timeout(1):
                        more.append(await asyncio.open_connection("127.0.0.1", server.port))
            before = acked(writers)
            facts["during"] = await until(lambda: acked(writers) > before + 200)
            for _, out in more:
                out.close()
            reads, out = await _person(server.port)
            facts["reads"] = await _is_shown_history(reads, out)

    asyncio.run(work())
    verdict = compare(writers, data)
    lines = len(server.errors.read_text().splitlines())
    return Result(
        verdict.whole and bool(facts["during"]) and bool(facts["reads"]) and lines < 50,
        f"300 connections where 100 files may be open: acked {verdict.acked:,}, lost"
        f" {verdict.lost}; history served afterwards {'yes' if facts['reads'] else 'NO'};"
        f" {lines} lines of complaint",
    )


FAULTS: dict[str, Callable[[Path, bool], Result]] = {
    "sync": sync,
    "full": full,
    "enospc": enospc,
    "flicker": flicker,
    "locked": locked,
    "bits": bits,
    "cut": cut,
    "files": files,
    **MISHAPS,
}


def run(names: Sequence[str], quick: bool) -> Iterator[bool]:
    for name in names:
        with tempfile.TemporaryDirectory(prefix=f"bench-{name}-") as directory:
            try:
                result = FAULTS[name](Path(directory), quick)
            except Skipped as why:
                print(f"{name:8} SKIPPED: {why}", flush=True)
                continue
        print(f"{name:8} {result.line}: {'ok' if result.good else 'FAILED'}", flush=True)
        yield result.good


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=", ".join(FAULTS))
    parser.add_argument("--quick", action="store_true", help="few repetitions")
    asked = parser.parse_args()
    unknown = [name for name in asked.faults if name not in FAULTS]
    if unknown:
        parser.error(f"{unknown[0]!r} is none of {', '.join(FAULTS)}")
    return 0 if all(list(run(asked.faults or list(FAULTS), asked.quick))) else 1


if __name__ == "__main__":
    sys.exit(main())
