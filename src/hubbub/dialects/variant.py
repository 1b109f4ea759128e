"""A variant is one way to write: a dialect's writer, a set of capabilities, a framing.

Equal ones are the same object, so a line is written once for all sessions that share it, and what
is decided by capabilities is looked at once when the variant is made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from ..model.network import Change


class Server(NamedTuple):
    """What every line the server writes may need to know about it."""

    name: str
    log_id: str  # makes a msgid unique beyond this log


Writer: TypeAlias = "Callable[[Change, Variant], str]"
#: Lines, each with its ending -> the bytes that carry them (WebSocket frames).
Framing: TypeAlias = Callable[[bytes], bytes]


class Variant:
    __slots__ = ("caps", "frame", "server", "tagged", "with_account", "with_time", "writer")

    def __init__(
        self, server: Server, writer: Writer, caps: frozenset[str], frame: Framing | None
    ) -> None:
        self.server = server
        self.writer = writer
        self.caps = caps
        self.frame = frame
        self.with_time = "server-time" in caps
        self.tagged = "message-tags" in caps
        self.with_account = "account-tag" in caps

    def write(self, change: Change) -> bytes:
        """The lines that tell of `change`; empty when this kind of client is not told."""
        return self.writer(change, self).encode()

    def msgid(self, position: int) -> str:
        """The name of a message: sorts as the log does, unique beyond it."""
        return f"{position:010x}-{self.server.log_id}"


class Variants:
    """All variants in use."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._known: dict[tuple[Writer, frozenset[str], Framing | None], Variant] = {}

    def get(self, writer: Writer, caps: frozenset[str], frame: Framing | None) -> Variant:
        key = (writer, caps, frame)
        variant = self._known.get(key)
        if variant is None:
            variant = self._known[key] = Variant(self.server, *key)
        return variant


def position_of(msgid: str) -> int | None:
    """The position in a msgid, or None if it is none of ours."""
    head, dash, _ = msgid.partition("-")
    if not dash or len(head) != 10:
        return None
    try:
        return int(head, 16)
    except ValueError:
        return None
