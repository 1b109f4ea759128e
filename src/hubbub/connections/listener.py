"""The listening socket: accept connections and distribute them to the I/O threads.

If file descriptors run out (EMFILE), accepting pauses for a moment, and at most one line a minute
is logged, instead of retrying in a busy loop (cpython issue 151615).
"""

from __future__ import annotations

import errno
import itertools
import logging
import math
import socket
import sys
from collections.abc import Callable, Sequence

from .io_thread import IoThread, ProtocolFactory

logger = logging.getLogger("hubbub")

_AT_ONCE = 100  # maximum connections accepted in one iteration of the loop
# Short: up to a thousand waiting connections may be dead, each pause passes some.
_REST_SECONDS = 0.1
_TELL_SECONDS = 60.0
_NO_ROOM = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket. Raises OSError."""
    family, kind, proto, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    sock = socket.socket(family, kind, proto)
    try:
        if sys.platform != "win32":
            # Allows an immediate restart; on Windows this option has another meaning.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and host == "::":
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind(address)
        sock.listen(4096)  # many clients may reconnect at once; the system may allow fewer
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


class Listener:
    """Accepts in the first I/O thread. `admit` returns why an address is refused, or None."""

    def __init__(
        self,
        sock: socket.socket,
        threads: Sequence[IoThread],
        factory: Callable[[IoThread], ProtocolFactory],
        admit: Callable[[str], str | None],
    ) -> None:
        self._socket = sock
        self._threads = itertools.cycle([(thread, factory(thread)) for thread in threads])
        self._loop = threads[0].loop
        self._admit = admit
        self._resting = False
        self._told = -math.inf  # time of the last log line about exhausted descriptors
        self._closed = False

    def start(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.add_reader, self._socket, self._accept)

    def close(self) -> None:
        """Stop accepting. Thread-safe."""
        self._loop.call_soon_threadsafe(self._close)

    def _close(self) -> None:
        if not self._closed:
            self._closed = True
            self._loop.remove_reader(self._socket)
            self._socket.close()

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                accepted, address = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._rest(error)
                return
            self._let_in(accepted, address[0])

    def _let_in(self, accepted: socket.socket, host: str) -> None:
        accepted.setblocking(False)
        refusal = self._admit(host)
        if refusal is not None:
            _turn_away(accepted, refusal)
            return
        # Each write holds whole lines; waiting to fill a packet (Nagle) would only delay them.
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        thread, factory = next(self._threads)
        thread.adopt(accepted, factory)

    def _rest(self, error: OSError) -> None:
        if error.errno not in _NO_ROOM:
            raise error
        if self._resting:
            return
        self._resting = True
        if self._loop.time() > self._told + _TELL_SECONDS:
            self._told = self._loop.time()
            logger.error("no more connections fit (%s); new ones wait until some end", error)
        self._loop.remove_reader(self._socket)
        self._loop.call_later(_REST_SECONDS, self._try_again)

    def _try_again(self) -> None:
        if not self._closed:
            self._resting = False
            self._loop.add_reader(self._socket, self._accept)


def _turn_away(accepted: socket.socket, refusal: str) -> None:
    """Try to send one line of refusal that people and IRC clients both understand."""
    try:
        accepted.send(f"ERROR :{refusal}\r\n".encode())
    except OSError:
        pass
    finally:
        accepted.close()
