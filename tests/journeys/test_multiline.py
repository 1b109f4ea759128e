"""Multiline messages: one message with one position, shown to each client in its own way."""

import pytest
from harness import Chat
from hypothesis import given
from hypothesis import strategies as st

from hubbub.events.msgid import msgid as msgid_of
from hubbub.protocol.multiline import lines_of, with_cuts

CAPS = "batch message-tags echo-message labeled-response draft/multiline draft/chathistory"


def talking(**settings):
    chat = Chat(**settings)
    alice = chat.irc("alice", join="#tea", caps=CAPS)
    bob = chat.irc("bob", join="#tea", caps=CAPS)
    old = chat.irc("old", join="#tea", caps="message-tags")
    person = chat.plain("Person", join="#tea")
    chat.forget()
    return chat, alice, bob, old, person


SENT = (
    "@label=x;+tag=1 BATCH +1 draft/multiline #tea",
    "@batch=1 PRIVMSG #tea :hello",
    "@batch=1 PRIVMSG #tea :",
    "@batch=1 PRIVMSG #tea :how is ",
    "@batch=1;draft/multiline-concat PRIVMSG #tea :everyone?",
)


def test_it_is_one_message_for_everybody():
    chat, alice, bob, old, person = talking()
    alice.sends(*SENT)
    assert alice.sees_nothing()
    assert bob.sees_nothing()
    alice.sends("BATCH -1")
    position = chat.network.position
    msgid = msgid_of(position, "log001")
    reference, alices = f"m{position:x}", ":alice!~alice@127.0.0.1"
    told = [
        f"@msgid={msgid};+tag=1 {alices} BATCH +{reference} draft/multiline #tea",
        f"@batch={reference} {alices} PRIVMSG #tea :hello",
        f"@batch={reference} {alices} PRIVMSG #tea :",
        f"@batch={reference} {alices} PRIVMSG #tea :how is ",
        f"@batch={reference};draft/multiline-concat {alices} PRIVMSG #tea :everyone?",
        f":hubbub.local BATCH -{reference}",
    ]
    assert bob.sees() == told
    assert alice.sees() == [told[0].replace("+tag=1", "+tag=1;label=x"), *told[1:]]
    assert old.sees() == [
        f"@msgid={msgid};+tag=1 {alices} PRIVMSG #tea :hello",
        f"@+tag=1 {alices} PRIVMSG #tea :how is ",
        f"@+tag=1 {alices} PRIVMSG #tea :everyone?",
    ]
    assert person.sees() == ["[#tea] alice: hello", "[#tea]   ", "[#tea]   how is everyone?"]
    chat.check()


def test_history_gives_it_as_it_was():
    _, alice, bob, *_ = talking()
    alice.sends(*SENT, "BATCH -1")
    live = [line.partition(" ")[2] for line in bob.sees()[1:-1]]
    played = [line.partition(" ")[2] for line in bob.asks("CHATHISTORY LATEST #tea * 9")[2:-2]]
    assert played == live


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (("@batch=2 PRIVMSG #tea :x",), "MULTILINE_INVALID"),
        (("PRIVMSG #tea :x",), "MULTILINE_INVALID"),
        (("@batch=1 PRIVMSG #pot :x",), "MULTILINE_INVALID_TARGET #tea #pot"),
        (("@batch=1 PRIVMSG #tea :x", "@batch=1 NOTICE #tea :y"), "MULTILINE_INVALID"),
        (("@batch=1;draft/multiline-concat PRIVMSG #tea :",), "MULTILINE_INVALID"),
        (("@batch=1 PRIVMSG #tea :", "BATCH -1"), "MULTILINE_INVALID"),
        (("@batch=1 PRIVMSG #tea :x",) * 4, "MULTILINE_MAX_LINES 3"),
        (("@batch=1 PRIVMSG #tea :" + "x" * 400,) * 3, "MULTILINE_MAX_BYTES 1024"),
        (("BATCH -2",), "MULTILINE_INVALID"),
        (("BATCH +2 draft/multiline #tea",), "MULTILINE_INVALID"),
    ],
)
def test_what_is_refused_and_nothing_of_it_is_sent(lines, code):
    _, alice, bob, *_ = talking(limits__multiline_lines=3, limits__multiline_bytes=1024)
    alice.sends("BATCH +1 draft/multiline #tea")
    told = alice.sends(*lines).sees()
    assert len(told) == 1
    assert f" FAIL BATCH {code} " in told[0]
    alice.sends("@batch=1 PRIVMSG #tea :more", "BATCH -1", "BATCH -1")
    assert bob.sees_nothing()


def test_it_may_be_longer_than_a_line_but_none_of_its_lines_may():
    _, alice, bob, *_ = talking()
    lines = [f"@batch=1 PRIVMSG #tea :{letter * 400}" for letter in "abcde"]
    alice.sends("BATCH +1 draft/multiline #tea", *lines, "BATCH -1")
    assert [line.rpartition(":")[2] for line in bob.sees()[1:-1]] == [c * 400 for c in "abcde"]
    alice.sees()
    alice.sends("BATCH +1 draft/multiline #tea", "@batch=1 PRIVMSG #tea :" + "x" * 480)
    assert " 417 " in alice.sees()[0]
    alice.sends("BATCH -1")
    assert bob.sees_nothing()


def test_kinds_that_clients_cannot_send():
    _, alice, *_ = talking()
    assert "UNKNOWN_TYPE 1 netjoin" in alice.asks("BATCH +1 netjoin")[0]
    assert "INVALID_REFTAG" in alice.asks("BATCH +b!d draft/multiline #tea")[0]


@given(st.lists(st.tuples(st.text("ab ", max_size=4), st.booleans()), min_size=1))
def test_lines_survive(lines):
    lines = [(text or "x" * concat, concat) for text, concat in lines]
    lines[0] = (lines[0][0], False)
    # A cut of nothing is none: an empty first line cannot be joined to.
    joined = [
        (text, concat and bool(before))
        for (before, _), (text, concat) in zip([("", False), *lines], lines, strict=False)
    ]
    text, cuts = with_cuts(joined)
    assert lines_of(text, cuts) == joined


@pytest.mark.parametrize(
    "lines",
    [
        ["@batch=b PRIVMSG #tea :one", "@batch=b NOTICE #tea :two"],
        ["@batch=b PRIVMSG #other :one"],
        ["@batch=b PRIVMSG #tea :one", "PRIVMSG #tea :between"],
        ["@batch=b PRIVMSG #tea :"],
        ["@batch=b PRIVMSG #tea :one", "BATCH +c draft/multiline #tea"],
        [],
    ],
)
def test_a_refused_batch_answers_its_label_once(lines):
    """IRCv3 labeled-response, whenever it is refused."""
    chat = Chat()
    alice = chat.irc(
        "alice", join="#tea", caps="labeled-response batch draft/multiline message-tags"
    )
    sent = ["@label=q BATCH +b draft/multiline #tea", *lines, "BATCH -b"]
    answers = [line for each in sent for line in alice.asks(each)]
    assert sum(line.startswith("@label=q ") for line in answers) == 1
    assert all(" FAIL BATCH " in line for line in answers)
    chat.check()
