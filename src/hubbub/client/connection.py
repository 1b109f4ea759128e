"""One TCP or TLS connection to a server, and the delays between attempts. Independent of chat.

`open_link` resolves the host and connects, or explains the failure in one sentence. A `Link` reads
messages until the connection ends, which raises `LinkLostError` with the reason: exceptions of
lower layers do not pass this file.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import random
import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from hubbub.addresses import join_host_port
from hubbub.client.errors import ConnectError, LinkLostError
from hubbub.client.wire import LineBuffer, Message, parse

CONNECT_TIMEOUT = 10.0
READ_SIZE = 65_536


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where to connect. `fingerprint` is the SHA-256 of the only certificate to accept, as the
    server prints it at its start.
    """

    host: str
    port: int
    tls: bool = False
    fingerprint: str = ""

    def __str__(self) -> str:
        return join_host_port(self.host, self.port)


class Link:
    """An open connection. Only one task may read from it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._lines = LineBuffer()

    async def read(self) -> list[Message]:
        """Wait for at least one recv() and return its messages, possibly none. Raises
        LinkLostError.
        """
        try:
            data = await self._reader.read(READ_SIZE)
        except OSError as error:  # ssl.SSLError is one
            raise LinkLostError(describe(error)) from error
        if not data:
            raise LinkLostError("the server closed the connection")
        found = (parse(line) for line in self._lines.feed(data))
        return [message for message in found if message is not None]

    def write(self, data: bytes) -> None:
        """Send bytes, buffered by the transport if the kernel's buffer is full. Errors are raised
        by `read`.
        """
        if data:
            self._writer.write(data)

    async def close(self) -> None:
        self._writer.close()
        try:
            await asyncio.wait_for(self._writer.wait_closed(), 1)
        except (OSError, TimeoutError):
            self._writer.transport.abort()


async def open_link(server: ServerAddress) -> Link:
    """Connect. Raises ConnectError."""
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT):
            reader, writer = await asyncio.open_connection(
                server.host,
                server.port,
                ssl=tls_context(server.fingerprint) if server.tls else None,
                happy_eyeballs_delay=0.25,
            )
    except TimeoutError:
        raise ConnectError(f"no answer within {CONNECT_TIMEOUT:.0f} s") from None
    except ssl.SSLCertVerificationError as error:
        raise ConnectError(
            f"its certificate cannot be trusted ({error.verify_message});"
            " give the fingerprint that the server prints at its start"
        ) from error
    except OSError as error:
        raise ConnectError(describe(error)) from error
    if server.fingerprint:
        found = other_fingerprint(writer.get_extra_info("ssl_object"), server.fingerprint)
        if found is not None:
            writer.close()
            shown = ":".join(found[at : at + 2] for at in range(0, len(found), 2)).upper()
            raise ConnectError(f"its certificate is another one, with the fingerprint {shown}")
    return Link(reader, writer)


def tls_context(fingerprint: str) -> ssl.SSLContext:
    """A TLS context; with a fingerprint, `other_fingerprint` checks the certificate instead of
    it."""
    context = ssl.create_default_context()
    if fingerprint:  # the fingerprint identifies the certificate; no authority is needed
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def other_fingerprint(wire: ssl.SSLObject | ssl.SSLSocket, wanted: str) -> str | None:
    """The SHA-256 of the peer's certificate if it differs from the expected one, else None."""
    found = hashlib.sha256(wire.getpeercert(binary_form=True) or b"").hexdigest()
    same = found == re.sub(r"[^0-9a-f]", "", wanted.lower().removeprefix("sha256:"))
    return None if same else found


_PLAIN_WORDS = {
    errno.ECONNREFUSED: "nothing listens there (connection refused)",
    errno.EHOSTUNREACH: "no way to that host",
    errno.ENETUNREACH: "no way to that network",
    errno.ETIMEDOUT: "no answer",
    errno.ECONNRESET: "the connection was reset",
    errno.EPIPE: "the connection was broken",
}


def describe(error: OSError) -> str:
    """Describe an operating system error in plain words."""
    if isinstance(error, socket.gaierror):
        return "no host is known by that name"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed ({error.reason or error})"
    number = error.errno
    if number is None and (found := re.search(r"\[Errno (\d+)\]", str(error))):
        number = int(found[1])  # asyncio joins the errors of several addresses in one text
    return _PLAIN_WORDS.get(number or 0) or error.strerror or str(error)


class Backoff:
    """Delays before reconnects, with full jitter, so that a thousand clients do not return at once.

    The delay before attempt n is random between 0 and `base * 2**n` seconds, at most `most`.
    """

    def __init__(
        self,
        base: float = 0.5,
        most: float = 15.0,
        pick: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._base = base
        self._most = most
        self._pick = pick
        self.attempt = 0

    def next(self) -> float:
        """Return the seconds to wait now, and count the attempt."""
        self.attempt += 1
        return self._pick(0.0, min(self._most, self._base * 2.0 ** min(self.attempt, 16)))

    def reset(self) -> None:
        self.attempt = 0
