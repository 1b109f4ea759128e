"""Who asks by HTTP, and the tokens that say so.

A browser or a program that is connected asks for a token over its connection (tokens.py) and shows
it with its requests; a program that is not shows the name and the password of its account. Neither
is kept by a browser on its own, so no foreign page can have it sent (no cookies, no CSRF).

What somebody may is worked out anew for every request, from what is true at that moment. So a token
ends with its connection, and with a logout, a new password or a suspension, without being recalled.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeAlias

from ...model.accounts import Account
from ...model.user import User
from ...session import Authority, Session, Token
from ..command_table import Step
from ..context import Context
from ..refusals import Refused
from . import logins

#: How long a token may be used.
TOKEN_MS = 10 * 60 * 1000
#: Tokens of one connection; the oldest makes room.
MOST_TOKENS = 8

#: What a token is for: everything under /api/, or files alone.
API, FILEHOST = "HUBBUB/API", "FILEHOST"

#: Something asked by HTTP, done like a command: it returns the answer; one that acts yields steps
#: before.
Question: TypeAlias = "Callable[[Context, Session, Asker], Any]"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks. `user` is for use under the hub's lock alone; `key` tells people apart for as long
    as they are the same (User.stable_key); `connected` is false for who shows a password and is not
    on the network."""

    nick: str
    account: str | None
    key: str
    privileges: tuple[str, ...]
    connected: bool
    user: User

    def may(self, privilege: str) -> bool:
        """Is it a network operator who may do that? (model/privileges.py)"""
        return privilege in self.privileges


# -- tokens --------------------------------------------------------------------------------


def keep_token(context: Context, session: Session, service: str, secret: str) -> str:
    """A token for the asker, made of an unpredictable `secret`."""
    live = [token for token in session.tokens if token.until > context.now]
    authority = _authority(context.account(session), session.id)
    token = Token(secret, service, context.now + TOKEN_MS, authority)
    session.tokens = (*live[-(MOST_TOKENS - 1) :], token)
    return f"{session.id:x}.{secret}"


def authority_of_token(context: Context, text: str, service: str) -> Authority:
    """Raises Refused. A token for the whole API is good for any service of ours."""
    number, _, secret = text.partition(".")
    session = context.sessions.get(session_number(number))
    for token in session.tokens if session is not None else ():
        if hmac.compare_digest(token.secret.encode(), secret.encode()):
            if token.until <= context.now or token.service not in (service, API):
                break
            return token.authority
    raise Refused("UNKNOWN_ASKER", "That token is not good, or not any more")


def session_number(text: str) -> int:
    """As tokens begin with it, in hexadecimal; -1 for what is none."""
    try:
        return int(text, 16) if len(text) <= 16 else -1
    except ValueError:
        return -1


def _authority(account: Account | None, session: int | None) -> Authority:
    if account is None:
        return Authority(session, None)
    return Authority(session, account.name, account.id, account.password)


# -- passwords -----------------------------------------------------------------------------


def authority_of_password(
    context: Context, session: Session, name: str, password: str
) -> Generator[Step, Any, Authority]:
    """The same check, as often as, and in the same words as by any other way to log in. Raises
    Refused."""
    account = yield from logins.check_password(context, session, name, password)
    logins.may_log_in(context, session, account)
    return _authority(account, None)


# -- who it is -----------------------------------------------------------------------------


def asker_of(context: Context, authority: Authority) -> Asker:
    """Who it is now. Raises Refused when what gave the right is gone."""
    account = context.network.accounts.get(authority.account)
    if authority.account is not None and (
        account is None
        or (account.id, account.password) != (authority.account_id, authority.password)
        or not account.may_log_in(context.now)
    ):
        raise Refused("UNKNOWN_ASKER", "You are logged out")
    user = _user(context, authority, account)
    return Asker(user.nick, user.account, user.stable_key, user.privileges, user.id != 0, user)


def _user(context: Context, authority: Authority, account: Account | None) -> User:
    if authority.session is None:
        assert account is not None
        return _person(context, account)
    session = context.sessions.get(authority.session)
    user = session.user if session is not None else None
    if user is None or user.account != authority.account:
        raise Refused("UNKNOWN_ASKER", "You are logged out")
    return user


def _person(context: Context, account: Account) -> User:
    """Who is on the network under the account, by its own name rather than another; or somebody
    who is in no channel, for an account that nobody uses now."""
    people = logins.people_of(context, account)
    if people:
        return min(people, key=lambda user: (user.nick != account.name, user.id))
    user = User(0, account.name, account.name, context.server.name, context.now)
    user.account = account.name
    user.privileges = context.network.administration.privileges(account.name)
    return user
