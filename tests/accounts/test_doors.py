"""S34: every state of an account with every way to log in. None may admit an account it should not.

Precedents: Oragono 2.6.1 (REGISTER bypassed the server's password), Ergo GHSA-x6wg-9hcg-fc9v
(suspended and unverified accounts), Synapse CVE-2023-32682 (deactivated ones).
"""

import dataclasses

import pytest
from people import PASSWORD, account, cheap_chat, connecting, encoded, logged_in, plain
from scramp import ScramClient

from hubbub.credentials import oauth
from hubbub.events.kinds import AccountDeleted, AccountRegistered, AccountSuspended, IdentityBound
from hubbub.handlers.accounts import lifecycle
from hubbub.work import Work

FINGERPRINT = "ab" * 32
SERVER_PASSWORD = "letmein"
CODE = "the-code"
ALICE = oauth.Identity("https://issuer.example", "1", "alice")


# -- states ----------------------------------------------------------------------------------


def good(chat):
    account(chat, "alice")
    logged_in(chat, "alice").sends(f"NS CERT ADD {FINGERPRINT} {PASSWORD}", "QUIT")
    record(chat, IdentityBound("alice", ALICE.issuer, ALICE.subject))


def absent(chat):
    pass


def unverified(chat):
    good(chat)
    found = chat.network.accounts.get("alice")
    record(chat, AccountDeleted("alice", "test", True))
    record(
        chat,
        AccountRegistered(
            "alice", found.password, found.scram, "a@example.org",
            lifecycle.hash_code("another code"), "", FINGERPRINT,
        ),
    )  # fmt: skip


def suspended(chat):
    good(chat)
    record(chat, AccountSuspended("alice", "test", "spam"))


def deleted(chat):
    good(chat)
    record(chat, AccountDeleted("alice", "test"))


def record(chat, event):
    with chat.hub.lock:
        chat.hub.recorder.record_locked(event, None)
    chat.settle()


STATES = {"good": good, "absent": absent, "unverified": unverified, "suspended": suspended,
          "deleted": deleted}  # fmt: skip


# -- doors: each ends with the client having said everything ---------------------------------


def by_pass(client):
    client.sends(f"PASS alice:{PASSWORD}")


def by_plain(client):
    client.sends("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}")


def by_external(client):
    client.sends("AUTHENTICATE EXTERNAL", "AUTHENTICATE +")


def by_scram(client):
    scram = ScramClient(["SCRAM-SHA-256"], "alice", PASSWORD)
    client.sends("AUTHENTICATE SCRAM-SHA-256")
    line = client.asks(f"AUTHENTICATE {encoded(scram.get_client_first())}")[0]
    import base64

    scram.set_server_first(base64.b64decode(line.rpartition(" ")[2]).decode())
    client.sends(f"AUTHENTICATE {encoded(scram.get_client_final())}", "AUTHENTICATE +")


def by_token(client):
    client.sends("AUTHENTICATE OAUTHBEARER")
    client.sends(f"AUTHENTICATE {encoded('n,,' + chr(1) + 'auth=Bearer good' + chr(1) * 2)}")


def by_register(client):
    client.sends(f"REGISTER alice * {PASSWORD}")


def by_verify(client):
    client.sends(f"VERIFY alice {CODE}")


def by_nickserv(client):
    client.sends(f"NS IDENTIFY alice {PASSWORD}")


def by_nickserv_certificate(client):
    client.sends("NS IDENTIFY alice")


def by_nothing(client):
    pass


DOORS = {
    "PASS": by_pass, "PLAIN": by_plain, "EXTERNAL": by_external, "SCRAM": by_scram,
    "OAUTHBEARER": by_token, "REGISTER": by_register, "VERIFY": by_verify,
    "NickServ": by_nickserv, "NickServ CERT": by_nickserv_certificate, "none": by_nothing,
}  # fmt: skip

#: (state, door) that lead in. REGISTER makes an account where there is none.
OPEN = {("good", door) for door in DOORS if door not in ("REGISTER", "VERIFY", "none")}
OPEN |= {("absent", "REGISTER")}


@pytest.fixture(autouse=True)
def tokens(monkeypatch):
    """The issuer says that the token is alice's."""
    monkeypatch.setattr(oauth, "look_at", lambda settings, token: Work(lambda log: ALICE, "net"))


def chat_with(**changes):
    chat = cheap_chat(oauth__introspection_url="http://127.0.0.1:9/")
    settings = dataclasses.replace(chat.settings, **changes)
    chat.hub.settings = chat.settings = settings
    chat.hub.context.use(settings)
    return chat


def newcomer(chat):
    return connecting(chat, tls=True, certificate_fingerprint=FINGERPRINT)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("state", STATES)
def test_who_gets_in(state, door, when):
    chat = chat_with()
    STATES[state](chat)
    client = newcomer(chat)
    if when == "before":
        client.sends("CAP LS 302", "NICK somebody", "USER x 0 * :x")
        DOORS[door](client)
        client.sends("CAP END")
    else:
        client.sends("NICK somebody", "USER x 0 * :x")
        DOORS[door](client)
    user = client.session.user
    in_by_account = user is not None and user.account == "alice"
    expected = (state, door) in OPEN and not (door == "PASS" and when == "after")
    assert in_by_account == expected
    chat.check()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("state", ["good", "absent"])
def test_nobody_gets_round_the_servers_password(state, door):
    chat = chat_with()
    STATES[state](chat)
    settings = dataclasses.replace(chat.settings, password=SERVER_PASSWORD)
    chat.hub.settings = chat.settings = settings
    chat.hub.context.use(settings)
    before = len(chat.network.accounts)
    client = newcomer(chat)
    client.sends("CAP LS 302", "PASS wrong", "NICK somebody", "USER x 0 * :x")
    DOORS[door](client)
    client.sends("CAP END")
    assert client.session.user is None
    assert client.closed
    assert len(chat.network.accounts) == before
    right = newcomer(chat)
    right.sends("CAP LS 302", f"PASS {SERVER_PASSWORD}", "NICK somebody", "USER x 0 * :x",
                "CAP END")  # fmt: skip
    assert right.session.user is not None


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("state", STATES)
def test_where_an_account_is_required(state, door):
    chat = chat_with()
    STATES[state](chat)
    accounts = dataclasses.replace(chat.settings.accounts, required=True)
    settings = dataclasses.replace(chat.settings, accounts=accounts)
    chat.hub.settings = chat.settings = settings
    chat.hub.context.use(settings)
    client = newcomer(chat)
    client.sends("CAP LS 302", "NICK somebody", "USER x 0 * :x")
    DOORS[door](client)
    client.sends("CAP END")
    assert (client.session.user is not None) == ((state, door) in OPEN)


@pytest.mark.parametrize("end", [AccountSuspended("alice", "test", ""),
                                 AccountDeleted("alice", "test")])  # fmt: skip
def test_a_login_does_not_outlive_the_account(end):
    """Logged in, and then the account ends before registration does."""
    chat = chat_with()
    good(chat)
    client = newcomer(chat)
    client.sends("CAP LS 302", "NICK somebody", "USER x 0 * :x")
    by_plain(client)
    record(chat, end)
    client.sends("CAP END")
    user = client.session.user
    assert user is None or user.account is None


def test_a_login_is_not_for_the_next_account_of_that_name():
    chat = chat_with()
    good(chat)
    client = newcomer(chat)
    client.sends("CAP LS 302", "NICK alice", "USER x 0 * :x")
    by_plain(client)
    record(chat, AccountDeleted("alice", "test", True))
    other = chat.irc("somebody")
    other.sends("REGISTER alice * other-password")
    client.sends("CAP END")
    assert client.session.user is None  # the nick belongs to the new account
    assert chat.hub.context.account(client.session) is None


def test_a_password_changed_while_the_old_one_is_checked():
    chat = chat_with()
    good(chat)
    client = newcomer(chat)
    checks = []
    submit = chat.hub.workers.submit
    chat.hub.workers.submit = lambda *job: checks.append(job)
    client.sends("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}")
    chat.hub.workers.submit = submit
    found = chat.network.accounts.get("alice")
    from hubbub.events.kinds import PasswordChanged

    record(chat, PasswordChanged("alice", found.password + "x", None))
    for job in checks:
        submit(*job)
    chat.settle()
    assert " 904 " in client.sees()[-1]
