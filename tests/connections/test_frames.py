import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from hubbub.connections.frames import binary_frames, text_frames


def read(frames: bytes) -> list[tuple[Opcode, bytes]]:
    """The messages that a client of the library websockets reads from these bytes."""
    client = ClientProtocol(parse_uri("ws://localhost"), state=State.OPEN, max_size=None)
    client.receive_data(frames)
    assert client.state is State.OPEN
    events = client.events_received()
    assert all(isinstance(event, Frame) and event.fin for event in events)
    return [(event.opcode, bytes(event.data)) for event in events]


lines = st.lists(st.binary(max_size=200).map(lambda line: line.translate(None, b"\r\n")))


@given(lines)
@example([b"x" * size for size in (0, 1, 125, 126, 1023, 1024, 65535, 65536)])
def test_each_line_is_one_message(some: list[bytes]) -> None:
    joined = b"".join(line + b"\r\n" for line in some)
    assert read(binary_frames(joined)) == [(Opcode.BINARY, line) for line in some if line]
    assert read(text_frames(joined)) == [
        (Opcode.TEXT, line.decode("utf-8", "replace").encode()) for line in some if line
    ]


@given(st.lists(st.text().map(lambda text: text.replace("\n", "").replace("\r", ""))))
def test_good_text_is_left_as_it_is(some: list[str]) -> None:
    joined = "".join(f"{line}\r\n" for line in some).encode()
    assert [data.decode() for _, data in read(text_frames(joined))] == [one for one in some if one]


INVALID = [
    bytes([lead, second]) for lead in range(0x80, 0x100) for second in (0x20, 0x41, 0xC0, 0xFF)
] + [
    b"\xed\xa0\x80",  # a surrogate
    b"\xf4\x90\x80\x80",  # beyond the last code point
    b"\xc0\xaf",  # an overlong slash
    b"\xe2\x82",  # half a euro sign
]


@pytest.mark.parametrize("around", [b"%s", b"caf%s", b"\xf0\x9f\x98\x80%sz"])
def test_nothing_but_utf8_reaches_a_text_frame(around: bytes) -> None:
    """S15: more than 1,000 invalid sequences, each alone and beside good lines."""
    for bad in INVALID:
        joined = b"good \xc3\xa4\r\n" + around % bad + b"\r\nlast\r\n"
        first, second, third = (data.decode() for _, data in read(text_frames(joined)))
        assert (first, third) == ("good ä", "last")
        assert "\N{REPLACEMENT CHARACTER}" in second
    assert 3 * len(INVALID) >= 1000
