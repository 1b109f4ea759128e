"""Names that look alike."""

import sys
import unicodedata

import pytest
from harness import Chat

from hubbub.model.confusables import skeleton


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("evan", "еvan"),  # Cyrillic ie
        ("evan", "ＥＶＡＮ"),  # full width
        ("paypal", "раураl"),
        ("Bill", "BiIl"),
        ("bill", "bi1l"),
        ("zoe", "z0e"),
        ("hello", "Ηello"),  # Greek capital eta
        ("𝓮𝓿𝓪𝓷", "evan"),
        ("ⓔvan", "evan"),
    ],
)
def test_these_look_alike(one, other):
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(
    ("one", "other"), [("jose", "josé"), ("anna", "hanna"), ("user2", "user3"), ("иван", "ивон")]
)
def test_these_do_not(one, other):
    assert skeleton(one) != skeleton(other)


def test_a_skeleton_is_its_own_skeleton_for_every_code_point():
    compute = skeleton.__wrapped__
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if unicodedata.category(character) not in ("Cn", "Cs", "Co"):
            once = compute(character)
            assert compute(once) == once, hex(code)


def test_nobody_takes_a_nick_that_looks_like_another_s():
    chat = Chat()
    evan = chat.irc("evan")
    other = chat.irc("other")
    assert other.asks("NICK еvan")[0].split()[1] == "433"
    assert evan.asks("NICK еvan") == [":evan!~evan@127.0.0.1 NICK еvan"]
    assert other.asks("NICK Evan")[0].split()[1] == "433"
    evan.sends("QUIT")
    assert other.asks("NICK evan")[0].split()[1] == "NICK"
    chat.check()
