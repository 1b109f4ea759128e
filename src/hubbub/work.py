"""Slow work that a handler asks for. It is done outside the hub's lock, after all that was decided
before is on disk; its result comes back from the `yield`."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .log.base import Log


class Busy(Exception):
    """Too much of this kind waits already: come back later. Comes out of the `yield`."""


@dataclass(frozen=True, slots=True)
class Work:
    """`do(log)` runs in a worker thread. `kind` chooses the pool: "read", "net" (asks another
    machine) or "hash"; `urgent` work goes first.

    With `hold`, what others say meanwhile waits and comes after the answer: history before news.
    """

    do: Callable[[Log], Any]
    kind: str = "read"
    hold: bool = False
    urgent: bool = False


def random_token() -> Work:
    """A new unpredictable word of 192 bits, as text without special characters."""
    return Work(lambda log: secrets.token_urlsafe(24))
