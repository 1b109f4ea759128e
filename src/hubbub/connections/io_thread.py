"""An I/O thread: one event loop that serves a share of the connections.

The hub passes it lines for delivery (`release`) from any thread. The thread writes all lines that
accumulate during one iteration of its loop together.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import weakref
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, cast

from ..outbox.batch import Broadcast, PrivateDelivery
from ..outbox.fanout import deliver
from ..supervised_thread import SupervisedThread

ProtocolFactory = Callable[[], asyncio.Protocol]


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop's event loop where available, else an asyncio loop that supports `add_reader`."""
    with contextlib.suppress(ImportError):
        import uvloop

        return uvloop.new_event_loop()
    return asyncio.SelectorEventLoop()


class Connection(Protocol):
    """A connection as seen by its I/O thread."""

    def check(self, now: float) -> None:
        """Called every second with the loop's time; closes connections whose timeout has passed."""

    def abort(self) -> None:
        """Close at once and discard unsent output."""


class IoThread:
    """One I/O thread: `start`, then `adopt` accepted sockets, then `stop`."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.pending = 0  # number of the last batch that has lines for this thread
        self.released = 0  # number of the last batch whose lines were delivered
        self.loop = new_loop()
        self.connections: set[Connection] = set()
        #: Callbacks that end other things together with the thread.
        self.at_end: list[Callable[[], Awaitable[None]]] = []
        # All connections, also those without a session: undetected ones, TLS handshakes, HTTP.
        self._transports: weakref.WeakSet[asyncio.BaseTransport] = weakref.WeakSet()
        self._inbox: list[tuple[list[Broadcast | PrivateDelivery], int]] = []
        self._inbox_lock = threading.Lock()
        self._thread = SupervisedThread(target=self._run, name=f"io-{index}")
        self._making: set[asyncio.Task[Any]] = set()

    # -- life ------------------------------------------------------------------------------

    def start(self) -> None:
        self.loop.call_soon_threadsafe(self._check)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        self.loop.close()

    def stop(self, seconds: float) -> None:
        """Deliver released lines, then end. Clients still unread after `seconds` are
        disconnected."""
        asyncio.run_coroutine_threadsafe(self._drain(seconds), self.loop).result(seconds + 1)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(1)

    async def _drain(self, seconds: float) -> None:
        ending = asyncio.gather(*(end() for end in self.at_end))
        deadline = self.loop.time() + seconds
        while self.connections and self.loop.time() < deadline:
            await asyncio.sleep(0.01)
        for connection in list(self.connections):
            connection.abort()
        await ending
        for transport in list(self._transports):
            cast(asyncio.Transport, transport).abort()
        await asyncio.sleep(0)

    def call(self, function: Callable[..., None], *arguments: Any) -> None:
        """Schedule `function` in this thread. Does nothing once the thread has ended."""
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(function, *arguments)

    def at_end_of_turn(self, function: Callable[[], None]) -> bool:
        if threading.get_ident() != self._thread.ident:
            return False
        self.loop.call_soon(function)
        return True

    # -- connections -----------------------------------------------------------------------

    def adopt(self, accepted: socket.socket, factory: ProtocolFactory) -> None:
        """Take over an accepted socket. Thread-safe."""
        if threading.current_thread() is self._thread:
            self._adopt(accepted, factory)
        else:
            self.call(self._adopt, accepted, factory)

    def _adopt(self, accepted: socket.socket, factory: ProtocolFactory) -> None:
        task = self.loop.create_task(self._connect(accepted, factory))
        self._making.add(task)
        task.add_done_callback(self._making.discard)

    async def _connect(self, accepted: socket.socket, factory: ProtocolFactory) -> None:
        try:
            transport, _ = await self.loop.connect_accepted_socket(factory, accepted)
        except OSError:
            accepted.close()  # the client closed before the thread took over
        else:
            self._transports.add(transport)

    def _check(self) -> None:
        """Check timeouts, every second."""
        self.loop.call_later(1, self._check)
        now = self.loop.time()
        for connection in list(self.connections):
            connection.check(now)

    # -- lines -----------------------------------------------------------------------------

    def release(self, deliveries: list[Broadcast | PrivateDelivery], number: int) -> None:
        """Deliver the lines of batch `number`. Thread-safe; batches must come in order."""
        with self._inbox_lock:
            first = not self._inbox
            self._inbox.append((deliveries, number))
        if first:
            self.call(self._deliver)

    def _deliver(self) -> None:
        with self._inbox_lock:
            inbox, self._inbox = self._inbox, []
        if len(inbox) == 1:
            deliver(inbox[0][0], self.index)
        else:
            deliver([each for deliveries, _ in inbox for each in deliveries], self.index)
        self.released = inbox[-1][1]
