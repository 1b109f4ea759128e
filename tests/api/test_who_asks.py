"""Authentication of HTTP requests: tokens, passwords, and what invalidates them."""

import json
import socket
import threading

import pytest
from asking_http import Answer, Person, basic, bearer, request
from running_server import PATIENCE
from server_here import running

from hubbub.credentials import passwords
from hubbub.events.kinds import AdministratorMade, BanSet
from hubbub.http import questions, strict_json


def test_a_token_is_the_one_who_got_it(server):
    alice = Person(server, "alice")
    assert alice.gets("/api/me") == {
        "nick": "alice",
        "account": None,
        "connected": True,
        "privileges": [],
    }
    alice.sends("NICK alicia")
    alice.until(" NICK ")
    assert alice.gets("/api/me")["nick"] == "alicia"
    alice.close()


def test_answers_are_for_nobody_else(server):
    ann = Person(server, "ann")
    answer = ann.asks("GET", "/api/me")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Access-Control-Allow-Origin"] is None
    ann.close()


def refused(answer: Answer, status: int, code: str) -> None:
    assert (answer.status, answer.code) == (status, code), answer.body


def test_without_or_with_a_wrong_token(server):
    eve = Person(server, "eve")
    number, _, secret = eve.token.partition(".")
    wrong = ["x", "", f"{number}.", f"{number}.{secret[:-1]}", f"ffff.{secret}", secret,
             f"{number}.{secret}x", "9" * 4000, "1.\u00e9", f"{number}.\udcff"]  # fmt: skip
    for token in wrong:
        field = f"Bearer {token}".encode(errors="surrogateescape").decode("latin-1")
        header = {"Authorization": field}
        refused(request(server, "GET", "/api/me", headers=header), 401, "UNKNOWN_ASKER")
    refused(request(server, "GET", "/api/me"), 401, "UNKNOWN_ASKER")
    refused(
        request(server, "GET", "/api/me", headers={"Authorization": "Basic x"}),
        400,
        "BAD_CREDENTIALS",
    )
    eve.close()


def test_what_an_unanswered_question_holds_is_given_back(server, monkeypatch):
    """Here the login that is under way: it ends with the answer, not with the work."""
    over = threading.Event()
    monkeypatch.setattr(questions, "ANSWER_SECONDS", 0.01)
    monkeypatch.setattr(passwords, "check", lambda *_: over.wait())
    view = server.hub.context
    try:
        answer = request(server, "GET", "/api/me", headers=basic("slow", "guess"))
        refused(answer, 503, "TIMEOUT")
        burst = view.settings.accounts.login_burst
        assert view.logins.left(("name", "slow"), view.now) == burst - 1
    finally:
        over.set()


def test_a_token_ends_with_its_connection(server):
    bob = Person(server, "bob")
    assert bob.gets("/api/me")
    bob.sends("QUIT")
    bob.to_the_end()
    refused(bob.asks("GET", "/api/me"), 401, "UNKNOWN_ASKER")


def test_a_token_ends_with_login_logout_and_a_new_password(server):
    carl = Person(server, "carl")
    as_guest = carl.token
    carl.registers()
    refused(request(server, "GET", "/api/me", headers=bearer(as_guest)), 401, "UNKNOWN_ASKER")
    assert carl.gets("/api/me")["account"] == "carl"
    before = carl.token
    carl.sends("NS PASSWD correct-horse another-horse")
    carl.until("Password changed")
    refused(request(server, "GET", "/api/me", headers=bearer(before)), 401, "UNKNOWN_ASKER")
    carl.token = carl.gets_token()
    assert carl.gets("/api/me")["account"] == "carl"
    carl.sends("NS LOGOUT")
    carl.until(" 901 ")
    refused(carl.asks("GET", "/api/me"), 401, "UNKNOWN_ASKER")
    carl.close()


def test_old_tokens_make_room_and_each_service_has_its_own(server):
    dora = Person(server, "dora")
    first = dora.token
    for_files = dora.gets_token("FILEHOST")
    refused(request(server, "GET", "/api/me", headers=bearer(for_files)), 401, "UNKNOWN_ASKER")
    for _ in range(8):
        dora.token = dora.gets_token()
    refused(request(server, "GET", "/api/me", headers=bearer(first)), 401, "UNKNOWN_ASKER")
    assert dora.gets("/api/me")
    dora.close()


def test_an_account_by_name_and_password(server):
    emma = Person(server, "emma").registers()
    me = request(server, "GET", "/api/me", headers=basic("emma", "correct-horse"))
    assert me.json == {"nick": "emma", "account": "emma", "connected": True, "privileges": []}
    emma.sends("QUIT")
    emma.to_the_end()
    me = request(server, "GET", "/api/me", headers=basic("emma", "correct-horse"))
    assert me.json == {"nick": "emma", "account": "emma", "connected": False, "privileges": []}
    refused(request(server, "GET", "/api/me", headers=basic("emma", "x")), 401, "UNKNOWN_ASKER")


def test_browsers_are_not_asked_for_a_password(server):
    plain = request(server, "GET", "/api/me").headers["WWW-Authenticate"]
    assert "Basic" in plain
    for field in ({"Sec-Fetch-Mode": "cors"}, {"Origin": f"http://127.0.0.1:{server.port}"}):
        asked = request(server, "GET", "/api/me", headers=field).headers["WWW-Authenticate"]
        assert asked == 'Bearer realm="Hubbub"'


def test_guesses_are_slowed_down_and_cost_the_same_for_nobody(tmp_path):
    cheap = {"accounts__hash_memory": "1024", "accounts__scram_iterations": "4096"}
    with running(tmp_path, accounts__login_burst="3", **cheap) as server:
        owner = Person(server, "owner").registers()
        told = []
        for number in range(6):
            wrong = basic("nobody", f"guess{number}")
            told.append(request(server, "GET", "/api/me", headers=wrong))
        assert [answer.status for answer in told] == [401, 401, 401, 429, 429, 429]
        assert told[-1].headers["Retry-After"] == "60"
        # The owner comes from a place the account knows.
        right = basic("owner", "correct-horse")
        assert request(server, "GET", "/api/me", headers=right).status == 200
        owner.close()


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://127.0.0.1:{other}",
     "http://127.0.0.1:{port}.evil.example", "http://127.0.0.1:{port}@evil.example",
     "HTTP://127.0.0.1:{port}x"],
)  # fmt: skip
def test_foreign_pages_are_refused(server, origin):
    fay = Person(server, "fay")
    named = origin.format(port=server.port, other=server.port + 1)
    refused(fay.asks("GET", "/api/me", Origin=named), 403, "FOREIGN_ORIGIN")
    refused(fay.asks("GET", "/api/me", Sec_Fetch_Site="cross-site"), 403, "FOREIGN_ORIGIN")
    assert fay.asks("GET", "/api/me", Origin=f"http://127.0.0.1:{server.port}").status == 200
    fay.close()


def test_errors_under_api_are_json(server):
    refused(request(server, "GET", "/api/nothing"), 404, "NOT_FOUND")
    refused(request(server, "POST", "/api/me", {}), 405, "BAD_METHOD")
    gus = Person(server, "gus")
    refused(gus.asks("GET", "/api/me?x=1"), 400, "UNKNOWN_FIELD")
    gus.close()


def test_asking_too_often(tmp_path):
    with running(tmp_path, limits__request_burst="5", limits__request_rate="1") as server:
        hal, ida = Person(server, "hal"), Person(server, "ida")
        told = [hal.asks("GET", "/api/me").status for _ in range(7)]
        assert told == [200] * 5 + [429] * 2
        assert hal.asks("GET", "/api/me").headers["Retry-After"] == "60"
        assert ida.asks("GET", "/api/me").status == 200
        hal.close()
        ida.close()


def test_every_state_of_an_account_at_the_door(tmp_path):
    """S34: by HTTP nobody gets in who does not by SASL; and the answers do not tell which."""
    cheap = {"accounts__hash_memory": "1024", "accounts__scram_iterations": "4096"}
    with running(tmp_path, accounts__login_burst="100", **cheap) as server:
        people = {}
        for name in ("fine", "suspended", "deleted", "banned"):
            people[name] = Person(server, name).registers()
        chief = Person(server, "chief").registers()
        chief.sends("QUIT")
        chief.to_the_end()
        with server.hub.lock:
            server.hub.recorder.record_locked(AdministratorMade("chief", ("admin",), "test"), None)
        headers = basic("chief", "correct-horse")
        for order, words in (("suspend", {"account": "suspended"}), ("ban", {"target": "banned"})):
            told = request(server, "POST", f"/api/admin/{order}", words, headers)
            assert told.status == 200, told.body
        deleted = people["deleted"]
        deleted.sends("NS DROP correct-horse", "PING x")
        deleted.until(" PONG ")
        for name in ("suspended", "deleted"):
            refused(people[name].asks("GET", "/api/me"), 401, "UNKNOWN_ASKER")
        for name in ("suspended", "deleted", "banned", "absent"):
            told = request(server, "GET", "/api/me", headers=basic(name, "correct-horse"))
            refused(told, 401, "UNKNOWN_ASKER")
        wrong = [request(server, "GET", "/api/me", headers=basic(name, "wrong-horse")).body
                 for name in ("fine", "suspended", "deleted", "banned", "absent")]  # fmt: skip
        assert len(set(wrong)) == 1
        assert (
            request(server, "GET", "/api/me", headers=basic("fine", "correct-horse")).status == 200
        )
        for person in (*people.values(), chief):
            person.close()


def test_who_may_not_even_connect_asks_nothing(tmp_path):
    with running(tmp_path, proxy__trusted="127.0.0.1") as server:
        chief = Person(server, "chief")
        with server.hub.lock:
            event = BanSet(0, "test", "address", "198.51.100.0/24", "noise", None)
            server.hub.recorder.record_locked(event, None)
        for address, told in (("198.51.100.7", b"banned"), ("198.51.101.7", b"200 OK")):
            with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as raw:
                request_lines = (
                    f"PROXY TCP4 {address} 127.0.0.1 5000 80\r\nGET /api/me HTTP/1.1\r\nHost: x\r\n"
                    f"Connection: close\r\nAuthorization: Bearer {chief.token}\r\n\r\n"
                )
                raw.sendall(request_lines.encode())
                assert told in raw.recv(4096)
        chief.close()


# -- JSON ------------------------------------------------------------------------------------

BAD = [
    b"", b"nothing", b"NaN", b'{"a": NaN}', b"Infinity", b"-Infinity", b"1e999", b"-1e999",
    b"9" * 5000, b"1." + b"0" * 5000, b"[" * 100_000, b'{"a":' * 100_000, b'{"a":1,"a":2}',
    b'{"a":{"b":1,"b":1}}', b'"\\ud800"', b'{"\\udfff":1}', b"\xef\xbb\xbf{}", b'"\xff"', b"{} {}",
    b"[1,]", b"{'a':1}", b'"\x00"', b"01", b'"', b"]" * 9, b"[" * 17 + b"]" * 17,
]  # fmt: skip


@pytest.mark.parametrize("text", BAD, ids=lambda text: repr(text[:20]))
def test_json_that_is_refused(text):
    with pytest.raises(strict_json.BadJson):
        strict_json.loads(text)


@pytest.mark.parametrize(
    "value", [None, True, 0, -1, 1.5, "", "[[[[", "\\\"{", "\u00e9\U0001f600", [], {"a": [{}]},
              10**17, [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]],
)  # fmt: skip
def test_json_that_is_taken(value):
    assert strict_json.loads(json.dumps(value).encode()) == value
    assert strict_json.loads(json.dumps(value, ensure_ascii=False).encode()) == value
