"""What a handler sees: the network as it is, the settings, and the time of the command."""

from __future__ import annotations

from collections.abc import Iterable
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
    """What operators ask of the process and its machine. Called in a worker's thread; here, nothing
    can be done.

    `token` lets a program on this machine give orders (handlers/orders/control.py); "": none does.
    """

    token = ""

    def reload(self) -> str | None:
        """Read the settings again; what is wrong with them, or None."""
        return "This server cannot read its settings again"

    def storage(self) -> dict[str, Any]:
        """Bytes of each of the server's `files`, `free` and `total` ones of their disk."""
        return {"files": {}, "free": None, "total": None}

    def usage(self) -> dict[str, Any]:
        """What the process has used: `cpu` seconds, `memory` in bytes; None where nobody knows."""
        return {"cpu": None, "memory": None}

    def stop(self, reason: str) -> None:
        """End the process, soon."""

    def restart(self, reason: str) -> None:
        """End it and begin anew, soon."""


#: Looked at in place of a channel that does not exist.
NOWHERE = Channel("", "", 0)
NOWHERE.modes["s"] = None


class Context:
    """Read only. `now` (ms since 1970) is the time of the command being handled."""

    __slots__ = (
        "changes", "control", "dedup", "home", "introduction", "logins", "metadata", "monitors",
        "motd", "motd_replies", "network", "notes", "now", "offered", "push_key", "registrations",
        "reports", "requests", "server", "sessions", "settings", "started", "takes_files",
    )  # fmt: skip

    def __init__(
        self,
        network: Network,
        settings: Settings,
        server: ServerInfo,
        sessions: dict[int, Session],
        started: int,
    ) -> None:
        self.network = network
        self.use(settings)
        self.server = server
        self.sessions = sessions
        self.started = started
        self.now = started
        self.motd: tuple[str, ...] = ()  # the message of the day, line by line
        #: The replies that tell it, made when they are first asked for.
        self.motd_replies: FixedReplies | None = None
        self.takes_files = False  # is there something that keeps uploads?
        self.push_key = ""  # of whoever pushes to browsers; "": nobody does
        self.monitors = MonitorLists()
        self.notes = Notes()
        self.dedup = Deduplicator(lambda: self.now)  # a real clock comes from the hub
        self.control = Control()  # of the process; a real one comes from serve.py
        limits = settings.accounts
        self.logins = Throttle(limits.login_burst, limits.login_rate)
        some = settings.limits.metadata_burst
        self.metadata = Throttle(some, some)
        self.changes = Throttle(settings.limits.change_burst, settings.limits.change_burst)
        self.registrations = Throttle(limits.registration_burst, limits.registration_rate)
        self.requests = Throttle(settings.limits.request_burst, settings.limits.request_rate)
        self.reports = Throttle(5, 1)
        self.home = ""  # where browsers find the server if no setting says it

    def use(self, settings: Settings) -> None:
        """These are the settings from now on."""
        self.settings = settings
        #: What every newcomer is told of the server, made when the first one comes.
        self.introduction: FixedReplies | None = None
        self.offered = offered(settings)  # capabilities

    def address(self, path: str) -> str:
        """The address of a page of ours, as a link to give to others."""
        return (self.settings.web.address or self.home).rstrip("/") + path

    def room(self, session: Session, *words: str) -> int:
        """The bytes that a line to the asker has left for its last parameter, behind `words`: the
        command, and the parameters before."""
        head = " ".join((f":{self.server.name}", session.nick, *words, ":"))
        return self.server.line_length - 2 - len(head.encode())

    def user(self, session: Session) -> User:
        """The asker; handlers of commands for registered clients may count on it."""
        assert session.user is not None
        return session.user

    def host_of(self, peer: Peer) -> str:
        """What others see of where somebody comes from."""
        hidden = self.settings.hide_addresses
        return cloak(peer.host, self.network.secret) if hidden else peer.host

    def account(self, session: Session) -> Account | None:
        """The account that the asker is logged in to."""
        if session.user is not None:
            return self.network.accounts.get(session.user.account)
        login = session.registration.account if session.registration is not None else None
        account = self.network.accounts.get(login[0]) if login is not None else None
        # By its id: the one of that name may be gone since, or be another's.
        return account if account is not None and login and account.id == login[1] else None

    def may_be_called(self, name: str) -> bool:
        """Can a person or an account have this name here?"""
        limits = self.settings.limits
        return valid_nick(name, limits.nick_length) and (name.isascii() or not limits.ascii_nicks)

    def named(self, nick: str) -> User:
        """The person called `nick`, or a refusal."""
        user = self.network.user(nick)
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
        """The channel called `name`, or a refusal."""
        channel = self.network.channel(name)
        if channel is None:
            raise Refused.numeric(ERR_NOSUCHCHANNEL, name)
        return channel

    def known_channel(self, asker: User, name: str) -> Channel | None:
        """The channel called `name`, if the asker may know of it. That it does not exist takes as
        long to find as that it is secret: time would tell, too."""
        channel = self.network.channel(name) or NOWHERE
        is_known = rules.sees_channel(channel, asker)
        return channel if is_known and channel is not NOWHERE else None

    def seen_channel(self, session: Session, name: str) -> Channel:
        """The channel called `name`. One that is secret is not there for a stranger."""
        channel = self.known_channel(self.user(session), name)
        if channel is None:
            raise Refused.numeric(ERR_NOSUCHCHANNEL, name)
        return channel

    def own_channel(self, session: Session, name: str) -> Channel:
        """The channel called `name`, which the asker must be in."""
        channel = self.seen_channel(session, name)
        if self.user(session).id not in channel.members:
            raise Refused.numeric(ERR_NOTONCHANNEL, channel.name)
        return channel

    def idle_ms(self, user: User) -> int:
        """How long a person has said nothing."""
        spoke = (self.sessions[id].last_spoke for id in user.sessions if id in self.sessions)
        return max(0, self.now - max(user.since, *spoke, 0))


def listed(command: str, text: str) -> list[str]:
    """The items of a list as a client sends it, `a,b`. A list of nothing is refused."""
    items = [item for item in text.split(",") if item]
    if not items:
        raise Refused.numeric(ERR_NEEDMOREPARAMS, command)
    return items


def cut(text: str, longest: int) -> str:
    """As much of `text` as fits into `longest` bytes."""
    return text.encode()[:longest].decode(errors="ignore")


def number(text: str) -> int | None:
    """The whole number that somebody typed, None when it is none or one that nothing here has."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


def wrapped(words: Iterable[str], width: int, between: str = " ") -> list[str]:
    """The words in lines of at most `width` bytes; a longer word has a line of its own."""
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
    """Would the line that the recipients get be longer than a line may be? Nothing is cut off
    behind its sender's back."""
    name, params, _, _ = message
    target = max(params[0].split(","), key=len) if "," in params[0] else params[0]
    line = f":{context.user(session).source} {name} {target} :{params[1]}\r\n"
    return len(line.encode()) > context.settings.limits.line_length
