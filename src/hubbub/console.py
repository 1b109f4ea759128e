"""What the server says to whoever started it, on stdout and stderr.

A terminal that is held (Ctrl-S) or a pipe that nobody reads takes no more at some point, and who
writes there waits for ever. So a thread of its own writes; what does not fit into its queue
meanwhile is counted and left out, and the server goes on.
"""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
from typing import TextIO

LINES = 1000
"""That may wait."""


class Console:
    """`say` lines from any thread, `close` it at the end."""

    def __init__(self) -> None:
        self._lines: queue.Queue[tuple[TextIO, str] | None] = queue.Queue(LINES)
        self._left_out = 0
        self._thread = threading.Thread(target=self._run, name="console", daemon=True)
        self._thread.start()

    def say(self, line: str) -> None:
        self.put(sys.stdout, line)

    def put(self, stream: TextIO, line: str) -> None:
        try:
            self._lines.put_nowait((stream, line))
        except queue.Full:
            self._left_out += 1

    def close(self, seconds: float = 0.5) -> None:
        """Write what waits, if somebody reads it in so many seconds."""
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
    """The program's own log, on stderr."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        self._console.put(sys.stderr, self.format(record))


def _write(stream: TextIO, line: str) -> None:
    """Past the stream's buffer: its lock, held by a thread that waits, would stop the interpreter
    from ending. Whoever closed the descriptor does not stop the server."""
    try:
        data = f"{line}\n".encode(stream.encoding or "utf-8", "backslashreplace")
        while data:
            data = data[os.write(stream.fileno(), data) :]
    except (OSError, ValueError, AttributeError):  # AttributeError: there is no stream (pythonw)
        pass
