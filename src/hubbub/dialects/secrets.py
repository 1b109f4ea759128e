"""Lines of clients that hold a password or a token: whoever shows or writes down what passes (the
glass box, a debug log) shows them without it."""

from __future__ import annotations

import re

_HIDDEN = "***"
# What follows these commands is not for others; `\S` keeps what can be shown: the first word.
_IRC = re.compile(
    r"(?P<shown>(?:@\S+ +)?(?::\S+ +)?"
    r"(?:TOKEN +GENERATE +\S+|PASS|AUTHENTICATE|REGISTER|VERIFY|WEBIRC|OPER|NS|NICKSERV"
    r"|(?:PRIVMSG|SQUERY|NOTICE) +:?[^ ]*nickserv[^ ]*)) +.*",
    re.IGNORECASE | re.DOTALL,
)
_ORDER = re.compile(r"^(?:@\S+ +)?CONTROL ", re.IGNORECASE)
_TYPED = re.compile(
    r"(?P<shown>\s*/(?:login|register|password|verify|set|ns|msg +nickserv\b)) +.*",
    re.IGNORECASE | re.DOTALL,
)


def without_secrets(line: str) -> str:
    """`line` with whatever may be a secret replaced by ***."""
    if _ORDER.search(line):
        return f"CONTROL {_HIDDEN}"
    found = _IRC.fullmatch(line) or _TYPED.fullmatch(line)
    return f"{found['shown']} {_HIDDEN}" if found else line
