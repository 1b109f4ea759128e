"""bench/grading.py: what it counts, and what it writes."""

import json
from types import SimpleNamespace

import grading
import pytest

RIGHT = grading.Subject("right.py", "engines", ("right",))
FAULTY = grading.Subject("01-faulty", "museum", ("faulty",), ("line.split", "line.bytes"))


@pytest.fixture
def grader(monkeypatch):
    """A grader that finds these checks failed, one list for each of its runs."""

    def answers(*runs, code=1):
        waiting = list(runs)

        def run(words, **how):
            failed = waiting.pop(0)
            checks = [
                {"id": id, "result": "failed", "points": 0, "expected": "this", "got": "that"}
                for id in failed
            ]
            checks.append({"id": "line.seeded", "result": "not judged", "points": 0})
            told = {"problem": "busy", "checks": checks}
            return SimpleNamespace(returncode=code, stdout=json.dumps(told))

        monkeypatch.setattr(grading.subprocess, "run", run)

    return answers


def test_whatever_fails_in_a_right_program_is_counted(grader):
    grader([], ["talk.two"])
    tally = grading.measure(RIGHT, 2, "idle")
    assert (tally.failed, tally.missed) == ({"talk.two": 1}, {})
    assert grading.cell(tally) == "talk.two 1/2"


def test_a_fault_that_is_not_found_is_counted(grader):
    # The first run makes all checks, the second one those that have to find it.
    grader(["line.split", "line.bytes"], ["line.split"], [])
    tally = grading.measure(FAULTY, 2, "idle")
    assert tally.missed == {"line.bytes": 1}


def test_a_run_on_a_machine_too_busy_counts_for_nothing(grader):
    grader([], code=3)
    tally = grading.measure(FAULTY, 1, "busy")
    assert (tally.too_busy, tally.missed, tally.failed) == (1, {}, {})


def test_rows_are_put_into_the_page_beside_those_of_other_programs(grader, tmp_path, monkeypatch):
    page = tmp_path / "grader.md"
    page.write_text("# Page\n\n## Measured\n")
    monkeypatch.setattr(grading, "PAGE", page)
    for subject, failed in ((RIGHT, []), (FAULTY, ["line.split", "line.bytes"]), (RIGHT, ["a.b"])):
        grader(failed)
        tally = grading.measure(subject, 1, "idle")
        grading.write([grading.row(subject, tally, None)], "0 false failures", ["--runs", "1"])
    assert page.read_text().splitlines() == [
        "# Page",
        "",
        "## Measured",
        "",
        *["- `python3 bench/grading.py --runs 1`: 0 false failures."] * 3,
        "",
        "| program | idle: failed | busy: failed | not judged therefore |",
        "|---|---|---|---|",
        "| right.py | a.b 1/1 | not measured | line.seeded |",
        "| 01-faulty | line.bytes 1/1, line.split 1/1 | not measured | line.seeded |",
    ]
