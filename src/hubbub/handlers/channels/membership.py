"""Membership of channels: JOIN, PART, TOPIC, NAMES, LIST, KICK, INVITE, KNOCK."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from typing import Any, TypeAlias

from ...events.kinds import (
    ChannelEnded,
    HistoryPutAside,
    Invited,
    Joined,
    Kicked,
    Knocked,
    Parted,
    TopicChanged,
)
from ...log.ranges import Page, Range
from ...model import rules
from ...model.accounts import network_of
from ...model.channel import Channel
from ...model.masks import folded_matches
from ...protocol.message import Message, Reply
from ...protocol.modes import signs
from ...protocol.names import fold, is_channel, valid_channel
from ...protocol.numerics import (
    ERR_BADCHANMASK,
    ERR_CANNOTSENDTOCHAN,
    ERR_CHANOPEN,
    ERR_CHANOPRIVSNEEDED,
    ERR_KNOCKONCHAN,
    ERR_LINKCHANNEL,
    ERR_NEEDMOREPARAMS,
    ERR_NOSUCHCHANNEL,
    ERR_NOTONCHANNEL,
    ERR_TOOMANYCHANNELS,
    ERR_TOOMANYKNOCK,
    ERR_USERNOTINCHANNEL,
    ERR_USERONCHANNEL,
    RPL_AWAY,
    RPL_ENDOFINVITELIST_OF_USER,
    RPL_ENDOFNAMES,
    RPL_INVITELIST_OF_USER,
    RPL_INVITING,
    RPL_KNOCKDLVR,
    RPL_LIST,
    RPL_LISTEND,
    RPL_LISTSTART,
    RPL_NAMREPLY,
    RPL_NOTOPIC,
    RPL_TOPIC,
    RPL_TOPICWHOTIME,
    numeric,
    shown,
    standard_reply,
)
from ...session import Session
from ...work import reading
from ..accounts.access import give_prefixes
from ..command_table import HistoryReply, Pause, Step, Steps, command, in_slices
from ..context import Context, cut, listed, wrapped
from ..history import chathistory, read_markers
from ..people import budgets, change_limits, metadata
from ..refusals import Refused


@command("JOIN", params=1)
def join(context: Context, session: Session, message: Message) -> Steps:
    listed("JOIN", message.params[0])
    names = message.params[0].split(",")  # keep empty ones: keys are matched to names by index
    if names == ["0"]:
        user = context.user(session)
        for channel in context.network.channels_of(user):
            change_limits.leave(context, user)
            hidden = context.network.is_hidden(channel, user)
            yield Parted(user.id, user.source, channel.name, "", hidden)
        return
    keys = message.params[1].split(",") if len(message.params) > 1 else []
    for number, name in enumerate(names):
        if name:
            try:
                change_limits.enter(context, context.user(session))
                yield from join_one(
                    context, session, name, keys[number] if number < len(keys) else ""
                )
            except Refused as refused:
                yield refused.reply_to("JOIN")


def join_one(
    context: Context,
    session: Session,
    name: str,
    key: str,
    *,
    forwarded: bool = False,
    invited: bool = False,
) -> Generator[Step, Any, None]:
    """Join one channel and send what a new member gets. A forward (+f) is followed only once. By a
    link (`invited`) everybody may join who is not banned."""
    user, limits = context.user(session), context.settings.limits
    if not is_channel(name):
        raise Refused.numeric(ERR_NOSUCHCHANNEL, name)
    if not valid_channel(name, limits.channel_length):
        raise Refused.numeric(ERR_BADCHANMASK, name)
    channel = context.network.channel(name)
    if channel is not None and user.id in channel.members:
        return
    if len(user.channels) >= limits.channels_per_client:
        raise Refused.numeric(ERR_TOOMANYCHANNELS, name)
    if channel is not None and context.network.resting.is_open(channel.key, context.now):
        if channel.is_closed():
            yield ChannelEnded(channel.name)
            channel = None
    elif channel is not None:
        key = key if _may_guess(context, session, channel, key) else ""
        refusal = rules.may_not_join(channel, user, key)
        if invited and not rules.is_banned(channel, user):
            refusal = None
        other = context.network.channel(channel.modes.get("f") or "")
        if refusal is not None and other is not None and not forwarded:
            yield numeric(ERR_LINKCHANNEL, channel.name, other.name)
            yield from join_one(context, session, other.name, "", forwarded=True)
            return
        if refusal is not None:
            raise Refused.numeric(refusal, channel.name)
    yield from made_anew(context, name)
    prefix = "o" if channel is None or rules.is_nobodys(channel) else ""
    yield Joined(
        user.id, user.source, channel.name if channel else name, prefix,
        user.account, user.realname, context.network.is_hidden(channel, user),
    )  # fmt: skip
    channel = context.channel(name)
    if channel.founder is not None:
        yield from give_prefixes(context, channel, user)
    yield from newcomer(context, session, channel)


def _may_guess(context: Context, session: Session, channel: Channel, key: str) -> bool:
    """Does this key count? After too many wrong ones from an address none does."""
    if not key or "k" not in channel.modes:
        return True
    about = ("key", f"{channel.key} {network_of(session.peer.host)}")
    return context.logins.guess(about, context.now, rules.is_key(channel, key))


#: Closed channels that ended and whose history has not been moved away yet.
MOST_CLOSED = 1000


def made_anew(context: Context, name: str) -> Iterator[HistoryPutAside]:
    """Before a channel is created: move away the history of a closed one of its name."""
    closed = context.network.closed
    if fold(name) in closed:
        yield HistoryPutAside(name)
    # So that the list does not grow: each new channel takes two of the oldest off it.
    for other in tuple(itertools.islice(closed, min(2, max(0, len(closed) - MOST_CLOSED)))):
        yield HistoryPutAside(other)


def newcomer(context: Context, session: Session, channel: Channel) -> Generator[Step, Any, None]:
    """What a new member of a channel is sent."""
    limits = context.settings.limits
    if channel.topic:
        yield from topic_of(channel)
    if read_markers.CAP in session.caps:
        yield read_markers.marker(context, context.user(session), channel.name, channel.key)
    if session.dialect.for_people:
        wanted = Range(
            before=context.network.position,
            limit=limits.history_on_join,
            size=limits.history_bytes,
        )
        keys = rules.conversations(channel, context.user(session))
        place = chathistory.Readable(channel.name, keys)
        page: Page = yield reading(lambda log: place.read(log, wanted), hold=True)
        past = chathistory.under_name(page.entries, channel.name)
        if page.more and past:
            text = chathistory.older(context, channel.name, past)
            yield standard_reply("NOTE", "HISTORY", "MORE", text=text)
        yield HistoryReply(past, "chathistory", channel.name)
    elif "no-implicit-names" not in session.caps:
        yield from names_of(context, session, channel)
    yield from metadata.entered(context, session, channel)


@command("PART", params=1)
def part(context: Context, session: Session, message: Message) -> Steps:
    user = context.user(session)
    reason = message.params[1] if len(message.params) > 1 else ""
    reason = cut(reason, context.settings.limits.reason_length)
    for name in message.params[0].split(","):
        try:
            channel = context.own_channel(session, name)
        except Refused as refused:
            yield refused.reply_to("PART")
        else:
            change_limits.leave(context, user)
            hidden = context.network.is_hidden(channel, user)
            yield Parted(user.id, user.source, channel.name, reason, hidden)


@command("TOPIC", params=1)
def topic(context: Context, session: Session, message: Message) -> Steps:
    user = context.user(session)
    if len(message.params) == 1:
        channel = context.seen_channel(session, message.params[0])
        if not rules.sees_inside(channel, user):
            raise Refused.numeric(ERR_NOTONCHANNEL, channel.name)
        yield from topic_of(channel, say_none=True)
        return
    channel = context.own_channel(session, message.params[0])
    if not rules.may_set_topic(channel, user):
        raise Refused.numeric(ERR_CHANOPRIVSNEEDED, channel.name)
    text = cut(message.params[1], context.settings.limits.topic_length)
    yield TopicChanged(user.id, user.source, channel.name, text)


def topic_of(channel: Channel, *, say_none: bool = False) -> Iterator[Reply]:
    if channel.topic:
        yield numeric(RPL_TOPIC, channel.name, channel.topic)
        since = str(channel.topic_time // 1000)
        yield numeric(RPL_TOPICWHOTIME, channel.name, channel.topic_by, since)
    elif say_none:
        yield numeric(RPL_NOTOPIC, channel.name)


@command("NAMES")
def names(context: Context, session: Session, message: Message) -> Steps:
    """One or several channels, one end for all of them (modern.ircdocs.horse "NAMES message")."""
    text = message.params[0] if message.params and message.params[0] else "*"
    for name in text.split(",")[: context.settings.limits.targets]:
        channel = context.known_channel(context.user(session), name)
        if channel is not None:
            yield from _names(context, session, channel)
    yield numeric(RPL_ENDOFNAMES, shown(text))


def names_of(context: Context, session: Session, channel: Channel) -> Iterator[Reply]:
    """The member list, as sent to a new member."""
    yield from _names(context, session, channel)
    yield numeric(RPL_ENDOFNAMES, channel.name)


def _names(context: Context, session: Session, channel: Channel) -> Iterator[Reply]:
    kind = "@" if "s" in channel.modes else "="
    width = context.room(session, RPL_NAMREPLY.code, kind, channel.name)
    for line in wrapped(_members(context, session, channel), width):
        yield numeric(RPL_NAMREPLY, kind, channel.name, line)


def _members(context: Context, session: Session, channel: Channel) -> list[str]:
    """The members visible to the client, formatted by its capabilities (IRCv3 multi-prefix,
    userhost-in-names). Everybody who joins a channel of thousands requests it."""
    highest = None if "multi-prefix" in session.caps else 1
    users = context.network.users
    members: Iterable[tuple[int, str]] = channel.members.items()
    asker = context.user(session)
    if asker.id not in channel.members or "u" in channel.modes:
        sees = partial(rules.sees_in_list, channel, asker)
        members = [(id, held) for id, held in members if sees(users[id])]
    # Most members hold no mode: for them a comprehension costs a lookup.
    if "userhost-in-names" in session.caps:
        return [
            signs(held)[:highest] + users[id].source if held else users[id].source
            for id, held in members
        ]
    return [
        signs(held)[:highest] + users[id].nick if held else users[id].nick for id, held in members
    ]


# -- LIST ----------------------------------------------------------------------------------

_MINUTE = 60_000  # ms
Wanted: TypeAlias = "Callable[[Channel], bool]"


@command("LIST")
def list_channels(context: Context, session: Session, message: Message) -> Steps:
    user = context.user(session)
    wanted = _wanted(context, message.params[0]) if message.params else []
    yield numeric(RPL_LISTSTART, "Channel")
    for channel in in_slices(context.network.channels.values()):
        if isinstance(channel, Pause):
            yield channel
        elif context.network.channels.get(channel.key) is not channel:
            pass  # the channel has ended meanwhile
        elif rules.sees_channel(channel, user) and all(holds(channel) for holds in wanted):
            yield numeric(RPL_LIST, channel.name, str(len(channel.members)), channel.topic)
    yield numeric(RPL_LISTEND)


def _wanted(context: Context, text: str) -> list[Wanted]:
    """The filter of LIST (ISUPPORT ELIST=CMNTU): one of the masks and all conditions."""
    masks: list[Wanted] = []
    others: list[Wanted] = []
    for item in text.split(",")[: context.settings.limits.targets]:
        condition = _condition(context.now, item)
        if condition is not None:
            others.append(condition)
        elif item[:1] == "!":
            others.append(_not(_named(item[1:])))
        elif item:
            masks.append(_named(item))
    return [lambda channel: any(mask(channel) for mask in masks), *others] if masks else others


def _named(mask: str) -> Wanted:
    folded = fold(mask)
    return lambda channel: folded_matches(folded, channel.key)


def _not(condition: Wanted) -> Wanted:
    return lambda channel: not condition(channel)


_CONDITION = re.compile(r"([CT]?)([<>])([0-9]{1,9})", re.IGNORECASE)


def _condition(now: int, item: str) -> Wanted | None:
    """`>5` members, `C<60`: created less than 60 minutes ago, `T>60`: topic older than that."""
    found = _CONDITION.fullmatch(item)
    if found is None:
        return None
    kind, sign, number = found[1].upper(), found[2], int(found[3])

    def holds(channel: Channel) -> bool:
        if kind == "":
            value, limit = len(channel.members), number
        elif kind == "C":
            value, limit = now - channel.created, number * _MINUTE
        elif not channel.topic_time:
            return False
        else:
            value, limit = now - channel.topic_time, number * _MINUTE
        return value < limit if sign == "<" else value > limit

    return holds


# -- KICK, INVITE, KNOCK -------------------------------------------------------------------


@command("KICK", params=2)
def kick(context: Context, session: Session, message: Message) -> Steps:
    """One channel and several nicks, or as many channels as nicks (RFC 2812 section 3.2.8)."""
    user = context.user(session)
    names, nicks = message.params[0].split(","), message.params[1].split(",")
    if len(names) == 1:
        names *= len(nicks)
    if len(names) != len(nicks):
        raise Refused.numeric(ERR_NEEDMOREPARAMS, "KICK")
    reason = message.params[2] if len(message.params) > 2 and message.params[2] else user.nick
    reason = cut(reason, context.settings.limits.reason_length)
    for name, nick in zip(names, nicks, strict=True):
        try:
            yield _kick_one(context, session, name, nick, reason)
        except Refused as refused:
            yield refused.reply_to("KICK")


def _kick_one(context: Context, session: Session, name: str, nick: str, reason: str) -> Step:
    user = context.user(session)
    channel = context.own_channel(session, name)
    if not rules.is_half_operator(channel, user):
        return numeric(ERR_CHANOPRIVSNEEDED, channel.name)
    target = context.named(nick)
    if target.id not in channel.members:
        return numeric(ERR_USERNOTINCHANNEL, target.nick, channel.name)
    if not rules.may_kick(channel, user, target):
        return numeric(ERR_CHANOPRIVSNEEDED, channel.name)
    return Kicked(user.id, user.source, channel.name, target.id, target.nick, reason)


@command("INVITE")
def invite(context: Context, session: Session, message: Message) -> Steps:
    user = context.user(session)
    if not message.params:
        for key in sorted(user.invited):
            yield numeric(RPL_INVITELIST_OF_USER, context.network.channels[key].name)
        yield numeric(RPL_ENDOFINVITELIST_OF_USER)
        return
    if len(message.params) < 2:
        raise Refused.numeric(ERR_NEEDMOREPARAMS, "INVITE")
    channel = context.own_channel(session, message.params[1])
    target = context.named(message.params[0])
    if target.id in channel.members:
        raise Refused.numeric(ERR_USERONCHANNEL, target.nick, channel.name)
    if "i" in channel.modes and not rules.is_half_operator(channel, user):
        raise Refused.numeric(ERR_CHANOPRIVSNEEDED, channel.name)
    yield numeric(RPL_INVITING, target.nick, channel.name)
    if target.away is not None:
        yield numeric(RPL_AWAY, target.nick, target.away)
    yield Invited(user.id, user.source, channel.name, target.id, target.nick)


@command("KNOCK", params=1)
def knock(context: Context, session: Session, message: Message) -> Steps:
    """Ask the operators of a channel for an invitation."""
    user, channel = context.user(session), context.seen_channel(session, message.params[0])
    if user.id in channel.members:
        raise Refused.numeric(ERR_KNOCKONCHAN, channel.name)
    if not {"i", "k"} & channel.modes.keys():
        raise Refused.numeric(ERR_CHANOPEN, channel.name)
    if rules.is_banned(channel, user):
        raise Refused.numeric(ERR_CANNOTSENDTOCHAN, channel.name, "Cannot knock (+b)")
    if not budgets.pays(context, context.knocks, user):
        raise Refused.numeric(ERR_TOOMANYKNOCK, channel.name)
    text = message.params[1] if len(message.params) > 1 and message.params[1] else "no reason given"
    yield Knocked(user.id, user.source, channel.name, text[:200])
    yield numeric(RPL_KNOCKDLVR, channel.name)
