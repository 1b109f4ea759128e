"""One who does not read."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ... import kernel
from ...shown import shown
from ..check import check
from ..clients import Client
from ..stage import MOST_AT_ONCE, NotJudged, Stage, about

_BYTES = 16_000_000
"""What is said while one does not read: the kernel alone takes some four million."""
_LINE = 190  # bytes
_AT_MOST = 60.0
"""Seconds; on a machine so slow that less was said by then, what was said counts."""
_RECEIVE_BUFFER = 4096
_MEMORY = 8_000_000


@dataclass
class Flood:
    """What was said while one did not read."""

    speaker: Client
    hearer: Client
    sleeper: Client
    notices: int
    """How many the hearer had received before."""
    lines: int = 0
    longest: float = 0.0
    """Seconds that some lines took to arrive."""

    @property
    def size(self) -> int:
        return self.lines * _LINE

    def line(self, number: int) -> bytes:
        return f"{self.speaker.label}: {number:07d} ".encode().ljust(_LINE - 1, b".")

    def has_let_go(self) -> bool:
        """Has the program given up the one who does not read?"""
        if about(self.sleeper.label, self.hearer.notices[self.notices :]):
            return True
        far = self.sleeper.far_end()
        return kernel.available() and (far is None or far.state != kernel.ESTABLISHED)

    def waiting_in_kernel(self) -> int:
        far = self.sleeper.far_end()
        near = self.sleeper.near_end()
        return (far.unsent if far else 0) + (near.unread if near else 0)


def _flood(stage: Stage) -> Flood:
    """One does not read while another speaks to a third, a few lines at a time, until the first is
    let go or enough was said. Raises Failed if lines do not arrive."""
    speaker, hearer = stage.joined(2)
    sleeper = stage.join(receive_buffer=_RECEIVE_BUFFER)
    stage.loop.until(lambda: about(sleeper.label, hearer.notices))
    sleeper.reads = False
    stage.story.tell(sleeper.label, "stopped reading")
    flood = Flood(speaker, hearer, sleeper, len(hearer.notices))
    until = time.monotonic() + _AT_MOST
    while flood.size < _BYTES and time.monotonic() < until and not flood.has_let_go():
        _say_some(stage, flood)
    stage.story.tell(
        f"{speaker.label} to {hearer.label}",
        f"went well for {flood.size / 1e6:.1f} MB, {flood.lines:,} lines;"
        f" the slowest took {flood.longest * 1000:.0f} ms",
    )
    gone = "was let go by your program" if flood.has_let_go() else "was kept by your program"
    stage.story.tell(sleeper.label, gone)
    return flood


def _say_some(stage: Stage, flood: Flood) -> None:
    lines = [flood.line(flood.lines + each) for each in range(MOST_AT_ONCE)]
    begun = time.monotonic()
    before = len(flood.speaker.label) + 2
    stage.put(flood.speaker, b"".join(line[before:] + b"\n" for line in lines))
    hearer = flood.hearer
    stage.loop.until(lambda: len(hearer.said) >= MOST_AT_ONCE or hearer.ended)
    for number, line in enumerate(lines):
        if not hearer.said or hearer.said[0] != line:
            raise _stalled(stage, flood, number)
        hearer.said.popleft()
    flood.lines += MOST_AT_ONCE
    flood.longest = max(flood.longest, time.monotonic() - begun)


def _stalled(stage: Stage, flood: Flood, number: int) -> Exception:
    route = f"{flood.speaker.label} to {flood.hearer.label}"
    stage.story.tell(
        route,
        f"went well for {flood.size / 1e6:.1f} MB, {flood.lines:,} lines,"
        f" each within {flood.longest * 1000:.0f} ms",
    )
    if waiting := flood.waiting_in_kernel():
        stage.story.tell(flood.sleeper.label, f"has {waiting / 1e6:.1f} MB waiting in the kernel")
    nth = f"line {flood.lines + number + 1:,}"
    return stage.failure(f"{flood.hearer.label} receives {nth}", stage.what_came(flood.hearer))


@check(
    "slow.others", 8, "talk.two line.merged",
    "One who does not read holds nobody up.",
    "the thread that passes lines on stands in sendall() to the one who does not read. Small tests"
    " never show it: the kernel takes megabytes before it says stop.",
)  # fmt: skip
def others(stage: Stage) -> None:
    flood = _flood(stage)
    stage.fence(flood.hearer, [flood.speaker])


@check(
    "slow.whole", 3, "others",
    "What the one who does not read had been sent has no gap.",
    "lines were thrown away when the queue was full, and later ones sent. Whoever cannot get"
    " everything is better let go.",
)  # fmt: skip
def whole(stage: Stage) -> None:
    flood = _flood(stage)
    sleeper = flood.sleeper
    sleeper.reads = True
    last = flood.line(flood.lines - 1)
    _read_all(stage, sleeper, last)
    stage.story.tell(sleeper.label, f"read what there was: {len(sleeper.said):,} whole lines")
    for number, line in enumerate(sleeper.said):
        if line != flood.line(number):
            raise stage.failure(
                f"{sleeper.label} receives line {number + 1:,}  {shown(flood.line(number))}<LF>",
                f"{shown(line)}<LF>",
            )
    if not sleeper.ended and not flood.has_let_go() and len(sleeper.said) < flood.lines:
        raise stage.failure(
            f"{sleeper.label}, who was not let go, receives {flood.lines:,} lines",
            f"{len(sleeper.said):,} lines, and then nothing for {stage.loop.patience:.1f} s",
        )


def _read_all(stage: Stage, client: Client, last: bytes) -> None:
    """Read until the last line or the end, as long as anything comes."""
    received = -1
    while client.received > received and not client.ended:
        received = client.received
        if client.said and client.said[-1] == last:
            return
        stage.loop.until(lambda before=received: client.received > before or client.ended)  # type: ignore[misc]


@check(
    "slow.memory", 3, "others",
    "What waits for one who does not read is bounded.",
    "there is a queue for each person, and it may grow without end.",
)  # fmt: skip
def memory(stage: Stage) -> None:
    before = stage.program.usage()
    flood = _flood(stage)
    after = stage.program.usage()
    if before is None or after is None:
        raise NotJudged("this system does not tell how much memory a program uses")
    grown = after.memory - before.memory
    stage.story.tell("", f"your program grew by {grown / 1e6:.1f} MB meanwhile")
    # Runtimes with garbage grow for reasons of their own: whoever was let go has no queue.
    if grown > _MEMORY and not flood.has_let_go():
        raise stage.failure(
            f"your program grows by less than {_MEMORY / 1e6:.0f} MB,"
            f" or lets {flood.sleeper.label} go",
            f"it grew by {grown / 1e6:.1f} MB while {flood.size / 1e6:.1f} MB were said",
        )
