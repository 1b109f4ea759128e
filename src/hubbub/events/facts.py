"""The facts that every event class states above its definition in kinds.py.

    @Kind(STATE, CHANNEL, ALL, words="reason", signed=True)
    class Parted(NamedTuple): ...

The first three are required: the nature of the event, whose history contains it, and which dialects
write it. The others are optional. The sets used by other folders (`type(event) in ERASING`) are
derived from this table at the end of kinds.py.
"""

from __future__ import annotations

from enum import Enum, Flag, auto
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Nature(Enum):
    """The nature of an event for the server."""

    #: Messages and their edits. They are in the log but not in the model, so an expired one is
    #: deleted completely.
    SAID = "said"
    #: Actions. Most of them change the current state, so every start replays them, and an expired
    #: one is kept without its texts.
    STATE = "state"
    #: Sent to connected clients, but not written to the log.
    PASSING = "passing"


class History(Enum):
    """The conversations whose history contains an event."""

    NOWHERE = "nowhere"
    #: The one named by its `channel`, unless `hidden` is set.
    CHANNEL = "channel"
    #: Those in `channels` except those in `hidden`.
    CHANNELS = "channels"
    #: Its `conversation`.
    CONVERSATION = "conversation"


class Told(Enum):
    """The dialects that write an event to the recipients of its change."""

    ALL = "all"
    #: Plain text does not write it.
    IRC = "irc"
    #: Not sent as such: its command replies, or it is internal to the server.
    NOBODY = "nobody"


class Monitor(Flag):
    """What clients that watch a user with MONITOR receive."""

    #: That a nick is online or offline, if the event has changed that.
    PRESENCE = auto()
    #: The event itself, with extended-monitor and without a common channel.
    NEWS = auto()


SAID, STATE, PASSING = Nature
NOWHERE, CHANNEL, CHANNELS, CONVERSATION = History
ALL, IRC, NOBODY = Told
PRESENCE, NEWS = Monitor


class Kind(NamedTuple):
    """The facts of an event class. As a decorator it registers the class in KINDS."""

    nature: Nature
    history: History
    told: Told
    #: The field with text that does not affect the current state: "" once the event has expired. (A
    #: topic does affect it; the last one is kept.)
    words: str | None = None
    #: The field that names what must be deleted from the disk.
    erases: str | None = None
    #: The event renames conversations (conversations.py, `moved`, `changed_hands`).
    renames: bool = False
    #: The field with the account or file whose deletion deletes the event.
    goes_with: str | None = None
    #: Fields with credentials: exports omit them.
    secrets: tuple[str, ...] = ()
    #: An action of a user: sent with the account that the user had before it.
    signed: bool = False
    #: The client that sent the command gets a numeric instead.
    answered: bool = False
    #: The notifications for watchers of the user.
    monitor: Monitor = Monitor(0)
    #: Recorded even while the disk is full, in the space of the reserve file (log/reserve.py).
    inevitable: bool = False

    def __call__(self, event: type[T]) -> type[T]:
        KINDS[event] = self
        return event


#: All event classes, in the order of their definition.
KINDS: dict[type, Kind] = {}
