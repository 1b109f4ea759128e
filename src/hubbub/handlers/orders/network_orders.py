"""Orders about the network: users, channels, bans, invitations and reports."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...events.kinds import (
    BanLifted,
    BanSet,
    ChannelEnded,
    ChannelUnregistered,
    InviteRevoked,
    Kicked,
    NoticeGiven,
    ReportClosed,
    UserKilled,
)
from ...model.administration import Report
from ...model.bans import Ban, Suspect, is_meant
from ...model.user import User
from ...protocol.times import server_time
from ..accounts import logins, rank
from ..command_table import Step
from ..context import Context
from ..refusals import Refused
from ..server.ban_targets import ban_target, keep_out, spare_higher, suspect_of
from ..sessions import invite_links
from .order_table import A_WORD, MAY_BE_SAID, By, Field, Rows, Words, length_of, order

# -- people --------------------------------------------------------------------------------


@order("people", "see", units={"idle": "seconds"})
def _people(context: Context, by: By, words: Words) -> Rows:
    """the people on the network, with their addresses and times"""
    return [_person(context, user) for _, user in sorted(context.network.nicks.items())]


def _person(context: Context, user: User) -> dict[str, Any]:
    return {
        "nick": user.nick,
        "account": user.account,
        "address": user.ip,
        "connections": len(user.sessions),
        "secure": user.secure,
        "since": server_time(user.since),
        "idle": context.idle_ms(user) // 1000,
        "channels": [channel.name for channel in context.network.channels_of(user)],
        "operator": user.operator,
    }


@order("kill", "kill", acts=True, nick=A_WORD, reason=MAY_BE_SAID)
def _kill(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """close all connections of a person"""
    target = context.network.person(words["nick"])
    if target is None:
        raise Refused("NOT_FOUND", f"There is no {words['nick']} here")
    rank.check_rank_of(context, by.privileges, target)
    reason = words["reason"] or "No reason given"
    yield UserKilled(by.user, by.source, target.id, target.nick, reason)
    yield NoticeGiven(f"{by.nick} killed {target.source} ({reason})")
    yield from logins.expel(context, target, f"Killed ({by.nick} ({reason}))")
    return f"{target.nick} is gone"


# -- channels ------------------------------------------------------------------------------


@order("channels", "see")
def _channels(context: Context, by: By, words: Words) -> Rows:
    """all channels, including secret ones"""
    return [
        {
            "channel": channel.name,
            "members": len(channel.members),
            "topic": channel.topic,
            "modes": "".join(sorted(channel.modes)),
            "founder": channel.founder,
            "made": server_time(channel.created),
        }
        for _, channel in sorted(context.network.channels.items())
    ]


@order("close", "channels", acts=True, channel=A_WORD, reason=MAY_BE_SAID)
def _close(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """remove everybody from a channel, unregister it and end it"""
    channel = context.network.channel(words["channel"])
    if channel is None:
        raise Refused("NOT_FOUND", f"There is no channel {words['channel']}")
    reason = words["reason"] or "This channel is closed"
    source = by.source if "!" in by.source else context.server.name
    for id in list(channel.members):
        nick = context.network.users[id].nick
        yield Kicked(by.user, source, channel.name, id, nick, reason)
    if channel.founder is not None:
        yield ChannelUnregistered(channel.name, by.nick)
    if channel.key in context.network.channels:  # otherwise it would rest with its settings
        yield ChannelEnded(channel.name)
    return f"{channel.name} is closed"


# -- bans ----------------------------------------------------------------------------------


@order("bans", "ban")
def _bans(context: Context, by: By, words: Words) -> Rows:
    """all bans from this server"""
    return [
        {"kind": ban.kind, "mask": ban.mask, "reason": ban.reason, "by": ban.by,
         "made": server_time(ban.time),
         "until": server_time(ban.until) if ban.until is not None else None}
        for ban in context.network.bans.all(context.now)
    ]  # fmt: skip


@order("ban", "ban", acts=True, target=A_WORD, time=MAY_BE_SAID, reason=MAY_BE_SAID)
def _ban(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """ban an address or network, a mask nick!user@host, or an account"""
    kind, mask = ban_target(words["target"])
    length = length_of(words["time"])
    reason = words["reason"] or "You are banned"
    until = context.now + length if length else None
    ban = Ban(kind, mask, reason, by.nick, context.now, until)
    hit = [each for each in context.sessions.values() if is_meant(ban, suspect_of(context, each))]
    if by.asker is not None and (
        any(each.user is by.asker for each in hit)
        or is_meant(ban, Suspect(by.address, (by.source,), by.asker.account))
    ):
        raise Refused("INVALID_PARAMS", "That would keep yourself out")
    spare_higher(context, by.privileges, ban)
    yield BanSet(by.user, by.source, kind, mask, reason, until)
    yield NoticeGiven(f"{by.nick} banned {kind} {mask} ({reason})")
    yield from keep_out(context, ban)
    return f"The {kind} {mask} is banned; {len(hit)} connections ended"


@order("unban", "ban", acts=True, kind=A_WORD, mask=A_WORD)
def _unban(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """lift a ban"""
    kind, mask = words["kind"], words["mask"]
    if context.network.bans.get(kind, mask) is None:
        raise Refused("NOT_FOUND", f"There is no ban on {kind} {mask}")
    yield BanLifted(by.user, by.source, kind, mask)
    return f"The {kind} {mask} may come in again"


# -- invitations ---------------------------------------------------------------------------


@order("invites", "invites")
def _invites(context: Context, by: By, words: Words) -> Rows:
    """all invitations"""
    return [invite_links.facts_of(context, each) for each in context.network.invites.all()]


@order(
    "invite", "invites", acts=True,
    channel=MAY_BE_SAID, uses=Field(int, 0), time=MAY_BE_SAID,
)  # fmt: skip
def _invite(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """create an invitation link"""
    request = invite_links.usual(context, words["channel"] or None)
    length = length_of(words["time"]) or request.milliseconds
    request = request._replace(uses=words["uses"] or request.uses, milliseconds=length)
    owner = by.asker.stable_key if by.asker is not None else "!0"
    maker = invite_links.Maker(by.user, by.source, owner)
    return invite_links.facts_of(
        context, (yield from invite_links.make_as(context, maker, request))
    )


@order("revoke", "invites", acts=True, id=Field(int))
def _revoke(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """revoke an invitation"""
    if context.network.invites.get(words["id"]) is None:
        raise Refused("NOT_FOUND", "There is no invitation of that number")
    yield InviteRevoked(by.user, by.source, words["id"])
    return f"Invitation {words['id']} is taken back"


# -- reports -------------------------------------------------------------------------------


@order("reports", "reports")
def _reports(context: Context, by: By, words: Words) -> Rows:
    """all reports, newest first"""
    return [_described(each) for each in context.network.administration.reports()]


def _described(report: Report) -> dict[str, Any]:
    facts = report._asdict()
    del facts["customer"]  # may be an address
    return {**facts, "time": server_time(report.time), "by": report.by.partition("!")[0]}


@order("close-report", "reports", acts=True, id=Field(int), note=MAY_BE_SAID)
def _close_report(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """close a report"""
    if context.network.administration.report(words["id"]) is None:
        raise Refused("NOT_FOUND", "There is no report of that number")
    yield ReportClosed(by.user, by.source, words["id"], words["note"])
    return f"Report {words['id']} is closed"
