"""Find the conversation of this server that an imported one goes into.

Two conversations go into one only if they are the same: an origin (sources.py) keeps its
conversation for ever, in the log's `meta` table, and no other origin gets it. A second channel of a
name gets a name with a label (`#tea-libera`), and a closed one never the name of an open one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import NamedTuple

from ...events.conversations import people_of
from ...events.kinds import (
    ChannelEnded,
    ChannelImported,
    ChannelRenamed,
    Entry,
    ReadMarkerMoved,
)
from ...events.msgid import imported_time
from ...log.sqlite import SqliteLog
from ...model.replay import replay
from ...protocol.modes import CLOSED
from ...protocol.names import conversation, fold, is_channel
from .overlap import is_same_log
from .sources import ImportedMessage, NotReadable, Options, Origin, Topic, channel_from

_NICKS, _PLACES = "import nick ", "import place "


class Place(NamedTuple):
    """A channel of this server: the target of its messages and the key of its history. `first` is
    the name at the first import, which identifies moments."""

    target: str
    conversation: str
    first: str


class Places:
    """The places of all origins, those of earlier imports included."""

    def __init__(self, log: SqliteLog, options: Options, position: Callable[[int], int]) -> None:
        self._log = log
        self._position = position  # for something that happened elsewhere at a time (ms)
        self._options = options
        self._network = replay(log)  # before the import's transaction, which reads otherwise
        self._kept = log.import_notes(_PLACES)
        options.origins = frozenset(self._kept)
        self._chosen: dict[str, Place] = {}  # by id of the origin
        self._holders: dict[str, str] = {}  # conversation -> id of its origin
        for id, note in self._kept.items():
            place = self._remembered(note)
            if place is not None:
                self._holders[place.conversation] = id
        self._only = ""
        self._shown: dict[str, tuple[str, str]] = {}  # conversation -> channel, key of its topic
        self._own: dict[str, str] = {}  # conversation before a restore -> now
        #: Channels that did not get the name that they have where they come from.
        self.apart: dict[str, str] = {}
        options.nicks.remember(log.import_notes(_NICKS))

    def of(self, said: ImportedMessage, known: str | None) -> Place:
        """The place of a channel message. `known`: the conversation in which the message is."""
        place = self._of(said, known)
        self._show(said, place)
        return place

    def _of(self, said: ImportedMessage, known: str | None) -> Place:
        assert isinstance(said.place, str)
        if self._options.called is not None:
            return self._called(said, channel_from(self._options.called))
        origin = said.origin
        if origin is None:
            return Place(said.place, conversation(said.place), said.place)
        if origin.id not in self._chosen:
            place = self._choose(said.place, origin, known)
            self._chosen[origin.id] = place
            self._holders[place.conversation] = origin.id
            if place.conversation != conversation(said.place):
                self.apart[place.target] = said.place
        return self._chosen[origin.id]

    def of_own(self, said: ImportedMessage, name: str, known: str | None) -> str | None:
        """The conversation of a message that was in `name` before the log was restored; None if
        nobody may have it. `known`: where the message is, if it is still there."""
        if known is not None:
            self._own[name] = known
        if name not in self._own:
            found = (
                self._own_people(said, name) if people_of(name) else self._own_channel(said, name)
            )
            if found is None:
                return None
            self._own[name] = found
        if isinstance(said.place, str):
            self._show(said, Place(said.place, self._own[name], name))
        return self._own[name]

    def _own_people(self, said: ImportedMessage, name: str) -> str | None:
        """Only accounts that were there then, and guests, whose keys nobody can have again."""
        for person in people_of(name):
            account = self._network.accounts.get(person)
            if "!" not in person and (account is None or account.created > said.time):
                return None
        return name

    def _own_channel(self, said: ImportedMessage, name: str) -> str:
        if "," in name:  # a channel that ended, which nobody can join
            return name
        wanted = str(said.place)
        origin = said.origin or Origin(name)
        taken = (each for each in _names(wanted, origin) if self._is_open_to(each, origin))
        return conversation(next(taken))

    def account(self, name: str | None, time: int) -> str | None:
        """The account if it was there at this time."""
        account = self._network.accounts.get(name) if name is not None else None
        return name if account is not None and account.created <= time else None

    def knows(self, origin: Origin | None) -> bool:
        return origin is None or origin.id in self._chosen

    def _called(self, said: ImportedMessage, name: str) -> Place:
        """The channel that --as names, for one conversation, or several logs of it."""
        id = said.origin.id if said.origin and not said.origin.lines else str(said.place)
        self._only = self._only or id
        if id != self._only:
            raise NotReadable("--as names one channel and there are several; --channel chooses one")
        return Place(name, conversation(name), name)

    def _show(self, said: ImportedMessage, place: Place) -> None:
        """Have the channel of a message listed, unless it is closed or has ended."""
        closed = said.origin is not None and said.origin.closed
        is_there = is_channel(place.target) and fold(place.target) == place.conversation
        if is_there and not closed:
            id = said.origin.id if said.origin is not None else place.first
            self._shown[place.conversation] = place.target, id

    def announce(self) -> None:
        """Tell the server of the open channels, with their topics."""
        now, found = time.time_ns() // 1_000_000, []
        for key, (name, id) in self._shown.items():
            channel = self._network.channels.get(key)
            is_known = channel is not None and (channel.imported or channel.is_closed())
            if not is_known and key not in self._network.closed:
                topic = self._options.topics.get(id, Topic(""))
                found.append(ChannelImported(
                    name, one_line(topic.text), topic.by or "imported", topic.time or now
                ))  # fmt: skip
        self._log.put_now([*found, *self._moved_markers()], now)

    def _moved_markers(self) -> Iterator[ReadMarkerMoved]:
        """Where people had read to when the log was exported, if that is further than it says."""
        for (account, name), (target, read) in self._options.markers.items():
            here = self._own.get(name)
            known = self._network.markers.get(account, {}).get(here or "", 0)
            if here is not None and read > known and self.account(account, read) is not None:
                yield ReadMarkerMoved(account, here, here if here != name else target, read)

    def keep(self) -> None:
        """Write the new places and nicks into the log."""
        for id, place in self._chosen.items():
            number = self._log.conversation_id(place.conversation)
            if number is not None:
                self._log.note_import(f"{_PLACES}{id}", json.dumps([number, place.first]))
        for who, nick in self._options.nicks.known.items():
            self._log.note_import(f"{_NICKS}{who}", nick)

    def _remembered(self, note: str) -> Place | None:
        """The place that a note of an earlier import names, by what it is called now."""
        number, first = json.loads(note)
        name = self._log.conversation_name(number)
        if name is None:
            return None
        return Place(_target(name, first), name, first)

    def _choose(self, wanted: str, origin: Origin, known: str | None) -> Place:
        note = self._kept.get(origin.id)
        place = self._remembered(note) if note is not None else None
        if place is not None:
            return self._renamed(place, wanted)
        if known is not None and known not in self._holders and not people_of(known):
            return self._renamed(Place(_target(known, wanted), known, wanted), wanted)
        holder = self._holders.get(conversation(wanted))
        if holder and origin.lines and is_same_log(self._log.imported_like, origin.lines()):
            return Place(wanted, conversation(wanted), wanted)
        name = next(name for name in _names(wanted, origin) if self._is_free(name, origin))
        return Place(name, conversation(name), name)

    def _renamed(self, place: Place, wanted: str) -> Place:
        """Follow a rename there, if the channel is in use by nobody here."""
        old, new = place.conversation, conversation(wanted)
        channel = self._network.channels.get(old)
        unused = channel is None or (channel.imported and not channel.members)
        if fold(place.first) != old or old == new or not unused or self._log.has_events(old):
            return place
        if new in self._holders or new in self._network.channels or self._log.conversation_id(new):
            return place
        now = time.time_ns() // 1_000_000
        renamed = ChannelRenamed(0, "import!imported@imported", place.target, wanted, "")
        position = self._position(now)
        self._log.put_past([Entry(position, imported_time(now, position), renamed)], ())
        self._holders.pop(old, None)
        if channel is not None:
            self._log.put_now([ChannelEnded(channel.name)], now)
        return Place(wanted, new, place.first)

    def _is_free(self, name: str, origin: Origin) -> bool:
        return conversation(name) not in self._holders and self._is_open_to(name, origin)

    def _is_open_to(self, name: str, origin: Origin) -> bool:
        """Is the channel here, if there is one, read by those who could read the one there?"""
        key = conversation(name)
        channel = self._network.channels.get(key)
        if not origin.closed:
            closed = channel is not None and not CLOSED.isdisjoint(channel.modes)
            return not closed and key not in self._network.closed
        return (
            channel is None
            and key not in self._options.open_names
            and self._log.conversation_id(key) is None
        )


def _names(wanted: str, origin: Origin) -> Iterator[str]:
    """The names that a channel may get, the best first."""
    yield wanted
    labels = [*origin.labels, *(["private"] if origin.closed else [])]
    yield from (channel_from(f"{wanted}-{label}") for label in labels if label)
    yield from (f"{wanted}-{number}" for number in count(2))


#: Bytes of a topic.
_LONGEST_TOPIC = 390


def one_line(text: str) -> str:
    plain = "".join(c for c in " ".join(text.split()) if c >= " ")
    return plain.encode(errors="replace")[:_LONGEST_TOPIC].decode(errors="ignore")


def _target(name: str, shown: str) -> str:
    """The target of messages in the conversation `name`, in the spelling of `shown` if that is it.
    The history of a channel that ended has a name behind a comma."""
    return shown if fold(shown) == name else name.partition(",")[0]
