"""Msgids: a message's position in the log, and the log's id.

Positions are counted from 1. Imported messages have lower positions, computed from their time, so
that they come before all messages of this server and several imports are merged in the order of
time (docs/decisions/0007). A msgid contains the position plus `ORIGIN`, so that msgids sort like
the log.
"""

from __future__ import annotations

ORIGIN = 1 << 39
# 1988-08-01, when IRC began: no imported message is older. 256 positions for each second since.
_EPOCH_MS = 586_396_800_000


def msgid(position: int, log_id: str) -> str:
    """The msgid of the message at `position`: globally unique, and sorted like the log."""
    return f"{position + ORIGIN:010x}-{log_id}"


def position_of(name: str, log_id: str) -> int | None:
    """The position in a msgid of this log; None for any other text."""
    head, dash, log = name.partition("-")
    if not dash or len(head) != 10 or log != log_id:
        return None
    try:
        return int(head, 16) - ORIGIN
    except ValueError:
        return None


def imported_position(time: int) -> int:
    """The first position for an imported message sent at `time` (ms since 1970)."""
    return min(-1, max(-ORIGIN, (time - _EPOCH_MS) * 256 // 1000 - ORIGIN))
