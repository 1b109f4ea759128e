"""A server for third-party clients, and a user on it for them to talk to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from others import ACCOUNT, CHEAP, PASSWORD
from running_server import RunningServer, Wire


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    """With the account that clients log in to, which its owner has left."""
    data = tmp_path / "server"
    data.mkdir()
    with RunningServer(data, limits__flood_burst=0, **CHEAP) as running:
        owner = running.irc(ACCOUNT)
        owner.sends(f"NS REGISTER {PASSWORD}")
        owner.until("Account created")
        owner.sends("QUIT")
        owner.to_the_end()
        yield running
    assert running.errors == []


@pytest.fixture
def peer(server: RunningServer) -> Wire:
    """A raw client, operator of #tea, where three things were said already."""
    caps = "extended-join account-tag message-tags away-notify batch echo-message chghost setname"
    wire = server.irc("peer", "#tea", caps=caps)
    wire.sends("TOPIC #tea :first flush", *(f"PRIVMSG #tea :before {n}" for n in (1, 2, 3)))
    wire.until("before 3")
    return wire
