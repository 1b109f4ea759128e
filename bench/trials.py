"""Shared code of the trials of bench/faults.py: results, and servers with writers at work."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger import PATIENCE, Served, Writer


class Skipped(Exception):
    """Not here; the text says what would help."""


@dataclass
class Result:
    good: bool
    line: str


def needs(program: str) -> None:
    if shutil.which(program) is None:
        raise Skipped(f"{program} is not installed. To install it: apt install {program}")


def injecting(data: Path, call: str, what: str) -> list[str]:
    """strace that makes `call` on the write-ahead log fail."""
    needs("strace")
    where = ["-P", str(data / "chat.db-wal"), "-P", str(data / "chat.db")]
    inject = ["-e", f"trace={call}", "-e", f"inject={call}:{what}"]
    return ["strace", "-f", "-qq", "-o", "/dev/null", *where, *inject]


SOON = 5.0  # seconds in which things go on after a fault


def soon(quick: bool, seconds: float = SOON) -> float:
    """What is done quickly is done on busy machines too, which say nothing of times."""
    return PATIENCE if quick else seconds


async def until(true: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        await asyncio.sleep(0.01)
    return true()


@contextlib.asynccontextmanager
async def talking(server: Served, writers: Sequence[Writer]):  # type: ignore[no-untyped-def]
    """The writers at work, until the block ends and the server with it."""
    tasks = [asyncio.create_task(writer.run(server.port)) for writer in writers]
    try:
        yield
    finally:
        if server.process.poll() is None:
            server.end(signal.SIGTERM)
        await asyncio.gather(*tasks)


@contextlib.contextmanager
def another_program(data: Path, *statements: str) -> Iterator[None]:
    """Has chat.db open, and what these statements lock or read of it, until the block ends."""
    db = sqlite3.connect(data / "chat.db", isolation_level=None)
    try:
        for statement in statements:
            db.execute(statement)
        yield
    finally:
        db.close()


def takes_nothing(server: Served) -> bool:
    """Has it said that not even what was decided can be written?"""
    return "the log cannot be written" in server.errors.read_text()


def acked(writers: Sequence[Writer]) -> int:
    return sum(len(writer.acked) for writer in writers)


def refused(writers: Sequence[Writer]) -> int:
    return sum(len(writer.refused) for writer in writers)
