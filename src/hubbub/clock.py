"""Time, read in one place so that tests can hold it still.

The machine's clock jumps: set by hand, by the network, after a sleep. `SteadyClock` never goes
back. Set back, it goes on at half speed until the machine's clock has caught up, so that what is
said meanwhile still has times of its own, one behind the other. Set ahead, it follows.
"""

from __future__ import annotations

import time
from collections.abc import Callable

#: Milliseconds since 1970.
Clock = Callable[[], int]


def system_clock() -> int:
    return time.time_ns() // 1_000_000


def steady_clock() -> int:
    """By a clock that nobody sets; it counts from anywhere."""
    return time.monotonic_ns() // 1_000_000


class SteadyClock:
    """`clock`, never going back behind `start` or itself; `steady` is a clock that nobody sets."""

    def __init__(self, clock: Clock, start: int = 0, steady: Clock = steady_clock) -> None:
        self._clock = clock
        self._steady = steady
        self._last = start
        self._ahead: tuple[int, int] | None = None  # since when it is ahead: our time, steady time

    def __call__(self) -> int:
        now = self._clock()
        if now >= self._last:
            self._last, self._ahead = now, None
            return now
        if self._ahead is None:
            self._ahead = self._last, self._steady()
        since, then = self._ahead
        self._last = max(self._last, since + (self._steady() - then) // 2)
        return self._last
