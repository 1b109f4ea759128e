"""Administration from inside the chat: OPER, KILL, bans, WALLOPS, REHASH, DIE and the like.

model/privileges.py defines the privileges; every command here states the one it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any

from ...config import OperatorSettings
from ...credentials import passwords
from ...events.kinds import (
    BanLifted,
    BanSet,
    ChannelModeChanged,
    Joined,
    MessageSent,
    ModeChange,
    NickChanged,
    NoticeGiven,
    OperatorActed,
    OperatorChanged,
    Parted,
    UserKilled,
    WallopsSent,
)
from ...model.bans import Ban, is_meant, network_of
from ...model.masks import full_mask, matches
from ...model.privileges import privileges_of
from ...model.user import User
from ...protocol.durations import duration_ms
from ...protocol.message import Message, Reply
from ...protocol.modes import sort_prefixes
from ...protocol.names import valid_channel
from ...protocol.numerics import (
    ERR_CANTKILLSERVER,
    ERR_NEEDMOREPARAMS,
    ERR_NOOPERHOST,
    ERR_NOPRIVILEGES,
    ERR_NOTEXTTOSEND,
    ERR_PASSWDMISMATCH,
    RPL_REHASHING,
    RPL_YOUREOPER,
    fail,
    numeric,
    standard_reply,
)
from ...session import Session
from ...work import Busy, Work
from ..accounts import logins, rank
from ..accounts.throttle import attempt_of
from ..channels.membership import made_anew
from ..channels.mode import collect_changes, fitting, read_modes
from ..command_table import CloseConnection, Disconnect, Handler, Step, Steps, command
from ..context import Context, cut
from ..people.whois import date
from ..refusals import Refused
from .ban_targets import ban_target, keep_out, spare_higher, suspect_of


def privileged(privilege: str) -> Callable[[Handler], Handler]:
    """Restrict a command to operators with this privilege."""

    def enter(handler: Handler) -> Handler:
        def check(context: Context, session: Session, message: Message) -> Steps | MessageSent:
            if not context.user(session).may(privilege):
                raise Refused.numeric(ERR_NOPRIVILEGES)
            return _audited(context, session, message, handler)

        return check

    return enter


def _audited(
    context: Context, session: Session, message: Message, handler: Handler
) -> Generator[Step, Any, None]:
    """Record actions of operators in the audit log, but not queries."""
    params = message.params
    seen = message.command == "UBAN" and params[0].upper() not in ("ADD", "DEL")
    first = params[1:2] if message.command == "UBAN" else params[:1]
    rest = params[2:] if message.command == "UBAN" else params[1:]
    action = f"UBAN {params[0].upper()}" if message.command == "UBAN" else message.command
    act = acted(session, action, " ".join(first), " ".join(rest))
    if message.command in ("DIE", "RESTART"):  # nothing follows it
        yield act
    steps = handler(context, session, message)
    yield from (steps,) if isinstance(steps, MessageSent) else steps
    if not seen and message.command not in ("DIE", "RESTART"):
        yield act


def acted(session: Session, action: str, target: str, detail: str) -> OperatorActed:
    """An entry of the audit log by the client."""
    user, address = session.user, session.peer.host
    assert user is not None
    return OperatorActed(user.id, user.source, address, action, target[:200], detail[:400])


# -- becoming one --------------------------------------------------------------------------


@command("OPER", params=2)
def oper(context: Context, session: Session, message: Message) -> Generator[Step, Any, None]:
    """Name and password of a table [operators.NAME]. Guesses are limited like logins."""
    user, (name, password) = context.user(session), message.params[:2]
    operator = context.settings.operators.get(name)
    attempt = attempt_of(None, f"OPER {name}", session.peer.host)
    if not context.logins.begin(attempt.keys, context.now):
        text = "Too many wrong passwords: wait a while"
        raise Refused("TOO_MANY_ATTEMPTS", text)
    right = False
    try:
        right = yield from _is_right(context, operator, password)
    finally:
        context.logins.end(attempt.keys, context.now, failed=not right)
    if not right or operator is None:
        yield NoticeGiven(f"{user.source} gave a wrong name or password for OPER")
        yield numeric(ERR_PASSWDMISMATCH if operator is not None else ERR_NOOPERHOST)
        return
    yield OperatorChanged(user.id, user.source, name, privileges_of(operator.classes))
    yield NoticeGiven(f"{user.source} is now an operator ({name})")
    yield acted(session, "OPER", name, "")
    yield numeric(RPL_YOUREOPER)


def _is_right(
    context: Context, operator: OperatorSettings | None, password: str
) -> Generator[Step, Any, bool]:
    """Check an operator's password. The work is the same if the operator does not exist."""
    stored = operator.password if operator is not None and operator.password else None
    memory = context.settings.accounts.hash_memory
    try:
        checked = yield Work(lambda log: passwords.check(password, stored, memory), kind="hash")
    except Busy:
        raise Refused("TEMPORARILY_UNAVAILABLE", "Try again later") from None
    except passwords.CannotCheck as error:
        raise Refused("TEMPORARILY_UNAVAILABLE", str(error)) from None
    return bool(checked.right)


# -- people --------------------------------------------------------------------------------


@command("KILL", params=1)
@privileged("kill")
def kill(context: Context, session: Session, message: Message) -> Steps:
    user, nick = context.user(session), message.params[0]
    reason = _reason(context, message.params[1:], "No reason given")
    if matches(nick, context.server.name):
        raise Refused.numeric(ERR_CANTKILLSERVER)
    target = context.named(nick)
    rank.check_rank_of(context, user.privileges, target)
    yield UserKilled(user.id, user.source, target.id, target.nick, reason)
    yield NoticeGiven(f"{user.nick} killed {target.source} ({reason})")
    yield from _expel(context, session, target, f"Killed ({user.nick} ({reason}))")


def _expel(context: Context, asker: Session, target: User, reason: str) -> Iterator[Step]:
    """Like logins.expel; of the operator's own connections the one that sent the command is
    last."""
    if target is not asker.user:
        yield from logins.expel(context, target, reason)
        return
    for id in target.sessions.keys() - {asker.id}:
        yield Disconnect(id, reason)
    yield CloseConnection(reason)


def _reason(context: Context, params: Iterable[str], otherwise: str) -> str:
    text = " ".join(params) or otherwise
    return cut(text, context.settings.limits.reason_length)


@command("SANICK", params=2)
@privileged("accounts")
def sanick(context: Context, session: Session, message: Message) -> Steps:
    """Change another user's nick."""
    target, nick = context.named(message.params[0]), message.params[1]
    rank.check_rank_of(context, context.user(session).privileges, target)
    taken = context.network.lookalike(nick)
    if not context.may_be_called(nick) or taken not in (None, target):
        raise Refused("INVALID_NICK", "Nobody can be called so", nick)
    yield NickChanged(target.id, target.source, nick, *context.network.whereabouts(target))


# -- channels ------------------------------------------------------------------------------


@command("SAMODE", params=2)
@privileged("channels")
def samode(context: Context, session: Session, message: Message) -> Steps:
    """MODE without being operator of the channel."""
    user, channel = context.user(session), context.channel(message.params[0])
    changes: list[ModeChange] = []
    asked = read_modes(message.params[1], message.params[2:])
    yield from collect_changes(context, channel, user, asked, changes, forced=True)
    if changes:
        modes = " ".join(message.params[1:])
        yield NoticeGiven(f"{user.nick} used SAMODE on {channel.name}: {modes}")
    for some in fitting(changes):
        yield ChannelModeChanged(user.id, user.source, channel.name, some)


@command("SAJOIN", params=1)
@privileged("channels")
def sajoin(context: Context, session: Session, message: Message) -> Steps:
    """SAJOIN [<nick>] [<prefix>]<channel>: join regardless of modes and bans."""
    user = context.user(session)
    target = user if len(message.params) == 1 else context.named(message.params[0])
    name = message.params[-1].lstrip("~&@%+")
    given = message.params[-1][: len(message.params[-1]) - len(name)]
    if not valid_channel(name, context.settings.limits.channel_length):
        raise Refused("INVALID_CHANNEL", "That is no channel", name)
    channel = context.network.channel(name)
    if channel is not None and target.id in channel.members:
        return
    yield NoticeGiven(f"{user.nick} used SAJOIN to put {target.nick} into {name}")
    letters = sort_prefixes("".join(_LETTERS[sign] for sign in given))
    name = channel.name if channel else name
    yield from made_anew(context, name)
    yield Joined(
        target.id, target.source, name, letters, target.account, target.realname,
        context.network.is_hidden(channel, target, letters),
    )  # fmt: skip


_LETTERS = {"~": "q", "&": "a", "@": "o", "%": "h", "+": "v"}


@command("SAPART", params=2)
@privileged("channels")
def sapart(context: Context, session: Session, message: Message) -> Steps:
    """Make a user part a channel."""
    user, target = context.user(session), context.named(message.params[0])
    channel = context.channel(message.params[1])
    if target.id in channel.members:
        yield NoticeGiven(f"{user.nick} used SAPART to take {target.nick} out of {channel.name}")
        reason = _reason(context, message.params[2:], "")
        hidden = context.network.is_hidden(channel, target)
        yield Parted(target.id, target.source, channel.name, reason, hidden)


# -- everybody -----------------------------------------------------------------------------


@command("WALLOPS", params=1)
@privileged("announce")
def wallops(context: Context, session: Session, message: Message) -> Steps:
    """Send to everybody with user mode w."""
    user, text = context.user(session), message.params[0]
    if not text:
        raise Refused.numeric(ERR_NOTEXTTOSEND)
    yield WallopsSent(user.id, user.source, text)


# -- bans ----------------------------------------------------------------------------------


@command("UBAN", params=1)
@privileged("ban")
def uban(context: Context, session: Session, message: Message) -> Steps:
    """UBAN ADD <target> [<duration>] [<reason>], UBAN DEL <target>, UBAN LIST, UBAN INFO <target>.

    A target is an address or network, a mask with ! or @, or an account.
    """
    subcommand, rest = message.params[0].upper(), list(message.params[1:])
    if subcommand == "LIST":
        yield from _list_bans(context)
    elif subcommand not in _SUBCOMMANDS:
        raise Refused("UNKNOWN_SUBCOMMAND", _UBAN_USAGE, subcommand)
    elif not rest or not rest[0]:
        raise Refused.numeric(ERR_NEEDMOREPARAMS, "UBAN")
    else:
        kind, mask = ban_target(rest[0])
        yield from _SUBCOMMANDS[subcommand](context, session, kind, mask, rest[1:])


_UBAN_USAGE = "UBAN ADD <target> [<duration>] [<reason>], or DEL, INFO, LIST"


@command("KLINE", params=1)
@privileged("ban")
def kline(context: Context, session: Session, message: Message) -> Steps:
    """KLINE [<duration>] <mask> [<reason>]: ban by nick!user@host."""
    duration, mask, rest = _duration_first(message.params)
    return _ban(context, session, "mask", full_mask(mask), [*duration, *rest])


@command("DLINE", params=1)
@privileged("ban")
def dline(context: Context, session: Session, message: Message) -> Steps:
    """DLINE [<duration>] <address or network> [<reason>]: ban an address."""
    duration, mask, rest = _duration_first(message.params)
    network = network_of(mask)
    if network is None:
        raise Refused("INVALID_MASK", "That is no address", mask)
    return _ban(context, session, "address", network, [*duration, *rest])


@command("UNKLINE", params=1)
@privileged("ban")
def unkline(context: Context, session: Session, message: Message) -> Steps:
    return _unban(context, session, "mask", full_mask(message.params[0]), [])


@command("UNDLINE", params=1)
@privileged("ban")
def undline(context: Context, session: Session, message: Message) -> Steps:
    mask = message.params[0]
    return _unban(context, session, "address", network_of(mask) or mask, [])


def _duration_first(params: tuple[str, ...]) -> tuple[list[str], str, list[str]]:
    """Split parameters: the duration if there is one, the mask, the rest."""
    if len(params) > 1 and duration_ms(params[0]) is not None:
        return [params[0]], params[1], list(params[2:])
    return [], params[0], list(params[1:])


def _ban(
    context: Context, session: Session, kind: str, mask: str, rest: list[str]
) -> Generator[Step, Any, None]:
    user = context.user(session)
    length = duration_ms(rest[0]) if rest else None
    reason = _reason(context, rest[1:] if length is not None else rest, "You are banned")
    until = None if not length else context.now + length
    ban = Ban(kind, mask, reason, user.nick, context.now, until)
    if is_meant(ban, suspect_of(context, session)):
        text = "That would keep yourself out"
        raise Refused("WOULD_BAN_YOURSELF", text, mask, command="UBAN")
    spare_higher(context, user.privileges, ban)
    yield BanSet(user.id, user.source, kind, mask, reason, until)
    yield NoticeGiven(f"{user.nick} banned {kind} {mask} {_until(ban)} ({reason})")
    yield _note(f"Banned {kind} {mask} {_until(ban)}")
    yield from keep_out(context, ban)


def _unban(
    context: Context, session: Session, kind: str, mask: str, rest: list[str]
) -> Generator[Step, Any, None]:
    user = context.user(session)
    if context.network.bans.get(kind, mask) is None:
        raise Refused("NO_SUCH_BAN", f"No ban on {kind} {mask}", mask, command="UBAN")
    yield BanLifted(user.id, user.source, kind, mask)
    yield NoticeGiven(f"{user.nick} lifted the ban on {kind} {mask}")
    yield _note(f"Lifted the ban on {kind} {mask}")


def _ban_info(
    context: Context, session: Session, kind: str, mask: str, rest: list[str]
) -> Generator[Step, Any, None]:
    ban = context.network.bans.get(kind, mask)
    yield _note(_described(ban) if ban else f"No ban on {kind} {mask}")
    probe = Ban(kind, mask, "", "", 0, None)
    hit = [
        other.nick
        for other in context.sessions.values()
        if is_meant(probe, suspect_of(context, other))
    ]
    yield _note(f"{len(hit)} connected match it{': ' if hit else ''}{', '.join(hit[:20])}")


_SUBCOMMANDS: dict[str, Callable[..., Generator[Step, Any, None]]] = {
    "ADD": _ban,
    "DEL": _unban,
    "INFO": _ban_info,
}


def _list_bans(context: Context) -> Iterator[Reply]:
    bans = list(context.network.bans.all(context.now))
    yield _note(f"{len(bans)} bans")
    for ban in bans:
        yield _note(_described(ban))


def _described(ban: Ban) -> str:
    return f"{ban.kind} {ban.mask} {_until(ban)}, by {ban.by} on {date(ban.time)} ({ban.reason})"


def _until(ban: Ban) -> str:
    return "until lifted" if ban.until is None else f"until {date(ban.until)}"


def _note(text: str) -> Reply:
    return standard_reply("NOTE", "UBAN", "BANS", text=text)


# -- the server ----------------------------------------------------------------------------


@command("REHASH")
@privileged("rehash")
def rehash(context: Context, session: Session, message: Message) -> Steps:
    """Reload the settings, the message of the day and the certificate."""
    user, control = context.user(session), context.control
    yield numeric(RPL_REHASHING, "settings")
    yield NoticeGiven(f"{user.nick} is rehashing the server")
    problem = yield Work(lambda log: control.reload())
    if problem:
        yield fail("REHASH", "CONFIG_BAD", text=problem)
    else:
        text = "The settings were read; those that need a restart are as they were"
        yield standard_reply("NOTE", "REHASH", "REHASHED", text=text)


@command("DIE")
@privileged("die")
def die(context: Context, session: Session, message: Message) -> Steps:
    user, control = context.user(session), context.control
    reason = _reason(context, message.params, f"Shut down by {user.nick}")
    yield NoticeGiven(f"{user.nick} is shutting the server down")
    yield Work(lambda log: control.stop(reason))


@command("RESTART")
@privileged("die")
def restart(context: Context, session: Session, message: Message) -> Steps:
    user, control = context.user(session), context.control
    reason = _reason(context, message.params, f"Restarted by {user.nick}")
    yield NoticeGiven(f"{user.nick} is restarting the server")
    yield Work(lambda log: control.restart(reason))
