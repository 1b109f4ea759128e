"""What was decided together: the entries for the log, and the lines that wait for them.

The lines of a batch leave when the log has its entries, in the order in which they were decided.
A line that depends on no entry goes through the batch too while anything before it waits: that is
how a PONG asked after a message comes after its echo.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TypeAlias

from ..dialects.base import Item
from ..dialects.message import Reply
from ..log.events import AwayChanged, Entry, Event, ServerStarted, SessionDetached, UserQuit
from ..model.change import Change
from ..model.names import fold
from ..session import Session
from .audience import Audience

#: One change for an audience, except one session (which asked, and is answered itself). A bare
#: tuple, since most of what is ever made here are these.
Broadcast: TypeAlias = tuple[Audience, Change, Session | None]


class Direct:
    """Lines for one session. `position`: of the message whose echo they hold, or 0. `then` is
    called when they have left, before anything that follows them does. `needs`: position of the
    last event that they tell of, or 0. `items`: what they say of what is true now."""

    __slots__ = ("items", "lines", "needs", "position", "session", "then")

    def __init__(
        self,
        session: Session,
        lines: str,
        position: int = 0,
        then: Callable[[], None] | None = None,
        needs: int = 0,
        items: Sequence[Item] = (),
    ) -> None:
        self.session = session
        self.lines = lines
        self.position = position
        self.then = then
        self.needs = needs
        self.items = items


class Batch:
    """`works` are begun when the log has the batch, and so are `promises`, which tell somebody that
    it has; `open`: the writer knows of it."""

    __slots__ = ("deliveries", "entries", "number", "open", "promises", "remarks", "works")

    def __init__(self, number: int, threads: int) -> None:
        self.number = number
        self.open = False
        self.entries: list[Entry] = []
        self.remarks: list[str] = []  # lines for chat.log that are no events
        self.works: list[Callable[[], None]] = []
        self.promises: list[Callable[[], None]] = []
        self.deliveries: list[list[Broadcast | Direct]] = [[] for _ in range(threads)]

    def tell(self, audience: Audience, change: Change, skip: Session | None) -> None:
        for index in audience.shares:
            self.deliveries[index].append((audience, change, skip))

    def answer(self, direct: Direct) -> None:
        self.deliveries[direct.session.thread.index].append(direct)

    def refuse(
        self, kinds: frozenset[type], refusal: Callable[[Entry, Session | None], Direct | None]
    ) -> Collection[int]:
        """Take back what is of these kinds: nobody hears of it. Who asked for it is told so by
        `refusal`, at the place where the answer was, or else behind all. The positions."""
        refused = {entry.position: entry for entry in self.entries if type(entry.event) in kinds}
        self.entries = [entry for entry in self.entries if entry.position not in refused]
        askers: dict[int, Session] = {}
        untold = dict(refused)
        for index, deliveries in enumerate(self.deliveries):
            kept = []
            for delivery in deliveries:
                position = _position(delivery)
                asker = delivery.session if isinstance(delivery, Direct) else delivery[2]
                if position not in refused:
                    kept.append(delivery)
                elif asker is not None and asker.thread.index != index:
                    askers[position] = asker
                elif asker is not None and position in untold:
                    direct = refusal(untold.pop(position), asker)
                    kept += (direct,) if direct is not None else ()
            self.deliveries[index] = kept
        for position, entry in untold.items():
            direct = refusal(entry, askers.get(position))
            if direct is not None:
                self.answer(direct)
        return refused


class Held(Batch):
    """What happened while the log had no room: nobody is told of it before it has."""

    __slots__ = ("names", "owed")

    def __init__(self, threads: int) -> None:
        super().__init__(0, threads)
        self.owed: set[int] = set()  # positions
        self.names: set[str] = set()  # of the channels and people concerned

    def take(self, batch: Batch) -> None:
        """Move here what must not be told yet: what happened, and answers that show it."""
        for position, _, event in batch.entries:
            self.owed.add(position)
            if type(event) not in _PRESENCE:
                self.names.update(_concerned(event))
        for mine, held in zip(batch.deliveries, self.deliveries, strict=True):
            waits = [self._waits(delivery) for delivery in mine]
            held += [delivery for delivery, wait in zip(mine, waits, strict=True) if wait]
            mine[:] = [delivery for delivery, wait in zip(mine, waits, strict=True) if not wait]
        self.entries += batch.entries
        self.promises += batch.promises
        batch.entries, batch.promises = [], []

    def _waits(self, delivery: Broadcast | Direct) -> bool:
        if not isinstance(delivery, Direct):
            return delivery[1].entry.position in self.owed
        return delivery.needs in self.owed or any(map(self._is_shown, delivery.items))

    def _is_shown(self, item: Item) -> bool:
        """Refusals, and a PONG, show nothing."""
        if type(item) is not Reply or item.command in _SHOW_NOTHING:
            return False
        if "400" <= item.command < "600":
            return False
        return any(name in self.names for text in item.params for name in _names(text))


#: Who is gone or away is so at once, whatever the disk says.
_PRESENCE = frozenset({UserQuit, SessionDetached, ServerStarted, AwayChanged})
_SHOW_NOTHING = frozenset({"PONG", "FAIL"})


def _concerned(event: Event) -> Iterator[str]:
    """The channel whose state an event changes, or the people."""
    channel: str = getattr(event, "channel", "")
    for text in (channel,) if channel else event:
        if isinstance(text, str):
            yield from _names(text)


def _names(text: str) -> Iterator[str]:
    """The names that a text may hold: a channel, people with or without prefixes and hosts."""
    for word in text.split():
        yield fold(word.partition("!")[0].lstrip("~&@%+"))


def _position(delivery: Broadcast | Direct) -> int:
    return delivery.position if isinstance(delivery, Direct) else delivery[1].entry.position
