"""Pause, the next step, and slow motion: whoever passes bytes on asks for a turn first."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from .trace import Trace

#: Seconds after which a pause ends by itself: connections do not survive being held for ever.
LONGEST_PAUSE = 60.0


class Steps:
    """All methods are for the thread of the event loop."""

    def __init__(self, trace: Trace) -> None:
        self.paused = False
        self.longest = LONGEST_PAUSE
        self._trace = trace
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._end: asyncio.TimerHandle | None = None

    async def turn(self, announce: Callable[[], object]) -> None:
        """Wait until the next step may be taken. `announce` is called if that is not now."""
        if not self.paused:
            return
        mine = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        announce()
        try:
            await mine
        finally:
            if mine in self._waiting:
                self._waiting.remove(mine)

    def pause(self) -> None:
        if not self.paused:
            self.paused = True
            self._trace.add("paused")
        self._end_later()

    def step(self) -> bool:
        """Let the one that waits longest go on. False if nothing waits."""
        self.pause()
        while self._waiting:
            next_one = self._waiting.popleft()
            if not next_one.done():
                next_one.set_result(None)
                return True
        return False

    def resume(self, why: str) -> None:
        if not self.paused:
            return
        self.paused = False
        self._trace.add("resumed", why=why)
        if self._end is not None:
            self._end.cancel()
        while self._waiting:
            next_one = self._waiting.popleft()
            if not next_one.done():
                next_one.set_result(None)

    def _end_later(self) -> None:
        if self._end is not None:
            self._end.cancel()
        why = f"a pause ends by itself after {self.longest:.0f} seconds"
        self._end = asyncio.get_running_loop().call_later(self.longest, self.resume, why)
