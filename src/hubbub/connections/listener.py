"""The listening socket: accepts, counts, and deals the connections out to the I/O threads.

When descriptors run out (EMFILE) accepting rests for a moment, with at most a line a minute in the
log, instead of trying again at once and for ever (cpython issue 151615).
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

_AT_ONCE = 100  # connections accepted in one turn of the loop
_REST_SECONDS = 0.1  # what waits may be a thousand that are gone: each rest lets some through
_TELL_SECONDS = 60.0
_NO_ROOM = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises OSError."""
    family, kind, proto, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    sock = socket.socket(family, kind, proto)
    try:
        if sys.platform != "win32":
            # A restart at once works; on Windows this option means something else.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and host == "::":
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind(address)
        sock.listen(4096)  # a crowd that comes back at once; the system may allow fewer
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


class Listener:
    """Accepts in the first thread. `admit` says of an address why it may not come in, or None."""

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
        self._told = -math.inf  # when the log was told that there is no room
        self._closed = False

    def start(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.add_reader, self._socket, self._accept)

    def close(self) -> None:
        """Accept no more. Called in any thread."""
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
        # A line is one write: waiting to fill a packet (Nagle) only delays it.
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
    """One line that a person and an IRC client both understand, as far as it gets."""
    try:
        accepted.send(f"ERROR :{refusal}\r\n".encode())
    except OSError:
        pass
    finally:
        accepted.close()
