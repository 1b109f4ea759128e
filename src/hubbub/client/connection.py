"""One TCP or TLS connection to a server, and how long to wait before the next one. Knows sockets;
knows nothing of chat.

`open_link` finds the host, connects, and says in one sentence why it could not. A `Link` reads
messages until the other side ends, which it reports as `LinkLostError` with the reason: foreign
errors stop here.
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
    """Where to connect. `fingerprint`: the SHA-256 of the only certificate to accept, as the server
    prints it at its start.
    """

    host: str
    port: int
    tls: bool = False
    fingerprint: str = ""

    def __str__(self) -> str:
        return join_host_port(self.host, self.port)


class Link:
    """An open connection. Read from one task only."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._lines = LineBuffer()

    async def read(self) -> list[Message]:
        """The messages that came next, at least one recv() of them; it can be none. Raises
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
        """Hand bytes to the kernel, or to the transport where it is full. What cannot be sent any
        more shows in `read`.
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
    """For a connection whose certificate `other_fingerprint` is asked about, if there is one."""
    context = ssl.create_default_context()
    if fingerprint:  # it says which certificate; nobody else has to vouch for it
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def other_fingerprint(wire: ssl.SSLObject | ssl.SSLSocket, wanted: str) -> str | None:
    """The SHA-256 of the other side's certificate when it is not the one that is wanted."""
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
    """An operating system's error in plain words."""
    if isinstance(error, socket.gaierror):
        return "no host is known by that name"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed ({error.reason or error})"
    number = error.errno
    if number is None and (found := re.search(r"\[Errno (\d+)\]", str(error))):
        number = int(found[1])  # asyncio puts several addresses' errors into the text of one
    return _PLAIN_WORDS.get(number or 0) or error.strerror or str(error)


class Backoff:
    """How long to wait before each next attempt: full jitter, so that a thousand clients do not
    come back in one moment.

    The wait before attempt n is anything from 0 to `base * 2**n` seconds, `most` at the most.
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
        """Seconds to wait now; the attempt after it is counted."""
        self.attempt += 1
        return self._pick(0.0, min(self._most, self._base * 2.0 ** min(self.attempt, 16)))

    def reset(self) -> None:
        self.attempt = 0
