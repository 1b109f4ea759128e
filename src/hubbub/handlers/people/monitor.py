"""MONITOR: be notified when users come and leave (IRCv3 monitor).

A list belongs to a connection and ends with it; it is not in the log.
handlers/people/monitor_lists.py finds the watchers to notify.
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
from ..context import Context, listed, wrapped
from ..refusals import Refused
from .monitor_lists import as_watched


@command("MONITOR", params=1)
def monitor(context: Context, session: Session, message: Message) -> Steps:
    subcommand = message.params[0].upper()
    nicks = message.params[1] if len(message.params) > 1 else ""
    watched = context.monitors.of(session)
    if subcommand == "+":
        yield from _add(context, session, listed("MONITOR", nicks))
    elif subcommand == "-":
        for nick in listed("MONITOR", nicks):
            context.monitors.remove(session, nick)
    elif subcommand == "C":
        context.monitors.forget(session)
    elif subcommand == "L":
        yield from _listed(context, session, RPL_MONLIST, watched)
        yield numeric(RPL_ENDOFMONLIST)
    elif subcommand == "S":
        yield from _states(context, session, watched)
    else:
        text = "Use +, -, C, L or S"
        raise Refused("UNKNOWN_SUBCOMMAND", text, subcommand)


def _add(context: Context, session: Session, nicks: list[str]) -> Iterator[Reply]:
    most = context.settings.limits.monitored
    added: list[str] = []
    for place, nick in enumerate(nicks):
        if not valid_nick(nick, context.settings.limits.nick_length):
            continue
        if len(context.monitors.of(session)) >= most and not context.monitors.has(session, nick):
            yield from _states(context, session, added)
            room = context.room(
                session, ERR_MONLISTFULL.code, str(most), ERR_MONLISTFULL.text or ""
            )
            for line in wrapped(nicks[place:], room, ","):
                yield numeric(ERR_MONLISTFULL, str(most), line)
            return
        context.monitors.add(session, nick)
        added.append(nick)
    yield from _states(context, session, added)


def _states(context: Context, session: Session, nicks: Iterable[str]) -> Iterator[Reply]:
    here, gone = [], []
    for nick in nicks:
        user = context.network.person(nick)
        if user is not None:
            here.append(f"{as_watched(nick, user.nick)}!{user.username}@{user.host}")
        else:
            gone.append(nick)
    yield from _listed(context, session, RPL_MONONLINE, here)
    yield from _listed(context, session, RPL_MONOFFLINE, gone)


def _listed(
    context: Context, session: Session, code: Numeric, nicks: Iterable[str]
) -> Iterator[Reply]:
    for line in wrapped(nicks, context.room(session, code.code), ","):
        yield numeric(code, line)
