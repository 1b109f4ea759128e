#!/usr/bin/env python3
"""Benchmark chat servers side by side on this machine, and print one table.

    python3 bench/run.py                                            everything, about an hour
    python3 bench/run.py --scenario 1x1000 --servers hubbub,limit   a quick comparison
    python3 bench/run.py --scenario 20x50 --seconds 5 --json        any CHANNELSxMEMBERS
    python3 bench/run.py --scenario 50x20,50x20-tls                 and in another way, see below
    python3 bench/run.py --ergo ~/ergo/ergo --svg plot.svg          with Ergo, and a picture

Ways: -one (one message in flight for each sender), -few (eight for each channel, over all of its
senders), -tags, -mixed, -websocket, -tls (what clients request and how they connect), -indexed (CPU
until the index has everything), -steady (100 messages per second). bench/README.md explains the
figures.
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

from plot import bars
from servers import HOST, Server, UnavailableError, compiled, describe_python, known, started

BASELINE = "inspircd"
OURS = "hubbub"
DRIFTED = 0.1  # a peer's two measurements in a round differ by this share
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
    few: int = 0
    rate: int = 0
    caps: int = 0
    websocket: bool = False
    tls: bool = False
    settle: bool = False
    storm: bool = False
    idle: bool = False

    @property
    def shape(self) -> str:
        """Its name without the way."""
        return self.name.partition("-")[0]

    @property
    def only_ours(self) -> bool:
        """It compares our server with itself."""
        return bool(self.caps or self.websocket or self.tls or self.settle)

    def settings(self, milliseconds: int) -> list[str]:
        values = asdict(self) | {"milliseconds": milliseconds}
        return [f"{name}={int(value)}" for name, value in values.items() if name != "name"]


#: What a way changes in a scenario.
WAYS: dict[str, dict[str, Any]] = {
    "one": {"window": 1, "rate": 0},
    "few": {"window": 0, "few": 8, "rate": 0},
    "tags": {"caps": 1, "rate": 0},
    "mixed": {"caps": 2, "rate": 0},
    "websocket": {"websocket": True, "rate": 0},
    "tls": {"tls": True, "rate": 0},
    "indexed": {"settle": True, "rate": 0},
    "steady": {"window": 0, "rate": 100},
}
SHAPES = (
    Scenario("1x1000", 1, 1000, senders=10, rate=50),
    Scenario("50x20", 50, 20, senders=4, rate=2_000),
    Scenario("500x2", 500, 2, senders=1, rate=10_000),
)


def in_a_way(scenario: Scenario, way: str) -> Scenario:
    return replace(scenario, name=f"{scenario.name}-{way}", **WAYS[way])


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        *SHAPES,
        *(in_a_way(shape, way) for way in WAYS if way != "steady" for shape in SHAPES),
        in_a_way(SHAPES[0], "steady"),
        Scenario("register", 100, 20, idle=True),
        Scenario("storm", 1, 2000, storm=True, idle=True),
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


def microseconds_a_message(loop: str) -> Callable[[dict[str, Any]], float | None]:
    def of(run: dict[str, Any]) -> float | None:
        counts = run.get(loop)
        if not counts or not counts["messages"]:
            return None
        return float(counts["server_cpu"]) / float(counts["messages"]) * 1e6

    return of


def storm_cpu(run: dict[str, Any]) -> float | None:
    return float(run["join"]["server_cpu"]) if run.get("storm") else None


def registrations_per(time: str) -> Callable[[dict[str, Any]], float | None]:
    def of(run: dict[str, Any]) -> float | None:
        spent = run["register"][time]
        wanted = "idle" in run and not run.get("storm")
        return run["clients"] / spent if wanted and spent else None

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
PLAIN = "x plain"
FIGURES = (
    Figure("deliveries/s", millions, per("deliveries", "seconds")),
    Figure(PER_CPU, millions, per("deliveries", "server_cpu")),
    Figure("us/message", "{:.1f}".format, microseconds_a_message("closed")),
    Figure("us until indexed", "{:.1f}".format, microseconds_a_message("settled")),
    Figure("p50 ms", "{:.2f}".format, latency("p50_ms")),
    Figure("p99 ms", "{:.2f}".format, latency("p99_ms")),
    Figure("max ms", "{:.1f}".format, latency("max_ms")),
    Figure("KB/client", "{:.1f}".format, kilobytes_a_client),
    Figure("regs/s", "{:.0f}".format, registrations_per("seconds")),
    Figure("regs/CPU s", "{:.0f}".format, registrations_per("server_cpu")),
    Figure("storm CPU s", "{:.2f}".format, storm_cpu),
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

    def rounds(self, figure: Figure) -> dict[int, float]:
        """The mean of each round: a peer is measured twice in one, before and after ours."""
        found: dict[int, list[float]] = {}
        for run in self.runs:
            if (value := figure.of(run)) is not None:
                found.setdefault(run["round"], []).append(value)
        return {number: statistics.fmean(values) for number, values in found.items()}

    def median(self, figure: Figure) -> float | None:
        values = self.values(figure)
        return statistics.median(values) if values else None

    def drift(self) -> float:
        """The largest difference within a round, as a share."""
        figure = FIGURES[1]
        assert figure.title == PER_CPU
        found = 0.0
        for number in {run["round"] for run in self.runs}:
            runs = (figure.of(run) for run in self.runs if run["round"] == number)
            values = [value for value in runs if value]
            if values:
                found = max(found, max(values) / min(values) - 1)
        return found

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
        if self.drift() > DRIFTED:
            found.append(
                f"{where}its two measurements in a round differ by {self.drift():.0%}: "
                "ratios to it are that uncertain"
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
        return result | {"storm": scenario.storm}


def measure_all(
    servers: Sequence[Server], scenarios: Sequence[Scenario], plan: Plan
) -> list[Measured]:
    """Server by server within a round, so that noise from outside hits all alike."""
    table = [
        Measured(scenario, server, [])
        for scenario in scenarios
        for server in servers
        if server.name == OURS or not scenario.only_ours
    ]
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        generator = compiled("load.c", Path(directory))
        for number in range(1, plan.rounds + 1):
            for scenario in scenarios:
                for row in before_and_after([row for row in table if row.scenario is scenario]):
                    if not row.failure:
                        wait_for_quiet(plan.quiet)
                        say(f"round {number}/{plan.rounds}: {scenario.name} {row.server.name}")
                        measure_row(row, table, number, generator, plan)
    return table


def before_and_after(rows: Sequence[Measured]) -> list[Measured]:
    """Peers drift while others are measured, so they are measured on both sides of them."""
    peers = [row for row in rows if row.server.peer]
    rest = [row for row in rows if not row.server.peer]
    return [*peers, *rest, *reversed(peers)] if rest else peers


def measure_row(
    row: Measured, table: Sequence[Measured], number: int, generator: Path, plan: Plan
) -> None:
    name = row.server.name
    try:
        run = measure(row.server, row.scenario, generator, plan)
        row.runs.append(run | {"round": number})
    except RunError as why:
        row.failure = str(why)
        say(f"FAILED: {name} in {row.scenario.name}: {why}")
    except UnavailableError as why:
        say(f"SKIPPED: {name}: {why}")
        for other in table:
            if other.server is row.server:
                other.failure = str(why)


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


def ratio(mine: Measured, theirs: Measured | None, figure: Figure) -> float | None:
    """How many times the other's figure, round by round, then the middle one."""
    if theirs is None:
        return None
    own, other = mine.rounds(figure), theirs.rounds(figure)
    ratios = [own[number] / other[number] for number in own if other.get(number)]
    return statistics.median(ratios) if ratios else None


def row_of(table: Iterable[Measured], scenario: str, server: str) -> Measured | None:
    for row in table:
        if (row.scenario.name, row.server.name) == (scenario, server):
            return row
    return None


def to_baseline(measured: Measured, table: Iterable[Measured], figure: Figure) -> float | None:
    return ratio(measured, row_of(table, measured.scenario.name, BASELINE), figure)


def to_plain(measured: Measured, table: Iterable[Measured], figure: Figure) -> float | None:
    """How many times the same server's figure in the scenario without a way."""
    if measured.scenario.name == measured.scenario.shape:
        return None
    return ratio(measured, row_of(table, measured.scenario.shape, measured.server.name), figure)


def cell(value: float | None, format: Callable[[float], str]) -> str:
    return "" if value is None else format(value)


def cells_of(measured: Measured, table: Sequence[Measured]) -> dict[str, str]:
    """A row of the table, by the titles of its columns."""
    row = {"scenario": measured.scenario.name, "server": measured.server.name}
    for figure in FIGURES:
        row[figure.title] = cell(measured.median(figure), figure.format)
        if figure.title == PER_CPU:
            values = measured.values(figure)
            row["min-max"] = f"{min(values) / 1e6:.2f}-{max(values) / 1e6:.2f}" if values else ""
            row[f"x {BASELINE}"] = cell(to_baseline(measured, table, figure), "{:.2f}".format)
            row[PLAIN] = cell(to_plain(measured, table, figure), "{:.2f}".format)
    return row


def lines_of(table: Sequence[Measured]) -> list[str]:
    """The table as Markdown: its columns aligned, those without a value left out."""
    found = [cells_of(measured, table) for measured in table if measured.runs]
    if not found:
        return []
    titles = [title for title in found[0] if any(row[title] for row in found)]
    rows = [titles, *([row[title] for title in titles] for row in found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]

    def line(row: Sequence[str]) -> str:
        cells = [
            text.ljust(width) if i < 2 else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        return "| " + " | ".join(cells) + " |"

    rule = ["-" * width if i < 2 else "-" * (width - 1) + ":" for i, width in enumerate(widths)]
    return [line(titles), line(rule), *map(line, rows[1:])]


def drawing(table: Sequence[Measured], note: str) -> str:
    """An SVG of the ratios to the baseline per CPU second."""
    figure = FIGURES[1]
    groups: dict[str, list[tuple[str, float]]] = {}
    for measured in table:
        value = to_baseline(measured, table, figure)
        if value is not None and not measured.scenario.only_ours:
            group = groups.setdefault(measured.scenario.name, [])
            group.append((measured.server.name, value))
    return bars(f"Deliveries per CPU second, {BASELINE} = 1", groups, note, strong=OURS)


def machine() -> str:
    model = ""
    for text in Path("/proc/cpuinfo").read_text().splitlines():
        if text.startswith("model name"):
            model = text.split(":", 1)[1].strip()
            break
    kernel = f"{platform.system()} {platform.release()}"
    return f"{model or platform.machine()}, {os.cpu_count()} cores, {kernel}"


def scenario_of(name: str) -> Scenario:
    """A known scenario, or any CHANNELSxMEMBERS, in any way."""
    if name in SCENARIOS:
        return SCENARIOS[name]
    shape, _, way = name.partition("-")
    if way:
        if way not in WAYS:
            raise argparse.ArgumentTypeError(f"{way!r} is none of {', '.join(WAYS)}")
        return in_a_way(scenario_of(shape), way)
    if (found := re.fullmatch(r"(\d+)x(\d+)", name)) is None:
        known = ", ".join(SCENARIOS)
        raise argparse.ArgumentTypeError(f"{name!r} is none of {known}, nor CHANNELSxMEMBERS")
    channels, members = int(found[1]), int(found[2])
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
    add("--servers", type=listed(server_of), metavar="A,B", help="default: all that there are")
    add("--ergo", type=Path, metavar="PATH", help="Ergo's program, built from its repository")
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
    add("--svg", type=Path, metavar="FILE", help="draw the ratios to InspIRCd into this file")
    asked = parser.parse_args(arguments)
    if asked.servers is None:
        asked.servers = [name for name in known() if asked.ergo or not name.startswith("ergo")]
    if not 0 < asked.seconds <= 60 or not 1 <= asked.rounds <= 50:
        parser.error("--seconds up to 60, --rounds 1 to 50")
    return asked


def adjusted(scenario: Scenario, asked: argparse.Namespace) -> Scenario:
    if scenario.idle:
        return scenario
    given = {name: getattr(asked, name) for name in ("senders", "window", "rate")}
    if scenario.few:
        given["window"] = None
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
    servers = [known(asked.python, asked.ergo)[name] for name in asked.servers]
    try:
        python = describe_python(asked.python)
        table = measure_all(servers, scenarios, plan)
    except UnavailableError as why:
        say(str(why))
        return 1
    except KeyboardInterrupt:
        return 130
    if asked.svg:
        note = f"{machine()}; hubbub on {python.partition(' (')[0]}; {date.today()}"
        asked.svg.write_text(drawing(table, note), "utf-8")
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
