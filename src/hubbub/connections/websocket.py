"""IRC over WebSocket, for browsers (RFC 6455; IRCv3 specification "websocket").

Each message is one IRC line without its ending. Incoming messages become lines for the protocol
that also serves IRC over TCP. Outgoing lines are already frames, encoded once for the audience
(frames.py), and are written directly to the network.

The library websockets parses handshake and frames. This module checks the origin, joins fragments,
limits frames that cost work and carry no message, and closes with the right code.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import cast

from websockets import Frame, Headers, Opcode, Request, Subprotocol
from websockets.datastructures import MultipleValuesError
from websockets.frames import CloseCode
from websockets.protocol import State
from websockets.server import ServerProtocol

from ..peer import Peer
from ..token_bucket import TokenBucket
from .frames import binary_frames, text_frames
from .layer import Layer
from .origins import Origins
from .request_head import head_end, short_response

TEXT = Subprotocol("text.ircv3.net")
BINARY = Subprotocol("binary.ircv3.net")

MESSAGE_LIMIT = 16 * 1024  # bytes; Ergo's limit too. Longer lines below it get an error reply
SLICE = 4096  # bytes parsed at once, so that a flood of tiny frames is noticed early
PATIENCE = 100  # frames without a message (pings, fragments, empty ones) tolerated in a burst
PATIENCE_PER_SECOND = 10.0
CLOSE_SECONDS = 5.0  # time for the client to answer a close frame
LINGER_SECONDS = 1.0  # time for the close reason to reach a client that is still sending

Framing = Callable[[bytes], bytes]

# The library logs every connection at INFO; the hub already logs them.
_logger = logging.getLogger("hubbub.websocket")
_logger.setLevel(logging.WARNING)

_ONE_LINE = b"FAIL * INVALID_MESSAGE :One message is one line: it was not used\r\n"


class WebSocketConnection(asyncio.Protocol):
    """The transport's protocol from the request's head on.

    `enter(framing)` builds the protocol that receives the lines; it writes frames made by
    `framing`.
    """

    def __init__(
        self, peer: Peer, origins: Origins, enter: Callable[[Framing], asyncio.Protocol]
    ) -> None:
        self._peer = peer
        self._origins = origins
        self._enter = enter
        self._websocket = _Protocol(max_size=MESSAGE_LIMIT, logger=_logger)
        self._frames: Framing = text_frames
        self._inside: asyncio.Protocol | None = None
        self._message = bytearray()  # fragments received so far
        self._is_text = False
        self._error: Exception | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._raw: asyncio.Transport
        self._transport: WebSocketTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._raw = cast(asyncio.Transport, transport)
        self._loop = asyncio.get_running_loop()
        self._patience = TokenBucket(PATIENCE, PATIENCE_PER_SECOND, self._loop.time())

    def data_received(self, data: bytes) -> None:
        if self._inside is not None:
            self._receive(data)
        elif self._timer is None:
            head = head_end(data) or len(data)
            self._shake_hands(data[:head])
            if self._inside is not None and len(data) > head:
                self._receive(data[head:])

    def eof_received(self) -> None:
        """The client closed without a close frame; the transport closes itself."""

    def connection_lost(self, error: Exception | None) -> None:
        self._stop_timer()
        inside, self._inside = self._inside, None
        if inside is not None:
            inside.connection_lost(self._error or error)
            # Break reference cycles, so the garbage collector has nothing to find.
            self._transport.forget()
        self._websocket.parser.close()

    def pause_writing(self) -> None:
        if self._inside is not None:
            self._inside.pause_writing()

    def resume_writing(self) -> None:
        if self._inside is not None:
            self._inside.resume_writing()

    # Handshake

    def _shake_hands(self, head: bytes) -> None:
        self._websocket.receive_data(head)
        events = self._websocket.events_received()
        if not events:  # the library may have responded; it does not respond to an unreadable line
            answer = b"".join(self._websocket.data_to_send())
            self._raw.write(answer or short_response("400 Bad Request", "That is no request."))
            self._linger()
            return
        request = cast(Request, events[0])
        refusal = self._refusal(request.headers)
        if refusal is None:
            response = self._websocket.accept(request)
        else:
            response = self._websocket.reject(403, refusal + "\n")
        self._websocket.send_response(response)
        self._send()
        if self._websocket.state is State.OPEN:
            self._go_in()

    def _refusal(self, headers: Headers) -> str | None:
        try:
            origin, host = headers.get("Origin"), headers.get("Host", "")
        except MultipleValuesError:
            return "One Origin and one Host, please."
        own = self._raw.get_extra_info("sockname")
        local_address = own[0] if isinstance(own, tuple) else ""
        return self._origins.refusal(origin, host, local_address, self._peer.tls)

    def _go_in(self) -> None:
        if self._websocket.subprotocol == BINARY:
            self._frames = binary_frames
        self._transport = WebSocketTransport(self._raw, self._close)
        self._inside = self._enter(self._frames)
        self._inside.connection_made(self._transport)

    # Messages

    def _receive(self, data: bytes) -> None:
        if self._websocket.eof_sent:
            return  # input after the end is ignored
        lines: list[bytes] = []
        for start in range(0, len(data), SLICE):
            self._websocket.receive_data(data[start : start + SLICE])
            for frame in self._websocket.events_received():
                self._take(cast(Frame, frame), lines)
            if self._websocket.eof_sent:
                break
        # Messages received before a close frame still count, so deliver the lines first.
        if lines and self._inside is not None:
            self._inside.data_received(b"".join(lines))
        self._send()

    def _take(self, frame: Frame, lines: list[bytes]) -> None:
        opcode = frame.opcode
        if opcode in (Opcode.TEXT, Opcode.BINARY) and frame.fin and frame.data:
            self._take_message(bytes(frame.data), opcode is Opcode.TEXT, lines)
        elif self._is_tried():
            self._fail(CloseCode.POLICY_VIOLATION, "too many frames without a message")
        elif opcode in (Opcode.TEXT, Opcode.BINARY):
            self._is_text = opcode is Opcode.TEXT
            self._message = bytearray(frame.data)
        elif opcode is Opcode.CONT:
            self._message += frame.data
            if frame.fin:
                message, self._message = bytes(self._message), bytearray()
                self._take_message(message, self._is_text, lines)

    def _take_message(self, message: bytes, is_text: bool, lines: list[bytes]) -> None:
        if is_text and not _is_utf8(message):
            self._fail(CloseCode.INVALID_DATA, "text that is not UTF-8")
            return
        line = message.rstrip(b"\r\n")  # not allowed, but many clients send it
        if b"\n" in line or b"\r" in line:
            self._raw.write(self._frames(_ONE_LINE))
        elif line:
            lines += (line, b"\r\n")

    def _is_tried(self) -> bool:
        """Count a frame without a message; True if there were too many recently."""
        return not self._patience.take(1, self._loop.time())

    # Closing

    def _send(self) -> None:
        """Send the output of the library: pongs, a close frame, and then the end."""
        for data in self._websocket.data_to_send():
            if data and not self._raw.is_closing():
                self._raw.write(data)
        if self._websocket.eof_sent:
            self._end()

    def _end(self) -> None:
        if self._inside is not None:
            self._transport.closing = True
        if self._websocket.close_rcvd is not None:
            self._stop_timer()
            self._raw.close()
            return
        if self._websocket.close_sent is not None and self._error is None:
            self._error = ConnectionError(f"WebSocket: {self._websocket.close_sent.reason}")
        self._linger()

    def _linger(self) -> None:
        """Close once the output has arrived. A close with unread input could overtake it."""
        if self._timer is None and not self._raw.is_closing():
            if self._raw.can_write_eof():
                self._raw.write_eof()
            self._timer = self._loop.call_later(LINGER_SECONDS, self._raw.close)

    def _fail(self, code: CloseCode, reason: str) -> None:
        if self._websocket.state is State.OPEN:
            self._websocket.fail(code, reason)

    def _close(self) -> None:
        """The inner protocol has finished: send a close frame and wait for the client's."""
        if self._websocket.state is State.OPEN:
            self._websocket.send_close(CloseCode.NORMAL_CLOSURE)
            self._send()
            self._timer = self._loop.call_later(CLOSE_SECONDS, self._raw.abort)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


class _Protocol(ServerProtocol):
    def select_subprotocol(self, subprotocols: Sequence[Subprotocol]) -> Subprotocol | None:
        """Choose by the client's order; if it offers none that is known, use text."""
        return next((name for name in subprotocols if name in (TEXT, BINARY)), None)


def _nothing() -> None:
    pass


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


class WebSocketTransport(Layer):
    """The transport of the inner protocol, which writes frames. close() closes the WebSocket
    first."""

    def __init__(self, raw: asyncio.Transport, close: Callable[[], None]) -> None:
        super().__init__(raw)
        self._close = close
        # Frames need no conversion: binding the raw transport's method saves a call per write.
        self.write = raw.write  # type: ignore[method-assign]

    def close(self) -> None:
        if not self.closing:
            self.closing = True
            self._close()

    def forget(self) -> None:
        """The connection is gone; drop references to it."""
        self.closing = True
        self._close = _nothing

    def is_reading(self) -> bool:
        return self._raw.is_reading()

    def pause_reading(self) -> None:
        self._raw.pause_reading()

    def resume_reading(self) -> None:
        self._raw.resume_reading()
