"""The client's state for one server, and its requests, without I/O.

`connected`, `connection_lost` and the user's requests change the state; output waits in
`take_outgoing()`. Input goes to `receiving.receive`, which returns events (`events.py`) and
dispatches to `registration.py` (connecting), `people.py` (channels and members) and `timeline.py`
(messages, and missed ones). Times are seconds of a monotonic clock. So in a test a whole session,
with its reconnects, is a list of lines.

Own lines are in `pending.py`; `batches.py` matches responses to requests.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from hubbub.client import events as ev
from hubbub.client.batches import Batches, Request, Requests
from hubbub.client.pending import Pending
from hubbub.client.query import attributes
from hubbub.client.text import Fold, casefold_for, pieces
from hubbub.client.wire import Message, escape_tag, number

ASKED = ("asked", "found")
SEARCH_CAPS = ("draft/search", "soju.im/search")
FIRST_LOOK = 20
"""Messages of a channel shown to somebody who comes in."""
PAGE = 100
"""Messages asked for at once when catching up; the server may allow fewer (ISUPPORT CHATHISTORY).
"""
SOURCE_GUESS = 96
"""Bytes of `:nick!user@host ` that others' copies of our line may begin with, until our own JOIN
has shown it.
"""


@dataclass(slots=True)
class ChannelState:
    name: str
    key: str = ""
    joined: bool = False
    topic: str = ""
    members: dict[str, str] = field(default_factory=dict)
    """Folded nick -> nick as written."""
    last_msgid: str = ""
    """The last message told, or the last of the log's pages told while we are catching up."""
    visited: bool = False
    came_at: datetime | None = None
    """When we came in, by the server's clock."""
    held: list[ev.Said] | None = None
    """Live messages waiting for the history before them; None when nothing is awaited."""

    @property
    def inside(self) -> bool:
        """Joined, and the missed history was shown, so new messages are shown at once."""
        return self.joined and self.held is None


class State:
    def __init__(
        self, nick: str, *, run: str, channels: Iterable[str] = (), user: str = ""
    ) -> None:
        """`run` makes the labels of this run unique; `channels` are joined after registration."""
        self.nick = nick
        self.wanted_nick = nick
        self.user = user or "hubbub"
        self.invitation = ""  # word of an invitation, for invite-only servers
        self.password = ""  # of the server
        self.account: tuple[str, ...] = ()
        """The command that logs in to an account, or makes one: kept across reconnects."""
        self.signing_in = False
        self.registered = False
        self.ever_registered = False
        self.caps: set[str] = set()
        self.isupport: dict[str, str] = {}
        self.away = ""
        self.pending = Pending(run)
        self.fold: Fold = casefold_for("ascii")
        self.channels: dict[str, ChannelState] = {}
        for name in channels:
            self.channel(name)
        self._outgoing: list[bytes] = []
        self.now = 0.0  # time of the last input
        self.naming: dict[str, list[str]] = {}
        self.names_asked: set[str] = set()
        self.nick_attempts = 0
        self.offered: set[str] = set()
        self.batches = Batches()
        self.requests = Requests()
        self.seen: OrderedDict[str, None] = OrderedDict()
        self.source_length = SOURCE_GUESS
        self.regaining = False
        self.awaiting = False
        """A `NickRefused`, `PasswordNeeded` or `AccountNeeded` stands before registration: nothing
        goes on until it is answered.
        """

    # --- the connection comes and goes ---

    def connected(self) -> None:
        """A connection is open: begin the registration."""
        self._outgoing.clear()
        self.nick = self.wanted_nick
        self.nick_attempts = 0
        self.caps.clear()
        self.offered.clear()
        self.awaiting = self.signing_in = False
        if self.invitation:
            self.send("PASS", self.invitation)
        if self.password:
            self.send("PASS", self.password)
        self.send("CAP", "LS", "302")
        self.send("NICK", self.wanted_nick)
        self.send("USER", self.user, "0", "*", self.wanted_nick)

    def connection_lost(self) -> None:
        """The connection is lost. Lines without an echo wait for the next one.

        Messages held back for a history that will not arrive are dropped: the next catch-up begins
        at the last message shown, so it includes them.
        """
        self.registered = self.regaining = False
        self._outgoing.clear()
        self.batches.clear()
        self.requests.clear()
        self.naming.clear()
        self.names_asked.clear()
        self.pending.connection_lost()
        for channel in self.channels.values():
            channel.joined, channel.held = False, None
            channel.members.clear()

    def take_outgoing(self) -> bytes:
        """Remove and return the bytes to send; may be empty."""
        taken = b"".join(self._outgoing)
        self._outgoing.clear()
        return taken

    def send(self, command: str, *params: str, label: str = "") -> None:
        message = Message(command, params, tags={"label": label} if label else {})
        self._outgoing.append(message.encode())

    # --- what a person or a program asks for ---

    def submit(self, target: str, text: str, now: float, *, action: bool = False) -> list[str]:
        """Send `text` to `target`, now or once connected. Returns the labels of the resulting
        lines.

        Raises QueueFullError, and ValueError for a target that no line can contain.
        """
        overhead = self.source_length + len(target.encode()) + len(": PRIVMSG  :\r\n")
        limit = max(64, self.number("LINELEN", 512) - overhead - (10 if action else 0))
        parts = pieces(text, limit)
        if action:
            parts = [f"\x01ACTION {part}\x01" for part in parts]
        Message("PRIVMSG", (target, "")).encode()
        labels = [self.pending.add(target, part).label for part in parts]
        self.flush(now)
        return labels

    def choose_nick(self, nick: str) -> None:
        """Request another nick, during registration after `NickRefused` or later."""
        if not self.registered:
            self.send("USER", self.user, "0", "*", nick)  # others then do not see the refused nick
        self.send("NICK", nick)
        self.wanted_nick = nick
        self.regaining = self.awaiting = False
        if not self.registered:
            self.nick = nick

    def give_password(self, password: str) -> None:
        """Use the server's password at the next connection, after `PasswordNeeded`."""
        self.password = password

    def sign_in(self, password: str, *, new: bool = False) -> None:
        """Log in to the account called like the nick, or make it, after `AccountNeeded`."""
        self.account = ("REGISTER", "*", "*") if new else ("NS", "IDENTIFY", self.wanted_nick)
        self.account += (password,)
        self.awaiting = False
        self.send_account()

    def send_account(self) -> None:
        self.signing_in = True
        self.send(*self.account)

    def regain_nick(self) -> None:
        """Request silently the nick that was in use at the reconnect."""
        if self.registered and self.fold(self.nick) != self.fold(self.wanted_nick):
            self.regaining = True
            self.send("NICK", self.wanted_nick)

    def join(self, name: str, key: str = "") -> None:
        if self.registered:
            self.send("JOIN", name, *([key] if key else []))
        channel = self.channel(name)
        channel.key = key or channel.key

    def part(self, name: str, reason: str = "") -> None:
        channel = self.channels.get(self.fold(name))
        if self.registered and (channel is None or channel.joined):
            self.send("PART", name, *([reason] if reason else []))
        elif channel is not None:
            del self.channels[self.fold(name)]

    def set_away(self, reason: str) -> None:
        """Set or clear the away message; kept across reconnects."""
        self.away = reason
        if self.registered:
            self.send("AWAY", *([reason] if reason else []))

    def ask_names(self, name: str) -> None:
        self.send("NAMES", name)
        self.names_asked.add(self.fold(name))

    def ask_list(self, pattern: str = "") -> None:
        self.send("LIST", *([pattern] if pattern else []))

    def ask(self, command: str, *params: str) -> None:
        """Send any other command; the response is a `Reply`."""
        self.send(command, *params)

    def ask_history(self, where: str, limit: int, *, before: str = "") -> None:
        """Request the last `limit` messages of `where`, or those before a msgid; the result is a
        `History` with when="asked".
        """
        reference = f"msgid={before}" if before else "*"
        self.ask_page("BEFORE" if before else "LATEST", where, reference, limit, "asked")

    def ask_search(self, typed: str, limit: int = FIRST_LOOK, *, before: str = "") -> None:
        """Search (see query.py), or get results older than a msgid; the result is a `History` with
        when="found".
        """
        wanted = attributes(typed) | {"limit": str(limit)}
        text = ";".join(f"{key}={escape_tag(value)}" for key, value in wanted.items() if value)
        older = [f"before:{before}"] if before else []
        self.request(self.requests.add("", "found", self.now), "SEARCH", text, *older)

    def ping(self, token: str) -> None:
        self.send("PING", token)

    def quit(self, reason: str = "") -> None:
        self.send("QUIT", *([reason] if reason else []))

    @property
    def has_history(self) -> bool:
        return bool(self.caps & {"draft/chathistory", "chathistory"}) and "batch" in self.caps

    @property
    def file_host(self) -> str:
        """The URL for uploads; "" if there is none."""
        tokens = ("draft/FILEHOST", "soju.im/FILEHOST")
        return next((self.isupport[each] for each in tokens if self.isupport.get(each)), "")

    @property
    def can_search(self) -> bool:
        return any(cap in self.caps for cap in SEARCH_CAPS)

    @property
    def labels_work(self) -> bool:
        return {"labeled-response", "batch", "echo-message"} <= self.caps

    def is_channel(self, name: str) -> bool:
        return name[:1] in self.isupport.get("CHANTYPES", "#&") and bool(name)

    def flush(self, now: float) -> None:
        """Send lines that may be sent. Lines to a channel wait until its history tells whether one
        of them arrived over the previous connection.
        """
        if not self.registered or not self.pending:
            return
        in_doubt = {self.fold(line.target) for line in self.pending if line.in_doubt}
        unread = {name for name in in_doubt if self._history_to_come(name)}
        for line in self.pending.due(now, lambda line: self.fold(line.target) not in unread):
            line.sender = line.sender or self.nick
            label = line.label if "labeled-response" in self.caps else ""
            self.send("PRIVMSG", line.target, line.text, label=label)
            if not self.labels_work:
                self.ping(line.label)

    def _history_to_come(self, folded: str) -> bool:
        channel = self.channels.get(folded)
        if channel is None or not self.has_history:
            return False
        return not channel.inside

    # --- for those who take in what the server says ---

    def number(self, token: str, default: int) -> int:
        """The number in ISUPPORT's `token`, or `default`."""
        return number(self.isupport.get(token, ""), default)

    def channel(self, name: str) -> ChannelState:
        """The channel with that name; created if unknown."""
        return self.channels.setdefault(self.fold(name), ChannelState(name))

    def is_me(self, nick: str) -> bool:
        return self.fold(nick) == self.fold(self.nick)

    def ask_page(self, verb: str, where: str, reference: str, limit: int, when: ev.When) -> None:
        """Request a page of history (CHATHISTORY); `when` is that of the resulting event."""
        allowed = self.number("CHATHISTORY", 0) or limit
        request = self.requests.add(where, when, self.now, after=verb == "AFTER")
        self.request(request, "CHATHISTORY", verb, where, reference, str(min(limit, allowed)))

    def request(self, request: Request, command: str, *params: str) -> None:
        """Send a request so that its response is recognised by its label, or by a PONG after it."""
        if self.labels_work:
            self.send(command, *params, label=request.mark)
        else:
            self.send(command, *params)
            self.ping(request.mark)
