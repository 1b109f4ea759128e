#!/usr/bin/env python3
"""kill -9 under load, many times: no message that anybody saw is lost, doubled or out of order.

    python3 bench/crash.py --times 100       some minutes
    python3 bench/crash.py --times 5 --writers 20

Each round starts the server on the same data, lets the writers of bench/ledger.py send for 0.15 to
0.5 s, and kills it with SIGKILL. At the end the log is compared with the records of all clients
and with chat.log, and checked by SQLite. The exit code is 1 if anything is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import signal
import sqlite3
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ledger import Served, Verdict, Writer, compare, crowd
from trials import acked, until

from hubbub.events.kinds import MessageSent
from hubbub.log.sqlite_reading import Reader

LEAST = 40  # messages echoed in a round, however slow the machine


@dataclass
class Report:
    verdict: Verdict
    kills: int
    slowest_start: float
    sound: bool
    chat_log: bool  # has what the log has, once and in that order

    @property
    def good(self) -> bool:
        return self.verdict.whole and self.sound and self.chat_log and self.verdict.acked > 0


async def _round(server: Served, writers: list[Writer], seconds: float) -> None:
    tasks = [asyncio.create_task(writer.run(server.port)) for writer in writers]
    before = acked(writers)

    def echoed() -> int:
        return acked(writers) - before

    await until(lambda: echoed() > 0)  # the load is on
    await asyncio.sleep(seconds)
    await until(lambda: echoed() > LEAST)
    server.end(signal.SIGKILL)
    await asyncio.gather(*tasks)


async def _settle(server: Served, writers: list[Writer]) -> None:
    """Without killing: every label that is still unknown is sent again and answered."""
    await asyncio.gather(*(writer.run(server.port, most=1) for writer in writers))


def crash(directory: Path, times: int, count: int, seed: int, *, tell: bool = False) -> Report:
    data = directory / "data"
    data.mkdir()
    writers = crowd(count)
    chance = random.Random(seed)
    slowest = 0.0
    for number in range(1, times + 1):
        server = Served(data)
        slowest = max(slowest, server.start_seconds)
        asyncio.run(_round(server, writers, chance.uniform(0.15, 0.5)))
        if tell:
            told = f"{number}/{times} kills, {acked(writers):,} messages echoed"
            print(f"\r{told}", end="", flush=True)
    server = Served(data)
    slowest = max(slowest, server.start_seconds)
    asyncio.run(_settle(server, writers))
    server.end()
    db = sqlite3.connect(data / "chat.db")
    sound = db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    db.close()
    return Report(compare(writers, data), times, slowest, sound, in_chat_log(data) == said(data))


def said(data: Path) -> list[str]:
    """The texts that the log has, in order."""
    reader = Reader(data / "chat.db")
    texts = [e.event.text for e in reader.read(0) if isinstance(e.event, MessageSent)]
    reader.close()
    return texts


def in_chat_log(data: Path) -> list[str]:
    """The texts in chat.log and in what was put away of it, in order."""
    put_away = sorted(data.glob("chat.log.[0-9]"), reverse=True)
    files = [file.read_text("utf-8") for file in (*put_away, data / "chat.log")]
    return [text for file in files for text in re.findall(r" - Client \S+ to #\S+: (.*)", file)]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--writers", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-crash-", dir=asked.dir) as name:
        report = crash(Path(name), asked.times, asked.writers, asked.seed, tell=sys.stdout.isatty())
    print(f"\r{report.kills} kills -9 under load: {report.verdict}")
    print(
        f"integrity {'ok' if report.sound else 'BROKEN'}; chat.log"
        f" {'as the log' if report.chat_log else 'DIFFERS'}; slowest start"
        f" {report.slowest_start:.2f} s (the interpreter and its imports included)"
    )
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
