"""The message: what every dialect reads into and writes out of.

It has the shape of an IRC message (RFC 1459 section 2.3.1, IRCv3 message-tags), because that is the
shape the field agrees on; the plain dialect translates to and from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple


class Message(NamedTuple):
    """One message from a client. `command` is in upper case."""

    command: str
    params: tuple[str, ...] = ()
    tags: dict[str, str] | None = None
    source: str | None = None


class Reply(NamedTuple):
    """One answer of the server to one client.

    For a numeric, `command` is its three digits and the client's nick is put in when it is
    written. `params` end with the text for people.
    """

    command: str
    params: tuple[str, ...] = ()
    source: str | None = None  # None: the server
    tags: dict[str, str] | None = None


class FixedReplies:
    """Replies that are the same for everybody but for the nick in them. A dialect may write them
    once, and keep that in `written`."""

    __slots__ = ("replies", "written")

    def __init__(self, replies: Iterable[Reply]) -> None:
        self.replies = tuple(replies)
        self.written: tuple[str, ...] = ()


class Bundle(NamedTuple):
    """Answers that belong together: a batch of this kind and parameters (IRCv3 batch)."""

    kind: str
    params: tuple[str, ...]
    items: tuple[Any, ...]  # of what an answer consists of, see base.py


class BadLine(NamedTuple):
    """A line that could not be read: what to answer. The connection stays, unless `ends` says why
    it has to end."""

    reply: Reply | None
    label: str | None = None
    ends: str = ""
