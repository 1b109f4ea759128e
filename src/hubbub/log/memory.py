"""A log in memory, for tests and experiments."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from ..events.bursts import Logged, singles
from ..events.conversations import (
    account_of,
    changed_hands,
    conversations_of,
    edited,
    forgotten,
    moved,
    people_of,
    same_reaction,
    without_sign,
    without_words,
)
from ..events.kinds import (
    OF_FILES,
    RENAMING,
    REWORDING,
    AccountDeleted,
    Entry,
    FileRemoved,
    MessageEdited,
    MessageRedacted,
    MessageSent,
    Reacted,
    ReadMarkerMoved,
    ServerStarted,
    TopicChanged,
    Unreacted,
)
from ..events.retention import ALL, LEAST_MS, Rules
from ..protocol.names import fold
from .base import Erased
from .ranges import REMEMBERED_MS, Labeled, Latest, Range
from .search import Query, matches


class MemoryLog:
    def __init__(self, id: str = "memory") -> None:
        self.id = id
        self.last_position = 0
        self.last_time = 0
        #: In their current form: edited messages have the new text, deleted ones are gone.
        self.entries: list[Entry] = []
        self.erased: list[Erased] = []
        self.no_room = ""
        self._labeled: list[Labeled] = []
        self._moved: dict[int, tuple[str, ...]] = {}  # conversations of events since a rename
        self._reactions: list[Any] = []  # current entries of Reacted
        self._rules: Callable[[], Rules] = lambda: Rules(0, ALL, {})

    def append(self, entries: Sequence[Logged]) -> None:
        self.erased = []
        if entries and type(entries[0].event) is ServerStarted:
            later = entries[0].time - self.last_time
            self._labeled = [each._replace(time=each.time + later) for each in self._labeled]
        for entry in singles(entries):
            self._change(entry)
            if isinstance(entry.event, MessageEdited):
                entry = entry._replace(event=entry.event._replace(text=""))
            if isinstance(entry.event, MessageSent) and entry.event.label:
                said = entry.event
                self._labeled.append(
                    Labeled(*entry[:2], said.label or "", said.target, said.account, said.source)
                )
                entry = entry._replace(event=entry.event._replace(label=None))
            self.entries.append(entry)
            self.last_position, self.last_time = entry.position, entry.time

    def _change(self, entry: Entry) -> None:
        """Apply the effect of an entry on earlier ones."""
        event: Any = entry.event
        if type(event) in REWORDING:
            self.erased += self._words(event.message)
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
        elif isinstance(event, Unreacted):
            self._take_back(event)
        elif isinstance(event, Reacted) and self._is_to_be_seen_by(event):
            self._take_back(event)
            self._reactions.append(entry)
        elif isinstance(event, AccountDeleted):
            self.entries = list(self._without_account(event))
        elif isinstance(event, ReadMarkerMoved):
            self.entries = [each for each in self.entries if not self._same_marker(each, event)]
        elif isinstance(event, FileRemoved):
            self.entries = [
                each
                for each in self.entries
                if each.position not in event.entries or type(each.event) not in OF_FILES
            ]
        names = moved(event, entry.position)
        if type(event) in RENAMING:
            places = {place for each in self.entries for place in self._places(each)}
            names |= changed_hands(places, event, entry.position)
        if names:
            self.entries = [self._renamed(each, names) for each in self.entries]

    def _words(self, message: int) -> list[Erased]:
        """The texts of a channel message."""
        at = self._index(message)
        said: Any = self.entries[at].event if at is not None else None
        if at is None or said.recipient is not None:
            return []
        return [Erased(said.edited or self.entries[at].time, said.target, said.text)]

    def _is_to_be_seen_by(self, event: Reacted) -> bool:
        """Is the message in the conversation that the reaction was sent to?"""
        at = self._index(event.message)
        said: Any = self.entries[at].event if at is not None else None
        return at is not None and without_sign(said) == without_sign(event)

    def _take_back(self, event: Reacted | Unreacted) -> None:
        self._reactions = [each for each in self._reactions if not same_reaction(each.event, event)]

    def _without_account(self, gone: AccountDeleted) -> Iterator[Entry]:
        key = fold(gone.account)
        for entry in self.entries:
            event = entry.event
            if isinstance(event, ReadMarkerMoved) and fold(event.account) == key:
                continue
            if fold(account_of(event) or "") == key:
                left = forgotten(entry)
                if left is not None:
                    yield entry._replace(event=left)
                continue
            yield entry

    def _renamed(self, entry: Entry, names: dict[str, str]) -> Entry:
        """The entry with the new name of its conversation."""
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
        """The index in `entries` of the message at `position`."""
        at = bisect.bisect_left(self.entries, position, key=lambda entry: entry.position)
        if at < len(self.entries) and self.entries[at].position == position:
            return at if isinstance(self.entries[at].event, MessageSent) else None
        return None

    def rest(self) -> None:
        pass

    def free_space(self) -> int | None:
        return None

    def hold_room(self) -> bool:
        return True

    def read(self, after: int = 0) -> Iterator[Entry]:
        return (entry for entry in self.entries if entry.position > after)

    def read_state(self, after: int = 0) -> Iterator[Entry]:
        return (entry for entry in self.read(after) if not isinstance(entry.event, MessageSent))

    def summary(self, format: str) -> bytes | None:
        return None

    def labeled(self) -> list[Labeled]:
        since = self.last_time - REMEMBERED_MS
        return [each for each in self._labeled if each.time >= since]

    def history(self, conversation: str, wanted: Range) -> list[Entry]:
        found = [
            entry
            for entry in self.entries
            if wanted.holds(entry.position, entry.time)
            and self._stands_in(entry, conversation, wanted)
        ]
        return wanted.cut(found)

    def at(self, positions: Iterable[int]) -> list[Entry]:
        found = (self._index(position) for position in sorted(set(positions)))
        return [self.entries[at] for at in found if at is not None]

    def reactions(self, messages: Iterable[int]) -> list[Entry]:
        wanted = set(messages)
        return [entry for entry in self._reactions if entry.event.message in wanted]

    def with_guests(self, person: str, nick: str) -> list[str]:
        names = {each.event.conversation for each in self.entries
                 if isinstance(each.event, MessageSent)}  # fmt: skip
        return [
            name
            for name in names
            if name.startswith(f"{person} {nick}!")
            or (name.startswith(f"{nick}!") and name.endswith(f" {person}"))
        ]

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
        return wanted.some(found)

    def search(
        self,
        query: Query,
        channels: Iterable[str],
        person: str | None = None,
        wanted: Range | None = None,
    ) -> list[Entry]:
        wanted = (wanted or Range())._replace(later=query.later, earlier=query.earlier)
        channels = set(channels)
        found = (
            entry
            for entry in reversed(self.entries)
            if wanted.holds(entry.position, entry.time)
            and isinstance(entry.event, MessageSent)
            and (
                entry.event.conversation in channels
                or (person is not None and person in people_of(entry.event.conversation))
            )
            and matches(query, entry.event)
        )
        return wanted.first(found)

    def _stands_in(self, entry: Entry, conversation: str, wanted: Range) -> bool:
        if isinstance(entry.event, MessageSent):
            return entry.event.conversation == conversation
        if isinstance(entry.event, ReadMarkerMoved):
            return False
        return wanted.shows(type(entry.event)) and conversation in self._places(entry)

    def keep_to(
        self, rules: Callable[[], Rules], run: Callable[[Callable[[], None]], None]
    ) -> None:
        self._rules = rules

    def forget_expired(self) -> None:
        """Delete expired messages, as a real log does from time to time."""
        rules = self._rules()
        if rules.keep_all:
            return
        for name in {place for entry in self.entries for place in self._standing(entry)}:
            self._forget_conversation(name, rules)
        there = {each.position for each in self.entries if isinstance(each.event, MessageSent)}
        self.entries = [
            entry
            for entry in self.entries
            if not isinstance(entry.event, MessageEdited) or entry.event.message in there
        ]
        self._reactions = [each for each in self._reactions if each.event.message in there]

    def _standing(self, entry: Entry) -> tuple[str, ...]:
        return () if isinstance(entry.event, ReadMarkerMoved) else self._places(entry)

    def _forget_conversation(self, name: str, rules: Rules) -> None:
        keep = rules.of(name)
        here = [entry for entry in self.entries if name in self._standing(entry)]
        said = [entry.position for entry in here if isinstance(entry.event, MessageSent)]
        topics = [each.position for each in here if isinstance(each.event, TopicChanged)]
        first = said[-keep.messages] if 0 < keep.messages <= len(said) else -(2**62)
        for entry in here:
            old = keep.age and entry.time < rules.now - max(keep.age, LEAST_MS)
            many = entry.position < first and entry.time < rules.now - LEAST_MS
            if (old or many) and entry.position not in topics[-1:]:
                self._forget_entry(entry, name)

    def _forget_entry(self, entry: Entry, name: str) -> None:
        at = bisect.bisect_left(self.entries, entry.position, key=lambda each: each.position)
        left = tuple(place for place in self._standing(entry) if place != name)
        bare = without_words(entry.event)
        if bare is None:
            del self.entries[at]
            return
        self._moved[entry.position] = left
        if not left:
            self.entries[at] = entry._replace(event=bare)

    def close(self) -> None:
        pass
