"""The grader's own connections, all served by one loop in one thread.

Whatever the grader waits for, it goes on reading and writing for all of its clients meanwhile, so
no program is ever held up by the grader itself, except by a client that is told not to read.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import time
from collections import deque
from collections.abc import Callable

from .. import kernel

_STEP = 0.02
"""Seconds after which a condition is looked at again although nothing has arrived."""
_LINGER_0 = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
_READ = 262_144  # bytes
_PAUSE = 0.02  # seconds between two pieces, where the kernel cannot be asked


class Client:
    """One connection to the program. Lines that arrive have no line ends, and no CR before one."""

    def __init__(self, label: str, sock: socket.socket, *, has_notices: bool) -> None:
        self.label = label
        self.said: deque[bytes] = deque()
        """Lines that arrived and were not looked at, without notices."""
        self.notices: list[bytes] = []
        """Lines that begin with `* `, in the protocol that has such."""
        self.notices_before = 0
        """How many there were when somebody sent something last."""
        self.unfinished = b""
        self.received = 0  # bytes
        self.sent = 0  # bytes
        self.ended = ""
        """How the connection ended: "closed" or "reset"; empty while it stands."""
        self.reads = True
        self.to_send = b""
        self.socket = sock
        self._has_notices = has_notices
        sock.setblocking(False)
        self._near: kernel.Address | None = None
        self._far: kernel.Address | None = None
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._near, self._far = sock.getsockname()[:2], sock.getpeername()[:2]
        except OSError:  # the program has broken the connection already
            self.ended = "reset"

    def far_end(self) -> kernel.End | None:
        """The program's end of the connection; None if it is gone, or the kernel cannot tell."""
        if self._near is None or self._far is None or not kernel.available():
            return None
        return kernel.end(self._far, self._near)

    def near_end(self) -> kernel.End | None:
        """The grader's end; None if the kernel cannot tell."""
        if self._near is None or self._far is None or not kernel.available():
            return None
        return kernel.end(self._near, self._far)

    def has_been_read(self) -> bool:
        """Has the program read everything that was sent? Only where the kernel can be asked."""
        far = self.far_end()
        return far is None or (far.unread == 0 and far.received in (0, self.sent))

    def has_line(self) -> bool:
        return bool(self.said or self.ended)

    def has_answer(self) -> bool:
        return bool(self.said or self.notices or self.ended)

    def read_some(self) -> None:
        try:
            data = self.socket.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            self.ended = "reset"
            return
        self.received += len(data)
        *lines, self.unfinished = (self.unfinished + data).split(b"\n")
        for line in lines:
            self._take(line[:-1] if line.endswith(b"\r") else line)
        if not data:
            self.ended = "closed"

    def _take(self, line: bytes) -> None:
        if self._has_notices and line.startswith(b"* "):
            self.notices.append(line)
        else:
            self.said.append(line)

    def write_some(self) -> None:
        try:
            taken = self.socket.send(self.to_send)
        except BlockingIOError:
            return
        except OSError:
            self.to_send = b""  # the end shows when it is read
            return
        self.sent += taken
        self.to_send = self.to_send[taken:]

    def half_close(self) -> None:
        """Say that nothing more will be sent (FIN)."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.socket.close()

    def reset(self) -> None:
        """End it with RST."""
        with contextlib.suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
        self.socket.close()


class Loop:
    """Serves all clients while the grader waits."""

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self.clients: list[Client] = []

    def until(self, condition: Callable[[], object], seconds: float | None = None) -> bool:
        """Wait until this is true, and no longer than the patience. The clock alone decides
        nothing: what had arrived by then counts."""
        deadline = time.monotonic() + (self.patience if seconds is None else seconds)
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0:
                while self._turn(0):
                    pass
                return bool(condition())
            self._turn(min(left, _STEP))
        return True

    def pause(self, seconds: float) -> None:
        """Serve the clients for this long."""
        self.until(lambda: False, seconds)

    def gate(self, client: Client) -> bool:
        """Wait until the program has read everything that this client sent, so that what is sent
        next is another read of it for certain. Where the kernel cannot be asked, pause."""
        self.until(lambda: not client.to_send or client.ended)
        if not kernel.available():
            self.pause(_PAUSE)
            return True
        return self._until_read(client)

    def _until_read(self, client: Client) -> bool:
        deadline, wait = time.monotonic() + self.patience, 0.0
        while not client.has_been_read():
            if time.monotonic() > deadline:
                return False
            self._turn(wait)
            wait = min(wait + 0.0001, _STEP)
        return True

    def _turn(self, seconds: float) -> bool:
        """Wait for a client that is ready and serve it; was there one?"""
        open_ = [each for each in self.clients if not each.ended and each.socket.fileno() >= 0]
        reading = {each.socket: each for each in open_ if each.reads}
        writing = {each.socket: each for each in open_ if each.to_send}
        if not reading and not writing:  # Windows does not wait for nothing
            time.sleep(seconds)
            return False
        readable, writable, _ = select.select([*reading], [*writing], [], seconds)
        for sock in writable:
            writing[sock].write_some()
        for sock in readable:
            reading[sock].read_some()
        return bool(readable or writable)
