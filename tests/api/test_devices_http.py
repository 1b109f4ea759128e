"""/api/devices: the devices of one's account."""

from __future__ import annotations

import base64
import itertools
from typing import Any

import pytest
from asking_http import Person, basic, request

from hubbub.serve import Server

PASSWORD = "correct-horse"


def plain(name: str, secret: str) -> str:
    return base64.b64encode(f"\0{name}\0{secret}".encode()).decode()


class Owner(Person):
    """Registers an account; further ones of its browsers come by `browser`."""

    def registers(self) -> Owner:
        self.sends(f"NS REGISTER {PASSWORD}")
        self.until("Account created")
        return self

    def device(self, name: str) -> str:
        """A token of a device, and with it this connection is that device."""
        self.sends(f"NS IDENTIFY {self.nick} {PASSWORD}")
        self.until("You are now logged in")
        self.sends(f"TOKEN GENERATE HUBBUB/DEVICE :{name}")
        return self.until(" TOKEN GENERATE ")[-1].rpartition(" ")[2]

    def renews(self) -> None:
        """Its API token is of before the login."""
        self.sends("TOKEN GENERATE HUBBUB/API")
        self.token = self.until(" TOKEN GENERATE ")[-1].rpartition(" ")[2]


NUMBERS = itertools.count()


@pytest.fixture
def anna(server: Server) -> Any:
    """The server is of the whole module."""
    person = Owner(server, f"owner{next(NUMBERS)}").registers()
    yield person
    person.close()


def test_devices_are_listed_and_logged_out(server: Server, anna: Owner) -> None:
    first, second = anna.device("Phone\x02"), anna.device("Firefox, Linux")
    anna.renews()
    listed = anna.gets("/api/devices")["devices"]
    assert [(each["name"], each["here"]) for each in listed] == [
        ("Phone", False),
        ("Firefox, Linux", True),
    ]
    assert all(each["address"] == "127.0.0.1" and each["used"] for each in listed)
    assert "hash" not in str(listed)
    assert request(server, "GET", "/api/me", headers=basic(anna.nick, first)).status == 200
    gone = anna.asks("DELETE", f"/api/devices/{listed[0]['id']}").json
    assert gone == {"logged_out": [listed[0]["id"]]}
    assert request(server, "GET", "/api/me", headers=basic(anna.nick, first)).status == 401
    assert request(server, "GET", "/api/me", headers=basic(anna.nick, second)).status == 200
    assert anna.asks("DELETE", f"/api/devices/{listed[0]['id']}").code == "NOT_FOUND"


def test_all_others_are_logged_out_and_their_connections_end(server: Server, anna: Owner) -> None:
    token, own = anna.device("Phone"), anna.device("here")
    phone = Owner(server, "phone8")
    phone.sends("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain(anna.nick, token)}")
    phone.until(" 903 ")
    anna.renews()
    assert len(anna.asks("DELETE", "/api/devices").json["logged_out"]) == 1
    assert "This device was logged out" in phone.until("ERROR")[-1]
    assert request(server, "GET", "/api/me", headers=basic(anna.nick, token)).status == 401
    assert request(server, "GET", "/api/me", headers=basic(anna.nick, own)).status == 200
    assert [each["name"] for each in anna.gets("/api/devices")["devices"]] == ["here"]


def test_those_of_others_are_nobodys_business(server: Server, anna: Owner) -> None:
    anna.device("Phone")
    account = server.hub.network.accounts.get(anna.nick)
    assert account is not None
    number = next(iter(account.devices))
    mallory = Owner(server, "mallory8").registers()
    mallory.renews()
    assert mallory.gets("/api/devices") == {"devices": []}
    assert mallory.asks("DELETE", f"/api/devices/{number}").code == "NOT_FOUND"
    assert mallory.asks("DELETE", "/api/devices").json == {"logged_out": []}
    assert list(account.devices) == [number]
    guest = Person(server, "guest8")
    for method in ("GET", "DELETE"):
        assert guest.asks(method, "/api/devices").code == "ACCOUNT_REQUIRED"
