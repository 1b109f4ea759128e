"""Worker threads for slow work: reading the log, contacting other machines, hashing passwords.

Reading the log is in turns (fair_queue.py): nobody waits for more than one answer of each other
person, and people who read much wait longer.

Hashing takes memory and time by design, so at most two hashes run at once and few are queued. If
somebody floods the server with logins, further ones get "try again", memory stays bounded, and
logins of owners from their usual networks (`Work.urgent`) come first.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from .fair_queue import UNLIMITED, Asker, Budget, FairQueue
from .log.base import Log
from .supervised_thread import SupervisedThread
from .work import Busy, Work

Done = Callable[[Any], None]

#: Threads of each kind of work.
_THREADS = 2
#: Maximum queued passwords to hash, half of those for other machines; reading is bounded per person
#: (fair_queue.py).
_MOST_WAITING = 32
#: Urgent work queued beyond the bound; bounded as well.
_URGENT_TOO = 4
_NOBODY = Asker("", "")


class Job(NamedTuple):
    work: Work
    done: Done


class Workers:
    """`budget`: what a person may read of the log."""

    def __init__(self, log: Log, budget: Budget = UNLIMITED) -> None:
        self._reading = FairQueue(budget)
        queues: dict[str, Queue] = {
            "read": self._reading,
            "net": UrgentFirst(2 * _MOST_WAITING),
            "hash": UrgentFirst(_MOST_WAITING),
        }
        self._pools = {kind: Pool(kind, queue, log) for kind, queue in queues.items()}

    def limit(self, budget: Budget) -> None:
        """Change what a person may read of the log."""
        self._pools["read"].change(lambda: self._reading.limit(budget))

    def submit(self, work: Work, done: Done, asker: Asker = _NOBODY) -> None:
        """Queue `work` for `asker`; `done` gets the result or the exception, in a worker thread.

        If too much is queued, `done` gets Busy at once, in the calling thread.
        """
        if not self._pools[work.kind].submit(Job(work, done), asker):
            done(Busy())

    def stop(self) -> None:
        """Finish the work in progress; discard the queue."""
        for pool in self._pools.values():
            pool.stop()


class Queue(Protocol):
    """The jobs of a pool, in the order in which they run (see FairQueue)."""

    def __len__(self) -> int: ...
    def put(self, job: Job, asker: Asker) -> bool: ...
    def take(self, now: float) -> tuple[Job, Asker] | None: ...
    def next_at(self) -> float | None: ...
    def done(self, asker: Asker, cost: float, now: float) -> None: ...


class UrgentFirst:
    """First come, first served, but urgent work before all other; at most `most` wait."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._urgent: deque[tuple[Job, Asker]] = deque()
        self._others: deque[tuple[Job, Asker]] = deque()

    def __len__(self) -> int:
        return len(self._urgent) + len(self._others)

    def put(self, job: Job, asker: Asker) -> bool:
        urgent = job.work.urgent
        queue = self._urgent if urgent else self._others
        if len(queue) >= self._most * (_URGENT_TOO if urgent else 1):
            return False
        queue.append((job, asker))
        return True

    def take(self, now: float) -> tuple[Job, Asker] | None:
        queue = self._urgent or self._others
        return queue.popleft() if queue else None

    def next_at(self) -> float | None:
        return None

    def done(self, asker: Asker, cost: float, now: float) -> None:
        pass


class Pool:
    """A pool of threads, started on demand."""

    def __init__(self, name: str, queue: Queue, log: Log) -> None:
        self._name = name
        self._queue = queue
        self._log = log
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._stopping = False
        self._changed = threading.Condition()

    def submit(self, job: Job, asker: Asker) -> bool:
        """Queue a job; False if the queue is full."""
        with self._changed:
            if self._stopping:
                return True  # stopped: nobody is left to be told
            if not self._queue.put(job, asker):
                return False
            self._changed.notify()
            if self._idle < len(self._queue):
                self._start_thread()
            return True

    def change(self, change: Callable[[], None]) -> None:
        """Change the queue."""
        with self._changed:
            change()
            self._changed.notify_all()

    def _start_thread(self) -> None:
        if len(self._threads) < _THREADS:
            name = f"{self._name}-{len(self._threads)}"
            thread = SupervisedThread(target=self._run, name=name)
            self._threads.append(thread)
            thread.start()

    def _run(self) -> None:
        while (taken := self._next()) is not None:
            (work, done), asker = taken
            cost = 0
            try:
                result = work.do(self._log)
                cost = work.weigh(result)
            except Exception as error:
                result = error
            try:
                done(result)
            finally:
                del taken, work, done, result  # do not keep objects alive while waiting
                with self._changed:
                    self._queue.done(asker, cost, time.monotonic())
                    self._changed.notify()

    def _next(self) -> tuple[Job, Asker] | None:
        with self._changed:
            self._idle += 1
            while not self._stopping:
                now = time.monotonic()
                taken = self._queue.take(now)
                if taken is not None:
                    self._idle -= 1
                    return taken
                at = self._queue.next_at()
                self._changed.wait(None if at is None else at - now)
            return None

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
