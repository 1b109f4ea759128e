"""Invitations: make, list and revoke links, and use them.

    C: INVITELINK ADD #tea 30 7d       for a channel; * for the server only
    S: NOTE INVITELINK LINK 74 http://192.168.1.20:50000/invite/4a-kX...#tea :...
    C: PASS http://192.168.1.20:50000/invite/4a-kX...      before NICK and USER

A guest who returns has no credential but the link, which may be used up by then. So each use is
recorded under a key: one that the client chose (the second parameter of PASS, a secret of its own),
or else its address. The same key can be used again without counting as a further use.
"""

from __future__ import annotations

import hmac
from collections.abc import Generator, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

from ...addresses import ip_of
from ...events.kinds import InviteMade, InviteRevoked, InviteUsed
from ...model import rules
from ...model.accounts import network_of
from ...model.invites import Invite, find, word_of
from ...model.user import User
from ...protocol.durations import DAY_MS, duration_ms
from ...protocol.message import Message, Reply
from ...protocol.numerics import (
    ERR_CHANOPRIVSNEEDED,
    ERR_YOUREBANNEDCREEP,
    fail,
    standard_reply,
)
from ...protocol.times import server_time
from ...session import Session
from ..channels import membership
from ..command_table import CloseConnection, Step, Steps, command
from ..context import Context, number
from ..people.whois import date
from ..refusals import Refused

MOST_USES = 1000
MOST_MS = 365 * DAY_MS
#: Of all users together. Guests leave room for accounts, both for administrators.
MOST_INVITES = 5000
MOST_WITH_GUESTS = 4000
#: An account, or the guests of one address, have this many times `limits.invites` on the list,
#: those included that are used up or expired.
SHARING = 5

NEEDED = (
    "This server takes people who are invited: ask somebody here for a link, or log in to your"
    " account"
)
OVER = (
    "That invitation is used up, has expired or was taken back: ask for a new one, or log in to"
    " your account"
)


class Maker(NamedTuple):
    """The user who makes or revokes an invitation; `user` is 0 for the command line."""

    user: int
    source: str
    owner: str

    @classmethod
    def of(cls, user: User) -> Maker:
        return cls(user.id, user.source, user.stable_key)


class InviteRequest(NamedTuple):
    """A request to make an invitation."""

    channel: str | None
    uses: int
    milliseconds: int


# -- making and taking back ------------------------------------------------------------------


def usual(context: Context, channel: str | None) -> InviteRequest:
    limits = context.settings.limits
    return InviteRequest(channel, limits.invite_uses, limits.invite_days * DAY_MS)


def make(context: Context, user: User, request: InviteRequest) -> Generator[Step, Any, Invite]:
    """Every member may make one; for a closed channel only operators."""
    if request.channel is not None:
        channel = context.network.channel(request.channel)
        if channel is None or user.id not in channel.members:
            raise Refused("INVALID_TARGET", "You are not in it", request.channel)
        if "i" in channel.modes and not rules.is_half_operator(channel, user):
            raise Refused.numeric(ERR_CHANOPRIVSNEEDED, channel.name)
        request = request._replace(channel=channel.name)
    _check_room(context, user)
    return (yield from make_as(context, Maker.of(user), request))


def _check_room(context: Context, user: User) -> None:
    """Raises Refused if `user` or all people have too many invitations."""
    there, most = context.network.invites.all(), context.settings.limits.invites
    mine = sum(each.owner == user.stable_key and each.is_open(context.now) for each in there)
    if mine >= most:
        raise Refused("TOO_MANY", f"You have {most} invitations open: take one back first")
    if sum(each.customer == user.customer for each in there) >= SHARING * most:
        raise Refused("TOO_MANY", "There are too many invitations of yours or from your address")
    if len(there) >= (MOST_INVITES if user.account is not None else MOST_WITH_GUESTS):
        raise Refused("TOO_MANY", "There are too many invitations: some have to end first")


def make_as(context: Context, maker: Maker, request: InviteRequest) -> Generator[Step, Any, Invite]:
    if not 1 <= request.uses <= MOST_USES or not 60_000 <= request.milliseconds <= MOST_MS:
        text = f"An invitation lets 1 to {MOST_USES} people in, for a minute to a year"
        raise Refused("INVALID_PARAMS", text)
    until = context.now + request.milliseconds
    yield InviteMade(*maker, request.channel, request.uses, until)
    invite = context.network.invites.get(context.network.position)
    assert invite is not None
    return invite


def known_to(context: Context, user: User) -> list[Invite]:
    """The user's own invitations, those of channels they operate, and for network operators all."""
    return [invite for invite in context.network.invites.all() if _may_see(context, user, invite)]


def seen_by(context: Context, user: User, id: int) -> Invite | None:
    """The invitation with that number, if `user` may know of it."""
    invite = context.network.invites.get(id)
    return invite if invite is not None and _may_see(context, user, invite) else None


def _may_see(context: Context, user: User, invite: Invite) -> bool:
    if invite.owner == user.stable_key or user.may("invites"):
        return True
    channel = context.network.channel(invite.channel) if invite.channel is not None else None
    return channel is not None and rules.is_half_operator(channel, user)


def revoke(context: Context, user: User, id: int) -> Generator[Step, Any, Invite]:
    """Revoke: nobody new can use it, and guests who did cannot return once they have left."""
    invite = seen_by(context, user, id)
    if invite is None:
        raise Refused("NOT_FOUND", "You have no invitation of that number", str(id))
    yield InviteRevoked(user.id, user.source, invite.id)
    return invite


def link_of(context: Context, invite: Invite) -> str:
    return context.address(path_of(context, invite))


def path_of(context: Context, invite: Invite) -> str:
    """The path and fragment; the browser client takes the fragment for a channel, as everywhere."""
    channel = quote(invite.channel.removeprefix("#"), safe="") if invite.channel else ""
    word = word_of(context.network.secret, invite.id)
    return f"/invite/{word}" + (f"#{channel}" if channel else "")


def described(context: Context, invite: Invite) -> str:
    """A description for people."""
    left = invite.uses - len(invite.users)
    where = f"to {invite.channel}" if invite.channel else "to this server"
    state = f"{left} of {invite.uses} left" if left > 0 else "used up"
    if context.now >= invite.until:
        state = "expired"
    return (
        f"{where}, by {invite.by}, {state}, until {date(invite.until)}: {link_of(context, invite)}"
    )


def facts_of(context: Context, invite: Invite) -> dict[str, Any]:
    """A description as JSON."""
    return {
        "id": invite.id,
        "channel": invite.channel,
        "by": invite.by,
        "made": server_time(invite.made),
        "until": server_time(invite.until),
        "uses": invite.uses,
        "used": len(invite.users),
        "open": invite.is_open(context.now),
        "path": path_of(context, invite),
        "link": link_of(context, invite),
    }


# -- the command -----------------------------------------------------------------------------


@command("INVITELINK", params=1)
def invitelink(context: Context, session: Session, message: Message) -> Steps:
    subcommand, *words = message.params
    user = context.user(session)
    if subcommand.upper() == "ADD":
        invite = yield from make(context, user, _read_wish(context, words))
        yield _note("LINK", invite, f"Invitation {invite.id} {described(context, invite)}", context)
    elif subcommand.upper() == "DEL" and words:
        invite = yield from revoke(context, user, number(words[0]) or 0)
        yield _note("REVOKED", invite, f"Invitation {invite.id} is taken back", context)
    elif subcommand.upper() == "LIST":
        invites = known_to(context, user)
        for invite in invites:
            yield _note("LINK", invite, f"{invite.id} {described(context, invite)}", context)
        text = "That is all." if invites else "There are no invitations."
        yield standard_reply("NOTE", "INVITELINK", "END_OF_LIST", text=text)
    else:
        text = "INVITELINK ADD [<channel or *> [<uses> [<time>]]], DEL <number>, or LIST"
        raise Refused("UNKNOWN_SUBCOMMAND", text, subcommand)


def _note(code: str, invite: Invite, text: str, context: Context) -> Reply:
    about = (str(invite.id), link_of(context, invite))
    return standard_reply("NOTE", "INVITELINK", code, *about, text=text)


def _read_wish(context: Context, words: list[str]) -> InviteRequest:
    request = usual(context, words[0] if words and words[0] != "*" else None)
    if len(words) > 1:
        request = request._replace(uses=number(words[1]) or 0)
    if len(words) > 2:
        request = request._replace(milliseconds=duration_ms(words[2]) or 0)
    return request


# -- coming in -------------------------------------------------------------------------------


def is_needed(context: Context, session: Session) -> bool:
    """Does the server require an invitation of this client, which has no account?"""
    wanted = context.settings.invite_only
    if wanted != "auto":
        return wanted == "on"
    address = ip_of(session.peer.host)
    return address is not None and address.is_global


def bring(context: Context, session: Session, text: str, key: str) -> Iterator[Step]:
    """The client, before registration, sent a link."""
    entering = session.registration
    assert entering is not None
    entering.invite, entering.invite_key = text[:300], key[:100]
    if session.dialect.for_people:
        invite = brought(context, session)
        if invite is None:
            yield standard_reply("NOTE", "PASS", "INVITATION", text=OVER)
        else:
            text = f"You are invited by {invite.by}. What is your name?"
            yield standard_reply("NOTE", "PASS", "INVITED", text=text)


def brought(context: Context, session: Session) -> Invite | None:
    """The invitation that admits the client, or None."""
    entering = session.registration
    if entering is None or not entering.invite:
        return None
    invite = find(context.network.invites, context.network.secret, entering.invite)
    if invite is None or not invite.lets_in(
        _key(context, session, entering.invite_key), context.now
    ):
        return None
    return invite


def _key(context: Context, session: Session, given: str) -> str:
    """The key of a user of invitations, which reveals nothing else."""
    who = f"client {given}" if len(given) >= 16 else f"address {network_of(session.peer.host)}"
    return hmac.new(context.network.secret.encode(), who.encode(), "sha256").hexdigest()[:24]


def refuse(session: Session) -> Iterator[Step]:
    """Refuse: no valid invitation. A person with netcat may still type one, or log in."""
    entering = session.registration
    assert entering is not None
    text = OVER if entering.invite else NEEDED
    yield fail("*", "INVITE_REQUIRED", text=text)
    if session.dialect.for_people:
        entering.nick = ""
        return
    yield Reply(ERR_YOUREBANNEDCREEP.code, (text,))
    yield CloseConnection(text)


def use(
    context: Context, session: Session, invite: Invite, given: str
) -> Generator[Step, Any, None]:
    """Record that the client used the invitation."""
    user, now_there = context.user(session), context.network.invites.get(invite.id)
    if now_there is None:
        return
    key = _key(context, session, given)
    channel = context.network.channel(invite.channel) if invite.channel is not None else None
    is_in = invite.channel is None or (channel is not None and user.id in channel.members)
    if key not in invite.users and not (is_in and user.account is not None):
        yield InviteUsed(user.id, user.source, invite.id, key)
    if invite.channel is not None and not is_in:
        yield from membership.join_one(context, session, invite.channel, "", invited=True)
