r"""S41: two spellings of a name are the same everywhere, or different everywhere. If one part of a
server takes {}|^ for the capitals of []\~ and another does not, users can impersonate others."""

import pytest
from harness import Chat

SAME = [("Alice", "aLICE"), ("Ａlice", "alice"), ("Éva", "éVA"), ("straße", "STRASSE")]
OTHER = [("a[b", "a{b"), ("a]b", "a}b"), ("a\\b", "a|b"), ("a[]", "a{}")]  # no nick has a ~
PAIRS = [(*pair, True) for pair in SAME] + [(*pair, False) for pair in OTHER]


@pytest.mark.parametrize(("one", "other", "same"), PAIRS)
def test_two_spellings(one, other, same):
    chat = Chat(accounts__scram_iterations=0)
    first = chat.irc(one, join=f"#{one}")
    assert first.session.nick == one
    watcher = chat.irc("watcher", join="#watch")
    second = chat.irc(other)
    assert (second.session.user is None) == same  # nicks
    if same:
        second = chat.irc("second")
    second.sends(f"JOIN #{other}")  # channels
    assert (len(chat.network.channels) == 2) == same
    assert any(" 730 " in line for line in watcher.asks(f"MONITOR + {other}"))  # who is watched
    whois = watcher.asks(f"WHOIS {other}")[0]
    assert (f" 311 watcher {one} " in whois) == same
    found = [line for line in watcher.asks(f"WHO {other}*") if f" {one} " in line]
    assert bool(found) == same  # masks
    watcher.sends(f"MODE #watch +b {other}!*@*")  # bans
    assert any(" 474 " in line for line in first.asks("JOIN #watch")) == same
    said = first.asks(f"PRIVMSG {other} :hello") if same else [""]
    assert any("hello" in line for line in said) == same  # private messages
    first.sends("NS REGISTER correct-horse")
    third = chat.irc("third")
    taken = third.asks(f"REGISTER {other} * correct-horse")
    assert any("FAIL" in line for line in taken) == (same or second.session.nick == other)
    chat.check()
