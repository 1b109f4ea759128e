"""The times of entries: in the whole log they never go back, and in each conversation they strictly
increase.

The time moves on by a millisecond when a conversation is told a second thing in one. A conversation
in which more is said than a thousand messages a second runs ahead of the clock, but no further than
MOST_AHEAD_MS: beyond that, entries share a time.
"""

from __future__ import annotations

from ..events.conversations import conversations_of
from ..events.kinds import EPHEMERAL, Event, MessageSent
from ..protocol.modes import SIGNS

MOST_AHEAD_MS = 60_000


class EntryTimes:
    """`last`: the time (ms since 1970) of the last entry of the log, whose conversation is not
    known any more."""

    def __init__(self, last: int) -> None:
        self._time = last + 1
        self._told: set[str] = set()  # conversations that have an entry of this time

    def next(self, kind: type, event: Event, now: int) -> int:
        """The time of the next entry, an `event` of the class `kind`."""
        told = self._told
        if now > self._time:
            self._time = now
            told.clear()
        if kind is MessageSent:
            place = event.conversation.lstrip(SIGNS)  # type: ignore[union-attr]
            if place in told:
                self._move_on(now)
            told.add(place)
        elif kind not in EPHEMERAL:
            places = [place.lstrip(SIGNS) for place in conversations_of(event)]
            if not told.isdisjoint(places):
                self._move_on(now)
            told.update(places)
        return self._time

    def next_several(self, place: str, number: int, now: int) -> tuple[int, int]:
        """The times of the first and the last of several messages to a whole channel, as `next`
        would give them one after the other."""
        told = self._told
        if now > self._time:
            self._time = now
            told.clear()
        elif place in told:
            self._move_on(now)
        first = self._time
        if number > 1 and first < now + MOST_AHEAD_MS:
            self._time = min(first + number - 1, now + MOST_AHEAD_MS)
            told.clear()
        told.add(place)
        return first, self._time

    def _move_on(self, now: int) -> None:
        if self._time - now < MOST_AHEAD_MS:
            self._time += 1
            self._told.clear()
