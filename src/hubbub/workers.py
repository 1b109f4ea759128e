"""Worker threads for slow work: reading the log, contacting other machines, hashing passwords.

Hashing takes memory and time by design, so at most two hashes run at once and few are queued. If
somebody floods the server with logins, further ones get "try again", memory stays bounded, and
logins of owners from their usual networks (`Work.urgent`) come first.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from .log.base import Log
from .work import Busy, Work

Done = Callable[[Any], None]

#: Kind of work -> (threads, maximum queued); None: bounded by the number of sessions.
_POOLS: dict[str, tuple[int, int | None]] = {"read": (2, None), "net": (2, 64), "hash": (2, 32)}
#: Urgent work queued beyond the bound; bounded as well.
_URGENT_TOO = 4


class Workers:
    def __init__(self, log: Log) -> None:
        self._pools = {
            kind: Pool(kind, threads, waiting, log) for kind, (threads, waiting) in _POOLS.items()
        }

    def submit(self, work: Work, done: Done) -> None:
        """Queue `work`; `done` gets the result or the exception, in a worker thread.

        If too much is queued, `done` gets Busy at once, in the calling thread.
        """
        if not self._pools[work.kind].submit(work, done):
            done(Busy())

    def stop(self) -> None:
        """Finish the work in progress; discard the queue."""
        for pool in self._pools.values():
            pool.stop()


class Pool:
    """A pool of threads, started on demand; `waiting` is the maximum queued."""

    def __init__(self, name: str, threads: int, waiting: int | None, log: Log) -> None:
        self._name = name
        self._log = log
        self._most_threads = threads
        self._most_waiting = waiting
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._stopping = False
        self._urgent: deque[tuple[Work, Done]] = deque()
        self._waiting: deque[tuple[Work, Done]] = deque()
        self._changed = threading.Condition()

    def submit(self, work: Work, done: Done) -> bool:
        """Queue `work`; False if the queue is full."""
        with self._changed:
            if self._stopping:
                return True  # stopped: nobody is left to be told
            if not self._has_room(work):
                return False
            (self._urgent if work.urgent else self._waiting).append((work, done))
            self._changed.notify()
            if self._idle < len(self._urgent) + len(self._waiting):
                self._start_thread()
            return True

    def _start_thread(self) -> None:
        if len(self._threads) < self._most_threads:
            name = f"{self._name}-{len(self._threads)}"
            thread = threading.Thread(target=self._run, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def _has_room(self, work: Work) -> bool:
        if self._most_waiting is None:
            return True
        if work.urgent:
            return len(self._urgent) < self._most_waiting * _URGENT_TOO
        return len(self._waiting) < self._most_waiting

    def _run(self) -> None:
        while (job := self._next()) is not None:
            work, done = job
            try:
                result = work.do(self._log)
            except Exception as error:
                result = error
            done(result)
            del job, work, done, result  # do not keep objects alive while waiting

    def _next(self) -> tuple[Work, Done] | None:
        with self._changed:
            self._idle += 1
            while not self._stopping and not self._urgent and not self._waiting:
                self._changed.wait()
            self._idle -= 1
            if self._stopping:
                return None
            return self._urgent.popleft() if self._urgent else self._waiting.popleft()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
