"""Threads that go on after an error: it is logged, and their function is called again.

`troubles` tells which threads have failed lately, for `hubbub admin figures` and /readyz. The log
writer is no such thread: after an error there the server stops.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

logger = logging.getLogger("hubbub")

#: Seconds before the function is called again.
PAUSE_SECONDS = 1.0
#: Seconds for which a failure is told.
TOLD_SECONDS = 600.0


class Trouble(NamedTuple):
    """The failures of a thread since the start."""

    times: int
    error: str  # the last
    at: float  # its time, by the monotonic clock


#: By the name of the thread, since the start.
failures: dict[str, Trouble] = {}


class SupervisedThread(threading.Thread):
    """A daemon thread that runs `target` until it returns."""

    def __init__(self, target: Callable[[], None], name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._work = target

    def run(self) -> None:
        while not self._ended():
            time.sleep(PAUSE_SECONDS)

    def _ended(self) -> bool:
        """Run the function; False after an error."""
        try:
            self._work()
        except Exception as error:
            logger.exception("bug: the thread %s failed and is started again", self.name)
            count = failures[self.name].times if self.name in failures else 0
            text = f"{type(error).__name__}: {error}"
            failures[self.name] = Trouble(count + 1, text, time.monotonic())
            return False
        return True


def troubles() -> list[str]:
    """A sentence for each thread that has failed lately."""
    now = time.monotonic()
    return [
        f"the thread {name} failed and was started again (times: {each.times}, last: {each.error})"
        for name, each in sorted(failures.items())
        if now - each.at < TOLD_SECONDS
    ]
