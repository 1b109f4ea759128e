"""Being in channels: JOIN, PART, TOPIC, NAMES, LIST, KICK, INVITE."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from ..dialects.irc.numerics import (
    ERR_BADCHANMASK,
    ERR_CHANOPRIVSNEEDED,
    ERR_NOSUCHCHANNEL,
    ERR_NOTONCHANNEL,
    ERR_TOOMANYCHANNELS,
    ERR_USERNOTINCHANNEL,
    ERR_USERONCHANNEL,
    RPL_AWAY,
    RPL_ENDOFNAMES,
    RPL_INVITING,
    RPL_LIST,
    RPL_LISTEND,
    RPL_LISTSTART,
    RPL_NAMREPLY,
    RPL_NOTOPIC,
    RPL_TOPIC,
    RPL_TOPICWHOTIME,
    numeric,
)
from ..dialects.message import Message, Reply
from ..log.events import Invited, Joined, Kicked, Parted, TopicChanged
from ..log.reading import Range
from ..model import rules
from ..model.channel import Channel
from ..model.modes import signs
from ..model.names import conversation, is_channel, valid_channel
from ..session import Session
from .table import Past, Refused, Step, Steps, command
from .view import View, shown
from .work import read_history


@command("JOIN", params=1)
def join(view: View, session: Session, message: Message) -> Steps:
    names = message.params[0].split(",")
    if names == ["0"]:
        user = view.user(session)
        for channel in view.network.channels_of(user):
            yield Parted(user.id, user.source, channel.name, "")
        return
    keys = message.params[1].split(",") if len(message.params) > 1 else []
    for number, name in enumerate(names):
        if name:
            try:
                yield from join_one(view, session, name, keys[number] if number < len(keys) else "")
            except Refused as refused:
                yield refused.reply


def join_one(view: View, session: Session, name: str, key: str) -> Generator[Step, Any, None]:
    """Enter one channel, and be told what a newcomer is told."""
    user, limits = view.user(session), view.settings.limits
    if not is_channel(name):
        raise Refused(numeric(ERR_NOSUCHCHANNEL, shown(name)))
    if not valid_channel(name, limits.channel_length):
        raise Refused(numeric(ERR_BADCHANMASK, shown(name)))
    channel = view.network.channel(name)
    if channel is not None and user.id in channel.members:
        return
    if len(user.channels) >= limits.channels_per_client:
        raise Refused(numeric(ERR_TOOMANYCHANNELS, name))
    if channel is not None:
        refusal = rules.may_not_join(channel, user, key)
        if refusal is not None:
            raise Refused(numeric(refusal, channel.name))
    yield Joined(
        user.id, user.source, channel.name if channel else name, "" if channel else "o",
        user.account, user.realname,
    )  # fmt: skip
    channel = view.channel(name)
    if channel.topic:
        yield from topic_of(channel)
    if session.dialect.for_people:
        wanted = Range(before=view.network.position, limit=limits.history_on_join)
        past = yield read_history(conversation(channel.name), wanted)
        yield Past(tuple(past))
    else:
        yield from names_of(view, session, channel)


@command("PART", params=1)
def part(view: View, session: Session, message: Message) -> Steps:
    user = view.user(session)
    reason = message.params[1] if len(message.params) > 1 else ""
    for name in message.params[0].split(","):
        try:
            channel = view.own_channel(session, name)
        except Refused as refused:
            yield refused.reply
        else:
            yield Parted(user.id, user.source, channel.name, reason)


@command("TOPIC", params=1)
def topic(view: View, session: Session, message: Message) -> Steps:
    user = view.user(session)
    if len(message.params) == 1:
        channel = view.channel(message.params[0])
        if not rules.sees_inside(channel, user):
            raise Refused(numeric(ERR_NOTONCHANNEL, channel.name))
        yield from topic_of(channel, say_none=True)
        return
    channel = view.own_channel(session, message.params[0])
    if not rules.may_set_topic(channel, user):
        raise Refused(numeric(ERR_CHANOPRIVSNEEDED, channel.name))
    text = message.params[1].encode()[: view.settings.limits.topic_length].decode(errors="ignore")
    yield TopicChanged(user.id, user.source, channel.name, text)


def topic_of(channel: Channel, *, say_none: bool = False) -> Iterator[Reply]:
    if channel.topic:
        yield numeric(RPL_TOPIC, channel.name, channel.topic)
        since = str(channel.topic_time // 1000)
        yield numeric(RPL_TOPICWHOTIME, channel.name, channel.topic_by, since)
    elif say_none:
        yield numeric(RPL_NOTOPIC, channel.name)


@command("NAMES")
def names(view: View, session: Session, message: Message) -> Steps:
    for name in message.params[0].split(",") if message.params else ["*"]:
        channel = view.network.channel(name)
        if channel is None or not rules.sees_channel(channel, view.user(session)):
            yield numeric(RPL_ENDOFNAMES, shown(name))
        else:
            yield from names_of(view, session, channel)


_NAMES_WIDTH = 400


def names_of(view: View, session: Session, channel: Channel) -> Iterator[Reply]:
    """Who is in a channel, in lines that fit."""
    kind = "@" if "s" in channel.modes else "="
    inside = rules.sees_inside(channel, view.user(session))
    words = []
    for id, held in channel.members.items():
        member = view.network.users[id]
        if inside or "i" not in member.modes:
            words.append(signs(held)[:1] + member.nick)
    line = ""
    for word in words:
        if line and len(line) + len(word) >= _NAMES_WIDTH:
            yield numeric(RPL_NAMREPLY, kind, channel.name, line)
            line = ""
        line += f" {word}" if line else word
    if line:
        yield numeric(RPL_NAMREPLY, kind, channel.name, line)
    yield numeric(RPL_ENDOFNAMES, channel.name)


@command("LIST")
def list_channels(view: View, session: Session, message: Message) -> Steps:
    user = view.user(session)
    wanted = message.params[0].split(",") if message.params and message.params[0] else None
    yield numeric(RPL_LISTSTART, "Channel")
    if wanted is None:
        channels = list(view.network.channels.values())
    else:
        found = (view.network.channel(name) for name in wanted)
        channels = [channel for channel in found if channel is not None]
    for channel in channels:
        if rules.sees_channel(channel, user):
            yield numeric(RPL_LIST, channel.name, str(len(channel.members)), channel.topic)
    yield numeric(RPL_LISTEND)


@command("KICK", params=2)
def kick(view: View, session: Session, message: Message) -> Steps:
    user = view.user(session)
    channel = view.own_channel(session, message.params[0])
    reason = message.params[2] if len(message.params) > 2 and message.params[2] else user.nick
    longest = view.settings.limits.reason_length
    reason = reason.encode()[:longest].decode(errors="ignore")
    for nick in message.params[1].split(","):
        target = view.named(nick)
        if target.id not in channel.members:
            yield numeric(ERR_USERNOTINCHANNEL, target.nick, channel.name)
        elif not rules.may_kick(channel, user, target):
            yield numeric(ERR_CHANOPRIVSNEEDED, channel.name)
        else:
            yield Kicked(user.id, user.source, channel.name, target.id, target.nick, reason)


@command("INVITE", params=2)
def invite(view: View, session: Session, message: Message) -> Steps:
    user = view.user(session)
    target = view.named(message.params[0])
    channel = view.own_channel(session, message.params[1])
    if target.id in channel.members:
        raise Refused(numeric(ERR_USERONCHANNEL, target.nick, channel.name))
    if "i" in channel.modes and not rules.is_operator(channel, user):
        raise Refused(numeric(ERR_CHANOPRIVSNEEDED, channel.name))
    yield numeric(RPL_INVITING, target.nick, channel.name)
    if target.away is not None:
        yield numeric(RPL_AWAY, target.nick, target.away)
    yield Invited(user.id, user.source, channel.name, target.id, target.nick)
