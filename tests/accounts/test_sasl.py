"""SASL (IRCv3 sasl-3.1, sasl-3.2), word for word."""

import pytest
from people import PASSWORD, account, cheap_chat, codes, connecting, encoded, logged_in, plain
from scramp import ScramClient

from hubbub.events.kinds import AccountDeleted, CertificateAdded, CertificateRemoved


@pytest.fixture
def chat():
    chat = cheap_chat()
    account(chat, "alice")
    yield chat
    chat.check()


def test_plain_the_whole_way(chat):
    client = connecting(chat)
    client.sends("CAP LS 302", "NICK alice", "USER alice 0 * :Alice")
    assert "sasl=EXTERNAL,SCRAM-SHA-256,PLAIN" in "".join(client.sees())
    assert client.asks("CAP REQ sasl") == [":hubbub.local CAP alice ACK sasl"]
    assert client.asks("AUTHENTICATE PLAIN") == [":hubbub.local AUTHENTICATE +"]
    assert client.asks(f"AUTHENTICATE {plain('alice')}") == [
        ":hubbub.local 900 alice alice!*@* alice :You are now logged in as alice",
        ":hubbub.local 903 alice :SASL authentication successful",
    ]
    assert ":hubbub.local 001 alice" in client.asks("CAP END")[0]
    assert chat.network.user("alice").account == "alice"


@pytest.mark.parametrize(
    ("name", "password"), [("alice", "wrong"), ("nobody", PASSWORD), ("alice", ""), ("", "")]
)
def test_a_wrong_name_and_a_wrong_password_are_told_alike(chat, name, password):
    client = connecting(chat)
    client.sends("AUTHENTICATE PLAIN")
    lines = client.asks(f"AUTHENTICATE {plain(name, password)}")
    assert lines == [
        ":hubbub.local 904 * :SASL authentication failed: Wrong name or password",
    ]


def test_after_a_failure_one_may_try_again(chat):
    client = connecting(chat)
    for wrong in (plain("alice", "wrong"), "!!!", encoded("no NUL in it"), encoded(b"\0\xff\0x")):
        assert codes(client.asks("AUTHENTICATE PLAIN", f"AUTHENTICATE {wrong}")) == [
            "AUTHENTICATE", "904",
        ]  # fmt: skip
    lines = client.asks("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}")
    assert codes(lines) == ["AUTHENTICATE", "900", "903"]


def test_nobody_logs_in_as_somebody_else(chat):
    account(chat, "bob")
    client = connecting(chat)
    lines = client.asks("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('bob', authorize='alice')}")
    assert codes(lines) == ["AUTHENTICATE", "904"]
    lines = client.asks("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('BOB', authorize='bob')}")
    assert codes(lines) == ["AUTHENTICATE", "900", "903"]


def test_an_asterisk_aborts(chat):
    client = connecting(chat)
    client.sends("AUTHENTICATE PLAIN")
    assert codes(client.asks("AUTHENTICATE *")) == ["906"]
    lines = client.asks("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}")
    assert codes(lines) == ["AUTHENTICATE", "900", "903"]


def test_registration_aborts_a_login_under_way(chat):
    client = connecting(chat)
    client.sends("CAP LS 302", "AUTHENTICATE PLAIN", "NICK carol", "USER carol 0 * :Carol")
    assert codes(client.asks("CAP END"))[:2] == ["906", "001"]
    assert chat.network.user("carol").account is None


def test_nick_and_user_do_not_disturb_a_login(chat):
    client = connecting(chat)
    client.sends("CAP LS 302", "AUTHENTICATE PLAIN", "NICK alice", "USER alice 0 * :Alice")
    assert codes(client.asks(f"AUTHENTICATE {plain('alice')}")) == ["900", "903"]


def test_a_message_comes_in_pieces_of_400_bytes(chat):
    for length in (300, 292, 592):  # 1 byte over a piece, exactly one, exactly two
        name = f"long{length}"
        chat.irc(name).sends(f"REGISTER * * {'x' * length}", "QUIT")
        text = plain(name, "x" * length)
        pieces = [text[at : at + 400] for at in range(0, len(text), 400)]
        pieces += ["+"] * (len(pieces[-1]) == 400)
        client = connecting(chat)
        client.sends("AUTHENTICATE PLAIN")
        lines = client.asks(*(f"AUTHENTICATE {piece}" for piece in pieces))
        # A line of 512 bytes holds a password of some 490, so the longest could not be registered.
        assert codes(lines) == (["900", "903"] if length < 490 else ["904"])


def test_a_piece_that_is_too_long(chat):
    client = connecting(chat)
    client.sends("AUTHENTICATE PLAIN")
    assert codes(client.asks(f"AUTHENTICATE {'A' * 401}")) == ["905"]
    lines = client.asks("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}")
    assert codes(lines) == ["AUTHENTICATE", "900", "903"]


def test_s06_pieces_without_end_take_no_memory(chat):
    client = connecting(chat)
    client.sends("AUTHENTICATE PLAIN")
    most = 0
    seen = []
    for _ in range(1000):
        seen += client.asks(f"AUTHENTICATE {'A' * 400}")
        if client.session.sasl is not None:
            most = max(most, len(client.session.sasl.gathered))
    assert most <= 8192
    assert codes(seen)[0] == "904"
    assert client.closed  # too many wrong logins


def test_what_is_no_mechanism(chat):
    client = connecting(chat)
    assert client.asks("AUTHENTICATE FOO") == [
        ":hubbub.local 908 * EXTERNAL,SCRAM-SHA-256,PLAIN :are available SASL mechanisms",
        ":hubbub.local 904 * :SASL authentication failed: no such mechanism",
    ]


def test_logging_in_when_one_is_on_the_network_already(chat):
    bob = chat.irc("bob", caps="account-notify", join="#tea")
    carol = chat.irc("carol", caps="account-notify", join="#tea")
    lines = carol.asks("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}")
    assert codes(lines) == ["AUTHENTICATE", "900", "ACCOUNT", "903"]
    assert bob.sees()[-1].endswith(" ACCOUNT alice")
    assert chat.network.user("carol").account == "alice"


def test_logging_in_again_as_somebody_else(chat):
    account(chat, "bob")
    client = logged_in(chat, "alice", caps="account-notify account-tag")
    lines = client.asks("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('bob')}")
    assert "@account=alice :alice!~alice@127.0.0.1 ACCOUNT bob" in lines
    assert codes(lines) == ["AUTHENTICATE", "900", "ACCOUNT", "903"]
    again = client.asks("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('bob')}")
    assert codes(again) == ["AUTHENTICATE", "900", "903"]


# -- SCRAM ---------------------------------------------------------------------------------


def scram_lines(client, name, password):
    """The exchange with a SCRAM client that is not ours; the last lines."""
    scram = ScramClient(["SCRAM-SHA-256"], name, password)
    client.sends("AUTHENTICATE SCRAM-SHA-256")
    lines = client.asks(f"AUTHENTICATE {encoded(scram.get_client_first())}")
    challenge = decoded(lines[0])
    scram.set_server_first(challenge)
    lines = client.asks(f"AUTHENTICATE {encoded(scram.get_client_final())}")
    if codes(lines) != ["AUTHENTICATE"]:
        return challenge, lines
    scram.set_server_final(decoded(lines[0]))  # the server proves itself too
    return challenge, client.asks("AUTHENTICATE +")


def decoded(line):
    import base64

    return base64.b64decode(line.rpartition(" ")[2]).decode()


def test_scram_with_a_client_that_is_not_ours(chat):
    _, lines = scram_lines(connecting(chat), "alice", PASSWORD)
    assert codes(lines) == ["900", "903"]


def test_scram_with_a_wrong_password_or_name(chat):
    known, lines = scram_lines(connecting(chat), "alice", "wrong")
    assert codes(lines) == ["904"]
    unknown, no_lines = scram_lines(connecting(chat), "nobody", PASSWORD)
    assert no_lines == lines
    # The challenge does not tell either: same iterations, a salt of the same length ...
    assert [len(part) for part in known.split(",")] == [len(part) for part in unknown.split(",")]
    # ... that stays the same when one asks again.
    again, _ = scram_lines(connecting(chat), "nobody", PASSWORD)
    assert again.split(",")[1] == unknown.split(",")[1]


def test_scram_follows_a_new_password(chat):
    account(chat, "bob", "oneword123")
    bob = logged_in(chat, "bob", password="oneword123")
    assert bob.asks("NS PASSWD oneword123 another456")[0].endswith(" are closed")
    assert codes(scram_lines(connecting(chat), "bob", "another456")[1]) == ["900", "903"]
    assert codes(scram_lines(connecting(chat), "bob", "oneword123")[1]) == ["904"]


@pytest.mark.parametrize(
    "first",
    [
        "",
        "n,,",
        "n,,n=alice",
        "n,,n=al=ice,r=x",
        "p=tls-unique,,n=alice,r=x",
        "\xff",
        "n,a=bob,n=alice,r=x",
    ],
)
def test_scram_with_nonsense(chat, first):
    client = connecting(chat)
    client.sends("AUTHENTICATE SCRAM-SHA-256")
    assert codes(client.asks(f"AUTHENTICATE {encoded(first) or '+'}")) == ["904"]


def test_without_scram_there_is_no_verifier():
    chat = cheap_chat(scram_iterations=0)
    account(chat, "alice")
    assert chat.network.accounts.get("alice").scram is None
    client = connecting(chat)
    assert codes(client.asks("AUTHENTICATE SCRAM-SHA-256")) == ["908", "904"]


# -- EXTERNAL ------------------------------------------------------------------------------

FINGERPRINT = "ab" * 32


def test_a_certificate_logs_in(chat):
    alice = logged_in(chat, "alice", tls=True, certificate_fingerprint=FINGERPRINT)
    assert alice.asks(f"NS CERT ADD {PASSWORD}")[0].endswith(f":{FINGERPRINT} logs you in now")
    other = connecting(chat, tls=True, certificate_fingerprint=FINGERPRINT)
    assert codes(other.asks("AUTHENTICATE EXTERNAL", "AUTHENTICATE +")) == [
        "AUTHENTICATE", "900", "903",
    ]  # fmt: skip
    alice.sends(f"NS CERT DEL {FINGERPRINT}")
    other = connecting(chat, tls=True, certificate_fingerprint=FINGERPRINT)
    assert codes(other.asks("AUTHENTICATE EXTERNAL", "AUTHENTICATE +")) == ["AUTHENTICATE", "904"]


def test_a_certificate_is_one_accounts(chat):
    alice = logged_in(chat, "alice", tls=True, certificate_fingerprint=FINGERPRINT)
    alice.sends(f"NS CERT ADD {PASSWORD}")
    bob = chat.irc("bob", tls=True, certificate_fingerprint=FINGERPRINT)
    assert bob.asks("NS REGISTER *")[-1].endswith(":An account knows that certificate already")
    assert chat.network.accounts.get("bob") is None


def test_accounts_that_share_a_certificate_in_an_old_log_can_be_deleted(chat):
    # Until 2026-11-22 NickServ REGISTER let a second account have it.
    for name in ("ann", "bea"):
        account(chat, name)
        with chat.hub.lock:
            chat.hub.recorder.record_all_locked([CertificateAdded(name, FINGERPRINT)])
    with chat.hub.lock:
        chat.hub.recorder.record_all_locked([CertificateRemoved("ann", FINGERPRINT)])
    assert chat.network.accounts.with_certificate(FINGERPRINT).name == "bea"
    with chat.hub.lock:
        chat.hub.recorder.record_all_locked([CertificateAdded("ann", FINGERPRINT)])
        chat.hub.recorder.record_all_locked(
            [AccountDeleted("ann", "x"), AccountDeleted("bea", "x")]
        )
    chat.settle()
    assert chat.network.accounts.with_certificate(FINGERPRINT) is None


def test_no_certificate_logs_nobody_in(chat):
    client = connecting(chat)
    assert codes(client.asks("AUTHENTICATE EXTERNAL", "AUTHENTICATE +")) == ["AUTHENTICATE", "904"]


def test_a_certificate_for_somebody_else(chat):
    alice = logged_in(chat, "alice", tls=True, certificate_fingerprint=FINGERPRINT)
    alice.sends(f"NS CERT ADD {PASSWORD}")
    account(chat, "bob")
    other = connecting(chat, tls=True, certificate_fingerprint=FINGERPRINT)
    lines = other.asks("AUTHENTICATE EXTERNAL", f"AUTHENTICATE {encoded('bob')}")
    assert codes(lines) == ["AUTHENTICATE", "904"]
