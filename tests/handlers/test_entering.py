"""Registration: CAP, and the greeting."""

import pytest
from harness import Chat

from hubbub.config import TlsSettings
from hubbub.dialects.irc.dialect import IrcDialect

S = ":hubbub.local"


def enters(chat, *lines, **peer):
    client = chat.connects(IrcDialect(), **peer)
    client.sends(*lines)
    return client


def offers(client):
    words = " ".join(line.split(" :")[-1] for line in client.asks("CAP LS 302")).split()
    return dict(word.partition("=")[::2] for word in words)


def test_everybody_may_begin_with_user_modes():
    chat = Chat(user_modes="iw")
    client = enters(chat, "NICK alice", "USER alice 0 * :Alice")
    assert client.sees()[-1] == ":alice MODE alice +iw"
    assert chat.network.user("alice").modes == "iw"
    chat.check()


def test_sts_is_offered_with_both_parts_and_cannot_be_requested():
    chat = Chat(tls=TlsSettings(sts=True, sts_seconds=3600), port=6697)
    client = enters(chat)
    assert offers(client)["sts"] == "port=6697,duration=3600"
    assert client.asks("CAP REQ sts") == [f"{S} CAP * NAK sts"]
    assert "sts" not in enters(chat, "CAP LS").sees()[0]  # it is nothing without its value
    assert "sts" not in offers(enters(Chat()))


def test_sts_is_never_taken_back_by_name():
    chat = Chat(tls=TlsSettings(sts=True), port=6697)
    alice = chat.irc("alice", caps="cap-notify")
    chat.hub.reconfigure(Chat(tls=TlsSettings(sts=True, sts_seconds=0), port=6697).settings, ())
    chat.settle()
    assert alice.sees() == [f"{S} CAP alice NEW sts=port=6697,duration=0"]
    chat.hub.reconfigure(Chat(port=6697).settings, ())
    chat.settle()
    assert alice.sees_nothing()


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("CAP REQ :away-notify setname", "CAP * ACK :away-notify setname"),
        ("CAP REQ :away-notify nonsense", "CAP * NAK :away-notify nonsense"),
        ("CAP REQ -cap-notify", "CAP * NAK -cap-notify"),
        ("CAP FROB", "410 * FROB :Invalid CAP command"),
        ("CAP", "461 * CAP :Not enough parameters"),
        ("NICK", "431 * :No nickname given"),
        ("NICK 9", "432 * 9 :Erroneous nickname"),
        ("USER a 0 * :", "461 * USER :Not enough parameters"),
        ("USER : 0 * :x", "461 * USER :Not enough parameters"),
        ("JOIN #tea", "451 * :You have not registered"),
    ],
)
def test_answers_before_registration(asked, answer):
    client = enters(Chat(), "CAP LS 302")
    assert client.asks(asked) == [f"{S} {answer}"]


def test_capabilities_can_be_dropped():
    chat = Chat()
    alice = chat.irc("alice", caps="away-notify setname", join="#tea")
    bob = chat.irc("bob", join="#tea")
    chat.forget()
    assert alice.asks("CAP REQ -away-notify") == [f"{S} CAP alice ACK -away-notify"]
    bob.sends("AWAY :lunch", "SETNAME :Bob")
    assert alice.sees() == [":bob!~bob@127.0.0.1 SETNAME :Bob"]
    assert alice.asks("CAP LIST") == [f"{S} CAP alice LIST :cap-notify setname"]
    chat.check()


def test_nobody_enters_without_the_password_of_the_server():
    chat = Chat(password="sesame")
    wrong = enters(chat, "PASS open", "NICK alice", "USER alice 0 * :Alice")
    assert wrong.sees() == [
        f"{S} 464 alice :Password incorrect",
        "ERROR :Closing link: Password incorrect",
    ]
    assert wrong.closed
    right = enters(chat, "PASS sesame", "NICK alice", "USER alice 0 * :Alice")
    assert right.sees()[0].split()[1] == "001"
    assert right.asks("PASS again") == [f"{S} 462 alice :You may not reregister"]
    assert right.asks("USER a 0 * :b") == [f"{S} 462 alice :You may not reregister"]


def test_a_client_from_before_302_gets_one_whole_line_with_all_that_is_ratified():
    old = enters(Chat(), "CAP LS").sees()
    assert len(old) == 1
    assert len(old[0].encode()) + 2 <= 512
    names = old[0].partition(" LS :")[2].split()
    offered = offers(enters(Chat()))
    assert set(names) < set(offered)  # not one of them cut
    assert {name for name in offered if "/" not in name} <= set(names)


def test_nicks_and_accounts_may_have_to_be_ascii():
    chat = Chat(limits__ascii_nicks=True)
    client = enters(chat, "USER u 0 * :u", "NICK ali\u0107e")
    assert client.sees() == [f"{S} 432 * ali\u0107e :Erroneous nickname"]
    client.sends("NICK alice")
    assert client.asks("NS REGISTER pw", "NICK Al\u00ef")[-1].split()[1] == "432"
    assert enters(Chat(), "USER u 0 * :u", "NICK ali\u0107e").sees()[0].split()[1] == "001"


@pytest.mark.parametrize("word", ["\u00b2", "9" * 5000, "302x", ""])
def test_what_only_looks_like_a_number_is_none(word):
    chat = Chat(limits__line_length=8192)
    client = chat.connects(IrcDialect(8192))
    assert " CAP * LS :" in client.asks(f"CAP LS {word}")[0]
    zoe = chat.irc("zoe", join="#tea")
    assert "INTERNAL_ERROR" not in "".join(
        zoe.asks(f"INVITELINK DEL {word}", f"MODE #tea +l {word}", f"WHOWAS bob {word}")
    )
