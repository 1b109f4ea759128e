"""Run the work of several people in threads, by turns: many pictures of one person do not keep the
picture of another waiting."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

from ..fair_queue import Asker, FairQueue
from ..handlers.refusals import Refused


class Turns:
    """Threads for a FairQueue: one job of each person at a time, round robin."""

    def __init__(self, threads: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(threads, name)
        self._lock = threading.Lock()
        self._queue = FairQueue()

    def of(self, person: str) -> Executor:
        """The executor of this person's work."""
        return _Turn(self, person)

    def submit(self, person: str, do: Callable[[], Any]) -> Future[Any]:
        """Queue it. Raises Refused if the person has too much there."""
        future: Future[Any] = Future()
        with self._lock:
            if not self._queue.put((future, do), Asker(person, person)):
                raise Refused("BUSY", "Too many pictures are waiting: try again in a moment")
        self._pool.submit(self._next)
        return future

    def _next(self) -> None:
        with self._lock:
            taken = self._queue.take(0)
        if taken is None:  # the others are of people with one in progress, which goes on then
            return
        (future, do), asker = taken
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(do())
            except BaseException as error:
                future.set_exception(error)
        with self._lock:
            self._queue.done(asker, 0, 0)
        with contextlib.suppress(RuntimeError):  # it was shut down
            self._pool.submit(self._next)

    def shutdown(self) -> None:
        """Cancel what has not begun, and wait for the rest."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            while (taken := self._queue.take(0)) is not None:
                (future, _), asker = taken
                future.cancel()
                self._queue.done(asker, 0, 0)


class _Turn(Executor):
    def __init__(self, turns: Turns, person: str) -> None:
        self._turns = turns
        self._person = person

    def submit(self, do: Callable[..., Any], /, *args: Any, **more: Any) -> Future[Any]:
        return self._turns.submit(self._person, lambda: do(*args, **more))
