import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running_server import PATIENCE

from hubbub import config
from hubbub.connections.chat_connection import LUMP
from hubbub.connections.limits import AddressLimit
from hubbub.log.memory import MemoryLog
from hubbub.serve import Server


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


def test_an_address_opens_so_many_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0
    monkeypatch.setattr("hubbub.connections.limits.monotonic_ms", lambda: now)
    limit = AddressLimit(0, per_minute=3)
    assert [limit.admit("192.0.2.1", Wire()) for _ in range(4)] == [True, True, True, False]
    assert limit.admit("192.0.2.2", Wire())
    now = 20_000
    assert [limit.admit("192.0.2.1", Wire()) for _ in range(2)] == [True, False]


def test_the_limits_may_change_while_there_are_connections() -> None:
    limit = AddressLimit(1)
    wires = [Wire() for _ in range(4)]
    assert [limit.admit("192.0.2.1", wire) for wire in wires[:2]] == [True, False]
    limit.limit(2, (), 0)
    assert [limit.admit("192.0.2.1", wire) for wire in wires[2:]] == [True, False]


def test_a_server_takes_them_when_it_reads_its_settings_again(tmp_path: Path) -> None:
    usual = {"port": "0", "data_dir": str(tmp_path), "limits.exempt": "192.0.2.0/24"}
    per_address = "limits.connections_per_address"
    server: Any = Server(
        config.load({**usual, per_address: "1"}), MemoryLog(),
        load=lambda: config.load({**usual, per_address: "2"}),
    )  # fmt: skip
    _, server.port = server.start()
    try:
        hello = ("NICK g", "USER g 0 * :g", "QUIT")
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as first:
            first.sendall(b"NICK first\r\nUSER f 0 * :f\r\n")
            assert b" 001 " in first.recv(65536)
            assert b"Too many connections" in says(server, *hello)
            assert server.reload() is None
            assert b" 001 " in says(server, *hello)
    finally:
        server.stop()


def says(server: Any, *lines: str) -> bytes:
    """Connect, say that, and read all until the connection ends."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall("".join(f"{line}\r\n" for line in lines).encode())
        return connection.makefile("rb").read()


def test_guests_of_an_address_share_their_input(
    start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A guest who has used it up is held back, and so is the next one, until there is more."""
    now = 0
    monkeypatch.setattr("hubbub.connections.chat_connection.monotonic_ms", lambda: now)
    settings = {"limits__guest_bytes": str(3 * LUMP)}
    with start(**settings) as server:
        budget, place = server.hub.context.guest_input, ("address", "127.0.0.1")
        refused, spend = threading.Event(), budget.spend

        def spending(*cost: Any) -> bool:
            paid: bool = spend(*cost)
            if not paid:
                refused.set()
            return paid

        monkeypatch.setattr(budget, "spend", spending)
        for number in range(2):  # each takes a lump and what it sent before
            lines = ["NICK g", "USER g 0 * :g", "QUIT"]
            assert b" 001 " in says(server, *lines)
            assert not refused.is_set()
            assert budget.left(place, now) < (2 - number) * LUMP
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as third:
            third.sendall(b"NICK g\r\nUSER g 0 * :g\r\nQUIT\r\n")
            assert refused.wait(PATIENCE)
            now = 60_000
            assert b" 001 " in third.makefile("rb").read()


def test_a_server_can_be_without_that_limit(start: Callable[..., Any]) -> None:
    settings = {"limits__guest_bytes": "0"}
    with start(**settings) as server:
        assert b" 001 " in says(server, "NICK g", "USER g 0 * :g", "QUIT")


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
