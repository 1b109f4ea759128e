"""Make text safe for a terminal, and split long text for the protocol. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

_BIDI = {0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
"""Characters that reorder what stands around them: with them a text can show other words than it
holds (CVE-2021-42574).
"""
_INVISIBLE = {0xFEFF, *range(0xFFF9, 0xFFFC)}
_UNSAFE_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
"""C0, DEL and C1; lone surrogates; line and paragraph separators."""


def printable(text: str) -> str:
    """Escape everything in `text` that could move a cursor, start an escape sequence or reorder a
    line.

    ESC becomes the four characters `\\x1b`, a byte that was not UTF-8 becomes that byte (`\\xff`).
    A tab becomes a space.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    code = ord(char)
    if char == "\t":
        return " "
    if 0xDC80 <= code <= 0xDCFF:  # surrogateescape: byte 0x80-0xff
        return f"\\x{code - 0xDC00:02x}"
    if (
        code not in _BIDI
        and code not in _INVISIBLE
        and unicodedata.category(char) not in _UNSAFE_CATEGORIES
    ):
        return char
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def pieces(text: str, limit: int) -> list[str]:
    """Split `text` into parts of at most `limit` bytes of UTF-8, at a space if one is near, else
    between two characters.

    A line feed always splits; empty lines are omitted. Characters that UTF-8 cannot encode (lone
    surrogates) become question marks.
    """
    clean = text.replace("\0", "").encode("utf-8", "replace").decode()
    return [
        piece
        for line in re.split(r"\r\n|\r|\n", clean)
        for piece in _cut(line, limit)
        if piece.strip()
    ]


def _cut(line: str, limit: int) -> list[str]:
    found = []
    while len(line.encode()) > limit:
        # "ignore" drops the incomplete character at the limit; at least one character, so that the
        # loop ends.
        end = max(1, len(line.encode()[:limit].decode("utf-8", "ignore")))
        space = line.rfind(" ", end // 2, end)
        end = space + 1 if space > 0 else end
        found.append(line[:end].rstrip(" "))
        line = line[end:]
    return [*found, line]


Fold = Callable[[str], str]
"""How two nicks or channels are compared; the server's CASEMAPPING says which."""


def casefold_for(mapping: str) -> Fold:
    """The folding that ISUPPORT CASEMAPPING names. An unknown name folds like Unicode: taking two
    names for one is better than a crash.
    """
    table = _CASEMAPS.get(mapping)
    return (lambda name: name.translate(table)) if table is not None else str.casefold


_ASCII = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_CASEMAPS = {
    "ascii": _ASCII,
    "rfc1459-strict": _ASCII | dict(zip(b"[]\\", b"{}|", strict=True)),
    "rfc1459": _ASCII | dict(zip(b"[]\\^", b"{}|~", strict=True)),
}
