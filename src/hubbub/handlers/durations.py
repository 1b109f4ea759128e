"""Times as people type them in commands: 30m, 7d, 1d12h."""

from __future__ import annotations

import re

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
#: A hundred years; what is longer is cut to it, as no calendar holds it.
LONGEST_MS = 100 * 31_536_000 * 1000
_DURATION = re.compile(r"(?:[0-9]{1,6}[smhdwy])+|[0-9]{1,9}")


def duration_ms(text: str) -> int | None:
    """`1d12h` in milliseconds; a number alone is minutes (KLINE of old); None if it is neither."""
    if not _DURATION.fullmatch(text):
        return None
    if text.isdigit():
        return min(int(text) * 60_000, LONGEST_MS)
    parts = re.findall(r"([0-9]+)([smhdwy])", text)
    return min(sum(int(number) * _UNITS[unit] for number, unit in parts) * 1000, LONGEST_MS)
