"""A variant: a dialect's writers, a set of capabilities, and a framing.

Equal variants are the same object, so a line is written once for all sessions that share it. Values
derived from the capabilities are computed once, when the variant is created.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias
from weakref import WeakValueDictionary

from ..events.bursts import singles
from ..events.msgid import msgid
from ..model.change import Change


class ServerInfo(NamedTuple):
    """Facts about the server that lines may contain."""

    name: str
    log_id: str  # makes a msgid globally unique
    line_length: int = 512  # maximum bytes of a line with its ending, without its tags


#: Event -> the lines for it, or "" if clients of this variant do not receive it.
Writer: TypeAlias = "Callable[[Change, Any, Variant], str]"
#: The writers of a dialect by event class. Events without a writer are not sent.
Writers: TypeAlias = Mapping[type, Writer]
#: Lines with endings -> the bytes that carry them (such as WebSocket frames).
Framing: TypeAlias = Callable[[bytes], bytes]


class Variant:
    __slots__ = (
        "__weakref__", "adds_tags", "caps", "frame", "server", "tagged", "with_account",
        "with_time", "writers",
    )  # fmt: skip

    def __init__(
        self, server: ServerInfo, writers: Writers, caps: frozenset[str], frame: Framing | None
    ) -> None:
        self.server = server
        #: Only the events that clients with these capabilities receive.
        self.writers = {kind: each for kind, each in writers.items() if _may_be_told(each, caps)}
        self.caps = caps
        self.frame = frame
        self.with_time = "server-time" in caps
        self.tagged = "message-tags" in caps
        self.with_account = "account-tag" in caps
        self.adds_tags = self.with_time or self.tagged or self.with_account

    def write(self, change: Change) -> str:
        """The lines for `change`; empty if clients of this variant do not receive it."""
        event = change.entry.event
        writer = self.writers.get(type(event))
        return writer(change, event, self) if writer is not None else ""

    def write_each(self, change: Change) -> str:
        """The lines for a change of several entries, one entry after the other."""
        return "".join(
            [self.write(change._replace(entry=entry)) for entry in singles((change.entry,))]
        )

    def msgid(self, position: int) -> str:
        """The msgid of a message: sorts like the log, and is globally unique."""
        return msgid(position, self.server.log_id)


def _may_be_told(writer: Writer, caps: frozenset[str]) -> bool:
    """A writer may require a capability of the client (irc/serializer.py)."""
    needed = getattr(writer, "needs", None)
    return needed is None or needed in caps


class Variants:
    """All variants in use. One that no session has any more is dropped: a client can ask for 2**40
    sets of capabilities, one after the other."""

    def __init__(self, server: ServerInfo) -> None:
        self.server = server
        self._known: WeakValueDictionary[tuple[int, frozenset[str], Framing | None], Variant] = (
            WeakValueDictionary()
        )

    def get(self, writers: Writers, caps: frozenset[str], frame: Framing | None) -> Variant:
        key = (id(writers), caps, frame)  # a dialect's table of writers never changes
        variant = self._known.get(key)
        if variant is None:
            variant = self._known[key] = Variant(self.server, writers, caps, frame)
        return variant
