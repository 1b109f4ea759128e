"""What the sessions of other people's clients share.

Each of them does the same: logs in to ZOE's account by SASL, enters #tea, talks both ways with
`peer`, sees what happens there, fetches what was said before where it can, and leaves. What it
shows on the way is what docs/clients.md quotes: `as_documented` compares.
"""

from __future__ import annotations

import re

from running_server import ROOT

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


def as_documented(client: str, shown: str) -> None:
    """What the page quotes of `client` was shown just now, in that order."""
    lines = iter(" ".join(line.split()) for line in shown.splitlines())
    for wanted in quoted(client):
        plain = " ".join(wanted.split())
        assert any(plain in line for line in lines), f"not shown (in this place): {wanted}"
