"""A batch: entries for the log, and the output that waits for them.

Lines are sent once the log has the entries, in the order in which they were decided. A reply
without an entry joins the batch too while anything before it is waiting. So the PONG to a PING sent
after a message comes after the message's echo.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from itertools import chain
from typing import TypeAlias

from ..events.bursts import Logged
from ..model.change import Change
from ..session import Session
from .audience import Audience

#: A change for an audience, except one session (the client that sent the command, which gets an
#: answer instead). A plain tuple: most objects ever made here are of this type.
Broadcast: TypeAlias = tuple[Audience, Change, Session | None]


class PrivateDelivery:
    """Lines for one session. `past`: they show only what is on disk. `hold`: the session holds back
    later lines (Session.hold)."""

    __slots__ = ("hold", "lines", "past", "session")

    def __init__(
        self, session: Session, lines: str, past: bool = False, hold: bool = False
    ) -> None:
        self.session = session
        self.lines = lines
        self.past = past
        self.hold = hold


class Batch:
    """`callbacks` are called once the log has the batch and its lines are released. `open`: the
    writer has been woken for it."""

    __slots__ = ("askers", "callbacks", "deliveries", "entries", "number", "open", "remarks")

    def __init__(self, number: int, threads: int) -> None:
        self.number = number
        self.open = False
        self.entries: list[Logged] = []
        #: Sessions that caused entries, in the order of their first.
        self.askers: dict[Session, None] = {}
        # (ms, line) for chat.log, about things that are not events.
        self.remarks: list[tuple[int, str]] = []
        self.callbacks: list[Callable[[], None]] = []
        self.deliveries: list[list[Broadcast | PrivateDelivery]] = [[] for _ in range(threads)]

    def tell(self, audience: Audience, change: Change, skip: Session | None) -> None:
        for index in audience.shares:
            self.deliveries[index].append((audience, change, skip))

    def answer(self, direct: PrivateDelivery) -> None:
        self.deliveries[direct.session.thread.index].append(direct)

    def waiting(self) -> dict[Session, None]:
        """Sessions with commands in this batch, except `past` ones. In order: they go on in it."""
        return self.askers | {
            delivery.session: None
            for delivery in chain(*self.deliveries)
            if isinstance(delivery, PrivateDelivery) and not delivery.past
        }

    def take_past(self, waiting: Container[Session]) -> list[PrivateDelivery]:
        """Remove and return the `past` deliveries, except those to the sessions in `waiting`."""
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
