"""MONITOR: be told when somebody comes or leaves (IRCv3 monitor).

What one watches belongs to one's connection and ends with it; it is not in the log. Who has to be
told is found in outbox/watchers.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...dialects.irc.numerics import (
    ERR_MONLISTFULL,
    RPL_ENDOFMONLIST,
    RPL_MONLIST,
    RPL_MONOFFLINE,
    RPL_MONONLINE,
    numeric,
)
from ...dialects.message import Message, Reply
from ...model.names import valid_nick
from ...session import Session
from ..table import Steps, command
from ..view import View

_WIDTH = 400


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
        for line in _lines(watched):
            yield numeric(RPL_MONLIST, line)
        yield numeric(RPL_ENDOFMONLIST)
    elif subcommand == "S":
        yield from _states(view, watched)


def _add(view: View, session: Session, nicks: list[str]) -> Iterator[Reply]:
    most = view.settings.limits.monitored
    added: list[str] = []
    for place, nick in enumerate(nicks):
        if not valid_nick(nick, view.settings.limits.nick_length):
            continue
        if len(view.watchers.of(session)) >= most and not view.watchers.has(session, nick):
            yield from _states(view, added)
            yield numeric(ERR_MONLISTFULL, str(most), ",".join(nicks[place:]))
            return
        view.watchers.add(session, nick)
        added.append(nick)
    yield from _states(view, added)


def _states(view: View, nicks: Iterable[str]) -> Iterator[Reply]:
    here, gone = [], []
    for nick in nicks:
        user = view.network.user(nick)
        if user is not None:
            here.append(user.source)
        else:
            gone.append(nick)
    for line in _lines(here):
        yield numeric(RPL_MONONLINE, line)
    for line in _lines(gone):
        yield numeric(RPL_MONOFFLINE, line)


def _lines(words: Iterable[str]) -> Iterator[str]:
    """The words with commas, in lines that fit."""
    line = ""
    for word in words:
        if line and len(line) + 1 + len(word) > _WIDTH:
            yield line
            line = ""
        line += f",{word}" if line else word
    if line:
        yield line
