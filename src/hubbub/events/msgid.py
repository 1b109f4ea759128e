"""A message's name for clients: its position in the log, and the log's own name.

Positions are counted from 1. What was imported from elsewhere has positions below, made from the
time at which it was said, so that it stands before everything that was said here and several
imports lie among one another in the order of time (docs/decisions/0007). In a msgid
every position is moved up by `ORIGIN`, so that msgids sort as the log does.
"""

from __future__ import annotations

ORIGIN = 1 << 39
# 1988-08-01, when IRC began: nothing that is imported is older. 256 places for each second since.
_EPOCH_MS = 586_396_800_000


def msgid(position: int, log_id: str) -> str:
    """The name of the message at `position`: unique, and in the order of the log."""
    return f"{position + ORIGIN:010x}-{log_id}"


def position_of(name: str, log_id: str) -> int | None:
    """The position in a msgid of this log, or None if it is none."""
    head, dash, log = name.partition("-")
    if not dash or len(head) != 10 or log != log_id:
        return None
    try:
        return int(head, 16) - ORIGIN
    except ValueError:
        return None


def imported_position(time: int) -> int:
    """The first position at which something said at `time` (ms) may be put."""
    return min(-1, max(-ORIGIN, (time - _EPOCH_MS) * 256 // 1000 - ORIGIN))
