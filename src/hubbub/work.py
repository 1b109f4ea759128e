"""Slow work requested by a handler. It runs outside the hub's lock, after all earlier decisions are
on disk; the `yield` returns its result."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .log.base import Log


class Busy(Exception):
    """Too much work of this kind is queued: try again later. Raised by the `yield`."""


@dataclass(frozen=True, slots=True)
class Work:
    """`do(log)` runs in a worker thread. `kind` selects the pool: "read" (the log), "net" (other
    machines) or "hash"; `urgent` work comes first.

    `hold`: deliver messages of others that arrive meanwhile only after the answer, so that history
    comes before news. `weigh` returns the bytes that a result cost; people who read much wait
    longer (fair_queue.py).
    """

    do: Callable[[Log], Any]
    kind: str = "read"
    hold: bool = False
    urgent: bool = False
    weigh: Callable[[Any], int] = lambda result: 0


#: Cost of reading the log, in addition to the size of the result, in bytes.
_READING = 4096


def reading(do: Callable[[Log], Any], *, hold: bool = False) -> Work:
    """Work that reads a page of the log; the page has a `size` in bytes."""
    return Work(do, hold=hold, weigh=lambda page: _READING + int(page.size))


def random_token() -> Work:
    """Work that returns an unpredictable token of 192 bits, as URL-safe text."""
    return Work(lambda log: secrets.token_urlsafe(24))
