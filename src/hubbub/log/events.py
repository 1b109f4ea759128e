"""Everything that can have happened.

An event is the outcome, never the request: times, ids and random choices are fixed before it is
written, so that applying the same events in the same order gives the same network anywhere.
This file imports nothing of ours; everybody may import it.

Names of users inside events are their ids (`user`), which never change; what people saw at that
moment (`source` = nick!username@host) is written beside it where a later reader needs it.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias


class ServerStarted(NamedTuple):
    """A server process began: every connection of the one before it is over."""

    version: str


class UserConnected(NamedTuple):
    """A person finished registration and is on the network under `nick`."""

    user: int
    session: int
    nick: str
    username: str
    host: str  # what others see
    realname: str
    address: str  # where the connection came from, "127.0.0.1:54321"
    secure: bool = False
    account: str | None = None


class UserQuit(NamedTuple):
    user: int
    source: str
    reason: str


class NickChanged(NamedTuple):
    user: int
    source: str  # before the change
    nick: str


class AwayChanged(NamedTuple):
    user: int
    source: str
    message: str | None  # None: back again


class UserModeChanged(NamedTuple):
    user: int
    source: str
    changes: str  # "+i-w"


class Joined(NamedTuple):
    """A user entered `channel`, which is made if nobody was in it."""

    user: int
    source: str
    channel: str
    modes: str  # the prefix modes given on entry: "o" for who made it, else ""


class Parted(NamedTuple):
    user: int
    source: str
    channel: str
    reason: str


class Kicked(NamedTuple):
    user: int  # who did it
    source: str
    channel: str
    target: int
    nick: str  # the target's, as everybody saw it
    reason: str


class TopicChanged(NamedTuple):
    user: int
    source: str
    channel: str
    topic: str


class ModeChange(NamedTuple):
    """One letter of a MODE line: `+` or `-`, the letter, its argument.

    For a prefix mode `argument` is the nick as it was shown and `member` the user's id.
    """

    sign: str
    letter: str
    argument: str | None = None
    member: int | None = None


class ChannelModeChanged(NamedTuple):
    user: int
    source: str
    channel: str
    changes: tuple[ModeChange, ...]


class Invited(NamedTuple):
    user: int
    source: str
    channel: str
    target: int
    nick: str


class MessageSent(NamedTuple):
    """A PRIVMSG or NOTICE, to a channel or to one person.

    `target` is what the recipients see (channel name or nick), `recipient` the id of the person,
    or None for a channel. `conversation` is the name under which messages that belong together are
    found again: the folded channel, or both folded nicks. `tags` are the client-only tags.
    """

    user: int
    source: str
    account: str | None
    command: str
    target: str
    recipient: int | None
    conversation: str
    text: str
    tags: tuple[tuple[str, str], ...] = ()


class TagsRelayed(NamedTuple):
    """A TAGMSG: told to those who are there, not kept (typing and the like)."""

    user: int
    source: str
    account: str | None
    target: str
    recipient: int | None
    tags: tuple[tuple[str, str], ...]


Event: TypeAlias = (
    ServerStarted
    | UserConnected
    | UserQuit
    | NickChanged
    | AwayChanged
    | UserModeChanged
    | Joined
    | Parted
    | Kicked
    | TopicChanged
    | ChannelModeChanged
    | Invited
    | MessageSent
    | TagsRelayed
)

#: Told, but not written to the log.
EPHEMERAL: frozenset[type] = frozenset({TagsRelayed})


class Entry(NamedTuple):
    """An event with its place: `position` counts from 1 without repeats, `time` is in
    milliseconds since 1970 and never goes backwards."""

    position: int
    time: int
    event: Event


EVENT_TYPES: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        ServerStarted, UserConnected, UserQuit, NickChanged, AwayChanged, UserModeChanged,
        Joined, Parted, Kicked, TopicChanged, ChannelModeChanged, Invited, MessageSent,
        TagsRelayed,
    )
}  # fmt: skip
