"""History for clients that use ZNC playback (znc.in/playback)."""

import pytest
from harness import START, Chat

CAPS = "batch server-time znc.in/playback"


@pytest.fixture
def chat():
    """#tea with five messages, one a second, and one to alice alone."""
    chat = Chat()
    chat.alice = chat.irc("alice", join="#tea", caps=CAPS)
    bob = chat.irc("bob", join="#tea")
    for number in range(1, 6):
        chat.now = START + number * 1000
        bob.sends(f"PRIVMSG #tea :{number}")
    bob.sends("PRIVMSG alice :psst")
    chat.irc("carol", join="#secret").sends("PRIVMSG #secret :hidden")
    chat.forget()
    return chat


def texts(lines):
    return [line.rpartition(":")[2] for line in lines if " PRIVMSG " in line]


def seconds(number: float) -> str:
    return str(START / 1000 + number)


def test_a_channel_comes_in_a_batch_of_its_own(chat):
    lines = chat.alice.asks(f"ZNC *playback PLAY #TEA {seconds(3)}")
    number = lines[0].split()[2].removeprefix("+")
    assert lines[0] == f":hubbub.local BATCH +{number} znc.in/playback #tea"
    assert lines[-1] == f":hubbub.local BATCH -{number}"
    assert texts(lines) == ["3", "4", "5"]


def test_all_of_it_and_between_two_times(chat):
    assert texts(chat.alice.asks("PRIVMSG *playback :play *")) == ["1", "2", "3", "4", "5", "psst"]
    assert texts(chat.alice.asks("ZNC *playback play * 0")) == ["1", "2", "3", "4", "5", "psst"]
    asked = f"PRIVMSG *playback :PLAY #tea,bob {seconds(1.5)} {seconds(4)}"
    assert texts(chat.alice.asks(asked)) == ["2", "3"]
    assert texts(chat.alice.asks(f"ZNC *playback PLAY bob {seconds(5)}")) == ["psst"]
    chat.check()


def test_the_newest_when_there_are_too_many():
    chat = Chat(limits__playback=2)
    alice = chat.irc("alice", join="#tea")
    alice.sends(*(f"PRIVMSG #tea :{number}" for number in range(5)))
    assert texts(alice.asks("ZNC *playback PLAY *")) == ["3", "4"]


def test_what_one_may_not_read_is_as_if_it_were_not_there(chat):
    assert chat.alice.asks("ZNC *playback PLAY #secret,#nowhere,nobody") == []


@pytest.mark.parametrize("words", ["", "PLAY", "PLAY * soon", "PLAY * nan", "STOP"])
def test_who_asks_otherwise_is_told_how(chat, words):
    answer = chat.alice.asks(f"ZNC *playback {words}")
    assert answer == [
        ":*playback!znc@hubbub.local NOTICE alice :Use it like this: PLAY <targets> [<from> [<to>]]"
    ]


def test_nothing_is_forgotten(chat):
    assert chat.alice.asks("ZNC *playback CLEAR *") == []
    assert len(texts(chat.alice.asks("ZNC *playback PLAY *"))) == 6
    assert "NOTICE alice :There is only *playback here" in chat.alice.asks("ZNC *status HELP")[0]
