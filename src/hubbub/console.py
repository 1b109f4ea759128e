"""Print messages on stdout and stderr without ever blocking the server.

A paused terminal (Ctrl-S) or a pipe without a reader blocks writers for any time. So a thread of
its own writes; lines that do not fit into its queue are counted and dropped.
"""

from __future__ import annotations

import logging
import os
import queue
import sys
from typing import TextIO

from .supervised_thread import SupervisedThread

LINES = 1000
"""That may wait."""


class Console:
    """Queue lines with `say` from any thread; `close` at the end."""

    def __init__(self) -> None:
        self._lines: queue.Queue[tuple[TextIO, str] | None] = queue.Queue(LINES)
        self._left_out = 0
        self._thread = SupervisedThread(target=self._run, name="console")
        self._thread.start()

    def say(self, line: str) -> None:
        self.put(sys.stdout, line)

    def put(self, stream: TextIO, line: str) -> None:
        try:
            self._lines.put_nowait((stream, line))
        except queue.Full:
            self._left_out += 1

    def close(self, seconds: float = 0.5) -> None:
        """Write queued lines for at most `seconds`."""
        try:
            self._lines.put(None, timeout=seconds)
        except queue.Full:
            return
        self._thread.join(seconds)

    def _run(self) -> None:
        while (item := self._lines.get()) is not None:
            stream, line = item
            left_out, self._left_out = self._left_out, 0
            _write(stream, line)
            if left_out:
                _write(stream, f"({left_out} lines were left out: nobody read them)")


class ConsoleHandler(logging.Handler):
    """Writes the program's log records to stderr."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        self._console.put(sys.stderr, self.format(record))


def _write(stream: TextIO, line: str) -> None:
    """Write without the stream's buffer: its lock, held by a blocked thread, would keep the
    interpreter from exiting. A closed descriptor is ignored."""
    try:
        data = f"{line}\n".encode(stream.encoding or "utf-8", "backslashreplace")
        while data:
            data = data[os.write(stream.fileno(), data) :]
    except (OSError, ValueError, AttributeError):  # AttributeError: there is no stream (pythonw)
        pass
