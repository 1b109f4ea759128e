"""Accounts: their names, nicks, credentials and settings.

Changed by `Network.apply` only, like everything in the model. An account's `id` is the position of
the event that created it, so ids are never reused even when names are. Passwords are stored as
hashes only.
"""

from __future__ import annotations

import ipaddress
from itertools import takewhile
from typing import Any, NamedTuple

from ..addresses import ip_of
from ..events.kinds import (
    AccountDeleted,
    AccountRegistered,
    AccountReinstated,
    AccountSettingChanged,
    AccountSuspended,
    AccountVerified,
    CertificateAdded,
    CertificateRemoved,
    DeviceAdded,
    DeviceRemoved,
    Entry,
    IdentityBound,
    NickGrouped,
    NickReleased,
    PasswordChanged,
)
from ..protocol.durations import DAY_MS
from ..protocol.names import fold
from .confusables import skeleton

#: Networks remembered per account, see `Account.known`.
MOST_KNOWN = 16


class Suspension(NamedTuple):
    by: str
    reason: str
    since: int
    until: int | None


class Device(NamedTuple):
    """A device with a token of its own instead of the password."""

    hash: str
    name: str
    address: str  # of the latest login
    since: int  # ms since 1970
    used: int  # the time of the latest login


class Account:
    """One account.

    `nicks` maps folded nicks to nicks as written and includes the account's own name. `known` maps
    the networks of past logins to the time of the latest (ms since 1970), the most recent last:
    wrong passwords from elsewhere do not lock the owner out (handlers/accounts/throttle.py).
    `identities` maps issuers of tokens to the subject that is this account's owner.
    """

    __slots__ = (
        "certificates", "code", "created", "devices", "email", "id", "identities", "key",
        "known", "name", "nicks", "password", "scram", "settings", "suspension",
    )  # fmt: skip

    def __init__(self, id: int, name: str, created: int) -> None:
        self.id = id
        self.name = name
        self.key = fold(name)
        self.created = created  # ms since 1970
        self.password: str | None = None
        self.scram: str | None = None
        self.email: str | None = None
        self.code: str | None = None  # hash of the code that VERIFY expects
        self.nicks = {self.key: name}
        self.certificates: dict[str, int] = {}  # fingerprint -> added at (ms since 1970)
        self.identities: dict[str, str] = {}
        self.devices: dict[int, Device] = {}  # by number, the oldest first
        self.settings: dict[str, str] = {}
        self.suspension: Suspension | None = None
        self.known: dict[str, int] = {}

    def is_suspended(self, now: int) -> bool:
        held = self.suspension
        return held is not None and (held.until is None or now < held.until)

    def may_log_in(self, now: int) -> bool:
        """Is the account verified and not suspended? Every way to log in checks this."""
        return self.code is None and not self.is_suspended(now)


class Accounts:
    """All accounts, indexed by folded name, by nick and by certificate."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._nicks: dict[str, Account] = {}
        self._looks: dict[str, Account] = {}  # by skeleton of the nick (confusables.py)
        self._certificates: dict[str, Account] = {}
        self._unverified: dict[str, Account] = {}  # by folded name, the oldest first
        self._identities: dict[tuple[str, str], Account] = {}  # by issuer and subject
        self._taken: set[str] = set()  # names of deleted accounts, folded

    # -- reading ---------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._accounts)

    @property
    def names(self) -> int:
        """The number of accounts and of reserved names of deleted ones."""
        return len(self._accounts) + len(self._taken)

    def get(self, name: str | None) -> Account | None:
        return self._accounts.get(fold(name)) if name is not None else None

    def all(self) -> list[Account]:
        """Every account, sorted by name."""
        return [account for _, account in sorted(self._accounts.items())]

    def owner_of(self, nick: str) -> Account | None:
        """The account that owns this nick or one that looks like it."""
        return self._nicks.get(fold(nick)) or self._looks.get(skeleton(nick))

    def named(self, name: str) -> Account | None:
        """The account with this name, or with exactly this nick."""
        return self._nicks.get(fold(name))

    def with_certificate(self, fingerprint: str | None) -> Account | None:
        return self._certificates.get(fingerprint) if fingerprint else None

    def with_identity(self, issuer: str, subject: str) -> Account | None:
        """The account that tokens of this issuer about this subject log in to."""
        return self._identities.get((issuer, subject))

    def lapsed(self, now: int, days: int) -> list[Account]:
        """The accounts that were not verified within `days` of their registration."""
        oldest_first = self._unverified.values()
        return list(takewhile(lambda each: now - each.created >= days * DAY_MS, oldest_first))

    def is_taken(self, name: str) -> bool:
        """Is the name unavailable for a new account?"""
        key = fold(name)
        return key in self._accounts or key in self._taken or self.owner_of(name) is not None

    # -- applying, called by Network.apply ---------------------------------------------------

    def registered(self, entry: Entry, event: AccountRegistered) -> None:
        account = Account(entry.position, event.account, entry.time)
        account.password = event.password
        account.scram = event.scram
        account.email = event.email
        account.code = event.code
        self._accounts[account.key] = account
        if account.code is not None:
            self._unverified[account.key] = account
        self._add_nick(account, account.name)
        self._taken.discard(account.key)
        if event.certificate:
            self._add_certificate(account, event.certificate, entry.time)
        self.seen(account.name, event.address, entry.time)

    def verified(self, entry: Entry, event: AccountVerified) -> None:
        self._accounts[fold(event.account)].code = None
        self._unverified.pop(fold(event.account), None)

    def password_changed(self, entry: Entry, event: PasswordChanged) -> None:
        account = self._accounts[fold(event.account)]
        account.password = event.password
        account.scram = event.scram

    def setting_changed(self, entry: Entry, event: AccountSettingChanged) -> None:
        account = self._accounts[fold(event.account)]
        if event.name == "email":
            account.email = event.value
        elif event.value is None:
            account.settings.pop(event.name, None)
        else:
            account.settings[event.name] = event.value

    def nick_grouped(self, entry: Entry, event: NickGrouped) -> None:
        self._add_nick(self._accounts[fold(event.account)], event.nick)

    def _add_nick(self, account: Account, nick: str) -> None:
        key = fold(nick)
        account.nicks[key] = nick
        self._nicks[key] = account
        self._looks.setdefault(skeleton(nick), account)

    def nick_released(self, entry: Entry, event: NickReleased) -> None:
        account = self._accounts[fold(event.account)]
        account.nicks.pop(fold(event.nick), None)
        self._forget_nick(account, event.nick)

    def _forget_nick(self, account: Account, nick: str) -> None:
        self._nicks.pop(fold(nick), None)
        look = skeleton(nick)
        others = (skeleton(other) for other in account.nicks.values())
        if self._looks.get(look) is account and look not in others:
            del self._looks[look]

    def certificate_added(self, entry: Entry, event: CertificateAdded) -> None:
        self._add_certificate(self._accounts[fold(event.account)], event.fingerprint, entry.time)

    def _add_certificate(self, account: Account, fingerprint: str, time: int) -> None:
        account.certificates[fingerprint] = time
        self._certificates[fingerprint] = account

    def certificate_removed(self, entry: Entry, event: CertificateRemoved) -> None:
        account = self._accounts[fold(event.account)]
        account.certificates.pop(event.fingerprint, None)
        self._forget_certificate(account, event.fingerprint)

    def _forget_certificate(self, account: Account, fingerprint: str) -> None:
        # Another account may have added it since.
        if self._certificates.get(fingerprint) is account:
            del self._certificates[fingerprint]

    def device_added(self, entry: Entry, event: DeviceAdded) -> None:
        account = self._accounts[fold(event.account)]
        account.devices[entry.position] = Device(
            event.hash, event.name, event.address, entry.time, entry.time
        )

    def device_removed(self, entry: Entry, event: DeviceRemoved) -> None:
        self._accounts[fold(event.account)].devices.pop(event.device, None)

    def identity_bound(self, entry: Entry, event: IdentityBound) -> None:
        account = self._accounts[fold(event.account)]
        self._forget_identity(account, event.issuer)
        account.identities[event.issuer] = event.subject
        self._identities[event.issuer, event.subject] = account

    def _forget_identity(self, account: Account, issuer: str) -> None:
        pair = issuer, account.identities.get(issuer, "")
        if self._identities.get(pair) is account:
            del self._identities[pair]

    def suspended(self, entry: Entry, event: AccountSuspended) -> None:
        account = self._accounts[fold(event.account)]
        account.suspension = Suspension(event.by, event.reason, entry.time, event.until)

    def reinstated(self, entry: Entry, event: AccountReinstated) -> None:
        self._accounts[fold(event.account)].suspension = None

    def deleted(self, entry: Entry, event: AccountDeleted) -> None:
        key = fold(event.account)
        if not event.freed:
            self._taken.add(key)
        else:
            self._taken.discard(key)
        self._unverified.pop(key, None)
        account = self._accounts.pop(key, None)
        if account is not None:
            nicks, account.nicks = account.nicks, {}
            for nick in nicks.values():
                self._forget_nick(account, nick)
            for fingerprint in account.certificates:
                self._forget_certificate(account, fingerprint)
            for issuer in account.identities:
                self._forget_identity(account, issuer)

    def seen(self, name: str | None, address: str, time: int, device: int = 0) -> None:
        """Record a login to `name` from `address`, with the token of `device` if it is not 0."""
        account = self.get(name)
        if account is not None and device in account.devices:
            known = account.devices[device]
            account.devices[device] = known._replace(address=host_of(address), used=time)
        if account is None or not (network := network_of(address)):
            return
        account.known.pop(network, None)
        account.known[network] = time
        if len(account.known) > MOST_KNOWN:
            del account.known[next(iter(account.known))]

    # -- comparing -------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """All accounts as plain values, to compare networks."""
        return {
            "accounts": {
                key: {name: _plain(getattr(account, name)) for name in Account.__slots__}
                for key, account in sorted(self._accounts.items())
            },
            "nicks": {nick: account.key for nick, account in sorted(self._nicks.items())},
            "certificates": {
                fingerprint: account.key
                for fingerprint, account in sorted(self._certificates.items())
            },
            "identities": {
                " ".join(pair): account.key for pair, account in sorted(self._identities.items())
            },
            "taken": sorted(self._taken),
        }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return dict(value)  # the order counts in `known`
    return list(value) if isinstance(value, tuple) else value


def host_of(address: str) -> str:
    """The address without the port in which it may end."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


def network_of(address: str) -> str:
    """The IPv4 address or the IPv6 /64 of `address`, which may end in a port."""
    host = host_of(address)
    ip = ip_of(host)
    if ip is None:
        return host
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(ip) >> 64 << 64, 64)))
    return str(ip)
