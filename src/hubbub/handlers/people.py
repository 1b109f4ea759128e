"""Asking about people: WHO, WHOIS."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from ..dialects.irc.numerics import (
    ERR_NONICKNAMEGIVEN,
    ERR_NOSUCHNICK,
    RPL_AWAY,
    RPL_ENDOFWHO,
    RPL_ENDOFWHOIS,
    RPL_WHOISACCOUNT,
    RPL_WHOISCHANNELS,
    RPL_WHOISHOST,
    RPL_WHOISIDLE,
    RPL_WHOISOPERATOR,
    RPL_WHOISSECURE,
    RPL_WHOISSERVER,
    RPL_WHOISUSER,
    RPL_WHOREPLY,
    numeric,
)
from ..dialects.message import Message, Reply
from ..model import rules
from ..model.channel import Channel
from ..model.masks import matches
from ..model.modes import signs
from ..model.names import is_channel
from ..model.user import User
from ..session import Session
from .table import Steps, command
from .view import View, shown


def date(time: int) -> str:
    """Milliseconds since 1970 for people."""
    return datetime.fromtimestamp(time / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


@command("WHO")
def who(view: View, session: Session, message: Message) -> Steps:
    asker = view.user(session)
    mask = message.params[0] if message.params and message.params[0] else "*"
    if is_channel(mask):
        channel = view.network.channel(mask)
        if channel is not None and rules.sees_channel(channel, asker):
            inside = rules.sees_inside(channel, asker)
            for id in channel.members:
                member = view.network.users[id]
                if inside or "i" not in member.modes:
                    yield _who_reply(view, channel, member)
    else:
        for user in _matching(view, asker, mask):
            shared = _shared_channel(view, asker, user)
            yield _who_reply(view, shared, user)
    yield numeric(RPL_ENDOFWHO, shown(mask))


def _matching(view: View, asker: User, mask: str) -> Iterator[User]:
    exact = view.network.user(mask)
    if exact is not None:
        yield exact
        return
    for user in list(view.network.users.values()):
        seen = "i" not in user.modes or user is asker or view.network.share_channel(asker, user)
        if seen and (mask == "0" or matches(mask, user.nick) or matches(mask, user.host)):
            yield user


def _shared_channel(view: View, asker: User, user: User) -> Channel | None:
    for channel in view.network.channels_of(user):
        if rules.sees_channel(channel, asker):
            return channel
    return None


def _who_reply(view: View, channel: Channel | None, user: User) -> Reply:
    flags = "G" if user.away is not None else "H"
    if "o" in user.modes:
        flags += "*"
    if channel is not None:
        flags += signs(channel.members[user.id])[:1]
    return numeric(
        RPL_WHOREPLY,
        channel.name if channel else "*",
        user.username,
        user.host,
        view.server.name,
        user.nick,
        flags,
        f"0 {user.realname}",
    )


@command("WHOIS")
def whois(view: View, session: Session, message: Message) -> Steps:
    if not message.params or not message.params[-1]:
        yield numeric(ERR_NONICKNAMEGIVEN)
        return
    nick = message.params[-1]
    user = view.network.user(nick)
    if user is None:
        yield numeric(ERR_NOSUCHNICK, shown(nick))
    else:
        yield from _whois(view, view.user(session), user)
    yield numeric(RPL_ENDOFWHOIS, shown(nick))


def _whois(view: View, asker: User, user: User) -> Iterator[Reply]:
    nick = user.nick
    yield numeric(RPL_WHOISUSER, nick, user.username, user.host, "*", user.realname)
    shown_channels = [
        signs(channel.members[user.id])[:1] + channel.name
        for channel in view.network.channels_of(user)
        if rules.sees_channel(channel, asker)
    ]
    if shown_channels:
        yield numeric(RPL_WHOISCHANNELS, nick, " ".join(shown_channels))
    yield numeric(RPL_WHOISSERVER, nick, view.server.name, view.settings.network)
    if "o" in user.modes:
        yield numeric(RPL_WHOISOPERATOR, nick)
    if user.account is not None:
        yield numeric(RPL_WHOISACCOUNT, nick, user.account)
    if user is asker:
        yield numeric(RPL_WHOISHOST, nick, f"is connecting from {user.address}")
    if user.secure:
        yield numeric(RPL_WHOISSECURE, nick)
    if user.away is not None:
        yield numeric(RPL_AWAY, nick, user.away)
    idle = str(view.idle_ms(user) // 1000)
    yield numeric(RPL_WHOISIDLE, nick, idle, str(user.since // 1000))
