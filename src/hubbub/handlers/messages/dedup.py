"""Answer a retry of a labelled message with the first message instead of a second copy.

A client that does not know whether a message arrived (the connection broke before its echo) sends
it again with the same label. Within ten minutes it gets the first message back. Label, target, text
and user must be the same. A label of digits is a counter that restarts with each connection, so it
only counts within its connection.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from ...clock import Clock
from ...events.kinds import Entry, MessageSent
from ...log.ranges import REMEMBERED_MS
from ...protocol.names import fold
from ...session import Session

#: Beyond this the oldest are dropped; 330 labelled messages per second fill it.
_MOST = 200_000
_Key = tuple[str, str, int]


class Deduplicator:
    """Positions of labelled messages of the last ten minutes. `clock` returns milliseconds of a
    clock that nobody sets, so that ten minutes do not depend on the log's time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._places: OrderedDict[_Key, tuple[int, int]] = OrderedDict()  # -> position, time

    def load(self, entries: Iterable[Entry], now: int) -> None:
        """Load labels from the log after a restart; `now` is the log's time."""
        for entry in entries:
            self._note(0, entry, self._clock() - (now - entry.time))

    def note(self, session: Session, entry: Entry) -> None:
        """Remember a labelled message."""
        self._note(session.id, entry, self._clock())

    def _note(self, session: int, entry: Entry, when: int) -> None:
        event = entry.event
        assert isinstance(event, MessageSent)
        key = _key(event.label or "", event.target, session)
        self._places[key] = (entry.position, when)
        self._places.move_to_end(key)
        while self._places:
            oldest, (_, since) = next(iter(self._places.items()))
            if len(self._places) <= _MOST and when - since <= REMEMBERED_MS:
                break
            del self._places[oldest]

    def find(self, session: Session, label: str, target: str) -> int | None:
        """The position of the message sent to `target` with `label`, or None."""
        found = self._places.get(_key(label, target, session.id))
        return found[0] if found and self._clock() - found[1] <= REMEMBERED_MS else None

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
    if first.account is not None or again.account is not None:
        return first.account == again.account
    # Without an account: after a reconnect the old nick may not be free yet.
    return first.source.partition("@")[2] == again.source.partition("@")[2]
