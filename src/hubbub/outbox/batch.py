"""What was decided together: the entries for the log, and the lines that wait for them.

The lines of a batch leave when the log has its entries, in the order in which they were decided.
A line that depends on no entry goes through the batch too while anything before it waits: that is
how a PONG asked after a message comes after its echo.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias

from ..dialects.interface import Item
from ..events.kinds import Entry, FilePosted, FileRemoved
from ..model.change import Change
from ..protocol.message import Reply
from ..session import Session
from .audience import Audience

#: One change for an audience, except one session (which asked, and is answered itself). A bare
#: tuple, since most of what is ever made here are these.
Broadcast: TypeAlias = tuple[Audience, Change, Session | None]


class PrivateDelivery:
    """Lines for one session. `then` is called when they have left, before anything that follows
    them does. `needs`: position of the last event that they tell of, or 0. `items`: what they say
    of what is true now. `label`: of the command that they answer."""

    __slots__ = ("items", "label", "lines", "needs", "session", "then")

    def __init__(
        self,
        session: Session,
        lines: str,
        then: Callable[[], None] | None = None,
        needs: int = 0,
        items: Sequence[Item] = (),
        label: str | None = None,
    ) -> None:
        self.session = session
        self.lines = lines
        self.then = then
        self.needs = needs
        self.items = items
        self.label = label


#: As items: no matter what. Parts of one answer all wait or none does, so they keep their order.
WHATEVER: Sequence[Item] = (Reply("*"),)
#: Makes the answer to who asked for what is refused, under the label of that.
Refusal: TypeAlias = Callable[[Entry, Session | None, str | None], PrivateDelivery | None]
#: With these a file comes to a message, or goes with it. They stand right behind it.
FILES = frozenset({FilePosted, FileRemoved})


class Batch:
    """`works` are begun when the log has the batch, and so are `promises`, which tell somebody that
    it has; `open`: the writer knows of it."""

    __slots__ = ("deliveries", "entries", "number", "open", "promises", "remarks", "works")

    def __init__(self, number: int, threads: int) -> None:
        self.number = number
        self.open = False
        self.entries: list[Entry] = []
        self.remarks: list[tuple[int, str]] = []  # (ms, line): for chat.log, no events
        self.works: list[Callable[[], None]] = []
        self.promises: list[Callable[[], None]] = []
        self.deliveries: list[list[Broadcast | PrivateDelivery]] = [[] for _ in range(threads)]

    def tell(self, audience: Audience, change: Change, skip: Session | None) -> None:
        for index in audience.shares:
            self.deliveries[index].append((audience, change, skip))

    def answer(self, direct: PrivateDelivery) -> None:
        self.deliveries[direct.session.thread.index].append(direct)

    def refuse(self, kinds: frozenset[type], refusal: Refusal) -> Collection[int]:
        """Take back what is of these kinds: nobody hears of it. Who asked for it is told so by
        `refusal`, at the place where the answer was, or else behind all. The positions."""
        refused = self._that_can_go(kinds)
        self.entries = [entry for entry in self.entries if entry.position not in refused]
        labels = self._labels(refused)
        askers: dict[int, Session] = {}
        untold = dict(refused)
        told: set[tuple[Session, str]] = set()

        def tell(position: int, asker: Session | None) -> list[PrivateDelivery]:
            """Once for each label."""
            direct = refusal(untold.pop(position), asker, labels.get(position))
            if direct is None or (direct.label and (direct.session, direct.label) in told):
                return []
            told.add((direct.session, direct.label or ""))
            return [direct]

        for index, deliveries in enumerate(self.deliveries):
            kept: list[Broadcast | PrivateDelivery] = []
            for delivery in deliveries:
                position = _position(delivery)
                asker = delivery.session if isinstance(delivery, PrivateDelivery) else delivery[2]
                if position not in refused:
                    kept.append(delivery)
                elif asker is not None and asker.thread.index != index:
                    askers[position] = asker
                elif asker is not None and position in untold:
                    kept += tell(position, asker)
            self.deliveries[index] = kept
        for position in list(untold):
            for direct in tell(position, askers.get(position)):
                self.answer(direct)
        return refused

    def _that_can_go(self, kinds: frozenset[type]) -> dict[int, Entry]:
        """Entries of these kinds by position, but for those with which files came or went."""
        found, next = {}, 0
        for entry in reversed(self.entries):
            if type(entry.event) in FILES:
                next = entry.position
            elif type(entry.event) in kinds and entry.position + 1 != next:
                found[entry.position] = entry
        return dict(reversed(found.items()))

    def _labels(self, positions: Collection[int]) -> dict[int, str | None]:
        """Of the commands that made the entries at these positions."""
        return {
            each.needs: each.label
            for deliveries in self.deliveries
            for each in deliveries
            if isinstance(each, PrivateDelivery)
            and each.label is not None
            and each.needs in positions
        }


def _position(delivery: Broadcast | PrivateDelivery) -> int:
    return delivery.needs if isinstance(delivery, PrivateDelivery) else delivery[1].entry.position
