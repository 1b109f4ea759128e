"""Answer a retry of a labelled message with the first message instead of a second copy.

A client that does not know whether a message arrived (the connection broke before its echo) sends
it again with the same label. Within ten minutes it gets the first message back. Label, target, text
and user must be the same. A label of digits is a counter that restarts with each connection, so it
only counts within its connection.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple

from ...clock import Clock
from ...events.kinds import Entry, MessageSent
from ...log.ranges import REMEMBERED_MS, Labeled
from ...model.fair_shares import FairShares
from ...protocol.names import fold
from ...session import Session

#: Labels remembered of all people. Beyond this the sender that has the most loses its oldest.
MOST = 200_000
#: Labels remembered of one account or of the guests of one address: beyond this their own oldest
#: are dropped.
MOST_OF_ONE = 20_000
#: Bytes of a label (IRCv3 labeled-response). Longer ones are refused, see hub/hub.py.
LONGEST_LABEL = 64
_Key = tuple[str, str, int]


class _Place(NamedTuple):
    """The message sent with a label: its position, the clock at that time, and who sent it."""

    position: int
    time: int
    sender: str


class Deduplicator:
    """Positions of labelled messages of the last ten minutes. `clock` returns milliseconds of a
    clock that nobody sets, so that ten minutes do not depend on the log's time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._places: OrderedDict[_Key, _Place] = OrderedDict()  # oldest first
        self._shares: FairShares[_Key] = FairShares(MOST, MOST_OF_ONE)  # by sender

    def load(self, labeled: Iterable[Labeled], last: int) -> None:
        """Load labels from the log after a restart; `last` is the time (ms) of its last entry. The
        time since then does not count: the clock may have been set."""
        for each in labeled:
            when = self._clock() - (last - each.time)
            place = _Place(each.position, when, _sender_of(each.account, each.source))
            self._note(_key(each.label, each.target, 0), place)

    def note(self, session: Session, entry: Entry) -> None:
        """Remember a labelled message."""
        event = entry.event
        assert isinstance(event, MessageSent)
        key = _key(event.label or "", event.target, session.id)
        self._note(key, _Place(entry.position, self._clock(), _sender(event)))

    def _note(self, key: _Key, place: _Place) -> None:
        self._places.pop(key, None)
        self._places[key] = place
        for gone in self._shares.add(key, place.sender):
            del self._places[gone]
        while place.time - (oldest := next(iter(self._places.items())))[1].time > REMEMBERED_MS:
            del self._places[oldest[0]]
            self._shares.drop(oldest[0])

    def find(self, session: Session, label: str, target: str) -> int | None:
        """The position of the message sent to `target` with `label`, or None."""
        found = self._places.get(_key(label, target, session.id))
        return found.position if found and self._clock() - found.time <= REMEMBERED_MS else None

    def knows(self, session: Session, label: str, params: Iterable[str]) -> bool:
        """Was something said under `label` to one of those named in `params`?"""
        targets = (target for param in params for target in param.split(","))
        return any(self.find(session, label, target) is not None for target in targets)


def holds_beyond(label: str) -> bool:
    """Is this label unique beyond its connection?"""
    return not label.isdigit()


def _key(label: str, target: str, session: int) -> _Key:
    return label, fold(target), 0 if holds_beyond(label) else session


def same_message(first: MessageSent, again: MessageSent) -> bool:
    """Is `again` a retry of `first`, which may have been edited since?"""
    return (
        first.command == again.command
        and (first.text == again.text or bool(first.edited))
        and _same_person(first, again)
    )


def _same_person(first: MessageSent, again: MessageSent) -> bool:
    return _sender(first) == _sender(again)


def _sender(said: MessageSent) -> str:
    return _sender_of(said.account, said.source)


def _sender_of(account: str | None, source: str) -> str:
    """The account, or the shown host of a guest: after a reconnect the nick may not be free."""
    return f"account {account}" if account is not None else source.partition("@")[2]
