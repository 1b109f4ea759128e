"""Registration: CAP, NICK, USER, PASS, and the welcome (RFC 2812 section 3.1, IRCv3 CAP)."""

from __future__ import annotations

import hmac
from collections.abc import Generator, Iterable, Iterator
from itertools import groupby
from typing import Any

from ... import __version__
from ...dialects.irc.isupport import EXTENDED_ISUPPORT, ISUPPORT_BATCH, isupport_lines
from ...events.kinds import (
    NickChanged,
    SessionAttached,
    UserConnected,
    UserModeChanged,
)
from ...model.accounts import Account, network_of
from ...model.invites import Invite, looks_like_word
from ...model.user import User
from ...protocol.message import FixedReplies, Message, Reply
from ...protocol.modes import (
    FLAG_MODES,
    KEY_MODES,
    LIST_MODES,
    PARAMETER_MODES,
    PREFIX_MODES,
    USER_MODES,
)
from ...protocol.numerics import (
    ERR_ALREADYREGISTERED,
    ERR_ERRONEUSNICKNAME,
    ERR_INVALIDCAPCMD,
    ERR_NEEDMOREPARAMS,
    ERR_NONICKNAMEGIVEN,
    ERR_NOTREGISTERED,
    ERR_PASSWDMISMATCH,
    ERR_YOUREBANNEDCREEP,
    RPL_CREATED,
    RPL_ISUPPORT,
    RPL_MYINFO,
    RPL_WELCOME,
    RPL_YOURHOST,
    fail,
    numeric,
    standard_reply,
)
from ...session import Registration, Session
from ..accounts import logins
from ..channels import membership
from ..command_table import CloseConnection, HistoryReply, Step, Steps, command
from ..context import Context, cut, number, wrapped
from ..messages import attachments
from ..people import change_limits, metadata, whois
from ..refusals import Refused
from ..server import info
from ..server.ban_targets import suspect_of
from . import guests, invite_links, moving
from .presence import tell_away


@command("CAP", params=1, anyone=True)
def cap(context: Context, session: Session, message: Message) -> Steps:
    subcommand, *rest = message.params
    subcommand = subcommand.upper()
    argument = rest[0] if rest else ""
    if subcommand == "LS":
        yield from _cap_ls(context, session, argument)
    elif subcommand == "LIST":
        yield from _cap_lines(context, session, "LIST", sorted(session.caps))
    elif subcommand == "REQ":
        yield from _cap_req(context, session, argument)
    elif subcommand == "END":
        if session.registration is not None:
            session.registration.negotiating = False
            yield from try_to_register(context, session)
    else:
        raise Refused.numeric(ERR_INVALIDCAPCMD, subcommand)


def _cap_ls(context: Context, session: Session, version: str) -> Iterator[Reply]:
    if session.registration is not None:
        session.registration.negotiating = True
    session.cap_version = max(session.cap_version, number(version) or 0)
    if session.cap_version >= 302:
        # Clients with version 302 are notified of changes (IRCv3 capability-negotiation
        # "cap-notify").
        session.negotiate(session.caps | {"cap-notify"})
    words = [
        f"{name}={value}" if value and session.cap_version >= 302 else name
        for name, value in context.offered.items()
        if name != "sts" or session.cap_version >= 302  # useless without its value
    ]
    yield from _cap_lines(context, session, "LS", words)


def _cap_lines(
    context: Context, session: Session, subcommand: str, words: list[str]
) -> Iterator[Reply]:
    """One or several CAP lines. Clients before 302 do not support several: they get the names that
    fit into one, ratified ones before drafts, which such clients hardly know."""
    if session.cap_version < 302:
        words = sorted(words, key=lambda word: "/" in word)
    lines = wrapped(words, context.room(session, "CAP", subcommand, "*")) or [""]
    if session.cap_version < 302:
        del lines[1:]
    for line in lines[:-1]:
        yield Reply("CAP", (session.nick, subcommand, "*", line))
    yield Reply("CAP", (session.nick, subcommand, lines[-1]))


def _cap_req(context: Context, session: Session, argument: str) -> Iterator[Reply]:
    if session.registration is not None:
        session.registration.negotiating = True
    known = context.offered
    caps = set(session.caps)
    for word in argument.split():
        name = word.removeprefix("-")
        refused = (
            name not in known
            or name == "sts"
            or (word != name and name == "cap-notify" and session.cap_version >= 302)
        )
        if refused:
            yield Reply("CAP", (session.nick, "NAK", argument))
            return
        if word == name:
            caps.add(name)
        else:
            caps.discard(name)
    # The last line is the answer in the old form.
    yield Reply("CAP", (session.nick, "ACK", argument))
    session.negotiate(frozenset(caps))


@command("PASS", params=1, anyone=True)
def password(context: Context, session: Session, message: Message) -> Steps:
    entering, (given, *rest) = session.registration, message.params
    if entering is None:
        raise Refused.numeric(ERR_ALREADYREGISTERED)
    if looks_like_word(given):
        yield from invite_links.bring(context, session, given, rest[0] if rest else "")
    if "://" not in given:  # a password may look like an invitation's word, but not like a link
        entering.password = given
    if session.dialect.for_people and context.settings.password:
        yield from _tell_at_once(context, session, entering)


def _tell_at_once(context: Context, session: Session, entering: Registration) -> Iterator[Step]:
    """People are asked for the server's password first, and again after a wrong one."""
    if invite_links.brought(context, session) is not None:
        return
    if password_is_right(context, session, entering):
        yield standard_reply("NOTE", "PASS", "ACCEPTED", text="That is the password")
        return
    if context.logins.left(_guesses_of(session), context.now) < 1:
        yield CloseConnection(str(logins.too_many()))
        return
    yield numeric(ERR_PASSWDMISMATCH)
    yield from logins.went_wrong(session)


@command("NICK", anyone=True)
def nick(context: Context, session: Session, message: Message) -> Steps:
    if not message.params or not message.params[0]:
        raise Refused.numeric(ERR_NONICKNAMEGIVEN)
    wanted = message.params[0]
    if not context.may_be_called(wanted):
        raise Refused.numeric(ERR_ERRONEUSNICKNAME, wanted)
    entering = session.registration
    refusal = logins.may_not_use(context, session, wanted)
    if entering is not None and (refusal is None or may_still_log_in(context, entering)):
        entering.nick = wanted
        yield from try_to_register(context, session)
    elif refusal is not None:
        if entering is not None:
            entering.refused = wanted
        raise refusal
    else:
        user = context.user(session)
        if user.nick != wanted:
            change_limits.pay(context, user, "NICK")
            yield NickChanged(user.id, user.source, wanted, *context.network.whereabouts(user))


@command("USER", params=4, anyone=True)
def user(context: Context, session: Session, message: Message) -> Steps:
    registration = session.registration
    if registration is None:
        raise Refused.numeric(ERR_ALREADYREGISTERED)
    name, realname = message.params[0], message.params[3]
    if not name or not realname.strip():
        raise Refused.numeric(ERR_NEEDMOREPARAMS, "USER")
    longest = context.settings.limits.user_length
    registration.username = "~" + (_word(name)[: longest - 1] or "user")
    registration.realname = cut(realname, context.settings.limits.realname_length) or name
    yield from try_to_register(context, session)


def _word(text: str) -> str:
    return "".join(c for c in text if c.isalnum() or c in "-_.")


def try_to_register(context: Context, session: Session) -> Generator[Step, Any, None]:
    """Register the client once it has sent everything."""
    entering = session.registration
    if entering is None:
        yield from moving.join_resident(context, session)
        return
    if entering.negotiating or not entering.nick or not entering.username:
        return
    yield from logins.abort_sasl(session)
    brought = invite_links.brought(context, session)
    if brought is None and not password_is_right(context, session, entering):
        yield numeric(ERR_PASSWDMISMATCH)
        yield CloseConnection("Password incorrect")
        return
    yield from _log_in_by_pass(context, session, entering)
    account = context.account(session)
    if account is not None:
        try:
            logins.may_log_in(context, session, account)  # it may have been suspended meanwhile
        except Refused as refused:
            yield CloseConnection(str(refused))
            return
    elif context.settings.accounts.required:
        text = "Only who logs in to an account may enter: log in by SASL, or register"
        yield fail("*", "ACCOUNT_REQUIRED", text=text)
        if session.dialect.for_people:
            entering.nick = ""  # it comes again with the login
        return
    elif brought is None and invite_links.is_needed(context, session):
        yield from invite_links.refuse(session)
        return
    ban = context.network.bans.against(suspect_of(context, session), context.now)
    if ban is not None:
        yield numeric(ERR_YOUREBANNEDCREEP, f"You are banned from this server: {ban.reason}")
        yield CloseConnection(f"Banned ({ban.reason})")
        return
    resident = context.network.resident(account.name) if account is not None else None
    alias = ""
    if resident is not None:
        # An always-on account is one user: its connections share that one's nick.
        alias = moving.alias_of(context, session, resident, entering.nick)
        entering.nick = resident.nick
    refusal = logins.may_not_use(context, session, entering.nick)
    if refusal is not None:
        entering.refused, entering.nick = entering.nick, ""
        yield refusal.reply_to("NICK")
        return
    holder = context.network.user(entering.nick)
    if holder is not None:
        yield from _attach(context, session, holder, alias)
    else:
        yield from _enter(context, session, entering, account)
    yield from logins.give_privileges(context, context.user(session))
    yield from _enter_channels(context, session, brought, entering.invite_key)


def _enter_channels(
    context: Context, session: Session, brought: Invite | None, key: str
) -> Generator[Step, Any, None]:
    """Channels joined automatically: the invitation's, and for people the default one."""
    try:
        if brought is not None:
            yield from invite_links.use(context, session, brought, key)
        if session.dialect.for_people and not context.user(session).channels:
            yield from membership.join_one(context, session, context.settings.default_channel, "")
    except Refused as refused:
        yield refused.reply_to("JOIN")


def _enter(
    context: Context, session: Session, entering: Registration, account: Account | None
) -> Generator[Step, Any, None]:
    yield UserConnected(
        user=context.network.position + 1,  # the position of this very event: unique for ever
        session=session.id,
        nick=entering.nick,
        username=entering.username,
        host=context.host_of(session.peer),
        realname=entering.realname,
        address=str(session.peer),
        secure=session.peer.tls,
        account=account.name if account is not None else None,
        guest=guests.key_of(context, entering) if account is None else "",
        device=session.device,
    )
    yield from welcome(context, session)
    user = context.user(session)
    if context.settings.user_modes:
        yield UserModeChanged(user.id, user.source, f"+{context.settings.user_modes}")
    session.away = entering.away or None
    yield from tell_away(context, user, session)


def _attach(
    context: Context, session: Session, user: User, alias: str
) -> Generator[Step, Any, None]:
    """Attach a further connection to a user on the network, and send it the user's channels."""
    away = session.registration.away if session.registration is not None else None
    yield SessionAttached(
        user.id, session.id, str(session.peer), session.peer.tls, alias, session.device
    )
    yield from welcome(context, session)
    session.away = away or None  # a connecting client is present unless it says otherwise
    yield from tell_away(context, user, session)
    for channel in context.network.channels_of(user):
        yield from moving.shown_to(context, session, user, channel)


def may_still_log_in(context: Context, entering: Registration) -> bool:
    """May a login that completes before registration still give the client its nick?"""
    return entering.negotiating or (entering.account is None and _has_login(context, entering))


def _has_login(context: Context, entering: Registration) -> bool:
    """Was PASS name:password sent, and does the server require no password?"""
    return not context.settings.password and ":" in (entering.password or "")


def _log_in_by_pass(
    context: Context, session: Session, entering: Registration
) -> Generator[Step, Any, None]:
    """PASS name:password, for clients without SASL, if the server requires no password."""
    if entering.account is not None or not _has_login(context, entering):
        return
    name, _, word = (entering.password or "").partition(":")
    entering.password = None
    try:
        account = yield from logins.check_password(context, session, name, word)
        yield from logins.log_in(context, session, account)
    except Refused as refused:
        yield Reply(ERR_PASSWDMISMATCH.code, (str(refused),))
        yield CloseConnection(str(refused))


def password_is_right(context: Context, session: Session, registration: Registration) -> bool:
    """Is this the server's password? After too many wrong ones from an address none is."""
    wanted, given = context.settings.password, registration.password or ""
    if not wanted:
        return True
    right = hmac.compare_digest(wanted.encode(), given.encode())
    return context.logins.guess(_guesses_of(session), context.now, right)


def _guesses_of(session: Session) -> tuple[str, str]:
    """The allowance for guesses at the server's password, by address."""
    return "server", network_of(session.peer.host)


def welcome(context: Context, session: Session) -> Iterator[Step]:
    """The welcome of a registered client (RFC 2812 section 5.1)."""
    network, nick = context.settings.network, context.user(session).nick
    yield numeric(RPL_WELCOME, f"Welcome to the {network} network, {nick}")
    if context.introduction is None:
        context.introduction = FixedReplies(_introduction(context))
    if EXTENDED_ISUPPORT in session.caps:
        replies = (*context.introduction.replies, *attachments.told_place(context, session))
        yield from _batched(session, replies)
    else:
        yield context.introduction
        yield from attachments.told_place(context, session)
    yield HistoryReply(tuple(info.user_counts(context)))
    yield from metadata.welcomed(context, session)
    yield from info.message_of_the_day(context)


def _batched(session: Session, replies: Iterable[Reply]) -> Iterator[Step]:
    """RPL_ISUPPORT, in a batch for clients with IRCv3 draft/extended-isupport."""
    for is_token, group in groupby(replies, lambda reply: reply.command == RPL_ISUPPORT.code):
        if is_token and EXTENDED_ISUPPORT in session.caps:
            yield HistoryReply(tuple(group), ISUPPORT_BATCH)
        else:
            yield from group


@command("ISUPPORT", anyone=True)
def isupport(context: Context, session: Session, message: Message) -> Steps:
    """Send the features of the server; before registration for clients with the capability."""
    if session.user is None and EXTENDED_ISUPPORT not in session.caps:
        raise Refused.numeric(ERR_NOTREGISTERED)
    lines = [numeric(RPL_ISUPPORT, *line) for line in isupport_lines(context.settings)]
    yield from _batched(session, [*lines, *attachments.told_place(context, session)])


def _introduction(context: Context) -> Iterator[Reply]:
    """The part of the welcome that is equal for all clients."""
    name = context.server.name
    yield numeric(RPL_YOURHOST, f"Your host is {name}, running hubbub-{__version__}")
    started = whois.date(context.started)
    yield numeric(RPL_CREATED, f"This server was started {started}")
    yield numeric(
        RPL_MYINFO,
        name,
        f"hubbub-{__version__}",
        "".join(USER_MODES),
        "".join(sorted([*PREFIX_MODES, *LIST_MODES, *KEY_MODES, *PARAMETER_MODES, *FLAG_MODES])),
        "".join(sorted([*PREFIX_MODES, *LIST_MODES, *KEY_MODES, *PARAMETER_MODES])),
    )
    for line in isupport_lines(context.settings):
        yield numeric(RPL_ISUPPORT, *line)
