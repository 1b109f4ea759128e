#!/usr/bin/env python3
"""Speed of the log, synced to disk, compared with the disk and with plain SQLite in the same run.

    python3 bench/log.py                     half a minute
    python3 bench/log.py --dir /mnt/disk     on another disk

It prints the duration of one sync of the disk; the rate of plain SQLite with one message per commit
and with many; the rate of `SqliteLog` without a server; and, through real sockets, the message rate
of 200 senders in 200 channels, and the latency of a single message.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from run import Cpus, Plan, Scenario, measure
from servers import compiled, known

from hubbub.events.kinds import Entry, MessageSent
from hubbub.log.sqlite import SqliteLog

TEXT = "x" * 64
SENDERS = Scenario("200 senders", channels=200, members=2, senders=1, window=64)
LONE = Scenario("lone sender", channels=1, members=2, senders=1, window=1, rate=50)


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def timed(do: Callable[[], object], times: int) -> list[float]:
    """Milliseconds, each time."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        do()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def show(what: str, figure: str) -> None:
    print(f"{what:<58} {figure}", flush=True)


def spread(taken: Sequence[float]) -> str:
    return f"p50 {percentile(taken, 0.5):.2f} ms, p99 {percentile(taken, 0.99):.2f} ms"


def disk(directory: Path) -> float:
    """The disk's own sync: 4 KiB appended, fdatasync. Its median."""
    fd = os.open(directory / "disk", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    sync = getattr(os, "fdatasync", os.fsync)

    def once() -> None:
        os.write(fd, b"x" * 4096)
        sync(fd)

    taken = timed(once, 300)
    os.close(fd)
    show("disk: append 4 KiB, fdatasync", spread(taken))
    return statistics.median(taken)


def bare_sqlite(directory: Path, group: int, times: int) -> None:
    db = sqlite3.connect(directory / f"bare{group}.db", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE message (id INTEGER PRIMARY KEY, time, channel, source, text)")
    rows = [(1_700_000_000_000, "#channel", "nick!~user@host", TEXT)] * group

    def commit() -> None:
        db.execute("BEGIN")
        insert = "INSERT INTO message (time, channel, source, text) VALUES (?, ?, ?, ?)"
        db.executemany(insert, rows)
        db.execute("COMMIT")

    taken = timed(commit, times)
    db.close()
    rate = group * times / sum(taken) * 1000
    show(f"bare SQLite, WAL, FULL: {group:,} a commit", f"{spread(taken)}, {rate:,.0f} messages/s")


def log_alone(directory: Path, group: int, times: int) -> None:
    log = SqliteLog(directory / f"log{group}.db")
    batches = []
    for number in range(times):
        first = 1 + number * group
        batches.append([_entry(position) for position in range(first, first + group)])
    taken = [timed(lambda batch=batch: log.append(batch), 1)[0] for batch in batches]  # type: ignore[misc]
    log.close()
    rate = group * times / sum(taken) * 1000
    show(f"SqliteLog alone: {group:,} a commit", f"{spread(taken)}, {rate:,.0f} messages/s")


def _entry(position: int) -> Entry:
    number = position % 200
    channel = f"#channel{number}"
    source = f"nick{number}!~user@127.0.0.1"
    said = MessageSent(number, source, None, "PRIVMSG", channel, None, channel, TEXT)
    return Entry(position, 1_700_000_000_000 + position, said)


def server(directory: Path, seconds: float, sync: float) -> None:
    tempfile.tempdir = str(directory)  # where `measure` lets the server keep its log
    generator = compiled("load.c", directory)
    hubbub = known()["hubbub"]
    cpus = Cpus(set(os.sched_getaffinity(0)), set(os.sched_getaffinity(0)))
    plan = Plan(1, int(seconds * 1000), cpus, (), quiet=0.0)
    run = measure(hubbub, SENDERS, generator, plan)
    closed = run["closed"]
    rate = closed["deliveries"] / closed["seconds"]
    whole = "all there, in order" if closed["complete"] and not closed["wrong"] else "NOT WHOLE"
    show(
        "server: 200 senders in 200 channels, 64 on the way each",
        f"{rate:,.0f} messages/s, {whole}",
    )
    run = measure(hubbub, replace(LONE), generator, plan)
    lone = run["open"]
    show(
        "server: a lone sender, 50 messages a second",
        f"p50 {lone['p50_ms']:.2f} ms, p99 {lone['p99_ms']:.2f} ms;"
        f" p50 is {lone['p50_ms'] - sync:.2f} ms above the disk's sync",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()), help="which disk")
    parser.add_argument("--seconds", type=float, default=4, help="for each loop through sockets")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-log-", dir=asked.dir) as name:
        directory = Path(name)
        sync = disk(directory)
        for group, times in ((1, 300), (100, 100), (1000, 30)):
            bare_sqlite(directory, group, times)
        for group, times in ((1, 300), (100, 100), (1000, 30)):
            log_alone(directory, group, times)
        server(directory, asked.seconds, sync)


if __name__ == "__main__":
    main()
