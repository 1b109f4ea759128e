"""`hubbub grade`: test a chat server in any language, and say what does not hold yet.

    clients -> stage -> check, checks -> fairness -> judging -> report

`clients` are the grader's connections; a `stage` is one start of the program with people in front
of it; `checks` do something there and raise Failed; `judging` decides what that means, with the
help of `fairness`. docs/grader.md describes it for teachers.

The rule above all others: a right program is never blamed. Waits are for events, a clock only ends
them; what the kernel does with bytes may hide a fault, but cannot show one that is not there.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import UsageError
from ...invocation import CLONE
from .. import lessons, progress
from ..program import NotStarted
from . import checks, report
from .check import CHECKS, LAST_ECHO_LESSON, Check, of_lesson, with_needs
from .fairness import TooBusy
from .judging import LATER, NOT_JUDGED, Judge, Result
from .report import Report
from .stage import Setting

__all__ = ["CHECKS", "Asked", "checks", "grade", "main"]

ALL_HOLD, SOMETHING_FAILED, NOT_BUILT, MACHINE_TOO_BUSY = range(4)
"""The exit codes."""
_BUILD_SECONDS = 120
_KEPT_OUTPUT = 40  # lines

Tells = Callable[[str, str], None]


@dataclass(frozen=True)
class Asked:
    """What the command line asks for."""

    command: Sequence[str]
    lesson: int | None = None
    goes_on: bool = False
    only: str | None = None
    seed: int = 0
    build: str | None = None
    shows: bool = False


def main(
    asked: Asked, *, as_json: bool, junit: Path | None = None, gradescope: Path | None = None
) -> int:
    """Grade and print. Returns the exit code."""
    _let_programs_be_interrupted()
    _unbreakable_output()
    results: list[Result] = []
    again = _typed(asked)
    code, problem, output = ALL_HOLD, "", ""
    try:
        for result in grade(asked, (lambda who, what: None) if as_json else _Showing(asked)):
            results.append(result)
            if not as_json and _is_told(asked, result):
                print("\n".join(report.lines_of(result, again)), flush=True)
        code = _code(results)
        _remember(asked, results)
    except _NotBuilt as failed:
        code, problem, output = NOT_BUILT, str(failed), failed.output
    except NotStarted as failed:
        code, problem = NOT_BUILT, f"did not start: {failed}"
    except TooBusy as failed:
        code, problem = MACHINE_TOO_BUSY, f"this machine is too busy to be fair: {failed}"
    found = Report(_shown(asked, results, problem), asked.seed, problem, output)
    if junit:
        report.write_junit(found, junit)
    if gradescope:
        report.write_gradescope(found, gradescope)
    if as_json:
        print(report.as_json(found))
    elif problem:
        print("\n".join([f"hubbub grade: {problem}", *output.splitlines()]), file=sys.stderr)
    else:
        print("\n".join(report.summary(found)))
    return code


def _remember(asked: Asked, results: Sequence[Result]) -> None:
    """Keep how many checks of a lesson passed: `learn`, the lab and a class look there."""
    lesson = lessons.find(asked.lesson) if asked.lesson is not None else None
    if lesson and asked.only is None:
        passed = [each for each in results if each.check.id in lesson.checks and each.points]
        progress.keep(lesson, len(passed))


def _is_told(asked: Asked, result: Result) -> bool:
    """Is it told to people at once? Not what comes after the first failure."""
    return result.is_against_it or (asked.only in (None, result.check.id) and result.why != LATER)


def _code(results: Sequence[Result]) -> int:
    if any(each.failure and each.failure.ended_at_start for each in results[:1]):
        return NOT_BUILT
    return SOMETHING_FAILED if any(each.is_against_it for each in results) else ALL_HOLD


def _shown(asked: Asked, results: Sequence[Result], problem: str) -> list[Result]:
    """Without a grade, every check is there as not judged. With --only, one, and what failed."""
    if problem:
        return [Result(each, NOT_JUDGED, problem) for each in _chosen(asked)]
    return [each for each in results if asked.only in (None, each.check.id) or each.is_against_it]


def grade(asked: Asked, tells: Tells) -> Iterator[Result]:
    """Each result when it is there. Raises UsageError, NotStarted, TooBusy."""
    chosen = _chosen(asked)
    if asked.build:
        _build(asked.build)
    is_echo = asked.lesson is not None and asked.lesson <= LAST_ECHO_LESSON
    setting = Setting(asked.command, is_echo, asked.seed)
    goes_on = asked.goes_on or asked.only is not None
    yield from Judge(setting, goes_on, tells).results(chosen)


def _chosen(asked: Asked) -> list[Check]:
    if asked.only is None:
        return of_lesson(asked.lesson)
    if asked.only not in CHECKS:
        raise UsageError(f"--only {asked.only}: no such check; they are {', '.join(CHECKS)}")
    return with_needs([asked.only])


class _NotBuilt(Exception):
    def __init__(self, why: str, output: str) -> None:
        super().__init__(why)
        self.output = output


def _build(command: str) -> None:
    try:
        done = subprocess.run(
            command,
            shell=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_BUILD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as slow:
        why = f"did not build within {_BUILD_SECONDS} s: {command}"
        raise _NotBuilt(why, (slow.stdout or b"").decode("utf-8", "replace")) from None
    if done.returncode:
        lines = done.stdout.decode("utf-8", "replace").splitlines()[-_KEPT_OUTPUT:]
        raise _NotBuilt(f"did not build: {command}", "\n".join(lines))


def _unbreakable_output() -> None:
    """Escape characters that the terminal's encoding lacks, instead of raising an exception."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")


def _let_programs_be_interrupted() -> None:
    """What nohup or a script's `&` ignores, a child would ignore as well, so SIGINT would not reach
    it; a handler is not inherited."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)


class _Showing:
    """Prints each line of a story with its time, for `--show`."""

    def __init__(self, asked: Asked) -> None:
        self._shows = asked.shows
        self._begun = time.monotonic()

    def __call__(self, who: str, what: str) -> None:
        if self._shows:
            print(f"  {time.monotonic() - self._begun:8.3f} s  {who:14}  {what}", flush=True)


def _typed(asked: Asked) -> str:
    """The command that grades this program again, with the same seed."""
    script = CLONE / "hubbub"
    words = ["hubbub"]
    if script.is_file():
        with contextlib.suppress(ValueError):  # another drive on Windows
            script = Path(os.path.relpath(script))
        words = ["python" if os.name == "nt" else "python3", str(script)]
    words.append("grade")
    if asked.lesson is not None:
        words += ["--lesson", str(asked.lesson)]
    if asked.build:
        words += ["--build", asked.build]
    return shlex.join([*words, "--seed", str(asked.seed), "--", *asked.command]).replace(
        "'{port}'", "{port}"
    )
