"""Login and logout, common to all mechanisms: the checks, and their consequences.

All mechanisms (SASL, NickServ, PASS, REGISTER, VERIFY) end in `log_in`, and all password checks in
`check_password`. A wrong name and a wrong password get the same message after the same work.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from ...credentials import passwords
from ...events.kinds import (
    GuestLoggedIn,
    LoggedIn,
    LoggedOut,
    NickChanged,
    OperatorChanged,
    PasswordChanged,
    UserModeChanged,
    UserQuit,
)
from ...model.accounts import Account
from ...model.bans import Suspect
from ...model.confusables import skeleton
from ...model.user import User
from ...protocol.message import Reply
from ...protocol.numerics import (
    ERR_ERRONEUSNICKNAME,
    ERR_NICKNAMEINUSE,
    ERR_SASLABORTED,
    RPL_LOGGEDIN,
    RPL_LOGGEDOUT,
    numeric,
)
from ...session import Session
from ...work import Busy, Work
from ..command_table import CloseConnection, Disconnect, Step
from ..context import Context
from ..refusals import Refused
from .throttle import attempt_of

#: Nicks of the services; nobody may use them or a nick that looks alike.
SERVICES = ("NickServ", "ChanServ")
_RESERVED = {skeleton(name) for name in (*SERVICES, "OperServ", "HistServ", "HostServ", "MemoServ",
                                     "BotServ", "Global", "Services")}  # fmt: skip

#: Failed logins after which the connection is closed.
MOST_WRONG = 10


def wrong() -> Refused:
    return Refused("UNKNOWN_ASKER", "Wrong name or password")


def too_many() -> Refused:
    text = "Too many wrong passwords: wait a minute, then try again"
    return Refused("TOO_MANY", text, retry_after=60)


def busy() -> Refused:
    text = "Too many people are logging in at this moment: try again in a few seconds"
    return Refused("BUSY", text, retry_after=5)


def check_password(
    context: Context, session: Session, name: str, password: str
) -> Generator[Step, Any, Account]:
    """The account `name`, if the password is right. Raises Refused."""
    accounts, memory = context.network.accounts, context.settings.accounts.hash_memory
    account = accounts.named(name)
    stored = account.password if account is not None else None
    attempt = attempt_of(account, name, session.peer.host)
    if len(password.encode()) > passwords.LONGEST:
        raise wrong()
    if not context.logins.begin(attempt.keys, context.now):
        raise too_many()
    right = False
    try:
        checked = yield Work(
            lambda log: passwords.check(password, stored, memory), "hash", urgent=attempt.known
        )
        right = checked.right
    except Busy:
        right = True  # no guess has been made
        raise busy() from None
    except passwords.CannotCheck as error:
        raise Refused("UNKNOWN_ASKER", f"Passwords cannot be checked now: {error}") from None
    finally:
        context.logins.end(attempt.keys, context.now, failed=not right)
    found = accounts.get(account.name) if account is not None else None
    # Check again: meanwhile it may have been deleted, or its password changed.
    if not right or found is None or found is not account or found.password != stored:
        raise wrong()
    if checked.fresh is not None:
        yield PasswordChanged(found.name, checked.fresh, found.scram)
    session.proved = (found.id, context.now)
    return found


def may_log_in(context: Context, session: Session, account: Account) -> None:
    """Raises Refused for a suspended or unverified account, and for a session that belongs to
    another user. Call it once the client has proven to be the owner."""
    if account.code is not None:
        raise Refused(
            "UNKNOWN_ASKER", "This account is not verified yet: VERIFY it with the code first"
        )
    if account.is_suspended(context.now):
        why = account.suspension.reason if account.suspension else ""
        raise Refused("UNKNOWN_ASKER", f"This account is suspended{f': {why}' if why else ''}")
    ban = context.network.bans.against(Suspect("", (), account.name), context.now)
    if ban is not None:
        raise Refused("UNKNOWN_ASKER", f"This account is banned from this server: {ban.reason}")
    user = session.user
    if user is not None and user.account != account.name and len(user.sessions) > 1:
        raise Refused(
            "UNKNOWN_ASKER", "You share your nick with other connections: close them, or log out"
        )


def log_in(context: Context, session: Session, account: Account) -> Iterator[Step]:
    """Log the client in to `account`. Raises Refused."""
    may_log_in(context, session, account)
    user = session.user
    session.wrong_logins = 0
    if session.registration is not None:
        entering = session.registration
        entering.account = (account.name, account.id)
        # A nick that was refused before may now be the client's own.
        entering.nick = entering.nick or entering.refused
    yield numeric(
        RPL_LOGGEDIN, source_of(session), account.name, f"You are now logged in as {account.name}"
    )
    if user is not None and user.account != account.name:
        if user.account is None and user.guest:
            yield GuestLoggedIn(user.guest, account.name)
        yield LoggedIn(user.id, user.source, account.name, session.device)
    if user is not None:
        yield from give_privileges(context, user)


def give_privileges(context: Context, user: User) -> Iterator[Step]:
    """Make a user of an administrator's account operator without OPER."""
    privileges = context.network.administration.privileges(user.account)
    if privileges and user.account is not None and user.operator is None:
        yield OperatorChanged(user.id, user.source, user.account, privileges)


def log_out(context: Context, session: Session) -> Iterator[Step]:
    """Log the client out; it gives up a nick that belongs to an account."""
    if session.registration is not None:
        session.registration.account = None
    elif session.user is not None and session.user.account is not None:
        yield from log_out_user(context, session.user)
    yield numeric(RPL_LOGGEDOUT, source_of(session))


def log_out_user(context: Context, user: User) -> Iterator[Step]:
    if user.operator is not None and user.operator == user.account:
        yield UserModeChanged(user.id, user.source, "-o")
    yield LoggedOut(user.id, user.source)
    if is_reserved(context, user.nick, None):
        yield renamed(context, user, _guest(context))


def people_of(context: Context, account: Account) -> list[User]:
    """The users of an account who are on the network."""
    return context.network.users_of(account.name)


def renamed(context: Context, user: User, nick: str) -> NickChanged:
    return NickChanged(user.id, user.source, nick, *context.network.whereabouts(user))


def gone(context: Context, user: User, reason: str) -> UserQuit:
    """The quit of a user without a connection; others are disconnected instead."""
    return UserQuit(user.id, user.source, reason, *context.network.whereabouts(user))


def expel(context: Context, user: User, reason: str) -> Iterator[Step]:
    """Close all connections of a user, who quits even if always-on."""
    for id in list(user.sessions):
        yield Disconnect(id, reason)
    if user.id in context.network.users:
        yield gone(context, user, reason)


def _guest(context: Context) -> str:
    number = context.network.position
    while context.network.user(f"Guest{number}") is not None:
        number += 1
    return f"Guest{number}"


def went_wrong(session: Session) -> Iterator[Step]:
    """Count a failed login; the last allowed one closes the connection."""
    session.wrong_logins += 1
    if session.wrong_logins >= MOST_WRONG:
        yield CloseConnection("Too many wrong logins")


def abort_sasl(session: Session) -> Iterator[Reply]:
    """Registration ended before the SASL login did (IRCv3 sasl-3.1)."""
    if session.sasl is not None:
        session.sasl = None
        yield numeric(ERR_SASLABORTED)


def source_of(session: Session) -> str:
    """nick!username@host, as far as known."""
    if session.user is not None:
        return session.user.source
    return f"{session.nick}!*@*"


# -- nicks ---------------------------------------------------------------------------------


def is_reserved(context: Context, nick: str, account: Account | None) -> bool:
    """Does the nick belong to an account other than `account`?"""
    if context.settings.accounts.nick_reservation == "none":
        return False
    owner = context.network.accounts.owner_of(nick)
    return owner is not None and owner is not account and owner.settings.get("enforce") != "none"


def is_service(nick: str) -> bool:
    return skeleton(nick) in _RESERVED


def may_not_use(context: Context, session: Session, nick: str) -> Refused | None:
    """Return the refusal of `nick` for the client, or None."""
    if is_service(nick):
        text = "That name is kept for the server's own"
        return Refused(ERR_ERRONEUSNICKNAME.code, text, nick)
    holder = context.network.user(nick) or context.network.lookalike(nick)
    if (
        holder is not None
        and holder is not session.user
        and not may_attach(context, session, holder)
    ):
        return Refused.numeric(ERR_NICKNAMEINUSE, nick)
    if is_reserved(context, nick, context.account(session)):
        text = "Nickname belongs to an account: log in to it first"
        return Refused(ERR_NICKNAMEINUSE.code, text, nick)
    return None


def may_attach(context: Context, session: Session, holder: User) -> bool:
    """May the client, not yet on the network, share the nick of `holder`?"""
    account = context.account(session)
    if session.user is not None or account is None or holder.account != account.name:
        return False
    return may_share(context, account, holder)


def may_share(context: Context, account: Account, holder: User) -> bool:
    """May one more connection of the account belong to `holder`, a user of it?"""
    wanted = account.settings.get("multiclient")
    allowed = wanted == "on" or (wanted is None and context.settings.accounts.multiclient)
    return allowed or not holder.sessions
