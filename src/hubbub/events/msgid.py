"""Msgids: a message's position in the log, and the log's id.

Positions are counted from 1. Imported messages have lower positions, computed from their time, so
that they come before all messages of this server and several imports are merged in the order of
time (docs/decisions/0007). A msgid contains the position plus `ORIGIN`, so that msgids sort like
the log; a position too large for ten digits gets more of them behind a letter, which sorts last.

Each run of a server begins at a position computed from the time, so that two runs on copies of one
log never assign the same msgid (docs/decisions/0014).
"""

from __future__ import annotations

import re

ORIGIN = 1 << 39
_HEAD = re.compile("([0-9a-f]{10})|g([0-9a-f]{12})")
# 1988-08-01, when IRC began: no imported message is older. 256 positions for each second since.
_EPOCH_MS = 586_396_800_000


#: Positions that a run may give for each second between its start and the next one.
_A_SECOND = 4096
_RUNS_SINCE_MS = 1_767_225_600_000  # 2026-01-01


def first_of_run(now: int) -> int:
    """The first position of a server that starts at `now` (ms): beyond those of every run before,
    kept or lost, that gave less than 4,096 a second."""
    return max(0, now - _RUNS_SINCE_MS) * _A_SECOND // 1000


def msgid(position: int, log_id: str) -> str:
    """The msgid of the message at `position`: globally unique, and sorted like the log."""
    if position < ORIGIN:
        return f"{position + ORIGIN:010x}-{log_id}"
    return f"g{position:012x}-{log_id}"


def position_of(name: str, log_id: str) -> int | None:
    """The position in a msgid of this log; None for any other text."""
    head, dash, log = name.partition("-")
    if not dash or log != log_id or not (found := _HEAD.fullmatch(head)):
        return None
    return int(found[1], 16) - ORIGIN if found[1] else int(found[2], 16)


def imported_position(time: int) -> int:
    """The first position for an imported message sent at `time` (ms since 1970)."""
    return min(-1, max(-ORIGIN, (time - _EPOCH_MS) * 256 // 1000 - ORIGIN))


def imported_time(time: int, position: int) -> int:
    """The time (ms) at which a message sent at `time` is kept at `position`. Messages of the same
    time have several positions; their times increase with these."""
    first = -(-(position + ORIGIN) * 1000 // 256) + _EPOCH_MS
    return max(time, first) if position > imported_position(time) else time
