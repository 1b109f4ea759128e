"""Clients that have gone leave nothing in memory that only the garbage collector would find.

The server collects seldom, because collecting delays everybody.
"""

from __future__ import annotations

import gc
import socket
from collections.abc import Iterator

import pytest
from aiohttp.web_protocol import RequestHandler
from running_server import PATIENCE, Wire, eventually
from server_here import running

from hubbub.http.http_connection import HttpConnection
from hubbub.serve import Server
from hubbub.session import Session

KINDS = (Session, HttpConnection, RequestHandler)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server"), limits__greeting_seconds="0.01") as server:
        yield server


@pytest.fixture
def no_collecting() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def alive() -> list[str]:
    """The types of all that stands for a client."""
    return [type(each).__name__ for each in gc.get_objects() if type(each) in KINDS]


def connect(server: Server) -> Wire:
    address = ("127.0.0.1", server.port)  # type: ignore[attr-defined]
    return Wire(socket.create_connection(address, timeout=PATIENCE))


@pytest.mark.parametrize("goodbye", ["/quit", ""])
def test_somebody_with_netcat_leaves_nothing(
    server: Server, no_collecting: None, goodbye: str
) -> None:
    before = alive()
    client = connect(server)
    client.until("What is your name?")
    client.sends("bob")
    client.until("* bob joined")
    client.sends("hello", "/who", "/history 3", "/nobody-knows-this")
    client.until("There is no command")
    assert len(alive()) == len(before) + 1
    client.sends(goodbye)
    client.close()
    eventually(lambda: alive() == before)


@pytest.mark.parametrize("goodbye", ["QUIT", ""])
def test_somebody_with_irc_leaves_nothing(
    server: Server, no_collecting: None, goodbye: str
) -> None:
    before = alive()
    client = connect(server)
    client.sends("NICK bob", "USER bob 0 * :Bob", "JOIN #tea", "PRIVMSG #tea :hello", "WHO #tea")
    client.until(" 315 ")
    assert len(alive()) == len(before) + 1
    client.sends(goodbye)
    client.close()
    eventually(lambda: alive() == before)


def test_refusals_leave_nothing(server: Server, no_collecting: None) -> None:
    other = connect(server)
    other.sends("NICK alice", "USER alice 0 * :Alice")
    other.until(" 422 ")
    before = alive()
    client = connect(server)
    client.sends("CAP REQ :labeled-response message-tags", "NICK bob", "USER bob 0 * :Bob")
    client.sends("CAP END", "NICK alice", "PRIVMSG nobody :hello", "@label=1 PRIVMSG #no :hello")
    client.sends("NS RECOVER alice", "NS IDENTIFY alice wrong", "REGISTER * * x", "BATCH +1 lies")
    client.sends(
        "JOIN #a,no", "KICK #no bob", "REDACT #no 1", "CHATHISTORY LATEST #no * 5", "PING x"
    )
    client.until("PONG")
    client.close()
    eventually(lambda: alive() == before)
    other.close()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200), ("GET", "/nothing", 404), ("GET", "/api/nothing", 404),
        ("POST", "/livez", 405), ("GET", "/api/me", 401), ("POST", "/files", 401),
        ("GET", "/api/history?target=x", 401), ("GET", "/api/history", 400),
    ],
)  # fmt: skip
@pytest.mark.parametrize("connection", ["close", "keep-alive"])
def test_a_request_leaves_nothing(
    server: Server, no_collecting: None, method: str, path: str, status: int, connection: str
) -> None:
    before = alive()
    client = connect(server)
    client.sends(
        f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Length: 0",
        "Authorization: Bearer wrong", f"Connection: {connection}", "",
    )  # fmt: skip
    client.until(f"HTTP/1.1 {status} ")
    client.close()
    eventually(lambda: alive() == before)
