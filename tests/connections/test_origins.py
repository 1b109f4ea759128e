import pytest

from hubbub.connections.origins import Origins

LOOPBACK, LAN, PUBLIC = "127.0.0.1", "192.168.1.5", "8.8.8.8"


@pytest.mark.parametrize(
    ("origin", "host", "address", "tls"),
    [
        (None, "anything", LOOPBACK, False),
        ("http://127.0.0.1:50000", "127.0.0.1:50000", LOOPBACK, False),
        ("http://localhost:50000", "localhost:50000", LOOPBACK, False),
        ("http://LOCALHOST:50000".lower(), "LocalHost:50000", LOOPBACK, False),
        ("http://[::1]:50000", "[::1]:50000", "::1", False),
        ("http://192.168.1.5:50000", "192.168.1.5:50000", LAN, False),
        ("http://teacher:50000", "teacher:50000", LAN, False),
        ("http://teacher.local:50000", "teacher.local:50000", LAN, False),
        ("http://chat.home.arpa", "chat.home.arpa", LAN, False),
        ("https://127.0.0.1:50000", "127.0.0.1:50000", LOOPBACK, True),
        ("https://chat.example.org", "chat.example.org", LAN, True),
        ("https://chat.example.org", "chat.example.org:443", LAN, True),
        ("http://chat.example.org:50000", "chat.example.org:50000", PUBLIC, False),
        ("http://chat.example.org", "chat.example.org:80", PUBLIC, False),
        ("https://listed.example", "127.0.0.1:50000", LOOPBACK, False),
        ("https://listed.example:8443", "127.0.0.1:50000", LOOPBACK, False),
    ],
)
def test_who_may(origin: str | None, host: str, address: str, tls: bool) -> None:
    origins = Origins(["https://Listed.example/", "https://listed.example:8443"])
    assert origins.refusal(origin, host, address, tls) is None


HERE = "127.0.0.1:50000"


@pytest.mark.parametrize(
    ("origin", "host", "address"),
    [
        ("null", HERE, LOOPBACK),
        ("", HERE, LOOPBACK),
        ("https://evil.example", HERE, LOOPBACK),
        ("http://127.0.0.1", HERE, LOOPBACK),  # another port
        ("http://127.0.0.1:50001", HERE, LOOPBACK),
        ("http://localhost:50000", HERE, LOOPBACK),  # another name of the same address
        ("http://127.0.0.1:50000.evil.example", HERE, LOOPBACK),  # ours as a prefix
        ("http://evil127.0.0.1:50000", HERE, LOOPBACK),  # ours as a suffix
        ("http://127.0.0.1:50000@evil.example", HERE, LOOPBACK),  # ours as a user
        ("http://evil.example#127.0.0.1:50000", HERE, LOOPBACK),
        ("http://127.0.0.1:50000/", HERE, LOOPBACK),
        ("HTTP://127.0.0.1:50000", HERE, LOOPBACK),  # browsers write lower case
        ("file://", HERE, LOOPBACK),
        ("chrome-extension://abcdefgh", HERE, LOOPBACK),
        ("http://127.0.0.1:50000\n", HERE, LOOPBACK),
        ("http://xn--lcalhost-f2a:50000", "localhost:50000", LOOPBACK),
        ("http://listed.example.evil.example", HERE, LOOPBACK),
        ("http://listed.example", HERE, LOOPBACK),  # listed with https
        # DNS rebinding: the stranger's own name, resolved to an address of ours
        ("http://evil.example:50000", "evil.example:50000", LOOPBACK),
        ("http://evil.example:50000", "evil.example:50000", LAN),
        ("http://local.evil.example:50000", "local.evil.example:50000", LOOPBACK),
        ("http://evil.example:50000", "evil.example:50000", "local"),
        ("http://127.0.0.1:50000", "", LOOPBACK),
        ("http://127.0.0.1:50000", "127.0.0.1:50000, evil", LOOPBACK),
    ],
)
def test_who_may_not(origin: str, host: str, address: str) -> None:
    refusal = Origins(["https://listed.example"]).refusal(origin, host, address, tls=False)
    assert refusal is not None
    assert "\n" not in refusal or "\n" in origin


def test_a_star_lets_everybody_in() -> None:
    assert Origins("*").refusal("https://evil.example", HERE, LOOPBACK, False) is None
