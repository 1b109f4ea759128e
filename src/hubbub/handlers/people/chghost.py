"""CHGHOST: other people see another user name or host behind a nick (IRCv3 chghost).

Clients that do not know the command would go on with the old one. They see the person quit and come
back as who it is now, with the same modes ("Fallback when the chghost capability has not been
negotiated").
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
from ...protocol.numerics import RPL_VISIBLEHOST, fail, numeric
from ...session import Session
from ..command_table import Past, Step, Steps, Tell, command
from ..context import View
from ..refusals import Refused
from ..server.oper import privileged

CAP = "chghost"
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")


@command("CHGHOST", params=2)
@privileged("accounts")
def chghost(view: View, session: Session, message: Message) -> Steps:
    """CHGHOST <nick> [<user>@]<host>."""
    target, before = view.named(message.params[0]), view.named(message.params[0]).source
    name, at, host = message.params[1].rpartition("@")
    username = name if at else target.username
    if not _HOST.fullmatch(host) or not _HOST.fullmatch(username.lstrip("~")):
        raise Refused(fail("CHGHOST", "INVALID_HOST", text="That is no host name"))
    yield HostChanged(target.id, before, username, host)
    for number in target.sessions:
        yield Tell(number, (numeric(RPL_VISIBLEHOST, host),))
    yield from _tell_others(view, target, before)


def _tell_others(view: View, target: User, before: str) -> Iterator[Step]:
    """Everybody who sees the person somewhere, where the client has to be told in other words."""
    seen: dict[int, list[Channel]] = {}
    for channel in view.network.channels_of(target):
        hidden = view.network.is_hidden(channel, target)
        for id, held in channel.members.items():
            if id != target.id and (held or not hidden):
                seen.setdefault(id, []).append(channel)
    for id, channels in seen.items():
        for number in view.network.users[id].sessions:
            other = view.sessions.get(number)
            if other and CAP not in other.caps and not other.dialect.for_people:
                yield Tell(number, (_as_return(view, target, before, channels),))


def _as_return(view: View, target: User, before: str, channels: list[Channel]) -> Past:
    events: list[Event] = [UserQuit(target.id, before, "Changing host")]
    for channel in channels:
        held = channel.members[target.id]
        name, account, realname = channel.name, target.account, target.realname
        events.append(Joined(target.id, target.source, name, held, account, realname))
        changes = tuple(ModeChange("+", letter, target.nick, target.id) for letter in held)
        if changes:
            events.append(ChannelModeChanged(0, view.server.name, channel.name, changes))
    return Past(tuple(Entry(view.network.position, view.now, event) for event in events))
