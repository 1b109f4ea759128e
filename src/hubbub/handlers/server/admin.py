"""Orders: what the administrator's page and `hubbub admin` can ask and do, in one table.

An order is a function with `@order` that returns what is told, as JSON has it; one that acts yields
steps before, like any handler. Its row says which privilege it needs (model/privileges.py), which
words it takes, and whether it changes anything: then it is in the audit log, with who, what, when
and from where. From the command line (control.py) everything may be done: who reads the data
directory may.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Generator
from typing import Any, NamedTuple, TypeAlias

from ...events.kinds import (
    AccountReinstated,
    AdministratorMade,
    AdministratorRemoved,
    BanLifted,
    BanSet,
    ChannelEnded,
    ChannelUnregistered,
    InviteRevoked,
    Kicked,
    NoticeGiven,
    OperatorActed,
    ReportClosed,
    UserKilled,
    UserModeChanged,
)
from ...model.accounts import Account
from ...model.administration import claim_word
from ...model.bans import Ban, Suspect, is_meant
from ...model.invites import Invite
from ...model.privileges import unknown
from ...model.user import User
from ...protocol.durations import duration_ms
from ...protocol.times import server_time
from ...session import Session
from ...work import Work
from ..accounts import lifecycle, logins
from ..accounts.lifecycle import Problem
from ..command_table import Step, answer_of
from ..context import Context, cut
from ..sessions import invite_links
from .ban_targets import ban_target, keep_out, suspect_of


class By(NamedTuple):
    """Who gives an order: `user` is 0 when it is nobody on the network."""

    user: int
    source: str
    address: str
    asker: User | None = None

    @property
    def nick(self) -> str:
        return self.source.partition("!")[0]


COMMAND_LINE = By(0, "hubbub-admin", "this machine")

Words: TypeAlias = "dict[str, Any]"
Rows: TypeAlias = "list[dict[str, Any]]"
Run: TypeAlias = "Callable[[Context, By, Words], Any]"


class Field(NamedTuple):
    """A word of an order; without `otherwise` it has to be said."""

    kind: type
    otherwise: Any = None


class Order(NamedTuple):
    name: str
    privilege: str
    acts: bool
    fields: dict[str, Field]
    does: str  # for people
    run: Run


ORDERS: dict[str, Order] = {}

_A_WORD, _MAY_BE_SAID = Field(str), Field(str, "")


def order(
    name: str, privilege: str, *, acts: bool = False, **fields: Field
) -> Callable[[Run], Run]:
    """The function below does it; its docstring is what people are told of it."""

    def enter(run: Run) -> Run:
        ORDERS[name] = Order(name, privilege, acts, fields, (run.__doc__ or "").strip(), run)
        return run

    return enter


def obey(context: Context, by: By, name: str, words: Words) -> Generator[Step, Any, Any]:
    """Do the order; what it returns. The privilege was looked at. Raises Problem, Refused."""
    row = ORDERS.get(name)
    if row is None:
        raise Problem("NOT_FOUND", f"There is no order {name[:40]!r}")
    found = checked(row, words)
    told = yield from answer_of(row.run(context, by, found))
    if row.acts:
        values = [str(value) for value in found.values() if value not in (0, "")]
        target, detail = (values or [""])[0], " ".join(values[1:])
        yield OperatorActed(by.user, by.source, by.address, name, target[:200], detail[:400])
    return told


def checked(row: Order, words: Words) -> Words:
    """All words of the order, each of its type. Raises Problem."""
    for name in words:
        if name not in row.fields:
            known = ", ".join(row.fields) or "none"
            raise Problem("UNKNOWN_FIELD", f"No field {name[:40]!r} here; there are {known}")
    found = {}
    for name, wanted in row.fields.items():
        value = words.get(name, wanted.otherwise)
        if value is None:
            raise Problem("MISSING_FIELD", f"{name} is missing")
        if not isinstance(value, wanted.kind) or isinstance(value, bool):
            raise Problem("WRONG_TYPE", f"{name} is not of the type {wanted.kind.__name__}")
        found[name] = cut(value, 400) if isinstance(value, str) else value
    return found


def _for_how_long(text: str) -> int | None:
    """Milliseconds; None: for ever. Raises Problem."""
    if not text:
        return None
    length = duration_ms(text)
    if not length:
        raise Problem("INVALID_PARAMS", f"{text!r} is no time; one is 30m, 12h or 7d")
    return length


# -- people --------------------------------------------------------------------------------


@order("people", "see")
def _people(context: Context, by: By, words: Words) -> Rows:
    """who is here, from where and for how long"""
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


@order("kill", "kill", acts=True, nick=_A_WORD, reason=_MAY_BE_SAID)
def _kill(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """end somebody's connections"""
    target = context.network.user(words["nick"])
    if target is None:
        raise Problem("NOT_FOUND", f"There is no {words['nick']} here")
    reason = words["reason"] or "No reason given"
    yield UserKilled(by.user, by.source, target.id, target.nick, reason)
    yield NoticeGiven(f"{by.nick} killed {target.source} ({reason})")
    yield from logins.expel(context, target, f"Killed ({by.nick} ({reason}))")
    return f"{target.nick} is gone"


# -- accounts and administrators -------------------------------------------------------------


def _account(context: Context, name: str) -> Account:
    account = context.network.accounts.named(name)
    if account is None:
        raise Problem("NOT_FOUND", f"There is no account {name}")
    return account


@order("accounts", "accounts")
def _accounts(context: Context, by: By, words: Words) -> Rows:
    """the accounts there are"""
    return [
        {
            "account": account.name,
            "registered": server_time(account.created),
            "email": account.email,
            "verified": account.code is None,
            "suspended": account.is_suspended(context.now),
            "connections": sum(len(each.sessions) for each in logins.people_of(context, account)),
            "administrator": bool(context.network.administration.privileges(account.name)),
        }
        for account in context.network.accounts.all()
    ]


@order("suspend", "accounts", acts=True, account=_A_WORD, time=_MAY_BE_SAID, reason=_MAY_BE_SAID)
def _suspend(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """nobody logs in to an account; who is logged in is logged out"""
    account, length = _account(context, words["account"]), _for_how_long(words["time"])
    yield from lifecycle.suspend_account(context, account, by.nick, words["reason"], length)
    return f"{account.name} is suspended"


@order("unsuspend", "accounts", acts=True, account=_A_WORD)
def _unsuspend(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """take that back"""
    account = _account(context, words["account"])
    yield AccountReinstated(account.name, by.nick)
    return f"{account.name} may log in again"


@order("administrators", "administrators")
def _administrators(context: Context, by: By, words: Words) -> Rows:
    """whose accounts may run the server"""
    return [
        {"account": each.account, "classes": list(each.classes), "by": each.by,
         "since": server_time(each.since)}
        for each in context.network.administration.administrators()
    ]  # fmt: skip


@order("promote", "administrators", acts=True, account=_A_WORD, classes=Field(str, "admin"))
def _promote(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """make an account an administrator, or of other classes (helper, moderator)"""
    account, classes = _account(context, words["account"]), tuple(words["classes"].split(","))
    problem = unknown(classes)
    if problem is not None:
        raise Problem("INVALID_PARAMS", problem)
    yield from _strip(context, account)
    yield AdministratorMade(account.name, classes, by.nick)
    for user in logins.people_of(context, account):
        if user.sessions:
            yield from logins.give_privileges(context, user)
    return f"{account.name} is {' and '.join(classes)} now"


@order("demote", "administrators", acts=True, account=_A_WORD)
def _demote(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """take that back"""
    administration = context.network.administration
    found = administration.administrator(words["account"])
    if found is None:
        raise Problem("NOT_FOUND", f"{words['account']} is no administrator")
    if by is not COMMAND_LINE and len(administration.administrators()) == 1:
        text = "That is the last administrator; `hubbub admin demote` can do it all the same"
        raise Problem("NO_PERMISSIONS", text)
    account = context.network.accounts.get(found.account)
    yield AdministratorRemoved(found.account, by.nick)
    if account is not None:
        yield from _strip(context, account)
    return f"{found.account} is no administrator any more"


def _strip(context: Context, account: Account) -> Generator[Step, Any, None]:
    """Who is an operator by this account is none now."""
    for user in logins.people_of(context, account):
        if user.operator is not None and user.operator == account.name:
            yield UserModeChanged(user.id, user.source, "-o")


def claim(context: Context, user: User, word: str, address: str) -> Generator[Step, Any, Any]:
    """The link of the first start, opened by somebody with an account. Once."""
    administration = context.network.administration
    wanted = claim_word(context.network.secret)
    if not hmac.compare_digest(wanted.encode(), word.encode()) or administration.claimed:
        text = "That link is used already; on the server's machine: hubbub admin promote ACCOUNT"
        raise Problem("NOT_FOUND", text)
    account = context.network.accounts.get(user.account)
    if account is None:
        raise Problem("ACCOUNT_REQUIRED", "First keep your name with a passphrase")
    yield AdministratorMade(account.name, ("admin",), "the link of the first start")
    yield OperatorActed(user.id, user.source, address, "claim", account.name, "")
    if user.sessions:
        yield from logins.give_privileges(context, user)
    return {"account": account.name}


@order("link", "administrators")
def _link(context: Context, by: By, words: Words) -> str:
    """the link that makes the first administrator, if there was none yet"""
    if context.network.administration.claimed:
        raise Problem("NOT_FOUND", "That link is used already: hubbub admin promote ACCOUNT")
    return claim_link(context)


def claim_link(context: Context) -> str:
    return context.address(f"/admin/{claim_word(context.network.secret)}")


# -- channels ------------------------------------------------------------------------------


@order("channels", "see")
def _channels(context: Context, by: By, words: Words) -> Rows:
    """all channels, also secret ones"""
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


@order("close", "channels", acts=True, channel=_A_WORD, reason=_MAY_BE_SAID)
def _close(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """put everybody out of a channel, take it from its founder, and end it"""
    channel = context.network.channel(words["channel"])
    if channel is None:
        raise Problem("NOT_FOUND", f"There is no channel {words['channel']}")
    reason = words["reason"] or "This channel is closed"
    source = by.source if "!" in by.source else context.server.name
    for id in list(channel.members):
        nick = context.network.users[id].nick
        yield Kicked(by.user, source, channel.name, id, nick, reason)
    if channel.founder is not None:
        yield ChannelUnregistered(channel.name, by.nick)
    if channel.key in context.network.channels:  # it would rest, with what was set in it
        yield ChannelEnded(channel.name)
    return f"{channel.name} is closed"


# -- bans ----------------------------------------------------------------------------------


@order("bans", "ban")
def _bans(context: Context, by: By, words: Words) -> Rows:
    """who may not use this server"""
    return [
        {"kind": ban.kind, "mask": ban.mask, "reason": ban.reason, "by": ban.by,
         "made": server_time(ban.time),
         "until": server_time(ban.until) if ban.until is not None else None}
        for ban in context.network.bans.all(context.now)
    ]  # fmt: skip


@order("ban", "ban", acts=True, target=_A_WORD, time=_MAY_BE_SAID, reason=_MAY_BE_SAID)
def _ban(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """keep out an address or network, a mask nick!user@host, or an account"""
    kind, mask = ban_target(words["target"])
    length = _for_how_long(words["time"])
    reason = words["reason"] or "You are banned"
    until = context.now + length if length else None
    ban = Ban(kind, mask, reason, by.nick, context.now, until)
    hit = [each for each in context.sessions.values() if is_meant(ban, suspect_of(context, each))]
    if by.asker is not None and (
        any(each.user is by.asker for each in hit)
        or is_meant(ban, Suspect(by.address, (by.source,), by.asker.account))
    ):
        raise Problem("INVALID_PARAMS", "That would keep yourself out")
    yield BanSet(by.user, by.source, kind, mask, reason, until)
    yield NoticeGiven(f"{by.nick} banned {kind} {mask} ({reason})")
    yield from keep_out(context, ban)
    return f"The {kind} {mask} is banned; {len(hit)} connections ended"


@order("unban", "ban", acts=True, kind=_A_WORD, mask=_A_WORD)
def _unban(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """lift a ban"""
    kind, mask = words["kind"], words["mask"]
    if context.network.bans.get(kind, mask) is None:
        raise Problem("NOT_FOUND", f"There is no ban on {kind} {mask}")
    yield BanLifted(by.user, by.source, kind, mask)
    return f"The {kind} {mask} may come in again"


# -- invitations ---------------------------------------------------------------------------


def shown_invite(context: Context, invite: Invite) -> dict[str, Any]:
    """As it is told over HTTP."""
    return {
        "id": invite.id,
        "channel": invite.channel,
        "by": invite.by,
        "made": server_time(invite.made),
        "until": server_time(invite.until),
        "uses": invite.uses,
        "used": len(invite.users),
        "open": invite.is_open(context.now),
        "path": invite_links.path_of(context, invite),
        "link": invite_links.link_of(context, invite),
    }


@order("invites", "invites")
def _invites(context: Context, by: By, words: Words) -> Rows:
    """everybody's invitations"""
    return [shown_invite(context, each) for each in context.network.invites.all()]


@order(
    "invite", "invites", acts=True,
    channel=_MAY_BE_SAID, uses=Field(int, 0), time=_MAY_BE_SAID,
)  # fmt: skip
def _invite(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """make a link that lets people in"""
    wish = invite_links.usual(context, words["channel"] or None)
    length = _for_how_long(words["time"]) or wish.milliseconds
    wish = wish._replace(uses=words["uses"] or wish.uses, milliseconds=length)
    owner = by.asker.stable_key if by.asker is not None else "!0"
    maker = invite_links.Maker(by.user, by.source, owner)
    return shown_invite(context, (yield from invite_links.make_as(context, maker, wish)))


@order("revoke", "invites", acts=True, id=Field(int))
def _revoke(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """take an invitation back"""
    if context.network.invites.get(words["id"]) is None:
        raise Problem("NOT_FOUND", "There is no invitation of that number")
    yield InviteRevoked(by.user, by.source, words["id"])
    return f"Invitation {words['id']} is taken back"


# -- reports -------------------------------------------------------------------------------


@order("reports", "reports")
def _reports(context: Context, by: By, words: Words) -> Rows:
    """what people reported, the newest first"""
    return [
        {**each._asdict(), "time": server_time(each.time), "by": each.by.partition("!")[0]}
        for each in context.network.administration.reports()
    ]


@order("close-report", "reports", acts=True, id=Field(int), note=_MAY_BE_SAID)
def _close_report(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """a report is dealt with"""
    if context.network.administration.report(words["id"]) is None:
        raise Problem("NOT_FOUND", "There is no report of that number")
    yield ReportClosed(by.user, by.source, words["id"], words["note"])
    return f"Report {words['id']} is closed"


# -- the server ----------------------------------------------------------------------------


@order("audit", "audit", count=Field(int, 200))
def _audit(context: Context, by: By, words: Words) -> Rows:
    """who did what, when and from where, the newest first"""
    acts = context.network.administration.acts()[: max(1, words["count"])]
    return [{**act._asdict(), "time": server_time(act.time)} for act in acts]


@order("limits", "audit")
def _limits(context: Context, by: By, words: Words) -> Words:
    """the settings that bound what people may do"""
    settings = context.settings
    found = {f"limits.{name}": value for name, value in vars(settings.limits).items()}
    found |= {f"accounts.{name}": value for name, value in vars(settings.accounts).items()}
    found |= {"invite_only": settings.invite_only, "max_clients": settings.max_clients}
    return {name: list(each) if isinstance(each, tuple) else each for name, each in found.items()}


@order("rehash", "rehash", acts=True)
def _rehash(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """read the settings again"""
    control = context.control
    problem = yield Work(lambda log: control.reload())
    if problem:
        raise Problem("CONFIG_BAD", problem)
    return "The settings were read; those that need a restart are as they were"


@order("storage", "audit")
def _storage(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """what the data takes on the disk, and what is left there"""
    control = context.control
    return (yield Work(lambda log: control.storage()))


@order("figures", "audit")
def _figures(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """how busy the server is; counters count from its start"""
    network, began = context.network, context.started
    sessions: list[Session] = list(context.sessions.values())
    control = context.control
    machine = yield Work(lambda log: control.usage())
    return {
        "time": context.now,
        "up": (context.now - began) // 1000,
        "people": len(network.users),
        "connections": len(sessions),
        "browsers": sum(each.frame is not None for each in sessions),
        "encrypted": sum(each.peer.tls for each in sessions),
        "channels": len(network.channels),
        "accounts": len(network.accounts),
        "position": network.position,
        **machine,
    }
