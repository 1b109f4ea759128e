"""CHGHOST: the user name or host shown to others changes (IRCv3 chghost).

Clients without the capability would keep the old one. They see the user quit and rejoin with the
new one and the same modes ("Fallback when the chghost capability has not been negotiated").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...events.kinds import (
    ChannelModeChanged,
    Entry,
    Event,
    HostChanged,
    Joined,
    ModeChange,
    UserQuit,
)
from ...model.channel import Channel
from ...model.user import User
from ...protocol.message import Message
from ...protocol.numerics import RPL_VISIBLEHOST, numeric
from ...session import Session
from ..command_table import HistoryReply, SendTo, Step, Steps, command
from ..context import Context
from ..refusals import Refused
from ..server.oper import privileged

CAP = "chghost"
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")


@command("CHGHOST", params=2)
@privileged("accounts")
def chghost(context: Context, session: Session, message: Message) -> Steps:
    """CHGHOST <nick> [<user>@]<host>."""
    target, before = context.named(message.params[0]), context.named(message.params[0]).source
    name, at, host = message.params[1].rpartition("@")
    username = name if at else target.username
    if not _HOST.fullmatch(host) or not _HOST.fullmatch(username.lstrip("~")):
        raise Refused("INVALID_HOST", "That is no host name")
    yield HostChanged(target.id, before, username, host)
    for number in target.sessions:
        yield SendTo(number, (numeric(RPL_VISIBLEHOST, host),))
    yield from _tell_others(context, target, before)


def _tell_others(context: Context, target: User, before: str) -> Iterator[Step]:
    """Notify everybody who sees the user and whose client lacks the capability."""
    seen: dict[int, list[Channel]] = {}
    for channel in context.network.channels_of(target):
        hidden = context.network.is_hidden(channel, target)
        for id, held in channel.members.items():
            if id != target.id and (held or not hidden):
                seen.setdefault(id, []).append(channel)
    for id, channels in seen.items():
        for number in context.network.users[id].sessions:
            other = context.sessions.get(number)
            if other and CAP not in other.caps and not other.dialect.for_people:
                yield SendTo(number, (_as_return(context, target, before, channels),))


def _as_return(
    context: Context, target: User, before: str, channels: list[Channel]
) -> HistoryReply:
    events: list[Event] = [UserQuit(target.id, before, "Changing host")]
    for channel in channels:
        held = channel.members[target.id]
        name, account, realname = channel.name, target.account, target.realname
        events.append(Joined(target.id, target.source, name, held, account, realname))
        changes = tuple(ModeChange("+", letter, target.nick, target.id) for letter in held)
        if changes:
            events.append(ChannelModeChanged(0, context.server.name, channel.name, changes))
    return HistoryReply(
        tuple(Entry(context.network.position, context.now, event) for event in events)
    )
