"""Presence: PING, PONG, AWAY, SETNAME, QUIT, ERROR."""

from __future__ import annotations

from collections.abc import Iterator

from ...events.kinds import AwayChanged, RealnameChanged
from ...model.user import NOT_CONNECTED, User
from ...protocol.message import Message, Reply
from ...protocol.numerics import ERR_NOTREGISTERED, RPL_NOWAWAY, RPL_UNAWAY, numeric
from ...session import Session
from ..command_table import CloseConnection, Steps, command
from ..context import Context, cut
from ..people import change_limits
from ..refusals import Refused


@command("PING", params=1, anyone=True, past=True)
def ping(context: Context, session: Session, message: Message) -> Steps:
    return (Reply("PONG", (context.server.name, message.params[0])),)


@command("PONG", "ERROR", anyone=True, past=True)
def pong(context: Context, session: Session, message: Message) -> Steps:
    """Any input counts as a sign of life; no reply is needed."""
    return ()


PRE_AWAY = "draft/pre-away"


@command("AWAY", anyone=True)
def away(context: Context, session: Session, message: Message) -> Steps:
    """Away belongs to a connection (RFC 2812 section 4.1): a user is away if all their connections
    are. Allowed before registration; `AWAY *` is for a client whose user is absent (IRCv3
    draft/pre-away)."""
    text = message.params[0] if message.params else ""
    text = cut(text, context.settings.limits.away_length)
    if text == "*" and PRE_AWAY in session.caps:
        text = NOT_CONNECTED
    user = session.user
    if session.registration is not None and PRE_AWAY in session.caps:
        session.registration.away = text
    elif user is None:
        raise Refused.numeric(ERR_NOTREGISTERED)
    elif (text or None) != session.away:
        change_limits.pay(context, user, "AWAY")
        session.away = text or None
        yield from tell_away(context, user, session)
    yield numeric(RPL_NOWAWAY if text else RPL_UNAWAY)


def tell_away(context: Context, user: User, latest: Session | None = None) -> Iterator[AwayChanged]:
    """Notify others if the state of all connections of `user` together has changed: present if one
    is, else the message of the `latest` to be away."""
    said = [context.sessions[id].away for id in user.sessions if id in context.sessions]
    own = [message for message in said if message is not None and message != NOT_CONNECTED]
    if not said:
        return
    if None in said:
        message = None
    elif latest is not None and latest.away in own:
        message = latest.away
    else:
        message = own[-1] if own else user.away or NOT_CONNECTED
    if message != user.away:
        yield AwayChanged(user.id, user.source, message)


@command("SETNAME", params=1)
def setname(context: Context, session: Session, message: Message) -> Steps:
    """Change the real name (IRCv3 setname)."""
    user, name = context.user(session), message.params[0]
    if not name.strip() or len(name.encode()) > context.settings.limits.realname_length:
        longest = context.settings.limits.realname_length
        text = f"A real name is not empty and at most {longest} bytes"
        raise Refused("INVALID_REALNAME", text)
    if name != user.realname:
        change_limits.pay(context, user, "SETNAME")
        yield RealnameChanged(user.id, user.source, name)


@command("QUIT", anyone=True, past=True)
def leave(context: Context, session: Session, message: Message) -> Steps:
    longest = context.settings.limits.reason_length
    reason = cut(message.params[0], longest) if message.params else ""
    reason = f"Quit: {reason}" if reason else "Quit"
    if session.user is not None:
        yield Reply("QUIT", (reason,), source=session.user.source)
    yield CloseConnection(reason)
