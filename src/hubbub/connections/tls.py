"""TLS between a transport and a protocol, on any event loop, starting from bytes already read.

`loop.start_tls` cannot be used: it loses the bytes that were read to recognise the hello (CPython
issue 142352, uvloop issue 707). So the records pass through an engine that does no I/O:

    raw transport -> TlsSide.data_received -> engine.feed, engine.read -> protocol.data_received
    raw transport <- engine.take <- engine.write <- TlsTransport.write <- protocol

There is no buffer in between: output of the protocol is encrypted and passed to the raw transport
at once, so the raw transport's write buffer and its limits apply to the protocol.
"""

import asyncio
import contextlib
import hashlib
import ssl
from collections.abc import Callable
from typing import Any, Protocol, cast

from .layer import Layer

HANDSHAKE_SECONDS = 10.0
READ_BYTES = 64 * 1024
NO_TLS_HERE = b"\x15\x03\x01\x00\x02\x02\x28"
"""A fatal alert, handshake_failure (RFC 8446 section 6.2): all that can be said to a TLS client by
a server without a certificate."""


class TlsError(Exception):
    """The peer violated TLS, or the two sides have no version or cipher in common."""


class TlsEngine(Protocol):
    """One side of a TLS connection, without I/O. Each method may leave output for `take`."""

    def feed(self, data: bytes) -> None:
        """Add bytes received from the network."""

    def take(self) -> bytes:
        """Return and clear the bytes to send to the network; may be empty."""

    def handshake(self) -> bool:
        """Continue the handshake; True when it is complete. Raises TlsError."""

    def read(self) -> bytes | None:
        """Decrypted bytes; empty after close_notify, None if more input is needed. Raises
        TlsError."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Encrypt `data`. Raises TlsError."""

    def shutdown(self) -> None:
        """Send close_notify. Never raises."""

    def client_certificate(self) -> bytes | None:
        """The client's certificate as DER, or None."""

    def extra_info(self, name: str) -> Any:
        """TLS information under the names of asyncio: ssl_object, sslcontext, cipher, peercert."""


class SslEngine:
    """An engine of the standard library's ssl, over memory buffers."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def feed(self, data: bytes) -> None:
        self._incoming.write(data)

    def take(self) -> bytes:
        return self._outgoing.read()

    def handshake(self) -> bool:
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError as error:
            raise TlsError(reason_of(error)) from None
        return True

    def read(self) -> bytes | None:
        try:
            return self._object.read(READ_BYTES)
        except ssl.SSLWantReadError:
            return None
        except ssl.SSLError as error:
            raise TlsError(reason_of(error)) from None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        try:
            # One call writes everything: a memory buffer is never full.
            self._object.write(data)
        except ssl.SSLError as error:
            raise TlsError(reason_of(error)) from None

    def shutdown(self) -> None:
        # Raised to wait for the peer's close_notify, which is not needed.
        with contextlib.suppress(ssl.SSLError):
            self._object.unwrap()

    def client_certificate(self) -> bytes | None:
        return self._object.getpeercert(binary_form=True)

    def extra_info(self, name: str) -> Any:
        if name == "ssl_object":
            return self._object
        if name == "sslcontext":
            return self._object.context
        if name == "cipher":
            return self._object.cipher()
        return None


def reason_of(error: ssl.SSLError) -> str:
    """OpenSSL's reason in plain letters: "no shared cipher"."""
    return (error.reason or "broken record").lower().replace("_", " ")


class TlsSide(asyncio.Protocol):
    """The protocol of the raw transport: does the handshake and passes records both ways.

    After the handshake, `welcome(fingerprint)` builds the inner protocol, which gets a
    TlsTransport. If the handshake fails, `failed(why)` is called once instead; `why` continues a
    sentence after the client's name ("failed the TLS handshake: no shared cipher").
    """

    def __init__(
        self,
        engine: TlsEngine,
        welcome: Callable[[str | None], asyncio.Protocol],
        failed: Callable[[str], None],
        handshake_seconds: float = HANDSHAKE_SECONDS,
    ) -> None:
        self.engine = engine
        self._welcome = welcome
        self._failed = failed
        self._handshake_seconds = handshake_seconds
        self._why = "closed during the TLS handshake"
        self._timer: asyncio.TimerHandle | None = None
        self._raw: asyncio.Transport
        self._inside: TlsTransport | None = None
        self._writing_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._raw = cast(asyncio.Transport, transport)  # uvloop's transport is not a subclass
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._handshake_seconds, self._too_slow)

    def data_received(self, data: bytes) -> None:
        self.engine.feed(data)
        if self._inside is not None:
            self._inside.deliver()
        else:
            self._shake_hands()

    def eof_received(self) -> bool | None:
        return self._inside.end() if self._inside is not None else None

    def connection_lost(self, error: Exception | None) -> None:
        self._stop_timer()
        inside, self._inside = self._inside, None
        if inside is not None:
            inside.lost(error)
        else:
            self._failed(self._why)

    def pause_writing(self) -> None:
        self._writing_paused = True
        if self._inside is not None:
            self._inside.get_protocol().pause_writing()

    def resume_writing(self) -> None:
        self._writing_paused = False
        if self._inside is not None:
            self._inside.get_protocol().resume_writing()

    def _shake_hands(self) -> None:
        try:
            done = self.engine.handshake()
        except TlsError as error:
            self._give_up(f"failed the TLS handshake: {error}")
            return
        self._send()
        if not done:
            return
        self._stop_timer()
        protocol = self._welcome(self._fingerprint())
        self._inside = TlsTransport(self._raw, self.engine, protocol)
        protocol.connection_made(self._inside)
        if self._writing_paused:
            protocol.pause_writing()
        self._inside.deliver()

    def _fingerprint(self) -> str | None:
        certificate = self.engine.client_certificate()
        return hashlib.sha256(certificate).hexdigest() if certificate else None

    def _give_up(self, why: str) -> None:
        self._why = why
        self._send()  # the alert that informs the client
        self._raw.close()

    def _too_slow(self) -> None:
        self._why = f"finished no TLS handshake within {self._handshake_seconds:.3g} s"
        self._raw.abort()

    def _send(self) -> None:
        if (data := self.engine.take()) and not self._raw.is_closing():
            self._raw.write(data)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


_NOBODY = asyncio.Protocol()


class TlsTransport(Layer):
    """The transport of the inner protocol. BufferedProtocol is not supported."""

    def __init__(
        self, raw: asyncio.Transport, engine: TlsEngine, protocol: asyncio.Protocol
    ) -> None:
        super().__init__(raw)
        self._engine = engine
        self._protocol = protocol
        self._reading_paused = False
        self._network_ended = False
        self._ended = False  # has the protocol been notified?

    # Input

    def is_reading(self) -> bool:
        return not self._reading_paused and not self.closing

    def pause_reading(self) -> None:
        if self.is_reading():
            self._reading_paused = True
            self._raw.pause_reading()

    def resume_reading(self) -> None:
        if self._reading_paused and not self.closing:
            self._reading_paused = False
            self._raw.resume_reading()
            # Decrypted bytes may be waiting while no further input arrives to trigger a read.
            asyncio.get_running_loop().call_soon(self.deliver)

    def deliver(self) -> None:
        """Pass all decrypted bytes to the protocol, which may be replaced meanwhile."""
        while self.is_reading() and not self._ended:
            try:
                data = self._engine.read()
            except TlsError:
                self._flush()
                self.close()
                return
            if data is None:
                break
            if data:
                self._protocol.data_received(data)
            else:
                self._end_of_input()
        if self._network_ended and self.is_reading() and not self._ended:
            self._end_of_input()
        self._flush()

    def end(self) -> bool:
        """Input has ended; True keeps the connection open for writing.

        A missing close_notify is accepted: no protocol used here is endangered by truncation.
        """
        self._network_ended = True
        self.deliver()
        return not self.closing

    def _end_of_input(self) -> None:
        self._ended = True
        if not self._protocol.eof_received():
            self.close()

    # Output

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not data or self.is_closing():
            return
        try:
            self._engine.write(data)
        except TlsError:
            self.abort()
            return
        self._raw.write(self._engine.take())

    def _flush(self) -> None:
        if (data := self._engine.take()) and not self._raw.is_closing():
            self._raw.write(data)

    # Closing

    def close(self) -> None:
        if self.closing:
            return
        self.closing = True
        self._engine.shutdown()
        self._flush()
        self._raw.close()

    def lost(self, error: Exception | None) -> None:
        """The raw transport was closed."""
        self.closing = True
        # Break the reference cycle with the protocol, so the garbage collector has nothing to find.
        protocol, self._protocol = self._protocol, _NOBODY
        protocol.connection_lost(error)

    # The rest of the interface of asyncio's transports

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = cast(asyncio.Protocol, protocol)

    def get_protocol(self) -> asyncio.Protocol:
        return self._protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        value = self._engine.extra_info(name)
        return super().get_extra_info(name, default) if value is None else value
