"""Device tokens: what a browser stores instead of the password."""

import pytest
from people import PASSWORD, account, cheap_chat, codes, connecting, logged_in, plain, restart
from test_registering import said

from hubbub.handlers.accounts import devices

GENERATE = "TOKEN GENERATE HUBBUB/DEVICE"


@pytest.fixture
def chat():
    chat = cheap_chat()
    account(chat, "alice")
    yield chat
    chat.check()


def token_of(client) -> str:
    (line,) = client.asks(GENERATE)
    assert line.startswith(f":hubbub.local {GENERATE} hubbub-device."), line
    return line.rpartition(" ")[2]


def logs_in(chat, token: str) -> bool:
    lines = connecting(chat).asks("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice', token)}")
    return "903" in codes(lines)


def test_a_token_logs_in_like_the_password_and_is_stored_as_a_hash(chat):
    token = token_of(logged_in(chat, "alice"))
    assert logs_in(chat, token)
    assert not logs_in(chat, token + "x")
    assert token not in str(chat.log.entries)
    assert logs_in(restart(chat), token)


def test_a_token_does_not_open_what_asks_for_the_password(chat):
    token = token_of(logged_in(chat, "alice"))
    client = logged_in(chat, "alice", password=token)
    for order in (
        f"DROP {token}",
        f"PASSWD {token} another-horse",
        f"CERT ADD {'ab' * 32} {token}",
    ):
        assert said(client.asks(f"NS {order}")) == ["Wrong name or password"]
    assert " REAUTHENTICATE " in client.asks(GENERATE)[0]


def test_an_open_connection_gets_no_token(chat):
    alice = logged_in(chat, "alice")
    chat.now += 61_000
    assert " REAUTHENTICATE " in alice.asks(GENERATE)[0]
    fresh = logged_in(chat, "alice")
    token_of(fresh)
    assert " REAUTHENTICATE " in fresh.asks(GENERATE)[0]  # one token for one password
    assert " ACCOUNT_REQUIRED " in chat.irc("bob").asks(GENERATE)[0]


def test_whoever_registers_gets_a_token(chat):
    bob = chat.irc("bob")
    bob.sends(f"REGISTER * * {PASSWORD}")
    token_of(bob)


def test_tokens_are_listed_and_end(chat):
    alice = logged_in(chat, "alice")
    token = token_of(alice)
    first, last = said(alice.asks("NS DEVICES"))
    assert last == "1 device(s)"
    assert said(alice.asks("NS DEVICES DEL 999")) == [
        "That is not the number of one of your devices"
    ]
    alice.sends(f"NS DEVICES DEL {first.partition(':')[0]}")
    assert not logs_in(chat, token)


def test_a_device_has_a_name_and_the_time_of_its_last_login(chat):
    alice = logged_in(chat, "alice")
    token = alice.asks(f"{GENERATE} :Firefox, Linux")[0].rpartition(" ")[2]
    assert (
        "Firefox, Linux from 127.0.0.1, last used 2023-11-14" in said(alice.asks("NS DEVICES"))[0]
    )
    assert said(alice.asks("NS DEVICES"))[0].endswith(", this one")
    chat.now += 3 * 86_400_000
    browser = logged_in(chat, "alice", password=token, host="192.0.2.7")
    line = said(alice.asks("NS DEVICES"))[0]
    assert "Firefox, Linux from 192.0.2.7, last used 2023-11-17" in line
    assert said(browser.asks("NS DEVICES"))[0].endswith(", this one")


@pytest.mark.parametrize("late", [False, True])
def test_the_connections_of_a_device_that_is_logged_out_end(chat, late):
    phone, desk = (token_of(logged_in(chat, "alice")) for _ in range(2))
    browser = chat.irc("other") if late else logged_in(chat, "alice", password=phone)
    if late:
        browser.sends("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice', phone)}")
    own = logged_in(chat, "alice", password=desk)
    assert said(own.asks("NS DEVICES DEL OTHERS")) == ["1 device(s) need the password now"]
    assert browser.closed
    assert not own.closed
    assert not logs_in(chat, phone)
    assert logs_in(chat, desk)


def test_a_device_revokes_its_own_token(chat):
    token = token_of(logged_in(chat, "alice"))
    alice = logged_in(chat, "alice", password=token)
    account(chat, "bob")
    stranger = logged_in(chat, "bob")
    assert " INVALID_TOKEN " in stranger.asks(f"TOKEN REVOKE HUBBUB/DEVICE {token}")[0]
    assert codes(alice.asks(f"TOKEN REVOKE HUBBUB/DEVICE {token}")) == ["TOKEN"]
    assert not logs_in(chat, token)


def test_a_new_password_ends_tokens(chat):
    alice = logged_in(chat, "alice")
    token = token_of(alice)
    alice.sends(f"NS PASSWD {PASSWORD} another-horse KEEP")
    assert not logs_in(chat, token)


def test_the_oldest_token_makes_room(chat):
    tokens = [token_of(logged_in(chat, "alice")) for _ in range(devices.MOST + 1)]
    assert not logs_in(chat, tokens[0])
    assert logs_in(chat, tokens[1])
    assert len(chat.network.accounts.get("alice").devices) == devices.MOST
