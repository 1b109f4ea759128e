"""`client.py --lines`: every line that is typed is sent as it is, every line that arrives is shown.

It speaks no dialect of Hubbub, so it is a client for any server whose protocol is lines of text,
above all for those that learners write (lessons/protocol.md). Unlike netcat it keeps the line that
is being typed whole while others arrive, and shows control characters instead of obeying them.

The main thread reads what is typed, a second one what arrives. At the end of the input the sending
side of the connection is closed, and the client ends when the server closes the other.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
import threading

from hubbub.client.line_client import TerminalView
from hubbub.client.render import note
from hubbub.client.text import printable

LONGEST_SHOWN = 65_536
"""Bytes of a line without an end after which it is shown all the same."""
_AGAIN_SECONDS = 0.2


def run(host: str, port: int) -> int:
    """Talk to a server of lines. Returns the exit code: 0, or 130 after Ctrl-C. Raises OSError if
    there is none."""
    view = TerminalView(sys.stdout if sys.stdout.isatty() else sys.stderr)
    with socket.create_connection((host, port)) as connection:
        arrivals = _Arrivals(connection, view)
        arrivals.start()
        try:
            _send_typed(connection, view)
            arrivals.ended.wait()
            arrivals.main_is_done.set()
        except KeyboardInterrupt:
            return 0 if arrivals.ended.is_set() else 130
    return 0


def _send_typed(connection: socket.socket, view: TerminalView) -> None:
    """Send lines until the input ends, or the connection."""
    with contextlib.suppress(EOFError, OSError):  # the other thread tells what broke
        while True:
            line = view.read("") if sys.stdin.isatty() else input()
            connection.sendall(line.encode("utf-8", "surrogateescape") + b"\n")
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)


class _Arrivals(threading.Thread):
    """Shows what arrives, and wakes the main thread at the end of it."""

    def __init__(self, connection: socket.socket, view: TerminalView) -> None:
        super().__init__(name="arrivals", daemon=True)
        self._connection = connection
        self._view = view
        self.ended = threading.Event()
        self.main_is_done = threading.Event()

    def run(self) -> None:
        why = "The server has closed the connection"
        unfinished = b""
        try:
            while data := self._connection.recv(65_536):
                *lines, unfinished = (unfinished + data).split(b"\n")
                for line in lines:
                    self._show(line)
                if len(unfinished) > LONGEST_SHOWN:
                    self._show(unfinished)
                    unfinished = b""
        except OSError as error:
            why = f"The connection broke: {error.strerror or error}"
        if unfinished:
            self._show(unfinished)
        self._view.notice(note(why))
        self.ended.set()
        self._wake_main()

    def _show(self, line: bytes) -> None:
        text = line.removesuffix(b"\r").decode("utf-8", "surrogateescape")
        self._view.show([("", printable(text))])

    def _wake_main(self) -> None:
        """End its `input()`. Again and again: CPython misses a signal between the prompt of
        readline and its select()."""
        if sys.platform == "win32":
            self._view.notice(note("Press Enter to end"))
            return
        main = threading.main_thread().ident
        while main is not None and not self.main_is_done.wait(_AGAIN_SECONDS):
            signal.pthread_kill(main, signal.SIGINT)
