"""What can happen on the other side of the wire, as values. A view shows them, a program matches on
them.

Names and texts are what the server sent, not made safe for a terminal;
`hubbub.client.text.printable` does that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

When = Literal["now", "missed", "earlier", "asked", "found"]
"""Why a message is shown: it was sent now; while the connection was away; before this client came;
or somebody asked for history.
"""

Kind = Literal["message", "action", "notice", "ctcp"]


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody said something. `where` is the channel, or the other person's nick when it is
    private.
    """

    sender: str
    where: str
    text: str
    kind: Kind = "message"
    private: bool = False
    mine: bool = False
    when: When = "now"
    time: datetime | None = None
    """As the server stamped it, in UTC; None from a server that does not."""
    msgid: str = ""


@dataclass(frozen=True, slots=True)
class Delivered:
    """Our own line came back: the server has it (a Hubbub server: on disk). `said` is None where a
    server does not echo.
    """

    label: str
    where: str
    text: str
    said: Said | None = None


@dataclass(frozen=True, slots=True)
class NotDelivered:
    """Our own line was refused, or nobody can tell any more whether it arrived. It will not be sent
    again.
    """

    label: str
    where: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Registered:
    """We are in, as `nick`. `again` after a reconnect."""

    nick: str
    again: bool


@dataclass(frozen=True, slots=True)
class NickRefused:
    """The server does not give us this nick. Before `Registered` it waits for another one
    (`State.choose_nick`).
    """

    nick: str
    reason: str
    taken: bool
    registered: bool


@dataclass(frozen=True, slots=True)
class Renamed:
    """`mine`: we are called `new` now. `why` is set when the client did it by itself."""

    old: str
    new: str
    mine: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Joined:
    nick: str
    channel: str
    mine: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """`nick` left `channel`, by its own will or, when `by` is set, kicked."""

    nick: str
    channel: str
    reason: str = ""
    by: str = ""
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Quit:
    nick: str
    channels: Sequence[str]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class JoinRefused:
    channel: str
    reason: str


@dataclass(frozen=True, slots=True)
class Names:
    """Who is in `channel`, each nick with its prefix (`@` operator, `+` voice); `asked` when
    somebody wanted to know.
    """

    channel: str
    names: Sequence[str]
    asked: bool


@dataclass(frozen=True, slots=True)
class TopicIs:
    channel: str
    topic: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """Messages of `where` out of the server's log, oldest first, none told before. `last`: no more
    will follow by itself.
    """

    where: str
    when: When
    messages: Sequence[Said]
    last: bool = True


@dataclass(frozen=True, slots=True)
class ChannelListed:
    channel: str
    people: int
    topic: str


@dataclass(frozen=True, slots=True)
class Reply:
    """Anything else the server says to us: a numeric, a standard reply, a notice. `error` when it
    is a no.
    """

    code: str
    params: Sequence[str]
    text: str
    error: bool = False
    sender: str = ""


@dataclass(frozen=True, slots=True)
class UploadToken:
    """A word that lets us upload a file."""

    token: str


@dataclass(frozen=True, slots=True)
class Pong:
    token: str


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The server says why it is about to close the connection (ERROR)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Connecting:
    """A connection was lost, or an attempt failed; the next one comes in `delay` seconds. `attempt`
    counts from 1.
    """

    reason: str
    delay: float
    attempt: int


Event = (
    Said
    | Delivered
    | NotDelivered
    | Registered
    | NickRefused
    | Renamed
    | Joined
    | Left
    | Quit
    | JoinRefused
    | Names
    | TopicIs
    | History
    | ChannelListed
    | Reply
    | UploadToken
    | Pong
    | Goodbye
    | Connecting
)
