"""MONITOR: be told when somebody comes or leaves (IRCv3 monitor).

What one watches belongs to one's connection and ends with it; it is not in the log. Who has to be
told is found in handlers/people/monitor_lists.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...protocol.message import Message, Reply
from ...protocol.names import valid_nick
from ...protocol.numerics import (
    ERR_MONLISTFULL,
    RPL_ENDOFMONLIST,
    RPL_MONLIST,
    RPL_MONOFFLINE,
    RPL_MONONLINE,
    Numeric,
    numeric,
)
from ...session import Session
from ..command_table import Steps, command
from ..context import View, wrapped


@command("MONITOR", params=1)
def monitor(view: View, session: Session, message: Message) -> Steps:
    subcommand = message.params[0].upper()
    nicks = message.params[1].split(",") if len(message.params) > 1 else []
    watched = view.watchers.of(session)
    if subcommand == "+":
        yield from _add(view, session, nicks)
    elif subcommand == "-":
        for nick in nicks:
            view.watchers.remove(session, nick)
    elif subcommand == "C":
        view.watchers.forget(session)
    elif subcommand == "L":
        yield from _listed(view, session, RPL_MONLIST, watched)
        yield numeric(RPL_ENDOFMONLIST)
    elif subcommand == "S":
        yield from _states(view, session, watched)


def _add(view: View, session: Session, nicks: list[str]) -> Iterator[Reply]:
    most = view.settings.limits.monitored
    added: list[str] = []
    for place, nick in enumerate(nicks):
        if not valid_nick(nick, view.settings.limits.nick_length):
            continue
        if len(view.watchers.of(session)) >= most and not view.watchers.has(session, nick):
            yield from _states(view, session, added)
            room = view.room(session, ERR_MONLISTFULL.code, str(most), ERR_MONLISTFULL.text or "")
            for line in wrapped(nicks[place:], room, ","):
                yield numeric(ERR_MONLISTFULL, str(most), line)
            return
        view.watchers.add(session, nick)
        added.append(nick)
    yield from _states(view, session, added)


def _states(view: View, session: Session, nicks: Iterable[str]) -> Iterator[Reply]:
    here, gone = [], []
    for nick in nicks:
        user = view.network.user(nick)
        if user is not None:
            here.append(user.source)
        else:
            gone.append(nick)
    yield from _listed(view, session, RPL_MONONLINE, here)
    yield from _listed(view, session, RPL_MONOFFLINE, gone)


def _listed(view: View, session: Session, code: Numeric, nicks: Iterable[str]) -> Iterator[Reply]:
    for line in wrapped(nicks, view.room(session, code.code), ","):
        yield numeric(code, line)
