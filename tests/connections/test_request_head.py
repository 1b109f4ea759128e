import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.connections.request_head import (
    forwarded_peer,
    head_end,
    header_values,
    short_response,
    wants_websocket,
)
from hubbub.peer import Peer

HEAD = b"GET / HTTP/1.1\r\nHost: a\r\nX-Word: one \r\nx-word:\ttwo\r\n\r\n"


def test_a_head_ends_with_an_empty_line() -> None:
    for data in (HEAD, b"\r\n" + HEAD, HEAD.replace(b"\r\n", b"\n")):
        assert head_end(data + b"\n\nbody") == len(data)
        assert all(head_end(data[:end]) is None for end in range(len(data)))


@given(st.binary(max_size=60).map(lambda data: data.replace(b"\0", b"\n").replace(b"\1", b"\r\n")))
def test_the_end_stays_where_it_was_found(data: bytes) -> None:
    found = [end for end in map(head_end, (data[:i] for i in range(len(data) + 1))) if end]
    assert len(set(found)) <= 1


def test_fields_are_found_in_any_case_and_order() -> None:
    assert header_values(HEAD, b"x-word") == ["one", "two"]
    assert header_values(HEAD, b"X-WORD") == ["one", "two"]
    assert header_values(HEAD, b"none") == []


@pytest.mark.parametrize(
    ("head", "wants"),
    [
        (b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", True),
        (b"\r\nGET / HTTP/1.1\r\nupgrade:WebSocket\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nUpgrade: h2c, websocket\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\nUpgrade: websockets\r\n\r\n", False),
        (b"POST / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", False),
        (b"GET /?Upgrade:websocket HTTP/1.1\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\nX: Upgrade: websocket\r\n\r\n", False),
    ],
)
def test_who_wants_a_websocket(head: bytes, wants: bool) -> None:
    assert wants_websocket(head) is wants


@pytest.mark.parametrize(
    ("fields", "host", "tls"),
    [
        (b"X-Forwarded-For: 203.0.113.9\r\n", "203.0.113.9", False),
        (b"X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n", "203.0.113.9", True),
        (b"X-Forwarded-For: 1.1.1.1, 203.0.113.9, 10.0.0.2\r\n", "203.0.113.9", False),
        (b"X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 203.0.113.9\r\n", "203.0.113.9", False),
        (b"X-Forwarded-For: [2001:db8::1]\r\n", "2001:db8::1", False),
        (b"X-Forwarded-For: ::ffff:203.0.113.9\r\n", "203.0.113.9", False),
        (b"X-Forwarded-For: unknown\r\n", "10.0.0.1", False),
        (b"X-Forwarded-For: 1.1.1.1 #evil\r\n", "10.0.0.1", False),
        (b"X-Forwarded-For: 10.0.0.3\r\n", "10.0.0.1", False),
        (b"X-Forwarded-For: ,,\r\n", "10.0.0.1", False),
        (b"", "10.0.0.1", False),
    ],
)
def test_a_trusted_proxy_is_believed(fields: bytes, host: str, tls: bool) -> None:
    head = b"GET / HTTP/1.1\r\n" + fields + b"\r\n"
    trusted = (ipaddress.ip_network("10.0.0.0/8"),)
    said = header_values(head, b"x-forwarded-for"), header_values(head, b"x-forwarded-proto")
    peer = forwarded_peer(Peer("10.0.0.1", 4711), *said, trusted)
    assert (peer.host, peer.tls) == (host, tls)
    stranger = Peer("192.0.2.1", 4711)
    assert forwarded_peer(stranger, *said, trusted) is stranger


def test_a_short_response_is_whole() -> None:
    head, _, body = short_response("408 Request Timeout", "Too slow.").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert header_values(head, b"content-length") == [str(len(body))]
    assert header_values(head, b"connection") == ["close"]
