"""Lengths of time as people type them in commands: 30m, 7d, 1d12h."""

from __future__ import annotations

import re

DAY_MS = 86_400_000
#: In milliseconds, the longest last.
UNITS = {
    "s": 1000,
    "m": 60_000,
    "h": 3_600_000,
    "d": DAY_MS,
    "w": 7 * DAY_MS,
    "y": 365 * DAY_MS,
}
#: A hundred years; what is longer is cut to it, as no calendar holds it.
LONGEST_MS = 100 * UNITS["y"]
_DURATION = re.compile(r"(?:[0-9]{1,6}[smhdwy])+|[0-9]{1,9}")


def duration_ms(text: str) -> int | None:
    """`1d12h` in milliseconds; a number alone is minutes (KLINE of old); None if it is neither."""
    if not _DURATION.fullmatch(text):
        return None
    if text.isdigit():
        return min(int(text) * UNITS["m"], LONGEST_MS)
    parts = re.findall(r"([0-9]+)([smhdwy])", text)
    return min(sum(int(number) * UNITS[unit] for number, unit in parts), LONGEST_MS)
