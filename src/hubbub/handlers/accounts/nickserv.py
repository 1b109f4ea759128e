"""NickServ: commands about accounts. Their logic is in lifecycle.py and logins.py."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from ...credentials import mail
from ...events.kinds import (
    AccountReinstated,
    AccountSettingChanged,
    AccountVerified,
    CertificateAdded,
    CertificateRemoved,
    NickGrouped,
    NickReleased,
)
from ...model.accounts import Account
from ...model.masks import matches
from ...protocol.durations import DAY_MS
from ...protocol.names import fold
from ...session import Session
from ..command_table import Disconnect, Step
from ..context import number
from ..people.whois import date
from ..refusals import Refused
from ..sessions import registration
from . import devices, lifecycle, logins, rank
from .lifecycle import RegisterRequest
from .services import NICKSERV, Said, ServiceRequest, misused, service_command

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_MOST_CERTIFICATES = 16
_SWITCH = {"on": "on", "true": "on", "yes": "on", "off": "off", "false": "off", "no": "off"}
#: Setting -> description and values; "default" is always allowed.
_SETTINGS: dict[str, tuple[str, dict[str, str]]] = {
    "always-on": ("stay on the network while not connected", _SWITCH),
    "auto-away": ("be shown as away while not connected", _SWITCH),
    "multiclient": ("let several connections share the nick", _SWITCH),
    "enforce": ("keep others from using the nicks", {"strict": "strict", "none": "none"}),
}
#: Settings that give something of the account away, as the email address does. The others are
#: wishes, which the owner can take back at any time.
_PROTECTED = frozenset({"enforce"})


# -- having an account -----------------------------------------------------------------------


@service_command(
    NICKSERV, "REGISTER", "<password> [email]",
    "make an account called like your nick; * as password: by your certificate alone",
    params=1,
)  # fmt: skip
def _register(asked: ServiceRequest) -> Said:
    context, session, password = asked.context, asked.session, asked.word(0)
    email = asked.word(1) if asked.word(1) not in ("", "*") else None
    fingerprint = session.peer.certificate_fingerprint
    if password == "*" and fingerprint is None:
        raise Refused("UNACCEPTABLE_PASSWORD", "You show no certificate: give a password")
    if password == "*" and context.network.accounts.with_certificate(fingerprint) is not None:
        raise Refused("IN_USE", "An account knows that certificate already")
    request = RegisterRequest(session.nick, None if password == "*" else password, email)
    account = yield from lifecycle.register_account(context, session, request)
    if account.code is not None:
        yield f"Account created; a code has been sent to {email}. Say VERIFY {account.name} <code>"
        return
    if password == "*" and fingerprint is not None:
        yield CertificateAdded(account.name, fingerprint)
    yield "Account created"
    yield from logins.log_in(context, session, account)


@service_command(
    NICKSERV, "VERIFY", "<account> <code>", "confirm an account with the code that was sent",
    params=2,
)  # fmt: skip
def _verify(asked: ServiceRequest) -> Said:
    name, code = asked.words[:2]
    account = yield from lifecycle.verify_account(asked.context, asked.session, name, code)
    yield "Account verified"
    yield from logins.log_in(asked.context, asked.session, account)


@service_command(
    NICKSERV, "IDENTIFY", "[account] [password]",
    "log in; the account is your nick if you do not say, and your certificate is enough if known",
    "LOGIN", "ID", anyone=True,
)  # fmt: skip
def _identify(asked: ServiceRequest) -> Said:
    context, session = asked.context, asked.session
    try:
        if not asked.words or (len(asked.words) == 1 and _by_certificate(asked, asked.word(0))):
            account = _by_certificate(asked, asked.word(0))
            if account is None:
                raise Refused("UNKNOWN_ASKER", "Give your password: IDENTIFY [account] <password>")
        else:
            name = asked.word(0) if len(asked.words) > 1 else session.nick
            password = asked.rest(1) if len(asked.words) > 1 else asked.word(0)
            account = yield from logins.check_password(context, session, name, password)
        yield from logins.log_in(context, session, account)
    except Refused as refused:
        yield str(refused)
        yield from logins.went_wrong(session)
        return
    yield f"You are now logged in as {account.name}"
    yield from registration.try_to_register(context, session)


def _by_certificate(asked: ServiceRequest, name: str) -> Account | None:
    """The account with the client's certificate, if it has that name."""
    fingerprint = asked.session.peer.certificate_fingerprint
    account = asked.context.network.accounts.with_certificate(fingerprint)
    return account if account is not None and (not name or fold(name) == account.key) else None


@service_command(NICKSERV, "LOGOUT", "", "log out", login=True)
def _logout(asked: ServiceRequest) -> Said:
    yield from logins.log_out(asked.context, asked.session)
    yield "You are now logged out"


@service_command(
    NICKSERV, "PASSWD", "<present password> <new password> [KEEP]",
    "change your password: other connections end, certificates are removed unless you say KEEP",
    "PASSWORD", params=2, login=True,
)  # fmt: skip
def _passwd(asked: ServiceRequest) -> Said:
    account, session = asked.account, asked.session
    yield from asked.prove(asked.word(0))
    keep = asked.word(2).upper() == "KEEP"
    removed = yield from lifecycle.set_password(
        asked.context, account, asked.word(1), own=session, keep=keep
    )
    yield "Password changed; other connections of your account are closed"
    yield from lifecycle.told_of_certificates(removed)


@service_command(
    NICKSERV, "DROP", "[password]",
    "delete your account; say it without the password first",
    "UNREGISTER", login=True,
)  # fmt: skip
def _drop(asked: ServiceRequest) -> Said:
    """An account without a password is deleted with a code instead."""
    account = asked.account
    code = lifecycle.confirmation(asked.context, f"drop {account.id}")
    if not asked.words or (account.password is None and asked.words != [code]):
        channels = [channel.name for channel in lifecycle.channels_of(asked.context, account)]
        also = f", and {' '.join(channels)} will be nobody's" if channels else ""
        yield f"This deletes the account {account.name} and all that is kept of it{also}."
        order = "/drop" if asked.session.dialect.for_people else "DROP"
        needed = code if account.password is None else "<your password>"
        yield f"If you mean it: {order} {needed}"
        return
    yield from asked.prove(asked.rest(0))
    yield from lifecycle.delete_account(asked.context, account, asked.by)
    yield f"The account {account.name} is deleted"


@service_command(NICKSERV, "EXPORT", "", "all that is kept of your account, as JSON", login=True)
def _export(asked: ServiceRequest) -> Said:
    text = json.dumps(lifecycle.export_account(asked.context.network, asked.account))
    for start in range(0, len(text), 350):
        yield text[start : start + 350]


# -- knowing ---------------------------------------------------------------------------------


@service_command(NICKSERV, "INFO", "[account]", "what there is to know about an account")
def _info(asked: ServiceRequest) -> Said:
    own = asked.context.account(asked.session)
    name = asked.word(0) or (own.name if own is not None else asked.session.nick)
    sees_all = asked.may("accounts") or (
        own is not None and own is asked.context.network.accounts.named(name)
    )
    account = asked.context.account_called(name) if sees_all else _account_in_use(asked, name)
    yield f"Account {account.name}"
    yield f"  Registered   {date(account.created)}"
    online = sorted(user.nick for user in logins.people_of(asked.context, account))
    if online:
        yield f"  Online as    {' '.join(online)}"
    if account.is_suspended(asked.context.now):
        yield "  Suspended"
    if sees_all:
        yield from _private_info(asked, account)


def _account_in_use(asked: ServiceRequest, name: str) -> Account:
    """The accounts that strangers may ask about: those in use; others are not revealed."""
    account = asked.context.network.accounts.named(name)
    if account is None or not logins.people_of(asked.context, account):
        raise Refused("NOT_FOUND", f"Nobody is here under an account {name}")
    return account


def _private_info(asked: ServiceRequest, account: Account) -> Iterator[str]:
    yield f"  Nicks        {' '.join(account.nicks.values())}"
    unverified = "" if account.code is None else " (not verified)"
    yield f"  Email        {account.email or 'none'}{unverified}"
    ways = ["password"] * (account.password is not None) + ["SCRAM"] * (account.scram is not None)
    if account.certificates:
        ways.append(f"{len(account.certificates)} certificate(s)")
    yield f"  Logs in by   {', '.join(ways) or 'a token of another service'}"
    for name in account.settings:
        yield f"  {name:<12} {account.settings[name]}"
    channels = [channel.name for channel in lifecycle.channels_of(asked.context, account)]
    if channels:
        yield f"  Channels     {' '.join(channels)}"
    held = account.suspension
    if held is not None:
        until = f" until {date(held.until)}" if held.until is not None else ""
        yield f"  Suspended    by {held.by} on {date(held.since)}{until}: {held.reason}"


@service_command(NICKSERV, "LIST", "[mask]", "the accounts there are", privilege="accounts")
def _list(asked: ServiceRequest) -> Said:
    mask = asked.word(0) or "*"
    found = [each for each in asked.context.network.accounts.all() if matches(mask, each.name)]
    for account in found[:200]:
        state = "" if account.may_log_in(asked.context.now) else " (cannot log in)"
        yield f"{account.name}  {date(account.created)}{state}"
    yield f"{len(found)} account(s)"


# -- nicks -----------------------------------------------------------------------------------


@service_command(
    NICKSERV, "GROUP", "[password]", "your present nick belongs to your account", login=True
)
def _group(asked: ServiceRequest) -> Said:
    account, nick = asked.account, asked.session.nick
    _may_group(asked, account, nick)
    yield from asked.prove(asked.rest(0))
    _may_group(asked, account, nick)  # meanwhile
    yield NickGrouped(account.name, nick)
    yield f"{nick} belongs to your account now"


def _may_group(asked: ServiceRequest, account: Account, nick: str) -> None:
    """Raises Refused."""
    context = asked.context
    if context.network.accounts.is_taken(nick):
        owner = context.network.accounts.owner_of(nick)
        raise Refused("IN_USE", "It is yours already" if owner is account else "That nick is taken")
    if len(account.nicks) > context.settings.accounts.nicks:
        raise Refused(
            "TOO_MANY", "You have as many nicks as one account may have: UNGROUP one first"
        )


@service_command(
    NICKSERV, "UNGROUP", "<nick> [password]", "a nick no longer belongs to your account",
    params=1, login=True,
)  # fmt: skip
def _ungroup(asked: ServiceRequest) -> Said:
    account, nick = asked.account, asked.word(0)
    _must_be_grouped(account, nick)
    yield from asked.prove(asked.rest(1))
    _must_be_grouped(account, nick)  # meanwhile
    yield NickReleased(account.name, nick)
    yield f"{nick} no longer belongs to your account"


def _must_be_grouped(account: Account, nick: str) -> None:
    if fold(nick) == account.key or fold(nick) not in account.nicks:
        raise Refused("NOT_FOUND", "That is not one of your grouped nicks")


@service_command(
    NICKSERV, "GHOST", "<nick>", "end the connections that use your nick", "RELEASE",
    params=1, login=True,
)  # fmt: skip
def _ghost(asked: ServiceRequest) -> Said:
    yield from _free(asked, asked.word(0))
    yield f"{asked.word(0)} is free"


@service_command(
    NICKSERV, "RECOVER", "<nick>", "GHOST, then the nick is yours at once", "REGAIN",
    params=1, login=True,
)  # fmt: skip
def _recover(asked: ServiceRequest) -> Said:
    yield from _free(asked, asked.word(0))
    user = asked.context.user(asked.session)
    refusal = logins.may_not_use(asked.context, asked.session, asked.word(0))
    if refusal is not None:
        raise refusal
    yield logins.renamed(asked.context, user, asked.word(0))
    yield f"You are {asked.word(0)} now"


def _free(asked: ServiceRequest, nick: str) -> Iterator[Step]:
    account, holder = asked.account, asked.context.network.user(nick)
    if holder is None:
        raise Refused("NOT_FOUND", f"Nobody is called {nick}")
    if holder is asked.session.user:
        raise Refused("INVALID_TARGET", "That is you")
    if fold(nick) not in account.nicks and holder.account != account.name:
        raise Refused("NO_PERMISSIONS", f"{nick} is not yours")
    yield from logins.expel(asked.context, holder, f"Ghosted by {asked.by}")


# -- connections -----------------------------------------------------------------------------


@service_command(
    NICKSERV, "SESSIONS", "[LOGOUT <number>]", "your connections; LOGOUT ends one", "CLIENTS",
    login=True,
)  # fmt: skip
def _sessions(asked: ServiceRequest) -> Said:
    context = asked.context
    own = [id for user in logins.people_of(context, asked.account) for id in user.sessions]
    if asked.word(0).upper() == "LOGOUT":
        wanted = number(asked.word(1))
        if wanted not in own:
            raise Refused("NOT_FOUND", "That is not the number of one of your connections")
        yield f"Connection {wanted} is closed"
        yield Disconnect(wanted, f"Closed by {asked.by}")
        return
    for id in own:
        session = context.sessions[id]
        here = ", this one" if session is asked.session else ""
        secure = ", TLS" if session.peer.tls else ""
        yield f"{id}: {session.nick} from {session.peer} ({session.dialect.name}{secure}{here})"
    yield f"{len(own)} connection(s)"


@service_command(
    NICKSERV, "DEVICES", "[DEL <number, ALL or OTHERS>]",
    "browsers that log in without the password; DEL logs one out, or all, or all but this one",
    login=True,
)  # fmt: skip
def _devices(asked: ServiceRequest) -> Said:
    account = asked.account
    if asked.word(0).upper() == "DEL":
        chosen = _chosen_devices(account, asked.session.device, asked.word(1).upper())
        if not chosen:
            raise Refused("NOT_FOUND", "That is not the number of one of your devices")
        yield from devices.remove(asked.context, asked.session.id, account, chosen)
        yield f"{len(chosen)} device(s) need the password now"
        return
    for each, device in account.devices.items():
        here = ", this one" if each == asked.session.device else ""
        name = f"{device.name} " if device.name else ""
        yield f"{each}: {name}from {device.address}, last used {date(device.used)}{here}"
    yield f"{len(account.devices)} device(s)"


def _chosen_devices(account: Account, own: int, word: str) -> list[int]:
    if word == "ALL":
        return list(account.devices)
    if word == "OTHERS":
        return [each for each in account.devices if each != own]
    return [each for each in account.devices if each == number(word)]


@service_command(
    NICKSERV, "CERT", "LIST | ADD [fingerprint] <password> | DEL <fingerprint>",
    "certificates that log you in; the fingerprint is SHA-256, yours if you do not say",
    params=1, login=True,
)  # fmt: skip
def _cert(asked: ServiceRequest) -> Said:
    account, action = asked.account, asked.word(0).upper()
    fingerprint = asked.word(1).replace(":", "").lower()
    if action == "LIST":
        for known, since in account.certificates.items():
            yield f"{known}  {date(since)}"
        yield f"{len(account.certificates)} certificate(s)"
    elif action == "ADD":
        yield from _add_certificate(asked, account, fingerprint)
    elif action == "DEL" and fingerprint in account.certificates:
        if account.password is None:
            yield from asked.prove("")
        yield CertificateRemoved(account.name, fingerprint)
        yield f"{fingerprint} no longer logs you in"
    else:
        raise misused("CERT LIST, CERT ADD [fingerprint] <password>, CERT DEL <fingerprint>")


def _add_certificate(asked: ServiceRequest, account: Account, fingerprint: str) -> Said:
    """`fingerprint` is the first word, which is the password if it has another form."""
    is_said = _FINGERPRINT.fullmatch(fingerprint) is not None or len(asked.words) > 2
    if not is_said:
        fingerprint = asked.session.peer.certificate_fingerprint or ""
    _must_be_new(asked, account, fingerprint)
    yield from asked.prove(asked.rest(2 if is_said else 1))
    _must_be_new(asked, account, fingerprint)  # meanwhile
    yield CertificateAdded(account.name, fingerprint)
    yield f"{fingerprint} logs you in now"


def _must_be_new(asked: ServiceRequest, account: Account, fingerprint: str) -> None:
    if not fingerprint:
        raise Refused(
            "INVALID_PARAMS", "You show no certificate: connect with one, or say its fingerprint"
        )
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise Refused("INVALID_PARAMS", "A fingerprint is 64 hexadecimal digits (SHA-256)")
    if asked.context.network.accounts.with_certificate(fingerprint) is not None:
        raise Refused("IN_USE", "An account knows that certificate already")
    if len(account.certificates) >= _MOST_CERTIFICATES:
        raise Refused("TOO_MANY", "Your account knows as many certificates as it may")


# -- settings --------------------------------------------------------------------------------


@service_command(
    NICKSERV, "SET", "[setting value [password]]", "see or change the settings of your account;"
    " email and enforce need the password", login=True,
)  # fmt: skip
def _set(asked: ServiceRequest) -> Said:
    account, name = asked.account, asked.word(0).lower()
    if not name:
        yield from _show_settings(account)
    elif name == "email":
        yield from _set_email(asked, account)
    elif name not in _SETTINGS:
        raise Refused(
            "INVALID_PARAMS", f"There is no setting {name}; there are email, {', '.join(_SETTINGS)}"
        )
    elif len(asked.words) == 1:
        yield f"{name} is {account.settings.get(name, 'default')}"
    else:
        value = _setting_value(name, asked.word(1).lower())
        if name in _PROTECTED:
            yield from asked.prove(asked.rest(2))
        yield from lifecycle.set_setting(asked.context, account, name, value)
        yield f"{name} is {value or 'default'} now"


def _setting_value(name: str, word: str) -> str | None:
    _, values = _SETTINGS[name]
    if word == "default":
        return None
    if word not in values:
        raise Refused(
            "INVALID_PARAMS",
            f"{name} may be {', '.join(dict.fromkeys(values.values()))} or default",
        )
    return values[word]


def _show_settings(account: Account) -> Iterator[str]:
    yield f"  email        {account.email or 'none'}"
    for name, (does, values) in _SETTINGS.items():
        choices = ", ".join(dict.fromkeys(values.values()))
        present = account.settings.get(name, "default")
        yield f"  {name:<12} {present:<8} {does} ({choices}, default)"


def _set_email(asked: ServiceRequest, account: Account) -> Said:
    address = asked.word(1)
    if not mail.is_address(address) and address.lower() != "none":
        raise misused("SET EMAIL <address> <password>, or none")
    yield from asked.prove(asked.rest(2))
    value = None if address.lower() == "none" else address
    yield AccountSettingChanged(account.name, "email", value)
    yield f"email is {value or 'none'} now"


# -- for operators ---------------------------------------------------------------------------


def _account_to_change(asked: ServiceRequest) -> Account:
    """The account named by the first word. Raises Refused."""
    account = asked.context.account_called(asked.word(0))
    rank.check_rank(asked.context, asked.privileges, account)
    return account


@service_command(
    NICKSERV, "SAREGISTER", "<account> [password]", "make an account for somebody",
    params=1, privilege="accounts",
)  # fmt: skip
def _saregister(asked: ServiceRequest) -> Said:
    request = RegisterRequest(asked.word(0), asked.word(1) or None)
    lifecycle.check_request(asked.context, request)
    account = yield from lifecycle.make_account(asked.context, request, "")
    yield f"Account {account.name} created"


@service_command(
    NICKSERV, "SAPASSWD", "<account> <new password>", "give somebody a new password",
    params=2, privilege="accounts",
)  # fmt: skip
def _sapasswd(asked: ServiceRequest) -> Said:
    account = _account_to_change(asked)
    removed = yield from lifecycle.set_password(
        asked.context, account, asked.rest(1), own=_own_session(asked, account)
    )
    yield f"The password of {account.name} is changed"
    yield from lifecycle.told_of_certificates(removed)


def _own_session(asked: ServiceRequest, account: Account) -> Session | None:
    """The operator's own connection if the account is their own; it stays."""
    return asked.session if asked.context.account(asked.session) is account else None


@service_command(
    NICKSERV, "SAVERIFY", "<account>", "verify an account without its code",
    params=1, privilege="accounts",
)  # fmt: skip
def _saverify(asked: ServiceRequest) -> Said:
    account = _account_to_change(asked)
    yield AccountVerified(account.name)
    yield f"Account {account.name} verified"


@service_command(
    NICKSERV, "SUSPEND", "<account> [days] [reason]",
    "nobody logs in to it; who is logged in is logged out", params=1, privilege="accounts",
)  # fmt: skip
def _suspend(asked: ServiceRequest) -> Said:
    account = _account_to_change(asked)
    days = number(asked.word(1))
    reason = asked.rest(1 if days is None else 2)
    length = days * DAY_MS if days is not None else None
    yield from lifecycle.suspend_account(asked.context, account, asked.by, reason, length)
    yield f"Account {account.name} suspended"


@service_command(
    NICKSERV, "UNSUSPEND", "<account>", "take a suspension back", params=1, privilege="accounts"
)
def _unsuspend(asked: ServiceRequest) -> Said:
    account = _account_to_change(asked)
    yield AccountReinstated(account.name, asked.by)
    yield f"Account {account.name} may log in again"


@service_command(
    NICKSERV, "SADROP", "<account>", "delete somebody's account; the name stays taken",
    params=1, privilege="accounts",
)  # fmt: skip
def _sadrop(asked: ServiceRequest) -> Said:
    account = _account_to_change(asked)
    yield from lifecycle.delete_account(asked.context, account, asked.by)
    yield f"The account {account.name} is deleted"


@service_command(
    NICKSERV, "ERASE", "<account>", "delete somebody's account; the name may be had again",
    params=1, privilege="accounts",
)  # fmt: skip
def _erase(asked: ServiceRequest) -> Said:
    name = asked.word(0)
    account = asked.context.network.accounts.get(name)
    if account is None and not asked.context.network.accounts.is_taken(name):
        raise Refused("NOT_FOUND", f"There is no account {name}")
    if account is not None:
        rank.check_rank(asked.context, asked.privileges, account)
    yield from lifecycle.erase_account(asked.context, name, asked.by)
    yield f"{name} is erased"
