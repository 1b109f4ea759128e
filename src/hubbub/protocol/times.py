"""Format times as the protocol requires (IRCv3 server-time)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

# Looked up, since formatting a number takes longer than all the rest.
_TWO = tuple(f"{number:02d}" for number in range(60))
_END = tuple(f".{number:03d}Z" for number in range(1000))


@lru_cache(maxsize=4)
def _second(seconds: int) -> str:
    days, second = divmod(seconds, 86_400)
    minute, second = divmod(second, 60)
    return f"{_day(days)}T{_TWO[minute // 60]}:{_TWO[minute % 60]}:{_TWO[second]}"


@lru_cache(maxsize=64)  # a page of history has many seconds of few days
def _day(days: int) -> str:
    return datetime.fromtimestamp(days * 86_400, UTC).strftime("%Y-%m-%d")


@lru_cache(maxsize=64)  # many messages of one batch have the same time
def server_time(time: int) -> str:
    """Format milliseconds since 1970 as IRCv3 server-time: `2024-01-31T12:00:00.000Z`."""
    seconds, millis = divmod(time, 1000)
    return _second(seconds) + _END[millis]
