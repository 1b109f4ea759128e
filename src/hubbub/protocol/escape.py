"""Text of others, made safe for a terminal."""

from __future__ import annotations

import re

# C0 and C1 controls, and the marks that reorder or hide text (UTS 55, "Trojan Source").
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]")


def _shown(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def escape(text: str) -> str:
    """`text` with everything that could move a cursor or forge a line written out."""
    # What is unsafe is never printable (though much that is not printable is harmless).
    return text if text.isprintable() else _UNSAFE.sub(_shown, text)
