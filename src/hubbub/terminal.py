"""Decide whether a SIGHUP means that the terminal was closed.

SIGHUP is sent when a terminal window is closed, and by an operator to reload the settings (`kill
-HUP`). The window was closed if the terminal disappears as well, within seconds of the signal,
before or after it: a shell passes the signal on before it exits, and its terminal with it. A
terminal that disappeared long before without a signal (`server.py &`, then `exit`) left a service
behind. A server under tmux, systemd or Docker has a lasting terminal, or none.
"""

from __future__ import annotations

import contextlib
import os
import time

TOGETHER_SECONDS = 5.0


class Terminal:
    """`descriptor` is an open descriptor of it; None if there is no terminal."""

    def __init__(self, descriptor: int | None = None) -> None:
        self._descriptor = descriptor
        self._signalled: float | None = None
        self._went: float | None = None

    def hung_up(self) -> bool:
        """Handle a SIGHUP: is the window closed, as far as can be known now?"""
        self._signalled = time.monotonic()
        return self.was_closed()

    def was_closed(self) -> bool:
        """Is the terminal gone? Call it regularly, so that the time of its end is known."""
        if self._descriptor is not None and not os.isatty(self._descriptor):
            os.close(self._descriptor)
            self._descriptor, self._went = None, time.monotonic()
        if self._signalled is None or self._went is None:
            return False
        return abs(self._signalled - self._went) < TOGETHER_SECONDS


def own_terminal() -> Terminal:
    """The controlling terminal of this process, which may differ from stdin."""
    with contextlib.suppress(AttributeError, OSError):  # Windows, or a service
        return Terminal(os.open(os.ctermid(), os.O_RDONLY | os.O_NOCTTY))
    return Terminal()
