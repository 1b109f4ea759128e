"""The open batch, and the release of its output once it is on disk.

Everything decided goes into the open batch, under the hub's lock. The batch closes with the turn of
the I/O thread that opened it, and the writer thread (log/writer.py) takes it; once the log has it,
its lines are released to the I/O threads and its slow work is started. Methods whose names end in
`_locked` are called under the lock; the others by the writer thread.

On a full disk nothing decided is lost: space is reserved for it (log/reserve.py), and further
changes are refused. Where that does not help (the file is locked, or another program took the
space), the outbox is stuck: decided events wait until they are written, and so do the clients that
caused them; all others get replies about what is on disk, and nothing else is decided.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence

from ..log.base import Kept, Log
from ..log.writer import Writer
from ..session import Session, Thread
from .batch import Batch, PrivateDelivery
from .fanout import deliver
from .listeners import BatchListeners

logger = logging.getLogger("hubbub")


class Outbox:
    """`listeners` get each batch that the log has, after its lines were released. `on_stuck`
    (called under the lock) gets the clients that wait for the log. `on_failure` gets the reason if
    the log has failed; then nothing more is sent.
    """

    def __init__(
        self,
        log: Log,
        writer: type[Writer[Batch]],
        lock: threading.Lock,
        *,
        on_stuck: Callable[[Iterable[Session]], None],
        on_failure: Callable[[str], None] | None,
        kept_back: int = 0,
    ) -> None:
        self.batch = Batch(1, 0)
        self.full = False  # changes are refused
        self.low = False  # so little space is left that changes by guests are refused
        self.stuck = False  # and only replies about what is on disk are sent
        self.listeners = BatchListeners()
        self.writer = writer(log, self)
        self._lock = lock
        self._log = log
        self._on_stuck = on_stuck
        self._on_failure = on_failure
        self._threads: list[Thread] = []
        self._kept = 0  # number of the last batch in the log
        self._has_room = True
        self.kept_back = kept_back

    def use(self, threads: Sequence[Thread]) -> None:
        """Deliver through `threads`. Call it once, before anything is added."""
        self._threads = list(threads)
        self.batch = Batch(1, len(self._threads))

    @property
    def takes_everything(self) -> bool:
        """Is nothing refused for want of space on the disk?"""
        return not (self.full or self.low)

    # -- putting in --------------------------------------------------------------------------

    def answer_locked(self, direct: PrivateDelivery) -> None:
        """Send at once if nothing is waiting for the disk, else after what is waiting.

        "At once" means in this thread, so with an empty batch only the session's own thread may
        call it.
        """
        batch, thread = self.batch, direct.session.thread
        is_kept = not batch.open and self._kept == batch.number - 1
        if is_kept and thread.released == thread.pending:
            deliver((direct,), thread.index)
        elif self.stuck and direct.past:
            _pass(direct)
        else:
            batch.answer(direct)
            self.wake_locked()

    def remark_locked(self, time: int, text: str) -> None:
        """Add a line for chat.log about something that is not an event."""
        if not self.stuck:  # otherwise they would accumulate
            self.batch.remarks.append((time, text))
            self.wake_locked()

    def when_synced_locked(self, callback: Callable[[], None], past: bool = False) -> None:
        """Call `callback` in the writer thread once everything decided before is on disk and its
        lines are released. While the outbox is stuck, `past` callbacks are called now."""
        if self.stuck and past:
            callback()
        else:
            self.batch.callbacks.append(callback)
            self.wake_locked()

    def wake_locked(self) -> None:
        """Have the open batch written, which is not empty: at once, or if an I/O thread opened it,
        with the end of this turn of its loop. Otherwise the first message of a turn would be a
        batch, and a delivery, of its own, and a message gains nothing by it: its lines are
        delivered by the next turn."""
        if not self.batch.open:
            self.batch.open = True
            if not any(thread.at_end_of_turn(self.writer.wake) for thread in self._threads):
                self.writer.wake()

    # -- what the writer calls, in its thread (log/writer.py, BatchOwner) ---------------------

    def take_batch(self) -> Batch:
        with self._lock:
            batch = self.batch
            self.batch = Batch(batch.number + 1, len(self._threads))
            for thread, deliveries in zip(self._threads, batch.deliveries, strict=True):
                if deliveries:
                    thread.pending = batch.number
            return batch

    def batch_kept(self, batch: Batch) -> None:
        with self._lock:
            self._kept = batch.number
            if self.stuck:
                logger.warning("the log can be written again")
                self.stuck, self.full = False, not self._has_room
        self._look_at_space()
        for thread, deliveries in zip(self._threads, batch.deliveries, strict=True):
            if deliveries or thread.pending == batch.number:
                thread.release(deliveries, batch.number)
        for callback in batch.callbacks:
            callback()
        self._tell_listeners(batch)

    def _look_at_space(self) -> None:
        """Keep the last `kept_back` bytes of the disk for accounts. The writer thread calls it."""
        free = self._log.free_space() if self.kept_back else None
        low = free is not None and free < self.kept_back
        if low is not self.low:
            state = "guests change nothing until there is more" if low else "guests go on"
            logger.warning("%d MB are free on the disk: %s", (free or 0) >> 20, state)
            self.low = low

    def _tell_listeners(self, batch: Batch) -> None:
        erased = self._log.erased if batch.entries else ()
        self.listeners.tell(Kept(batch.entries, batch.remarks, erased))

    def batch_waits(self, batch: Batch, reason: str) -> None:
        logger.error("the log cannot be written (%s): commands are refused until it can", reason)
        with self._lock:
            self.full = self.stuck = True
            waiting = batch.waiting() | self.batch.waiting()
            for direct in batch.take_past(waiting) + self.batch.take_past(waiting):
                _pass(direct)
            self._on_stuck(waiting)

    def log_is_full(self, reason: str) -> None:
        logger.error("the log is full (%s): changes are refused until there is room", reason)
        with self._lock:
            self._has_room, self.full = False, True

    def log_has_room(self) -> None:
        logger.warning("the log has room again: changes are taken")
        with self._lock:
            self._has_room, self.full = True, False

    def log_failed(self, reason: str) -> None:
        logger.critical("the log failed, the server stops: %s", reason)
        if self._on_failure is not None:
            self._on_failure(reason)


def _pass(direct: PrivateDelivery) -> None:
    """Send at once, whatever is waiting."""
    thread = direct.session.thread
    thread.call(deliver, (direct,), thread.index)
