"""Read from a TLS ClientHello whether the client will speak HTTP. No I/O.

A request for a client certificate makes browsers show a dialog to people who have one, so only
other clients are asked. Browsers are recognised by the protocols they offer (ALPN, RFC 7301).
"""

from __future__ import annotations

from collections.abc import Iterator

HELLO_LIMIT = 20_000  # bytes; current hellos have 500 to 2,000

_HANDSHAKE_RECORD = 22
_CLIENT_HELLO = 1
_ALPN = 16
_HTTP = frozenset((b"http/1.1", b"h2"))


def offers_http(opening: bytes) -> bool | None:
    """Does this TLS client offer HTTP? None: the hello is incomplete.

    Returns False for an invalid hello; the handshake will report what is wrong with it.
    """
    try:
        hello = _hello(opening)
        return None if hello is None else not _HTTP.isdisjoint(_protocols(hello))
    except _Unreadable:
        return False


class _Unreadable(ValueError):
    pass


def _hello(data: bytes) -> bytes | None:
    """The body of the ClientHello, reassembled from its records (RFC 8446 sections 4, 5.1)."""
    message = b""
    while True:
        if len(message) >= 4:
            size = int.from_bytes(message[1:4], "big")
            if message[0] != _CLIENT_HELLO or size > HELLO_LIMIT:
                raise _Unreadable
            if len(message) >= 4 + size:
                return message[4 : 4 + size]
        if len(data) < 5:
            return None
        size = int.from_bytes(data[3:5], "big")
        if data[0] != _HANDSHAKE_RECORD or size == 0:
            raise _Unreadable
        if len(data) < 5 + size:
            return None
        message += data[5 : 5 + size]
        data = data[5 + size :]


def _protocols(hello: bytes) -> Iterator[bytes]:
    """The protocols that the client offers (RFC 8446 section 4.1.2, RFC 7301 section 3.1)."""
    rest = hello[2 + 32 :]  # version, random
    _session, rest = _field(rest, 1)
    _ciphers, rest = _field(rest, 2)
    _compressions, rest = _field(rest, 1)
    if not rest:
        return
    extensions, _ = _field(rest, 2)
    while extensions:
        kind = int.from_bytes(extensions[:2], "big")
        content, extensions = _field(extensions[2:], 2)
        if kind == _ALPN:
            names, _ = _field(content, 2)
            while names:
                name, names = _field(names, 1)
                yield name


def _field(data: bytes, size_bytes: int) -> tuple[bytes, bytes]:
    """Split a length-prefixed field from the data after it."""
    end = size_bytes + int.from_bytes(data[:size_bytes], "big")
    if len(data) < size_bytes or len(data) < end:
        raise _Unreadable
    return data[size_bytes:end], data[end:]
