#!/usr/bin/env python3
"""Simulate power losses at many points: every message that anybody saw must be in the log.

    python3 bench/power_loss.py --cuts 300        a minute

A server runs under strace while the writers of bench/ledger.py send. The trace contains, in one
order, every write to chat.db and its write-ahead log, every sync, and every line sent to a client.
At each of many points the files are reconstructed as a disk may contain them after a power loss
there: all synced writes, and of the later ones none, the first ones, or a random part with torn
pages. The log is opened on these files, checked, and must contain every message sent to anybody
before the cut, once, in the order of sending.

Needs strace (apt install strace). `--no-sync` shows that the test can fail: it ignores the syncs,
as if the log did not wait for the disk.
"""

from __future__ import annotations

import argparse
import asyncio
import bisect
import random
import re
import shutil
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ledger import Served, crowd
from trials import acked, until

from hubbub.events.kinds import MessageSent
from hubbub.log.base import LogFailed
from hubbub.log.sqlite import SqliteLog

FILES = ("chat.db", "chat.db-wal")
CALLS = "pwrite64,write,writev,sendto,sendmsg,fsync,fdatasync,ftruncate,unlink"
# A call as strace -f -y -xx writes it; its end may be on a later line.
_CALL = re.compile(
    r"^(\d+) +(\w+)\((?:\d+<([^>]*)>|\"([^\"]*)\")(.*?)"
    r"(\) += (-?\d+).*| <unfinished \.\.\.>)$"
)
_RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>.*\) += (-?\d+)")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_OFFSET = re.compile(r", (\d+)$")
_TEXT = re.compile(rb"PRIVMSG (#\w+) :(w\d+-\d+)\r\n")


@dataclass(frozen=True)
class Write:
    file: str
    offset: int
    data: bytes


@dataclass(frozen=True)
class Truncate:
    file: str
    size: int


@dataclass(frozen=True)
class Synced:
    file: str
    begun: int  # how many operations there were when it began: those are on disk now


@dataclass(frozen=True)
class Told:
    """Messages that left for a client."""

    texts: tuple[str, ...]


Operation = Write | Truncate | Synced | Told


def operations(trace: Path, data: Path) -> list[Operation]:
    found: list[Operation] = []
    begun: dict[str, tuple[str, str, int]] = {}  # thread -> the call it is in
    names = {str(data / name): name for name in FILES}
    with trace.open() as lines:
        for line in lines:
            if resumed := _RESUMED.match(line):
                call, file, at = begun.pop(resumed[1], ("", "", 0))
                if call.endswith("sync") and resumed[3] == "0":
                    found.append(Synced(file, at))
                continue
            match = _CALL.match(line)
            if match is None:
                continue
            thread, call, path, _, rest, _, result = match.groups()
            path = _plain(path or "")
            file = names.get(path)
            if call.endswith("sync"):
                if file and result == "0":
                    found.append(Synced(file, len(found)))
                elif file and result is None:
                    begun[thread] = (call, file, len(found))
            elif file is None:
                if path.startswith(("socket:", "TCP")):
                    texts = tuple(text.decode() for _, text in _TEXT.findall(_data(rest)))
                    if texts:
                        found.append(Told(texts))
            elif call == "pwrite64":
                offset = _OFFSET.search(rest)
                assert offset is not None, line[:200]
                found.append(Write(file, int(offset[1]), _data(rest)))
            elif call == "ftruncate":
                found.append(Truncate(file, int(rest.strip(", "))))
            else:
                raise AssertionError(f"not understood: {line[:200]}")
    return found


def _plain(path: str) -> str:
    return bytes.fromhex(path.replace("\\x", "")).decode() if path.startswith("\\x") else path


def _data(rest: str) -> bytes:
    return b"".join(bytes.fromhex(text.replace("\\x", "")) for text in _STRING.findall(rest))


@dataclass
class Disk:
    """What a disk holds, and what is on its way to it."""

    synced: dict[str, bytearray] = field(default_factory=lambda: {n: bytearray() for n in FILES})
    pending: list[tuple[int, Write | Truncate]] = field(default_factory=list)

    def add(self, number: int, operation: Operation) -> None:
        if isinstance(operation, Synced):
            kept = []
            for at, change in self.pending:
                if change.file == operation.file and at < operation.begun:
                    _apply(self.synced[change.file], change)
                else:
                    kept.append((at, change))
            self.pending = kept
        elif not isinstance(operation, Told):
            self.pending.append((number, operation))

    def after_power_loss(self, chance: random.Random) -> dict[str, bytearray]:
        files = {name: bytearray(content) for name, content in self.synced.items()}
        for change in self._what_arrived(chance):
            _apply(files[change.file], change)
        return files

    def _what_arrived(self, chance: random.Random) -> Iterator[Write | Truncate]:
        kind = chance.choice(("nothing", "beginning", "any"))
        changes = [change for _, change in self.pending]
        if kind == "beginning":
            yield from changes[: chance.randrange(len(changes) + 1)]
        elif kind == "any":
            for change in changes:
                if chance.random() < 0.5:
                    yield change
                elif isinstance(change, Write) and chance.random() < 0.3:
                    sectors = chance.randrange(len(change.data) // 512 + 1)
                    yield Write(change.file, change.offset, change.data[: sectors * 512])


def _apply(content: bytearray, change: Write | Truncate) -> None:
    if isinstance(change, Truncate):
        del content[change.size :]
        content.extend(bytes(change.size - len(content)))
    else:
        end = change.offset + len(change.data)
        content.extend(bytes(max(0, end - len(content))))
        content[change.offset : end] = change.data


@dataclass
class Report:
    cuts: int = 0
    told: int = 0
    lost: int = 0
    cuts_that_lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    corrupt: int = 0

    @property
    def good(self) -> bool:
        bad = self.lost + self.doubled + self.out_of_order + self.corrupt
        return bad == 0 and self.told > 0

    def __str__(self) -> str:
        return (
            f"{self.cuts} cuts, up to {self.told:,} messages told: lost {self.lost} (at"
            f" {self.cuts_that_lost} cuts), doubled {self.doubled}, out of order"
            f" {self.out_of_order}, corrupt {self.corrupt}"
        )


def record(directory: Path, seconds: float) -> list[Operation]:
    """Run a server under strace, with people in it."""
    data, trace = directory / "data", directory / "trace"
    data.mkdir()
    strace = ["strace", "-f", "-qq", "-y", "-xx", "-s", "10000000", "-o", str(trace)]
    server = Served(data, under=[*strace, "-e", f"trace={CALLS}"], threads=1)

    async def work() -> None:
        writers = crowd(4)
        tasks = [asyncio.create_task(writer.run(server.port)) for writer in writers]
        await until(lambda: acked(writers) > 0)  # a busy machine takes its time
        await asyncio.sleep(seconds)
        await until(lambda: acked(writers) > 200)
        server.end(signal.SIGKILL)
        await asyncio.gather(*tasks)

    asyncio.run(work())
    return operations(trace, data)


def cut(directory: Path, all_of_them: list[Operation], cuts: int, seed: int) -> Report:
    chance = random.Random(seed)
    report, disk = Report(), Disk()
    first = next(n for n, operation in enumerate(all_of_them) if isinstance(operation, Told))
    points = sorted(chance.randrange(first, len(all_of_them)) for _ in range(cuts))
    told: dict[str, None] = {}  # in order
    for number, operation in enumerate(all_of_them):
        disk.add(number, operation)
        if isinstance(operation, Told):
            told.update(dict.fromkeys(operation.texts))
        for _ in range(bisect.bisect_right(points, number) - bisect.bisect_left(points, number)):
            _check(directory / "after", disk.after_power_loss(chance), list(told), report)
    return report


def _check(place: Path, files: dict[str, bytearray], told: list[str], report: Report) -> None:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for name, content in files.items():
        (place / name).write_bytes(content)
    report.cuts += 1
    report.told = max(report.told, len(told))
    try:
        log = SqliteLog(place / "chat.db")
    except LogFailed:
        report.corrupt += 1
        return
    kept = [entry.event.text for entry in log.read() if isinstance(entry.event, MessageSent)]
    log.close()
    db = sqlite3.connect(place / "chat.db")
    report.corrupt += db.execute("PRAGMA integrity_check").fetchone()[0] != "ok"
    db.close()
    place_of = {text: number for number, text in enumerate(kept)}
    report.doubled += len(kept) - len(place_of)
    lost = sum(text not in place_of for text in told)
    report.lost += lost
    report.cuts_that_lost += lost > 0
    order = [place_of[text] for text in told if text in place_of]
    report.out_of_order += order != sorted(order)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cuts", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=4, help="how long the writers write")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-sync", action="store_true", help="see that this can fail")
    asked = parser.parse_args()
    if shutil.which("strace") is None:
        print("SKIPPED: strace is not installed. To install it: apt install strace")
        return 2
    with tempfile.TemporaryDirectory(prefix="bench-power-") as name:
        directory = Path(name)
        all_of_them = record(directory, asked.seconds)
        writes = sum(isinstance(operation, Write) for operation in all_of_them)
        syncs = sum(isinstance(operation, Synced) for operation in all_of_them)
        if asked.no_sync:
            first = next(n for n, each in enumerate(all_of_them) if isinstance(each, Told))
            later = [each for each in all_of_them[first:] if not isinstance(each, Synced)]
            all_of_them[first:] = later
        print(f"{writes:,} writes and {syncs:,} syncs recorded", flush=True)
        report = cut(directory, all_of_them, asked.cuts, asked.seed)
    print(report)
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
