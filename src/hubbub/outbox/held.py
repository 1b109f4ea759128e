"""What must not be told while the log has no room: what happened in the moment before that was
known, and every answer that would show it. It is told when the log has it; all else at once.

Whether an answer shows it is seen by the names in it: of the channels and people concerned. An
answer without names (how many are here) shows nothing. While there is room nothing of this is done.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from ..dialects.interface import Item
from ..events.kinds import (
    EPHEMERAL,
    AwayChanged,
    Event,
    MessageEdited,
    MessageRedacted,
    MessageSent,
    NickChanged,
    ServerStarted,
    SessionDetached,
    UserConnected,
    UserQuit,
)
from ..model.change import Change
from ..protocol.message import Bundle, FixedReplies, Reply
from ..protocol.names import fold
from ..session import Session
from .batch import FILES, WHATEVER, Batch, Broadcast, PrivateDelivery

#: That may wait for one client.
MOST_CHARACTERS = 2**20


class Held(Batch):
    """What happened while the log had no room: nobody is told of it before it has."""

    __slots__ = ("is_seen", "names", "nicks", "owed", "sizes")

    def __init__(self, threads: int) -> None:
        super().__init__(0, threads)
        self.owed: set[int] = set()  # positions
        self.is_seen = False  # answers may show some of it
        self.names: set[str] = set()  # of the channels and people concerned
        self.nicks: set[str] = set()  # of who is called so since then
        self.sizes: Counter[Session] = Counter()  # characters that wait for each

    def take(self, batch: Batch) -> None:
        """Move here what must not be told yet: what happened, and answers that show it."""
        for position, _, event in batch.entries:
            self.owed.add(position)
            if type(event) not in _UNSEEN:
                self.is_seen = True
                self.names.update(_concerned(event))
                if type(event) in _NAMING:
                    self.nicks.add(fold(event.nick))  # type: ignore[union-attr]
        for place, deliveries in enumerate(batch.deliveries):
            batch.deliveries[place] = []
            for delivery in deliveries:
                if not self._waits(delivery):
                    batch.deliveries[place].append(delivery)
                elif isinstance(delivery, PrivateDelivery):
                    self._hold(delivery, batch)
                else:
                    self.deliveries[place].append(delivery)
        self.entries += batch.entries
        self.promises += batch.promises
        batch.entries, batch.promises = [], []

    def _hold(self, direct: PrivateDelivery, batch: Batch) -> None:
        """Who goes on asking for what waits is cut off, as who does not read."""
        session, size = direct.session, len(direct.lines)
        before = self.sizes[session]
        self.sizes[session] += size
        if before + size <= MOST_CHARACTERS:
            self.answer(direct)
        elif before <= MOST_CHARACTERS:
            reason = f"SendQ exceeded ({before} characters wait for room on the disk)"
            lines = session.dialect.farewell(session, reason)
            batch.answer(PrivateDelivery(session, lines, then=session.close))

    def _waits(self, delivery: Broadcast | PrivateDelivery) -> bool:
        if isinstance(delivery, PrivateDelivery):
            if delivery.needs in self.owed or (delivery.items is WHATEVER and self.is_seen):
                return True
            if any(map(_is_read, delivery.items)):
                return False
            nick = fold(delivery.session.nick)
            return any(self._is_shown(item, nick) for item in delivery.items)
        entry = delivery[1].entry
        if type(entry.event) in EPHEMERAL:
            return not self.names.isdisjoint(_concerned(entry.event))
        return entry.position in self.owed

    def _is_shown(self, item: Item, nick: str) -> bool:
        """Refusals, and a PONG, show nothing; a numeric shows the nick of who asked."""
        if type(item) is Bundle:
            return any(self._is_shown(each, nick) for each in item.items)
        if type(item) is FixedReplies:
            return nick in self.nicks
        if type(item) is not Reply or item.command in _SHOW_NOTHING:
            return False
        if item.command.isdigit() and nick in self.nicks:
            return True
        if "400" <= item.command < "600":
            return False
        return any(name in self.names for text in item.params for name in _names(text))


#: No answer shows them; who is gone or away is so at once, whatever the disk says.
_UNSEEN = FILES | {
    AwayChanged, MessageEdited, MessageRedacted, MessageSent, ServerStarted, SessionDetached,
    UserQuit,
}  # fmt: skip
_NAMING = frozenset({NickChanged, UserConnected})
_SHOW_NOTHING = frozenset({"PONG", "FAIL"})
#: Between names in a text, and around them.
_BETWEEN, _AROUND = re.compile(r"[\s,=]+"), ".,:;()'\"~&@%+"


def _is_read(item: Item) -> bool:
    """Are these entries of the log?"""
    return type(item) is Bundle and any(type(each) is Change for each in item.items)


def _concerned(event: Event) -> Iterator[str]:
    """The channel whose state an event changes, or the people."""
    channel: str = getattr(event, "channel", "")
    texts: Iterable[object] = (channel,) if channel else event
    if isinstance(event, UserConnected):  # others have the same host, or words in their name
        texts = (event.nick,)
    for text in texts:
        if isinstance(text, str):
            yield from _names(text)


def _names(text: str) -> Iterator[str]:
    """The names that a text may hold: a channel, people with or without prefixes and hosts."""
    for word in _BETWEEN.split(text):
        name = word.partition("!")[0].lstrip("~&@%+")
        for each in (name, name.strip(_AROUND)):
            if each:
                yield fold(each)
