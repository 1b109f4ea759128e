"""Listeners to batches on disk, which delay nobody: chat.log, push, the server's console output.

    batch on disk -> its lines are released -> a bounded queue per listener -> its thread

The writer thread passes on every batch and never waits. When the queue of a slow listener is full,
further batches are dropped and counted, and the next call of the listener has the number
(`Kept.missed`). A listener that must not miss anything then reads the log (log/chatlog.py).
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from ..events.bursts import MessagesSent, count_of, singles
from ..events.kinds import MessageSent
from ..log.base import Kept
from ..supervised_thread import SupervisedThread

logger = logging.getLogger("hubbub")

MOST_WAITING = 10_000
"""Entries and remarks that wait for one listener. A batch that is longer is taken alone."""


class Hears(Protocol):
    """Takes batches: a BatchListener, or a fake one in tests."""

    def put(self, kept: Kept, kinds: frozenset[type]) -> None:
        """Queue a batch; `kinds` are those of its entries. Called by the writer thread; must not
        block."""

    def start(self) -> None: ...

    def close(self) -> None:
        """Nothing follows."""

    def wait(self, seconds: float) -> bool:
        """Wait until everything was processed; False on timeout."""


class BatchListener:
    """Calls `hear` with each batch, in order, in a thread with this name.

    With `kinds`, only entries of these kinds are passed, each by itself, and no remarks. Batches
    for which `when` returns False are ignored. `hear` may return a number of seconds: it is then
    called again after that time, even if nothing has happened.
    """

    def __init__(
        self,
        name: str,
        hear: Callable[[Kept], float | None],
        *,
        kinds: frozenset[type] | None = None,
        when: Callable[[], bool] = lambda: True,
        most: int = MOST_WAITING,
    ) -> None:
        self.name = name
        self.left_out = 0  # dropped in total
        self._hear = hear
        self._kinds = kinds
        self._when = when
        self._most = most
        self._changed = threading.Condition()
        self._queue: deque[Kept] = deque()
        self._waiting = 0  # entries and remarks in the queue
        self._missed = 0  # dropped since the last batch taken
        self._closed = False
        self._thread = SupervisedThread(target=self._run, name=name)

    def put(self, kept: Kept, kinds: frozenset[type]) -> None:
        if self._kinds is not None and kinds.isdisjoint(self._kinds):
            return
        if not self._when():
            return
        size = _size(kept)
        with self._changed:
            if self._queue and self._waiting + size > self._most:
                self._missed += size
                self.left_out += size
                return
            self._queue.append(kept._replace(missed=self._missed) if self._missed else kept)
            self._missed = 0
            self._waiting += size
            self._changed.notify()

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()

    def wait(self, seconds: float) -> bool:
        self._thread.join(max(0.0, seconds))
        return not self._thread.is_alive()

    # -- in its thread -----------------------------------------------------------------------

    def _run(self) -> None:
        again: float | None = None
        while (kept := self._next(again)) is not None:
            try:
                again = self._hear(self._of_kinds(kept))
            except Exception:
                again = None
                logger.exception("bug: %s could not take what happened", self.name)

    def _next(self, seconds: float | None) -> Kept | None:
        """The next batch; an empty one after `seconds`, None at the end."""
        with self._changed:
            self._changed.wait_for(self._has_news, seconds)
            if self._queue:
                kept = self._queue.popleft()
                self._waiting -= _size(kept)
                return kept
            if self._closed and not self._missed:
                return None
            missed, self._missed = self._missed, 0
            return Kept(missed=missed)

    def _has_news(self) -> bool:
        return bool(self._queue or self._missed or self._closed)

    def _of_kinds(self, kept: Kept) -> Kept:
        if self._kinds is None:
            return kept
        return kept._replace(
            entries=[entry for entry in singles(kept.entries) if type(entry.event) in self._kinds],
            remarks=(),
        )


class BatchListeners:
    """All listeners. Add them before `start`."""

    def __init__(self) -> None:
        self._all: list[Hears] = []

    def add(self, listener: Hears) -> None:
        self._all.append(listener)

    def start(self) -> None:
        for listener in self._all:
            listener.start()

    def tell(self, kept: Kept) -> None:
        """Queue a batch for all. Called by the writer thread, in order."""
        if self._all and (kept.entries or kept.remarks):
            kinds = frozenset({type(entry.event) for entry in kept.entries})
            if MessagesSent in kinds:
                kinds = kinds - {MessagesSent} | {MessageSent}
            for listener in self._all:
                listener.put(kept, kinds)

    def close(self) -> None:
        for listener in self._all:
            listener.close()

    def wait(self, seconds: float) -> Sequence[Hears]:
        """Wait for all within `seconds` in total. Returns those that have not finished."""
        end = time.monotonic() + seconds
        return [each for each in self._all if not each.wait(end - time.monotonic())]


def _size(kept: Kept) -> int:
    return count_of(kept.entries) + len(kept.remarks)
