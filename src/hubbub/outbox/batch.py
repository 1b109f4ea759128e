"""What was decided together: the entries for the log, and the lines that wait for them.

The lines of a batch leave when the log has its entries, in the order in which they were decided.
A line that depends on no entry goes through the batch too while anything before it waits: that is
how a PONG asked after a message comes after its echo.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeAlias

from ..log.events import Entry
from ..model.network import Change
from ..session import Session
from .audience import Audience

#: One change for an audience, except one session (which asked, and is answered itself). A bare
#: tuple, since most of what is ever made here are these.
Broadcast: TypeAlias = tuple[Audience, Change, Session | None]


class Direct:
    """Lines for one session. `position`: of the message whose echo they hold, or 0. `then` is
    called when they have left, before anything that follows them does. `needs`: position of the
    last event that they tell of, or 0."""

    __slots__ = ("lines", "needs", "position", "session", "then")

    def __init__(
        self,
        session: Session,
        lines: str,
        position: int = 0,
        then: Callable[[], None] | None = None,
        needs: int = 0,
    ) -> None:
        self.session = session
        self.lines = lines
        self.position = position
        self.then = then
        self.needs = needs


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

    def hold(self, held: Batch) -> None:
        """Move to `held` what must not be told yet: the log does not have these entries."""
        owed = {entry.position for entry in self.entries}
        for mine, kept in zip(self.deliveries, held.deliveries, strict=True):
            kept += [delivery for delivery in mine if _needs(delivery) in owed]
            mine[:] = [delivery for delivery in mine if _needs(delivery) not in owed]
        held.entries += self.entries
        held.promises += self.promises
        self.entries, self.promises = [], []

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


def _needs(delivery: Broadcast | Direct) -> int:
    """The position of the event that it tells of."""
    return delivery.needs if isinstance(delivery, Direct) else delivery[1].entry.position


def _position(delivery: Broadcast | Direct) -> int:
    return delivery.position if isinstance(delivery, Direct) else delivery[1].entry.position
