"""Arbitrary input causes no bug in a handler, no broken state, and does not affect others."""

from __future__ import annotations

import os

import pytest
from crowd import Crowd
from harness import Chat
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.dialects.irc.dialect import IrcDialect
from hubbub.dialects.plain.dialect import PlainDialect
from hubbub.handlers.command_table import load

EXAMPLES = int(os.environ.get("HUBBUB_EXAMPLES", "30"))

COMMANDS = sorted(load())
WORDS = st.one_of(
    st.sampled_from(
        ["#tea", "#nowhere", "@#tea", "alice", "bob", "nobody", "*", "", ":", "+", "-", "0", "-1",
         "+o", "+b", "-k", "+beIklov", "a:b", "m:m:m:", "*!*@*", "a,b,c", ",,,", "%tna,1", "%",
         "10.0.0.0/8", "99999999999999999999", "LS", "302", "S", "LATEST", "ADD", "REGISTER",
         "PLAIN", "timestamp=x", "msgid=y", "é" * 40, "\x01VERSION\x01", "\x1b[2J", "\u202e"]
    ),
    st.text(max_size=12),
)  # fmt: skip
TAGS = st.sampled_from(
    ["", "", "", "@label=x ", "@+typing=active ", "@batch=1 ", "@=;;= ", "@a\\ ", "@+ "]
)


def line(parts):
    tags, command, words, last = parts
    middle = [word for word in words if word and " " not in word and word[0] != ":"]
    text = " ".join([command, *middle])
    return f"{tags}{text} :{last}" if last is not None else f"{tags}{text}"


LINES = st.tuples(
    TAGS,
    st.one_of(st.sampled_from(COMMANDS), st.text("ABC12", min_size=1, max_size=5)),
    st.lists(WORDS, max_size=5),
    st.none() | WORDS,
).map(line)


def assert_sound(chat: Chat, bystander) -> None:
    for client in chat.clients:
        assert b"INTERNAL_ERROR" not in client.received, bytes(client.received)
    assert not bystander.closed
    assert bystander.asks("PING still")[-1] == ":hubbub.local PONG hubbub.local still"
    chat.check()


@settings(max_examples=EXAMPLES)
@given(st.lists(LINES, min_size=1, max_size=25), st.booleans(), st.booleans())
def test_any_commands_from_anybody(lines, registered, operator):
    chat = Chat()
    bystander = chat.irc("bob", join="#tea")
    caps = "labeled-response batch message-tags draft/multiline"
    client = chat.irc("alice", caps=caps) if registered else chat.connects(IrcDialect())
    if registered and operator:
        chat.makes_operator(client, "helper", "channels", "accounts")  # cannot kill the bystander
    for each in lines:
        client.sends_bytes(each.replace("\n", " ").encode(errors="ignore") + b"\r\n")
        assert b"INTERNAL_ERROR" not in client.received, each
    assert_sound(chat, bystander)


@settings(max_examples=EXAMPLES)
@given(st.lists(st.binary(max_size=200), max_size=10), st.sampled_from([IrcDialect, PlainDialect]))
def test_any_bytes_from_anybody(packets, dialect):
    chat = Chat()
    bystander = chat.irc("bob", join="#lobby")
    client = chat.connects(dialect())
    for packet in packets:
        client.sends_bytes(packet)
    assert_sound(chat, bystander)


@pytest.mark.parametrize("seed", range(4))
def test_ten_people_doing_anything_never_break_the_state(seed):
    chat = Chat()
    crowd = Crowd(chat, seed=100 + seed, most=10)
    for _ in range(5):
        crowd.act(100)
        chat.check()
