"""A log in a list; for tests and for trying things out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .events import Entry, MessageSent


class MemoryLog:
    def __init__(self, id: str = "memory") -> None:
        self.id = id
        self.entries: list[Entry] = []

    @property
    def last_position(self) -> int:
        return self.entries[-1].position if self.entries else 0

    @property
    def last_time(self) -> int:
        return self.entries[-1].time if self.entries else 0

    def append(self, entries: Sequence[Entry]) -> None:
        self.entries.extend(entries)

    def probe(self) -> None:
        pass

    def read(self, after: int = 0) -> Iterator[Entry]:
        return (entry for entry in self.entries if entry.position > after)

    def read_state(self, after: int = 0) -> Iterator[Entry]:
        return (entry for entry in self.read(after) if not isinstance(entry.event, MessageSent))

    def history(self, conversation: str, before: int, limit: int) -> list[Entry]:
        found = [
            entry
            for entry in self.entries
            if entry.position < before
            and isinstance(entry.event, MessageSent)
            and entry.event.conversation == conversation
        ]
        return found[-limit:]

    def close(self) -> None:
        pass
