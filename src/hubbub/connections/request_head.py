"""Read the head of an HTTP request as far as needed to choose its protocol. No I/O.

A field of the head tells whether the request opens a WebSocket, so the whole head is awaited before
the connection is handed over. That also bounds the head in bytes and in time, which the HTTP
library does not do.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from ..peer import Network, Peer, is_in, plain_address

_HOST = re.compile(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")


def head_end(data: bytes | bytearray) -> int | None:
    """The length of the head including its empty line; None if it is incomplete.

    Bare line feeds are accepted here; the parser of the request decides whether they are valid.
    """
    # Skip empty lines before the request (RFC 9112 section 2.2).
    start = len(data) - len(data.lstrip(b"\r\n")) if data[:1] in b"\r\n" else 0
    ends = [at + len(end) for end in (b"\n\r\n", b"\n\n") if (at := data.find(end, start)) >= 0]
    return min(ends, default=None)


def header_values(head: bytes, name: bytes) -> list[str]:
    """All values of a header field, in order, without surrounding spaces."""
    wanted = name.lower()
    return [
        value.strip(b" \t").decode("latin-1")
        for field, colon, value in (line.partition(b":") for line in head.splitlines()[1:])
        if colon and field.lower() == wanted
    ]


def is_host(field: str) -> bool:
    """Is this Host field usable in a URL? (RFC 9110 section 7.2)"""
    return _HOST.fullmatch(field) is not None


def is_browser(head: bytes) -> bool:
    """Is this the request of a web browser? All of them still begin their name with Mozilla."""
    return any(value.startswith("Mozilla/") for value in header_values(head, b"user-agent"))


def wants_websocket(head: bytes) -> bool:
    """Does the request ask for an upgrade to WebSocket (RFC 6455 section 4.1)?"""
    upgrades = ",".join(header_values(head, b"upgrade")).split(",")
    return head.lstrip(b"\r\n").startswith(b"GET ") and any(
        word.strip().lower() == "websocket" for word in upgrades
    )


def forwarded_peer(
    peer: Peer, forwarded_for: Iterable[str], protocols: Iterable[str], trusted: tuple[Network, ...]
) -> Peer:
    """The client behind a trusted reverse proxy, by X-Forwarded-For and X-Forwarded-Proto.

    Each proxy appends an address; the client is the last one that is not itself a trusted proxy.
    From untrusted peers the fields are ignored.
    """
    if not is_in(peer.host, trusted):
        return peer
    hosts = ",".join(forwarded_for).split(",")
    addresses = [plain_address(host.strip().strip("[]")) for host in hosts if host.strip()]
    client = next((host for host in reversed(addresses) if not is_in(host, trusted)), None)
    if client is None or not _is_address(client):
        return peer
    secure = [*protocols][-1:] == ["https"]
    return replace(peer, host=client, port=0, tls=peer.tls or secure)


def _is_address(host: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F:.]{2,45}", host) is not None


def short_response(status: str, text: str) -> bytes:
    """A complete HTTP response in plain text that closes the connection."""
    body = text.encode() + b"\n"
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nX-Content-Type-Options: nosniff\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    ).encode() + body
