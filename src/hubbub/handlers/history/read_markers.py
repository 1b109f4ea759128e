"""MARKREAD: the position up to which a user has read (IRCv3 draft/read-marker)."""

from __future__ import annotations

from collections.abc import Iterator

from ...events.kinds import ReadMarkerMoved
from ...model.user import User
from ...protocol.message import Message, Reply
from ...protocol.names import conversation, is_channel, valid_channel
from ...protocol.times import server_time
from ...session import Session
from ..command_table import Step, Steps, command
from ..context import Context
from ..refusals import Refused
from .chathistory import parse_time, readable

CAP = "draft/read-marker"
NOT_THERE = "You cannot mark that as read"


@command("MARKREAD")
def markread(context: Context, session: Session, message: Message) -> Steps:
    if not message.params or not message.params[0]:
        raise Refused("NEED_MORE_PARAMS", "Missing parameters")
    target = message.params[0]
    user = context.user(session)
    try:
        name, key = _conversation(context, session, target)
    except Refused:
        raise Refused("INVALID_PARAMS", NOT_THERE, target) from None
    if len(message.params) == 1:
        yield marker(context, user, name, key)
        return
    kind, _, value = message.params[1].partition("=")
    time = parse_time(value) if kind == "timestamp" else None
    if time is None:
        text = "Give the time as timestamp=YYYY-MM-DDThh:mm:ss.sssZ"
        raise Refused("INVALID_PARAMS", text, message.params[1])
    if not _may_mark(context, user, target):
        raise Refused("INVALID_PARAMS", NOT_THERE, target)
    yield from _move(context, user, name, key, time)


def _conversation(context: Context, session: Session, target: str) -> tuple[str, str]:
    """Name and conversation of a target. A marker reveals only what its owner sent, so the
    channel's existence is not checked; only users who may know of it get its spelling."""
    if valid_channel(target, context.settings.limits.channel_length):
        channel = context.known_channel(context.user(session), target)
        if channel is None:
            return target, conversation(target)
        return channel.name, channel.key
    place = readable(context, session, "MARKREAD", target)
    return place.name, place.keys[0]


def _may_mark(context: Context, user: User, target: str) -> bool:
    """A marker is stored for a channel only while the user is in it. A person has
    MOST_MARKERS at most (model/applying/people.py)."""
    if not is_channel(target):
        return True
    channel = context.known_channel(user, target)
    return channel is not None and user.id in channel.members


def _move(context: Context, user: User, name: str, key: str, time: int) -> Iterator[Step]:
    """A marker only moves forward."""
    if time > _markers(context, user).get(key, 0):
        yield ReadMarkerMoved(user.stable_key, key, name, time, user.id)
    else:
        yield marker(context, user, name, key)


def _markers(context: Context, user: User) -> dict[str, int]:
    return context.network.markers.get(user.stable_key, {})


def marker(context: Context, user: User, name: str, key: str) -> Reply:
    """The current marker of a conversation."""
    time = _markers(context, user).get(key)
    return Reply("MARKREAD", (name, f"timestamp={server_time(time)}" if time else "*"))
