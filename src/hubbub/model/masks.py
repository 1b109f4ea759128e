"""Masks such as `*!*@10.0.*` (RFC 2812 section 2.5)."""

from __future__ import annotations

from .names import fold


def matches(mask: str, text: str) -> bool:
    """Does `text` fit `mask`, where * is any text and ? any one character? Case is folded.

    Linear in practice: after a * only the last one is tried again, so there is no mask whose
    matching explodes.
    """
    mask, text = fold(mask), fold(text)
    at = star = -1
    m = t = 0
    while t < len(text):
        if m < len(mask) and mask[m] == "*":
            star, at = m, t
            m += 1
        elif m < len(mask) and mask[m] in ("?", text[t]):
            m += 1
            t += 1
        elif star >= 0:
            at += 1
            m, t = star + 1, at
        else:
            return False
    return all(c == "*" for c in mask[m:])


def full_mask(text: str) -> str:
    """What a person means: `bob` is `bob!*@*`, `10.0.0.1` after an @ is `*!*@10.0.0.1`."""
    if "!" in text and "@" in text:
        return text
    if "!" in text:
        return f"{text}@*"
    if "@" in text:
        return f"*!{text}"
    return f"{text}!*@*"
