"""Line splitting: the same lines for any bytes at any packet boundaries."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.irc.dialect import IrcDialect
from hubbub.protocol.lines import ENDLESS, TOO_LONG, LineSplitter
from hubbub.protocol.message import BadLine, Message, one_by_one

PIECES = st.lists(st.sampled_from([b"a", b"\n", b"\r", b"\r\n", b"bc", b"\xff", b"x" * 9]))


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({min(cut, len(data)) for cut in cuts})
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


@given(PIECES, st.lists(st.integers(0, 60)), st.integers(1, 12), st.integers(0, 40))
def test_packets_make_no_difference(pieces, cuts, longest, endless):
    data = b"".join(pieces)
    whole = LineSplitter(longest, endless).feed(data)
    cut = LineSplitter(longest, endless)
    assert [line for part in split(data, cuts) for line in cut.feed(part)] == whole
    single = LineSplitter(longest, endless)
    assert [line for byte in data for line in single.feed(bytes([byte]))] == whole


@given(PIECES, st.integers(1, 12))
def test_the_buffer_never_outgrows_a_line(pieces, longest):
    splitter = LineSplitter(longest)
    for piece in pieces:
        splitter.feed(piece)
        assert len(splitter.rest()) <= longest + 1


def test_a_too_long_line_is_told_once_and_the_next_one_is_read():
    splitter = LineSplitter(4)
    assert splitter.feed(b"123456789") == [TOO_LONG]
    assert splitter.feed(b"still the same line") == []
    assert splitter.feed(b"end\nnext\n") == [b"next"]


def test_a_line_without_end_is_told_once():
    splitter = LineSplitter(4, 10)
    assert splitter.feed(b"123456") == [TOO_LONG]
    assert splitter.feed(b"123456") == [ENDLESS]
    assert splitter.feed(b"123456" * 100) == []
    assert splitter.feed(b"\n" + b"x" * 11 + b"\nok\n") == [TOO_LONG, ENDLESS, b"ok"]


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=8))
def test_any_bytes_are_messages_or_errors_whatever_the_packets(data, cuts):
    data += b"\n"
    whole = list(one_by_one(IrcDialect().receive(data)))
    dialect = IrcDialect()
    parts = [message for part in split(data, cuts) for message in one_by_one(dialect.receive(part))]
    assert parts == whole
    assert all(isinstance(message, (Message, BadLine)) for message in whole)


TEXTS = [b"PRIVMSG #tea :", "naïve 🍵".encode(), "й".encode() * 260, b"x" * 400, b" "]
SPECIAL = [b"\n", b"\r", b"\0", b"\xff", b"@a=b ", b"@" + b"t" * 600]


@given(
    st.lists(st.sampled_from(TEXTS) | st.just(b"\r\n") | st.sampled_from(SPECIAL)),
    st.integers(0, 60),
)
def test_whole_lines_give_what_their_bytes_give_one_by_one(pieces, cut):
    data = b"".join(pieces) + b"\r\n"
    single, whole = IrcDialect(), IrcDialect()
    expected = [message for byte in data for message in single.receive(bytes([byte]))]
    received = (*whole.receive(data[:cut]), *whole.receive(data[cut:]))
    assert list(one_by_one(received)) == expected


def test_the_end_of_a_line_that_is_too_long_is_no_line():
    dialect = IrcDialect()
    assert len(dialect.receive(b"x" * 5000)) == 1
    assert not dialect.receive(b"QUIT :still the same line\r\n")


def test_tags_do_not_count_into_the_length_of_a_line():
    dialect = IrcDialect(512)
    tags = b"@a=" + b"x" * 4000 + b" "
    (message,) = dialect.receive(tags + b"PING " + b"y" * 500 + b"\r\n")
    assert isinstance(message, Message)
    (refused,) = dialect.receive(tags + b"PING " + b"y" * 600 + b"\r\n")
    assert isinstance(refused, BadLine)
    assert refused.reply.command == "417"
    (refused,) = dialect.receive(b"@a=" + b"x" * 4200 + b" PING x\r\n")
    assert isinstance(refused, BadLine)
