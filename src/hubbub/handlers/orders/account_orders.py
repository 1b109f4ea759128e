"""Orders about accounts."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...events.kinds import (
    AccountReinstated,
)
from ...model.accounts import Account
from ...protocol.times import server_time
from ..accounts import lifecycle, logins
from ..command_table import Step
from ..context import Context
from ..refusals import Refused
from .order_table import A_WORD, MAY_BE_SAID, By, Rows, Words, length_of, order


def account_called(context: Context, name: str) -> Account:
    account = context.network.accounts.named(name)
    if account is None:
        raise Refused("NOT_FOUND", f"There is no account {name}")
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


@order("suspend", "accounts", acts=True, account=A_WORD, time=MAY_BE_SAID, reason=MAY_BE_SAID)
def _suspend(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """nobody logs in to an account; who is logged in is logged out"""
    account, length = account_called(context, words["account"]), length_of(words["time"])
    yield from lifecycle.suspend_account(context, account, by.nick, words["reason"], length)
    return f"{account.name} is suspended"


@order("unsuspend", "accounts", acts=True, account=A_WORD)
def _unsuspend(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """take that back"""
    account = account_called(context, words["account"])
    yield AccountReinstated(account.name, by.nick)
    return f"{account.name} may log in again"
