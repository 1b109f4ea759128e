"""Accounts: REGISTER, VERIFY (IRCv3 draft/account-registration), PERSISTENCE, and functions shared
with NickServ and the command line: registration, deletion, export."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Generator, Iterator
from typing import Any, NamedTuple

from ...credentials import mail, passwords, scram
from ...credentials.oauth import Identity
from ...events.kinds import (
    AccountDeleted,
    AccountRegistered,
    AccountSettingChanged,
    AccountSuspended,
    AccountVerified,
    CertificateRemoved,
    ChannelUnregistered,
    IdentityBound,
    PasswordChanged,
    PushUnsubscribed,
)
from ...log.base import Log
from ...model.accounts import Account, network_of
from ...model.channel import Channel
from ...model.network import Network
from ...protocol.durations import LONGEST_MS
from ...protocol.message import Message, Reply
from ...protocol.names import fold
from ...protocol.numerics import ERR_PASSWDMISMATCH, fail, numeric
from ...session import Session
from ...work import Busy, Work
from ..command_table import CloseConnection, Disconnect, Step, Steps, command
from ..context import Context, cut
from ..refusals import Refused
from ..sessions import invite_links, registration
from . import devices, logins


class RegisterRequest(NamedTuple):
    """A request to register an account."""

    name: str
    password: str | None  # None: login by certificate only
    email: str | None = None


# -- registering ---------------------------------------------------------------------------


@command("REGISTER", params=3, anyone=True)
def register(context: Context, session: Session, message: Message) -> Steps:
    name, email, password = message.params[:3]
    settings, entering = context.settings.accounts, session.registration
    wanted = _wanted_name(session, name)
    if entering is not None and not settings.before_connect:
        text = "Finish connecting first, then register"
        yield _failed("REGISTER", Refused("COMPLETE_CONNECTION_REQUIRED", text), wanted)
        return
    if entering is not None and not registration.password_is_right(context, session, entering):
        # A client that may not connect must not get an account.
        yield numeric(ERR_PASSWDMISMATCH)
        yield CloseConnection("Password incorrect")
        return
    if not wanted:
        yield _failed("REGISTER", Refused("NEED_NICK", "Choose a nick first"), wanted)
        return
    request = RegisterRequest(wanted, password, None if email == "*" else email)
    try:
        account = yield from register_account(context, session, request)
        if account.code is not None:
            text = f"Account created; a code has been sent to {email}: VERIFY {account.name} <code>"
            yield Reply("REGISTER", ("VERIFICATION_REQUIRED", account.name, text))
            return
        yield Reply("REGISTER", ("SUCCESS", account.name, "Account created"))
        yield from logins.log_in(context, session, account)
    except Refused as refused:
        yield _failed("REGISTER", refused, wanted)
        return
    yield from registration.try_to_register(context, session)


def _wanted_name(session: Session, name: str) -> str:
    """`*` means the nick, or the last nick that was refused."""
    if name != "*":
        return name
    if session.user is not None:
        return session.user.nick
    entering = session.registration
    return (entering.nick or entering.refused) if entering is not None else ""


#: The FAIL codes of these commands (account-registration); other refusals are allowed too.
_CODES = {
    "ACCOUNT_EXISTS", "ACCOUNT_NAME_MUST_BE_NICK", "ALREADY_AUTHENTICATED", "BAD_ACCOUNT_NAME",
    "COMPLETE_CONNECTION_REQUIRED", "INVALID_CODE", "INVALID_EMAIL", "NEED_NICK",
    "TEMPORARILY_UNAVAILABLE", "UNACCEPTABLE_PASSWORD", "WEAK_PASSWORD",
}  # fmt: skip


def _failed(name: str, refused: Refused, account: str) -> Reply:
    code = refused.code if refused.code in _CODES else "TEMPORARILY_UNAVAILABLE"
    about = account if account and " " not in account else "*"
    return fail(name, code, about, text=str(refused))


def register_account(
    context: Context, session: Session, request: RegisterRequest
) -> Generator[Step, Any, Account]:
    """Register an account for the client; one to be verified has a `code`. Raises Refused."""
    if not context.settings.accounts.registration:
        raise Refused("TEMPORARILY_UNAVAILABLE", "Accounts are made by the operators here")
    if context.account(session) is not None:
        raise Refused("ALREADY_AUTHENTICATED", "You have an account and are logged in to it")
    if session.user is None and invite_links.is_needed(context, session):
        raise Refused("COMPLETE_CONNECTION_REQUIRED", invite_links.NEEDED)
    if request.email is None and context.settings.mail.required:
        raise Refused("INVALID_EMAIL", "An email address is needed here")
    if fold(request.name) != fold(session.nick) and not context.settings.accounts.custom_names:
        raise Refused("ACCOUNT_NAME_MUST_BE_NICK", "The account must be called like your nick")
    holder = context.network.person(request.name)
    if holder is not None and holder is not session.user:
        raise Refused("ACCOUNT_EXISTS", "Somebody else uses that name at this moment")
    key = ("address", network_of(session.peer.host))
    check_request(context, request)
    if context.network.accounts.names >= context.settings.accounts.total:
        raise Refused("TEMPORARILY_UNAVAILABLE", "There are too many accounts here")
    if not context.registrations.spend(key, context.now):
        raise Refused("TEMPORARILY_UNAVAILABLE", "Too many accounts from there: try again later")
    verify = context.settings.mail.required
    account = yield from make_account(context, request, str(session.peer), verify=verify)
    session.proved = (account.id, context.now)
    return account


def check_request(context: Context, request: RegisterRequest) -> None:
    """Raises Refused for an invalid or taken name, password or address."""
    if not context.may_be_called(request.name):
        raise Refused("BAD_ACCOUNT_NAME", "That cannot be the name of an account")
    if logins.is_service(request.name):
        raise Refused("BAD_ACCOUNT_NAME", "That name is kept for the server's own")
    if context.network.accounts.is_taken(request.name):
        raise Refused("ACCOUNT_EXISTS", "That name is taken")
    if request.email is not None and not mail.is_address(request.email):
        raise Refused("INVALID_EMAIL", "That is not an email address")
    if request.password is not None:
        check_new_password(context, request.name, request.password)


def check_new_password(context: Context, name: str, password: str) -> None:
    """Raises Refused for an unacceptable password."""
    shortest = context.settings.accounts.password_length
    if len(password.encode()) > passwords.LONGEST:
        text = f"The password is longer than {passwords.LONGEST} bytes"
        raise Refused("UNACCEPTABLE_PASSWORD", text)
    try:
        prepared = passwords.prepare(password)
    except ValueError as error:
        raise Refused("UNACCEPTABLE_PASSWORD", str(error)) from error
    if len(prepared.encode()) < shortest:
        raise Refused("WEAK_PASSWORD", f"The password is shorter than {shortest} characters")
    if fold(prepared) == fold(name):
        raise Refused("WEAK_PASSWORD", "The password is the name")


class Hashed(NamedTuple):
    password: str | None = None
    scram: str | None = None


def hash_new(context: Context, password: str | None) -> Generator[Step, Any, Hashed]:
    """Hash a new password. Raises Refused."""
    if password is None:
        return Hashed()
    settings, text = context.settings.accounts, password

    def work(log: Log) -> Hashed:
        rounds = settings.scram_iterations
        verifier = scram.make_verifier(text, rounds) if rounds else None
        return Hashed(passwords.hash_password(text, settings.hash_memory), verifier)

    try:
        hashed: Hashed = yield Work(work, "hash")
    except Busy:
        raise logins.busy() from None
    return hashed


def make_account(
    context: Context,
    request: RegisterRequest,
    address: str,
    *,
    verify: bool = False,
    certificate: str | None = None,
) -> Generator[Step, Any, Account]:
    """Create the account; `verify`: send a code to its address first. Raises Refused."""
    hashed = yield from hash_new(context, request.password)
    code = None
    if verify and request.email is not None:
        code = yield from _send_code(context, request, request.email)
    if context.network.accounts.is_taken(request.name):  # meanwhile
        raise Refused("ACCOUNT_EXISTS", "That name is taken")
    yield AccountRegistered(
        request.name, hashed.password, hashed.scram, request.email, code, address, certificate
    )
    account = context.network.accounts.get(request.name)
    assert account is not None
    return account


def _send_code(context: Context, request: RegisterRequest, to: str) -> Generator[Step, Any, str]:
    """Send a new code and return its hash. Raises Refused."""
    settings, network = context.settings.mail, context.settings.network
    if not settings.host:
        raise Refused("TEMPORARILY_UNAVAILABLE", "This server cannot send mail: ask an operator")

    def work(log: Log) -> str:
        code = secrets.token_hex(16)
        mail.send_code(settings, to, network, request.name, code)
        return hash_code(code)

    try:
        return str((yield Work(work, "net")))
    except mail.MailFailed:
        text = "The mail with the code could not be sent: try again later"
        raise Refused("INVALID_EMAIL", text) from None
    except Busy:
        raise logins.busy() from None


def hash_code(code: str) -> str:
    """A code is random, so a fast hash protects it as well as a slow one."""
    return hashlib.sha256(code.encode()).hexdigest()


def account_of_token(
    context: Context, session: Session, identity: Identity
) -> Generator[Step, Any, Account]:
    """The account that is bound to the identity in a valid token. The first token binds it: to a
    new account if the settings say so, or to one that nobody can log in to otherwise, as an
    operator creates it. An account is never found by its name alone. Raises Refused."""
    accounts = context.network.accounts
    account = accounts.with_identity(identity.issuer, identity.subject)
    if account is not None:
        return account
    account = accounts.get(identity.name)
    if account is None:
        account = yield from _make_for_token(context, session, identity.name)
    elif account.password is not None or account.certificates or account.identities:
        raise Refused(
            "UNKNOWN_ASKER",
            f"the account {account.name} is not bound to that token: an operator can bind it",
        )
    yield IdentityBound(account.name, identity.issuer, identity.subject)
    return account


def _make_for_token(context: Context, session: Session, name: str) -> Generator[Step, Any, Account]:
    if not context.settings.oauth.register:
        raise Refused("UNKNOWN_ASKER", f"there is no account {name}")
    request = RegisterRequest(name, None)
    check_request(context, request)
    holder = context.network.person(name)
    if holder is not None and holder is not session.user:
        raise Refused("ACCOUNT_EXISTS", "somebody else uses that name at this moment")
    return (yield from make_account(context, request, str(session.peer)))


# -- verifying -----------------------------------------------------------------------------


@command("VERIFY", params=2, anyone=True)
def verify(context: Context, session: Session, message: Message) -> Steps:
    name, code = message.params[:2]
    if session.registration is not None and not context.settings.accounts.before_connect:
        refused = Refused("COMPLETE_CONNECTION_REQUIRED", "Finish connecting first")
        yield _failed("VERIFY", refused, name)
        return
    try:
        account = yield from verify_account(context, session, name, code)
        yield Reply("VERIFY", ("SUCCESS", account.name, "Account verified"))
        yield from logins.log_in(context, session, account)
    except Refused as refused:
        yield _failed("VERIFY", refused, name)
        return
    yield from registration.try_to_register(context, session)


def verify_account(
    context: Context, session: Session, name: str, code: str
) -> Generator[Step, Any, Account]:
    """Verify an account. Raises Refused, with the same text for a wrong code, an unknown account
    and a verified one."""
    if context.account(session) is not None:
        raise Refused("ALREADY_AUTHENTICATED", "You have an account and are logged in to it")
    keys = (("address", network_of(session.peer.host)), ("name", fold(name)))
    if not context.logins.begin(keys, context.now):
        raise logins.too_many()
    account = context.network.accounts.get(name)
    wanted = account.code if account is not None and account.code is not None else ""
    right = hmac.compare_digest(wanted, hash_code(code.strip()))
    context.logins.end(keys, context.now, failed=not right)
    if not right or account is None:
        raise Refused("INVALID_CODE", "That is not the code")
    yield AccountVerified(account.name)
    return account


# -- changing and deleting -----------------------------------------------------------------


def set_password(
    context: Context,
    account: Account,
    password: str,
    *,
    own: Session | None = None,
    keep: bool = False,
) -> Generator[Step, Any, list[str]]:
    """Set a new password, and end every other way in: all connections of the account except `own`,
    its push subscriptions and, unless `keep`, its certificates except that of `own`. Returns the
    fingerprints of the removed certificates. Raises Refused."""
    check_new_password(context, account.name, password)
    hashed = yield from hash_new(context, password)
    if context.network.accounts.get(account.name) is not account:  # meanwhile
        raise Refused("ACCOUNT_GONE", f"The account {account.name} is not there any more")
    yield PasswordChanged(account.name, hashed.password, hashed.scram)
    shown = own.peer.certificate_fingerprint if own is not None else None
    removed = [each for each in account.certificates if not keep and each != shown]
    for fingerprint in removed:
        yield CertificateRemoved(account.name, fingerprint)
    yield from devices.remove_all(account)
    for subscription in context.network.subscriptions.of(account.name):
        yield PushUnsubscribed(account.name, subscription.endpoint, "new password")
    for session in list(context.sessions.values()):
        if session is not own and context.account(session) is account:
            yield Disconnect(session.id, "Password changed")
    return removed


def told_of_certificates(removed: list[str]) -> Iterator[str]:
    """One line per certificate that a new password removed."""
    for fingerprint in removed:
        yield f"The certificate {fingerprint} no longer logs in"


def channels_of(context: Context, account: Account) -> list[Channel]:
    """The channels of an account, by name."""
    channels = sorted(context.network.channels.items())
    return [channel for _, channel in channels if channel.founder == account.name]


def log_everybody_out(context: Context, account: Account, reason: str) -> Iterator[Step]:
    """Log out all users of an account. Connected ones stay as guests, others leave."""
    for user in logins.people_of(context, account):
        if user.sessions:
            yield from logins.log_out_user(context, user)
        else:
            yield logins.gone(context, user, reason)


def set_setting(context: Context, account: Account, name: str, value: str | None) -> Iterator[Step]:
    """Change a setting; users who stayed only because of it leave."""
    yield AccountSettingChanged(account.name, name, value)
    for user in logins.people_of(context, account):
        if not user.sessions and not context.network.stays(user):
            yield logins.gone(context, user, "No longer always on")


def suspend_account(
    context: Context, account: Account, by: str, reason: str, milliseconds: int | None
) -> Iterator[Step]:
    """Block logins for `milliseconds` (None: until lifted)."""
    until = context.now + min(milliseconds, LONGEST_MS) if milliseconds is not None else None
    reason = cut(reason, context.settings.limits.reason_length)
    yield AccountSuspended(account.name, by, reason, until)
    yield from log_everybody_out(context, account, "Account suspended")


def delete_account(
    context: Context, account: Account, by: str, *, freed: bool = False
) -> Iterator[Step]:
    """Log out its users, unregister its channels, then delete it."""
    for channel in channels_of(context, account):
        yield ChannelUnregistered(channel.name, by)
    yield from log_everybody_out(context, account, "Account deleted")
    yield AccountDeleted(account.name, by, freed)


def delete_lapsed(context: Context) -> list[AccountDeleted]:
    """Delete accounts that were not verified in time, and free their names. The hub calls it by the
    clock. Nobody has ever logged in to them, so they have no users and no channels."""
    lapsed = context.network.accounts.lapsed(context.now, context.settings.mail.unverified_days)
    return [AccountDeleted(account.name, context.server.name, True) for account in lapsed]


def erase_account(context: Context, name: str, by: str) -> Iterator[Step]:
    """Delete an account if it exists, and free its name."""
    account = context.network.accounts.get(name)
    if account is not None:
        yield from delete_account(context, account, by, freed=True)
    else:
        yield AccountDeleted(name, by, True)


def confirmation(context: Context, about: str) -> str:
    """A short code to type again, so that nothing is deleted by mistake. It is no secret."""
    return hmac.new(context.network.secret.encode(), about.encode(), "sha256").hexdigest()[:6]


# -- exporting -----------------------------------------------------------------------------


def export_account(network: Network, account: Account) -> dict[str, Any]:
    """All stored data of an account except hashes, which are useless to people. The same for its
    owner (EXPORT), for the operator (`hubbub account show`) and for the head of `hubbub export
    --account`, which adds the messages."""
    channels = [channel for _, channel in sorted(network.channels.items())]
    return {
        "account": account.name,
        "registered": account.created,
        "verified": account.code is None,
        "email": account.email,
        "password": account.password is not None,
        "scram": account.scram is not None,
        "nicks": list(account.nicks.values()),
        "certificates": [
            {"fingerprint": fingerprint, "added": since}
            for fingerprint, since in account.certificates.items()
        ],
        "identities": dict(account.identities),
        "devices": [
            {
                "number": number,
                "name": device.name,
                "address": device.address,
                "added": device.since,
                "used": device.used,
            }
            for number, device in account.devices.items()
        ],
        "settings": dict(account.settings),
        "suspended": account.suspension._asdict() if account.suspension else None,
        "logins_from": [
            {"network": network, "last": last} for network, last in account.known.items()
        ],
        "channels": [channel.name for channel in channels if channel.founder == account.name],
        "access": {
            channel.name: channel.access[account.key][1]
            for channel in channels
            if account.key in channel.access
        },
        "metadata": dict(network.metadata.get(account.key, {})),
        "read_up_to": dict(network.markers.get(account.key, {})),
    }


# -- staying when not connected --------------------------------------------------------------


_PERSISTENCE = {"ON": "on", "OFF": "off", "DEFAULT": None}


@command("PERSISTENCE", params=1)
def persistence(context: Context, session: Session, message: Message) -> Steps:
    """IRCv3 draft/persistence (specification pull request 503)."""
    account = context.account(session)
    if account is None:
        yield fail("PERSISTENCE", "ACCOUNT_REQUIRED", text="You are not logged in to an account")
        return
    subcommand, *rest = (word.upper() for word in message.params)
    if subcommand == "SET" and rest and rest[0] in _PERSISTENCE:
        value = _PERSISTENCE[rest[0]]
        if account.settings.get("always-on") != value:
            yield from set_setting(context, account, "always-on", value)
    elif subcommand != "GET":
        yield fail("PERSISTENCE", "INVALID_PARAMS", text="Say GET, or SET ON, OFF or DEFAULT")
        return
    wanted = account.settings.get("always-on", "default").upper()
    stays = "ON" if context.network.stays(context.user(session)) else "OFF"
    yield Reply("PERSISTENCE", ("STATUS", wanted, stays))
