import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.connections.detect import (
    HTTP_METHODS,
    IRC_COMMANDS,
    OPENING_LIMIT,
    PROXY_V2_SIGNATURE,
    Verdict,
    detect,
)

TLS_HELLO = bytes.fromhex("16030100c8010000c40303")

GOLDEN = {
    # TLS: SSL 3.0, 1.0, 1.2 and 1.3 hellos (1.3 writes 1.0 on the record)
    b"\x16\x03\x00\x00\x2f\x01": Verdict.TLS,
    TLS_HELLO: Verdict.TLS,
    b"\x16\x03\x03\x02\x00\x01\x00": Verdict.TLS,
    b"\x16\x03": Verdict.TLS,
    b"\x16\x02\x00": Verdict.PLAIN,
    b"\x80\x2e\x01\x00\x02": Verdict.PLAIN,  # an SSL 2.0 hello
    # HTTP
    b"GET / HTTP/1.1\r\n": Verdict.HTTP,
    b"GET http://example.org/ HTTP/1.1\r\n": Verdict.HTTP,
    b"HEAD / HTTP/1.0\r\n": Verdict.HTTP,
    b"POST /chat HTTP/1.1\r\nHost: x\r\n\r\nNICK mallory\r\n": Verdict.HTTP,
    b"OPTIONS * HTTP/1.1\r\n": Verdict.HTTP,
    b"CONNECT irc.example.org:6667 HTTP/1.1\r\n": Verdict.HTTP,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": Verdict.HTTP,
    b"\r\nGET / HTTP/1.1\r\n": Verdict.HTTP,
    b"get lunch\n": Verdict.PLAIN,
    b"GET\n": Verdict.PLAIN,
    b"POSTMAN\n": Verdict.PLAIN,
    # IRC
    b"CAP LS 302\r\n": Verdict.IRC,
    b"NICK alice\r\nUSER alice 0 * :Alice\r\n": Verdict.IRC,
    b"USER alice 0 * :Alice\r\n": Verdict.IRC,
    b"PASS secret\r\n": Verdict.IRC,
    b"nick alice\n": Verdict.IRC,
    b"WEBIRC password gateway host 192.0.2.1\r\n": Verdict.IRC,
    b"AUTHENTICATE PLAIN\r\n": Verdict.IRC,
    b"PING 1\r\n": Verdict.IRC,
    b"QUIT :gone\r\n": Verdict.IRC,
    b"PROTOCTL NAMESX\r\n": Verdict.IRC,
    b"STARTTLS\r\n": Verdict.IRC,
    b"\r\nNICK alice\r\n": Verdict.IRC,
    b"@label=1;+x CAP LS\r\n": Verdict.IRC,
    b":alice NICK bob\r\n": Verdict.IRC,
    b"@a=b :alice NICK bob\r\n": Verdict.IRC,
    # PROXY
    b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n": Verdict.PROXY,
    PROXY_V2_SIGNATURE + b"\x21\x11\x00\x0c": Verdict.PROXY,
    b"proxy tcp4\n": Verdict.PLAIN,
    # people and everything else
    b"hello\n": Verdict.PLAIN,
    b"Alice\r\n": Verdict.PLAIN,
    b"nick\n": Verdict.PLAIN,
    b"Pat\n": Verdict.PLAIN,
    b"User\r\n": Verdict.PLAIN,
    b"quit\n": Verdict.PLAIN,
    b"/join #tea\n": Verdict.PLAIN,
    b":)\n": Verdict.PLAIN,
    b"@bob hello\n": Verdict.PLAIN,
    b"\xc3\x85sa\n": Verdict.PLAIN,
    b"\xff\xfb\x1f": Verdict.PLAIN,  # telnet negotiates
    b"SSH-2.0-OpenSSH_9.2\r\n": Verdict.PLAIN,
    b"EHLO mail.example.org\r\n": Verdict.PLAIN,
    b"\0": Verdict.PLAIN,
    b"\r\n\r\n\0\r\nQUIZ": Verdict.PLAIN,
    # not enough yet
    b"": None,
    b"\r\n": None,
    b"\n\n": None,
    b"\x16": None,
    b"NI": None,
    b"NICK": None,
    b"GE": None,
    b"PR": None,
    b"@label": None,
    b"@label ": None,
    b":alice": None,
    b":alice CA": None,
    PROXY_V2_SIGNATURE[:11]: None,
}


def verdict_byte_by_byte(data: bytes) -> Verdict | None:
    """What a reader decides who gets one byte at a time and stops asking at the first verdict."""
    for end in range(len(data) + 1):
        if (verdict := detect(data[:end])) is not None:
            return verdict
    return None


@pytest.mark.parametrize(("opening", "verdict"), GOLDEN.items())
def test_golden_openings(opening: bytes, verdict: Verdict | None) -> None:
    assert detect(opening) is verdict
    assert verdict_byte_by_byte(opening) is verdict


@pytest.mark.parametrize("method", sorted(HTTP_METHODS))
def test_no_http_request_is_ever_chat(method: bytes) -> None:
    request = method + b" / HTTP/1.1\r\nHost: 127.0.0.1:50000\r\n\r\nNICK mallory\r\n"
    assert detect(request) is verdict_byte_by_byte(request) is Verdict.HTTP


@pytest.mark.parametrize("command", sorted(IRC_COMMANDS))
def test_irc_commands_count_in_any_case(command: bytes) -> None:
    for spelling in (command, command.lower(), command.title()):
        assert detect(spelling + b" x") is Verdict.IRC


def test_an_opening_without_end_becomes_plain() -> None:
    assert detect(b"@" + b"a" * (OPENING_LIMIT - 2)) is None
    assert detect(b"@" + b"a" * (OPENING_LIMIT - 1)) is Verdict.PLAIN
    assert detect(b"@" + b"a" * OPENING_LIMIT + b" CAP LS") is Verdict.PLAIN
    assert detect(b"\n" * OPENING_LIMIT) is Verdict.PLAIN


PIECES = [
    b"@a",
    b":b",
    b" ",
    b"\r\n",
    b"\n",
    b"\0",
    b"\x16",
    b"\x03",
    b"\xff",
    b"x",
    b"PROXY",
    b"@",
]
WORDS = sorted(HTTP_METHODS | IRC_COMMANDS) + PIECES + [PROXY_V2_SIGNATURE, b"hello", TLS_HELLO]
openings = st.lists(
    st.sampled_from(WORDS)
    | st.sampled_from(WORDS).map(bytes.lower)
    | st.sampled_from(WORDS).map(lambda word: word[:2])
    | st.binary(max_size=3),
    max_size=8,
).map(b"".join)


@settings(max_examples=500)
@given(openings)
def test_a_verdict_never_depends_on_the_packets(opening: bytes) -> None:
    assert detect(opening) is verdict_byte_by_byte(opening)


@settings(max_examples=500)
@given(openings, st.binary(max_size=20))
def test_a_verdict_is_final(opening: bytes, more: bytes) -> None:
    verdict = detect(opening)
    if verdict is not None:
        assert detect(opening + more) is verdict


def test_every_short_opening_of_telling_bytes() -> None:
    alphabet = [b"\x16", b"\x03", b"\r", b"\n", b"@", b":", b" ", b"G", b"n", b"\xff"]
    count = 0
    for length in range(5):
        for letters in product(alphabet, repeat=length):
            opening = b"".join(letters)
            assert detect(opening) is verdict_byte_by_byte(opening)
            if re.match(rb"\x16\x03", opening):
                assert detect(opening) is Verdict.TLS
            count += 1
    assert count == 11_111
