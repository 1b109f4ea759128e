"""Mask passwords and tokens in lines of clients, before they are shown (glass box) or logged."""

from __future__ import annotations

import re

_HIDDEN = "***"
# The parameters of these commands are secret; `\S` matches the first word, which may be shown.
_IRC = re.compile(
    r"(?P<shown>(?:@\S+ +)?(?::\S+ +)?"
    r"(?:TOKEN +GENERATE +\S+|PASS|AUTHENTICATE|REGISTER|VERIFY|WEBIRC|GUEST|OPER|NS|NICKSERV"
    r"|(?:PRIVMSG|SQUERY|NOTICE) +:?[^ ]*nickserv[^ ]*)) +.*",
    re.IGNORECASE | re.DOTALL,
)
_ORDER = re.compile(r"^(?:@\S+ +)?CONTROL ", re.IGNORECASE)
_TYPED = re.compile(
    r"(?P<shown>\s*/(?:login|register|password|verify|set|ns|msg +nickserv\b)) +.*",
    re.IGNORECASE | re.DOTALL,
)


def without_secrets(line: str) -> str:
    """Return `line` with possible secrets replaced by ***."""
    if _ORDER.search(line):
        return f"CONTROL {_HIDDEN}"
    found = _IRC.fullmatch(line) or _TYPED.fullmatch(line)
    return f"{found['shown']} {_HIDDEN}" if found else line
