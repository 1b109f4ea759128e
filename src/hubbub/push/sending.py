"""Send one request to an address chosen by a stranger, without risk to the local network.

https on port 443 only. The name is resolved once, all its addresses must be public, and the
connection goes to one of them. Redirects are not followed; at most 64 KiB are read; the whole takes
at most 5 seconds, however slow the peer is.
"""

from __future__ import annotations

import ipaddress
import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from urllib.parse import SplitResult, urlsplit

from ..model.subscriptions import PORT, wrong_with

SECONDS = 5.0
MOST_READ = 64 * 1024

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: contains an IPv4 address
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r\n]")

#: Host and port -> addresses; may raise OSError.
Resolve = Callable[[str, int], list[str]]


class NotSent(Exception):
    """The request failed; the text gives the reason in a clause."""


def resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(where[0]) for *_, where in found))


def _in_time(look_up: Callable[[], list[str]], seconds: float) -> list[str]:
    """Resolve within a time limit. The system's resolver takes as long as the peer's name server
    likes and cannot be cancelled, so its thread is abandoned. May raise OSError."""
    answers: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put(look_up())
        except OSError as error:
            answers.put(error)

    threading.Thread(target=run, name="push-resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError("its name was not found in time") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def is_public(address: str) -> bool:
    """Is this a public internet address, not one of a private network, this machine or a link?"""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found.teredo is not None:
            return False
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast and not found.is_reserved


class Sender:
    """`resolve`, `admits`, `port`, `context` and `seconds` are changed only by tests; no setting
    affects them."""

    def __init__(
        self,
        resolve: Resolve = resolve,
        admits: Callable[[str], bool] = is_public,
        port: int = PORT,
        context: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._resolve = resolve
        self._admits = admits
        self._port = port
        self._seconds = seconds
        self._context = context or ssl.create_default_context()

    def post(self, endpoint: str, headers: Mapping[str, str], body: bytes) -> int:
        """Send a POST request and return the status. Raises NotSent."""
        why = wrong_with(endpoint)
        if why is not None:
            raise NotSent(why)
        place = urlsplit(endpoint)
        host = place.hostname or ""
        until = time.monotonic() + self._seconds
        try:
            address = self._address(host, _left(until))
            with (
                socket.create_connection((address, self._port), _left(until)) as plain,
                self._context.wrap_socket(plain, server_hostname=host) as wire,
            ):
                wire.settimeout(_left(until))
                wire.sendall(_request(place, headers, body))
                return _status(wire, until)
        except OSError as error:  # includes timeouts and TLS errors
            raise NotSent(str(error) or type(error).__name__) from None

    def _address(self, host: str, seconds: float) -> str:
        """A public address of the host. If any of several is not public, all are refused."""
        found = _in_time(lambda: self._resolve(host, self._port), seconds)
        if not found:
            raise NotSent("the name has no address")
        for address in found:
            if not self._admits(address):
                raise NotSent("it leads into a private network")
        return found[0]


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("it took too long")
    return left


def _request(place: SplitResult, headers: Mapping[str, str], body: bytes) -> bytes:
    path = (place.path or "/") + (f"?{place.query}" if place.query else "")
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {place.netloc}",
        "Connection: close",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body


def _status(wire: ssl.SSLSocket, until: float) -> int:
    """Read up to the status line; the rest is ignored."""
    read = b""
    while b"\n" not in read and len(read) < MOST_READ:
        wire.settimeout(_left(until))
        data = wire.recv(4096)
        if not data:
            break
        read += data
    found = _STATUS.match(read)
    if found is None:
        raise NotSent("the answer is not HTTP")
    return int(found[1])
