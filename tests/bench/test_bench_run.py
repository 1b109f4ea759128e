"""bench/run.py: its output, its errors, and that it stops what it starts."""

import argparse
import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import run
import servers
from running_server import PATIENCE

RUN = Path(run.__file__)


def loop(deliveries: int, **others: Any) -> dict[str, Any]:
    plain = {"seconds": 2.0, "messages": 10, "deliveries": deliveries, "server_cpu": 1.0}
    more = {"generator_cpu": 1.0, "machine_cpu": 2.0, "p50_ms": 1.5, "p99_ms": 9.0, "max_ms": 20.0}
    end = {"complete": True, "wrong": 0, "strange": 0, "total_sent": 1, "total_received": 1}
    return plain | more | end | others


def row(server: str, *deliveries: int, scenario: str = "1x1000", **others: Any) -> run.Measured:
    start = {"seconds": 1.0, "server_cpu": 0.5, "generator_cpu": 0.1, "machine_cpu": 0.6}
    of = {"clients": 1000, "register": start}
    runs = [
        {**of, "round": at, "closed": loop(n, **others), "open": loop(n)}
        for at, n in enumerate(deliveries)
    ]
    return run.Measured(run.SCENARIOS[scenario], servers.known()[server], runs)


def test_the_table_shows_medians_spread_and_the_ratio_to_the_baseline() -> None:
    table = [row("hubbub", 6_000_000, 9_000_000, 4_000_000), row("inspircd", *[2_000_000] * 3)]
    head, rule, first, second = run.lines_of(table)
    assert len(head) == len(rule) == len(first) == len(second)
    cells = [cell.strip() for cell in first.strip("|").split("|")]
    assert cells[:6] == ["1x1000", "hubbub", "3.00 M", "6.00 M", "4.00-9.00", "3.00"]
    assert "1.00" in second


def test_a_peer_is_measured_before_and_after_ours() -> None:
    rows = [row(name) for name in ("hubbub", "inspircd", "limit")]
    order = [each.server.name for each in run.before_and_after(rows)]
    assert order == ["inspircd", "hubbub", "limit", "inspircd"]


def test_the_ratio_is_to_the_mean_of_the_two_and_their_drift_is_reported() -> None:
    peer = row("inspircd", 1_000_000, 3_000_000)
    peer.runs[1]["round"] = 0
    assert run.to_baseline(row("hubbub", 4_000_000), [peer], run.FIGURES[1]) == 2.0
    (complaint,) = peer.complaints()
    assert "its two measurements in a round differ by 200%" in complaint


def test_another_way_is_compared_with_the_plain_one() -> None:
    table = [row("hubbub", 4_000_000), row("hubbub", 3_000_000, scenario="1x1000-tls")]
    head, _, plain, tls = run.lines_of(table)
    at = [title.strip() for title in head.split("|")].index(run.PLAIN)
    assert [line.split("|")[at].strip() for line in (plain, tls)] == ["", "0.75"]


def test_the_drawing_has_a_bar_for_each_server_of_each_scenario() -> None:
    table = [row("hubbub", 6_000_000), row("inspircd", 2_000_000)]
    root = ElementTree.fromstring(run.drawing(table, "this <machine>"))
    words = ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert words[1:] == ["1x1000", "hubbub", "3.00", "inspircd", "1.00", "this <machine>"]


def test_ergo_without_a_path_says_where_to_give_it(tmp_path: Path) -> None:
    with pytest.raises(servers.UnavailableError, match="--ergo PATH"):
        servers.known()["ergo"].prepare(tmp_path, 1)


def test_ergo_keeps_messages_only_when_it_is_asked_to(tmp_path: Path) -> None:
    found = {}
    for name in ("ergo", "ergo-history"):
        command = servers.known(ergo_program=Path("/bin/true"))[name].prepare(tmp_path, 1)
        assert command[:2] == ["/bin/true", "run"]
        found[name] = (tmp_path / "ircd.yaml").read_text().count("enabled: true")
    assert found["ergo-history"] == found["ergo"] + 2


def test_a_generator_that_was_the_limit_is_reported() -> None:
    (complaint,) = row("hubbub", 10, generator_cpu=1.98, server_cpu=1.0).complaints()
    assert "the generator was the limit in 1 of 1 rounds" in complaint


def test_lost_messages_are_reported() -> None:
    (complaint,) = row("hubbub", 10, complete=False).complaints()
    assert "messages lost, doubled or out of order" in complaint


def test_other_programs_that_disturbed_are_reported() -> None:
    (complaint,) = row("hubbub", 10, machine_cpu=5.0).complaints()
    assert "other programs used up to 150% of a core: measure again" in complaint


def test_memory_is_the_difference_over_the_clients() -> None:
    idle = {"clients": 10_000, "idle": {"before_kb": 20_000, "after_kb": 60_000}}
    assert run.kilobytes_a_client(idle) == 4.0


def test_any_shape_is_a_scenario() -> None:
    scenario = run.scenario_of("20x50")
    assert (scenario.channels, scenario.members, scenario.senders) == (20, 50, 4)
    assert run.scenario_of("3x2").senders == 1
    few = run.scenario_of("20x50-few")
    assert (few.members, few.window, few.few) == (50, 0, 8)


@pytest.mark.parametrize("name", ["big", "0x5", "5x1", "500x500", "5x2-fast"])
def test_a_shape_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        run.scenario_of(name)


def test_a_server_that_is_not_installed_says_how_to_install_it() -> None:
    with pytest.raises(servers.UnavailableError, match="To install it: apt install nosuchpackage"):
        servers.installed("no-such-program", "nosuchpackage")


def test_a_server_that_does_not_start_shows_its_own_words(tmp_path: Path) -> None:
    program = [sys.executable, "-c", "raise SystemExit('no room')"]
    broken = servers.Server("broken", "", lambda directory, port: program)
    with (
        pytest.raises(servers.UnavailableError, match=r"(?s)broken does not start.*no room"),
        servers.started(broken, tmp_path, os.sched_getaffinity(0)),
    ):
        pass


def test_a_run_measures_and_leaves_nothing_behind(built: dict[str, Path], tmp_path: Path) -> None:
    asked = ["--servers=limit", "--scenario=2x3", "--seconds=0.1", "--rounds=1", "--json"]
    done = subprocess.run(
        [sys.executable, RUN, *asked, "--server-cores=0"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    (measured,) = json.loads(done.stdout)["rows"]
    closed = measured["runs"][0]["closed"]
    assert closed["complete"]
    assert closed["total_received"] == 2 * closed["total_sent"]
    assert not list(tmp_path.iterdir())
    assert not commands_with(str(tmp_path))


def commands_with(words: str) -> list[str]:
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(each.read_text(errors="replace"))
    return [command for command in found if words in command]
