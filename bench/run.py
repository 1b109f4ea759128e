#!/usr/bin/env python3
"""Benchmark chat servers side by side on this machine, and print one table.

    python3 bench/run.py                                            everything, some minutes
    python3 bench/run.py --scenario 1x1000 --servers hubbub,limit   a quick comparison
    python3 bench/run.py --scenario 20x50 --seconds 5 --json        any CHANNELSxMEMBERS

bench/README.md explains the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import resource
import shlex
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from servers import HOST, Server, UnavailableError, compiled, describe_python, known, started

BASELINE = "inspircd"
SATURATED = 0.95  # of one core
DISTURBED = 0.3  # of one core, used by others


class RunError(Exception):
    """A server ran, and the generator could not finish with it."""


@dataclass(frozen=True)
class Scenario:
    """What the generator is asked to do; `rate` is the open loop's, in messages a second."""

    name: str
    channels: int = 1
    members: int = 2
    senders: int = 1
    window: int = 8
    rate: int = 0
    idle: bool = False

    def settings(self, milliseconds: int) -> list[str]:
        values = asdict(self) | {"idle": int(self.idle), "milliseconds": milliseconds}
        return [f"{name}={value}" for name, value in values.items() if name != "name"]


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("1x1000", 1, 1000, senders=10, rate=50),
        Scenario("50x20", 50, 20, senders=4, rate=2_000),
        Scenario("500x2", 500, 2, senders=1, rate=10_000),
        Scenario("register", 100, 20, idle=True),
        Scenario("idle", 500, 20, idle=True),
    )
}


@dataclass(frozen=True)
class Figure:
    """A column of the table: how to take it from what the generator printed."""

    title: str
    format: Callable[[float], str]
    of: Callable[[dict[str, Any]], float | None]


def per(amount: str, time: str) -> Callable[[dict[str, Any]], float | None]:
    def of(run: dict[str, Any]) -> float | None:
        loop = run.get("closed")
        return loop[amount] / loop[time] if loop and loop[time] else None

    return of


def latency(name: str) -> Callable[[dict[str, Any]], float | None]:
    return lambda run: run["open"][name] if "open" in run else None


def kilobytes_a_client(run: dict[str, Any]) -> float | None:
    idle = run.get("idle")
    # a few hundred clients say more about the allocator than about the server
    if not idle or run["clients"] < 5_000:
        return None
    return float(idle["after_kb"] - idle["before_kb"]) / float(run["clients"])


def registrations_per(time: str) -> Callable[[dict[str, Any]], float | None]:
    def of(run: dict[str, Any]) -> float | None:
        spent = run["register"][time]
        return run["clients"] / spent if "idle" in run and spent else None

    return of


def cpu_share(whose: str) -> Callable[[dict[str, Any]], float]:
    def of(run: dict[str, Any]) -> float:
        loop = run.get("closed") or run["register"]
        return float(loop[whose] / loop["seconds"])

    return of


def others_share(run: dict[str, Any]) -> float:
    """What programs that are not ours used meanwhile, in cores."""
    ours = cpu_share("server_cpu")(run) + cpu_share("generator_cpu")(run)
    return max(0.0, cpu_share("machine_cpu")(run) - ours)


def millions(value: float) -> str:
    return f"{value / 1e6:.2f} M" if value >= 1e5 else f"{value / 1e3:.1f} k"


def percent(value: float) -> str:
    return f"{value:.0%}"


PER_CPU = "per CPU s"
FIGURES = (
    Figure("deliveries/s", millions, per("deliveries", "seconds")),
    Figure(PER_CPU, millions, per("deliveries", "server_cpu")),
    Figure("p50 ms", "{:.2f}".format, latency("p50_ms")),
    Figure("p99 ms", "{:.2f}".format, latency("p99_ms")),
    Figure("max ms", "{:.1f}".format, latency("max_ms")),
    Figure("KB/client", "{:.1f}".format, kilobytes_a_client),
    Figure("regs/s", "{:.0f}".format, registrations_per("seconds")),
    Figure("regs/CPU s", "{:.0f}".format, registrations_per("server_cpu")),
    Figure("server CPU", percent, cpu_share("server_cpu")),
    Figure("gen. CPU", percent, cpu_share("generator_cpu")),
    Figure("others", percent, others_share),
)


@dataclass
class Measured:
    """Every round of one server in one scenario; `failure` says why there are no more."""

    scenario: Scenario
    server: Server
    runs: list[dict[str, Any]]
    failure: str = ""

    def values(self, figure: Figure) -> list[float]:
        return [value for run in self.runs if (value := figure.of(run)) is not None]

    def median(self, figure: Figure) -> float | None:
        values = self.values(figure)
        return statistics.median(values) if values else None

    def complaints(self) -> list[str]:
        """What makes these figures doubtful, one sentence each."""
        where = f"{self.scenario.name} {self.server.name}: "
        found = []
        for loop in ("closed", "open"):
            for counts in (run[loop] for run in self.runs if loop in run):
                if not counts["complete"] or counts["wrong"]:
                    found.append(
                        f"{where}{loop} loop: messages lost, doubled or out of order "
                        f"({counts['wrong']} wrong numbers, {counts['total_sent']} sent, "
                        f"{counts['total_received']} received)"
                    )
        generator, server = cpu_share("generator_cpu"), cpu_share("server_cpu")
        limited = sum(generator(run) > SATURATED > server(run) for run in self.runs)
        if limited:
            found.append(
                f"{where}the generator was the limit in {limited} of {len(self.runs)} rounds: "
                "deliveries/s and regs/s are lower bounds"
            )
        others = max(map(others_share, self.runs), default=0.0)
        if others > DISTURBED:
            found.append(
                f"{where}other programs used up to {others:.0%} of a core: measure again when it "
                "is quiet, or with --quiet"
            )
        return found


@dataclass(frozen=True)
class Cpus:
    """Which cores the server and the generator may use."""

    server: set[int]
    generator: set[int]

    @staticmethod
    def divided(server_cores: int) -> Cpus:
        """The generator has the last core, the server `server_cores` others (0: no pinning)."""
        mine = sorted(os.sched_getaffinity(0))
        if server_cores == 0 or len(mine) < 2:
            return Cpus(set(mine), set(mine))
        return Cpus(set(mine[:-1][:server_cores]), {mine[-1]})


@dataclass(frozen=True)
class Plan:
    """How to measure, whatever the server and the scenario."""

    rounds: int
    milliseconds: int
    cpus: Cpus
    under: Sequence[str]
    quiet: float  # seconds to wait for a quiet machine before each measurement


def measure(server: Server, scenario: Scenario, generator: Path, plan: Plan) -> dict[str, Any]:
    """One server, one scenario, once, from start to end. Raises UnavailableError, RunError."""
    with (
        tempfile.TemporaryDirectory(prefix=f"bench-{server.name}-") as directory,
        started(server, Path(directory), plan.cpus.server, plan.under) as running,
    ):
        pids = ",".join(map(str, running.pids()))
        where = [f"host={HOST}", f"port={running.port}", f"pids={pids}"]
        what = [f"at_once={server.at_once}", *scenario.settings(plan.milliseconds)]
        try:
            done = subprocess.run(
                [str(generator), *where, *what],
                capture_output=True,
                text=True,
                timeout=120 + 3 * plan.milliseconds / 1000,
                preexec_fn=lambda: os.sched_setaffinity(0, plan.cpus.generator),
            )
        except subprocess.TimeoutExpired:
            raise RunError("it did not come to an end") from None
        if done.returncode:
            raise RunError(done.stderr.strip())
        result: dict[str, Any] = json.loads(done.stdout)
        return result


def measure_all(
    servers: Sequence[Server], scenarios: Sequence[Scenario], plan: Plan
) -> list[Measured]:
    """Server by server within a round, so that noise from outside hits all alike."""
    table = [Measured(scenario, server, []) for scenario in scenarios for server in servers]
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        generator = compiled("load.c", Path(directory))
        for number in range(1, plan.rounds + 1):
            for row in table:
                if row.failure:
                    continue
                wait_for_quiet(plan.quiet)
                say(f"round {number}/{plan.rounds}: {row.scenario.name} {row.server.name}")
                try:
                    row.runs.append(measure(row.server, row.scenario, generator, plan))
                except RunError as why:
                    row.failure = str(why)
                    say(f"FAILED: {row.server.name} in {row.scenario.name}: {why}")
                except UnavailableError as why:
                    say(f"SKIPPED: {row.server.name}: {why}")
                    for other in table:
                        if other.server is row.server:
                            other.failure = str(why)
    return table


def wait_for_quiet(seconds: float) -> None:
    """Until other programs leave the machine alone for a second; at most so many seconds."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        before = machine_ticks()
        time.sleep(1)
        if machine_ticks() - before < DISTURBED * os.sysconf("SC_CLK_TCK"):
            return


def machine_ticks() -> int:
    """Clock ticks that all cores were busy since the machine was started."""
    user, nice, system, _, _, *rest = map(int, Path("/proc/stat").read_text().split()[1:9])
    return user + nice + system + sum(rest)


def ratio(measured: Measured, all_of_them: Iterable[Measured], figure: Figure) -> str:
    """How many times the baseline's figure, round by round, then the middle one."""
    for other in all_of_them:
        if other.server.name == BASELINE and other.scenario == measured.scenario:
            pairs = zip(measured.values(figure), other.values(figure), strict=False)
            ratios = [mine / theirs for mine, theirs in pairs if theirs]
            if ratios:
                return f"{statistics.median(ratios):.2f}"
    return ""


def cell(measured: Measured, figure: Figure) -> str:
    middle = measured.median(figure)
    return "" if middle is None else figure.format(middle)


def lines_of(table: Sequence[Measured]) -> list[str]:
    """The table as Markdown, its columns aligned."""
    head = ["scenario", "server"]
    for figure in FIGURES:
        head.append(figure.title)
        if figure.title == PER_CPU:
            head += ["min-max", f"x {BASELINE}"]
    rows = [head]
    for measured in table:
        if not measured.runs:
            continue
        row = [measured.scenario.name, measured.server.name]
        for figure in FIGURES:
            row.append(cell(measured, figure))
            if figure.title == PER_CPU:
                values = measured.values(figure)
                spread = f"{min(values) / 1e6:.2f}-{max(values) / 1e6:.2f}" if values else ""
                row += [spread, ratio(measured, table, figure)]
        rows.append(row)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]

    def line(row: Sequence[str]) -> str:
        cells = [
            text.ljust(width) if i < 2 else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        return "| " + " | ".join(cells) + " |"

    rule = ["-" * width if i < 2 else "-" * (width - 1) + ":" for i, width in enumerate(widths)]
    return [line(head), line(rule), *map(line, rows[1:])]


def machine() -> str:
    model = ""
    for text in Path("/proc/cpuinfo").read_text().splitlines():
        if text.startswith("model name"):
            model = text.split(":", 1)[1].strip()
            break
    kernel = f"{platform.system()} {platform.release()}"
    return f"{model or platform.machine()}, {os.cpu_count()} cores, {kernel}"


def scenario_of(name: str) -> Scenario:
    """A known scenario, or any CHANNELSxMEMBERS."""
    if name in SCENARIOS:
        return SCENARIOS[name]
    if (shape := re.fullmatch(r"(\d+)x(\d+)", name)) is None:
        known = ", ".join(SCENARIOS)
        raise argparse.ArgumentTypeError(f"{name!r} is none of {known}, nor CHANNELSxMEMBERS")
    channels, members = int(shape[1]), int(shape[2])
    if channels < 1 or members < 2 or channels * members > 20_000:
        raise argparse.ArgumentTypeError("2 to 20000 clients, at least two in a channel")
    senders = min(4, members - 1)
    return Scenario(name, channels, members, senders, rate=max(1, 50_000 // (members - 1)))


def server_of(name: str) -> str:
    if name not in known():
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known())}")
    return name


def listed(of: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    def split(text: str) -> list[Any]:
        return [of(part.strip()) for part in text.split(",") if part.strip()]

    return split


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench/run.py",
        description=(__doc__ or "").strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--servers", type=listed(server_of), default=list(known()), metavar="A,B")
    add("--scenario", type=listed(scenario_of), default=list(SCENARIOS.values()), metavar="A,B")
    add("--seconds", type=float, default=2.0, help="of each measured window (default 2)")
    add("--rounds", type=int, default=3, help="each server is measured so often (default 3)")
    add("--senders", type=int, help="in each channel, in place of the scenario's own number")
    add("--window", type=int, help="messages that each sender keeps in flight (default 8)")
    add("--rate", type=int, help="messages a second of the open loop; 0 leaves it out")
    add(
        "--server-cores",
        type=int,
        default=1,
        help="cores for the server (default 1; 0: no pinning)",
    )
    add(
        "--quiet",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="wait so long at most before each measurement until the machine is quiet",
    )
    add("--python", default=sys.executable, metavar="PATH", help="runs our server (default: this)")
    add(
        "--under", type=shlex.split, default=[], metavar="COMMAND", help="run the server under this"
    )
    add("--json", action="store_true", help="print everything measured as one JSON object")
    asked = parser.parse_args(arguments)
    if not 0 < asked.seconds <= 60 or not 1 <= asked.rounds <= 50:
        parser.error("--seconds up to 60, --rounds 1 to 50")
    return asked


def adjusted(scenario: Scenario, asked: argparse.Namespace) -> Scenario:
    if scenario.idle:
        return scenario
    given = {name: getattr(asked, name) for name in ("senders", "window", "rate")}
    return replace(scenario, **{name: value for name, value in given.items() if value is not None})


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def allow_many_files() -> None:
    """10,000 clients need as many descriptors on both sides; root may raise the hard limit too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if os.geteuid() == 0 else hard
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, soft), max(wanted, hard)))
    except (ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main() -> int:
    asked = parse_arguments()
    if not sys.platform.startswith("linux"):
        say("bench/run.py needs Linux: the generator uses epoll, and CPU time is read from /proc")
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    allow_many_files()
    cpus = Cpus.divided(asked.server_cores)
    scenarios = [adjusted(scenario, asked) for scenario in asked.scenario]
    plan = Plan(asked.rounds, round(asked.seconds * 1000), cpus, asked.under, asked.quiet)
    servers = [known(asked.python)[name] for name in asked.servers]
    try:
        python = describe_python(asked.python)
        table = measure_all(servers, scenarios, plan)
    except UnavailableError as why:
        say(str(why))
        return 1
    except KeyboardInterrupt:
        return 130
    if asked.json:
        head = {"machine": machine(), "python": python, "date": str(date.today())}
        print(json.dumps({**head, "rows": as_json(table)}))
    else:
        print(f"{machine()}; hubbub on {python}; {date.today()}")
        print(f"medians of {plan.rounds} rounds of {asked.seconds:g} s\n")
        print("\n".join(lines_of(table)))
    for complaint in [c for measured in table for c in measured.complaints()]:
        say(complaint)
    return 0 if all(measured.runs for measured in table) else 1


def as_json(table: Sequence[Measured]) -> list[dict[str, Any]]:
    return [
        {
            "scenario": asdict(measured.scenario),
            "server": measured.server.name,
            "medians": {f.title: measured.median(f) for f in FIGURES},
            "runs": measured.runs,
            "failure": measured.failure,
        }
        for measured in table
    ]


if __name__ == "__main__":
    sys.exit(main())
