"""Users who left or changed their nick, for WHOWAS, oldest first.

Beyond the bound the oldest of the account or address that has the most goes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..protocol.names import fold
from .fair_shares import FairShares
from .user import User

KEPT = 1000


class WhowasEntry(NamedTuple):
    """The names that a user had until `time` (ms since 1970)."""

    nick: str
    username: str
    host: str
    realname: str
    ip: str
    account: str | None
    time: int


class Whowas:
    def __init__(self) -> None:
        self._entries: dict[int, WhowasEntry] = {}
        self._shares: FairShares[int] = FairShares(KEPT)
        self._last = 0

    def remember(self, user: User, time: int) -> None:
        self._last += 1
        self._entries[self._last] = WhowasEntry(
            user.nick, user.username, user.host, user.realname, user.ip, user.account, time
        )
        for gone in self._shares.add(self._last, user.customer):
            del self._entries[gone]

    def find(self, nick: str, most: int) -> list[WhowasEntry]:
        """The last `most` users of that nick, latest first. 0 or less: all."""
        key = fold(nick)
        found = [past for past in reversed(self._entries.values()) if fold(past.nick) == key]
        return found[:most] if most > 0 else found

    def snapshot(self) -> list[Any]:
        return [list(past) for past in self._entries.values()]
