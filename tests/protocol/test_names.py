"""Valid nicks and channel names, and their folding."""

import sys
import unicodedata

import pytest

from hubbub.protocol.names import conversation, fold, is_channel, valid_channel, valid_nick

#: One of each kind: combining grapheme joiner, fillers of Hangul, Khmer vowels, Mongolian and
#: other variation selectors, the blank of Braille, tags, the filler of Khitan.
INVISIBLE = (
    "\u034f\u115f\u1160\u3164\uffa0\u17b4\u17b5\u180b\u180f\u2800\ufe00\ufe0f"
    "\U000e0020\U000e0100\U00016fe4"
)


@pytest.mark.parametrize(
    "nick",
    ["alice", "a", "[alice]", "al|ce", "`x^{}", "José", "Ελένη", "иван", "日本", "שרה", "مريم",
     "Nguyễn", "x" * 32, "_9", "a-b"],
)  # fmt: skip
def test_these_are_nicks(nick):
    assert valid_nick(nick, 32)


@pytest.mark.parametrize(
    ("nick", "why"),
    [
        ("", "empty"),
        ("9lives", "begins with a digit"),
        ("-x", "begins with a dash"),
        ("x" * 33, "too long"),
        ("é" * 17, "too many bytes"),
        ("a b", "a space"),
        ("a,b", "separates targets"),
        ("a!b", "part of a mask"),
        ("a@b", "part of a mask"),
        ("a*", "a wildcard"),
        ("a?", "a wildcard"),
        ("a.b", "a server has dots"),
        ("a:b", "an extended ban has a colon"),
        ("#a", "a channel"),
        ("@a", "a prefix"),
        ("~a", "a prefix"),
        ("a\u200db", "invisible"),
        ("a\u202eb", "turns text around"),
        ("a\u00a0b", "a space that looks like one"),
        ("a\x7f", "a control character"),
        ("a\x02", "a control character"),
        ("\ue000", "private use"),
        ("\u0301a", "a mark at the beginning"),
        ("a" + "\u0301\u0302\u0303\u0304", "too many marks"),
        ("aב", "left-to-right and right-to-left"),
        ("1ב", "right-to-left, but does not begin so"),
        ("x;account=alice", "separates tags"),
        ("a=b", "separates a tag from its value"),
        *((f"a{c}b", "is drawn as nothing") for c in INVISIBLE),
        *((c, "is drawn as nothing") for c in INVISIBLE),
    ],
)
def test_these_are_not(nick, why):
    assert not valid_nick(nick, 32), why


@pytest.mark.parametrize("invisible", INVISIBLE)
def test_no_channel_is_called_what_nobody_can_see(invisible):
    assert not valid_channel(f"#{invisible}", 64)
    assert not valid_channel(f"#te{invisible}a", 64)


@pytest.mark.parametrize("name", ["#a", "##", "#tea.pot", "#日本", "#a!b", "#" + "x" * 63])
def test_these_are_channels(name):
    assert is_channel(name)
    assert valid_channel(name, 64)


@pytest.mark.parametrize(
    "name",
    ["", "#", "tea", "#a b", "#a,b", "#a:b", "#a\x07", "#a*", "#a\x02", "#" + "x" * 64, "#a\u200b"],
)
def test_these_are_none(name):
    assert not valid_channel(name, 64)


def test_folding_twice_is_folding_once_for_every_code_point():
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if unicodedata.category(character) not in ("Cn", "Cs", "Co"):
            once = fold.__wrapped__(character)
            assert fold.__wrapped__(once) == once, hex(code)


@pytest.mark.parametrize(
    ("one", "other"), [("Alice", "ALICE"), ("ÉCOLE", "école"), ("Ａlice", "alice"), ("ß", "SS")]
)
def test_these_are_the_same(one, other):
    assert fold(one) == fold(other)


def test_ascii_punctuation_is_not_folded():
    assert fold("[]\\^") != fold("{}|~")  # CASEMAPPING=ascii


def test_two_people_have_one_conversation_whoever_speaks():
    assert conversation("Alice", "bob") == conversation("BOB", "alice") == "alice bob"
    assert conversation("#Tea") == "#tea"
