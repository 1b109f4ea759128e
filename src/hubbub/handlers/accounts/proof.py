"""The proof of the owner: an open connection must not suffice to give an account away.

Commands that give something of an account away (its password, names, certificates, address,
channels) call `prove`. It takes the password given with the command, or a login with the password
in the last minutes. An account without a password is proved by one of its certificates, or by a
login with a token of another service in the last minutes. A device token proves nothing.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...model.accounts import Account
from ...session import Session
from ..command_table import Step
from ..context import Context
from ..refusals import Refused
from . import logins

#: How long after a login its client is taken for the owner, in ms.
RECENT_MS = 5 * 60_000


def prove(
    context: Context, session: Session, account: Account, password: str
) -> Generator[Step, Any, None]:
    """Check that the owner of the account is there. Raises Refused."""
    if account.password is not None and password:
        yield from logins.check_password(context, session, account.name, password)
    elif not _is_proved(context, session, account):
        raise Refused("REAUTHENTICATE", _what_is_missing(account))


def _is_proved(context: Context, session: Session, account: Account) -> bool:
    shown = session.peer.certificate_fingerprint
    if account.password is None and shown in account.certificates:
        return True
    return proved_since(context, session, account, RECENT_MS)


def proved_since(context: Context, session: Session, account: Account, most_ms: int) -> bool:
    """Has the client logged in to the account in the last `most_ms`, not with a device token?"""
    owner, since = session.proved
    return owner == account.id and context.now - since <= most_ms


def _what_is_missing(account: Account) -> str:
    if account.password is not None:
        return "Give your password too, behind the rest"
    if account.certificates:
        return "Connect with a certificate of your account first"
    return "Log in to your account again first"
