"""The connection of one chat session: bytes in, commands to the hub, lines out.

Outgoing bytes are written directly to the transport. They are counted only once the transport
reports that its buffer is filling up; a client whose buffer grows beyond `send_queue` is
disconnected, so that no client stalls another. While output waits, history is not read for it.

Incoming commands beyond the flood burst are queued and handled at the flood rate. While any are
queued, the connection is not read, so the queue is bounded by one read. Its PONG may be among what
is queued or not read yet, so it never counts as silent meanwhile, and gets a PING now and then: a
client whose own PING waits there sees that the connection is alive.
"""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, cast

from ..config import LimitSettings
from ..dialects.interface import Dialect
from ..dialects.variant import Framing
from ..hub import Hub
from ..peer import Peer
from ..protocol.message import BadLine, Message, Received, count_of, one_by_one
from ..session import Session
from ..token_bucket import TokenBucket
from .limits import customer, monotonic_ms
from .prices import Prices

if TYPE_CHECKING:
    from .io_thread import IoThread

#: The transport reports its buffer when it exceeds this many bytes (InspIRCd: 4 KiB).
HIGH_WATER = 65536
#: Seconds between the signs of life to a client that is held back.
SIGN_EVERY = 4.0
#: Bytes of input that a guest pays for at once, and that a command counts besides its own: what an
#: event takes on disk.
LUMP = 4096
OVERHEAD = 200


class ChatConnection(asyncio.Protocol):
    """The protocol of one session. All methods run in its I/O thread."""

    __slots__ = (
        "_budget", "_came", "_credit", "_dialect", "_frame", "_hub", "_limits", "_peer", "_prices",
        "_reason", "_signed", "_thread", "_transport", "_unread", "asked", "heard", "session",
    )  # fmt: skip

    def __init__(
        self,
        hub: Hub,
        thread: IoThread,
        peer: Peer,
        dialect: Dialect,
        frame: Framing | None = None,
    ) -> None:
        self._hub = hub
        self._thread = thread
        self._peer = peer
        self._dialect = dialect
        self._frame = frame
        self._limits: LimitSettings = hub.settings.limits
        self._came = self._signed = self.heard = thread.loop.time()
        self._budget = TokenBucket(self._limits.flood_burst, self._limits.flood_rate, self._came)
        self._prices = Prices()
        #: Bytes of input that are paid for, see `_draw`.
        self._credit = 0.0 if self._limits.guest_bytes else math.inf
        self.asked = False  # PING was sent and is unanswered
        self._unread: Iterator[Message | BadLine] | None = None
        self._reason = ""
        self._transport: asyncio.Transport
        self.session: Session

    # -- asyncio.Protocol ------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(HIGH_WATER)
        self.session = self._hub.registry.connect(
            lambda id: Session(
                id, self._thread, self._peer, self._dialect, self._hub.variants, self._frame
            )
        )
        self.session.divert(self._transport.write)
        self.session.close = self._transport.close
        self._thread.connections.add(self)
        self._hub.registry.greet(self.session)

    def data_received(self, data: bytes) -> None:
        self.heard = self._thread.loop.time()
        self.asked = False
        self._credit -= len(data)
        self.take(self._dialect.receive(data))

    def take(self, messages: Iterable[Received]) -> None:
        """Handle commands of the client at the rate that the limits allow."""
        if self._limits.flood_burst == 0:
            self._hub.receive(self.session, messages)
        elif self._unread is not None:
            self._unread = itertools.chain(self._unread, one_by_one(messages))
        elif isinstance(messages, list) and self._pays_for(messages):
            self._hub.receive(self.session, messages)
        else:
            self._unread = one_by_one(messages)
            self._take_some()

    def eof_received(self) -> bool:
        """The client closed its sending side. Replies on their way are still delivered."""
        self._reason = "Connection closed"
        self._hub.registry.disconnect(self.session, self._reason, tell=True)
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self._thread.connections.discard(self)
        # Lines decided before the close still arrive; uvloop would raise for the first.
        self.session.divert(_nowhere)
        reason = self._reason or ("Connection closed" if error is None else _explain(error))
        self._hub.registry.disconnect(self.session, reason)

    def pause_writing(self) -> None:
        self.session.divert(self._write_counted)
        self.session.behind = True

    def resume_writing(self) -> None:
        self.session.divert(self._transport.write)
        self.session.behind = False
        if self.session.postponed is not None:
            self._thread.call(self._hub.caught_up, self.session)

    # -- limits ----------------------------------------------------------------------------

    def _write_counted(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        waiting = self._transport.get_write_buffer_size()
        if waiting + len(data) > self._limits.send_queue:
            self._reason = f"SendQ exceeded ({waiting} bytes not read)"
            # The client cannot be told: its buffer is full. The others learn it from the QUIT.
            self._transport.abort()
            return
        self._transport.write(data)

    def _pays_for(self, messages: list[Received]) -> bool:
        """Quick path of a read within the budget (general: _take_some): charge all commands at
        once.

        Returns False, and charges nothing, if the budget could be used up.
        """
        if self._credit < 0 and not self._draw():
            return False
        budget, number = self._budget, count_of(messages)
        if budget.refill(self._thread.loop.time()) < number + 1:
            return False
        budget.tokens -= sum(map(self._prices.of, messages))
        self._credit -= OVERHEAD * number
        return True

    def _take_some(self) -> None:
        """General path (quick: _pays_for): handle as many queued commands as the budget allows."""
        if self._unread is None or self._transport.is_closing():
            return
        if self._credit < 0 and not self._draw():
            self._hold_back()
            return
        self._budget.refill(self._thread.loop.time())
        self.heard, self.asked = self._thread.loop.time(), False
        self._hub.receive(self.session, self._spend(self._unread))
        if self._budget.tokens >= 1:
            self._unread = None
            self._transport.resume_reading()
        else:
            self._hold_back()

    def _hold_back(self) -> None:
        self._transport.pause_reading()
        self._thread.loop.call_later(1 / self._limits.flood_rate, self._take_some)

    def _draw(self) -> bool:
        """Pay for more input, from the budget that the guests of an address share. A new connection
        begins without any, so reconnecting gains nothing. False: the budget is used up.

        It pays in lumps, so that a message costs no look at what is shared.
        """
        user = self.session.user
        if user is None or user.account is None:
            place = ("address", customer(self.session.peer.host))
            cost = min(LUMP - self._credit, self._limits.guest_bytes)
            if not self._hub.context.guest_input.spend(place, monotonic_ms(), cost):
                return False
        self._credit = LUMP
        return True

    def _spend(self, messages: Iterator[Message | BadLine]) -> Iterator[Message | BadLine]:
        """Yield messages while the budget pays for them; the rest stays in `messages`."""
        while self._budget.tokens >= 1:
            message = next(messages, None)
            if message is None:
                return
            self._budget.tokens -= self._prices.of(message)
            self._credit -= OVERHEAD
            yield message

    def check(self, now: float) -> None:
        """Called every second with the loop's time: check registration and PING timeouts."""
        limits, session = self._limits, self.session
        silent = now - self.heard
        if session.user is None:
            # Counted from the connect: sending a byte now and then does not extend registration.
            if now - self._came > limits.registration_seconds:
                self._end("Registration timed out")
            elif session.sasl is not None and session.run is None and silent > limits.login_seconds:
                self._end("Login timed out")
        elif self._dialect.for_people:
            pass  # this dialect has no PING; keep-alive of TCP detects a dead peer
        elif self._unread is not None:
            self._sign(now)
        elif not self.asked and silent > limits.ping_seconds:
            self.asked = True
            session.write(self._ping())
        elif self.asked and silent > limits.ping_seconds + limits.ping_timeout_seconds:
            self._end(f"Ping timeout: {int(silent)} seconds")

    def _sign(self, now: float) -> None:
        """Show a client that is held back that the connection is alive."""
        if now - self._signed >= SIGN_EVERY:
            self._signed = now
            self.session.write(self._ping())

    def _ping(self) -> bytes:
        lines = f":{self._hub.server.name} PING :{self._hub.server.name}\r\n".encode()
        return self._frame(lines) if self._frame is not None else lines

    def abort(self) -> None:
        """Close at once and discard unsent output."""
        self._transport.abort()

    def _end(self, reason: str) -> None:
        self._reason = reason
        self._hub.registry.disconnect(self.session, reason, tell=True)


def _nowhere(data: bytes) -> None:
    """Discard lines for a client that is gone."""


def _explain(error: Exception) -> str:
    """Describe an OS error in words for users."""
    if isinstance(error, ConnectionResetError):
        return "Connection reset by peer"
    if isinstance(error, BrokenPipeError):
        return "Broken pipe"
    return str(error) or type(error).__name__
