"""The input of handlers besides the command: the network, the settings, and the time."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network
from typing import Any

from ..config import Settings
from ..dialects.irc.capabilities import offered
from ..dialects.variant import ServerInfo
from ..model import rules
from ..model.accounts import Account
from ..model.channel import Channel
from ..model.cloaks import cloak
from ..model.network import Network
from ..model.user import User
from ..peer import Peer
from ..protocol.message import FixedReplies, Message
from ..protocol.names import valid_nick
from ..protocol.numerics import (
    ERR_NEEDMOREPARAMS,
    ERR_NOSUCHCHANNEL,
    ERR_NOSUCHNICK,
    ERR_NOTONCHANNEL,
)
from ..session import Session
from .accounts.throttle import Throttle
from .messages.dedup import Deduplicator
from .people.monitor_lists import MonitorLists
from .refusals import Refused
from .sessions.notes import Notes


class Control:
    """Control of the process and its machine, for operators. Runs in a worker thread; this base
    class does nothing.

    `token` permits a program on this machine to send orders (handlers/orders/control.py); ""
    permits none.
    """

    token = ""

    def reload(self) -> str | None:
        """Reload the settings; returns what is wrong with them, or None."""
        return "This server cannot read its settings again"

    def storage(self) -> dict[str, Any]:
        """Bytes of each of the server's `files`, and `free` and `total` bytes of their disk."""
        return {"files": {}, "free": None, "total": None}

    def usage(self) -> dict[str, Any]:
        """Usage of the process: `cpu` seconds, `memory` in bytes; None where unknown."""
        return {"cpu": None, "memory": None}

    def stop(self, reason: str) -> None:
        """End the process soon."""

    def restart(self, reason: str) -> None:
        """Restart the process soon."""


def _rates(settings: Settings) -> dict[str, tuple[int, float]]:
    """Burst and rate per minute of each Throttle of the context."""
    limits, accounts = settings.limits, settings.accounts
    return {
        "changes": (limits.change_burst, limits.change_burst),
        "guest_input": (limits.guest_bytes, limits.guest_bytes),
        "kept_tags": (limits.kept_tags, limits.kept_tags),
        "knocks": (1, 1),
        "logins": (accounts.login_burst, accounts.login_rate),
        "metadata": (limits.metadata_burst, limits.metadata_burst),
        "registrations": (accounts.registration_burst, accounts.registration_rate),
        "reports": (5, 1),
        "requests": (limits.request_burst, limits.request_rate),
    }


#: Used in place of a channel that does not exist.
NOWHERE = Channel("", "", 0)
NOWHERE.modes["s"] = None


class Context:
    """Read only. `now` (ms since 1970) is the time of the command."""

    __slots__ = (
        "changes", "control", "dedup", "exempt", "guest_input", "home", "introduction",
        "kept_tags", "knocks", "logins", "metadata", "monitors", "motd", "motd_replies",
        "network", "notes", "now", "offered", "push_key", "registrations", "reports", "requests",
        "server", "sessions", "settings", "started", "takes_files",
    )  # fmt: skip

    changes: Throttle
    guest_input: Throttle
    kept_tags: Throttle
    knocks: Throttle
    logins: Throttle
    metadata: Throttle
    registrations: Throttle
    reports: Throttle
    requests: Throttle

    def __init__(
        self,
        network: Network,
        settings: Settings,
        server: ServerInfo,
        started: int,
    ) -> None:
        self.network = network
        for name, (burst, per_minute) in _rates(settings).items():
            setattr(self, name, Throttle(burst, per_minute))
        self.use(settings)
        self.server = server
        self.sessions: dict[int, Session] = {}  # the connected clients, by number
        self.started = started
        self.now = started
        self.motd: tuple[str, ...] = ()  # the message of the day, line by line
        #: Its replies, created on first use.
        self.motd_replies: FixedReplies | None = None
        self.takes_files = False  # is there an upload service?
        self.push_key = ""  # VAPID key of the push service; "": there is none
        self.monitors = MonitorLists(network)
        self.notes = Notes()
        self.dedup = Deduplicator(lambda: self.now)  # the hub sets a real clock
        self.control = Control()  # of the process; serve.py sets a real one
        self.home = ""  # the server's URL for browsers if no setting says it

    def use(self, settings: Settings) -> None:
        """Use these settings from now on."""
        self.settings = settings
        for name, (burst, per_minute) in _rates(settings).items():
            getattr(self, name).limit(burst, per_minute)
        self.exempt = tuple(ip_network(text, strict=False) for text in settings.limits.exempt)
        #: The part of the welcome that is equal for all clients, created on first use.
        self.introduction: FixedReplies | None = None
        self.offered = offered(settings)  # capabilities

    def address(self, path: str) -> str:
        """The URL of a path on this server, for links."""
        return (self.settings.web.address or self.home).rstrip("/") + path

    def room(self, session: Session, *words: str) -> int:
        """Bytes that a line to the client leaves for its last parameter, after `words`: the
        command, and the parameters before."""
        head = " ".join((f":{self.server.name}", session.nick, *words, ":"))
        return self.server.line_length - 2 - len(head.encode())

    def user(self, session: Session) -> User:
        """The client's user; always set for commands that require registration."""
        assert session.user is not None
        return session.user

    def host_of(self, peer: Peer) -> str:
        """The host to show for a peer."""
        hidden = self.settings.hide_addresses
        return cloak(peer.host, self.network.secret) if hidden else peer.host

    def account(self, session: Session) -> Account | None:
        """The account that the client is logged in to."""
        if session.user is not None:
            return self.network.accounts.get(session.user.account)
        login = session.registration.account if session.registration is not None else None
        account = self.network.accounts.get(login[0]) if login is not None else None
        # By id: the account of that name may have been deleted, or be another one.
        return account if account is not None and login and account.id == login[1] else None

    def may_be_called(self, name: str) -> bool:
        """Is this name valid for a nick or an account?"""
        limits = self.settings.limits
        return valid_nick(name, limits.nick_length) and (name.isascii() or not limits.ascii_nicks)

    def named(self, nick: str) -> User:
        """The user `nick`. Raises Refused."""
        user = self.network.person(nick)
        if user is None:
            raise Refused.numeric(ERR_NOSUCHNICK, nick)
        return user

    def account_called(self, name: str) -> Account:
        """The account called `name`, or that has exactly this nick, or a refusal."""
        account = self.network.accounts.named(name)
        if account is None:
            raise Refused("NOT_FOUND", f"There is no account {name}")
        return account

    def channel(self, name: str) -> Channel:
        """The channel `name`. Raises Refused."""
        channel = self.network.channel(name)
        if channel is None:
            raise Refused.numeric(ERR_NOSUCHCHANNEL, name)
        return channel

    def known_channel(self, asker: User, name: str) -> Channel | None:
        """The channel `name` if the client may know of it. A secret channel takes as long to refuse
        as a missing one, because the time would reveal it, too."""
        channel = self.network.channel(name) or NOWHERE
        is_known = rules.sees_channel(channel, asker)
        return channel if is_known and channel is not NOWHERE else None

    def seen_channel(self, session: Session, name: str) -> Channel:
        """The channel `name`. Raises Refused, also for a secret channel if the client is a
        stranger."""
        channel = self.known_channel(self.user(session), name)
        if channel is None:
            raise Refused.numeric(ERR_NOSUCHCHANNEL, name)
        return channel

    def own_channel(self, session: Session, name: str) -> Channel:
        """The channel `name`, which the client must be in. Raises Refused."""
        channel = self.seen_channel(session, name)
        if self.user(session).id not in channel.members:
            raise Refused.numeric(ERR_NOTONCHANNEL, channel.name)
        return channel

    def idle_ms(self, user: User) -> int:
        """Milliseconds since the user last sent a message."""
        spoke = (self.sessions[id].last_spoke for id in user.sessions if id in self.sessions)
        return max(0, self.now - max(user.since, *spoke, 0))


def listed(command: str, text: str) -> list[str]:
    """Split the list `a,b` of a parameter. Raises Refused if it has no items."""
    items = [item for item in text.split(",") if item]
    if not items:
        raise Refused.numeric(ERR_NEEDMOREPARAMS, command)
    return items


def cut(text: str, longest: int) -> str:
    """Truncate `text` to `longest` bytes."""
    return text.encode()[:longest].decode(errors="ignore")


def number(text: str) -> int | None:
    """Parse a whole number; None if it is invalid or out of range."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


def wrapped(words: Iterable[str], width: int, between: str = " ") -> list[str]:
    """Join words to lines of at most `width` bytes; a longer word has a line of its own."""
    data, mark = between.join(words).encode(), between.encode()
    lines, start = [], 0
    while len(data) - start > width:
        end = data.rfind(mark, start, start + width + 1)
        if end < 0:
            end = data.find(mark, start)
        if end < 0:
            break
        lines.append(data[start:end].decode())
        start = end + 1
    return [*lines, data[start:].decode()] if data else lines


def overflows(context: Context, session: Session, message: Message) -> bool:
    """Would the line to the recipients exceed the maximum length? Text is refused rather than
    truncated without notice."""
    name, params, _, _ = message
    target = max(params[0].split(","), key=len) if "," in params[0] else params[0]
    line = f":{context.user(session).source} {name} {target} :{params[1]}\r\n"
    return len(line.encode()) > context.settings.limits.line_length
