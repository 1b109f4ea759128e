"""The writer thread, the only one that appends to the log, in groups.

Everything decided during a commit goes into the next one (group commit), so the speed of the disk
determines the size of a group, and a single message waits for one sync. The output of a batch is
released only when the log has it.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import Generic, Protocol, TypeVar

from ..events.bursts import Logged, count_of
from .base import Log, LogFailed, LogFull


class Writable(Protocol):
    entries: list[Logged]


B = TypeVar("B", bound=Writable)

logger = logging.getLogger("hubbub")

#: Seconds between checks for space while there is none.
LOOK_SECONDS = 1.0
#: Seconds between attempts to write a batch that failed.
TRY_AGAIN_SECONDS = 0.25
#: A commit has a high fixed cost. After a batch of this many entries the next one is delayed, so
#: that more entries gather; a single message is never delayed.
BUSY = 32
PACE_SECONDS = 0.005


class BatchOwner(Protocol[B]):
    """The owner of the batches to write."""

    def take_batch(self) -> B:
        """The open batch; later decisions open another."""

    def batch_kept(self, batch: B) -> None:
        """Called when the log has the batch."""

    def batch_waits(self, batch: B, reason: str) -> None:
        """The log cannot take the batch or later ones now. It will be tried again."""

    def log_is_full(self, reason: str) -> None:
        """Little space is left: only what is unavoidable is written from now on."""

    def log_has_room(self) -> None: ...

    def log_failed(self, reason: str) -> None:
        """Called when the log has failed; the writer ends."""


class Writer(Generic[B]):
    def __init__(self, log: Log, owner: BatchOwner[B]) -> None:
        self._log = log
        self._owner = owner
        self._wake = threading.Lock()  # a binary semaphore: released once per open batch
        self._wake.acquire()
        self._stopping = threading.Event()
        self._full = False
        self._waits: B | None = None  # the batch that the log has not taken yet
        self._busy = False
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)

    def wake(self) -> None:
        """There is something to write. Called once per open batch."""
        with contextlib.suppress(RuntimeError):  # `stop` has released it, or finds it released
            self._wake.release()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Write everything decided, then end. Call it without the hub's lock."""
        self._stopping.set()
        self.wake()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._look_for_room()
            while not self._stopping.is_set():
                if not self._wake.acquire(blocking=False):
                    self._log.rest()
                    self._wake.acquire(timeout=LOOK_SECONDS if self._full else -1)
                if self._busy:
                    self._stopping.wait(PACE_SECONDS)
                self.write_once()
                while self._waits is not None and not self._stopping.wait(TRY_AGAIN_SECONDS):
                    self.write_once()
            self.write_once()
            if self._waits is not None:
                self._owner.log_failed("what was decided last could not be written")
        except LogFailed as failure:
            self._owner.log_failed(str(failure))
        except Exception as error:  # otherwise nobody would receive anything any more
            logger.exception("bug in what follows when the log has a batch")
            self._owner.log_failed(f"{type(error).__name__}: {error}")

    def write_once(self) -> None:
        """Take the open batch, write it, release it. Raises LogFailed."""
        if self._waits is not None and not self._written(self._waits):
            return
        if self._full:
            self._look_for_room()
        self._written(self._owner.take_batch())

    def _written(self, batch: B) -> bool:
        self._busy = count_of(batch.entries) >= BUSY
        try:
            if batch.entries:
                self._log.append(batch.entries)
        except LogFull as full:
            if self._waits is None:
                self._waits = batch
                self._owner.batch_waits(batch, str(full))
            return False
        self._waits = None
        if self._log.no_room and not self._full:
            self._full = True
            self._owner.log_is_full(self._log.no_room)
        self._owner.batch_kept(batch)
        return True

    def _look_for_room(self) -> None:
        if self._log.hold_room() is not self._full:
            return
        self._full = not self._full
        if self._full:
            self._owner.log_is_full(self._log.no_room)
        else:
            self._owner.log_has_room()
