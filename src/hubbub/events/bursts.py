"""Messages that came with one read and differ only in their text travel as one value, `Entries`.

    Burst -> MessagesSent -> Entries -> the log, chat.log, the lines for an audience

Each of them is an entry like any other: it has a position and a time of its own, and the log stores
it as a MessageSent. Whoever needs the single entries takes them with `singles`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias, final

from .kinds import Entry, MessageSent

#: Skips the generated constructors, which cost as much as everything else done for an entry here.
_new = tuple.__new__


class Route(NamedTuple):
    """The fields of MessageSent before its text: who says something, and where."""

    user: int
    source: str
    account: str | None
    command: str
    target: str
    recipient: int | None
    conversation: str


@final
class MessagesSent(NamedTuple):
    """Messages without tags to a whole channel."""

    route: Route
    texts: Sequence[str]


@final
class Entries(NamedTuple):
    """The entries of several messages. `position` and `time` are those of the first; each has the
    next position, and a time one millisecond later, up to `last_time`."""

    position: int
    time: int
    event: MessagesSent
    last_position: int
    last_time: int


#: What the log is given.
Logged: TypeAlias = Entry | Entries


def singles(logged: Iterable[Logged]) -> Iterator[Entry]:
    """Each entry by itself."""
    for each in logged:
        if type(each) is Entries:
            yield from _singles(each)
        else:
            yield each


def _singles(entries: Entries) -> Iterator[Entry]:
    position, time, (route, texts), _, last_time = entries
    for text in texts:
        message = _new(MessageSent, (*route, text, (), 0, None))
        yield _new(Entry, (position, time, message))
        position += 1
        if time < last_time:
            time += 1


def count_of(logged: Sequence[Logged]) -> int:
    """The number of entries."""
    return sum([len(each.event.texts) if type(each) is Entries else 1 for each in logged])


def end_of(logged: Logged) -> tuple[int, int]:
    """The position and the time of the last entry."""
    if type(logged) is Entries:
        return logged.last_position, logged.last_time
    return logged.position, logged.time
