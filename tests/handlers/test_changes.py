"""Limits on frequent changes: nicks, AWAY, real names, and returns to channels."""

from __future__ import annotations

import pytest
from harness import Chat

TOO_OFTEN = "That often is too often: wait some seconds and try again"


@pytest.fixture
def chat() -> Chat:
    return Chat(limits__change_burst=3)


def test_a_nick_can_be_changed_a_few_times_in_a_minute(chat: Chat) -> None:
    alice = chat.irc("alice")
    alice.sends("NICK a", "NICK b", "NICK c")
    assert alice.asks("NICK d") == [f":hubbub.local 263 c NICK :{TOO_OFTEN}"]
    chat.now += 20_000  # a third of a minute gives one of three back
    assert "NICK" in alice.asks("NICK d")[0]
    assert " 263 d NICK " in alice.asks("NICK e")[0]
    chat.check()


def test_away_and_the_real_name_are_paid_from_the_same(chat: Chat) -> None:
    alice = chat.irc("alice", caps="setname")
    assert " 306 " in alice.asks("AWAY :tea")[0]
    assert " 305 " in alice.asks("AWAY")[0]
    assert "SETNAME" in alice.asks("SETNAME :Alice")[0]
    assert " 263 alice AWAY " in alice.asks("AWAY :again")[0]
    assert " 263 alice SETNAME " in alice.asks("SETNAME :Again")[0]
    assert " 305 " in alice.asks("AWAY")[0]  # changes nothing, costs nothing


def test_who_goes_in_and_out_can_always_leave_and_waits_to_come_back(chat: Chat) -> None:
    alice, bob = chat.irc("alice", join="#tea"), chat.irc("bob", join="#tea")
    for _ in range(2):
        alice.sends("PART #tea", "JOIN #tea")
    bob.sees()
    assert alice.asks("PART #tea") == [":alice!~alice@127.0.0.1 PART #tea"]
    assert alice.asks("JOIN #tea") == [f":hubbub.local 263 alice JOIN :{TOO_OFTEN}"]
    assert len(bob.sees()) == 1
    chat.now += 20_000
    assert "JOIN" in alice.asks("JOIN #tea")[0]


def test_many_channels_can_be_entered_at_once(chat: Chat) -> None:
    alice = chat.irc("alice")
    names = [f"#c{number}" for number in range(20)]
    alice.sends("JOIN " + ",".join(names))
    assert len(alice.session.user.channels) == 20


def test_people_with_netcat_are_told_in_a_sentence(chat: Chat) -> None:
    bob = chat.plain("Bob")
    bob.sends("/nick B1", "/nick B2", "/nick B3")
    assert bob.asks("/nick B4") == [f"* {TOO_OFTEN}"]


def test_nought_is_no_limit() -> None:
    alice = Chat(limits__change_burst=0).irc("alice")
    for number in range(50):
        alice.sends(f"NICK a{number}")
    assert alice.session.nick == "a49"
