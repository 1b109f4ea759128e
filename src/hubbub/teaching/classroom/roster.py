"""The members of a class and what they reported last. No I/O: times come in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

MOST_MEMBERS = 100
LONGEST_NAME = 24
MOST_PARTS = 8
#: Seconds at one step after which somebody may want help.
STUCK = 6 * 60
#: Seconds without a report after which somebody is shown as away.
AWAY = 60


class NotTaken(ValueError):
    """A report that is refused; the text is for its sender."""


@dataclass(frozen=True)
class Member:
    """What one learner reported last. `since` is the time of the last change, in seconds."""

    name: str
    lesson: int
    part: int
    predict: str
    passed: int
    of: int
    since: float
    seen: float


class Roster:
    """Everybody, by the key that their lab drew. Keys never leave the roster."""

    def __init__(self) -> None:
        self._members: dict[str, Member] = {}
        self._predictions: dict[tuple[str, int], str] = {}
        self.step: int | None = None
        """The part that everybody is to go to, until the teacher says otherwise."""

    def report(self, key: str, told: Mapping[str, Any], now: float) -> None:
        """Take a report. Raises NotTaken."""
        if key not in self._members and len(self._members) >= MOST_MEMBERS:
            raise NotTaken(f"the class is full: it has {MOST_MEMBERS} members")
        fresh = _member(told, now)
        old = self._members.get(key)
        if old is not None and replace(old, since=now, seen=now) == fresh:
            fresh = replace(fresh, since=old.since)
        self._members[key] = fresh
        if fresh.predict:
            # The first one counts: what was chosen after watching is no prediction.
            self._predictions.setdefault((key, fresh.lesson), fresh.predict)

    def leave(self, name: str) -> None:
        """Take everybody of this name off the roster."""
        self._members = {key: it for key, it in self._members.items() if it.name != name}
        self._predictions = {
            it: letter for it, letter in self._predictions.items() if it[0] in self._members
        }

    def grid(self, now: float) -> list[dict[str, Any]]:
        """A row for each member, in the order of their names."""
        rows = sorted(self._members.values(), key=lambda member: member.name.casefold())
        return [
            {
                "name": it.name,
                "lesson": it.lesson,
                "part": it.part,
                "passed": it.passed,
                "of": it.of,
                "minutes": int((now - it.since) // 60),
                "stuck": now - it.since >= STUCK,
                "away": now - it.seen >= AWAY,
            }
            for it in rows
        ]

    def predictions(self, lesson: int) -> dict[str, int]:
        """How many predicted what at first, in this lesson."""
        counted = Counter(
            letter for (_, number), letter in self._predictions.items() if number == lesson
        )
        return {letter: counted[letter] for letter in "abc"}


def _member(told: Mapping[str, Any], now: float) -> Member:
    """Raises NotTaken."""
    name = told.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise NotTaken(f"a name has 1 to {LONGEST_NAME} characters")
    numbers = [_number(told, it) for it in ("lesson", "part", "passed", "of")]
    predict = told.get("predict", "")
    if predict not in ("", "a", "b", "c") or numbers[1] >= MOST_PARTS:
        raise NotTaken("that is no step of a lesson")
    lesson, part, passed, of = numbers
    return Member(name.strip() or "?", lesson, part, predict, passed, of, since=now, seen=now)


def _number(told: Mapping[str, Any], name: str) -> int:
    value = told.get(name)
    if type(value) is not int or not 0 <= value <= 999:
        raise NotTaken(f"{name} is a number")
    return value
