"""ACCEPT: whom a person with user mode R hears besides people with accounts.

The list belongs to the person's connections and ends with them; who is written to is on it.
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
)
from ...session import Session
from ..command_table import Steps, command
from ..context import View, shown

MOST = 100


def hears(view: View, user: User, other: User) -> bool:
    return other.id in _accepted(view, user)


def accept(view: View, user: User, other: User) -> None:
    _set(view, user, _accepted(view, user) | {other.id})


def _accepted(view: View, user: User) -> frozenset[int]:
    sessions = (view.sessions.get(id) for id in user.sessions)
    return frozenset().union(*(session.accepted for session in sessions if session is not None))


def _set(view: View, user: User, ids: frozenset[int]) -> None:
    """Who is gone is left out, so that the list never grows."""
    here = frozenset(id for id in ids if id in view.network.users)
    for id in user.sessions:
        session = view.sessions.get(id)
        if session is not None:
            session.accepted = here


@command("ACCEPT", params=1)
def accept_command(view: View, session: Session, message: Message) -> Steps:
    """`ACCEPT bob,-carol` adds and takes away, `ACCEPT *` lists."""
    user = view.user(session)
    for word in message.params[0].split(","):
        if word == "*":
            for id in sorted(_accepted(view, user)):
                if id in view.network.users:
                    yield numeric(RPL_ACCEPTLIST, view.network.users[id].nick)
            yield numeric(RPL_ENDOFACCEPT)
        elif word:
            yield from _change(view, user, word)


def _change(view: View, user: User, word: str) -> Iterator[Reply]:
    other, accepted = view.network.user(word.removeprefix("-")), _accepted(view, user)
    if other is None:
        yield numeric(ERR_NOSUCHNICK, shown(word))
    elif word[0] == "-":
        if other.id not in accepted:
            yield numeric(ERR_ACCEPTNOT, other.nick)
        _set(view, user, accepted - {other.id})
    elif other.id in accepted:
        yield numeric(ERR_ACCEPTEXIST, other.nick)
    elif len(accepted) >= MOST:
        yield numeric(ERR_ACCEPTFULL)
    else:
        accept(view, user, other)
