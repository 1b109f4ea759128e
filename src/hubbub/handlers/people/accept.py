"""ACCEPT: the senders whose messages a user with mode R accepts besides users with accounts.

The list belongs to the user's connections and ends with them; recipients of the user's messages are
added to it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...model.user import User
from ...protocol.message import Message, Reply
from ...protocol.numerics import (
    ERR_ACCEPTEXIST,
    ERR_ACCEPTFULL,
    ERR_ACCEPTNOT,
    ERR_NOSUCHNICK,
    RPL_ACCEPTLIST,
    RPL_ENDOFACCEPT,
    numeric,
    shown,
)
from ...session import Session
from ..command_table import Steps, command
from ..context import Context, listed

MOST = 100
#: With the recipients of the user's messages. Beyond it those who came to the network first go.
MOST_WITH_RECIPIENTS = 1000


def hears(context: Context, user: User, other: User) -> bool:
    return other.id in _accepted(context, user)


def accept(context: Context, user: User, other: User) -> None:
    _set(context, user, _accepted(context, user) | {other.id})


def _accepted(context: Context, user: User) -> frozenset[int]:
    sessions = (context.sessions.get(id) for id in user.sessions)
    return frozenset().union(*(session.accepted for session in sessions if session is not None))


def _set(context: Context, user: User, ids: frozenset[int]) -> None:
    """Drop users who have left, and those that are too many."""
    present = sorted(id for id in ids if id in context.network.users)
    here = frozenset(present[-MOST_WITH_RECIPIENTS:])
    for id in user.sessions:
        session = context.sessions.get(id)
        if session is not None:
            session.accepted = here


@command("ACCEPT", params=1)
def accept_command(context: Context, session: Session, message: Message) -> Steps:
    """`ACCEPT bob,-carol` adds and removes, `ACCEPT *` lists."""
    user = context.user(session)
    for word in listed("ACCEPT", message.params[0]):
        if word == "*":
            for id in sorted(_accepted(context, user)):
                if id in context.network.users:
                    yield numeric(RPL_ACCEPTLIST, context.network.users[id].nick)
            yield numeric(RPL_ENDOFACCEPT)
        else:
            yield from _change(context, user, word)


def _change(context: Context, user: User, word: str) -> Iterator[Reply]:
    other, accepted = context.network.person(word.removeprefix("-")), _accepted(context, user)
    if other is None:
        yield numeric(ERR_NOSUCHNICK, shown(word))
    elif word[0] == "-":
        if other.id not in accepted:
            yield numeric(ERR_ACCEPTNOT, other.nick)
        _set(context, user, accepted - {other.id})
    elif other.id in accepted:
        yield numeric(ERR_ACCEPTEXIST, other.nick)
    elif len(accepted) >= MOST:
        yield numeric(ERR_ACCEPTFULL)
    else:
        accept(context, user, other)
