"""Parse the PROXY protocol, by which a proxy names the client of a connection. No I/O.

haproxy.org/download/3.0/doc/proxy-protocol.txt. Version 1 is a text line of at most 107 bytes,
version 2 is binary with a stated length. A header is read only from addresses that the operator
trusts, because its sender can claim any client address.
"""

import ipaddress
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ..peer import in_url, plain_address
from .detect import PROXY_V2_SIGNATURE

V1_LIMIT = 107  # bytes, line end included (section 2.1)
V2_LIMIT = (
    2048  # bytes after the fixed part; the specification requires 536 at least, clouds add to it
)

_FIXED_PART = struct.Struct("!12sBBH")
_LOCAL, _PROXY = 0x20, 0x21
_ADDRESS_BYTES = {0x11: 4, 0x21: 16}  # TCP over IPv4, TCP over IPv6
_TYPE_SSL = 0x20
_CLIENT_USED_TLS = 0x01


class BadProxyHeaderError(ValueError):
    """The bytes are not the beginning of a PROXY header."""


@dataclass(frozen=True, slots=True)
class ProxyHeader:
    """A parsed header of `length` bytes. Without a source, the connection's own address applies.

    `tls`: the proxy reports that the client used TLS. `reached`: the address that the client
    connected to, in the form used in a URL.
    """

    length: int
    source: tuple[str, int] | None = None
    tls: bool = False
    reached: str = ""


def read_proxy_header(data: bytes) -> ProxyHeader | None:
    """Parse the header at the start of `data`; None: more bytes are needed.

    Raises BadProxyHeaderError if it is not a header, after V1_LIMIT or V2_LIMIT bytes at the
    latest.
    """
    if data.startswith(PROXY_V2_SIGNATURE):
        return _read_v2(data)
    return _read_v1(data)


def _read_v1(data: bytes) -> ProxyHeader | None:
    end = data.find(b"\r\n", 0, V1_LIMIT)
    if end < 0:
        if len(data) >= V1_LIMIT:
            raise BadProxyHeaderError("no line end within 107 bytes")
        return None
    words = data[:end].decode("latin-1").split(" ")
    if words[:2] == ["PROXY", "UNKNOWN"]:
        return ProxyHeader(end + 2)
    if len(words) != 6 or words[0] != "PROXY" or words[1] not in ("TCP4", "TCP6"):
        raise BadProxyHeaderError("not PROXY TCP4 or TCP6, two addresses and two ports")
    version = 4 if words[1] == "TCP4" else 6
    source, destination = _address(words[2], version), _address(words[3], version)
    port, own_port = _port(words[4]), _port(words[5])
    return ProxyHeader(end + 2, (source, port), reached=in_url(destination, own_port))


def _address(text: str, version: int) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise BadProxyHeaderError("not an address") from None
    if address.version != version or "%" in text:
        raise BadProxyHeaderError("an address of the other family")
    return plain_address(text)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 5 or int(text) > 65535:
        raise BadProxyHeaderError("not a port")
    return int(text)


def _read_v2(data: bytes) -> ProxyHeader | None:
    if len(data) < _FIXED_PART.size:
        return None
    _signature, command, family, length = _FIXED_PART.unpack_from(data)
    if command not in (_LOCAL, _PROXY):
        raise BadProxyHeaderError("not version 2, LOCAL or PROXY")
    if length > V2_LIMIT:
        raise BadProxyHeaderError(f"longer than {V2_LIMIT} bytes")
    end = _FIXED_PART.size + length
    if len(data) < end:
        return None
    size = _ADDRESS_BYTES.get(family)
    # A health check, or an address family without an IP address.
    if command == _LOCAL or size is None:
        return ProxyHeader(end)
    body = data[_FIXED_PART.size : end]
    addresses = 2 * size + 4
    if len(body) < addresses:
        raise BadProxyHeaderError("too short for its addresses")
    source = plain_address(str(ipaddress.ip_address(body[:size])))
    destination = str(ipaddress.ip_address(body[size : 2 * size]))
    port, own_port = struct.unpack_from("!HH", body, 2 * size)
    tls = _client_used_tls(body[addresses:])
    return ProxyHeader(end, (source, port), tls, in_url(destination, own_port))


def _client_used_tls(vectors: bytes) -> bool:
    return any(
        kind == _TYPE_SSL and value[:1] and value[0] & _CLIENT_USED_TLS
        for kind, value in _type_length_values(vectors)
    )


def _type_length_values(data: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position < len(data):
        if position + 3 > len(data):
            raise BadProxyHeaderError("an unfinished extra field")
        kind, length = struct.unpack_from("!BH", data, position)
        position += 3
        if position + length > len(data):
            raise BadProxyHeaderError("an extra field longer than the header")
        yield kind, data[position : position + length]
        position += length
