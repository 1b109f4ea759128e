"""The report of a grading: lines for people, and files for programs."""

from __future__ import annotations

import json
import textwrap
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .judging import LATER, NOT_JUDGED, PASSED, Failure, Result

_WIDTH = 100
_LABEL = 14


@dataclass(frozen=True)
class Report:
    """All results, and what all of them depend on."""

    results: Sequence[Result]
    seed: int
    problem: str = ""
    """Why there is no grade: it did not build or start, or the machine was too busy."""
    output: str = ""
    """What the compiler or the program printed then."""

    @property
    def points(self) -> int:
        return sum(each.points for each in self.results)

    @property
    def of(self) -> int:
        return sum(each.check.points for each in self.results)


# -- for people ------------------------------------------------------------------------------------


def lines_of(result: Result, again: str) -> Iterator[str]:
    """One line; for a failure also what was done, expected and got. `again` is the command that
    repeats it."""
    check = result.check
    points = f"{result.points} of {check.points}"
    yield f"{result.result:10}  {points:6}  {check.id:13}  {check.holds}"
    if result.why:
        yield f"{'':20}{result.why}"
    if result.failure:
        yield from _failure(result, result.failure, again)


def _failure(result: Result, failure: Failure, again: str) -> Iterator[str]:
    yield ""
    for who, what in failure.story:
        yield from _labelled(who, what)
    yield from _labelled("Expected", failure.expected)
    yield from _labelled("Got", failure.got)
    if result.failures < result.tries:
        yield from _labelled("Unsteady", f"it failed in {result.failures} of {result.tries} tries")
    yield from _labelled("Usually", result.check.usually)
    words, dashes, command = again.partition(" -- ")
    once_more = f"{words} --only {result.check.id}"
    yield from _labelled("See it", f"{once_more} --show{dashes}{command}", wrap=False)
    yield from _labelled("Once more", f"{once_more}{dashes}{command}", wrap=False)
    yield ""


def _labelled(label: str, text: str, *, wrap: bool = True) -> Iterator[str]:
    room = _WIDTH - _LABEL - 6
    for line in text.splitlines():
        parts = textwrap.wrap(line, room) if wrap else [line]
        for part in parts or [""]:
            yield f"    {label:{_LABEL - 2}}  {part}".rstrip()
            label = ""


def summary(report: Report) -> Iterator[str]:
    if later := sum(each.why == LATER for each in report.results):
        yield f"Not made yet: {later}. They come when this holds; --all makes them now."
    counts = {each.result: 0 for each in report.results}
    for each in report.results:
        counts[each.result] += 1
    told = ", ".join(f"{count} {result}" for result, count in counts.items())
    yield f"{report.points} of {report.of} points: {told} (seed {report.seed})"


# -- for programs ----------------------------------------------------------------------------------


def as_json(report: Report) -> str:
    told: dict[str, Any] = {"points": report.points, "of": report.of, "seed": report.seed}
    if report.problem:
        told |= {"problem": report.problem, "output": report.output}
    told["checks"] = [_as_object(each) for each in report.results]
    return json.dumps(told, ensure_ascii=False, indent=1)


def _as_object(result: Result) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": result.check.id,
        "result": result.result,
        "points": result.points,
        "of": result.check.points,
        "holds": result.check.holds,
    }
    if result.why:
        told["why"] = result.why
    if failure := result.failure:
        told |= {"failures": result.failures, "tries": result.tries}
        told |= {"story": failure.story, "expected": failure.expected, "got": failure.got}
        told["usually"] = result.check.usually
    return told


def write_junit(report: Report, path: Path) -> None:
    suite = ET.Element("testsuite", name="hubbub grade", tests=str(len(report.results)))
    for each in report.results:
        case = ET.SubElement(suite, "testcase", classname=each.check.group, name=each.check.id)
        if each.result == NOT_JUDGED:
            ET.SubElement(case, "skipped", message=each.why)
        elif each.is_against_it:
            ET.SubElement(case, "failure", message=each.check.holds).text = _visible(_text(each))
    if report.problem:
        ET.SubElement(suite, "system-err").text = _visible(f"{report.problem}\n{report.output}")
    ET.indent(suite)
    ET.ElementTree(suite).write(path, "utf-8", xml_declaration=True)


def _visible(text: str) -> str:
    """Without characters that XML cannot hold, such as what a program printed in colours."""
    return "".join(char if char.isprintable() or char == "\n" else "?" for char in text)


def write_gradescope(report: Report, path: Path) -> None:
    """The file results.json of Gradescope's autograder."""
    tests = [
        {
            "name": f"{each.check.id}: {each.check.holds}",
            "score": each.points,
            "max_score": each.check.points,
            "status": "passed" if each.result == PASSED or each.points else "failed",
            "output": _text(each),
        }
        for each in report.results
    ]
    output = [report.problem, report.output] if report.problem else [*summary(report)]
    told = {"score": report.points, "output": "\n".join(output), "tests": tests}
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1), "utf-8")


def _text(result: Result) -> str:
    if result.failure is None:
        return result.why
    return "\n".join(_failure(result, result.failure, "python3 hubbub grade -- ..."))
