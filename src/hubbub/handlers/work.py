"""Slow work that a handler asks for. It is done outside the hub's lock, after all that was decided
before is on disk; its result comes back from the `yield`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..log.base import Log
from ..log.reading import Range


@dataclass(frozen=True, slots=True)
class Work:
    """`do(log)` runs in a worker thread. `kind` chooses the pool: "read" or "hash".

    With `hold`, what others say meanwhile waits and comes after the answer: history before news.
    """

    do: Callable[[Log], Any]
    kind: str = "read"
    hold: bool = False


def read_history(conversation: str, wanted: Range) -> Work:
    """Entries of a conversation, as a list."""
    return Work(lambda log: log.history(conversation, wanted), hold=True)
