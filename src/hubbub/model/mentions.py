"""Find whom a text mentions.

A name stands alone between spaces and punctuation, where `-`, `_` and `|` belong to a name. With @
before it, it may be followed by writing without spaces (@李雷你好). Nobody is mentioned in an
address, a path, a host name or code.

The browser client decides by the same rules what to highlight: src/hubbub/web/js/text.js, which has
the same patterns; tests/mentions.json has cases for both.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# Characters that no name holds: spaces, signs, punctuation, pictures.
_APART = (
    "\\s\\x00-\\x1f!\"#$%&'()*+,./:;<=>?~\\x7f-\\xa9\\xab-\\xb4\\xb6-\\xb9\\xbb-\\xbf\\xd7\\xf7"
    "\\u060c\\u061b\\u061f\\u06d4\\u0964\\u0965\\u2000-\\u206f\\u20a0-\\u20c0\\u2190-\\u2bff"
    "\\u2e00-\\u2e5d\\u3000-\\u3004\\u3008-\\u3020\\u3030\\u30fb\\ufe10-\\ufe1f\\ufe30-\\ufe6f"
    "\\uff01-\\uff0f\\uff1a-\\uff1f\\uff5e-\\uff65\\U0001f000-\\U0001faff"
)
# Scripts without spaces between words.
_WIDE = (
    "\\u0e00-\\u0eff\\u1000-\\u109f\\u1100-\\u11ff\\u1780-\\u17ff\\u2e80-\\u9fff\\uac00-\\ud7ff"
    "\\uf900-\\ufaff\\U00020000-\\U0003ffff"
)
_AT = "@\\uff20"
_NARROW = re.compile(f"[^{_APART}{_AT}{_WIDE}]")
_WIDE_ONE = re.compile(f"[{_WIDE}]")
_WORD = re.compile(f"[{_AT}]?[^{_APART}{_AT}]+")

_MONOSPACE = re.compile("\x11[^\x0f\x11]*")
_FORMATTING = re.compile(
    "\x03([0-9]{1,2}(,[0-9]{1,2})?)?|\x04([0-9a-fA-F]{6}(,[0-9a-fA-F]{6})?)?"
    "|[\x02\x0f\x11\x16\x1d-\x1f]"
)
_FENCE = re.compile(r"(?:^|\n)```[^\n`]*\n(?s:.*?)\n?```(?=\n|\Z)|```[^`\n]+```")
_CODE = re.compile(r"`[^`\n]+`")
_EMPHASIS = re.compile(r"(?<!\w)_(?=[^\s_])([^_\n]*?[^\s_])_(?!\w)")
_IN_URL = (
    "[^\\s<>\"'`\\x00-\\x1f«»\\u200b-\\u200f\\u2018-\\u201f\\u2026-\\u202e\\u2039\\u203a"
    "\\u2060-\\u206f\\u3001-\\u3003\\u3008-\\u301f\\uff01\\uff08\\uff09\\uff0c\\uff0e\\uff1a"
    "\\uff1b\\uff1f\\uff3b\\uff3d\\uff5b-\\uff65]"
)
_LINK = re.compile(
    f"(?<![A-Za-z0-9_])(?:https?://(?:(?![,;|]https?://){_IN_URL})+"
    f"|www\\.{_IN_URL}+\\.{_IN_URL}+|mailto:(?!@){_IN_URL}+@{_IN_URL}+)",
    re.IGNORECASE,
)
_LONGEST = 64


def names_in(text: str) -> Iterator[str]:
    """The words of a message that mention somebody if it is their name. May repeat."""
    read = _readable(text)
    yield from _names(read)
    emphasized = _EMPHASIS.sub(r" \1 ", read)
    if emphasized != read:
        yield from _names(emphasized)


def _readable(text: str) -> str:
    """The text without its formatting, and without code and addresses."""
    if text.startswith("\x01ACTION "):
        text = text[len("\x01ACTION ") :]
    text = _FORMATTING.sub("", _MONOSPACE.sub(" ", text))
    text = _LINK.sub(" ", _CODE.sub(" ", _FENCE.sub("\n", text)))
    return unicodedata.normalize("NFC", text)


def _names(text: str) -> Iterator[str]:
    for found in _WORD.finditer(text):
        start, end = found.span()
        if _is_elsewhere(text, start):
            continue
        at = found[0][0] in "@\uff20"
        name = found[0][at:]
        if not _goes_on(text, end, at):
            yield name
            yield name.strip("[]{}")
        if at:
            yield from _beginnings(name)


def _is_elsewhere(text: str, start: int) -> bool:
    """Does the word at `start` go on from an address, a path, a host name or a channel?"""
    before = text[start - 1 : start]
    if before in ("/", "#"):
        return True
    if before == ".":
        return _is_narrow(text[start - 2 : start - 1])
    return text[start] in "@\uff20" and _is_narrow(before)


def _goes_on(text: str, end: int, at: bool) -> bool:
    """Does the word that ends at `end` go on as an address, a path or a host name?"""
    following = text[end : end + 1]
    if following == "/":
        return not at
    if following == "@" and _WIDE_ONE.match(text[end - 1]):
        return False
    return following in (".", "@") and _is_narrow(text[end + 1 : end + 2])


def _beginnings(name: str) -> Iterator[str]:
    """What of a word with @ may be a name, when writing without spaces follows."""
    for end in range(1, min(len(name), _LONGEST + 1)):
        if _WIDE_ONE.match(name[end]):
            yield name[:end]


def _is_narrow(character: str) -> bool:
    return _NARROW.match(character) is not None
