"""Queries about the server: MOTD, LUSERS, VERSION, TIME, INFO, ADMIN, LINKS, STATS, TRACE ..."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

from ... import __version__
from ...dialects.irc.isupport import isupport_lines
from ...model.masks import matches
from ...protocol.message import FixedReplies, Message, Reply
from ...protocol.numerics import (
    ERR_NOMOTD,
    ERR_NOPRIVILEGES,
    ERR_NOSUCHSERVER,
    ERR_NOSUMMON,
    ERR_USERSDISABLED,
    RPL_ADMINEMAIL,
    RPL_ADMINLOC1,
    RPL_ADMINLOC2,
    RPL_ADMINME,
    RPL_ENDOFINFO,
    RPL_ENDOFLINKS,
    RPL_ENDOFMOTD,
    RPL_ENDOFSTATS,
    RPL_GLOBALUSERS,
    RPL_INFO,
    RPL_ISUPPORT,
    RPL_LINKS,
    RPL_LOCALUSERS,
    RPL_LUSERCHANNELS,
    RPL_LUSERCLIENT,
    RPL_LUSERME,
    RPL_LUSEROP,
    RPL_LUSERUNKNOWN,
    RPL_MOTD,
    RPL_MOTDSTART,
    RPL_STATSKLINE,
    RPL_STATSLINKINFO,
    RPL_STATSOLINE,
    RPL_STATSUPTIME,
    RPL_TIME,
    RPL_TRACEEND,
    RPL_TRACEOPERATOR,
    RPL_TRACEUSER,
    RPL_VERSION,
    numeric,
    shown,
)
from ...session import Session
from ..command_table import Steps, command
from ..context import Context
from ..messages import attachments
from ..people.whois import date
from ..refusals import Refused


def _this_server(context: Context, message: Message, at: int = 0) -> None:
    """A command may name a server, or a user on it; this is the only one (RFC 2812 section 3.4)."""
    if len(message.params) <= at:
        return
    target = message.params[at]
    if not matches(target, context.server.name) and context.network.user(target) is None:
        raise Refused.numeric(ERR_NOSUCHSERVER, target)


@command("MOTD")
def motd(context: Context, session: Session, message: Message) -> Steps:
    _this_server(context, message)
    return message_of_the_day(context)


def message_of_the_day(context: Context) -> Iterator[FixedReplies]:
    if context.motd_replies is None:
        context.motd_replies = FixedReplies(_motd_replies(context))
    yield context.motd_replies


def _motd_replies(context: Context) -> Iterator[Reply]:
    if not context.motd:
        yield numeric(ERR_NOMOTD)
        return
    yield numeric(RPL_MOTDSTART, f"- {context.server.name} Message of the day -")
    for line in context.motd:
        yield numeric(RPL_MOTD, f"- {line}")
    yield numeric(RPL_ENDOFMOTD)


@command("LUSERS")
def lusers(context: Context, session: Session, message: Message) -> Steps:
    return user_counts(context)


def user_counts(context: Context) -> Iterator[Reply]:
    network = context.network
    count, most = len(network.users), network.most_users
    invisible, operators = network.mode_counts["i"], network.mode_counts["o"]
    unknown = len(context.sessions) - network.attached
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
def version(context: Context, session: Session, message: Message) -> Steps:
    _this_server(context, message)
    details = f"SQLite {sqlite3.sqlite_version}"
    yield numeric(RPL_VERSION, f"hubbub-{__version__}", context.server.name, details)
    for line in isupport_lines(context.settings):
        yield numeric(RPL_ISUPPORT, *line)
    yield from attachments.told_place(context, session)


@command("TIME")
def time(context: Context, session: Session, message: Message) -> Steps:
    _this_server(context, message)
    seconds = str(context.now // 1000)
    yield numeric(RPL_TIME, context.server.name, seconds, "0", date(context.now))


@command("INFO")
def info(context: Context, session: Session, message: Message) -> Steps:
    _this_server(context, message)
    for line in (
        f"Hubbub {__version__}: one port for browsers, netcat and every IRC application",
        "What you see come back is on disk",
        f"This server was started {date(context.started)}",
    ):
        yield numeric(RPL_INFO, line)
    yield numeric(RPL_ENDOFINFO)


@command("ADMIN")
def admin(context: Context, session: Session, message: Message) -> Steps:
    _this_server(context, message)
    settings = context.settings.admin
    yield numeric(RPL_ADMINME, context.server.name)
    yield numeric(RPL_ADMINLOC1, settings.name or "Nobody has said who runs this server")
    yield numeric(RPL_ADMINLOC2, settings.place or "-")
    yield numeric(RPL_ADMINEMAIL, settings.email or "-")


@command("LINKS")
def links(context: Context, session: Session, message: Message) -> Steps:
    """The list of servers: this one. As elsewhere, only operators see it."""
    mask, name = message.params[-1] if message.params else "*", context.server.name
    if "o" in context.user(session).modes and matches(mask, name):
        yield numeric(RPL_LINKS, name, name, f"0 {context.settings.network}")
    yield numeric(RPL_ENDOFLINKS, shown(mask))


@command("SUMMON")
def summon(context: Context, session: Session, message: Message) -> Steps:
    raise Refused.numeric(ERR_NOSUMMON)


@command("USERS")
def users(context: Context, session: Session, message: Message) -> Steps:
    raise Refused.numeric(ERR_USERSDISABLED)


@command("CONNECT", "SQUIT", params=1)
def connect(context: Context, session: Session, message: Message) -> Steps:
    """There is no other server to connect to or to disconnect from."""
    if "o" not in context.user(session).modes:
        raise Refused.numeric(ERR_NOPRIVILEGES)
    raise Refused.numeric(ERR_NOSUCHSERVER, message.params[0])


@command("TRACE")
def trace(context: Context, session: Session, message: Message) -> Steps:
    """The connections that the client may know of: its own, operators; for operators all."""
    _this_server(context, message)
    asker = context.user(session)
    for user in list(context.network.users.values()):
        if "o" in user.modes:
            yield numeric(RPL_TRACEOPERATOR, "Oper", "0", user.nick)
        elif user is asker or asker.may("see"):
            yield numeric(RPL_TRACEUSER, "User", "0", user.nick)
    yield numeric(RPL_TRACEEND, context.server.name, f"hubbub-{__version__}")


# -- STATS ---------------------------------------------------------------------------------


@command("STATS")
def stats(context: Context, session: Session, message: Message) -> Steps:
    query = message.params[0][:1] if message.params else ""
    _this_server(context, message, at=1)
    answer = _STATS.get(query)
    if answer is not None:
        if query != "u" and not context.user(session).may("see"):
            raise Refused.numeric(ERR_NOPRIVILEGES)
        yield from answer(context)
    yield numeric(RPL_ENDOFSTATS, shown(query))


def _uptime(context: Context) -> Iterator[Reply]:
    minutes, seconds = divmod((context.now - context.started) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    text = f"Server Up {days} days {hours}:{minutes:02}:{seconds:02}"
    yield numeric(RPL_STATSUPTIME, text)


def _operators(context: Context) -> Iterator[Reply]:
    for name, operator in context.settings.operators.items():
        yield numeric(RPL_STATSOLINE, "O", "*", "*", name, ",".join(operator.classes) or "*")


def _bans(context: Context) -> Iterator[Reply]:
    for ban in context.network.bans.all(context.now):
        until = "for ever" if ban.until is None else f"until {date(ban.until)}"
        yield numeric(RPL_STATSKLINE, ban.kind, ban.mask, ban.by, f"{ban.reason} ({until})")


def _connections(context: Context) -> Iterator[Reply]:
    for session in list(context.sessions.values()):
        idle = str((context.now - session.last_spoke) // 1000) if session.last_spoke else "-"
        yield numeric(
            RPL_STATSLINKINFO, session.nick, session.dialect.name, str(session.peer), idle
        )


_STATS: dict[str, Callable[[Context], Iterator[Reply]]] = {
    "u": _uptime,
    "o": _operators,
    "k": _bans,
    "l": _connections,
}
