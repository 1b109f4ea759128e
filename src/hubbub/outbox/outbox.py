"""What waits for the disk: the open batch, and when its lines may leave.

All that is decided goes into the open batch, under the hub's lock. The writer thread
(log/writer.py) takes it, and when the log has it, its lines are released to the I/O threads and the
slow work that was asked in it is begun. Names that end in `_locked` are called under the lock; the
others are the writer's side.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from ..log.base import Kept, Log
from ..log.writer import Writer
from ..session import Thread
from .batch import Batch, PrivateDelivery
from .fanout import deliver
from .held import Held
from .listeners import BatchListeners

logger = logging.getLogger("hubbub")


class Outbox:
    """`listeners` are told of each batch that the log has, when its lines have been released.
    `on_full` (called under the lock) takes out of a batch what can be refused. `on_failure` hears
    why the log is lost; nothing leaves any more.
    """

    def __init__(
        self,
        log: Log,
        writer: type[Writer[Batch]],
        lock: threading.Lock,
        *,
        on_full: Callable[[Batch], None],
        on_failure: Callable[[str], None] | None,
    ) -> None:
        self.batch = Batch(1, 0)
        self.full = False  # the log has no room: messages are refused
        self.listeners = BatchListeners()
        self.writer = writer(log, self)
        self._lock = lock
        self._log = log
        self._on_full = on_full
        self._on_failure = on_failure
        self._threads: list[Thread] = []
        self._kept = 0  # number of the last batch that the log has
        self._held = Held(0)  # what happened while there was no room, and is not told yet

    def use(self, threads: Sequence[Thread]) -> None:
        """Lines leave through `threads`. Called once, before anything is put in."""
        self._threads = list(threads)
        self.batch = Batch(1, len(self._threads))
        self._held = Held(len(self._threads))

    # -- putting in --------------------------------------------------------------------------

    def answer_locked(self, direct: PrivateDelivery) -> None:
        """At once when nothing waits for the disk, else behind what waits.

        At once means in this thread, so only the session's own may come here with an empty batch.
        """
        batch, thread = self.batch, direct.session.thread
        is_kept = not batch.open and self._kept == batch.number - 1 and not self._held.is_seen
        if is_kept and not self.owes(direct.needs) and thread.released == thread.pending:
            deliver((direct,), thread.index)
        else:
            batch.answer(direct)
            self.wake_locked()

    def owes(self, position: int) -> bool:
        """Has the log no room for what is at this position?"""
        return position in self._held.owed

    def remark_locked(self, time: int, text: str) -> None:
        """A line for chat.log that is no event."""
        self.batch.remarks.append((time, text))
        self.wake_locked()

    def later_locked(self, work: Callable[[], None]) -> None:
        """Call `work` when all that was decided before is on disk."""
        self.batch.works.append(work)
        self.wake_locked()

    def promise_locked(self, then: Callable[[], None]) -> None:
        """Call `then` when the log has all that was decided before, however long that takes."""
        self.batch.promises.append(then)
        self.wake_locked()

    def wake_locked(self) -> None:
        """There is something in the open batch."""
        if not self.batch.open:
            self.batch.open = True
            self.writer.wake()

    # -- what the writer calls, in its thread (log/writer.py, Owner) -------------------------

    def take_batch(self) -> Batch:
        with self._lock:
            batch = self.batch
            self.batch = Batch(batch.number + 1, len(self._threads))
            self._note_pending(batch)
            return batch

    def _note_pending(self, batch: Batch) -> None:
        for thread, deliveries in zip(self._threads, batch.deliveries, strict=True):
            if deliveries:
                thread.pending = batch.number

    def batch_kept(self, batch: Batch) -> None:
        """The log has it; or, while there is no room, owes what is left of it: of that nobody hears
        before there is room again, but whoever asked something is answered."""
        if self.full:
            self._held.take(batch)
        with self._lock:
            self._kept = batch.number
        for thread, deliveries in zip(self._threads, batch.deliveries, strict=True):
            if deliveries or thread.pending == batch.number:
                thread.release(deliveries, batch.number)
        for work in (*batch.promises, *batch.works):
            work()
        self._tell_listeners(batch)

    def _tell_listeners(self, batch: Batch) -> None:
        erased = self._log.erased if batch.entries else ()
        self.listeners.tell(Kept(batch.entries, batch.remarks, erased))

    def batch_too_big(self, batch: Batch, reason: str) -> None:
        """The log has no room: messages are refused, what else happened waits."""
        if not self.full:
            logger.error("the log is full (%s): messages are refused until there is room", reason)
        with self._lock:
            self.full = True
            self._on_full(batch)
            self._note_pending(batch)

    def log_has_room(self) -> None:
        logger.warning("the log has room again: messages are taken")
        with self._lock:
            self.full = False
            held, self._held = self._held, Held(len(self._threads))
            # It takes the number of the open batch: what is answered from now on comes behind it.
            held.number, self.batch.number = self.batch.number, self.batch.number + 1
            self._note_pending(held)
            self._kept = held.number
        for thread, deliveries in zip(self._threads, held.deliveries, strict=True):
            if deliveries:
                thread.release(deliveries, held.number)
        for promise in held.promises:
            promise()
        self._tell_listeners(held)

    def log_failed(self, reason: str) -> None:
        logger.critical("the log failed, the server stops: %s", reason)
        if self._on_failure is not None:
            self._on_failure(reason)
