"""Addresses and ports as people type them."""

import pytest

from hubbub.addresses import join_host_port, parse_host, parse_link, parse_port
from hubbub.errors import UsageError


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("127.0.0.1", "127.0.0.1"),
        (" 10.0.0.7 ", "10.0.0.7"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("localhost", "localhost"),
        ("chat.example.org", "chat.example.org"),
        ("chat.example.org.", "chat.example.org."),
        ("my-pc_2", "my-pc_2"),
        ("bücher.example", "bücher.example"),
    ],
)
def test_hosts(typed, host):
    assert parse_host(typed) == host


@pytest.mark.parametrize(
    "typed",
    ["", " ", "300.1.1.1", "127.1", "1.2.3.4.5", "127.0.0.1:50000", "::1::", "[::1", "a b", "-a",
     "a..b", "a" * 64, "http://a", "x" * 63 + ".y" * 200, "50000", "[localhost]:1", "a\x00b"],
)  # fmt: skip
def test_no_hosts(typed):
    with pytest.raises(UsageError) as caught:
        parse_host(typed)
    assert str(caught.value)


@pytest.mark.parametrize("typed", ["1", "50000", "65535"])
def test_ports(typed):
    assert parse_port(typed) == int(typed)


@pytest.mark.parametrize("typed", ["0", "65536", "-1", "", "5e3", "٣", "1.0", " 1", "9" * 9999])
def test_no_ports(typed):
    with pytest.raises(UsageError, match="a port is a number from 1 to 65535"):
        parse_port(typed)


def test_an_ipv6_address_is_written_in_brackets_before_a_port():
    assert join_host_port("::1", 50000) == "[::1]:50000"
    assert join_host_port("127.0.0.1", 50000) == "127.0.0.1:50000"


def test_links() -> None:
    link = "http://192.168.1.20:50000/invite/4a-kXcJ0yq5Wb3rTg7uDfE2aw#caf%C3%A9"
    word = "4a-kXcJ0yq5Wb3rTg7uDfE2aw"
    assert parse_link(link) == ("192.168.1.20", 50000, False, "#café", word)
    assert parse_link("https://chat.example.org/") == ("chat.example.org", 443, True, "", "")
    assert parse_link("http://[::1]:50000/#tea/8000-1") == ("::1", 50000, False, "#tea", "")
    assert parse_link("http://hub.lan/#@anna") == ("hub.lan", 80, False, "", "")
    for wrong in ("ftp://x", "http://", "http://x:99999/", "://", "http://1.2.3/"):
        with pytest.raises(UsageError):
            parse_link(wrong)
