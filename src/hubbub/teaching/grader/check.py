"""The table of checks. A check is a function with `@check` in the file of its group."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .. import lessons
from .stage import Stage

Run = Callable[[Stage], None]

GROUPS = ("start", "line", "text", "talk", "name", "leave", "slow", "crowd", "abuse")
"""In the order of the lessons: lesson 0 is about starting, lessons 1 and 2 about lines."""
_LESSONS = {0: 1, 1: 2, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7, 8: 8, 9: 9}
"""Lesson -> how many groups it has reached."""
LAST_ECHO_LESSON = 3


@dataclass(frozen=True)
class Check:
    """Something that holds for a right program, and how to see whether it does."""

    id: str
    points: int
    needs: tuple[str, ...]
    """Checks without which this one would accuse a program of another fault."""
    holds: str
    """What holds, in one sentence."""
    usually: str
    """What it usually is if that does not hold."""
    run: Run
    """Raises Failed or NotJudged."""

    @property
    def group(self) -> str:
        return self.id.partition(".")[0]


CHECKS: dict[str, Check] = {}


def check(id: str, points: int, needs: str, holds: str, usually: str) -> Callable[[Run], Run]:
    """Register the decorated function as a check. `needs` are ids without their group, if it is
    the same, with spaces between."""

    def register(run: Run) -> Run:
        group = id.partition(".")[0]
        full = tuple(name if "." in name else f"{group}.{name}" for name in needs.split())
        CHECKS[id] = Check(id, points, full, holds, usually, run)
        return run

    return register


def of_lesson(lesson: int | None) -> list[Check]:
    """The checks of a lesson: those that its lesson.toml names, with what they need, or its group
    and those before it. None: all checks."""
    if lesson is None:
        return list(CHECKS.values())
    if written := lessons.find(lesson):
        return with_needs(written.checks)
    groups = GROUPS[: _LESSONS[lesson]]
    return [each for each in CHECKS.values() if each.group in groups]


def with_needs(ids: Iterable[str]) -> list[Check]:
    """These checks and all that they need, in the order of the table."""
    wanted: set[str] = set()
    waiting = list(ids)
    while waiting:
        if (one := waiting.pop()) not in wanted:
            wanted.add(one)
            waiting += CHECKS[one].needs
    return [each for each in CHECKS.values() if each.id in wanted]
