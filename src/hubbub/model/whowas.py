"""Users who left or changed their nick, for WHOWAS. Bounded; oldest first."""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

from ..protocol.names import fold
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
        self._entries: deque[WhowasEntry] = deque(maxlen=KEPT)

    def remember(self, user: User, time: int) -> None:
        self._entries.append(
            WhowasEntry(
                user.nick, user.username, user.host, user.realname, user.ip, user.account, time
            )
        )  # fmt: skip

    def find(self, nick: str, most: int) -> list[WhowasEntry]:
        """The last `most` users of that nick, latest first. 0 or less: all."""
        key = fold(nick)
        found = [past for past in reversed(self._entries) if fold(past.nick) == key]
        return found[:most] if most > 0 else found

    def snapshot(self) -> list[Any]:
        return [list(past) for past in self._entries]
