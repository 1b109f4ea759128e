"""Rules for every route that needs authentication, taken from the table of routes (S27, S28)."""

import re

import pytest
from asking_http import Person, request
from server_here import running

from hubbub.handlers.orders import ORDERS
from hubbub.handlers.orders.administrator_orders import claim_link
from hubbub.http.routes import all_routes

CHEAP = {"accounts__hash_memory": "1024", "accounts__scram_iterations": "4096"}
FOREIGN = ("http://evil.example", "null", "https://127.0.0.1.evil.example", "file://")
BODIES = {
    "application/json": b"{}",
    "text/plain": b"{}",
    "application/x-www-form-urlencoded": b"channel=%23tea",
    "multipart/form-data; boundary=x": b"--x--\r\n",
}


def paths(methods):
    """Every route with these methods that needs somebody, with something in its blanks."""
    found = []
    for route in all_routes({}):
        if route.method in methods and route.path.startswith(("/api/", "/files")):
            filled = re.sub(r"\{(\w+)[^}]*\}", lambda blank: _BLANKS.get(blank[1], "0"), route.path)
            names = [name for name, row in ORDERS.items() if row.acts == (route.method == "POST")]
            each = names if "{name}" in route.path and "admin" in route.path else [""]
            found += [(route.method, filled.replace("NAME", name)) for name in each]
    return found


_BLANKS = {"name": "NAME", "id": "1"}
CHANGING = paths({"POST", "PUT", "DELETE", "PATCH"})
READING = [path for method, path in paths({"GET"}) if path.startswith("/api/")]


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    with running(tmp_path_factory.mktemp("routes"), limits__request_burst="9000", **CHEAP) as each:
        yield each


@pytest.fixture(scope="module")
def chief(own):
    person = Person(own, "chief", join="#tea").registers()
    word = claim_link(own.hub.context).rpartition("/")[2]
    assert person.asks("POST", "/api/admin/claim", {"word": word}).status == 200
    yield person
    person.close()


def test_the_table_is_read():
    assert len(CHANGING) > 12
    assert len(READING) > 10
    assert ("POST", "/api/admin/kill") in CHANGING
    assert any(path.startswith("/files") for _, path in CHANGING)


@pytest.mark.parametrize(("method", "path"), CHANGING)
def test_no_page_of_others_changes_anything(own, chief, method, path):
    """Whatever it sends, and though it had the token: no event comes of it."""
    before = own.hub.recorder.position
    for origin in FOREIGN:
        for kind, body in BODIES.items():
            told = chief.asks(method, path, body, Origin=origin, Content_Type=kind)
            assert told.status in (403, 405), (origin, kind, told.body)
            assert told.headers["Access-Control-Allow-Origin"] is None
    assert own.hub.recorder.position == before


@pytest.mark.parametrize(("method", "path"), CHANGING)
def test_without_a_token_nothing_is_changed(own, chief, method, path):
    before = own.hub.recorder.position
    for body in ({}, {"nick": "chief"}):
        told = request(own, method, path, body)
        assert told.status in (400, 401, 404, 405), told.body
    assert own.hub.recorder.position == before


@pytest.mark.parametrize("path", READING)
def test_what_is_for_one_is_kept_by_nobody(own, chief, path):
    for told in (chief.asks("GET", path), request(own, "GET", path)):
        assert told.headers["Cache-Control"] == "no-store"
        assert "Authorization" in told.headers.get("Vary", "Authorization")
        assert told.headers["Set-Cookie"] is None
