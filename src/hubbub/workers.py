"""Threads for slow work: reading the log, and checking passwords (two at most at a time)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from .handlers.work import Work
from .log.base import Log

_THREADS = {"read": 2, "hash": 2}


class Workers:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._pools = {
            kind: ThreadPoolExecutor(count, thread_name_prefix=kind)
            for kind, count in _THREADS.items()
        }

    def submit(self, work: Work, done: Callable[[Any], None]) -> None:
        """Do `work`; `done` gets the result or the exception, in a worker's thread."""

        def finished(future: Future[Any]) -> None:
            if not future.cancelled():
                done(future.exception() or future.result())

        self._pools[work.kind].submit(work.do, self._log).add_done_callback(finished)

    def stop(self) -> None:
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)
