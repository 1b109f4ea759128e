"""Authentication of HTTP requests, and the tokens for it.

A connected client gets a token over its connection (tokens.py) and sends it with its requests;
other programs send the name and password of their account. Browsers send neither by themselves, so
no foreign page can make them (no cookies, no CSRF).

Permissions are computed for each request from the current state. So a token ends with its
connection, a logout, a new password or a suspension, without being revoked.
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
from .devices import check_secret

#: Lifetime of a token, in ms.
TOKEN_MS = 10 * 60 * 1000
#: Tokens per connection; a further one replaces the oldest.
MOST_TOKENS = 8

#: Services that a token is valid for: everything under /api/, or only files.
API, FILEHOST = "HUBBUB/API", "FILEHOST"

#: An HTTP request, run like a command: returns the result; one that changes something yields steps
#: before.
Question: TypeAlias = "Callable[[Context, Session, Asker], Any]"


@dataclass(frozen=True, slots=True)
class Asker:
    """The sender of a request. Use `user` only under the hub's lock; `key` identifies the sender
    across requests (User.stable_key); `connected` is false for a password login of somebody who is
    not on the network."""

    nick: str
    account: str | None
    key: str
    privileges: tuple[str, ...]
    connected: bool
    user: User
    session: int | None = None  # whose token it is

    def may(self, privilege: str) -> bool:
        """Is it a network operator with this privilege (model/privileges.py)?"""
        return privilege in self.privileges


# -- tokens --------------------------------------------------------------------------------


def keep_token(context: Context, session: Session, service: str, secret: str) -> str:
    """Create a token for the client from an unpredictable `secret`."""
    live = [token for token in session.tokens if token.until > context.now]
    authority = _authority(context.account(session), session.id)
    token = Token(secret, service, context.now + TOKEN_MS, authority)
    session.tokens = (*live[-(MOST_TOKENS - 1) :], token)
    return f"{session.id:x}.{secret}"


def authority_of_token(context: Context, text: str, service: str) -> Authority:
    """The authority of a token. One for the whole API is valid for every service. Raises
    Refused."""
    number, _, secret = text.partition(".")
    session = context.sessions.get(session_number(number))
    for token in session.tokens if session is not None else ():
        if hmac.compare_digest(token.secret.encode(), secret.encode()):
            if token.until <= context.now or token.service not in (service, API):
                break
            return token.authority
    raise Refused("UNKNOWN_ASKER", "That token is not good, or not any more")


def session_number(text: str) -> int:
    """The session number at the beginning of a token, in hexadecimal; -1 if it is invalid."""
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
    """Check a password with the same rules, limits and messages as every other login. Raises
    Refused."""
    account = yield from check_secret(context, session, name, password)
    logins.may_log_in(context, session, account)
    return _authority(account, None)


# -- who it is -----------------------------------------------------------------------------


def asker_of(context: Context, authority: Authority) -> Asker:
    """The sender at this moment. Raises Refused if the authority has ended."""
    account = context.network.accounts.get(authority.account)
    if authority.account is not None and (
        account is None
        or (account.id, account.password) != (authority.account_id, authority.password)
        or not account.may_log_in(context.now)
    ):
        raise Refused("UNKNOWN_ASKER", "You are logged out")
    user = _user(context, authority, account)
    return Asker(
        user.nick,
        user.account,
        user.stable_key,
        user.privileges,
        user.id != 0,
        user,
        authority.session,
    )


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
    """The user on the network with this account, preferably under its name; or a user in no
    channel, for an account that is not connected."""
    people = logins.people_of(context, account)
    if people:
        return min(people, key=lambda user: (user.nick != account.name, user.id))
    user = User(0, account.name, account.name, context.server.name, context.now)
    user.account = account.name
    user.privileges = context.network.administration.privileges(account.name)
    return user
