"""Programs in pseudo-terminals: their output, and input typed into them."""

from __future__ import annotations

import contextlib
import os
import pty
import selectors
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

from running_server import PATIENCE


def logged(directory: Path) -> str:
    """The logs in a directory, one after the other."""
    logs = sorted(directory.glob("*log"), key=lambda path: (len(path.name), path.name))
    return "\n".join(path.read_text("utf-8", "replace") for path in logs)


class Terminal:
    """A program in a pseudo terminal: what it printed, and what is typed into it."""

    def __init__(self, command: list[str], **environment: str) -> None:
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (40, 100))
        self.process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm", "LINES": "40", "COLUMNS": "100", **environment},
            start_new_session=True,
        )
        os.close(theirs)
        self._terminal = ours
        self.text = ""

    def types(self, line: str) -> None:
        self.presses(line + "\r")

    def presses(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def until(self, part: str, logs: Path | None = None) -> None:
        """Read until `part` was printed, or stands in one of the program's logs."""
        deadline = time.monotonic() + PATIENCE
        with selectors.DefaultSelector() as selector:
            selector.register(self._terminal, selectors.EVENT_READ)
            while part not in (self.text if logs is None else logged(logs)):
                left = deadline - time.monotonic()
                assert left > 0, (part, self.text[-2000:])
                # A log may be written a moment after the screen.
                if selector.select(left if logs is None else 0.05):
                    self.text += os.read(self._terminal, 65536).decode(errors="replace")

    def leaves(self) -> int:
        """Read until the program has ended by itself; its exit code."""
        with contextlib.suppress(OSError):  # on Linux the end of the terminal is an error
            while data := os.read(self._terminal, 65536):
                self.text += data.decode(errors="replace")
        return self.process.wait(PATIENCE)

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        self.process.wait(PATIENCE)
        os.close(self._terminal)


@contextlib.contextmanager
def program(command: list[str], **environment: str) -> Iterator[Terminal]:
    terminal = Terminal(command, **environment)
    try:
        yield terminal
    finally:
        terminal.end()
