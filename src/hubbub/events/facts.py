"""What can be true of a kind of event; each kind states it where its class stands, in kinds.py.

    @Kind(STATE, CHANNEL, ALL, words="reason", signed=True)
    class Parted(NamedTuple): ...

The first three are stated by every kind: what the event is to the server, in whose history it
stands, and whose dialects tell it. The rest is stated by those few of which it is true. The sets
that other folders ask (`type(event) in ERASING`) are made from this table at the end of kinds.py.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Nature(Enum):
    """What an event is to the server."""

    #: Words, and what becomes of them. They are in the log and change nothing in the model: an
    #: expired one is forgotten whole.
    SAID = "said"
    #: What was done. Most of it changes what is true now, so every start applies it again, and an
    #: expired one stays without its words.
    STATE = "state"
    #: Told to those who are there, and not written to the log.
    PASSING = "passing"


class History(Enum):
    """The conversations in whose history an event stands."""

    NOWHERE = "nowhere"
    #: The one that its `channel` names, unless it is `hidden`.
    CHANNEL = "channel"
    #: Those in its `channels` that are not in `hidden` too.
    CHANNELS = "channels"
    #: Its `conversation`.
    CONVERSATION = "conversation"


class Told(Enum):
    """The dialects that have words for an event, for those whom its change is told to."""

    ALL = "all"
    #: Plain text has no words for it.
    IRC = "irc"
    #: It is told to nobody as such: its command answers for itself, or it is the server's business.
    NOBODY = "nobody"


class Monitor(Enum):
    """What those hear of an event who watch the person (MONITOR)."""

    #: That the nick is online or offline.
    PRESENCE = "presence"
    #: The event itself, if they have extended-monitor and share no channel with the person.
    NEWS = "news"


SAID, STATE, PASSING = Nature
NOWHERE, CHANNEL, CHANNELS, CONVERSATION = History
ALL, IRC, NOBODY = Told
PRESENCE, NEWS = Monitor


class Kind(NamedTuple):
    """What is true of every event of a kind. As a decorator it enters the class in KINDS."""

    nature: Nature
    history: History
    told: Told
    #: The field with words that change nothing that is true now: "" once the event has expired. (A
    #: topic does; the last one stays.)
    words: str | None = None
    #: The field that says what is to be gone from the disk, as far as it was there before.
    erases: str | None = None
    #: Conversations are called otherwise from here on (conversations.py, `moved`, `left_behind`).
    renames: bool = False
    #: The field with the account or file that takes the event with it when it goes.
    goes_with: str | None = None
    #: The fields that would let others in: no export has them.
    secrets: tuple[str, ...] = ()
    #: Something a person did: told with the account that the person had before it.
    signed: bool = False
    #: A numeric tells the asker already.
    answered: bool = False
    #: What those are told who watch the person.
    monitor: Monitor | None = None
    #: Happens whether the log has room or not: there is some held back (log/reserve.py).
    inevitable: bool = False

    def __call__(self, event: type[T]) -> type[T]:
        KINDS[event] = self
        return event


#: All kinds of events, in the order in which they are declared.
KINDS: dict[type, Kind] = {}
