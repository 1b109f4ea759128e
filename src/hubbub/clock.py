"""Time, read in one place so that tests can hold it still."""

from __future__ import annotations

import time
from collections.abc import Callable

#: Milliseconds since 1970.
Clock = Callable[[], int]


def system_clock() -> int:
    return time.time_ns() // 1_000_000
