"""Amounts and delays of the background work: index, expiry, checkpoints.

A server uses these defaults; tests use shorter times and smaller parts.
"""

from __future__ import annotations

from typing import NamedTuple

from ..events.retention import LEAST_MS


class Pace(NamedTuple):
    """Pace of the index (index.py, text_index.py), of expiry (expiry.py) and of checkpoints."""

    #: Run the steps in a thread; otherwise only `Index.catch_up` runs them.
    by_itself: bool = True
    #: Seconds for which messages gather before a step.
    patience: float = 0.5
    #: Events after which a new summary is made.
    summary_events: int = 20_000
    #: Index words, if this SQLite has FTS5.
    words: bool = True
    #: Messages per part of the word index, and messages inserted per step.
    part_messages: int = 65_536
    part_slice: int = 65_536
    #: Minimum seconds between rebuilds of a part.
    anew_seconds: float = 30.0
    #: Seconds between passes through all conversations; the first is soon after the start.
    first_pass_seconds: float = 30.0
    pass_seconds: float = 600.0
    #: Younger messages are never deleted.
    least_ms: int = LEAST_MS
    #: Commits after which the write-ahead log is checkpointed when nothing is to be written.
    checkpoint_commits: int = 250
