import ipaddress
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.connections.detect import PROXY_V2_SIGNATURE
from hubbub.connections.proxy_header import (
    BadProxyHeaderError,
    ProxyHeader,
    read_proxy_header,
)
from hubbub.peer import Peer, is_in, plain_address


def v2(command: int, family: int, body: bytes, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return PROXY_V2_SIGNATURE + struct.pack("!BBH", command, family, size) + body


def addresses(source: str, port: int) -> bytes:
    packed = ipaddress.ip_address(source).packed
    return packed + packed + struct.pack("!HH", port, 50000)


TLS_FIELD = b"\x20\x00\x05\x01\0\0\0\0"


@pytest.mark.parametrize(
    ("data", "header"),
    [
        (
            b"PROXY TCP4 192.0.2.1 192.0.2.2 4711 50000\r\n",
            ("192.0.2.1", 4711, "192.0.2.2:50000"),
        ),
        (b"PROXY TCP6 2001:db8::1 ::1 4711 50000\r\n", ("2001:db8::1", 4711, "[::1]:50000")),
        (b"PROXY TCP6 ::ffff:192.0.2.1 ::1 4711 50000\r\n", ("192.0.2.1", 4711, "[::1]:50000")),
        (b"PROXY UNKNOWN\r\n", None),
        (b"PROXY UNKNOWN ffff:f::1 ffff::2 65535 65535\r\n", None),
        (v2(0x21, 0x11, addresses("192.0.2.1", 4711)), ("192.0.2.1", 4711, "192.0.2.1:50000")),
        (
            v2(0x21, 0x21, addresses("2001:db8::1", 4711)),
            ("2001:db8::1", 4711, "[2001:db8::1]:50000"),
        ),
        (v2(0x20, 0x00, b""), None),
        (v2(0x20, 0x11, addresses("192.0.2.1", 4711)), None),
        (v2(0x21, 0x31, b"\0" * 216), None),
        (v2(0x21, 0x00, b""), None),
    ],
)
def test_headers(data: bytes, header: tuple[str, int, str] | None) -> None:
    """Where the client is, and where it came to."""
    wanted = ProxyHeader(len(data))
    if header is not None:
        wanted = ProxyHeader(len(data), header[:2], reached=header[2])
    assert read_proxy_header(data + b"NICK alice\r\n") == wanted


def test_a_proxy_may_say_that_its_client_used_tls() -> None:
    plain = v2(0x21, 0x11, addresses("192.0.2.1", 1) + b"\x05\x00\x01x")
    secure = v2(0x21, 0x11, addresses("192.0.2.1", 1) + b"\x05\x00\x01x" + TLS_FIELD)
    assert not read_proxy_header(plain).tls
    assert read_proxy_header(secure).tls


@pytest.mark.parametrize(
    "data",
    [
        b"PROXY \r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 4711\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 4711 50000 \r\n",
        b"PROXY  TCP4 192.0.2.1 192.0.2.2 4711 50000\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 65536 50000\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 +1 50000\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 \xb2 50000\r\n",
        b"PROXY TCP4 2001:db8::1 ::1 4711 50000\r\n",
        b"PROXY TCP6 192.0.2.1 192.0.2.2 4711 50000\r\n",
        b"PROXY TCP6 fe80::1%eth0 ::1 4711 50000\r\n",
        b"PROXY TCP4 localhost localhost 4711 50000\r\n",
        b"PROXY UDP4 192.0.2.1 192.0.2.2 4711 50000\r\n",
        b"\r\nPROXY TCP4 192.0.2.1 192.0.2.2 4711 50000\r\n",
        b"PROXY " + b"x" * 200,
        v2(0x11, 0x11, addresses("192.0.2.1", 1)),  # version 1 in a binary header
        v2(0x2F, 0x11, addresses("192.0.2.1", 1)),
        v2(0x21, 0x11, b"\0" * 11),
        v2(0x21, 0x21, addresses("192.0.2.1", 1)),
        v2(0x21, 0x11, b"", length=65535),
        v2(0x21, 0x11, addresses("192.0.2.1", 1) + b"\x20\x00"),
        v2(0x21, 0x11, addresses("192.0.2.1", 1) + b"\x20\xff\xff\x01"),
    ],
)
def test_what_is_no_header_is_refused(data: bytes) -> None:
    with pytest.raises(BadProxyHeaderError):
        read_proxy_header(data)


@pytest.mark.parametrize(
    "data",
    [
        b"PROXY TCP6 2001:db8::1 2001:db8::2 4711 50000\r\n",
        b"PROXY UNKNOWN\r\n",
        v2(0x21, 0x21, addresses("2001:db8::1", 4711) + TLS_FIELD),
        v2(0x20, 0x00, b""),
    ],
)
def test_every_beginning_of_a_header_asks_for_more(data: bytes) -> None:
    for end in range(len(PROXY_V2_SIGNATURE), len(data)):
        assert read_proxy_header(data[:end]) is None
    assert read_proxy_header(data).length == len(data)


@given(st.sampled_from([b"PROXY ", PROXY_V2_SIGNATURE]), st.binary(max_size=300))
def test_any_bytes_give_a_header_a_refusal_or_a_wish_for_more(start: bytes, rest: bytes) -> None:
    try:
        header = read_proxy_header(start + rest)
    except BadProxyHeaderError:
        return
    assert header is None or 0 < header.length <= len(start + rest)


def test_addresses_have_one_spelling() -> None:
    assert plain_address("::ffff:192.0.2.1") == "192.0.2.1"
    assert plain_address("fe80::1%eth0") == "fe80::1"
    assert plain_address("2001:DB8:0::1") == "2001:db8::1"
    assert plain_address("local") == "local"
    assert str(Peer("192.0.2.1", 1)) == "192.0.2.1:1"
    assert str(Peer("2001:db8::1", 1)) == "[2001:db8::1]:1"


def test_an_address_lies_in_a_network_of_its_own_family() -> None:
    networks = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))
    assert is_in("10.1.2.3", networks)
    assert is_in("fd00::1", networks)
    assert not is_in("192.0.2.1", networks)
    assert not is_in("local", networks)
