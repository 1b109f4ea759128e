"""WEBIRC."""

import pytest
from harness import Chat

from hubbub.config import WebIrcSettings
from hubbub.dialects.irc.dialect import IrcDialect

GATEWAY = {"kiwi": WebIrcSettings("hunter2", ("192.0.2.0/24",))}


@pytest.fixture
def chat():
    return Chat(webirc=GATEWAY, hide_addresses=False, invite_only="off")


def enters(chat, host, webirc, **peer):
    client = chat.connects(IrcDialect(), host, **peer)
    client.sends(webirc, "NICK alice", "USER alice 0 * :Alice")
    return client


def test_a_gateway_says_for_whom_it_connects(chat):
    enters(chat, "192.0.2.9", "WEBIRC hunter2 kiwi host.example 203.0.113.7")
    user = chat.network.user("alice")
    assert (user.host, user.address, user.secure) == ("203.0.113.7", "203.0.113.7:0", False)
    chat.check()


def test_what_it_says_of_tls_counts_if_it_speaks_tls_itself(chat):
    options = ":secure=x local-port=6697 remote-port=2172 certfp-sha-256=ABCDEF"
    said = f"WEBIRC hunter2 kiwi h 203.0.113.7 {options}"
    client = enters(chat, "192.0.2.9", said, tls=True)
    user = chat.network.user("alice")
    assert (user.address, user.secure) == ("203.0.113.7:2172", True)
    assert client.session.peer.certificate_fingerprint == "abcdef"
    client.sends("QUIT")
    client = enters(chat, "192.0.2.9", said)
    assert not chat.network.user("alice").secure
    assert client.session.peer.certificate_fingerprint is None


@pytest.mark.parametrize(
    ("host", "said", "why"),
    [
        ("192.0.2.9", "WEBIRC wrong kiwi h 203.0.113.7", "Invalid WebIRC password"),
        ("198.51.100.1", "WEBIRC hunter2 kiwi h 203.0.113.7", "Invalid WebIRC password"),
        ("192.0.2.9", "WEBIRC hunter2 kiwi h nonsense", "Invalid WebIRC address"),
    ],
)
def test_others_are_turned_away(chat, host, said, why):
    client = enters(chat, host, said)
    assert client.sees() == [f"ERROR :Closing link: {why}"]
    assert client.closed
    assert chat.network.users == {}


def test_it_is_the_first_command_of_all(chat):
    client = chat.connects(IrcDialect(), "192.0.2.9")
    said = "WEBIRC hunter2 kiwi h 203.0.113.7"
    assert client.asks("NICK alice", said) == [":hubbub.local 462 alice :You may not reregister"]
    assert chat.irc("bob", host="192.0.2.9").asks(said)[0].split()[1] == "462"


def test_an_ipv6_address_may_begin_with_a_zero(chat):
    enters(chat, "192.0.2.9", "WEBIRC hunter2 kiwi h 0::1234")
    assert chat.network.user("alice").host == "::1234"
