"""One channel: its members, modes, lists and topic."""

from __future__ import annotations

from typing import NamedTuple

from ..protocol.modes import CLOSED


class ListEntry(NamedTuple):
    """One entry of a list mode such as a ban: mask, who set it, and when (ms since 1970)."""

    mask: str
    by: str
    time: int


class Channel:
    """One channel. Changed by `Network.apply` only.

    `members` maps a user's id to the prefix modes held ("", "v", "ov" ...), highest first.
    """

    __slots__ = (
        "access", "created", "entered", "founder", "imported", "invited", "key", "lists", "locked",
        "maker", "members", "metadata", "modes", "name", "offered", "registered", "renamed",
        "returning", "topic", "topic_by", "topic_time",
    )  # fmt: skip

    def __init__(self, name: str, key: str, created: int) -> None:
        self.name = name
        self.key = key  # folded name
        self.created = created
        self.maker = ""  # User.customer of the first member
        #: Position of the join since which it has had members without a break: the part of its
        #: history before that belongs to others.
        self.entered = 0
        self.renamed = 0  # time of the last rename, ms since 1970
        self.topic = ""
        self.topic_by = ""
        self.topic_time = 0
        self.modes: dict[str, str | None] = {"n": None, "t": None}
        self.lists: dict[str, dict[str, ListEntry]] = {}
        self.members: dict[int, str] = {}
        self.invited: set[int] = set()
        # Folded accounts of members whose connection ended while the channel was +i: they may
        # rejoin without an invitation.
        self.returning: set[str] = set()
        self.metadata: dict[str, str] = {}
        self.imported = False  # see ChannelImported: it is kept for any time, without locks
        # A registered channel is kept for any time while it has no members.
        self.founder: str | None = None  # the account that owns the channel
        self.registered = 0  # ms since 1970
        self.offered: str | None = None  # the account that ownership was offered to
        self.locked = ""  # modes that only the founder changes, with their signs
        # Folded account -> (account name, prefix modes).
        self.access: dict[str, tuple[str, str]] = {}

    def is_closed(self) -> bool:
        """Do its modes restrict who may join or see it?"""
        return not CLOSED.isdisjoint(self.modes)

    def is_plain(self) -> bool:
        """Is the channel like a new one: nothing set by anybody?"""
        set_by_people = self.topic or self.metadata or any(self.lists.values())
        return not set_by_people and self.modes.keys() == {"n", "t"}
