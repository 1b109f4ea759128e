"""One turn of an I/O thread: many deliveries into one write for each session.

A line is written once for each variant in the audience, lines for one audience are joined once,
and every session that has nothing of its own in this turn gets the same bytes. Only a session that
is told more than its channel is (an answer to itself, a second channel, its own line left out) has
its lines put together for it alone, in the order of the hub.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..dialects.variant import Variant
from ..session import Session
from .audience import Audience
from .batch import Broadcast, Direct


class Run:
    """The deliveries of this turn that go to one audience."""

    __slots__ = ("broadcasts", "numbers")

    def __init__(self) -> None:
        self.numbers: list[int] = []  # place in the turn
        self.broadcasts: list[Broadcast] = []

    def joined(self, variant: Variant) -> bytes:
        return b"".join([broadcast.lines(variant) for broadcast in self.broadcasts])


def deliver(deliveries: Sequence[Broadcast | Direct], thread: int) -> None:
    """Write out one turn's deliveries to the sessions of I/O thread number `thread`."""
    runs: dict[Audience, Run] = {}
    alone: dict[Session, list[tuple[int, Direct]]] = {}  # sessions with something of their own
    for number, delivery in enumerate(deliveries):
        if isinstance(delivery, Direct):
            alone.setdefault(delivery.session, []).append((number, delivery))
        else:
            audience = delivery.audience
            run = runs.get(audience)
            if run is None:
                run = runs[audience] = Run()
            run.numbers.append(number)
            run.broadcasts.append(delivery)
            if delivery.skip is not None:
                alone.setdefault(delivery.skip, [])
    if len(runs) <= 1:
        _deliver_one_run(runs, alone, thread)
    else:
        _deliver_runs(runs, alone, thread)


def _deliver_one_run(
    runs: dict[Audience, Run],
    alone: dict[Session, list[tuple[int, Direct]]],
    thread: int,
) -> None:
    for audience, run in runs.items():
        for variant, sessions in audience.shares.get(thread, ()):
            lines = run.joined(variant)
            if not lines:
                continue
            if variant.frame is not None:
                lines = variant.frame(lines)
            for session in sessions:
                if session in alone:
                    session.parts.append(run)
                else:
                    session.write(lines)
    for session, directs in alone.items():
        _write_alone(session, directs)


def _deliver_runs(
    runs: dict[Audience, Run],
    alone: dict[Session, list[tuple[int, Direct]]],
    thread: int,
) -> None:
    for audience, run in runs.items():
        for _, sessions in audience.shares.get(thread, ()):
            for session in sessions:
                session.parts.append(run)
    for audience, run in runs.items():
        for variant, sessions in audience.shares.get(thread, ()):
            lines = run.joined(variant)
            framed = variant.frame(lines) if variant.frame is not None and lines else lines
            for session in sessions:
                if session in alone:
                    continue
                parts = session.parts
                if len(parts) == 1:
                    parts.clear()
                    if framed:
                        session.write(framed)
                elif parts:
                    _write_alone(session, [])
    for session, directs in alone.items():
        _write_alone(session, directs)


def _write_alone(session: Session, directs: list[tuple[int, Direct]]) -> None:
    """Put together the lines of one session, in the order in which they were decided."""
    variant = session.variant
    numbered: list[tuple[int, bytes]] = [
        (number, broadcast.lines(variant))
        for run in session.parts
        for number, broadcast in zip(run.numbers, run.broadcasts, strict=True)
        if broadcast.skip is not session
    ]
    session.parts.clear()
    start = 0
    for number, direct in directs:
        numbered.append((number, direct.lines))
        if direct.then is not None:
            _write_joined(session, [part for part in numbered if start <= part[0] <= number])
            direct.then()
            start = number + 1
    _write_joined(session, [part for part in numbered if part[0] >= start] if start else numbered)


def _write_joined(session: Session, numbered: list[tuple[int, bytes]]) -> None:
    if len(numbered) > 1:
        numbered.sort(key=_place)
    lines = b"".join([part for _, part in numbered])
    if lines:
        session.write(session.frame(lines) if session.frame is not None else lines)


def _place(part: tuple[int, bytes]) -> int:
    return part[0]
