"""Deliver the lines of one loop iteration of an I/O thread with one write per session.

A line is serialized once per variant in the audience, the lines for one audience are joined once,
and every session without other output in this iteration gets the same bytes. Only sessions with
more output than their channel's (an answer, a second channel, an own line left out) have their
lines assembled separately, in the hub's order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from ..session import Run, Session
from .audience import Audience
from .batch import Broadcast, PrivateDelivery

#: Sessions that need a write of their own in this iteration, with their private deliveries.
Alone: TypeAlias = dict[Session, list[tuple[int, PrivateDelivery]]]


def deliver(deliveries: Sequence[Broadcast | PrivateDelivery], thread: int) -> None:
    """Write the deliveries of one iteration to the sessions of I/O thread number `thread`."""
    runs: dict[Audience, Run] = {}
    alone: Alone = {}
    for place, delivery in enumerate(deliveries):
        if isinstance(delivery, PrivateDelivery):
            alone.setdefault(delivery.session, []).append((place, delivery))
        else:
            audience, change, skip = delivery
            run = runs.get(audience)
            if run is None:
                runs[audience] = [(place, change, skip)]
            else:
                run.append((place, change, skip))
    if len(runs) > 1:
        _find_shared(runs, alone, thread)
    for audience, run in runs.items():
        _deliver_run(audience, run, alone, thread)
    skipped = {skip for run in runs.values() for _, _, skip in run} if alone else set()
    alike: dict[tuple[int, ...], bytes] = {}
    for session, directs in alone.items():
        if directs or session in skipped:
            _write_alone(session, directs)
        else:
            _write_alike(session, alike)


def _find_shared(runs: Iterable[Audience], alone: Alone, thread: int) -> None:
    """Sessions in more than one audience get a write of their own."""
    shares = [audience.shares.get(thread, ()) for audience in runs]
    heard = [session for share in shares for _, sessions in share for session in sessions]
    if len(set(heard)) < len(heard):
        for session, times in Counter(heard).items():
            if times > 1:
                alone.setdefault(session, [])


def _deliver_run(audience: Audience, run: Run, alone: Alone, thread: int) -> None:
    """Write the same bytes to every session, except skipped ones and those with a write of their
    own."""
    skip = run[0][2] if len(run) == 1 else _left_out(run, alone, thread)
    for variant, sessions in audience.shares.get(thread, ()):
        # Quick path of a single change (general: else): a comprehension costs half as much as the
        # line.
        if len(run) == 1:
            lines = [variant.write(run[0][1])]
        else:  # General path (quick: if).
            lines = [variant.write(change) for _, change, _ in run]
        data = "".join(lines).encode()
        if variant.frame is not None and data:
            data = variant.frame(data)
        for session in sessions:
            if session is skip:
                continue
            if session in alone:
                session.parts.append((run, lines))
            elif data:
                session.write(data)


def _left_out(run: Run, alone: Alone, thread: int) -> Session | None:
    """The session to skip for the whole run. A session skipped for a part of it gets a write of its
    own, if it belongs to this thread; others may be in the middle of their iteration."""
    skips = {skip for _, _, skip in run}
    if len(skips) == 1:
        return skips.pop()
    for skip in skips:
        if skip is not None and skip.thread.index == thread:
            alone.setdefault(skip, [])
    return None


def _write_alike(session: Session, alike: dict[tuple[int, ...], bytes]) -> None:
    """Quick path of a session that hears whole runs and nothing else (general: _write_alone). While
    a thousand join a channel of a thousand, everybody there does: it is assembled once."""
    key = tuple([id(lines) for _, lines in session.parts])
    data = alike.get(key)
    if data is None:
        placed = sorted(
            (place, line)
            for run, lines in session.parts
            for (place, _, _), line in zip(run, lines, strict=True)
        )
        data = "".join([line for _, line in placed]).encode()
        if session.frame is not None and data:
            data = session.frame(data)
        alike[key] = data
    session.parts.clear()
    if data:
        session.write(data)


def _write_alone(session: Session, directs: list[tuple[int, PrivateDelivery]]) -> None:
    """Assemble and write the lines of one session, in the order in which they were decided."""
    # Quick path of one run without private lines (general: after the return).
    if not directs and len(session.parts) == 1:
        ((run, lines),) = session.parts
        session.parts.clear()
        told = zip(run, lines, strict=True)
        _write(session, [line for (_, _, skip), line in told if skip is not session])
        return
    # General path (quick: one run without private lines).
    placed = [
        (place, line)
        for run, lines in session.parts
        for (place, _, skip), line in zip(run, lines, strict=True)
        if skip is not session
    ]
    session.parts.clear()
    start = 0
    for place, direct in directs:
        placed.append((place, direct.lines))
        if direct.hold:
            _write_placed(session, [part for part in placed if start <= part[0] <= place])
            session.hold()
            start = place + 1
    _write_placed(session, [part for part in placed if part[0] >= start] if start else placed)


def _write_placed(session: Session, placed: list[tuple[int, str]]) -> None:
    placed.sort()
    _write(session, [line for _, line in placed])


def _write(session: Session, lines: list[str]) -> None:
    data = "".join(lines).encode()
    if data:
        session.write(session.frame(data) if session.frame is not None else data)
