"""Bytes as text for people: what is invisible is written out."""

from __future__ import annotations

import unicodedata

LONGEST = 120  # characters

_NAMES = {0: "NUL", 7: "BEL", 9: "TAB", 10: "LF", 13: "CR", 27: "ESC", 127: "DEL"}


def shown(data: bytes) -> str:
    """`hel\\xff\\n` as `hel<ff><LF>`; the middle of what is long is left out."""
    text = "".join(_char(char) for char in data.decode("utf-8", "surrogateescape"))
    if len(text) <= LONGEST:
        return text
    half = LONGEST // 2
    return f"{text[:half]} ... {text[-half:]} ({len(data):,} bytes)"


def _char(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # surrogateescape: a byte that is not UTF-8
        return f"<{code - 0xDC00:02x}>"
    if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp"):
        return f"<{_NAMES.get(code, f'{code:02x}')}>"
    return char
