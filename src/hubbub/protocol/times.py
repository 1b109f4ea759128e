"""Times as the protocol writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=4)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=64)  # in a turn of the loop many messages have the same
def server_time(time: int) -> str:
    """Milliseconds since 1970 as IRCv3 server-time writes them."""
    seconds, millis = divmod(time, 1000)
    return f"{_second(seconds)}.{millis:03d}Z"
