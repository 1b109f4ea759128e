"""ACCEPT and user mode R."""

import pytest
from harness import Chat

from hubbub.handlers.people import accept

S = ":hubbub.local"


@pytest.fixture
def chat():
    return Chat()


def test_who_is_accepted_is_heard_until_that_is_taken_back(chat):
    alice, bob = chat.irc("alice"), chat.irc("bob")
    alice.sends("MODE alice +R", "ACCEPT bob")
    chat.forget()
    assert bob.asks("PRIVMSG alice :hi") == []
    assert alice.sees() == [":bob!~bob@127.0.0.1 PRIVMSG alice :hi"]
    assert alice.asks("ACCEPT *") == [f"{S} 281 alice bob", f"{S} 282 alice :End of /ACCEPT list"]
    assert alice.asks("ACCEPT -BOB") == []
    assert " 477 bob alice " in bob.asks("PRIVMSG alice :hi")[0]
    chat.check()


def test_who_is_written_to_may_answer(chat):
    alice, bob = chat.irc("alice"), chat.irc("bob")
    alice.sends("MODE alice +R", "PRIVMSG bob :a question")
    chat.forget()
    assert bob.asks("PRIVMSG alice :an answer") == []
    assert alice.sees() == [":bob!~bob@127.0.0.1 PRIVMSG alice :an answer"]


def test_the_list_does_not_grow_with_the_people_written_to(chat, monkeypatch):
    monkeypatch.setattr(accept, "MOST_WITH_RECIPIENTS", 2)
    alice = chat.irc("alice")
    alice.sends("MODE alice +R")
    for nick in ("bob", "cleo", "dora"):
        chat.irc(nick)
        alice.sends(f"PRIVMSG {nick} :a question")
    assert [line.split()[3] for line in alice.asks("ACCEPT *")[:-1]] == ["cleo", "dora"]


def test_refusals(chat):
    alice = chat.irc("alice")
    chat.irc("bob")
    assert alice.asks("ACCEPT nobody") == [f"{S} 401 alice nobody :No such nick/channel"]
    assert alice.asks("ACCEPT -bob") == [f"{S} 458 alice bob :is not on your accept list"]
    alice.sends("ACCEPT bob")
    assert alice.asks("ACCEPT bob") == [f"{S} 457 alice bob :is on your accept list already"]


def test_who_left_and_came_back_is_somebody_else(chat):
    alice, bob = chat.irc("alice"), chat.irc("bob")
    alice.sends("MODE alice +R", "ACCEPT bob")
    bob.sends("QUIT")
    again = chat.irc("bob")
    assert " 477 " in again.asks("PRIVMSG alice :hi")[0]
