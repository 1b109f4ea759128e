"""Protect the past of an unregistered channel from its present members.

The first to join a channel without members becomes its operator, and an unregistered channel that
is closed ends with its last member, together with its history. So only a channel whose whole
history was made with its present members can be closed, renamed or given a shorter history (+H);
for others an account has to register it first.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...log.base import Log
from ...log.ranges import Range
from ...model.channel import Channel
from ...model.user import User
from ...protocol.modes import CLOSED, SIGNS
from ...session import Session
from ...work import Work
from ..command_table import Step
from ..context import Context
from ..refusals import Refused

#: Modes that take history from those who join later.
TAKES_AWAY = CLOSED | {"H"}


def leave_to_others(
    context: Context, session: Session, channel: Channel, command: str
) -> Generator[Step, Any, None]:
    """Raises Refused if an unregistered, open channel has messages from before its present
    members."""
    if channel.founder is not None or channel.is_closed():
        return
    user = context.user(session)
    keys = (channel.key, *(sign + channel.key for sign in SIGNS))
    wanted = Range(before=channel.entered, limit=1)
    key = channel.key
    older = yield Work(lambda log: _has_any(log, keys, wanted))
    if context.network.channels.get(key) is not channel or user.id not in channel.members:
        raise Refused("INVALID_TARGET", "You are no longer in it", channel.name)
    if older:
        raise Refused(
            "CHANNEL_HAS_A_PAST", _way_out(session, user, channel), channel.name, command=command
        )


def _way_out(session: Session, user: User, channel: Channel) -> str:
    order = "/register" if session.dialect.for_people else "/msg ChanServ REGISTER"
    first = "log in to an account, then say" if user.account is None else "say"
    return (
        "Others wrote here before you came, and this would take it from them. If the channel is to"
        f" be yours, {first} {order} {channel.name}; or use another name"
    )


def _has_any(log: Log, keys: tuple[str, ...], wanted: Range) -> bool:
    return any(log.history(key, wanted) for key in keys)
