"""The terminal that a server was started in, and what a SIGHUP means.

It comes when somebody closes the window, and when somebody asks to read the settings again
(`kill -HUP`). The window was closed when the terminal goes as well, within seconds of the signal,
before or after it: a shell hands the signal on before it ends itself, and its terminal with it. A
terminal that went long ago and without a signal (`server.py &`, then `exit`) left a service behind,
and a server under tmux, systemd or Docker has one that stays, or none.
"""

from __future__ import annotations

import contextlib
import os
import time

TOGETHER_SECONDS = 5.0


class Terminal:
    """`descriptor` is open for it; None: there is no terminal."""

    def __init__(self, descriptor: int | None = None) -> None:
        self._descriptor = descriptor
        self._signalled: float | None = None
        self._went: float | None = None

    def hung_up(self) -> bool:
        """SIGHUP came: whether the window is closed, as far as one can see now."""
        self._signalled = time.monotonic()
        return self.was_closed()

    def was_closed(self) -> bool:
        """To be asked again and again, as one who knows when the terminal went was looking."""
        if self._descriptor is not None and not os.isatty(self._descriptor):
            os.close(self._descriptor)
            self._descriptor, self._went = None, time.monotonic()
        if self._signalled is None or self._went is None:
            return False
        return abs(self._signalled - self._went) < TOGETHER_SECONDS


def own_terminal() -> Terminal:
    """The controlling terminal of this process: stdin may be something else."""
    with contextlib.suppress(AttributeError, OSError):  # Windows; a service
        return Terminal(os.open(os.ctermid(), os.O_RDONLY | os.O_NOCTTY))
    return Terminal()
