"""RENAME: rename a channel (IRCv3 draft/channel-rename).

The channel keeps its members, modes, topic, access list and history. Clients without the capability
see themselves leave the old name and join the new one.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...events.kinds import ChannelRenamed, Entry, Joined, Parted
from ...model import rules
from ...model.channel import Channel
from ...model.user import User
from ...protocol.message import Message, Reply
from ...protocol.names import fold, is_channel, valid_channel
from ...protocol.numerics import (
    ERR_BADCHANMASK,
    ERR_CHANOPRIVSNEEDED,
    ERR_NOSUCHCHANNEL,
)
from ...session import Session
from ..command_table import HistoryReply, SendTo, Step, Steps, command
from ..context import Context, cut
from ..refusals import Refused
from . import membership, past

CAP = "draft/channel-rename"
#: Members without the capability are sent the whole channel state again, so it is rate-limited.
_EVERY = 60_000  # ms, one channel


@command("RENAME", params=2)
def rename(context: Context, session: Session, message: Message) -> Steps:
    old, new, *rest = message.params
    user, channel = context.user(session), context.own_channel(session, old)
    _check(context, user, channel, new)
    if new == channel.name:
        return
    yield from past.leave_to_others(context, session, channel, "RENAME")
    _check(context, user, channel, new)  # others may have been quicker
    reason = cut(rest[0], context.settings.limits.reason_length) if rest else ""
    old = channel.name
    yield ChannelRenamed(user.id, user.source, old, new, reason)
    done = ChannelRenamed(user.id, user.source, old, new, reason)
    yield from _tell(context, channel, Entry(context.network.position, context.now, done))


def _check(context: Context, user: User, channel: Channel, new: str) -> None:
    if not rules.is_operator(channel, user):
        raise Refused.numeric(ERR_CHANOPRIVSNEEDED, channel.name)
    if not is_channel(new):
        raise Refused.numeric(ERR_NOSUCHCHANNEL, new)
    if not valid_channel(new, context.settings.limits.channel_length):
        raise Refused.numeric(ERR_BADCHANMASK, new)
    if channel.founder is not None and channel.founder != user.account:
        raise Refused(
            "CANNOT_RENAME", "Only its founder may rename a registered channel", channel.name, new
        )
    if fold(new) == channel.key:
        return
    if context.network.channel(new) is not None:
        raise Refused(
            "CHANNEL_NAME_IN_USE", "There is a channel of that name already", channel.name, new
        )
    if channel.renamed and context.now - channel.renamed < _EVERY:
        raise Refused(
            "CANNOT_RENAME", "It was renamed a moment ago: wait a minute", channel.name, new
        )


def _tell(context: Context, channel: Channel, entry: Entry) -> Iterator[Step]:
    """Notify each connection of each member according to its capabilities."""
    for id in channel.members:
        member = context.network.users[id]
        for number in member.sessions:
            session = context.sessions.get(number)
            if session is not None:
                yield SendTo(number, tuple(_told(context, session, member, channel, entry)))


def _told(
    context: Context, session: Session, member: User, channel: Channel, entry: Entry
) -> Iterator[HistoryReply | Reply]:
    event = entry.event
    assert isinstance(event, ChannelRenamed)
    if CAP in session.caps or session.dialect.for_people:
        yield HistoryReply((entry,))
        return
    if fold(event.old) == channel.key:
        return
    reason = event.reason or f"It is called {channel.name} now"
    left = Parted(member.id, member.source, event.old, reason)
    entered = Joined(member.id, member.source, channel.name, "", member.account, member.realname)
    yield HistoryReply((entry._replace(event=left), entry._replace(event=entered)))
    yield from membership.topic_of(channel)
    if "no-implicit-names" not in session.caps:
        yield from membership.names_of(context, session, channel)
