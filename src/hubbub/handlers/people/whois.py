"""Queries about users: WHO, WHOIS, WHOWAS, USERHOST, USERIP, ISON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from ...model import rules
from ...model.channel import Channel
from ...model.masks import folded_matches
from ...model.user import User
from ...protocol.message import Message, Reply
from ...protocol.modes import rank, signs
from ...protocol.names import fold, is_channel
from ...protocol.numerics import (
    ERR_NONICKNAMEGIVEN,
    ERR_NOSUCHNICK,
    ERR_WASNOSUCHNICK,
    RPL_AWAY,
    RPL_ENDOFWHO,
    RPL_ENDOFWHOIS,
    RPL_ENDOFWHOWAS,
    RPL_ISON,
    RPL_USERHOST,
    RPL_USERIP,
    RPL_WHOISACCOUNT,
    RPL_WHOISACTUALLY,
    RPL_WHOISBOT,
    RPL_WHOISCERTFP,
    RPL_WHOISCHANNELS,
    RPL_WHOISIDLE,
    RPL_WHOISMODES,
    RPL_WHOISOPERATOR,
    RPL_WHOISSECURE,
    RPL_WHOISSERVER,
    RPL_WHOISUSER,
    RPL_WHOREPLY,
    RPL_WHOSPCRPL,
    RPL_WHOWASUSER,
    Numeric,
    numeric,
    shown,
)
from ...session import Session
from ..command_table import Pause, Steps, command, in_slices
from ..context import Context, number, wrapped
from ..refusals import Refused
from . import metadata

#: Replaces an address that the client must not know (IRCv3 WHOX).
HIDDEN_IP = "255.255.255.255"


def date(time: int) -> str:
    """Format milliseconds since 1970 for people."""
    return datetime.fromtimestamp(time / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def ip_for(asker: User, user: User) -> str:
    """A user's address, as far as the client may know it."""
    return user.ip if user is asker or asker.may("see") else HIDDEN_IP


# -- WHO -----------------------------------------------------------------------------------


class Found(NamedTuple):
    """One line of a WHO reply: a user, and the channel shown with it."""

    user: User
    channel: Channel | None


@command("WHO")
def who(context: Context, session: Session, message: Message) -> Steps:
    """`WHO <mask> [o][%<fields>[,<token>]]` (modern.ircdocs.horse, IRCv3 WHOX)."""
    mask = message.params[0] if message.params and message.params[0] else "*"
    options = message.params[1] if len(message.params) > 1 else ""
    flags, percent, asked = options.partition("%")
    fields, _, token = asked.partition(",")
    asker = context.user(session)
    for found in _found(context, asker, mask):
        if isinstance(found, Pause):
            yield found
        elif "o" in flags and "o" not in found.user.modes:
            continue
        elif percent:
            yield _whox_reply(context, session, found, fields, token)
        else:
            yield _who_reply(context, session, found)
    yield numeric(RPL_ENDOFWHO, shown(mask))


def _found(context: Context, asker: User, mask: str) -> Iterator[Found | Pause]:
    if is_channel(mask):
        channel = context.known_channel(asker, mask)
        if channel is not None:
            for each in in_slices(channel.members):
                if isinstance(each, Pause):
                    yield each
                elif each in channel.members and rules.sees_in_list(
                    channel, asker, context.network.users[each]
                ):
                    yield Found(context.network.users[each], channel)
    else:
        for user in _matching(context, asker, mask):
            yield (
                user
                if isinstance(user, Pause)
                else Found(user, _shared_channel(context, asker, user))
            )


def _matching(context: Context, asker: User, mask: str) -> Iterator[User | Pause]:
    exact = context.network.person(mask)
    if exact is not None:
        yield exact
        return
    everybody, folded = mask in ("*", "0"), fold(mask)
    for user in in_slices(context.network.users.values()):
        if isinstance(user, Pause) or (
            (everybody or _fits(folded, user)) and _is_seen(context, asker, user)
        ):
            yield user


def _is_seen(context: Context, asker: User, user: User) -> bool:
    """May the client know that `user`, who was there a moment ago, is there?"""
    if user.id not in context.network.users:
        return False
    return (
        "i" not in user.modes
        or user is asker
        or asker.may("see")
        or context.network.share_channel(asker, user)
    )


def _fits(folded: str, user: User) -> bool:
    texts = (user.nick, user.username, user.host, user.realname)
    return any(folded_matches(folded, fold(text)) for text in texts)


def _shared_channel(context: Context, asker: User, user: User) -> Channel | None:
    """A channel of `user` that the client may know of, preferably a common one."""
    channels = [c for c in context.network.channels_of(user) if rules.sees_in(c, asker, user)]
    for channel in channels:
        if asker.id in channel.members:
            return channel
    return channels[0] if channels else None


def _flags(session: Session, user: User, channel: Channel | None) -> str:
    """`H@`: here or gone, operator, bot, prefixes in the channel."""
    flags = "H" if user.away is None else "G"
    if "o" in user.modes:
        flags += "*"
    if "B" in user.modes:
        flags += "B"
    if channel is not None:
        held = signs(channel.members[user.id])
        flags += held if "multi-prefix" in session.caps else held[:1]
    return flags


def _who_reply(context: Context, session: Session, found: Found) -> Reply:
    user, channel = found
    return numeric(
        RPL_WHOREPLY,
        channel.name if channel else "*",
        user.username,
        user.host,
        context.server.name,
        user.nick,
        _flags(session, user, channel),
        f"0 {user.realname}",
    )


def _whox_reply(context: Context, session: Session, found: Found, fields: str, token: str) -> Reply:
    """The requested fields, in the order of the specification."""
    user, channel = found
    held = channel.members[user.id] if channel else ""
    values = {
        "t": token or "0",
        "c": channel.name if channel else "*",
        "u": user.username,
        "i": ip_for(context.user(session), user),
        "h": user.host,
        "s": context.server.name,
        "n": user.nick,
        "f": _flags(session, user, channel),
        "d": "0",
        "l": str(context.idle_ms(user) // 1000),
        "a": user.account or "0",
        "o": str(rank(held)),
        "r": user.realname,
    }
    return numeric(RPL_WHOSPCRPL, *(value for key, value in values.items() if key in fields))


# -- WHOIS, WHOWAS -------------------------------------------------------------------------


@command("WHOIS")
def whois(context: Context, session: Session, message: Message) -> Steps:
    if not message.params or not message.params[-1]:
        raise Refused.numeric(ERR_NONICKNAMEGIVEN)
    nick = message.params[-1]
    user = context.network.person(nick)
    if user is None:
        yield numeric(ERR_NOSUCHNICK, shown(nick))
    else:
        yield from _whois(context, session, user)
    yield numeric(RPL_ENDOFWHOIS, shown(nick))


def _whois(context: Context, session: Session, user: User) -> Iterator[Reply]:
    nick, asker = user.nick, context.user(session)
    yield numeric(RPL_WHOISUSER, nick, user.username, user.host, "*", user.realname)
    width = context.room(session, RPL_WHOISCHANNELS.code, nick)
    for line in wrapped(_channels_shown(context, session, user), width):
        yield numeric(RPL_WHOISCHANNELS, nick, line)
    yield numeric(RPL_WHOISSERVER, nick, context.server.name, context.settings.network)
    if "o" in user.modes:
        yield numeric(RPL_WHOISOPERATOR, nick)
    if user.account is not None:
        yield numeric(RPL_WHOISACCOUNT, nick, user.account)
    yield from metadata.whois(context, session, user)
    if "B" in user.modes:
        yield numeric(RPL_WHOISBOT, nick, f"is a bot on {context.settings.network}")
    if user is asker or asker.may("see"):
        yield from _whois_private(context, user)
    if user.secure:
        yield numeric(RPL_WHOISSECURE, nick)
    if user.away is not None:
        yield numeric(RPL_AWAY, nick, user.away)
    idle = str(context.idle_ms(user) // 1000)
    yield numeric(RPL_WHOISIDLE, nick, idle, str(user.since // 1000))


def _channels_shown(context: Context, session: Session, user: User) -> Iterator[str]:
    asker = context.user(session)
    for channel in context.network.channels_of(user):
        if rules.sees_in(channel, asker, user):
            held = signs(channel.members[user.id])
            yield (held if "multi-prefix" in session.caps else held[:1]) + channel.name


def _whois_private(context: Context, user: User) -> Iterator[Reply]:
    """Facts for the user and operators only."""
    text = "Actual user@host, actual IP"
    yield numeric(RPL_WHOISACTUALLY, user.nick, f"{user.username}@{user.ip}", user.ip, text)
    yield numeric(RPL_WHOISMODES, user.nick, f"is using modes +{user.modes}")
    for id in user.sessions:
        session = context.sessions.get(id)
        if session is not None and session.peer.certificate_fingerprint is not None:
            fingerprint = session.peer.certificate_fingerprint
            text = f"has client certificate fingerprint {fingerprint}"
            yield numeric(RPL_WHOISCERTFP, user.nick, text)


@command("WHOWAS")
def whowas(context: Context, session: Session, message: Message) -> Steps:
    if not message.params or not message.params[0]:
        raise Refused.numeric(ERR_NONICKNAMEGIVEN)
    nick, asker = message.params[0], context.user(session)
    found = context.network.whowas.find(nick, number("".join(message.params[1:2])) or 0)
    if not found:
        yield numeric(ERR_WASNOSUCHNICK, shown(nick))
    for past in found:
        yield numeric(RPL_WHOWASUSER, past.nick, past.username, past.host, "*", past.realname)
        if asker.may("see"):
            address = f"{past.username}@{past.ip}"
            text = "Actual user@host, actual IP"
            yield numeric(RPL_WHOISACTUALLY, past.nick, address, past.ip, text)
        yield numeric(RPL_WHOISSERVER, past.nick, context.server.name, date(past.time))
    yield numeric(RPL_ENDOFWHOWAS, shown(nick))


# -- USERHOST, USERIP, ISON ----------------------------------------------------------------

_USERHOST_MOST = 5  # nicks in one command (RFC 2812 section 4.8)


@command("USERHOST", params=1)
def userhost(context: Context, session: Session, message: Message) -> Steps:
    asked = _named(context, message.params[:_USERHOST_MOST])
    found = [_userhost_word(user, user.host) for user in asked]
    yield from _listed(context, session, RPL_USERHOST, found)


@command("USERIP", params=1)
def userip(context: Context, session: Session, message: Message) -> Steps:
    """Like USERHOST with addresses, which only the user and operators see."""
    asker = context.user(session)
    asked = _named(context, message.params[:_USERHOST_MOST])
    found = [_userhost_word(user, ip_for(asker, user)) for user in asked]
    yield from _listed(context, session, RPL_USERIP, found)


def _named(context: Context, nicks: Iterable[str]) -> Iterator[User]:
    return (user for nick in nicks if (user := context.network.person(nick)) is not None)


def _userhost_word(user: User, host: str) -> str:
    operator = "*" if "o" in user.modes else ""
    here = "+" if user.away is None else "-"
    return f"{user.nick}{operator}={here}{user.username}@{host}"


@command("ISON", params=1)
def ison(context: Context, session: Session, message: Message) -> Steps:
    nicks = [nick for param in message.params for nick in param.split()]
    yield from _listed(context, session, RPL_ISON, [user.nick for user in _named(context, nicks)])


def _listed(context: Context, session: Session, code: Numeric, words: list[str]) -> Iterator[Reply]:
    """The words in as many lines as necessary, or one line without any."""
    for line in wrapped(words, context.room(session, code.code)) or [""]:
        yield numeric(code, line)
