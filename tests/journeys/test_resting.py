"""Channels without members keep their settings, even across a restart."""

from __future__ import annotations

import pytest
from harness import Chat, Client

from hubbub.dialects.irc.dialect import IrcDialect
from hubbub.log.memory import MemoryLog
from hubbub.model.applying.empty_channels import RESTING_MS

HISTORY = "batch draft/chathistory message-tags"


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog("log001")


def past(client: Client) -> list[str]:
    """What was said in #tea, as far as the client may read it."""
    lines = client.asks("CHATHISTORY LATEST #tea * 10")
    return [line.rpartition(":")[2] for line in lines if "PRIVMSG" in line]


def test_a_restart_brings_back_topic_modes_and_lists(log: MemoryLog) -> None:
    ann = Chat(log).irc("ann", join="#tea")
    ann.sends("TOPIC #tea :Earl Grey", "MODE #tea +mk milk", "MODE #tea +b mallory!*@*")
    ann.sends("PRIVMSG #tea :hello")

    chat = Chat(log)
    bob = chat.irc("bob", caps=HISTORY)
    assert " 475 " in bob.asks("JOIN #tea")[0]
    entered = bob.asks("JOIN #tea milk")
    assert any("332 bob #tea :Earl Grey" in line for line in entered)
    assert any("353 bob = #tea @bob" in line for line in entered)
    assert past(bob) == ["hello"]
    assert set(bob.asks("MODE #tea")[0].split()[4]) == set("+kmnt")
    assert " 367 bob #tea mallory!*@* " in bob.asks("MODE #tea +b")[0]
    assert " 475 " in chat.irc("carol").asks("JOIN #tea")[0]
    chat.check()


def test_what_rests_ends_after_thirty_days() -> None:
    chat = Chat()
    ann = chat.irc("ann", join="#tea")
    ann.sends("TOPIC #tea :Earl Grey", "PART #tea")
    chat.now += RESTING_MS - 1
    ann.sends("JOIN #a", "TOPIC #a :full", "PART #a")  # looked at when the next one is left
    assert any(" 322 ann #tea 0 :Earl Grey" in line for line in ann.asks("LIST"))
    chat.now += 1
    ann.sends("JOIN #b", "TOPIC #b :full", "PART #b")
    assert not any("#tea" in line for line in ann.asks("LIST"))
    chat.check()


def test_where_nothing_was_set_nothing_stays() -> None:
    chat = Chat()
    ann = chat.irc("ann", join="#tea")
    ann.sends("PRIVMSG #tea :hello", "PART #tea")
    assert not chat.network.channels
    bob = chat.irc("bob", caps=HISTORY, join="#tea")
    assert past(bob) == ["hello"]  # it was open to everybody


def test_only_so_many_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubbub.model.applying.empty_channels.MOST_RESTING", 3)
    chat = Chat()
    ann = chat.irc("ann")
    for name in ("#a", "#b", "#c", "#d"):
        ann.sends(f"JOIN {name}", f"TOPIC {name} :full", f"PART {name}")
    assert [*chat.network.channels] == ["#b", "#c", "#d"]


def test_an_invite_only_channel_of_guests_ends_and_takes_its_past_with_it(log: MemoryLog) -> None:
    Chat(log).irc("ann", join="#tea").sends("MODE #tea +i", "PRIVMSG #tea :between us")
    chat = Chat(log)
    assert past(chat.irc("ann", caps=HISTORY, join="#tea")) == []
    chat.check()


def test_a_link_leads_into_an_invite_only_channel_that_rests(log: MemoryLog) -> None:
    ann = Chat(log).irc("ann", join="#tea")
    ann.sends("MODE #tea +i", "PRIVMSG #tea :between us")
    (line,) = (line for line in ann.asks("INVITELINK ADD #tea") if " LINK " in line)
    link = next(word for word in line.split() if "/invite/" in word)

    chat = Chat(log)
    bob = chat.irc("bob", caps=HISTORY)
    assert " 473 " in bob.asks("JOIN #tea")[0]
    carol = chat.connects(IrcDialect())
    carol.sends(f"CAP REQ :{HISTORY}", f"PASS {link}", "NICK carol", "USER carol 0 * :x", "CAP END")
    assert past(carol) == ["between us"]
    chat.check()
