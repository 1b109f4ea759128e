"""What a ban may be about, of one connection."""

from __future__ import annotations

from ...model.bans import Suspect
from ...session import Session
from ..view import View


def suspect_of(view: View, session: Session) -> Suspect:
    """The address, the names with what others see of it and with all of it, and the account."""
    address, host = session.peer.host, view.host_of(session.peer)
    account = view.account(session)
    user, entering = session.user, session.registration
    if user is not None:
        nick, username, host = user.nick, user.username, user.host
    elif entering is not None and entering.nick and entering.username:
        nick, username = entering.nick, entering.username
    else:
        return Suspect(address, (), account.name if account else None)
    sources = (f"{nick}!{username}@{host}", f"{nick}!{username}@{address}")
    return Suspect(address, sources, account.name if account else None)
