"""Processor time and memory of a program and everything that it started, observed from outside.

Linux has both in /proc, other systems of the POSIX family in `ps`. Elsewhere they are unknown.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_PS = ["ps", "-A", "-o", "pgid=,rss=,time="]


@dataclass(frozen=True)
class Usage:
    """What a group of processes has used so far."""

    cpu: float
    """Seconds of processor time."""
    memory: int
    """Resident bytes."""
    runnable: dict[str, float] = field(default_factory=dict)
    """Seconds that each thread has run or waited for a processor; empty if the system does not
    tell. A thread that never rests shows here on the busiest machine, too."""

    def busiest_since(self, before: Usage) -> float:
        """The seconds that the busiest thread has been runnable since then."""
        since = (
            seconds - before.runnable.get(name, 0.0) for name, seconds in self.runnable.items()
        )
        return max(since, default=0.0)


def of_group(group: int) -> Usage | None:
    """The usage of a process group; None if this system does not tell."""
    if sys.platform == "linux":
        return _from_proc(group)
    if os.name == "posix":
        return from_ps(group)
    return None


def _from_proc(group: int) -> Usage:
    cpu, memory = 0.0, 0
    runnable: dict[str, float] = {}
    for process in _processes(group):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            cpu += _seconds(process / "stat")
            memory += int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
            runnable.update(_runnable(process))
    return Usage(cpu, memory, runnable)


def _processes(group: int) -> Iterator[Path]:
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with contextlib.suppress(OSError):
                if int(_fields(process / "stat")[2]) == group:
                    yield process


def _fields(stat: Path) -> list[str]:
    """The fields after the name, which may hold spaces (proc_pid_stat(5)): the third is the process
    group."""
    return stat.read_text("utf-8", "replace").rpartition(")")[2].split()


def _seconds(stat: Path) -> float:
    user, system = _fields(stat)[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _runnable(process: Path) -> Iterator[tuple[str, float]]:
    for thread in (process / "task").iterdir():
        with contextlib.suppress(OSError):
            ran, waited = (thread / "schedstat").read_text().split()[:2]
            yield thread.name, (int(ran) + int(waited)) / 1e9


def from_ps(group: int) -> Usage | None:
    """The usage as `ps` tells it; None if there is no `ps`."""
    try:
        rows = subprocess.run(_PS, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return None
    ours = [row.split() for row in rows if row.split()[0] == str(group)]
    return Usage(
        sum(seconds_of(time) for _, _, time in ours), sum(int(rss) * 1024 for _, rss, _ in ours)
    )


def seconds_of(text: str) -> float:
    """Seconds of `1-02:03:04`, `02:03:04` or `3:04.56`."""
    days, _, rest = text.rpartition("-")
    seconds = 0.0
    for part in rest.split(":"):
        seconds = seconds * 60 + float(part)
    return seconds + float(days or 0) * 86_400
