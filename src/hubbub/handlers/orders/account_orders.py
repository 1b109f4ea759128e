"""Orders about accounts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from typing import Any

from ...events.kinds import AccountReinstated, AccountVerified, IdentityBound
from ...model.accounts import Account
from ...protocol.times import server_time
from ..accounts import lifecycle, rank
from ..accounts.lifecycle import RegisterRequest
from ..command_table import Step
from ..context import Context
from ..refusals import Refused
from .order_table import A_WORD, MAY_BE_SAID, By, Field, Rows, Words, length_of, order

_A_SECRET = Field(str, secret=True)


def _account_to_change(context: Context, by: By, name: str) -> Account:
    """The account `name`, if the sender may change it. Raises Refused."""
    account = context.account_called(name)
    rank.check_rank(context, by.privileges, account)
    return account


@order("accounts", "accounts")
def _accounts(context: Context, by: By, words: Words) -> Rows:
    """all accounts"""
    connections, channels = _connections(context), _channels_by_founder(context)
    return [
        {
            "account": account.name,
            "registered": server_time(account.created),
            "email": account.email,
            "verified": account.code is None,
            "suspended": account.is_suspended(context.now),
            "connections": connections[account.name],
            "channels": channels.get(account.name, []),
            "administrator": bool(context.network.administration.privileges(account.name)),
        }
        for account in context.network.accounts.all()
    ]


def _connections(context: Context) -> Counter[str]:
    """Number of connections by account name."""
    counts: Counter[str] = Counter()
    for user in context.network.users.values():
        if user.account is not None:
            counts[user.account] += len(user.sessions)
    return counts


def _channels_by_founder(context: Context) -> dict[str, list[str]]:
    """Names of registered channels by account name, sorted."""
    found: dict[str, list[str]] = {}
    for _, channel in sorted(context.network.channels.items()):
        if channel.founder is not None:
            found.setdefault(channel.founder, []).append(channel.name)
    return found


# The answer names the people that somebody talks to: the privilege `accounts` is not enough.
@order("show", "administrators", is_document=True, account=A_WORD)
def _show(context: Context, by: By, words: Words) -> dict[str, Any]:
    """everything the server stores about an account, as JSON"""
    return lifecycle.export_account(context.network, context.account_called(words["account"]))


@order(
    "create", "accounts", acts=True,
    account=A_WORD, password=_A_SECRET, email=Field(str, "", personal=True),
)  # fmt: skip
def _create(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """create an account"""
    request = RegisterRequest(words["account"], words["password"], words["email"] or None)
    lifecycle.check_request(context, request)
    account = yield from lifecycle.make_account(context, request, "")
    return f"Account {account.name} created"


@order(
    "passwd", "accounts", acts=True,
    account=A_WORD, password=_A_SECRET, keep=Field(bool, False),
)  # fmt: skip
def _passwd(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """give an account a new password: its connections end, its certificates go unless `keep`"""
    account = _account_to_change(context, by, words["account"])
    removed = yield from lifecycle.set_password(
        context, account, words["password"], keep=words["keep"]
    )
    lines = (f"The password of {account.name} is changed", *lifecycle.told_of_certificates(removed))
    return "; ".join(lines)


@order("bind", "accounts", acts=True, account=A_WORD, subject=A_WORD)
def _bind(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """let tokens of the configured issuer about this subject log in to an account"""
    account, issuer = (
        _account_to_change(context, by, words["account"]),
        context.settings.oauth.issuer,
    )
    if not issuer:
        raise Refused("INVALID_PARAMS", "No issuer is configured ([oauth])")
    holder = context.network.accounts.with_identity(issuer, words["subject"])
    if holder not in (None, account):
        raise Refused("IN_USE", f"That subject is bound to {holder.name}")
    yield IdentityBound(account.name, issuer, words["subject"])
    return f"Tokens of {issuer} about {words['subject']} log in to {account.name}"


@order("verify", "accounts", acts=True, account=A_WORD)
def _verify(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """mark the email address of an account as verified"""
    account = _account_to_change(context, by, words["account"])
    yield AccountVerified(account.name)
    return f"Account {account.name} verified"


@order("delete", "accounts", acts=True, account=A_WORD, erase=Field(bool, False))
def _delete(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """delete an account; its name stays reserved, unless `erase` is given"""
    name, accounts = words["account"], context.network.accounts
    is_gone = accounts.named(name) is None and accounts.is_taken(name)
    if is_gone and words["erase"]:
        yield from lifecycle.erase_account(context, name, by.nick)
        return f"{name} is erased; the name may be had again"
    account = _account_to_change(context, by, name)
    yield from lifecycle.delete_account(context, account, by.nick, freed=words["erase"])
    if words["erase"]:
        return f"{account.name} is erased; the name may be had again"
    return f"The account {account.name} is deleted; the name stays taken"


@order("suspend", "accounts", acts=True, account=A_WORD, time=MAY_BE_SAID, reason=MAY_BE_SAID)
def _suspend(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """keep people from logging in to an account, and log them out"""
    account = _account_to_change(context, by, words["account"])
    length = length_of(words["time"])
    yield from lifecycle.suspend_account(context, account, by.nick, words["reason"], length)
    return f"{account.name} is suspended"


@order("unsuspend", "accounts", acts=True, account=A_WORD)
def _unsuspend(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """end the suspension of an account"""
    account = _account_to_change(context, by, words["account"])
    yield AccountReinstated(account.name, by.nick)
    return f"{account.name} may log in again"
