"""NPC, NPCA and SCENE, in channels that are +E."""

import pytest
from harness import Chat

S = ":hubbub.local"


@pytest.fixture
def chat():
    chat = Chat()
    chat.alice = chat.irc("alice", join="#tea")
    chat.bob = chat.irc("bob", join="#tea")
    chat.alice.sends("MODE #tea +E")
    chat.forget()
    yield chat
    chat.check()


def test_everybody_sees_the_name_and_who_it_is_behind_it(chat):
    line = ":*bilbo*!alice@npc.invalid PRIVMSG #tea :too much bread"
    for words in ("bilbo too much bread", "bilbo :too much bread"):
        assert chat.alice.asks(f"NPC #tea {words}") == [line]  # clients do not echo it themselves
        assert chat.bob.sees() == [line]
    chat.alice.sends("NPCA #TEA bilbo eats", "SCENE #tea dark and stormy night")
    assert chat.bob.sees() == [
        ":*bilbo*!alice@npc.invalid PRIVMSG #tea :\x01ACTION eats\x01",
        ":=Scene=!alice@npc.invalid PRIVMSG #tea :dark and stormy night",
    ]


def test_a_client_that_hears_itself_is_told_once_and_history_has_the_name(chat):
    carol = chat.irc("carol", caps="echo-message batch draft/chathistory", join="#tea")
    line = ":*bilbo*!carol@npc.invalid PRIVMSG #tea :hm"
    assert carol.asks("NPC #tea bilbo hm") == [line]
    assert line in [each.split(" ", 1)[1] for each in carol.asks("CHATHISTORY LATEST #tea * 5")]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("NPC #milk bilbo hm", "403"),
        ("NPC bob bilbo hm", "573"),
        ("NPC #tea *x* hm", "573"),
        ("NPC #tea a!b hm", "573"),
        ("NPC #tea bilbo " + "x" * 490, "417"),
        ("SCENE #tea", "461"),
    ],
)
def test_refusals(chat, line, answer):
    assert chat.bob.asks(line)[0].split()[1] == answer
    assert chat.alice.sees_nothing()


def test_it_is_off_until_an_operator_of_the_channel_wants_it(chat):
    chat.alice.sends("MODE #tea -E")
    assert chat.alice.asks("NPC #tea bilbo hm") == [
        f"{S} 573 alice #tea :There is no roleplay there (+E)"
    ]


def test_who_may_not_speak_may_not_play(chat):
    chat.alice.sends("MODE #tea +m")
    assert chat.bob.asks("SCENE #tea hm")[0].split()[1] == "404"
