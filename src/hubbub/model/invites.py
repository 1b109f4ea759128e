"""Invitation links: each admits a number of people until a time.

A link contains the invitation's number and a word derived from the server's secret (`word_of`), so
the log stores no credential besides that secret. A person who came in by a link can use it again
until a month after its end, because guests have no other credential.

Changed by `Network.apply` only.
"""

from __future__ import annotations

import base64
import hmac
import re
from typing import Any

from ..events.kinds import Entry, InviteMade, InviteRevoked, InviteUsed
from ..protocol.durations import DAY_MS
from ..protocol.names import fold

#: Time after an invitation's end in which people who used it may return by it, in ms.
KEPT_MS = 30 * DAY_MS
#: Longer than any link, in characters; `find` ignores longer text.
_LONGEST = 300
_WORD = re.compile(r"(?:.*/)?([0-9a-z]{1,12})-([A-Za-z0-9_-]{22})(?:#.*)?")


class Invite:
    """One invitation. `users` maps a key of each person who used it to the last use (ms since
    1970)."""

    __slots__ = ("by", "channel", "customer", "id", "made", "owner", "until", "users", "uses")

    def __init__(self, id: int, event: InviteMade, made: int, customer: str) -> None:
        self.id = id
        self.by = event.source.partition("!")[0]
        self.owner = event.owner  # User.stable_key of its maker
        self.customer = customer  # User.customer of its maker; "" for the command line
        self.channel = event.channel
        self.uses = event.uses
        self.made = made
        self.until = event.until
        self.users: dict[str, int] = {}

    def is_open(self, now: int) -> bool:
        """May a new person use it at `now` (ms since 1970)?"""
        return now < self.until and len(self.users) < self.uses

    def is_over(self, now: int) -> bool:
        """Can nobody use it any more, not even those who return?"""
        return self.until + (KEPT_MS if self.users else 0) <= now

    def lets_in(self, key: str, now: int) -> bool:
        return self.is_open(now) or (key in self.users and now < self.until + KEPT_MS)


class Invites:
    """Invitations by number."""

    def __init__(self) -> None:
        self._invites: dict[int, Invite] = {}

    def __len__(self) -> int:
        return len(self._invites)

    def get(self, id: int) -> Invite | None:
        return self._invites.get(id)

    def all(self) -> list[Invite]:
        """All invitations, oldest first."""
        return list(self._invites.values())

    # -- applying, called by Network.apply ---------------------------------------------------

    def made(self, entry: Entry, event: InviteMade, customer: str) -> None:
        self.forget_ended(entry.time)
        self._invites[entry.position] = Invite(entry.position, event, entry.time, customer)

    def used(self, entry: Entry, event: InviteUsed) -> None:
        self._invites[event.invite].users[event.key] = entry.time

    def revoked(self, entry: Entry, event: InviteRevoked) -> None:
        self._invites.pop(event.invite, None)

    def renamed(self, old: str, new: str) -> None:
        """Follow the rename of channel `old` (folded) to `new`."""
        if fold(new) != old:
            self.ended(fold(new))
        for invite in self._invites.values():
            if invite.channel is not None and fold(invite.channel) == old:
                invite.channel = new

    def ended(self, channel: str) -> None:
        """End the links to a channel (folded) that ended, so they do not lead into a new one of its
        name."""
        for invite in list(self._invites.values()):
            if invite.channel is not None and fold(invite.channel) == channel:
                del self._invites[invite.id]

    def forget_maker(self, account: str) -> None:
        """Detach the invitations of a deleted account, so a new account of its name does not own
        them."""
        for invite in self._invites.values():
            if invite.owner == fold(account):
                invite.owner = ""

    def lead_to(self, channel: str) -> bool:
        """Does a link lead into this channel (folded)?"""
        return any(
            invite.channel is not None and fold(invite.channel) == channel
            for invite in self._invites.values()
        )

    def forget_ended(self, now: int) -> None:
        ended = [each.id for each in self._invites.values() if each.is_over(now)]
        for id in ended:
            del self._invites[id]

    def snapshot(self) -> list[Any]:
        return [
            [
                dict(getattr(invite, name)) if name == "users" else getattr(invite, name)
                for name in Invite.__slots__
            ]
            for _, invite in sorted(self._invites.items())
        ]


# -- links -----------------------------------------------------------------------------------


def word_of(secret: str, id: int) -> str:
    """The word at the end of the link to invitation `id`."""
    mac = hmac.new(secret.encode(), f"invite {id}".encode(), "sha256").digest()[:16]
    return f"{id:x}-{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def looks_like_word(text: str) -> bool:
    """Is `text` an invitation's word or a link that ends with one? It may be invalid or expired."""
    return len(text) <= _LONGEST and _WORD.fullmatch(text) is not None


def find(invites: Invites, secret: str, text: str) -> Invite | None:
    """The invitation that `text`, a word or a link, belongs to, or None."""
    found = _WORD.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    try:
        invite = invites.get(int(found[1], 16))
    except ValueError:
        return None
    if invite is None:
        return None
    wanted = word_of(secret, invite.id).encode()
    return invite if hmac.compare_digest(wanted, f"{found[1]}-{found[2]}".encode()) else None
