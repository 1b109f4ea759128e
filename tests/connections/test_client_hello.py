import contextlib
import ssl

from doorway import trusting
from hypothesis import given
from hypothesis import strategies as st

from hubbub.connections.client_hello import offers_http


def hello(*protocols: str, **options: object) -> bytes:
    context = trusting(**options)
    if protocols:
        context.set_alpn_protocols([*protocols])
    outgoing = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="chat.example.org")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def in_records(opening: bytes, size: int) -> bytes:
    """The same hello, cut into smaller records."""
    body = opening[5:]
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"\x16\x03\x01" + len(part).to_bytes(2, "big") + part for part in parts)


def test_browsers_offer_http() -> None:
    old = {"maximum_version": ssl.TLSVersion.TLSv1_2}
    assert offers_http(hello("http/1.1"))
    assert offers_http(hello("h2", "http/1.1"))
    assert offers_http(hello("http/1.1", **old))
    assert offers_http(hello("irc")) is False
    assert offers_http(hello()) is False
    assert offers_http(hello(**old)) is False


def test_a_part_of_a_hello_asks_for_more() -> None:
    for whole in (hello("http/1.1"), in_records(hello("http/1.1"), 50)):
        assert offers_http(whole)
        assert all(offers_http(whole[:end]) is None for end in range(len(whole)))


def test_what_is_no_hello_is_no_browsers() -> None:
    whole = hello("http/1.1")
    assert offers_http(b"\x15" + whole[1:]) is False
    assert offers_http(b"\x16\x03\x01\x00\x00" + whole) is False
    assert offers_http(whole[:5] + b"\x02" + whole[6:]) is False
    assert offers_http(b"\x16\x03\x01\x40\x00\x01\xff\xff\xff" + bytes(16_400)) is False


@given(st.binary(max_size=80), st.integers(0, 300))
def test_any_bytes_give_an_answer(noise: bytes, at: int) -> None:
    whole = bytearray(hello("http/1.1"))
    whole[at : at + len(noise)] = noise
    assert offers_http(bytes(whole)) in (True, False, None)
    assert offers_http(noise) in (True, False, None)
