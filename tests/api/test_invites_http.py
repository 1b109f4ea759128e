"""/api/invites, and the link itself."""

import socket

import pytest
from asking_http import Person, request
from running_server import PATIENCE, Wire
from server_here import running

NONE = {"invite_only": "auto", "invites": []}


@pytest.fixture
def anna(server):
    person = Person(server, "anna3", join="#inv")
    yield person
    person.close()


def test_made_listed_opened_and_taken_back(server, anna):
    made = anna.asks("POST", "/api/invites", {"channel": "#inv", "uses": 3, "seconds": 3600})
    assert made.status == 201
    invite = made.json
    assert (invite["channel"], invite["uses"], invite["used"]) == ("#inv", 3, 0)
    assert invite["open"] is True
    assert invite["path"].endswith("#inv")
    assert invite["link"] == f"http://127.0.0.1:{server.port}{invite['path']}"
    assert anna.gets("/api/invites") == {"invite_only": "auto", "invites": [invite]}
    path = invite["path"].partition("#")[0]
    page = request(server, "GET", path)
    assert page.status == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert anna.asks("DELETE", f"/api/invites/{invite['id']}").json == {"revoked": invite["id"]}
    assert anna.gets("/api/invites") == NONE
    gone = request(server, "GET", path, headers={"Accept": "text/html"})
    assert gone.status == 404
    assert b"ask for a new one" in gone.body


def test_with_nothing_said(anna):
    invite = anna.asks("POST", "/api/invites", {}).json
    assert (invite["channel"], invite["uses"]) == (None, 30)
    anna.asks("DELETE", f"/api/invites/{invite['id']}")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"uses": 0}, 400, "INVALID_PARAMS"),
        ({"uses": 10**9}, 400, "INVALID_PARAMS"),
        ({"uses": "3"}, 400, "WRONG_TYPE"),
        ({"uses": True}, 400, "WRONG_TYPE"),
        ({"seconds": -5}, 400, "INVALID_PARAMS"),
        ({"seconds": 10**17}, 400, "INVALID_PARAMS"),
        ({"channel": 5}, 400, "WRONG_TYPE"),
        ({"channel": "#not-there"}, 404, "NOT_FOUND"),
        ({"nonsense": 1}, 400, "UNKNOWN_FIELD"),
        ([], 400, "BAD_JSON"),
        (b'{"uses": NaN}', 400, "BAD_JSON"),
        (b'{"uses": 1, "uses": 2}', 400, "BAD_JSON"),
        (b"{", 400, "BAD_JSON"),
        (b" " * 70_000, 413, "TOO_LONG"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_refused(anna, body, status, code):
    before = anna.gets("/api/invites")
    told = anna.asks("POST", "/api/invites", body)
    assert (told.status, told.code) == (status, code)
    assert anna.gets("/api/invites") == before


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded",
                                  "multipart/form-data", ""])  # fmt: skip
def test_forms_change_nothing(server, anna, kind):
    told = anna.asks("POST", "/api/invites", b"{}", Content_Type=kind)
    assert (told.status, told.code) == (415, "NOT_JSON")
    foreign = anna.asks("POST", "/api/invites", {}, Origin="http://evil.example")
    assert (foreign.status, foreign.code) == (403, "FOREIGN_ORIGIN")
    assert anna.gets("/api/invites") == NONE


def test_of_others(server, anna):
    invite = anna.asks("POST", "/api/invites", {}).json
    eve = Person(server, "eve3")
    assert eve.gets("/api/invites") == NONE
    for number in (invite["id"], 10**14, 10**16):
        told = eve.asks("DELETE", f"/api/invites/{number}")
        assert (told.status, told.code) == (404, "NOT_FOUND")
    assert eve.asks("DELETE", "/api/invites/x").status == 404
    assert len(anna.gets("/api/invites")["invites"]) == 1
    anna.asks("DELETE", f"/api/invites/{invite['id']}")
    eve.close()


def test_from_a_public_address_on_the_wire(tmp_path):
    """Behind a trusted proxy, so that the address is one of the internet."""
    with running(tmp_path, proxy__trusted="127.0.0.1") as server:
        anna = Person(server, "anna")
        link = anna.asks("POST", "/api/invites", {"uses": 1}).json["link"]

        def comes(nick, address, *lines):
            wire = Wire(socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE))
            wire.sends(f"PROXY TCP4 {address} 127.0.0.1 5000 80", *lines)
            wire.sends(f"NICK {nick}", f"USER {nick} 0 * :g")
            return wire

        shut = comes("far", "8.8.8.8").to_the_end()
        assert " 465 far :This server takes people who are invited" in shut[-2]
        assert shut[-1].startswith("ERROR :")
        comes("near", "192.168.7.7").until(" 001 near ")
        comes("invited", "8.8.8.8", f"PASS {link}").until(" 001 invited ")
        anna.close()
