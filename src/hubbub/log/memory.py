"""A log in a list; for tests and for trying things out."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..model.names import fold
from .events import (
    ChannelRenamed,
    Entry,
    FilePosted,
    FileRemoved,
    FileUploaded,
    MessageEdited,
    MessageRedacted,
    MessageSent,
    Reacted,
    ReadMarkerMoved,
    Unreacted,
)
from .reading import (
    REMEMBERED_MS,
    Latest,
    Range,
    conversations_of,
    edited,
    people_of,
    put_aside,
    same_reaction,
)
from .search import Query, conversation_fits, matches


class MemoryLog:
    def __init__(self, id: str = "memory") -> None:
        self.id = id
        self.last_position = 0
        self.last_time = 0
        #: As they read now: edited messages have their present text, redacted ones are gone.
        self.entries: list[Entry] = []
        self._labeled: list[Entry] = []
        self._moved: dict[int, tuple[str, ...]] = {}  # where events stand since a renaming
        self._reactions: list[Any] = []  # entries of Reacted that stand

    def append(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._change(entry)
            if isinstance(entry.event, MessageEdited):
                entry = entry._replace(event=entry.event._replace(text=""))
            if isinstance(entry.event, MessageSent) and entry.event.label:
                self._labeled.append(entry)
                entry = entry._replace(event=entry.event._replace(label=None))
            self.entries.append(entry)
            self.last_position, self.last_time = entry.position, entry.time

    def _change(self, entry: Entry) -> None:
        """What an entry changes in those before it."""
        event = entry.event
        if isinstance(event, MessageEdited):
            at = self._index(event.message)
            if at is not None:
                self.entries[at] = edited(self.entries[at], entry)
        elif isinstance(event, MessageRedacted):
            at = self._index(event.message)
            if at is not None:
                del self.entries[at]
            self._reactions = [
                each for each in self._reactions if each.event.message != event.message
            ]
        elif isinstance(event, Reacted | Unreacted):
            self._reactions = [
                each for each in self._reactions if not same_reaction(each.event, event)
            ]
            if isinstance(event, Reacted) and self._index(event.message) is not None:
                self._reactions.append(entry)
        elif isinstance(event, ReadMarkerMoved):
            self.entries = [each for each in self.entries if not self._same_marker(each, event)]
        elif isinstance(event, FileRemoved):
            self.entries = [
                each
                for each in self.entries
                if each.position not in event.entries
                or not isinstance(each.event, FileUploaded | FilePosted)
            ]
        elif isinstance(event, ChannelRenamed) and fold(event.old) != fold(event.channel):
            old, new = fold(event.old), fold(event.channel)
            names = {old: new, new: put_aside(new, entry.position)}
            self.entries = [self._renamed(each, names) for each in self.entries]

    def _renamed(self, entry: Entry, names: dict[str, str]) -> Entry:
        """The entry under the new name of its conversation."""
        event = entry.event
        if isinstance(event, MessageSent):
            name = names.get(event.conversation)
            return entry._replace(event=event._replace(conversation=name)) if name else entry
        places = self._places(entry)
        if not names.keys().isdisjoint(places):
            self._moved[entry.position] = tuple(names.get(place, place) for place in places)
        return entry

    def _places(self, entry: Entry) -> tuple[str, ...]:
        if entry.position in self._moved:
            return self._moved[entry.position]
        if isinstance(entry.event, ReadMarkerMoved):
            return (entry.event.conversation,)
        return conversations_of(entry.event)

    def _same_marker(self, entry: Entry, other: ReadMarkerMoved) -> bool:
        return (
            isinstance(entry.event, ReadMarkerMoved)
            and entry.event.account == other.account
            and self._places(entry) == (other.conversation,)
        )

    def _index(self, position: int) -> int | None:
        """Where in `entries` the message at `position` is."""
        at = bisect.bisect_left(self.entries, position, key=lambda entry: entry.position)
        if at < len(self.entries) and self.entries[at].position == position:
            return at if isinstance(self.entries[at].event, MessageSent) else None
        return None

    def rest(self) -> None:
        pass

    def probe(self) -> None:
        pass

    def read(self, after: int = 0) -> Iterator[Entry]:
        return (entry for entry in self.entries if entry.position > after)

    def read_state(self, after: int = 0) -> Iterator[Entry]:
        return (entry for entry in self.read(after) if not isinstance(entry.event, MessageSent))

    def summary(self, format: str) -> bytes | None:
        return None

    def labeled(self) -> list[Entry]:
        since = self.last_time - REMEMBERED_MS
        return [each for each in self._labeled if each.time >= since and self.at([each.position])]

    def history(self, conversation: str, wanted: Range) -> list[Entry]:
        found = [
            entry
            for entry in self.entries
            if wanted.holds(entry.position, entry.time)
            and self._stands_in(entry, conversation, wanted.events)
        ]
        if len(found) <= wanted.limit:
            return found
        return found[len(found) - wanted.limit :] if wanted.newest else found[: wanted.limit]

    def at(self, positions: Iterable[int]) -> list[Entry]:
        found = (self._index(position) for position in sorted(set(positions)))
        return [self.entries[at] for at in found if at is not None]

    def reactions(self, messages: Iterable[int]) -> list[Entry]:
        wanted = set(messages)
        return [entry for entry in self._reactions if entry.event.message in wanted]

    def latest(
        self, channels: Iterable[str], person: str | None = None, wanted: Range | None = None
    ) -> list[Latest]:
        wanted = wanted or Range()
        channels = set(channels)
        last: dict[str, Latest] = {}
        for position, time, event in self.entries:
            if isinstance(event, MessageSent) and wanted.holds(position, time):
                name = event.conversation
                if name in channels or (person is not None and person in people_of(name)):
                    last[name] = Latest(name, position, time)
        found = sorted(last.values(), key=lambda each: each.position)
        if len(found) <= wanted.limit:
            return found
        return found[len(found) - wanted.limit :] if wanted.newest else found[: wanted.limit]

    def search(
        self,
        query: Query,
        channels: Iterable[str],
        person: str | None = None,
        wanted: Range | None = None,
    ) -> list[Entry]:
        wanted = (wanted or Range())._replace(later=query.later, earlier=query.earlier)
        channels = set(channels)
        found = [
            entry
            for entry in reversed(self.entries)
            if wanted.holds(entry.position, entry.time)
            and isinstance(entry.event, MessageSent)
            and (
                entry.event.conversation in channels
                or (person is not None and person in people_of(entry.event.conversation))
            )
            and conversation_fits(query, entry.event.conversation)
            and matches(query, entry.event)
        ]
        return found[: wanted.limit]

    def _stands_in(self, entry: Entry, conversation: str, events: bool) -> bool:
        if isinstance(entry.event, MessageSent):
            return entry.event.conversation == conversation
        if isinstance(entry.event, ReadMarkerMoved):
            return False
        return events and conversation in self._places(entry)

    def close(self) -> None:
        pass
