"""One connected client, as the hub sees it. It has no socket: output goes through `write`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeAlias

from .dialects.interface import Dialect, Item
from .dialects.variant import Framing, Variant, Variants
from .events.bursts import Route
from .model.change import Change
from .model.user import User
from .peer import Peer
from .protocol.message import BadLine, Message

#: The changes of this turn for one audience: (index in the turn, change, session to leave out).
Run: TypeAlias = "list[tuple[int, Change, Session | None]]"
#: A run of changes, and its lines for one variant, one text per change.
Part: TypeAlias = tuple[Run, list[str]]


class Thread(Protocol):
    """The part of an I/O thread that a session uses."""

    index: int
    pending: int  # number of the last batch that has lines for it; set by the hub
    released: int  # number of the last batch whose lines were delivered

    def release(self, deliveries: list[Any], number: int) -> None:
        """Deliver the lines of batch `number`. Thread-safe."""

    def call(self, function: Callable[..., None], *arguments: Any) -> None:
        """Schedule `function` in this thread."""

    def at_end_of_turn(self, function: Callable[[], None]) -> bool:
        """Call `function` once everything that was read in this turn of the thread's loop is
        handled. In another thread it does nothing and returns False."""


@dataclass(slots=True)
class Registration:
    """State of a client before it is on the network (RFC 2812 section 3.1, IRCv3 CAP)."""

    nick: str = ""
    username: str = ""
    realname: str = ""
    password: str | None = None
    negotiating: bool = False
    away: str | None = None  # set before registration; "": explicitly not away
    refused: str = ""  # the last nick that was refused
    account: tuple[str, int] | None = None  # logged in as: name and id (model/accounts.py)
    invite: str = ""  # the link or the word of an invitation
    invite_key: str = ""  # the client's key for returning by it (sessions/invite_links.py)
    guest: tuple[str, str] = ("", "")  # secret and first nick of a browser (sessions/guests.py)


class Authority(NamedTuple):
    """The credential of a request: a connection, an account with its password then, or both."""

    session: int | None
    account: str | None
    account_id: int = 0
    password: str | None = None  # hash of the password


class Token(NamedTuple):
    secret: str
    service: str
    until: int  # ms since 1970
    authority: Authority


@dataclass(slots=True)
class OpenBatch:
    """The lines received so far of a client's batch."""

    reference: str
    target: str
    tags: dict[str, str]  # of the BATCH command: client-only tags and the label
    opened: int  # ms since 1970
    command: str = ""
    edited: str = ""  # the msgid that all lines of an EDIT name
    # Text, and whether it continues the line before.
    lines: list[tuple[str, bool]] = field(default_factory=list)
    size: int = 0  # bytes of the message
    failed: bool = False  # the rest of the batch is ignored


#: Shared: Python creates a new one each time, and each of ten thousand sessions has three.
_NOTHING: frozenset[Any] = frozenset()


class Session:
    """The state of one connection.

    Handlers may read all of it, and change only these attributes of the session that sent the
    command: `registration`, `caps` (through `negotiate`), `cap_version`, `away`, `sasl`,
    `wrong_logins`, `proved`, `device`, `subscribed`, `tokens`, `early_metadata` and `route`. The
    rest belongs to the hub.
    """

    __slots__ = (
        "_write",
        "accepted",
        "answered",
        "away",
        "batch",
        "behind",
        "cap_version",
        "caps",
        "close",
        "closing",
        "device",
        "dialect",
        "early_metadata",
        "frame",
        "hears_itself",
        "held",
        "id",
        "last_spoke",
        "parts",
        "peer",
        "person",
        "postponed",
        "proved",
        "registration",
        "route",
        "run",
        "sasl",
        "subscribed",
        "thread",
        "tokens",
        "user",
        "variant",
        "variants",
        "waiting",
        "write",
        "wrong_logins",
    )  # fmt: skip

    def __init__(
        self,
        id: int,
        thread: Thread,
        peer: Peer,
        dialect: Dialect,
        variants: Variants,
        frame: Framing | None = None,
    ) -> None:
        self.id = id
        self.thread = thread
        self.peer = peer
        self.dialect = dialect
        self.variants = variants
        self.frame = frame
        self.caps: frozenset[str] = _NOTHING
        self.cap_version = 0
        self.hears_itself = dialect.hears_itself(self.caps)
        self.variant: Variant = variants.get(dialect.writers, self.caps, frame)
        self.registration: Registration | None = Registration()
        self.user: User | None = None
        self.batch: OpenBatch | None = None  # an incomplete multiline message
        self.last_spoke = 0  # ms since 1970
        self.route: Route | None = None  # of its last messages, see handlers/messages/bursts.py
        self.away: str | None = None  # the message of this connection; None: present
        # Ids of users whose messages are accepted in spite of +R.
        self.accepted: frozenset[int] = _NOTHING
        self.sasl: Any = None  # the login in progress, see handlers/accounts/sasl.py
        self.wrong_logins = 0
        # Id of the account whose owner logged in here, and when (ms), see accounts/proof.py.
        self.proved: tuple[int, int] = (0, 0)
        self.device = 0  # number of the device whose token logged in here, see accounts/devices.py
        self.tokens: tuple[Token, ...] = ()  # for HTTP requests, see handlers/accounts/authority.py
        self.subscribed: frozenset[str] = _NOTHING  # metadata keys it subscribes to
        self.early_metadata: dict[str, str] | None = None  # set before registration
        self.closing = False
        # A command that waits for slow work, and the input received after it.
        self.run: Any = None
        self.waiting: deque[Message | BadLine] | None = None
        # Output waits for the client to read; the start of reading the log for it is postponed.
        self.behind = False
        self.postponed: Callable[[], None] | None = None
        # Of an HTTP request: User.stable_key of the sender, once known.
        self.person = ""
        # Lines for this session in this turn of the I/O thread, see outbox/fanout.py.
        self.parts: list[Part] = []
        # Set by the connection. `write` may be called only in the session's own thread.
        self.write: Callable[[bytes], None] = _nowhere
        self._write: Callable[[bytes], None] = _nowhere
        self.close: Callable[[], None] = _nothing
        # Of one that asks by HTTP: called in its thread, when all is on disk, instead of `write`,
        # with what the hub itself answers.
        self.answered: Callable[[list[Item]], None] | None = None
        # While this is a list, lines are collected in it instead of being written.
        self.held: list[bytes] | None = None

    @property
    def nick(self) -> str:
        """The nick, or * before there is one (modern.ircdocs.horse "Client" in numerics)."""
        if self.user is not None:
            return self.user.nick
        return (self.registration and self.registration.nick) or "*"

    def negotiate(self, caps: frozenset[str]) -> None:
        """Set the capabilities in effect from now on."""
        self.caps = caps
        self.hears_itself = self.dialect.hears_itself(caps)
        self.variant = self.variants.get(self.dialect.writers, caps, self.frame)

    def hold(self) -> None:
        """Hold back all output until `let_go`."""
        self.held = []
        self._write, self.write = self.write, self.held.append

    def let_go(self, first: bytes) -> None:
        """Write `first`, then all output held back. Call it in the session's own thread."""
        held, self.held = self.held or [], None
        self.write = self._write
        if first:
            held.insert(0, self.frame(first) if self.frame is not None else first)
        if held:
            self.write(b"".join(held))

    def stop_holding(self) -> None:
        if self.held is not None:
            self.let_go(b"")

    def stop(self) -> None:
        """Stop executing its commands."""
        self.closing = True
        command, self.waiting, self.run = self.run, None, None
        self.postponed = None
        if command is not None:
            command.steps.close()  # run the generator's cleanup now

    def divert(self, write: Callable[[bytes], None]) -> None:
        """Send output through `write` from now on."""
        if self.held is None:
            self.write = write
        self._write = write


def _nowhere(data: bytes) -> None:
    pass


def _nothing() -> None:
    pass
