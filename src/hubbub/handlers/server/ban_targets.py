"""Server bans: parsing of targets, and disconnecting the users they match."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ...model.bans import Ban, Suspect, is_meant, network_of
from ...model.masks import full_mask
from ...session import Session
from ..accounts import logins, rank
from ..command_table import Disconnect, Step
from ..context import Context


def suspect_of(context: Context, session: Session) -> Suspect:
    """What a ban may match of a client: address, names with shown and real host, account."""
    address, host = session.peer.host, context.host_of(session.peer)
    account = context.account(session)
    user, entering = session.user, session.registration
    if user is not None:
        nick, username, host = user.nick, user.username, user.host
    elif entering is not None and entering.nick and entering.username:
        nick, username = entering.nick, entering.username
    else:
        return Suspect(address, (), account.name if account else None)
    sources = (f"{nick}!{username}@{host}", f"{nick}!{username}@{address}")
    return Suspect(address, sources, account.name if account else None)


def ban_target(text: str) -> tuple[str, str]:
    """The kind of a ban's target, and the target in canonical form."""
    network = network_of(text)
    if network is not None:
        return "address", network
    if "!" in text or "@" in text:
        return "mask", full_mask(text)
    return "account", text


def spare_higher(context: Context, privileges: Collection[str], ban: Ban) -> None:
    """Refuse a ban that keeps out an administrator who may do more: one who is connected, or by
    account. Raises Refused."""
    account = context.network.accounts.get(ban.mask) if ban.kind == "account" else None
    if account is not None:
        rank.check_rank(context, privileges, account)
    for session in context.sessions.values():
        user = session.user
        if user is not None and user.privileges and is_meant(ban, suspect_of(context, session)):
            rank.check_rank_of(context, privileges, user)


def keep_out(context: Context, ban: Ban) -> Iterator[Step]:
    """Disconnect matching users. By account that includes users without a connection, who cannot
    return."""
    reason = f"Banned ({ban.reason})"
    for session in list(context.sessions.values()):
        if is_meant(ban, suspect_of(context, session)):
            yield Disconnect(session.id, reason)
    for user in list(context.network.users.values()) if ban.kind == "account" else ():
        if not user.sessions and is_meant(ban, Suspect("", (), user.account)):
            yield logins.gone(context, user, reason)
