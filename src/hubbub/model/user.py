"""One person on the network."""

from __future__ import annotations

from ..protocol.names import fold

#: The away message of somebody who is here by an account only, with no connection.
NOT_CONNECTED = "Not connected"
#: Shared: an empty set takes as much memory as all the names of a person.
NOWHERE: frozenset[str] = frozenset()


class User:
    """A nick on the network and the sessions that speak for it.

    Changed by `Network.apply` alone; everybody else reads.
    """

    __slots__ = (
        "account", "address", "away", "channels", "host", "id", "invited", "modes", "nick",
        "operator", "privileges", "realname", "sessions", "since", "source", "username",
    )  # fmt: skip

    def __init__(self, id: int, nick: str, username: str, host: str, since: int) -> None:
        self.id = id
        self.call(nick, username, host)
        self.since = since  # ms since 1970
        self.realname = ""
        self.address = ""
        self.account: str | None = None
        self.away: str | None = None
        self.modes = ""
        self.operator: str | None = None  # the name under which OPER was used
        self.privileges: tuple[str, ...] = ()
        self.channels: set[str] = set()  # folded names
        self.invited = NOWHERE  # folded names of channels
        self.sessions: dict[int, bool] = {}  # number -> by TLS?

    def call(self, nick: str, username: str, host: str) -> None:
        """These are the names from now on."""
        self.nick = nick
        self.username = username
        self.host = host
        #: As others see it. Every message carries it and names change seldom: so it is kept.
        self.source = f"{nick}!{username}@{host}"

    def forget_invitation(self, channel_key: str) -> None:
        if channel_key in self.invited:
            self.invited = self.invited - {channel_key} or NOWHERE

    @property
    def key(self) -> str:
        """By what their private conversations are found again: the account, or without one this
        very stay, since the nick may be another's tomorrow. No account holds a `!`."""
        return fold(self.account) if self.account is not None else f"{fold(self.nick)}!{self.id}"

    @property
    def stable_key(self) -> str:
        """The account, or without one this very stay, whatever the nick. No account holds a `!`."""
        return fold(self.account) if self.account is not None else f"!{self.id}"

    @property
    def secure(self) -> bool:
        """Does every connection of this person use TLS?"""
        return bool(self.sessions) and all(self.sessions.values())

    @property
    def ip(self) -> str:
        """The address that the connection came from, without its port."""
        return self.address.rpartition(":")[0].strip("[]")

    @property
    def marks(self) -> tuple[tuple[str, str], ...]:
        """The tags that all this person does carries (IRCv3 bot-mode, oper-tag)."""
        if not self.modes:
            return ()
        bot = (("bot", ""),) if "B" in self.modes else ()
        return (*bot, ("draft/oper", self.operator)) if self.operator else bot

    def may(self, privilege: str) -> bool:
        """May this network operator do that? (model/privileges.py)"""
        return privilege in self.privileges
