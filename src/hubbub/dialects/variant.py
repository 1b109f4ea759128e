"""A variant is one way to write: a dialect's writer, a set of capabilities, a framing.

Equal ones are the same object, so a line is written once for all sessions that share it, and what
is decided by capabilities is looked at once when the variant is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from ..events.msgid import msgid
from ..model.change import Change


class ServerInfo(NamedTuple):
    """What every line the server writes may need to know about it."""

    name: str
    log_id: str  # makes a msgid unique beyond this log
    line_length: int = 512  # bytes of the longest line, with its ending, without its tags


#: Event -> the lines that tell of it, or "" when such a client is not told.
Writer: TypeAlias = "Callable[[Change, Any, Variant], str]"
#: A dialect's writers, by the class of the event. What is not in it is not told.
Writers: TypeAlias = Mapping[type, Writer]
#: Lines, each with its ending -> the bytes that carry them (WebSocket frames).
Framing: TypeAlias = Callable[[bytes], bytes]


class Variant:
    __slots__ = (
        "adds_tags", "caps", "frame", "server", "tagged", "with_account", "with_time", "writers",
    )  # fmt: skip

    def __init__(
        self, server: ServerInfo, writers: Writers, caps: frozenset[str], frame: Framing | None
    ) -> None:
        self.server = server
        self.writers = writers
        self.caps = caps
        self.frame = frame
        self.with_time = "server-time" in caps
        self.tagged = "message-tags" in caps
        self.with_account = "account-tag" in caps
        self.adds_tags = self.with_time or self.tagged or self.with_account

    def write(self, change: Change) -> str:
        """The lines that tell of `change`; empty when this kind of client is not told."""
        event = change.entry.event
        writer = self.writers.get(type(event))
        return writer(change, event, self) if writer is not None else ""

    def msgid(self, position: int) -> str:
        """The name of a message: sorts as the log does, unique beyond it."""
        return msgid(position, self.server.log_id)


class Variants:
    """All variants in use."""

    def __init__(self, server: ServerInfo) -> None:
        self.server = server
        self._known: dict[tuple[int, frozenset[str], Framing | None], Variant] = {}

    def get(self, writers: Writers, caps: frozenset[str], frame: Framing | None) -> Variant:
        key = (id(writers), caps, frame)  # a dialect has one table of writers, for ever
        variant = self._known.get(key)
        if variant is None:
            variant = self._known[key] = Variant(self.server, writers, caps, frame)
        return variant
