"""Format times as the protocol requires (IRCv3 server-time)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=4)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=64)  # many messages of one batch have the same time
def server_time(time: int) -> str:
    """Format milliseconds since 1970 as IRCv3 server-time: `2024-01-31T12:00:00.000Z`."""
    seconds, millis = divmod(time, 1000)
    return f"{_second(seconds)}.{millis:03d}Z"
