"""One connected client, as the hub sees it. Knows no socket: bytes leave through `write`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeAlias

from .dialects.interface import Dialect
from .dialects.variant import Framing, Variant, Variants
from .model.change import Change
from .model.user import User
from .peer import Peer
from .protocol.message import BadLine, Message

#: The changes of this turn that go to one audience: place in the turn, change, who is left out.
Run: TypeAlias = "list[tuple[int, Change, Session | None]]"
#: A run, and its lines for one variant, one text for each change.
Part: TypeAlias = tuple[Run, list[str]]


class Thread(Protocol):
    """What a session needs to know of the I/O thread it lives in."""

    index: int
    pending: int  # number of the last batch that has lines for it; set by the hub
    released: int  # number of the last batch whose lines have left

    def release(self, deliveries: list[Any], number: int) -> None:
        """The lines of batch `number` may leave. Called in any thread."""

    def call(self, function: Callable[..., None], *arguments: Any) -> None:
        """Run `function` in this thread, soon."""


@dataclass(slots=True)
class Registration:
    """What is said before a client is on the network (RFC 2812 section 3.1, IRCv3 CAP)."""

    nick: str = ""
    username: str = ""
    realname: str = ""
    password: str | None = None
    negotiating: bool = False
    away: str | None = None  # said before registration; "": explicitly not away
    refused: str = ""  # the last nick asked for that could not be had
    account: tuple[str, int] | None = None  # logged in to: name and id (model/accounts.py)
    invite: str = ""  # the link or the word of an invitation
    invite_key: str = ""  # what the client calls itself when it uses that (sessions/invites.py)


class Authority(NamedTuple):
    """By what right somebody asks: a connection, an account with the password it had, or both."""

    session: int | None
    account: str | None
    account_id: int = 0
    password: str | None = None  # its hash


class Token(NamedTuple):
    secret: str
    service: str
    until: int  # ms since 1970
    authority: Authority


@dataclass(slots=True)
class OpenBatch:
    """What a client has sent of a message so far."""

    reference: str
    target: str
    tags: dict[str, str]  # of the BATCH command: client-only tags and the label
    opened: int  # ms
    command: str = ""
    edited: str = ""  # the msgid that all lines of an EDIT name
    lines: list[tuple[str, bool]] = field(default_factory=list)  # text, joined to the one before?
    size: int = 0  # bytes of the message
    failed: bool = False  # what still comes is passed over


#: Shared, since Python makes a new one each time, and ten thousand sessions have three.
_NOTHING: frozenset[Any] = frozenset()


class Session:
    """One connection's place on the network.

    Handlers read it; what they may change is the asker's own: `registration`, `caps` (through
    `negotiate`), `cap_version`, `sasl`, `wrong_logins`, `subscribed`, `tokens` and
    `early_metadata`. All the rest belongs to the hub.
    """

    __slots__ = (
        "_write", "accepted", "batch", "cap_version", "caps", "close", "closing", "dialect",
        "early_metadata", "frame", "hears_itself", "held", "id", "last_knock", "last_spoke",
        "parts", "peer", "registration", "run", "sasl", "subscribed", "thread", "tokens", "user",
        "variant", "variants", "waiting", "write", "wrong_logins",
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
        self.batch: OpenBatch | None = None  # a message of several lines that is coming in
        self.last_spoke = 0  # ms since 1970
        self.last_knock = 0
        self.accepted: frozenset[int] = _NOTHING  # ids of users heard in spite of +R
        self.sasl: Any = None  # the login under way, see handlers/accounts/sasl.py
        self.wrong_logins = 0
        self.tokens: tuple[
            Token, ...
        ] = ()  # for asking by HTTP, see handlers/accounts/authority.py
        self.subscribed: frozenset[str] = _NOTHING  # keys of metadata it wants to hear of
        self.early_metadata: dict[str, str] | None = None  # set before registration
        self.closing = False
        # A command that waits for slow work, and what came in behind it.
        self.run: Any = None
        self.waiting: deque[Message | BadLine] | None = None
        # The lines that this turn of the I/O thread has for it, see outbox/fanout.py.
        self.parts: list[Part] = []
        # Set by the connection. `write` is called in the session's own thread alone.
        self.write: Callable[[bytes], None] = _nowhere
        self._write: Callable[[bytes], None] = _nowhere
        self.close: Callable[[], None] = _nothing
        # While this is a list, lines gather in it instead of leaving.
        self.held: list[bytes] | None = None

    @property
    def nick(self) -> str:
        """The nick, or * before there is one (modern.ircdocs.horse "Client" in numerics)."""
        if self.user is not None:
            return self.user.nick
        return (self.registration and self.registration.nick) or "*"

    def negotiate(self, caps: frozenset[str]) -> None:
        """From here on the client understands `caps`."""
        self.caps = caps
        self.hears_itself = self.dialect.hears_itself(caps)
        self.variant = self.variants.get(self.dialect.writers, caps, self.frame)

    def hold(self) -> None:
        """Let nothing leave until `let_go`."""
        self.held = []
        self._write, self.write = self.write, self.held.append

    def let_go(self, first: bytes) -> None:
        """`first` leaves, then all that was held. Called in the session's own thread."""
        held, self.held = self.held or [], None
        self.write = self._write
        if first:
            held.insert(0, self.frame(first) if self.frame is not None else first)
        if held:
            self.write(b"".join(held))

    def stop_holding(self) -> None:
        if self.held is not None:
            self.let_go(b"")

    def divert(self, write: Callable[[bytes], None]) -> None:
        """From here on bytes leave through `write`."""
        if self.held is None:
            self.write = write
        self._write = write


def _nowhere(data: bytes) -> None:
    pass


def _nothing() -> None:
    pass
