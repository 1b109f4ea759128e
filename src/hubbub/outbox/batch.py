"""What was decided together: the entries for the log, and the lines that wait for them.

The lines of a batch leave when the log has its entries, in the order in which they were decided.
A line that depends on no entry goes through the batch too while anything before it waits: that is
how a PONG asked after a message comes after its echo.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import TypeAlias

from ..events.kinds import Entry
from ..model.change import Change
from ..session import Session
from .audience import Audience

#: One change for an audience, except one session (which asked, and is answered itself). A bare
#: tuple, since most of what is ever made here are these.
Broadcast: TypeAlias = tuple[Audience, Change, Session | None]


class PrivateDelivery:
    """Lines for one session. `past`: they show nothing of what is not on disk. `hold`: the session
    holds what follows them (Session.hold)."""

    __slots__ = ("hold", "lines", "past", "session")

    def __init__(
        self, session: Session, lines: str, past: bool = False, hold: bool = False
    ) -> None:
        self.session = session
        self.lines = lines
        self.past = past
        self.hold = hold


class Batch:
    """`callbacks` are called when the log has the batch and its lines are released; `open`: the
    writer knows of it."""

    __slots__ = ("callbacks", "deliveries", "entries", "number", "open", "remarks")

    def __init__(self, number: int, threads: int) -> None:
        self.number = number
        self.open = False
        self.entries: list[Entry] = []
        self.remarks: list[tuple[int, str]] = []  # (ms, line): for chat.log, no events
        self.callbacks: list[Callable[[], None]] = []
        self.deliveries: list[list[Broadcast | PrivateDelivery]] = [[] for _ in range(threads)]

    def tell(self, audience: Audience, change: Change, skip: Session | None) -> None:
        for index in audience.shares:
            self.deliveries[index].append((audience, change, skip))

    def answer(self, direct: PrivateDelivery) -> None:
        self.deliveries[direct.session.thread.index].append(direct)

    def waiting(self) -> set[Session]:
        """Those who asked for something in this batch, but for what is past."""
        found: set[Session | None] = set()
        for delivery in chain(*self.deliveries):
            if not isinstance(delivery, PrivateDelivery):
                found.add(delivery[2])
            elif not delivery.past:
                found.add(delivery.session)
        return {session for session in found if session is not None}

    def take_past(self, waiting: set[Session]) -> list[PrivateDelivery]:
        """Take out what is past, but for those `waiting`."""
        taken: list[PrivateDelivery] = []
        for deliveries in self.deliveries:
            kept: list[Broadcast | PrivateDelivery] = []
            for each in deliveries:
                if isinstance(each, PrivateDelivery) and each.past and each.session not in waiting:
                    taken.append(each)
                else:
                    kept.append(each)
            deliveries[:] = kept
        return taken
