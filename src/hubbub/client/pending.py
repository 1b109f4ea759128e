"""Own lines until they are settled: queued, sent, acknowledged. Pure.

A line gets a label when it is submitted and keeps it until the server's echo returns it. After a
reconnect, a line without an echo is sent again under the same label; a Hubbub server answers a
retry within ten minutes with the first message instead of a second copy. So labels must be unique
among all clients of one user: random per run, then counted. At most `WINDOW` lines wait for their
echo at a time; this flow control keeps the client from flooding a server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hubbub.client.errors import QueueFullError

WINDOW = 16
MAX_QUEUED = 1_000
RETRY_FOR = 9 * 60.0
"""Seconds in which a retry is safe: the server remembers for ten minutes; one is left for clocks
and a slow way.
"""


@dataclass(slots=True)
class PendingLine:
    label: str
    target: str
    text: str
    first_sent: float | None = None
    in_flight: bool = False
    sender: str = ""
    """Our nick when it was first sent."""

    @property
    def in_doubt(self) -> bool:
        """It was sent over a connection that broke before the echo, so it may or may not be in the
        log."""
        return self.first_sent is not None and not self.in_flight


class Pending:
    """Lines in the order they were submitted, until they are settled."""

    def __init__(self, run: str) -> None:
        self._run = run
        self._count = 0
        self._lines: dict[str, PendingLine] = {}

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[PendingLine]:
        return iter(self._lines.values())

    @property
    def in_flight(self) -> int:
        return sum(line.in_flight for line in self)

    def get(self, label: str) -> PendingLine | None:
        return self._lines.get(label)

    def add(self, target: str, text: str) -> PendingLine:
        """Queue a line. Raises QueueFullError and then queues nothing."""
        if len(self) >= MAX_QUEUED:
            raise QueueFullError(f"{MAX_QUEUED} messages are waiting already")
        self._count += 1
        line = PendingLine(f"{self._run}-{self._count}", target, text)
        self._lines[line.label] = line
        return line

    def settle(self, label: str) -> PendingLine | None:
        """Remove and return a line that was acknowledged or refused."""
        return self._lines.pop(label, None)

    def due(self, now: float, may_go: Callable[[PendingLine], bool]) -> list[PendingLine]:
        """The lines to send now, among those that `may_go`; they count as in flight from now on."""
        room = max(0, WINDOW - self.in_flight)
        ready = [line for line in self if not line.in_flight and may_go(line)][:room]
        for line in ready:
            line.in_flight = True
            line.first_sent = now if line.first_sent is None else line.first_sent
        return ready

    def connection_lost(self) -> None:
        for line in self:
            line.in_flight = False

    def forget(self, is_lost: Callable[[PendingLine], bool]) -> list[PendingLine]:
        """Remove and return the lines that are lost."""
        found = [line for line in self if is_lost(line)]
        for line in found:
            del self._lines[line.label]
        return found
