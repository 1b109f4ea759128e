"""/api/admin: the first administrator, every command, and the audit log."""

import pytest
from asking_http import Person, basic, request
from server_here import running

from hubbub.handlers.command_table import PAUSE
from hubbub.handlers.orders import ORDERS, Order
from hubbub.handlers.orders.administrator_orders import claim_link
from hubbub.model.privileges import CLASSES

CHEAP = {"accounts__hash_memory": "1024", "accounts__scram_iterations": "4096"}


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A server of this file's, where nobody is an administrator yet."""
    directory = tmp_path_factory.mktemp("admin")
    with running(directory, limits__request_burst="1000", **CHEAP) as server:
        yield server


@pytest.fixture(scope="module")
def chief(own):
    """The first administrator: opens the link of the first start."""
    person = Person(own, "chief")
    word = claim_link(own.hub.context).rpartition("/")[2]
    told = person.asks("POST", "/api/admin/claim", {"word": word})
    assert (told.status, told.code) == (403, "ACCOUNT_REQUIRED")
    person.registers()
    assert person.asks("POST", "/api/admin/claim", {"word": "x"}).status == 404
    assert person.asks("POST", "/api/admin/claim", {"word": None}).code == "MISSING_FIELD"
    assert person.asks("POST", "/api/admin/claim", {"word": word}).json == {"account": "chief"}
    assert person.asks("POST", "/api/admin/claim", {"word": word}).status == 404
    yield person
    person.close()


def test_an_administrator_is_an_operator_everywhere(own, chief):
    assert chief.gets("/api/me")["privileges"] == list(CLASSES["admin"])
    by_password = request(own, "GET", "/api/admin/people", headers=basic("chief", "correct-horse"))
    assert by_password.status == 200
    again = Person(own, "chief2")
    again.sends("NS IDENTIFY chief correct-horse")
    again.until(" MODE ")
    again.token = again.gets_token()
    assert again.gets("/api/admin/audit")
    again.sends("NS LOGOUT")
    again.until(" 901 ")
    again.token = again.gets_token()
    assert again.asks("GET", "/api/admin/people").status == 403
    again.close()


def test_nobody_else_may(own, chief):
    eve = Person(own, "eve4").registers()
    for row in ORDERS.values():
        words = {name: 1 if each.kind is int else "x" for name, each in row.fields.items()}
        method = "POST" if row.acts else "GET"
        told = eve.asks(method, f"/api/admin/{row.name}", words if row.acts else None)
        assert (told.status, told.code) == (403, "NO_PERMISSIONS"), row.name
        nobody = request(own, method, f"/api/admin/{row.name}", words if row.acts else None)
        assert nobody.status == 401
    eve.close()


def test_a_moderator_may_some(own, chief):
    mod = Person(own, "mod4").registers()
    chief.asks("POST", "/api/admin/promote", {"account": "mod4", "classes": "moderator"})
    mod.until(" MODE mod4 ")
    may = {name for name, row in ORDERS.items() if row.privilege in CLASSES["moderator"]}
    for name in ("people", "bans", "reports", "invites"):
        assert name in may
        assert mod.asks("GET", f"/api/admin/{name}").status == 200
    for name in ("audit", "storage", "administrators"):
        assert mod.asks("GET", f"/api/admin/{name}").status == 403
    chief.asks("POST", "/api/admin/demote", {"account": "mod4"})
    assert mod.asks("GET", "/api/admin/people").status == 403
    mod.close()


def test_everything_that_can_be_looked_at(own, chief):
    bob = Person(own, "bob4", join="#hidden")
    bob.sends("MODE #hidden +s", "REPORT eve :is rude", "PING x")
    bob.until(" PONG ")
    told = {name: chief.gets(f"/api/admin/{name}")[name]
            for name, row in ORDERS.items() if not row.acts and name not in ("link", "show")
    }  # fmt: skip
    person = next(each for each in told["people"] if each["nick"] == "bob4")
    assert (person["address"], person["channels"]) == ("127.0.0.1", ["#hidden"])
    assert "#hidden" in [each["channel"] for each in told["channels"]]
    assert told["reports"][0]["text"] == "is rude"
    assert told["figures"]["people"] >= 2
    assert told["figures"]["cpu"] > 0
    assert told["limits"]["limits.nick_length"] == 32
    assert told["storage"]["free"] > 0
    assert "password" not in str(told["accounts"])
    assert chief.gets("/api/admin/show?account=chief")["show"]["nicks"] == ["chief"]
    assert chief.asks("GET", "/api/admin/show").code == "MISSING_FIELD"
    assert chief.asks("GET", "/api/admin/link").status == 404
    bob.close()


def test_what_is_done_is_done_and_in_the_audit_log(own, chief):
    bob = Person(own, "bob5", join="#pub").registers()

    def does(name, **words):
        told = chief.asks("POST", f"/api/admin/{name}", words)
        assert told.status == 200, told.body
        return told.json[name]

    assert "#pub is closed" in does("close", channel="#pub", reason="no longer")
    bob.until(" KICK #pub bob5 :no longer")
    assert "bob5 is gone" in does("kill", nick="bob5", reason="spam")
    assert "Killed" in bob.to_the_end()[-1]
    does("suspend", account="bob5", time="7d", reason="spam")
    headers = basic("bob5", "correct-horse")
    assert request(own, "GET", "/api/me", headers=headers).status == 401
    does("unsuspend", account="bob5")
    assert request(own, "GET", "/api/me", headers=headers).status == 200
    does("passwd", account="bob5", password="a-new-horse")
    assert request(own, "GET", "/api/me", headers=headers).status == 401
    headers = basic("bob5", "a-new-horse")
    does("create", account="carl", password="correct-horse")
    does("verify", account="carl")
    does("delete", account="carl", erase=True)
    does("ban", target="bob5!*@*", reason="noise")
    banned = request(own, "GET", "/api/history?target=chief", headers=headers)
    assert (banned.status, banned.code) == (403, "BANNED")
    does("unban", kind="mask", mask="bob5!*@*")
    does("ban", target="9.9.9.0/24", time="1d", reason="noise")
    (ban,) = chief.gets("/api/admin/bans")["bans"]
    assert (ban["kind"], ban["mask"], ban["by"]) == ("address", "9.9.9.0/24", "chief")
    does("unban", kind=ban["kind"], mask=ban["mask"])
    assert chief.gets("/api/admin/bans") == {"bans": []}
    invite = does("invite", channel="#pub", uses=2, time="1h")
    does("revoke", id=invite["id"])
    report = chief.gets("/api/admin/reports")["reports"][0]
    does("close-report", id=report["id"], note="spoke with them")
    assert chief.gets("/api/admin/reports")["reports"][0]["closed_by"] == "chief"
    acts = chief.gets("/api/admin/audit")["audit"]
    assert [act["action"] for act in acts[:13]] == [
        "close-report", "revoke", "invite", "unban", "ban", "unban", "ban", "delete", "verify",
        "create", "passwd", "unsuspend", "suspend",
    ]  # fmt: skip
    assert "horse" not in str(acts)
    kill = acts[13]
    assert (kill["by"], kill["address"], kill["target"], kill["detail"]) == (
        "chief", "127.0.0.1", "bob5", "spam")  # fmt: skip


@pytest.mark.parametrize(
    ("name", "words", "status", "code"),
    [
        ("kill", {}, 400, "MISSING_FIELD"),
        ("kill", {"nick": 5}, 400, "WRONG_TYPE"),
        ("kill", {"nick": "nobody-here"}, 404, "NOT_FOUND"),
        ("kill", {"nick": "x", "more": 1}, 400, "UNKNOWN_FIELD"),
        ("create", {"account": "chief", "password": "correct-horse"}, 400, "ACCOUNT_EXISTS"),
        ("create", {"account": "dora", "password": "x"}, 400, "WEAK_PASSWORD"),
        ("passwd", {"account": "chief"}, 400, "MISSING_FIELD"),
        ("delete", {"account": "chief", "erase": "yes"}, 400, "WRONG_TYPE"),
        ("revoke", {"id": True}, 400, "WRONG_TYPE"),
        ("ban", {"target": "127.0.0.1"}, 400, "INVALID_PARAMS"),
        ("ban", {"target": "9.9.9.9", "time": "soon"}, 400, "INVALID_PARAMS"),
        ("unban", {"kind": "mask", "mask": "x"}, 404, "NOT_FOUND"),
        ("promote", {"account": "nobody-here"}, 404, "NOT_FOUND"),
        ("promote", {"account": "chief", "classes": "king"}, 400, "INVALID_PARAMS"),
        ("demote", {"account": "chief"}, 403, "NO_PERMISSIONS"),
        ("invite", {"uses": 5000}, 400, "INVALID_PARAMS"),
        ("revoke", {"id": 1}, 404, "NOT_FOUND"),
        ("close", {"channel": "#nowhere"}, 404, "NOT_FOUND"),
        ("nonsense", {}, 404, "NOT_FOUND"),
        ("people", {}, 405, "BAD_METHOD"),
    ],
)
def test_what_is_refused(chief, name, words, status, code):
    before = chief.gets("/api/admin/audit")["audit"][:1]
    told = chief.asks("POST", f"/api/admin/{name}", words)
    assert (told.status, told.code) == (status, code), told.body
    assert chief.gets("/api/admin/audit")["audit"][:1] == before


def test_the_last_administrator_stays_also_without_a_connection(own, chief):
    (last,) = chief.gets("/api/admin/administrators")["administrators"]
    chief.sends("NS LOGOUT")
    chief.until(" 901 ")
    headers = basic("chief", "correct-horse")
    told = request(own, "POST", "/api/admin/demote", {"account": last["account"]}, headers)
    assert (told.status, told.code) == (403, "NO_PERMISSIONS")
    chief.sends("NS IDENTIFY chief correct-horse", "NICK chief")
    chief.until(" NICK ")
    chief.token = chief.gets_token()


def test_foreign_pages_change_nothing(chief):
    before = chief.gets("/api/admin/audit")
    for row in (row for row in ORDERS.values() if row.acts):
        told = chief.asks("POST", f"/api/admin/{row.name}", {}, Origin="https://evil.example")
        assert told.status == 403
    assert chief.gets("/api/admin/audit") == before


def test_operators_commands_are_in_the_audit_log(own, chief):
    bob = Person(own, "bob6")
    chief.sends("KILL bob6 :flooding", "UBAN LIST", "UBAN ADD 9.9.9.9 1d noise", "UBAN DEL 9.9.9.9",
                "SAJOIN chief #x", "PING done")  # fmt: skip
    chief.until(" PONG ")
    acts = chief.gets("/api/admin/audit")["audit"]
    assert [(act["action"], act["target"]) for act in acts[:4]] == [
        ("SAJOIN", "chief"),
        ("UBAN DEL", "9.9.9.9"),
        ("UBAN ADD", "9.9.9.9"),
        ("KILL", "bob6"),
    ]
    bob.close()


def test_an_order_may_let_others_have_their_turn(own, chief, monkeypatch):
    def run(view, by, words):
        yield PAUSE
        yield PAUSE
        return "done"

    monkeypatch.setitem(ORDERS, "long", Order("long", "see", False, {}, "takes long", run))
    assert chief.gets("/api/admin/long") == {"long": "done"}


def test_nobody_bans_itself_by_a_request_either(own, chief):
    chief.sends("NS LOGOUT")
    chief.until(" 901 ")
    headers = basic("chief", "correct-horse")
    for target in ("127.0.0.0/8", "chief"):
        told = request(own, "POST", "/api/admin/ban", {"target": target}, headers)
        assert (told.status, told.code) == (400, "INVALID_PARAMS"), told.body
    chief.sends("NS IDENTIFY chief correct-horse", "NICK chief")
    chief.until(" NICK ")
    chief.token = chief.gets_token()
