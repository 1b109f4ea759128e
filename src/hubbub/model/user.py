"""One user of the network."""

from __future__ import annotations

from ..protocol.names import fold
from .accounts import network_of

#: Away message of a user who stays by their account while no connection is open.
NOT_CONNECTED = "Not connected"
#: Shared by all users: an empty set takes as much memory as all names of a user.
NOWHERE: frozenset[str] = frozenset()


class User:
    """One user: a nick on the network and the sessions attached to it.

    Changed by `Network.apply` only.
    """

    __slots__ = (
        "account", "address", "away", "channels", "guest", "host", "id", "invited", "modes", "nick",
        "operator", "privileges", "realname", "sessions", "since", "source", "username",
    )  # fmt: skip

    def __init__(self, id: int, nick: str, username: str, host: str, since: int) -> None:
        self.id = id
        self.call(nick, username, host)
        self.since = since  # ms since 1970
        self.realname = ""
        self.address = ""
        self.account: str | None = None
        #: Key of the private conversations of a guest whose browser sends a secret of its own
        #: (GUEST): the same in every stay. "": a guest without, or a user with an account.
        self.guest = ""
        self.away: str | None = None
        self.modes = ""
        self.operator: str | None = None  # name of the operator block used with OPER
        self.privileges: tuple[str, ...] = ()
        self.channels: set[str] = set()  # folded names
        self.invited = NOWHERE  # folded names of channels
        self.sessions: dict[int, bool] = {}  # session number -> connected by TLS?

    def call(self, nick: str, username: str, host: str) -> None:
        """Set nick, user name and host, and the source derived from them."""
        self.nick = nick
        self.username = username
        self.host = host
        #: nick!user@host as others see it. Cached: every message carries it, and names change
        #: seldom.
        self.source = f"{nick}!{username}@{host}"

    def forget_invitation(self, channel_key: str) -> None:
        if channel_key in self.invited:
            self.invited = self.invited - {channel_key} or NOWHERE

    @property
    def key(self) -> str:
        """Key of the user's private conversations: the account, or for a guest that of the browser
        or of this stay only, because another person may take the nick later. No account name
        contains `!`."""
        if self.account is not None:
            return fold(self.account)
        return self.guest or f"{fold(self.nick)}!{self.id}"

    @property
    def stable_key(self) -> str:
        """The account, or for a guest a key of this stay, independent of the nick (see `key`)."""
        return fold(self.account) if self.account is not None else f"!{self.id}"

    @property
    def customer(self) -> str:
        """The account, or for a guest the address (for IPv6 the /64), which outlasts a reconnect:
        bounds of what people leave behind are counted for it."""
        if self.account is not None:
            return f"account {fold(self.account)}"
        return f"address {network_of(self.address)}"

    @property
    def secure(self) -> bool:
        """Do all connections of the user use TLS?"""
        return bool(self.sessions) and all(self.sessions.values())

    @property
    def ip(self) -> str:
        """The IP address of the connection, without the port."""
        return self.address.rpartition(":")[0].strip("[]")

    @property
    def marks(self) -> tuple[tuple[str, str], ...]:
        """Tags that all messages from this user carry (IRCv3 bot-mode, oper-tag)."""
        if not self.modes:
            return ()
        bot = (("bot", ""),) if "B" in self.modes else ()
        return (*bot, ("draft/oper", self.operator)) if self.operator else bot

    def may(self, privilege: str) -> bool:
        """Does the user have this operator privilege (model/privileges.py)?"""
        return privilege in self.privileges
