"""Operators act on those only who may do as much as they: everything else would lead to an account
with more privileges, or remove the people who watch over them."""

from __future__ import annotations

from collections.abc import Collection

from ...model.accounts import Account
from ...model.user import User
from ..context import Context
from ..refusals import Refused


def check_rank(context: Context, privileges: Collection[str], account: Account) -> None:
    """Refuse an operator with `privileges` who changes the account of an administrator with more:
    a new password would give them away. Raises Refused."""
    more = set(context.network.administration.privileges(account.name)) - set(privileges)
    if more:
        raise _may_do_more(account.name)


def check_rank_of(context: Context, privileges: Collection[str], user: User) -> None:
    """The same of a user who is on the network, by account or OPER. Raises Refused."""
    account = context.network.accounts.get(user.account)
    if account is not None:
        check_rank(context, privileges, account)
    if set(user.privileges) - set(privileges):
        raise _may_do_more(user.nick)


def _may_do_more(name: str) -> Refused:
    return Refused("NO_PERMISSIONS", f"{name} administers this server, and may do more")
