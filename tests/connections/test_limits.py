import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Callable
from typing import Any

import pytest
from running_server import PATIENCE

from hubbub.connections.limits import AddressLimit


class Wire(asyncio.BaseTransport):
    def __init__(self) -> None:
        super().__init__()
        self.closed = False

    def is_closing(self) -> bool:
        return self.closed


def test_an_address_has_so_many_at_once() -> None:
    limit = AddressLimit(2)
    wires = [Wire() for _ in range(4)]
    assert [limit.admit("192.0.2.1", wire) for wire in wires] == [True, True, False, False]
    assert limit.admit("192.0.2.2", wires[2])
    wires[0].closed = True
    assert limit.admit("192.0.2.1", wires[3])
    assert not limit.admit("192.0.2.1", Wire())


def test_who_is_gone_does_not_count() -> None:
    limit = AddressLimit(1)
    for _ in range(100):
        assert limit.admit("192.0.2.1", Wire())  # let go at once


def test_an_ipv6_customer_has_64_bits_of_addresses() -> None:
    limit = AddressLimit(1)
    wires = [Wire() for _ in range(3)]
    assert limit.admit("2001:db8::1", wires[0])
    assert not limit.admit("2001:db8::ffff:2", wires[1])
    assert limit.admit("2001:db8:0:1::1", wires[2])


def test_some_have_no_limit() -> None:
    wires = [Wire() for _ in range(100)]
    assert all(AddressLimit(0).admit("192.0.2.1", wire) for wire in wires)
    limit = AddressLimit(1, (ipaddress.ip_network("192.0.2.0/24"),))
    assert all(limit.admit("192.0.2.1", wire) for wire in wires)


def test_addresses_that_left_leave_nothing() -> None:
    limit = AddressLimit(1)
    for number in range(5000):
        limit.admit(f"10.0.{number >> 8}.{number & 255}", Wire())
    assert len(limit.connections) <= 1001


@pytest.mark.parametrize(
    "opening", [b"", b"NICK alice\r\n", b"GET /livez HTTP/1.1\r\n\r\n", b"\x16"]
)
def test_one_too_many_is_told_and_all_kinds_count(
    start: Callable[..., Any], opening: bytes
) -> None:
    def connect(port: int) -> socket.socket:
        return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)

    with start(limits__exempt="::1", limits__connections_per_address="3") as server:
        first = [connect(server.port) for _ in range(3)]
        for connection in first:
            connection.sendall(opening)
        with connect(server.port) as fourth:
            assert fourth.makefile("rb").read() == (
                b"ERROR :Too many connections from your address\r\n"
            )
        first.pop().close()
        while True:  # the server may take a moment to see that it is gone
            with connect(server.port) as again, contextlib.suppress(ConnectionError):
                again.sendall(b"PING 1\r\nNICK bob\r\nUSER b 0 * :B\r\nQUIT\r\n")
                if b" 001 bob" in again.makefile("rb").read():
                    break
        for connection in first:
            connection.close()


def test_the_limit_is_the_clients_not_the_proxys(start: Callable[..., Any]) -> None:
    settings = {
        "limits__exempt": "::1",
        "limits__connections_per_address": "1",
        "proxy__trusted": "127.0.0.1",
    }
    with start(**settings) as server:

        def connect(client: str) -> tuple[socket.socket, bytes]:
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
            connection.sendall(f"PROXY TCP4 {client} 192.0.2.1 1 2\r\nPING 1\r\n".encode())
            return connection, connection.recv(4096)

        answers = [connect(client) for client in ("192.0.2.7", "192.0.2.8", "192.0.2.7")]
        for connection, _ in answers:
            connection.close()
        refused = [b"Too many connections" in answer for _, answer in answers]
        assert refused == [False, False, True]
