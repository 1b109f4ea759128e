"""Escape control characters in text from others before it is printed on a terminal."""

from __future__ import annotations

import re

# C0 and C1 controls, and characters that reorder or hide text (UTS 55, "Trojan Source").
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]")


def _shown(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def escape(text: str) -> str:
    """Return `text` with every character escaped that could move a cursor or forge a line."""
    # Unsafe characters are never printable, though many that are not printable are harmless.
    return text if text.isprintable() else _UNSAFE.sub(_shown, text)


_PRINTABLE = bytes(range(32, 127))


def is_harmless(text: str) -> bool:
    """Does `escape` leave this text as it is? False if that takes a closer look."""
    return text.isascii() and not text.encode().translate(None, _PRINTABLE)
