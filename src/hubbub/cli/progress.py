"""A progress bar on a terminal; nothing if stderr is not a terminal."""

from __future__ import annotations

import shutil
import sys
import time
from types import TracebackType
from typing import TextIO


class Progress:
    """Call it with the amount done and the total; leaving the block erases the bar."""

    def __init__(self, what: str, stream: TextIO | None = None) -> None:
        self._what = what
        self._stream = stream or sys.stderr
        self._shows = self._stream.isatty()
        self._last = 0.0

    def __enter__(self) -> Progress:
        return self

    def __call__(self, done: int, all: int) -> None:
        now = time.monotonic()
        if not self._shows or now - self._last < 0.1:
            return
        self._last = now
        share = min(1.0, done / all) if all else 1.0
        width = max(10, min(40, shutil.get_terminal_size().columns - len(self._what) - 10))
        full = round(share * width)
        bar = "#" * full + "." * (width - full)
        self._stream.write(f"\r{self._what} [{bar}] {share:4.0%}")
        self._stream.flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._shows and self._last:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
