"""Match masks such as `*!*@10.0.*` (RFC 2812 section 2.5) and extended bans (ISUPPORT EXTBAN).

An extended ban is a letter, a colon and an argument. It has no prefix character, since nicks
contain no colon. Extended bans nest: `m:a:bob` mutes the account bob.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from ..protocol.names import fold
from .user import User

#: Extended bans: letter -> the users it matches.
EXTBANS = {
    "a": "users logged in to this account",
    "c": "members of this channel",
    "m": "matching users may join but not speak (mute)",
    "r": "whose real name matches",
    "u": "matching users who are not logged in to an account",
}
_EXTBAN = re.compile(r"([a-z]):(.+)", re.DOTALL)


def matches(mask: str, text: str) -> bool:
    """Does `text` match `mask`? * matches any text, ? any one character; case is folded."""
    return folded_matches(fold(mask), fold(text))


def folded_matches(mask: str, text: str) -> bool:
    if "?" in mask:
        return _matches_by_states(mask, text)
    first, middle, last = _pieces(mask)
    if last is None:
        return text == first
    if not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    if at > end:
        return False
    for piece in middle:
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


@lru_cache(maxsize=2048)  # a mask of many pieces takes 10 KB here
def _pieces(mask: str) -> tuple[str, tuple[str, ...], str | None]:
    """Split at *: the text before the first, the pieces between, and the text after the last.

    The last is None if there is no *.
    """
    first, *rest = mask.split("*")
    if not rest:
        return first, (), None
    return first, tuple(piece for piece in rest[:-1] if piece), rest[-1]


class _States(NamedTuple):
    """A mask with ? as a nondeterministic automaton; a set of states is the bits of one integer.

    Bit n: the first n characters of the mask, not counting stars, have matched.
    """

    words: tuple[str, ...]  # literal parts: a text without all of them cannot match
    steps: dict[str, int]  # character -> states that it advances
    any: int  # states that every character advances (next is ?)
    loops: int  # states that every character keeps (next is *)
    last: int


@lru_cache(maxsize=512)
def _states(mask: str) -> _States:
    steps: dict[str, int] = {}
    anything = loops = 0
    state = 1
    for c in mask:
        if c == "*":
            loops |= state
        else:
            if c == "?":
                anything |= state
            else:
                steps[c] = steps.get(c, 0) | state
            state <<= 1
    steps = {c: bits | anything for c, bits in steps.items()}
    words = tuple(word for word in mask.replace("?", "*").split("*") if word)
    return _States(words, steps, anything, loops, state)


def _matches_by_states(mask: str, text: str) -> bool:
    """Match a mask that contains ?. Takes a few integer operations per character of `text` and
    never backtracks, so no mask causes exponential time."""
    words, steps, anything, loops, last = _states(mask)
    for word in words:
        if word not in text:
            return False
    states = 1
    for c in text:
        states = (states & steps.get(c, anything)) << 1 | states & loops
        if not states:
            return False
    return states & last != 0


def full_mask(text: str) -> str:
    """Complete an abbreviated mask: `bob` -> `bob!*@*`, `@10.0.0.1` -> `*!*@10.0.0.1`."""
    found = _EXTBAN.fullmatch(text)
    if found and found[1] in EXTBANS:
        kind, rest = found[1], found[2]
        return f"{kind}:{full_mask(rest)}" if kind in "mu" else f"{kind}:{rest}"
    if "!" in text and "@" in text:
        return text
    if "!" in text:
        return f"{text}@*"
    if "@" in text:
        return f"*!{text}"
    return f"{text}!*@*"


class Parsed(NamedTuple):
    """A parsed ban. `kind` is the letter of an extended ban or "" for a mask. A mute has the kind
    and text of the ban that it wraps, and `mutes` set."""

    kind: str
    text: str  # folded
    mutes: bool = False


@lru_cache(maxsize=8192)
def parsed(mask: str) -> Parsed:
    found = _EXTBAN.fullmatch(mask)
    if not found or found[1] not in EXTBANS:
        return Parsed("", fold(mask))
    kind, rest = found[1], found[2]
    if kind == "m":
        return parsed(rest)._replace(mutes=True)
    return Parsed(kind, fold(rest))


def applies(ban: Parsed, user: User) -> bool:
    """Does the ban match `user`?"""
    kind, text = ban.kind, ban.text
    if kind == "":
        return folded_matches(text, fold(user.source))
    if kind == "a":
        return user.account is not None and folded_matches(text, fold(user.account))
    if kind == "c":
        return text in user.channels
    if kind == "r":
        return folded_matches(text, fold(user.realname))
    return user.account is None and folded_matches(text, fold(user.source))
