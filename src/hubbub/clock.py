"""The time, read in one place so that tests can control it.

The system clock may jump: set by hand, by the network, after a sleep. `SteadyClock` never goes
back. If the system clock is set back, it runs at half speed until that has caught up, so that times
stay distinct and in order. If the system clock is set ahead, it follows.
"""

from __future__ import annotations

import time
from collections.abc import Callable

#: Milliseconds since 1970.
Clock = Callable[[], int]


def system_clock() -> int:
    return time.time_ns() // 1_000_000


def steady_clock() -> int:
    """Milliseconds of a clock that nobody sets, from an arbitrary origin."""
    return time.monotonic_ns() // 1_000_000


class SteadyClock:
    """Follows `clock` but never goes back, nor behind `start`. `steady` is a clock nobody sets."""

    def __init__(self, clock: Clock, start: int = 0, steady: Clock = steady_clock) -> None:
        self._clock = clock
        self._steady = steady
        self._last = start
        # While it is ahead of `clock`: its own time and the steady time when that began.
        self._ahead: tuple[int, int] | None = None

    def now(self) -> int:
        now = self._clock()
        if now >= self._last:
            self._last, self._ahead = now, None
            return now
        if self._ahead is None:
            self._ahead = self._last, self._steady()
        since, then = self._ahead
        self._last = max(self._last, since + (self._steady() - then) // 2)
        return self._last
