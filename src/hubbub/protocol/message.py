"""The messages that every dialect parses into and serializes from.

A message has the shape of an IRC message (RFC 1459 section 2.3.1, IRCv3 message-tags); the plain
dialect translates to and from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias


class Message(NamedTuple):
    """One message from a client. `command` is in upper case."""

    command: str
    params: tuple[str, ...] = ()
    tags: dict[str, str] | None = None
    source: str | None = None


class Burst(NamedTuple):
    """PRIVMSGs without tags to the same target that came with one read; no text is empty."""

    target: str
    texts: list[str]

    def messages(self) -> Iterator[Message]:
        """Each by itself."""
        for text in self.texts:
            yield Message("PRIVMSG", (self.target, text))


class Reply(NamedTuple):
    """One reply of the server to one client.

    For a numeric, `command` is its three digits; the serializer inserts the client's nick. The last
    of `params` is the text for people.
    """

    command: str
    params: tuple[str, ...] = ()
    source: str | None = None  # None: the server
    tags: dict[str, str] | None = None


class FixedReplies:
    """Replies that differ between clients only in the nick. A dialect may serialize them once and
    cache the result in `written`."""

    __slots__ = ("replies", "written")

    def __init__(self, replies: Iterable[Reply]) -> None:
        self.replies = tuple(replies)
        self.written: tuple[str, ...] = ()


class Bundle(NamedTuple):
    """Replies sent as one batch of this kind with these parameters (IRCv3 batch). `short`: fewer
    than requested, although there are more."""

    kind: str
    params: tuple[str, ...]
    items: tuple[Any, ...]  # replies and lines, see hub/answering.py
    short: bool = False


class BadLine(NamedTuple):
    """An unreadable line and the reply to it. The connection is kept unless `ends` gives a reason
    to close it."""

    reply: Reply | None
    label: str | None = None
    ends: str = ""


#: What the input of a client is read as.
Received: TypeAlias = Message | Burst | BadLine


def one_by_one(received: Iterable[Received]) -> Iterator[Message | BadLine]:
    for each in received:
        if isinstance(each, Burst):
            yield from each.messages()
        else:
            yield each


def count_of(received: Iterable[Received]) -> int:
    """The number of messages."""
    return sum([len(each.texts) if type(each) is Burst else 1 for each in received])
