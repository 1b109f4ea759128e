#!/usr/bin/env python3
"""Does the server's memory grow under hours of mixed load?

    python3 bench/soak.py                       two hours, 40 actions a second
    python3 bench/soak.py --minutes 8 --objects     and of what, if it does

The load (bench/mixed.py) comes from one seed at a fixed rate. Every ten seconds the server's
resident and private memory is noted: the smallest of ten readings, without what is taken for a
moment. Passwords are hashed with 1 MB instead of 64, which would hide the growth. Over the last
half of the run, a straight line through the samples gives the growth in KB per minute, and twice
its standard error (with the correlation of neighbours counted) the confidence. The exit code is 1
if private memory grows by more than --most, if somebody was cut off, or if the server complained.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from ledger import PATIENCE, SRC, Served
from mixed import RESIDENTS, Load

EVERY = 10.0  # seconds
READINGS = 10
MOST = 20.0  # KB a minute
SETTINGS = {
    "limits__flood_burst": 20,
    "accounts__hash_memory": 1024,
    "accounts__scram_iterations": 4096,
}


@dataclass(frozen=True)
class Sample:
    """Kilobytes, so many seconds after the beginning."""

    seconds: float
    resident: int
    private: int


@dataclass(frozen=True)
class Slope:
    """Kilobytes a minute, and what it is uncertain by."""

    growth: float
    doubt: float

    def __str__(self) -> str:
        return f"{self.growth:+.1f} ± {self.doubt:.1f} KB a minute"


def reading(pid: int, began: float) -> Sample:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    sizes = {name: int(size) for name, size in re.findall(r"^(\w+): +(\d+) kB", text, re.MULTILINE)}
    return Sample(time.monotonic() - began, sizes["Rss"], sizes["Private_Dirty"])


def slope(points: Sequence[tuple[float, float]]) -> Slope:
    """The line of least squares through pairs of seconds and KB; twice the standard error."""
    count = len(points)
    if count < 4:
        return Slope(0.0, float("inf"))
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    growth = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    rest = [y - mean_y - growth * (x - mean_x) for x, y in points]
    squares = sum(r * r for r in rest)
    # Neighbours that resemble each other say less than independent ones would.
    pairs = sum(a * b for a, b in pairwise(rest))
    alike = min(0.99, max(0.0, pairs / squares)) if squares else 0.0
    error = (squares / (count - 2) / spread * (1 + alike) / (1 - alike)) ** 0.5
    return Slope(growth * 60, 2 * error * 60)


@dataclass
class Watch:
    """Notes the memory of a process."""

    pid: int
    samples: list[Sample] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    every: float = EVERY

    async def run(self) -> None:
        while True:
            readings = []
            for _ in range(READINGS):
                await asyncio.sleep(self.every / READINGS)
                readings.append(reading(self.pid, self.began))
            self.samples.append(
                Sample(
                    readings[-1].seconds,
                    min(each.resident for each in readings),
                    min(each.private for each in readings),
                )
            )

    def last_half(self) -> list[Sample]:
        half = (time.monotonic() - self.began) / 2
        return [sample for sample in self.samples if sample.seconds >= half]

    def slopes(self) -> dict[str, Slope]:
        half = self.last_half()
        return {
            "private": slope([(each.seconds, each.private) for each in half]),
            "resident": slope([(each.seconds, each.resident) for each in half]),
        }


# -- of what ---------------------------------------------------------------------------------------


class Objects:
    """The server's own count of its objects (bench/counting.py)."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / "objects"
        self.place = directory / "first"
        self.place.mkdir()
        call = f"counting.begin(Path({str(self._file)!r}))"
        text = f"from pathlib import Path\nimport counting\n{call}\n"
        (self.place / "sitecustomize.py").write_text(text)

    async def count(self, server: Served) -> dict[str, dict[str, int]]:
        self._file.unlink(missing_ok=True)
        server.process.send_signal(signal.SIGUSR1)
        async with asyncio.timeout(PATIENCE):
            while not self._file.exists():
                await asyncio.sleep(0.05)
        found: dict[str, dict[str, int]] = json.loads(self._file.read_text())
        return found


def grown(
    before: dict[str, dict[str, int]], after: dict[str, dict[str, int]], most: int = 25
) -> list[str]:
    """What grew most of each kind, one line each."""
    lines = []
    for kind, counts in after.items():
        more = {name: count - before[kind].get(name, 0) for name, count in counts.items()}
        names = sorted((name for name in more if more[name]), key=lambda name: -abs(more[name]))
        lines += [f"  {kind}: {name} {counts[name]:,} ({more[name]:+,})" for name in names[:most]]
    return lines


# -- the run ---------------------------------------------------------------------------------------


@dataclass
class Report:
    slopes: dict[str, Slope]
    first: Sample
    last: Sample
    load: Load
    lines: list[str]
    errors: str

    def good(self, most: float) -> bool:
        failed = self.load.failed["cut off"] + self.load.failed["skipped"]
        return self.slopes["private"].growth <= most and not failed and not self.errors


@dataclass(frozen=True)
class Plan:
    """How long and how hard. `every`: seconds between the samples."""

    seconds: float
    rate: float = 40
    seed: int = 1
    residents: int = RESIDENTS
    every: float = EVERY
    objects: bool = False
    tell: bool = False


async def soak(directory: Path, plan: Plan) -> Report:
    data = directory / "data"
    data.mkdir()
    counter = Objects(directory) if plan.objects else None
    before = [counter.place, SRC.parent / "bench"] if counter else []
    server = Served(data, before=before, **SETTINGS)
    threading.Thread(target=_drain, args=(server,), daemon=True).start()
    try:
        load = Load(server.port, plan.seed, plan.residents)
        await load.begin()
        watch = Watch(server.pid(), every=plan.every)
        tasks = [asyncio.create_task(watch.run())]
        tasks += [asyncio.create_task(_tell(watch, load))] if plan.tell else []
        await load.run(plan.rate, plan.seconds / 2)
        at_half = await counter.count(server) if counter else {}
        await load.run(plan.rate, plan.seconds / 2)
        slopes, half = watch.slopes(), watch.last_half()
        lines = grown(at_half, await counter.count(server)) if counter else []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await load.end()
    finally:
        _stop(server)
    return Report(slopes, half[0], half[-1], load, lines, server.errors.read_text())


def _stop(server: Served) -> None:
    server.process.terminate()
    server.process.wait(60)


def _drain(server: Served) -> None:
    """What the server prints would fill the pipe."""
    assert server.process.stdout
    for _ in server.process.stdout:
        pass


async def _tell(watch: Watch, load: Load) -> None:
    """A line a minute."""
    while True:
        await asyncio.sleep(60)
        if watch.samples:
            last = watch.samples[-1]
            print(
                f"{last.seconds / 60:5.1f} min: resident {last.resident:,} KB, private"
                f" {last.private:,} KB; last half {watch.slopes()['private']};"
                f" {sum(load.did.values()):,} actions",
                flush=True,
            )


def told(report: Report, minutes: float, most: float) -> Iterator[str]:
    load = report.load
    yield f"actions: {dict(load.did.most_common())}"
    yield f"without an answer: {dict(load.failed)}; refused: {dict(load.refusals)}"
    yield from report.lines
    if report.errors:
        yield f"the server's stderr: {report.errors[-2000:]}"
    yield (
        f"{minutes:g} minutes, {sum(load.did.values()):,} actions, {load.lines:,} lines read;"
        f" in the last half private memory {report.first.private:,} to {report.last.private:,} KB,"
        f" {report.slopes['private']}; resident {report.slopes['resident']}:"
        f" {'ok' if report.good(most) else 'FAILED'}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--rate", type=float, default=40, help="actions a second (default 40)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most", type=float, default=MOST, help=f"KB a minute (default {MOST:g})")
    parser.add_argument("--objects", action="store_true", help="tell what grows")
    asked = parser.parse_args(arguments)
    plan = Plan(asked.minutes * 60, asked.rate, asked.seed, objects=asked.objects, tell=True)
    with tempfile.TemporaryDirectory(prefix="bench-soak-") as name:
        report = asyncio.run(soak(Path(name), plan))
    print(*told(report, asked.minutes, asked.most), sep="\n")
    return 0 if report.good(asked.most) else 1


if __name__ == "__main__":
    sys.exit(main())
