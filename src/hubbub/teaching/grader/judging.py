"""Run checks one after the other, and decide what each result is.

A check whose need does not hold is not judged. One that fails is tried three times: failed means
three of three, unsteady anything between. Before a program is blamed on a busy machine, the
reference has to pass the same check there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from . import fairness
from .check import Check
from .stage import EndedAtStart, Failed, NotJudged, Setting, Stage
from .story import Line, Story

TRIES = 3
PASSED, FAILED, UNSTEADY, NOT_JUDGED = "passed", "failed", "unsteady", "not judged"
LATER = "after the first failure; --all goes on"
_FIRST = "start.listens"


@dataclass(frozen=True)
class Failure:
    """One failed try: what the grader did, expected and got."""

    story: list[Line]
    expected: str
    got: str
    ended_at_start: bool = False


@dataclass(frozen=True)
class Result:
    """What became of one check."""

    check: Check
    result: str
    why: str = ""
    """Why it was not judged, or why an unsteady one does not count."""
    failure: Failure | None = None
    failures: int = 0
    tries: int = 0

    @property
    def is_against_it(self) -> bool:
        """Does it count against the program?"""
        return self.result == FAILED or (self.result == UNSTEADY and not self.why)

    @property
    def points(self) -> int:
        holds = self.result == PASSED or (self.result == UNSTEADY and bool(self.why))
        return self.check.points if holds else 0


@dataclass
class Judge:
    """Judges one program. Raises NotStarted if its command cannot be run, and TooBusy."""

    setting: Setting
    goes_on: bool = False
    """After a failure?"""
    tells: Callable[[str, str], None] = lambda who, what: None
    """Called with each line of each story, when it happens."""
    earlier: dict[str, Result] = field(default_factory=dict)

    def results(self, checks: Sequence[Check]) -> Iterator[Result]:
        fairness.grade_itself(self.setting)
        stopped = False
        for check in checks:
            result = Result(check, NOT_JUDGED, LATER) if stopped else self._judged(check)
            self.earlier[check.id] = result
            yield result
            stopped = stopped or (result.is_against_it and not self.goes_on)
            if check.id == _FIRST and result.result == PASSED:
                seconds = fairness.patience(self.setting)
                self.setting = replace(self.setting, patience=seconds)

    def _judged(self, check: Check) -> Result:
        for need in check.needs:
            if need in self.earlier and not self.earlier[need].points:
                how = "failed" if self.earlier[need].is_against_it else "was not judged"
                return Result(check, NOT_JUDGED, f"needs {need}, which {how}")
        with fairness.Metronome() as metronome:
            try:
                failures, tries = self._tried(check, metronome)
            except NotJudged as reason:
                return Result(check, NOT_JUDGED, str(reason))
        if not failures:
            return Result(check, PASSED, tries=tries)
        was_late = metronome.worst > fairness.LATE
        if len(failures) == tries:
            if was_late:
                fairness.passes_here(check, self.setting)
            return Result(check, FAILED, "", failures[0], tries, tries)
        why = f"does not count: the machine was {metronome.worst * 1000:.0f} ms late"
        return Result(check, UNSTEADY, why if was_late else "", failures[0], len(failures), tries)

    def _tried(self, check: Check, metronome: fairness.Metronome) -> tuple[list[Failure], int]:
        """The failures, and the number of tries: one if the first passes. On a machine that has
        become busy, the further tries have more patience."""
        first = self._try(check, self.setting)
        if first is None:
            return [], 1
        was_late = metronome.worst > fairness.LATE
        setting = fairness.more_patient(self.setting) if was_late else self.setting
        more = [self._try(check, setting) for _ in range(TRIES - 1)]
        return [first, *(each for each in more if each)], TRIES

    def _try(self, check: Check, setting: Setting) -> Failure | None:
        story = Story(self.tells)
        stage = Stage(setting, check.id, story)
        try:
            with stage.open():
                check.run(stage)
        except Failed as failed:
            at_start = isinstance(failed, EndedAtStart)
            return Failure(story.quoted(), failed.expected, failed.got, at_start)
        return None
