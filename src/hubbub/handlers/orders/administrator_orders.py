"""Orders about administrators, and the link that appoints the first one."""

from __future__ import annotations

import hmac
from collections.abc import Generator
from typing import Any

from ...events.kinds import (
    AdministratorMade,
    AdministratorRemoved,
    OperatorActed,
    UserModeChanged,
)
from ...model.accounts import Account
from ...model.administration import claim_word
from ...model.privileges import unknown
from ...model.user import User
from ...protocol.times import server_time
from ..accounts import logins
from ..command_table import Step
from ..context import Context
from ..refusals import Refused
from .order_table import A_WORD, By, Field, Rows, Words, order


@order("administrators", "administrators")
def _administrators(context: Context, by: By, words: Words) -> Rows:
    """the accounts of administrators, with their classes"""
    return [
        {"account": each.account, "classes": list(each.classes), "by": each.by,
         "since": server_time(each.since)}
        for each in context.network.administration.administrators()
    ]  # fmt: skip


@order("promote", "administrators", acts=True, account=A_WORD, classes=Field(str, "admin"))
def _promote(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """make an account an administrator, or give it other classes (helper, moderator)"""
    account, classes = context.account_called(words["account"]), tuple(words["classes"].split(","))
    problem = unknown(classes)
    if problem is not None:
        raise Refused("INVALID_PARAMS", problem)
    yield from _strip(context, account)
    yield AdministratorMade(account.name, classes, by.nick)
    for user in logins.people_of(context, account):
        if user.sessions:
            yield from logins.give_privileges(context, user)
    return f"{account.name} is {' and '.join(classes)} now"


@order("demote", "administrators", acts=True, account=A_WORD)
def _demote(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """take all classes from an administrator's account"""
    administration = context.network.administration
    found = administration.administrator(words["account"])
    if found is None:
        raise Refused("NOT_FOUND", f"{words['account']} is no administrator")
    if by.asker is not None and len(administration.administrators()) == 1:
        text = "That is the last administrator; `hubbub admin demote` can do it all the same"
        raise Refused("NO_PERMISSIONS", text)
    account = context.network.accounts.get(found.account)
    yield AdministratorRemoved(found.account, by.nick)
    if account is not None:
        yield from _strip(context, account)
    return f"{found.account} is no administrator any more"


def _strip(context: Context, account: Account) -> Generator[Step, Any, None]:
    """Take operator status from the people who have it by this account."""
    for user in logins.people_of(context, account):
        if user.operator is not None and user.operator == account.name:
            yield UserModeChanged(user.id, user.source, "-o")


def claim(context: Context, user: User, word: str, address: str) -> Generator[Step, Any, Any]:
    """A user with an account opened the link of the first start. Works once."""
    administration = context.network.administration
    wanted = claim_word(context.network.secret)
    if not hmac.compare_digest(wanted.encode(), word.encode()) or administration.claimed:
        text = "That link is used already; on the server's machine: hubbub admin promote ACCOUNT"
        raise Refused("NOT_FOUND", text)
    account = context.network.accounts.get(user.account)
    if account is None:
        raise Refused("ACCOUNT_REQUIRED", "First keep your name with a passphrase")
    yield AdministratorMade(account.name, ("admin",), "the link of the first start")
    yield OperatorActed(user.id, user.source, address, "claim", account.name, "")
    if user.sessions:
        yield from logins.give_privileges(context, user)
    return {"account": account.name}


@order("link", "administrators")
def _link(context: Context, by: By, words: Words) -> str:
    """the link that makes the first administrator, if there was none yet"""
    if context.network.administration.claimed:
        raise Refused("NOT_FOUND", "That link is used already: hubbub admin promote ACCOUNT")
    return claim_link(context)


def claim_link(context: Context) -> str:
    return context.address(f"/admin/{claim_word(context.network.secret)}")
