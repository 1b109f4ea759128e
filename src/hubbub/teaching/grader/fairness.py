"""What keeps the grader from blaming a right program because the machine is busy.

Patience is measured: it grows with the time that this program takes for plain exchanges on this
machine. The grader also watches itself: how late its own loop is, and whether a server that is
known to be right passes here and now.
"""

from __future__ import annotations

import contextlib
import statistics
import sys
import threading
import time
from dataclasses import replace
from types import TracebackType

from .. import lessons
from ..program import NotStarted
from .check import CHECKS, Check
from .stage import Failed, NotJudged, Setting, Stage
from .story import Story

LATE = 0.05
"""Seconds that the grader's loop may be late for an unsteady result to count."""
_TOO_LATE = 1.0
"""Seconds by which it is late on a machine on which no wait can be judged."""
_LEAST, _MOST = 2.0, 10.0
_EXCHANGES = 20
_TICK = 0.01
_FIRST_CHECKS = ("line.split", "talk.two")


class TooBusy(Exception):
    """The machine is too busy to judge a program; the text says what showed it."""


class Metronome:
    """Measures how late a thread of the grader is at worst, while the block runs."""

    def __init__(self) -> None:
        self.worst = 0.0  # seconds
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Metronome:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.is_set():
            begun = time.monotonic()
            self._done.wait(_TICK)
            self.worst = max(self.worst, time.monotonic() - begun - _TICK)


def reference(setting: Setting) -> Setting:
    """The same for the grader's own server, which is right."""
    engine = lessons.folder() / "engines/selectors_engine.py"
    return replace(setting, command=[sys.executable, str(engine), "{port}"], is_echo=False)


def grade_itself(setting: Setting) -> None:
    """Raises TooBusy if the reference does not pass, or only late."""
    with Metronome() as metronome:
        for name in _FIRST_CHECKS:
            passes_here(CHECKS[name], setting)
    if metronome.worst > _TOO_LATE:
        raise TooBusy(f"the grader itself was {metronome.worst:.1f} s late")


def passes_here(check: Check, setting: Setting) -> None:
    """Raises TooBusy if a right server does not pass this check here and now."""
    try:
        with Stage(reference(setting), check.id, Story()).open() as stage:
            check.run(stage)
    except (Failed, NotStarted) as error:
        raise TooBusy(f"a server that is right fails {check.id}: {error.args[-1]}") from None
    except NotJudged:
        pass


def more_patient(setting: Setting) -> Setting:
    """With twice the patience."""
    return replace(setting, patience=min(2 * setting.patience, _MOST))


def patience(setting: Setting, times: int = 40) -> float:
    """Seconds: so many times what a plain exchange takes this program; the least if it has none."""
    took = []
    with contextlib.suppress(Failed), Stage(setting, "patience", Story()).open() as stage:
        talk = stage.conversation()
        for _ in range(_EXCHANGES):
            begun = time.monotonic()
            talk.says(stage.text())
            took.append(time.monotonic() - begun)
    return min(max(_LEAST, times * statistics.median(took)) if took else _LEAST, _MOST)
