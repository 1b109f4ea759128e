"""One channel: who is in it and what holds there."""

from __future__ import annotations

from typing import NamedTuple


class ListEntry(NamedTuple):
    """One line of a list mode (a ban): the mask, who set it, when (ms)."""

    mask: str
    by: str
    time: int


class Channel:
    """Changed by `Network.apply` alone; everybody else reads.

    `members` maps a user's id to the prefix modes held ("", "v", "ov" ...), highest first.
    """

    __slots__ = (
        "access", "created", "founder", "invited", "key", "lists", "locked", "members", "metadata",
        "modes", "name", "offered", "registered", "renamed", "returning", "topic", "topic_by",
        "topic_time",
    )  # fmt: skip

    def __init__(self, name: str, key: str, created: int) -> None:
        self.name = name
        self.key = key  # folded name
        self.created = created
        self.renamed = 0  # ms since 1970, the last time
        self.topic = ""
        self.topic_by = ""
        self.topic_time = 0
        self.modes: dict[str, str | None] = {"n": None, "t": None}
        self.lists: dict[str, dict[str, ListEntry]] = {}
        self.members: dict[int, str] = {}
        self.invited: set[int] = set()
        # Folded accounts whose people were in it when their connection ended and it was +i: they
        # come back without an invitation.
        self.returning: set[str] = set()
        self.metadata: dict[str, str] = {}
        # A registered channel stays when nobody is in it, however long.
        self.founder: str | None = None  # the account it belongs to
        self.registered = 0  # ms since 1970
        self.offered: str | None = None  # the account that may take it over
        self.locked = ""  # flags that only the founder changes, with their signs
        self.access: dict[str, tuple[str, str]] = {}  # folded account -> its name, prefix modes

    def is_plain(self) -> bool:
        """As a new one is: nothing that somebody set."""
        set_by_people = self.topic or self.metadata or any(self.lists.values())
        return not set_by_people and self.modes.keys() == {"n", "t"}
