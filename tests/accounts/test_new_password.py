"""A new password ends every other way in."""

import pytest
from harness import Chat
from people import PASSWORD, account, cheap_chat, connecting, logged_in, plain
from test_registering import said

MARK, OTHER = "ab" * 32, "cd" * 32
NEW = "another-horse"
CHANGED = "Password changed; other connections of your account are closed"


@pytest.fixture
def chat():
    chat = cheap_chat()
    account(chat, "alice")
    yield chat
    chat.check()


def certificates(chat: Chat) -> list[str]:
    return list(chat.network.accounts.get("alice").certificates)


def test_other_connections_end_with_the_password(chat):
    alice = logged_in(chat, "alice")
    same, elsewhere = logged_in(chat, "alice"), logged_in(chat, "alice", nick="thief")
    entering = connecting(chat)
    entering.sends("CAP LS 302", "NICK alice", "USER a 0 * :a", "AUTHENTICATE PLAIN",
                   f"AUTHENTICATE {plain('alice')}")  # fmt: skip
    chat.forget()
    assert said(alice.asks(f"NS PASSWD {PASSWORD} {NEW}")) == [CHANGED]
    assert all(client.closed for client in (same, elsewhere, entering))
    assert not alice.closed
    assert [user.nick for user in chat.network.users.values()] == ["alice"]


def test_a_person_who_is_always_on_stays_without_the_thief(chat):
    logged_in(chat, "alice").sends("NS SET always-on on", "JOIN #tea")
    thief = logged_in(chat, "alice")
    alice = logged_in(chat, "alice")
    alice.sends(f"NS PASSWD {PASSWORD} {NEW}")
    assert thief.closed
    assert chat.network.user("alice").channels == {"#tea"}


def test_certificates_are_removed_and_named_unless_one_keeps_them(chat):
    alice = logged_in(chat, "alice")
    alice.sends(f"NS CERT ADD {MARK} {PASSWORD}", f"NS CERT ADD {OTHER} {PASSWORD}")
    assert said(alice.asks(f"NS PASSWD {PASSWORD} {NEW} KEEP")) == [CHANGED]
    assert certificates(chat) == [MARK, OTHER]
    assert said(alice.asks(f"NS PASSWD {NEW} {PASSWORD}")) == [
        CHANGED,
        f"The certificate {MARK} no longer logs in",
        f"The certificate {OTHER} no longer logs in",
    ]
    assert certificates(chat) == []


def test_the_certificate_that_one_shows_stays(chat):
    alice = logged_in(chat, "alice", certificate_fingerprint=MARK, tls=True)
    alice.sends(f"NS CERT ADD {PASSWORD}", f"NS CERT ADD {OTHER} {PASSWORD}")
    alice.sends(f"NS PASSWD {PASSWORD} {NEW}")
    assert certificates(chat) == [MARK]
