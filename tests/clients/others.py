"""Shared by the sessions of third-party clients.

Each logs in to ZOE's account by SASL, joins #tea, exchanges messages with `peer`, sees events
there, fetches earlier messages where it can, and quits. docs/clients.md quotes its output on the
way: `as_documented` compares.
"""

from __future__ import annotations

import hashlib
import re
import ssl
from collections.abc import Callable

from running_server import PATIENCE, ROOT, Wire
from terminals import Terminal

ACCOUNT, PASSWORD = "zoe", "correct-horse"
#: Hashing as cheap as the settings allow.
CHEAP = {"accounts__hash_memory": 1024, "accounts__scram_iterations": 4096}
#: Numerics of every server's welcome that irc-framework has no name for; it hands them on.
NAMELESS = {"003", "004", "251", "252", "254", "255", "265", "266"}
PAGE = ROOT / "docs" / "clients.md"


def quoted(client: str) -> list[str]:
    """The lines that the page says `client` has shown."""
    found = re.search(
        rf"<!-- shown: {client} -->\n(.*?)<!-- end -->", PAGE.read_text("utf-8"), re.S
    )
    assert found, f"docs/clients.md quotes nothing of {client}"
    return [line.strip() for line in found[1].splitlines() if line.startswith("    ")]


def typed(client: str, port: int, fingerprint: str) -> list[str]:
    """The lines that the page says connect `client`, for this server and its own certificate."""
    text = PAGE.read_text("utf-8")
    found = re.search(rf"<!-- typed: {client} -->\n(.*?)<!-- end -->", text, re.S)
    assert found, f"docs/clients.md does not say how {client} connects"
    lines = [line.strip() for line in found[1].splitlines() if line.startswith("    ")]
    here = {"chat.example": "127.0.0.1", "50000": str(port), "FINGERPRINT": fingerprint}
    return [_with(line, here) for line in lines]


def _with(line: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        line = line.replace(name, value)
    return line


def fingerprint(port: int) -> str:
    """SHA-256 of the server's certificate, as the server prints it."""
    shown = ssl.get_server_certificate(("127.0.0.1", port), timeout=PATIENCE)
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(shown)).hexdigest().upper()
    return ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))


def as_documented(client: str, shown: str) -> None:
    """What the page quotes of `client` was shown just now, in that order."""
    lines = iter(" ".join(line.split()) for line in shown.splitlines())
    for wanted in quoted(client):
        plain = " ".join(wanted.split())
        assert any(plain in line for line in lines), f"not shown (in this place): {wanted}"


def enters_and_talks(client: Terminal, shows: Callable[[str], object], peer: Wire) -> None:
    """What every client for the terminal begins with: into #tea, both ways, and what was before."""
    shows("MOTD")
    client.types("/join #tea")
    assert f" JOIN #tea {ACCOUNT} :" in peer.until(" JOIN #tea")[-1]
    shows("first flush")
    peer.sends(f"WHOIS {ACCOUNT}")
    peer.until(" 671 ")  # it came with TLS
    peer.sends("PRIVMSG #tea :hello terminal \u2615", f"PRIVMSG {ACCOUNT} :psst")
    shows("hello terminal \u2615")
    client.types("hello peer \u2615")
    assert "account=zoe" in peer.until("PRIVMSG #tea :hello peer \u2615")[-1]
    client.types("/msg peer yes?")
    peer.until("PRIVMSG peer :yes?")
    client.types("/me waves")
    peer.until("\x01ACTION waves\x01")

    client.types("/quote CHATHISTORY LATEST #tea * 50")
    shows("before 3")
