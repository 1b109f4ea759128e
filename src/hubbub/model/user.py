"""One person on the network."""

from __future__ import annotations


class User:
    """A nick on the network and the sessions that speak for it.

    Changed by `Network.apply` alone; everybody else reads.
    """

    __slots__ = (
        "account", "address", "away", "channels", "host", "id", "modes", "nick", "realname",
        "sessions", "since", "username",
    )  # fmt: skip

    def __init__(self, id: int, nick: str, username: str, host: str, since: int) -> None:
        self.id = id
        self.nick = nick
        self.username = username
        self.host = host
        self.since = since  # ms since 1970
        self.realname = ""
        self.address = ""
        self.account: str | None = None
        self.away: str | None = None
        self.modes = ""
        self.channels: set[str] = set()  # folded names
        self.sessions: dict[int, bool] = {}  # number -> by TLS?

    @property
    def source(self) -> str:
        """nick!username@host, as others see it."""
        return f"{self.nick}!{self.username}@{self.host}"

    @property
    def secure(self) -> bool:
        """Does every connection of this person use TLS?"""
        return bool(self.sessions) and all(self.sessions.values())
