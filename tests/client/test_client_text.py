"""Making text safe to show, and splitting long text."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.client.text import casefold_for, pieces, printable

anything = st.text() | st.binary().map(lambda data: data.decode("utf-8", "surrogateescape"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Hello, Bob! Grüße, 你好 👩‍💻", "Hello, Bob! Grüße, 你好 👩‍💻"),
        ("\x1b[2J", r"\x1b[2J"),
        ("a\rb\nc\x07\x7f", r"a\x0db\x0ac\x07\x7f"),
        ("\x9b2J\x85", r"\x9b2J\x85"),
        ("user\u202egnp.exe\u2066", r"user\u202egnp.exe\u2066"),
        ("a\tb", "a b"),
        ("line\u2028break\ufeff", r"line\u2028break\ufeff"),
        (b"\xff\xfe ok".decode("utf-8", "surrogateescape"), r"\xff\xfe ok"),
        ("\x02bold\x03", r"\x02bold\x03"),
    ],
)
def test_control_characters_are_shown_and_words_are_left_alone(text, shown):
    assert printable(text) == shown


BIDI_CONTROLS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@given(anything)
def test_nothing_printable_can_steer_a_terminal(text):
    for char in printable(text):
        assert unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
        assert unicodedata.bidirectional(char) not in BIDI_CONTROLS


@given(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.integers(4, 80)
)
def test_pieces_fit_and_nothing_is_lost_but_space(text, limit):
    parts = pieces(text, limit)
    assert all(0 < len(part.encode()) <= limit for part in parts)
    assert not any(char in part for part in parts for char in "\r\n")
    assert re.sub(r"\s", "", "".join(parts)) == re.sub(r"\s", "", text)


def test_what_cannot_be_sent_is_replaced():
    assert pieces("a\0b\udcffc", 80) == ["ab?c"]


def test_a_piece_ends_at_a_space_where_one_is_near():
    assert pieces("one two three four", 10) == ["one two", "three four"]
    assert pieces("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]
    assert pieces("ab\r\n\n\ncd", 10) == ["ab", "cd"]


def test_case_mappings():
    assert casefold_for("ascii")("ÄB[]") == "Äb[]"
    assert casefold_for("rfc1459")("A[]\\^") == "a{}|~"
    assert casefold_for("rfc1459-strict")("A[]\\^") == "a{}|^"
    assert casefold_for("precis")("STRASSE") == "strasse"
