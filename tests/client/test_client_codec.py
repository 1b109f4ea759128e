"""Bytes to lines to messages and back, for any bytes in any pieces."""

import irctokens
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hubbub.client.wire import LineBuffer, Message, parse

word = st.text(st.characters(exclude_characters="\0\r\n ", exclude_categories=["Cs"]), min_size=1)
middle = word.filter(lambda text: not text.startswith(":"))
trailing = st.text(st.characters(exclude_characters="\0\r\n", exclude_categories=["Cs"]))
key = st.sampled_from(["time", "+typing", "draft/reply", "label", "x"])
messages = st.builds(
    lambda command, params, last, source, tags: Message(command, (*params, *last), source, tags),
    command=st.sampled_from(["PRIVMSG", "JOIN", "001", "433"]),
    params=st.lists(middle, max_size=5),
    last=st.lists(trailing, max_size=1),
    source=st.just("") | word,
    tags=st.dictionaries(
        key, st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
    ),
)


def lines(data, cuts, limit=65_536):
    """What a LineBuffer gives for `data` when it comes in pieces that end at `cuts`."""
    buffer, found, begin = LineBuffer(limit), [], 0
    for cut in [*sorted(cut for cut in cuts if cut < len(data)), len(data)]:
        found += buffer.feed(data[begin:cut])
        begin = cut
    return found


@given(messages)
def test_what_is_written_is_read(message):
    written = message.encode()
    read = parse(written.rstrip(b"\n").removesuffix(b"\r"))
    assert read == Message(message.command, message.params, message.source, message.tags)


@given(messages)
def test_another_parser_reads_the_same(message):
    line = irctokens.tokenise(message.encode().decode()[:-2])
    assert (line.command, line.params) == (message.command, list(message.params))
    assert (line.tags or {}) == message.tags
    assert (line.source or "") == message.source


@given(st.binary())
@example(b"@a=b")
@example(b":x")
@example(b"@a :b :c")
@example(b"\xff\xfe :\x80")
def test_no_bytes_make_reading_fail(data):
    for line in lines(data + b"\n", []):
        parse(line)


@given(st.binary(max_size=200), st.lists(st.integers(0, 200)))
@example("é\r\nü\n".encode(), [1, 2, 3, 4])
def test_lines_do_not_depend_on_the_pieces_they_come_in(data, cuts):
    assert lines(data, cuts) == lines(data, [])


@given(st.lists(st.binary(max_size=20)), st.lists(st.integers(0, 300)))
def test_a_line_over_the_limit_is_dropped_and_the_others_stay(parts, cuts):
    parts = [part.replace(b"\n", b"").replace(b"\r", b"") for part in parts]
    data = b"".join(part + b"\r\n" for part in parts)
    assert lines(data, cuts, limit=10) == [part for part in parts if 0 < len(part) <= 10]


@pytest.mark.parametrize(
    "message",
    [
        Message("PRIVMSG", ("#a b", "hi")),
        Message("PRIVMSG", ("", "hi")),
        Message("PRIVMSG", (":a", "hi")),
        Message("PRIVMSG", ("#a", "hi\r\nQUIT")),
        Message("PRIVMSG", ("#a", "nul\0")),
    ],
)
def test_a_message_that_would_be_another_one_on_the_wire_is_refused(message):
    with pytest.raises(ValueError, match=r"parameter|line"):
        message.encode()
