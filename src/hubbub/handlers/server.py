"""Asking about the server: MOTD, LUSERS, VERSION."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from .. import __version__
from ..dialects.irc.isupport import isupport_lines
from ..dialects.irc.numerics import (
    ERR_NOMOTD,
    ERR_NOSUCHSERVER,
    RPL_ENDOFMOTD,
    RPL_GLOBALUSERS,
    RPL_ISUPPORT,
    RPL_LOCALUSERS,
    RPL_LUSERCHANNELS,
    RPL_LUSERCLIENT,
    RPL_LUSERME,
    RPL_LUSEROP,
    RPL_LUSERUNKNOWN,
    RPL_MOTD,
    RPL_MOTDSTART,
    RPL_VERSION,
    numeric,
)
from ..dialects.message import Message, Reply
from ..model.masks import matches
from ..session import Session
from .table import Refused, Steps, command
from .view import View, shown


def _this_server(view: View, message: Message) -> None:
    """A command may name a server; this is the only one (RFC 2812 section 3.4)."""
    if message.params and not matches(message.params[0], view.server.name):
        raise Refused(numeric(ERR_NOSUCHSERVER, shown(message.params[0])))


@command("MOTD")
def motd(view: View, session: Session, message: Message) -> Steps:
    _this_server(view, message)
    return message_of_the_day(view)


def message_of_the_day(view: View) -> Iterator[Reply]:
    if not view.motd:
        yield numeric(ERR_NOMOTD)
        return
    yield numeric(RPL_MOTDSTART, f"- {view.server.name} Message of the day -")
    for line in view.motd:
        yield numeric(RPL_MOTD, f"- {line}")
    yield numeric(RPL_ENDOFMOTD)


@command("LUSERS")
def lusers(view: View, session: Session, message: Message) -> Steps:
    return user_counts(view)


def user_counts(view: View) -> Iterator[Reply]:
    network = view.network
    count, most = len(network.users), network.most_users
    invisible, operators = network.mode_counts["i"], network.mode_counts["o"]
    unknown = len(view.sessions) - network.attached
    yield numeric(
        RPL_LUSERCLIENT,
        f"There are {count - invisible} users and {invisible} invisible on 1 servers",
    )
    yield numeric(RPL_LUSEROP, str(operators))
    if unknown > 0:
        yield numeric(RPL_LUSERUNKNOWN, str(unknown))
    yield numeric(RPL_LUSERCHANNELS, str(len(network.channels)))
    yield numeric(RPL_LUSERME, f"I have {count} clients and 0 servers")
    counts = (str(count), str(most))
    yield numeric(RPL_LOCALUSERS, *counts, f"Current local users {count}, max {most}")
    yield numeric(RPL_GLOBALUSERS, *counts, f"Current global users {count}, max {most}")


@command("VERSION")
def version(view: View, session: Session, message: Message) -> Steps:
    _this_server(view, message)
    details = f"SQLite {sqlite3.sqlite_version}"
    yield numeric(RPL_VERSION, f"hubbub-{__version__}", view.server.name, details)
    for line in isupport_lines(view.settings):
        yield numeric(RPL_ISUPPORT, *line)
