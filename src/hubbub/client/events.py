"""Events of the client, as values: views show them, programs match on them.

Names and texts are unchanged from the server and may be unsafe for a terminal;
`hubbub.client.text.printable` makes them safe.
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
    """A message. `where` is the channel, or the other user's nick if it is private."""

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
    """An own line was confirmed: the server has it (a Hubbub server: on disk). `said` is None if
    the server does not echo messages.
    """

    label: str
    where: str
    text: str
    said: Said | None = None


@dataclass(frozen=True, slots=True)
class NotDelivered:
    """An own line was refused, or it can no longer be known whether it arrived. It is not sent
    again.
    """

    label: str
    where: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Registered:
    """Registration is complete, as `nick`. `again`: after a reconnect."""

    nick: str
    again: bool


@dataclass(frozen=True, slots=True)
class NickRefused:
    """The server refused the nick. Before `Registered` it expects another one
    (`State.choose_nick`).
    """

    nick: str
    reason: str
    taken: bool
    registered: bool


@dataclass(frozen=True, slots=True)
class PasswordNeeded:
    """The server wants its password, and closes the connection (`State.give_password`)."""

    reason: str


@dataclass(frozen=True, slots=True)
class AccountNeeded:
    """The server admits only people with an account: before `Registered` it expects a login
    (`State.sign_in`). `reason`: why the last attempt failed, or "".
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Renamed:
    """A user changed nick to `new`. `mine`: it is this client; `why` is set if it did so by
    itself."""

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
    """`nick` left `channel`, or was kicked if `by` is set."""

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
    """The members of `channel`, each nick with its prefix (`@` operator, `+` voice). `asked`: by
    request of the user.
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
    """Earlier messages of `where`, oldest first, none of them shown before. `last`: no more follow
    without a request.
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
    """Any other message of the server: a numeric, a standard reply, a notice. `error`: it is a
    refusal.
    """

    code: str
    params: Sequence[str]
    text: str
    error: bool = False
    sender: str = ""


@dataclass(frozen=True, slots=True)
class UploadToken:
    """A token that permits an upload."""

    token: str


@dataclass(frozen=True, slots=True)
class Pong:
    token: str


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The server's reason for closing the connection (ERROR)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Connecting:
    """A connection was lost, or an attempt failed; the next attempt follows in `delay` seconds.
    `attempt` counts from 1.
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
    | PasswordNeeded
    | AccountNeeded
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
