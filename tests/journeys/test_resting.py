"""Channels without members keep their settings, even across a restart."""

from __future__ import annotations

import pytest
from harness import Chat, Client

from hubbub.dialects.irc.dialect import IrcDialect
from hubbub.events.kinds import ServerStarted
from hubbub.handlers.channels import membership
from hubbub.log.memory import MemoryLog
from hubbub.model import resting
from hubbub.model.applying.empty_channels import GRACE_MS
from hubbub.model.resting import RESTING_MS
from hubbub.protocol.modes import CLOSED

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


def rests(client: Client, *names: str) -> None:
    """Leave channels without members behind."""
    for name in names:
        client.sends(f"JOIN {name}", f"TOPIC {name} :full", f"PART {name}")


def test_only_so_many_of_one_maker_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resting, "MOST_OF_ONE", 3)
    chat = Chat()
    rests(chat.irc("ann", host="198.51.100.1"), "#team")
    for number in range(5):  # a new guest each time, of one address
        mallory = chat.irc("mallory", host="203.0.113.9")
        rests(mallory, f"#z{number}")
        mallory.sends("QUIT")
    assert [*chat.network.channels] == ["#team", "#z2", "#z3", "#z4"]
    chat.check()


def test_of_all_that_rest_one_of_the_largest_maker_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resting, "MOST", 3)
    chat = Chat()
    rests(chat.irc("ann", host="198.51.100.1"), "#team")
    rests(chat.irc("mallory", host="203.0.113.9"), "#x", "#y", "#z")
    rests(chat.irc("bob", host="198.51.100.2"), "#new")
    assert [*chat.network.channels] == ["#team", "#z", "#new"]
    chat.check()


LOCKS = ["+k x", "+b *!*@*", "+R", "+z", "+iI nobody!*@*", "+s", "+l 1", "+if #elsewhere"]


@pytest.mark.parametrize("modes", LOCKS)
def test_a_lock_does_not_outlast_the_people_in_the_room(log: MemoryLog, modes: str) -> None:
    chat = Chat(log)
    mallory = chat.irc("mallory", caps=HISTORY, join="#elsewhere,#tea")
    mallory.sends("TOPIC #tea :mine", f"MODE #tea {modes}", "PRIVMSG #tea :hush", "QUIT")
    for server in (chat, None):
        server = server or Chat(log)
        bob = server.irc("bob", caps=HISTORY)
        assert ":bob!~bob@127.0.0.1 JOIN #tea" in bob.asks("JOIN #tea")[0]
        closed = not CLOSED.isdisjoint(modes)
        assert past(bob) == ([] if closed else ["hush"])
        server.check()


@pytest.mark.parametrize("command", ["MODE #tea +k x", "MODE #tea +H 1", "RENAME #tea #mine"])
def test_a_newcomer_takes_the_past_from_nobody(command: str) -> None:
    chat = Chat()
    ann = chat.irc("ann", join="#tea")
    ann.sends("TOPIC #tea :Earl Grey", "PRIVMSG #tea :hello", "PART #tea")
    mallory = chat.irc("mallory", join="#tea")
    (refusal,) = mallory.asks(command)
    assert "CHANNEL_HAS_A_PAST #tea" in refusal
    mallory.sends("PART #tea")
    bob = chat.irc("bob", caps=HISTORY)
    assert any(" 332 bob #tea :Earl Grey" in line for line in bob.asks("JOIN #tea"))
    assert past(bob) == ["hello"]
    chat.check()


def test_the_refusal_tells_the_way_out() -> None:
    chat = Chat()
    chat.irc("ann", join="#tea").sends("PRIVMSG #tea :hello", "PART #tea")
    bob = chat.irc("bob", join="#tea")
    way = "If the channel is to be yours, log in to an account, then say /msg ChanServ REGISTER"
    assert f"{way} #tea; or use another name" in bob.asks("MODE #tea +k x")[0]
    bob.sends("NS REGISTER correct-horse")
    order = bob.asks("MODE #tea +k x")[0].partition(" say /msg ")[2].partition(";")[0]
    bob.sends(f"PRIVMSG {order.replace(' ', ' :', 1)}")
    assert bob.asks("MODE #tea +k x") == [":bob!~bob@127.0.0.1 MODE #tea +k x"]


def test_with_netcat_the_refusal_names_the_slash_command() -> None:
    chat = Chat()
    chat.irc("ann", join="#tea").sends("PRIVMSG #tea :hello", "PART #tea")
    cleo = chat.plain("cleo", join="#tea")
    (refusal,) = cleo.asks("/mode #tea +k x")
    assert "log in to an account, then say /register #tea; or" in refusal
    cleo.sends("/register correct-horse", "/register #tea")
    assert "+k x" in cleo.asks("/mode #tea +k x")[0]


def test_who_made_all_of_the_past_may_close_it() -> None:
    chat = Chat()
    ann = chat.irc("ann", join="#tea")
    ann.sends("PRIVMSG #tea :hello")
    assert ann.asks("MODE #tea +k x") == [":ann!~ann@127.0.0.1 MODE #tea +k x"]


def test_an_account_that_registers_a_channel_may_close_it() -> None:
    chat = Chat()
    chat.irc("bob", join="#tea").sends("PRIVMSG #tea :hello", "PART #tea")
    ann = chat.irc("ann", join="#tea")
    ann.sends("PRIVMSG NickServ :REGISTER correct-horse", "PRIVMSG ChanServ :REGISTER #tea")
    ann.sends("MODE #tea +k x", "PART #tea")
    assert " 475 " in chat.irc("carol").asks("JOIN #tea")[0]
    chat.check()


def test_after_a_start_locks_hold_for_ten_minutes(log: MemoryLog) -> None:
    ann = Chat(log).irc("ann", join="#key,#ban")
    ann.sends("MODE #key +k x", "PRIVMSG #key :hush", "MODE #ban +b bob", "TOPIC #ban :Earl Grey")
    chat = Chat(log)
    bob = chat.irc("bob", caps=HISTORY)
    refused = [bob.asks(f"JOIN {name}")[0].split()[1] for name in ("#key", "#ban")]
    assert refused == ["475", "474"]
    chat.now += GRACE_MS + 1000
    assert any(" 332 bob #ban :Earl Grey" in line for line in bob.asks("JOIN #ban"))
    assert any(" 353 bob = #key @bob" in line for line in bob.asks("JOIN #key"))
    assert not any("hush" in line for line in bob.asks("CHATHISTORY LATEST #key * 10"))
    chat.check()


def old_log(log: MemoryLog) -> None:
    """What a version wrote whose locks lasted as long as the channel rested."""
    chat = Chat(log)
    with chat.hub.lock:
        chat.hub.recorder.record_locked(ServerStarted("0.1.0"), None)
    chat.settle()
    ann, bob = chat.irc("ann", join="#tea"), chat.irc("bob")
    ann.sends("MODE #tea +k milk", "PRIVMSG #tea :hush", "PART #tea")
    assert " 475 " in bob.asks("JOIN #tea")[0]
    ann.sends("JOIN #tea milk", "MODE #tea +b bob", "PART #tea")
    chat.makes_operator(bob)
    bob.sends("SAMODE #tea +m")  # an event about the resting channel
    chat.check()


def test_locks_of_an_old_log_end_after_the_first_start(log: MemoryLog) -> None:
    old_log(log)
    chat = Chat(log)
    carol = chat.irc("carol", caps=HISTORY)
    assert " 475 " in carol.asks("JOIN #tea")[0]
    entered = chat.irc("ann", caps=HISTORY)
    entered.sends("JOIN #tea milk")
    assert past(entered) == ["hush"]
    entered.sends("PART #tea")
    assert " JOIN #tea" in carol.asks("JOIN #tea")[0]
    assert past(carol) == []
    chat.check()


def test_the_names_of_closed_channels_that_ended_are_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(membership, "MOST_CLOSED", 2)
    chat = Chat()
    ann = chat.irc("ann")
    for name in ("#a", "#b", "#c", "#d", "#e"):
        ann.sends(f"JOIN {name}", f"MODE {name} +k x", f"PRIVMSG {name} :hush", f"PART {name}")
        assert len(chat.network.closed) <= 3
    for name in ("#a", "#e"):
        bob = chat.irc("bob", caps=HISTORY, join=name)
        assert not any("hush" in line for line in bob.asks(f"CHATHISTORY LATEST {name} * 10"))
        bob.sends("QUIT")
    chat.check()


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
