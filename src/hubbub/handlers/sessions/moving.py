"""An always-on account is one user, whatever its connections call themselves.

A connection that logs in before it is on the network attaches to that user (registration.py). One
that logs in later has been a user of its own until then: that user quits, and the connection goes
on as the user of the account, who joins the channels that it was in and gets the prefixes that it
had there. The nick that a connection asked for, or had, is an alias of the user from then on, as
long as the connection lasts.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from ...events.kinds import (
    ChannelModeChanged,
    Entry,
    Event,
    Joined,
    ModeChange,
    NickChanged,
    Parted,
    SessionAttached,
    SessionDetached,
)
from ...model import rules
from ...model.channel import Channel
from ...model.user import User
from ...protocol.names import fold
from ...session import Session
from ..accounts import logins
from ..channels import membership
from ..command_table import PAUSE, HistoryReply, Step
from ..context import Context
from .presence import tell_away


def alias_of(context: Context, session: Session, resident: User, nick: str) -> str:
    """The nick that a client asked for, if it can be an alias of the user; else ""."""
    if fold(nick) == fold(resident.nick):
        return ""
    return nick if logins.may_not_use(context, session, nick) is None else ""


def join_resident(context: Context, session: Session) -> Generator[Step, Any, None]:
    """After a login of a user who is on the network: go on as the user of the always-on account."""
    if _resident_for(context, session) is None:
        return
    yield PAUSE  # what has been answered so far goes out under the former nick
    resident = _resident_for(context, session)
    if resident is not None:
        yield from _move(context, session, context.user(session), resident)


def _resident_for(context: Context, session: Session) -> User | None:
    """The user that a connection is to go on as, if it is not that one already."""
    user, account = session.user, context.account(session)
    if user is None or account is None or len(user.sessions) > 1:
        return None
    others = [each for each in logins.people_of(context, account) if each is not user]
    if not context.network.is_always_on(account.name) or not others:
        return None
    return others[0] if logins.may_share(context, account, others[0]) else None


def _move(
    context: Context, session: Session, user: User, resident: User
) -> Generator[Step, Any, None]:
    """Nothing is refused after the first event, and nothing waits before the last one."""
    former, source = context.network.channels_of(user), user.source
    held = {channel.key: channel.members[user.id] for channel in former}
    peer, device = session.peer, session.device
    yield SessionAttached(resident.id, session.id, str(peer), peer.tls, user.nick, device)
    for channel in former:
        yield _shown(context, Parted(user.id, source, channel.name, "", False))
    places = context.network.whereabouts(resident)
    yield _shown(context, NickChanged(resident.id, source, resident.nick, *places))
    yield SessionDetached(user.id, session.id)
    taken: set[str] = set()
    for channel in former:
        if resident.id not in channel.members and not rules.is_banned(channel, resident):
            taken.add(channel.key)
            yield from _take_along(context, channel, resident, held[channel.key])
    yield logins.gone(context, user, f"Logged in as {resident.nick}")
    yield from tell_away(context, resident, session)
    yield from logins.give_privileges(context, resident)
    for channel in context.network.channels_of(resident):
        if channel.key not in taken:
            yield from shown_to(context, session, resident, channel)
        elif resident.id in channel.members:
            yield from membership.newcomer(context, session, channel)


def _take_along(
    context: Context, channel: Channel, resident: User, prefixes: str
) -> Iterator[Step]:
    """The user of the account joins, with the prefixes of the one that it has been there."""
    yield Joined(
        resident.id, resident.source, channel.name, "", resident.account, resident.realname,
        context.network.is_hidden(channel, resident),
    )  # fmt: skip
    changes = tuple(ModeChange("+", each, resident.nick, resident.id) for each in prefixes)
    if changes:
        yield ChannelModeChanged(0, context.server.name, channel.name, changes)


def shown_to(
    context: Context, session: Session, user: User, channel: Channel
) -> Generator[Step, Any, None]:
    """Show a connection a channel of its user."""
    if user.id in channel.members:  # else the user left it while something was read
        joined = Joined(user.id, user.source, channel.name, "", user.account, user.realname)
        yield _shown(context, joined)
        yield from membership.newcomer(context, session, channel)


def _shown(context: Context, event: Event) -> HistoryReply:
    """An event for this connection only."""
    return HistoryReply((Entry(context.network.position, context.now, event),))
