"""bench/soak.py, for some seconds: the load runs, and growth is found."""

import asyncio
import sys

import pytest
import soak
from mixed import Load
from soak import Plan, Report, Sample, Slope


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it reads /proc")
def test_a_short_run_does_all_and_loses_nobody(tmp_path):
    plan = Plan(seconds=4, residents=5, every=0.1, objects=True)
    report = asyncio.run(soak.soak(tmp_path, plan))
    assert not report.errors
    assert not report.load.failed
    assert sum(report.load.did.values()) == plan.seconds * plan.rate
    assert set(report.load.did) >= {"talk", "guest", "question"}
    assert report.last.private > 10_000  # KB
    assert any("Deduplicator._places" in line for line in report.lines)


def test_the_line_through_the_samples():
    exact = soak.slope([(second, 500 + 2 * second) for second in range(60)])
    assert exact.growth == pytest.approx(120)  # KB a minute
    assert exact.doubt == pytest.approx(0, abs=1e-6)
    uneven = soak.slope([(second, 2 * second + second % 2) for second in range(60)])
    assert abs(uneven.growth - 120) <= uneven.doubt


def test_samples_that_resemble_their_neighbours_say_less():
    def wave(length):
        return soak.slope([(second, second // length % 2) for second in range(120)])

    assert wave(15).doubt > 2 * wave(1).doubt


@pytest.mark.parametrize(
    ("growth", "failed", "errors", "code"),
    [(1, "", "", 0), (99, "", "", 1), (1, "cut off", "", 1), (1, "", "ERROR", 1)],
)
def test_growth_a_lost_client_and_a_complaint_fail(
    monkeypatch, capsys, growth, failed, errors, code
):
    async def ran(directory, plan):
        load = Load(0, plan.seed)
        load.failed.update([failed] if failed else [])
        sample = Sample(0, 1, 1)
        slopes = {"private": Slope(growth, 0), "resident": Slope(0, 0)}
        return Report(slopes, sample, sample, load, [], errors)

    monkeypatch.setattr(soak, "soak", ran)
    assert soak.main(["--minutes", "3", "--most", "20"]) == code
    assert capsys.readouterr().out.rstrip().endswith("FAILED" if code else "ok")


def test_what_grew_most_is_told_first():
    before = {"types": {"A": 1, "B": 5, "C": 2}}
    after = {"types": {"A": 2, "B": 9, "C": 2}}
    assert soak.grown(before, after) == ["  types: B 9 (+4)", "  types: A 2 (+1)"]
