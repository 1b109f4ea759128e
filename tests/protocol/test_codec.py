"""The IRC codec: published test vectors, a second implementation, and arbitrary text."""

from __future__ import annotations

import irctokens
import parser_tests.data as vectors
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.model.masks import matches
from hubbub.protocol.codec import (
    NotAMessage,
    escape_tag,
    format,
    format_tags,
    parse,
    parse_tags,
    unescape_tag,
)
from hubbub.protocol.message import Message


@pytest.mark.parametrize("case", vectors.msg_split["tests"], ids=lambda case: case["input"][:40])
def test_the_public_vectors_of_splitting(case):
    atoms = case["atoms"]
    message = parse(case["input"])
    assert message.command == atoms["verb"].upper()
    assert list(message.params) == atoms.get("params", [])
    assert message.source == atoms.get("source")
    # A tag without a value and one with an empty value are the same (message-tags specification).
    assert (message.tags or {}) == {k: v or "" for k, v in atoms.get("tags", {}).items()}


@pytest.mark.parametrize("case", vectors.msg_join["tests"], ids=lambda case: case["desc"][:40])
def test_the_public_vectors_of_joining(case):
    atoms = case["atoms"]
    message = Message(
        atoms["verb"],
        tuple(atoms.get("params", ())),
        {key: value or "" for key, value in atoms.get("tags", {}).items()} or None,
        atoms.get("source"),
    )
    # Two spellings of one message are equal: the vectors put a colon before any last parameter.
    assert parse(format(message)) in [parse(line) for line in case["matches"]]


@pytest.mark.parametrize("case", vectors.mask_match["tests"], ids=lambda case: case["mask"])
def test_the_public_vectors_of_masks(case):
    for text in case["matches"]:
        assert matches(case["mask"], text)
    for text in case["fails"]:
        assert not matches(case["mask"], text)


WORD = st.text(st.characters(codec="utf-8", exclude_characters=" \r\n\0"), min_size=1, max_size=9)
MIDDLE = WORD.filter(lambda word: word[0] != ":")
LAST = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=20)
COMMAND = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=9)
TAG_KEY = st.text("abcdefghijklmnopqrstuvwxyz+-/.0123456789", min_size=1, max_size=9)
TAG_VALUE = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9)
MESSAGES = st.builds(
    lambda command, middle, last, tags, source: Message(
        command, (*middle, *last), tags or None, source
    ),
    COMMAND,
    st.lists(MIDDLE, max_size=4),
    st.lists(LAST, max_size=1),
    st.dictionaries(TAG_KEY, TAG_VALUE, max_size=3),
    st.none() | WORD,
)


@given(MESSAGES)
def test_what_is_written_is_read_again(message):
    assert parse(format(message)) == message


@given(MESSAGES)
def test_a_second_opinion_reads_the_same(message):
    line = irctokens.tokenise(format(message))
    assert line.command == message.command
    assert tuple(line.params) == message.params
    assert (line.tags or {}) == (message.tags or {})


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0")))
def test_any_line_is_a_message_or_none(line):
    try:
        message = parse(line)
    except NotAMessage:
        return
    assert message.command
    assert " " not in message.command
    assert all(" " not in word and word for word in message.params[:-1])


@given(TAG_VALUE)
def test_a_tag_value_survives_its_escapes_and_ends_nothing(value):
    escaped = escape_tag(value)
    assert not set(escaped) & set("; \r\n")
    assert unescape_tag(escaped) == value


@given(st.dictionaries(TAG_KEY, TAG_VALUE, max_size=5))
def test_tags_survive(tags):
    assert parse_tags(format_tags(tags.items())) == tags


def test_a_mask_made_to_explode_does_not():
    assert not matches("*a" * 40 + "b", "a" * 5000)
