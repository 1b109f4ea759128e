#!/usr/bin/env python3
"""Count the instructions that a message costs, stage by stage, with valgrind's callgrind.

    python3 bench/instructions.py                     two minutes
    python3 bench/instructions.py --members 20        in channels of 20
    python3 bench/instructions.py --bytecodes         bytecodes of Python: quick, without valgrind
    python3 bench/instructions.py --json

Unlike seconds, instructions do not depend on what else the machine does. The work is that of
bench/workload.py: everything but the sockets. The columns are for eight lines a read, and for one,
which is what people send. The last row is the part of the cost that belongs to the read.

Bytecodes leave out what C does, SQLite above all, but are the same on every machine with the same
version of Python. So the checks guard them (tests/bench/test_instructions.py).
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any, TypeAlias

from servers import BENCH, UnavailableError

#: Of sys.settrace; it returns one of its kind.
TraceFunction: TypeAlias = Any

WINDOWS = (8, 1)
TURNS = 5
#: Stages in the order of a message, with their title; their sum is the cost of a message.
STAGES = {
    "lines": "lines and parsing",
    "hub": "hub: decided, recorded, applied",
    "log": "log.append, and its release",
    "deliver": "deliver",
    "chat.log": "chat.log",
}


def measure(window: int, channels: int, members: int, directory: Path) -> dict[str, float]:
    """Instructions per message by stage. Raises UnavailableError."""
    library, found = directory / "callgrind.so", directory / f"callgrind-{window}"
    _compile(library)
    command = [
        _installed("valgrind"), "--tool=callgrind", "--instr-atstart=no", "--combine-dumps=yes",
        f"--callgrind-out-file={found}", sys.executable, __file__,
        "--inside", str(library), str(window), str(channels), str(members),
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"PYTHONHASHSEED": "0"}
    )
    if done.returncode:
        raise UnavailableError(f"valgrind failed:\n{done.stderr[-2000:]}")
    messages, indexed = map(int, done.stdout.split())
    cost = read(found.read_text())
    each = {stage: cost[stage] / messages for stage in cost}
    each["hub"] = each.pop("core") - each["lines"]
    return {stage: each[stage] for stage in STAGES} | {"index": cost["index"] / indexed}


def bytecodes(window: int, channels: int, members: int) -> dict[str, float]:
    """Bytecodes per message by stage."""
    command = [sys.executable, __file__, "--traced", *map(str, (window, channels, members))]
    environment = os.environ | {"PYTHONHASHSEED": "0"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    each: dict[str, float] = json.loads(done.stdout)
    each["hub"] = each.pop("core") - each["lines"]
    return {stage: each[stage] for stage in STAGES} | {"index": each["index"]}


def read(dumps: str) -> Counter[str]:
    """The instructions of each stage, from callgrind's dumps one after the other."""
    cost: Counter[str] = Counter()
    stage = ""
    for line in dumps.splitlines():
        if found := re.match(r"desc: Trigger: Client Request: (.*)", line):
            stage = found[1]
        elif found := re.match(r"(?:summary|totals): (\d+)", line):
            if stage:
                cost[stage] += int(found[1])
            stage = ""
    return cost


def _compile(library: Path) -> None:
    if library.exists():
        return
    command = [_installed("gcc"), "-O2", "-shared", "-fPIC", "-o", str(library)]
    done = subprocess.run([*command, str(BENCH / "callgrind.c")], capture_output=True, text=True)
    if done.returncode:
        raise UnavailableError(f"callgrind.c does not compile:\n{done.stderr}")


def _installed(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise UnavailableError(f"{program} is not installed. To install it: apt install {program}")
    return path


def _work(library: str, window: str, channels: str, members: str) -> None:
    """The process inside valgrind."""
    from workload import Workload

    callgrind = ctypes.CDLL(library)
    with tempfile.TemporaryDirectory() as directory:
        callgrind.begin()
        work = Workload(
            Path(directory), channels=int(channels), members=int(members), window=int(window)
        )
        callgrind.forget()
        for _ in range(TURNS):
            work.turn(lambda stage: callgrind.ended(stage.encode()))
        indexed = work.index()
        callgrind.ended(b"index")
        print(TURNS * work.messages_a_turn, indexed)
        work.close()


def _traced(window: str, channels: str, members: str) -> None:
    """The process whose bytecodes are counted. Its clock stands still: every run is alike."""
    from workload import Workload

    with tempfile.TemporaryDirectory() as directory:
        work = Workload(
            Path(directory),
            channels=int(channels),
            members=int(members),
            window=int(window),
            clock=lambda: 1_800_000_000_000,
        )
        cost: Counter[str] = Counter()
        done = 0

        def count(frame: FrameType, event: str, argument: object) -> TraceFunction:
            nonlocal done
            if event == "opcode":
                done += 1
            else:
                frame.f_trace_opcodes = True
            return count

        def ended(stage: str) -> None:
            nonlocal done
            cost[stage] += done
            done = 0

        sys.settrace(count)
        for _ in range(TURNS):
            work.turn(ended)
        indexed = work.index()
        sys.settrace(None)
        ended("index")
        messages = TURNS * work.messages_a_turn
        each = {stage: number / messages for stage, number in cost.items()}
        print(json.dumps(each | {"index": cost["index"] / indexed}))
        work.close()


def table(columns: dict[int, dict[str, float]], what: str) -> str:
    many, one = columns[WINDOWS[0]], columns[WINDOWS[1]]
    rows = [(title, many[stage], one[stage]) for stage, title in STAGES.items()]
    sums = [sum(column[stage] for stage in STAGES) for column in (many, one)]
    rows.append(("a message", sums[0], sums[1]))
    rows.append(("the index, later", many["index"], one["index"]))
    lines = [f"{what + ' a message':<34}{'8 lines a read':>16}{'1 line a read':>16}"]
    lines += [f"{title:<34}{many:>16,.0f}{one:>16,.0f}" for title, many, one in rows]
    read = (sums[1] - sums[0]) * WINDOWS[0] / (WINDOWS[0] - 1)
    return "\n".join([*lines, f"{'besides, a read (from both)':<34}{read:>16,.0f}"])


def main() -> int:
    if sys.argv[1:2] in (["--inside"], ["--traced"]):
        (_work if sys.argv[1] == "--inside" else _traced)(*sys.argv[2:])
        return 0
    parser = argparse.ArgumentParser(description="Instructions that a message costs, by stage.")
    parser.add_argument("--channels", type=int, default=100)
    parser.add_argument("--members", type=int, default=2)
    parser.add_argument("--bytecodes", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    what = "bytecodes" if asked.bytecodes else "instructions"
    try:
        with tempfile.TemporaryDirectory() as directory:
            columns = {
                window: bytecodes(window, asked.channels, asked.members)
                if asked.bytecodes
                else measure(window, asked.channels, asked.members, Path(directory))
                for window in WINDOWS
            }
    except UnavailableError as why:
        print(why, file=sys.stderr)
        return 1
    print(json.dumps(columns) if asked.json else table(columns, what))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
