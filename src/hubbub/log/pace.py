"""How much is done behind the writer at once, and how long it waits.

A server uses the values that stand here; tests take shorter times and smaller parts.
"""

from __future__ import annotations

from typing import NamedTuple

from ..events.retention import LEAST_MS


class Pace(NamedTuple):
    """Of the index (index.py, text_index.py), of forgetting (expiry.py) and of checkpoints."""

    #: A thread takes the steps; else only `Index.catch_up` does.
    by_itself: bool = True
    #: Seconds in which messages gather before the thread takes a step.
    patience: float = 0.5
    #: Events after which a new summary is worth its making.
    summary_events: int = 20_000
    #: Words are indexed, as far as this SQLite has FTS5.
    words: bool = True
    #: Messages of a part of the index of words, and those of them that enter at once.
    part_messages: int = 65_536
    part_slice: int = 1_000
    #: A part is made anew at most so often, in seconds.
    anew_seconds: float = 30.0
    #: A pass through all conversations begins so often, the first one soon after the start.
    first_pass_seconds: float = 30.0
    pass_seconds: float = 600.0
    #: What is younger is never forgotten.
    least_ms: int = LEAST_MS
    #: The file is brought up to date from the write-ahead log after so many commits, when nothing
    #: is to be written.
    checkpoint_commits: int = 250
