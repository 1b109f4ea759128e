"""One turn of an I/O thread: many deliveries into one write for each session.

A line is written once for each variant in the audience, lines for one audience are joined once,
and every session that has nothing of its own in this turn gets the same bytes. Only a session that
is told more than its channel is (an answer to itself, a second channel, its own line left out) has
its lines put together for it alone, in the order of the hub.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from ..dialects.variant import Variant
from ..session import Session
from .audience import Audience
from .batch import Broadcast, Direct

#: The deliveries of this turn that go to one audience, each with its place in the turn.
Run: TypeAlias = list[tuple[int, Broadcast]]
#: Sessions with something of their own in this turn, and what it is.
Alone: TypeAlias = dict[Session, list[tuple[int, Direct]]]


def deliver(deliveries: Sequence[Broadcast | Direct], thread: int) -> None:
    """Write out one turn's deliveries to the sessions of I/O thread number `thread`."""
    runs: dict[Audience, Run] = {}
    alone: Alone = {}
    for number, delivery in enumerate(deliveries):
        if isinstance(delivery, Direct):
            alone.setdefault(delivery.session, []).append((number, delivery))
        else:
            run = runs.get(delivery.audience)
            if run is None:
                runs[delivery.audience] = [(number, delivery)]
            else:
                run.append((number, delivery))
    for run in runs.values():
        if len(run) > 1:
            for _, broadcast in run:
                if broadcast.skip is not None:
                    alone.setdefault(broadcast.skip, [])
    if len(runs) == 1:
        _deliver_run(*runs.popitem(), alone, thread)
    elif runs:
        _deliver_runs(runs, alone, thread)
    for session, directs in alone.items():
        _write_alone(session, directs)


def _deliver_run(audience: Audience, run: Run, alone: Alone, thread: int) -> None:
    """One audience alone: everybody gets the same, unless it is in `alone`."""
    skip = run[0][1].skip if len(run) == 1 else None
    for variant, sessions in audience.shares.get(thread, ()):
        lines = _joined(run, variant)
        if not lines:
            continue
        if variant.frame is not None:
            lines = variant.frame(lines)
        for session in sessions:
            if session in alone:
                session.parts.append(run)
            elif session is not skip:
                session.write(lines)


def _deliver_runs(runs: dict[Audience, Run], alone: Alone, thread: int) -> None:
    """Several audiences: first find who is in more than one of them."""
    for audience, run in runs.items():
        skip = run[0][1].skip if len(run) == 1 else None
        for _, sessions in audience.shares.get(thread, ()):
            for session in sessions:
                if session is not skip:
                    session.parts.append(run)
    for audience, run in runs.items():
        for variant, sessions in audience.shares.get(thread, ()):
            lines = _joined(run, variant)
            if variant.frame is not None and lines:
                lines = variant.frame(lines)
            for session in sessions:
                parts = session.parts
                if not parts or session in alone:
                    continue
                if len(parts) == 1:
                    # Not this run: it was left out of it, the other one has its own turn.
                    if parts[0] is run:
                        parts.clear()
                        if lines:
                            session.write(lines)
                else:
                    _write_alone(session, [])


def _joined(run: Run, variant: Variant) -> bytes:
    if len(run) == 1:
        return run[0][1].lines(variant)
    return b"".join([broadcast.lines(variant) for _, broadcast in run])


def _write_alone(session: Session, directs: list[tuple[int, Direct]]) -> None:
    """Put together the lines of one session, in the order in which they were decided."""
    variant = session.variant
    numbered: list[tuple[int, bytes]] = [
        (number, broadcast.lines(variant))
        for run in session.parts
        for number, broadcast in run
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
