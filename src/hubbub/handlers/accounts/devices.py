"""Device tokens: what a browser stores instead of the password.

A client that has just given the password asks for a token (tokens.py), and logs in with it where
SASL PLAIN and HTTP expect the password. It ends with the next password, with TOKEN REVOKE and with
`NS DEVICES DEL` or DELETE /api/devices, and does not open what asks for the password again. Only
its hash is stored, a fast one: a token is random.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Generator, Iterable, Iterator
from typing import Any

from ...events.kinds import DeviceAdded, DeviceRemoved
from ...model.accounts import Account
from ...session import Session
from ..command_table import Disconnect, Step
from ..context import Context, cut
from ..refusals import Refused
from . import logins
from .proof import proved_since

PREFIX = "hubbub-device."
#: Devices per account; a further one replaces the oldest.
MOST = 20
LONGEST_NAME = 64  # bytes
#: How long after the password a client may ask for a token, in ms: an open connection must not
#: suffice for a way in that stays.
_FRESH_MS = 60_000


def add(context: Context, session: Session, secret: str, name: str) -> Generator[Step, Any, str]:
    """Make a token from an unpredictable `secret`; `name` is what the device calls itself. Raises
    Refused."""
    account = context.account(session)
    if account is None or session.registration is not None:
        raise Refused("ACCOUNT_REQUIRED", "You are not logged in to an account")
    is_proved = proved_since(context, session, account, _FRESH_MS)
    session.proved = (0, 0)  # one token for one password
    if account.password is None or not is_proved:
        raise Refused("REAUTHENTICATE", "Log in with your password first")
    for number in list(account.devices)[: 1 - MOST or None]:
        yield DeviceRemoved(account.name, number)
    token = f"{PREFIX}{secret}"
    shown = cut("".join(each for each in name if each.isprintable()), LONGEST_NAME)
    yield DeviceAdded(account.name, _hash(token), session.peer.host, shown)
    session.device = context.network.position
    return token


def number_of(account: Account | None, token: str) -> int | None:
    """The number of the device with this token, or None."""
    if account is None or not token.startswith(PREFIX):
        return None
    hashed = _hash(token)
    found = [n for n, device in account.devices.items() if hmac.compare_digest(device.hash, hashed)]
    return found[0] if found else None


def remove(
    context: Context, session: int | None, account: Account, numbers: Iterable[int]
) -> Iterator[Step]:
    """These devices need the password from now on. Their connections end, but not the `session`
    that asked for it."""
    numbers = set(numbers)
    for number in numbers:
        yield DeviceRemoved(account.name, number)
    for user in logins.people_of(context, account):
        for id in list(user.sessions):
            other = context.sessions.get(id)
            if other is not None and other.device in numbers and id != session:
                yield Disconnect(id, "This device was logged out")


def remove_all(account: Account) -> Iterator[Step]:
    for number in list(account.devices):
        yield DeviceRemoved(account.name, number)


def check_secret(
    context: Context, session: Session, name: str, secret: str
) -> Generator[Step, Any, Account]:
    """The account `name`, if `secret` is its password or a device token. Raises Refused."""
    account = context.network.accounts.named(name)
    session.device = number_of(account, secret) or 0
    if account is not None and session.device:
        return account
    return (yield from logins.check_password(context, session, name, secret))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
