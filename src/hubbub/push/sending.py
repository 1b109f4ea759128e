"""One request to an address that a stranger named, and nothing else that could come of it.

https alone, port 443. The name is looked up once, every address it has must be a public one, and
the connection goes to an address that was looked at. No redirects are followed; at most 64 KiB are
read; all of it takes 5 seconds at most, however slowly the other side goes.
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

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address inside
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r\n]")

#: Name and port -> addresses; may raise OSError.
Resolve = Callable[[str, int], list[str]]


class NotSent(Exception):
    """Why, in a clause."""


def resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(where[0]) for *_, where in found))


def _in_time(look_up: Callable[[], list[str]], seconds: float) -> list[str]:
    """The system's resolver takes as long as the other side's name server likes, and cannot be
    told to stop: so it is left alone with that. May raise OSError."""
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
    """Is this an address in the internet, and nobody's own network, machine or neighbourhood?"""
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
    """`resolve`, `admits`, `port` and `context` are others in tests alone: no setting reaches
    them."""

    def __init__(
        self,
        resolve: Resolve = resolve,
        admits: Callable[[str], bool] = is_public,
        port: int = PORT,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._resolve = resolve
        self._admits = admits
        self._port = port
        self._context = context or ssl.create_default_context()

    def post(self, endpoint: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status of the answer. Raises NotSent."""
        why = wrong_with(endpoint)
        if why is not None:
            raise NotSent(why)
        place = urlsplit(endpoint)
        host = place.hostname or ""
        until = time.monotonic() + SECONDS
        try:
            address = self._address(host, _left(until))
            with (
                socket.create_connection((address, self._port), _left(until)) as plain,
                self._context.wrap_socket(plain, server_hostname=host) as wire,
            ):
                wire.settimeout(_left(until))
                wire.sendall(_request(place, headers, body))
                return _status(wire, until)
        except OSError as error:  # timeouts and what is wrong with TLS too
            raise NotSent(str(error) or type(error).__name__) from None

    def _address(self, host: str, seconds: float) -> str:
        """One that was looked at. When one of several is not public, somebody is up to no good."""
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
    """Read until the line with the status is there; what comes after it does not matter."""
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
