"""Other faults: cut connections, jumping clocks, overwritten pages, kills during a migration,
clients that do not read. Trials of bench/faults.py."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ledger import CHANNELS, PATIENCE, SRC, Served, Writer, compare, crowd
from trials import Result, Skipped, acked, another_program, injecting, soon, talking, until

from hubbub.archive.verify import verify
from hubbub.log.migrations import SCHEMA_VERSION

FORMATS = SRC.parent / "tests/log/schemas"


class Pinging:
    """Somebody who asks for a PONG twenty times a second; `slowest` is the longest it took."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.slowest = 0.0

    async def __aenter__(self) -> Pinging:
        self._reader, self._out = await asyncio.open_connection("127.0.0.1", self._port)
        self._out.write(b"NICK pinging\r\nUSER p 0 * :x\r\n")
        while b" 422 " not in await self._reader.readuntil(b"\n"):
            pass
        self._task = asyncio.create_task(self._run())
        return self

    async def _run(self) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                began = time.monotonic()
                self._out.write(b"PING x\r\n")
                while b"PONG" not in await self._reader.readuntil(b"\n"):
                    pass
                self.slowest = max(self.slowest, time.monotonic() - began)
                await asyncio.sleep(0.05)

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        self._out.close()


# -- F16: an echo that never came ------------------------------------------------------------------


class Cutting:
    """A proxy that loses what the server answers, and then the connection."""

    def __init__(self, port: int, chance: random.Random) -> None:
        self._port = port
        self._chance = chance
        self.cuts = 0
        self._passing: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    def _begin(self, reader: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._pass(reader, out))
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)

    async def _pass(self, reader: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        with contextlib.closing(out), contextlib.suppress(OSError):
            there, to = await asyncio.open_connection("127.0.0.1", self._port)
            with contextlib.closing(to):
                sending = asyncio.create_task(_copy(reader, to, None))
                await _copy(there, out, self._chance.randrange(10_000, 100_000))
                self.cuts += 1
                await asyncio.sleep(self._chance.uniform(0, 0.05))  # what comes now is not answered
                sending.cancel()

    async def stop(self) -> None:
        self._server.close()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, out: asyncio.StreamWriter, most: int | None) -> None:
    """Until the end, or until so many bytes have passed."""
    with contextlib.suppress(ConnectionError):
        while (most is None or most > 0) and (data := await reader.read(4096)):
            out.write(data)
            await out.drain()
            most = None if most is None else most - len(data)


def acks(directory: Path, quick: bool) -> Result:
    data = directory / "data"
    data.mkdir()
    server = Served(data)
    writers = crowd(6, all_labels=True)
    cutting = Cutting(server.port, random.Random(1))

    async def again(writer: Writer, port: int) -> None:
        while True:
            await writer.run(port)
            await asyncio.sleep(0.02)

    async def work() -> None:
        port = await cutting.start()
        tasks = [asyncio.create_task(again(writer, port)) for writer in writers]
        await asyncio.sleep(2 if quick else 20)
        await until(lambda: cutting.cuts >= len(writers))
        await cutting.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        deadline = time.monotonic() + PATIENCE
        while any(writer.unknown for writer in writers) and time.monotonic() < deadline:
            asking = (
                asyncio.wait_for(writer.run(server.port, most=1), PATIENCE) for writer in writers
            )
            await asyncio.gather(*asking, return_exceptions=True)

    asyncio.run(work())
    server.end()
    verdict = compare(writers, data)
    good = verdict.whole and not verdict.unsettled and verdict.settled > 0 and cutting.cuts > 0
    return Result(
        good,
        f"{cutting.cuts} connections cut before their echoes came: {verdict}, unsettled"
        f" {verdict.unsettled}",
    )


# -- F18: the clock jumps --------------------------------------------------------------------------

_WRONG_CLOCK = """
import pathlib, time
_file, _time, _time_ns = pathlib.Path({file!r}), time.time, time.time_ns
def _off():
    try:
        return float(_file.read_text() or 0)
    except (OSError, ValueError):
        return 0.0
time.time = lambda: _time() + _off()
time.time_ns = lambda: _time_ns() + int(_off() * 1e9)
"""


def clock(directory: Path, quick: bool) -> Result:
    """The machine's clock as Python tells it; the steady one, which nobody sets, stays."""
    data, first = directory / "data", directory / "first"
    data.mkdir()
    first.mkdir()
    wrong = directory / "seconds"
    (first / "sitecustomize.py").write_text(_WRONG_CLOCK.format(file=str(wrong)))
    jumps = [-3600.0, 0.0, 7200.0, *(7200.0 - 10 * n for n in range(5)), -86400.0, 0.0]
    writers = crowd(4)
    facts: dict[str, Any] = {"slowest": 0.0}

    async def work(server: Served) -> None:
        tasks = [asyncio.create_task(writer.run(server.port)) for writer in writers]
        async with Pinging(server.port) as pinging:
            for jump in jumps:
                before = acked(writers)
                new = wrong.with_suffix(".new")
                new.write_text(str(jump))
                new.replace(wrong)
                await until(lambda before=before: acked(writers) > before + 200)  # type: ignore[misc]
                await asyncio.sleep(0 if quick else 0.5)
            facts["slowest"] = max(facts["slowest"], pinging.slowest)
        facts["cut"] = facts.get("cut", 0) + sum(task.done() for task in tasks)
        server.end(signal.SIGTERM)
        await asyncio.gather(*tasks)

    for _ in range(2):  # the second server begins with a log that is ahead of its clock
        asyncio.run(work(Served(data, before=[first])))
        wrong.write_text("-7200")
    verdict = compare(writers, data)
    back = sum(writer.back_in_time for writer in writers)
    problems = verify(data / "chat.db").problems
    good = verdict.whole and not back and not facts["cut"] and not problems
    return Result(
        good and verdict.acked > 1000 and facts["slowest"] < soon(quick),
        f"{2 * len(jumps)} jumps of up to a day: {verdict}; times that went back {back},"
        f" connections lost {facts['cut']}, a PONG took {facts['slowest']:.2f} s at most;"
        f" hubbub verify: {len(problems)} problems",
    )


# -- F06: a page of something else -----------------------------------------------------------------


def page(directory: Path, quick: bool) -> Result:
    sample = directory / "sample"
    sample.mkdir()
    writers = crowd(4)
    server = Served(sample)

    async def fill() -> None:
        async with talking(server, writers):
            await until(lambda: acked(writers) > (500 if quick else 3000))

    asyncio.run(fill())
    chance = random.Random(1)
    size = (sample / "chat.db").stat().st_size // 4096
    counts = {"refused": 0, "said": 0, "found": 0, "harmless": 0, "SILENT": 0, "CHANGED": 0}
    tracebacks = 0
    for number in [0, *chance.sample(range(1, size), 1 if quick else 20)]:
        data = directory / f"data{number}"
        shutil.copytree(sample, data)
        with (data / "chat.db").open("r+b") as file:
            file.seek(number * 4096)
            file.write(chance.randbytes(4096))
        damaged = (data / "chat.db").read_bytes()
        what = _started(data, damaged)
        counts[what] += 1
        tracebacks += (directory / f"{data.name}.stderr").read_text().count("Traceback")
    facts = ", ".join(f"{what} {count}" for what, count in counts.items())
    return Result(
        not counts["SILENT"] and not counts["CHANGED"] and not tracebacks,
        f"a page of chat.db overwritten, {sum(counts.values())} starts: {facts} (refused with a"
        f" line and the file left as it was, said while serving, found by hubbub verify);"
        f" tracebacks {tracebacks}",
    )


def _started(data: Path, damaged: bytes) -> str:
    errors = data.parent / f"{data.name}.stderr"
    try:
        server = Served(data)
    except RuntimeError:
        return "refused" if (data / "chat.db").read_bytes() == damaged else "CHANGED"

    async def look() -> None:
        reader, out = await asyncio.open_connection("127.0.0.1", server.port)
        out.write(b"NICK late\r\nUSER late 0 * :x\r\nJOIN #one,#two,#three\r\n")
        for channel in CHANNELS:
            out.write(f"CHATHISTORY LATEST {channel} * 1000\r\nPRIVMSG {channel} :x\r\n".encode())
        out.write(b"PING end\r\n")
        with contextlib.suppress(TimeoutError, ConnectionError, asyncio.IncompleteReadError):
            async with asyncio.timeout(PATIENCE):
                while b"PONG" not in await reader.readuntil(b"\n"):
                    pass
        out.close()

    asyncio.run(look())
    server.end()
    if "damaged" in (text := errors.read_text()) or "the log failed" in text:
        return "said"
    if verify(data / "chat.db").problems:
        return "found"
    return "harmless" if _texts(data) == _texts(data.parent / "sample") else "SILENT"


def _texts(data: Path) -> set[str]:
    db = sqlite3.connect(data / "chat.db")
    found = {text for (text,) in db.execute("SELECT text FROM message WHERE text <> 'x'")}
    db.close()
    return found


# -- F20: a kill in a migration --------------------------------------------------------------------

_OPEN = """
import sys
from pathlib import Path
from hubbub.log.base import LogFailed
from hubbub.log.sqlite import SqliteLog
print("ready", flush=True)
try:
    SqliteLog(Path(sys.argv[1])).close()
except LogFailed as failed:
    sys.exit(str(failed))
print("done", flush=True)
"""


def migration(directory: Path, quick: bool) -> Result:
    old = directory / "old.db"
    rows = _make_old(old, 2_000 if quick else 30_000)
    seconds = _migrate(_copied(old, directory / "whole"), None)[1]
    chance = random.Random(1)
    counts = {"old": 0, "new": 0, "BETWEEN": 0}
    for number in range(4 if quick else 50):
        path = _copied(old, directory / f"killed{number}")
        _migrate(path, chance.uniform(0, seconds))
        counts[_state(path, rows)] += 1
        said = _migrate(path, None)[0]
        counts["BETWEEN"] += _state(path, rows) != "new" or "done" not in said
        shutil.rmtree(path.parent)
    full = _full_disk(old, directory, rows, quick)
    return Result(
        not counts["BETWEEN"] and full in ("refused", "skipped"),
        f"{rows:,} rows brought from format 1 to {SCHEMA_VERSION} in {seconds:.2f} s; killed"
        f" {counts['old'] + counts['new']} times: old {counts['old']}, new {counts['new']}, neither"
        f" {counts['BETWEEN']}, and each goes on; a full disk in it: {full}",
    )


def _make_old(path: Path, count: int) -> int:
    db = sqlite3.connect(path)
    db.executescript((FORMATS / "format-1.sql").read_text("utf-8"))
    body = '{"account": "a%d", "password": "hash", "email": "a%d@example.org"}'
    db.executemany(
        "INSERT INTO event VALUES (?, 1800000000000, 'AccountRegistered', ?, 0)",
        [(1000 + n, body % (n, n)) for n in range(count)],
    )
    db.commit()
    rows = _rows(db)
    db.close()
    return rows


def _rows(db: sqlite3.Connection) -> int:
    tables = ("message", "event", "route", "conversation")
    return sum(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)


def _copied(old: Path, place: Path) -> Path:
    place.mkdir()
    shutil.copy(old, place / "chat.db")
    return place / "chat.db"


def _migrate(path: Path, kill_after: float | None, under: Sequence[str] = ()) -> tuple[str, float]:
    """What a process says that opens it, and how long that took."""
    process = subprocess.Popen(
        [*under, sys.executable, "-c", _OPEN, str(path)],
        env={**os.environ, "PYTHONPATH": str(SRC)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    while process.stdout.readline() not in ("ready\n", ""):
        pass
    began = time.monotonic()
    if kill_after is not None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(kill_after)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    said = process.stdout.read()
    process.stdout.close()
    process.wait()
    return said, time.monotonic() - began


def _state(path: Path, rows: int) -> str:
    db = sqlite3.connect(path)
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (places,) = db.execute("SELECT count(*) FROM event_of WHERE conversation LIKE '=%'").fetchone()
    whole = db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    # One read marker of an account that is gone goes in the migration, and its address.
    found = _rows(db)
    db.close()
    if whole and version == 1 and places == 0 and found == rows:
        return "old"
    if whole and version == SCHEMA_VERSION and places > 1 and rows - found == 2:
        return "new"
    return "BETWEEN"


def _full_disk(old: Path, directory: Path, rows: int, quick: bool) -> str:
    for when in (5,) if quick else (1, 5, 50):
        path = _copied(old, directory / f"full{when}")
        try:
            under = injecting(path.parent, "pwrite64", f"error=ENOSPC:when={when}+")
        except Skipped:
            return "skipped"
        said = _migrate(path, None, under)[0]
        if _state(path, rows) != "old" or "full" not in said or "Traceback" in said:
            return f"NOT refused: {said[-200:]}"
    return "refused"


# -- F07: memory -----------------------------------------------------------------------------------


def memory(directory: Path, quick: bool) -> Result:
    """Clients that join and never read, while others talk."""
    if not Path("/proc/self/status").exists():
        raise Skipped("how much memory a process has taken at most is read from /proc")
    data = directory / "data"
    data.mkdir()
    server = Served(data)
    writers = crowd(6)
    peak = 0.0

    async def work() -> None:
        nonlocal peak
        silent = [await _deaf(server.port, number) for number in range(20 if quick else 60)]
        async with talking(server, writers):
            await asyncio.sleep(2 if quick else 20)
            peak = _peak_mb(server.pid())
        for out in silent:
            out.close()

    asyncio.run(work())
    verdict = compare(writers, data)
    return Result(
        verdict.whole and 0 < peak <= 300,
        f"people who do not read: the server took {peak:.0f} MB at most (300 may be);"
        f" acked {verdict.acked:,}, lost {verdict.lost}, doubled {verdict.doubled}",
    )


async def _deaf(port: int, number: int) -> asyncio.StreamWriter:
    _, out = await asyncio.open_connection("127.0.0.1", port, limit=1)
    out.transport.pause_reading()  # type: ignore[attr-defined]
    out.write(f"NICK deaf{number}\r\nUSER d 0 * :x\r\nJOIN {','.join(CHANNELS)}\r\n".encode())
    await out.drain()
    return out


def _peak_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


# -- F05: somebody who reads for long --------------------------------------------------------------


def reader(directory: Path, quick: bool) -> Result:
    """Another program holds a snapshot, so the write-ahead log cannot begin anew."""
    data = directory / "data"
    data.mkdir()
    server = Served(data)
    writers = crowd(8)
    wal = data / "chat.db-wal"
    facts: dict[str, float] = {}

    async def work() -> None:
        async with talking(server, writers), Pinging(server.port) as pinging:
            await until(lambda: acked(writers) > 50)
            with another_program(data, "BEGIN", "SELECT count(*) FROM message"):
                before = acked(writers)
                await asyncio.sleep(2 if quick else 30)
                facts["kept"] = acked(writers) - before
                facts["grown"] = wal.stat().st_size / 2**20
            facts["pong"] = pinging.slowest

    asyncio.run(work())
    Served(data).end()
    left = wal.stat().st_size / 2**20 if wal.exists() else 0
    verdict = compare(writers, data)
    return Result(
        verdict.whole and facts["kept"] > 100 and not verdict.refused and left <= 64,
        f"another program reads for {2 if quick else 30} s: {facts['kept']:,.0f} acked meanwhile,"
        f" refused {verdict.refused}, lost {verdict.lost}, doubled {verdict.doubled}; a PONG"
        f" took {facts['pong']:.2f} s at most; the write-ahead log grew to {facts['grown']:.0f} MB"
        f" and has {left:.0f} MB after a restart",
    )


MISHAPS: dict[str, Callable[[Path, bool], Result]] = {
    "memory": memory,
    "reader": reader,
    "page": page,
    "acks": acks,
    "clock": clock,
    "migration": migration,
}
