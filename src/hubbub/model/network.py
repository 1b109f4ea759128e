"""The current state of the network, and `apply`, the only way to change it.

`apply` cannot fail for events that the handlers produced: it decides nothing, it only carries out
the event (applying/). It returns the change with the recipients as copies, because the membership
of a user who left is gone after the event is applied.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from ..events.bursts import Entries, Logged
from ..events.kinds import SIGNED
from ..protocol.names import fold
from .accounts import Accounts
from .administration import Administration
from .applying.appliers import load
from .bans import Bans
from .change import Change
from .channel import Channel
from .confusables import skeleton
from .invites import Invites
from .resting import Resting
from .subscriptions import Subscriptions
from .uploads import Uploads
from .user import User
from .whowas import Whowas

#: Skips the generated constructor.
_new = tuple.__new__
#: Event class -> applier.
_APPLIERS = load()


class Network:
    """All state: users by id, nicks and channels by folded name."""

    def __init__(self) -> None:
        self.users: dict[int, User] = {}
        self.nicks: dict[str, User] = {}
        self.skeletons: dict[str, User] = {}  # by skeleton of the nick (confusables.py)
        self.aliases: dict[str, int] = {}  # folded nick that a session asked for -> id of its user
        self.alias_of: dict[int, str] = {}  # session -> the same nick
        self.by_account: dict[str, set[int]] = {}  # folded account -> ids of its users
        self.channels: dict[str, Channel] = {}
        self.resting = Resting()  # channels kept without members
        #: Closed channels that ended, oldest first: nobody may read their history.
        self.closed: dict[str, None] = {}
        self.locks_end = False  # see ServerStarted
        self.whowas = Whowas()
        self.bans = Bans()
        self.accounts = Accounts()
        self.invites = Invites()
        self.files = Uploads()
        self.subscriptions = Subscriptions()
        self.administration = Administration()
        self.secret = ""  # see SecretMade
        self.always_on = "off"  # see ServerStarted
        self.attached = 0  # number of sessions attached to users
        self.markers: dict[str, dict[str, int]] = {}  # User.stable_key -> conversation -> ms
        self.metadata: dict[str, dict[str, str]] = {}  # User.stable_key -> key -> value
        self.position = 0  # of the last entry applied
        self.most_users = 0
        self.mode_counts: Counter[str] = Counter()  # user mode -> number of users that have it

    # -- reading ---------------------------------------------------------------------------

    def user(self, nick: str) -> User | None:
        return self.nicks.get(fold(nick))

    def person(self, nick: str) -> User | None:
        """The user with this nick, or for whose always-on account it is another one, owned or asked
        for at a login: what is sent to any of them reaches the one user that stays for it."""
        user = self.user(nick)
        if user is not None:
            return user
        alias = self.aliases.get(fold(nick))
        if alias is not None:
            return self.users[alias]
        account = self.accounts.named(nick)
        return self.resident(account.name) if account is not None else None

    def resident(self, account: str | None) -> User | None:
        """The user that stays on the network for an always-on account: the first that came."""
        if not self.is_always_on(account):
            return None
        ids = self.by_account.get(fold(account or ""))
        return self.users[min(ids)] if ids else None

    def users_of(self, account: str) -> list[User]:
        """The users of an account who are on the network."""
        return [self.users[id] for id in sorted(self.by_account.get(fold(account), ()))]

    def lookalike(self, nick: str) -> User | None:
        """The user with this nick or one that looks like it."""
        alias = self.aliases.get(fold(nick))
        return (
            self.nicks.get(fold(nick))
            or (self.users[alias] if alias is not None else None)
            or self.skeletons.get(skeleton(nick))
        )

    def channel(self, name: str) -> Channel | None:
        return self.channels.get(fold(name))

    def channels_of(self, user: User) -> tuple[Channel, ...]:
        return tuple(self.channels[key] for key in sorted(user.channels))

    def is_hidden(self, channel: Channel | None, user: User, modes: str = "") -> bool:
        """Does +u hide the user from members without a prefix? `modes` are the prefixes of a user
        who is about to join."""
        if channel is None or "u" not in channel.modes:
            return False
        return not channel.members.get(user.id, modes)

    def whereabouts(self, user: User) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Folded names of all channels the user is in, and of those in which +u hides the user."""
        channels = self.channels_of(user)
        hidden = tuple(each.key for each in channels if self.is_hidden(each, user))
        return tuple(each.key for each in channels), hidden

    def share_channel(self, one: User, other: User) -> bool:
        return not one.channels.isdisjoint(other.channels)

    def holders(self, channel: Channel, letters: Iterable[str]) -> tuple[User, ...]:
        """The members who hold at least one of these prefix modes."""
        return tuple(
            self.users[id]
            for id, held in channel.members.items()
            if held and not set(held).isdisjoint(letters)
        )

    def with_mode(self, letter: str) -> tuple[User, ...]:
        """All users that have this user mode."""
        return tuple(user for user in self.users.values() if letter in user.modes)

    def stays(self, user: User) -> bool:
        """Does the user remain on the network when the last connection ends (always-on)? Of an
        account one user does, whatever nicks it logs in under."""
        return self.resident(user.account) is user

    def is_always_on(self, name: str | None) -> bool:
        account = self.accounts.get(name)
        if account is None or self.always_on == "off":
            return False
        wanted = account.settings.get("always-on")
        return wanted == "on" if self.always_on == "opt-in" else wanted != "off"

    def goes_away(self, user: User) -> bool:
        """Is the user shown as away while not connected?"""
        account = self.accounts.get(user.account)
        return account is not None and account.settings.get("auto-away") != "off"

    # -- the only door ---------------------------------------------------------------------

    def apply(self, entry: Logged) -> Change:
        if type(entry) is Entries:
            self.position = entry.last_position
            # To a whole channel, in which no mode concerns speaking (handlers/messages/bursts.py).
            channel = self.channels[entry.event.route.conversation]
            return _new(Change, (entry, (channel,), (), None, (), None))
        self.position = entry.position
        event = entry.event
        kind = type(event)
        if kind not in SIGNED:
            return _APPLIERS[kind](self, entry, event)
        # Look the user up before applying: after a QUIT the user is gone, and a login is announced
        # with the account from before it (IRCv3 account-tag, its example).
        user = self.users.get(event.user)  # type: ignore[union-attr]
        account = user.account if user is not None else None
        change = _APPLIERS[kind](self, entry, event)
        if user is None:
            return change
        return change._replace(account=account, marks=user.marks, away=user.away)

    # -- comparing -------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """The whole state as plain values; equal networks give equal values ("replay equals
        live")."""
        return {
            "users": {str(id): _values(user) for id, user in sorted(self.users.items())},
            "nicks": {key: user.id for key, user in sorted(self.nicks.items())},
            "aliases": dict(sorted(self.aliases.items())),
            "alias_of": _plain(self.alias_of),
            "channels": {key: _values(channel) for key, channel in sorted(self.channels.items())},
            "closed": sorted(self.closed),
            "resting": self.resting.snapshot(),
            "locks_end": self.locks_end,
            "accounts": self.accounts.snapshot(),
            "whowas": self.whowas.snapshot(),
            "bans": self.bans.snapshot(),
            "invites": self.invites.snapshot(),
            "administration": self.administration.snapshot(),
            "always_on": self.always_on,
            "markers": _plain(self.markers),
            "metadata": _plain(self.metadata),
            "files": self.files.snapshot(),
            "subscriptions": _plain(self.subscriptions.snapshot()),
            "secret": self.secret,
        }


def _values(thing: User | Channel) -> dict[str, Any]:
    slots: Iterable[str] = type(thing).__slots__
    return {name: _plain(getattr(thing, name)) for name in slots}


def _plain(value: Any) -> Any:
    if isinstance(value, set):
        return sorted(value)
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in sorted(value.items())}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value
