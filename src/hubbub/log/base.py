"""What every log can do, whatever it is kept in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from .events import Entry


class LogFull(Exception):
    """No room: nothing of this append was kept. Trying again later may work."""


class LogFailed(Exception):
    """The disk failed under the log: what it holds is uncertain, so the server must stop."""


class Log(Protocol):
    """Entries in one order. `append` returns when they are durable."""

    @property
    def id(self) -> str:
        """A short random name made with the log; part of every msgid."""

    @property
    def last_position(self) -> int: ...

    @property
    def last_time(self) -> int: ...

    def append(self, entries: Sequence[Entry]) -> None:
        """Keep all of them or none. Called by the writer thread alone.

        Raises LogFull, LogFailed.
        """

    def probe(self) -> None:
        """Is there room again? Raises LogFull, LogFailed."""

    def read(self, after: int = 0) -> Iterator[Entry]:
        """Every entry behind position `after`, in order."""

    def read_state(self, after: int = 0) -> Iterator[Entry]:
        """Like `read`, without the messages: they change nothing that is true now."""

    def history(self, conversation: str, before: int, limit: int) -> list[Entry]:
        """The last `limit` messages of a conversation before position `before`, oldest first."""

    def close(self) -> None: ...
