"""How far somebody has read: MARKREAD (IRCv3 draft/read-marker)."""

from __future__ import annotations

from collections.abc import Iterator

from ...events.kinds import ReadMarkerMoved
from ...model.user import User
from ...protocol.message import Message, Reply
from ...protocol.names import conversation, valid_channel
from ...protocol.numerics import fail
from ...protocol.times import server_time
from ...session import Session
from ..command_table import Step, Steps, command
from ..context import View, shown
from ..refusals import Refused
from .chathistory import parse_time, readable

CAP = "draft/read-marker"


@command("MARKREAD")
def markread(view: View, session: Session, message: Message) -> Steps:
    if not message.params or not message.params[0]:
        raise Refused(fail("MARKREAD", "NEED_MORE_PARAMS", text="Missing parameters"))
    target = message.params[0]
    user = view.user(session)
    try:
        name, key = _conversation(view, session, target)
    except Refused:
        text = "You cannot mark that as read"
        raise Refused(fail("MARKREAD", "INVALID_PARAMS", shown(target), text=text)) from None
    if len(message.params) == 1:
        yield marker(view, user, name, key)
        return
    kind, _, value = message.params[1].partition("=")
    time = parse_time(value) if kind == "timestamp" else None
    if time is None:
        text = "Give the time as timestamp=YYYY-MM-DDThh:mm:ss.sssZ"
        raise Refused(fail("MARKREAD", "INVALID_PARAMS", shown(message.params[1]), text=text))
    yield from _move(view, user, name, key, time)


def _conversation(view: View, session: Session, target: str) -> tuple[str, str]:
    """Name and conversation of a target. A marker tells nothing but what its owner told, so it is
    not asked whether there is such a channel, and only who may know hears how it is written."""
    if valid_channel(target, view.settings.limits.channel_length):
        channel = view.known_channel(view.user(session), target)
        if channel is None:
            return target, conversation(target)
        return channel.name, channel.key
    place = readable(view, session, "MARKREAD", target)
    return place.name, place.keys[0]


def _move(view: View, user: User, name: str, key: str, time: int) -> Iterator[Step]:
    """A marker only ever moves on."""
    if time > _markers(view, user).get(key, 0):
        yield ReadMarkerMoved(user.stable_key, key, name, time, user.id)
    else:
        yield marker(view, user, name, key)


def _markers(view: View, user: User) -> dict[str, int]:
    return view.network.markers.get(user.stable_key, {})


def marker(view: View, user: User, name: str, key: str) -> Reply:
    """Where the marker of a conversation stands."""
    time = _markers(view, user).get(key)
    return Reply("MARKREAD", (name, f"timestamp={server_time(time)}" if time else "*"))
