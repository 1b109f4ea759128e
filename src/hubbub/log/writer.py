"""The writer thread: the only one that appends, in groups.

All that was decided while the last commit ran goes into the next one (group commit), so the disk's
own pace sets the size of the group and a lone message waits for one sync. What must be told
because of a batch is handed on only when the log has it.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import Generic, Protocol, TypeVar

from ..events.kinds import Entry
from .base import Log, LogFailed, LogFull


class Writable(Protocol):
    entries: list[Entry]


B = TypeVar("B", bound=Writable)

logger = logging.getLogger("hubbub")

#: While there is no room, it is looked for so often.
LOOK_SECONDS = 1.0
#: So soon what could not be written is tried again.
TRY_AGAIN_SECONDS = 0.25
#: A commit costs much whatever is in it. After a batch of so many entries the next is not begun at
#: once, so that more come together; a lone message never waits.
BUSY = 32
PACE_SECONDS = 0.005


class BatchOwner(Protocol[B]):
    """Whose batches are written."""

    def take_batch(self) -> B:
        """The batch that is open now; later decisions open another."""

    def batch_kept(self, batch: B) -> None:
        """The log has it."""

    def batch_waits(self, batch: B, reason: str) -> None:
        """The log does not take it now, nor what comes behind it. It is tried again."""

    def log_is_full(self, reason: str) -> None:
        """There is little room left: only what has to be is written from now on."""

    def log_has_room(self) -> None: ...

    def log_failed(self, reason: str) -> None:
        """The log is lost; the writer ends."""


class Writer(Generic[B]):
    def __init__(self, log: Log, owner: BatchOwner[B]) -> None:
        self._log = log
        self._owner = owner
        self._wake = threading.Lock()  # a binary semaphore: released once for each open batch
        self._wake.acquire()
        self._stopping = threading.Event()
        self._full = False
        self._waits: B | None = None  # what the log did not take yet
        self._busy = False
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)

    def wake(self) -> None:
        """There is something to write. Called once for each open batch."""
        with contextlib.suppress(RuntimeError):  # `stop` has woken it, or finds it woken
            self._wake.release()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Write what is decided, then end. Called without holding the hub's lock."""
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
        except Exception as error:  # else nobody would be told anything any more
            logger.exception("bug in what follows when the log has a batch")
            self._owner.log_failed(f"{type(error).__name__}: {error}")

    def write_once(self) -> None:
        """Take the open batch, write it, hand it on. Raises LogFailed."""
        if self._waits is not None and not self._written(self._waits):
            return
        if self._full:
            self._look_for_room()
        self._written(self._owner.take_batch())

    def _written(self, batch: B) -> bool:
        self._busy = len(batch.entries) >= BUSY
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
