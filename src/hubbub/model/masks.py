"""Masks such as `*!*@10.0.*` (RFC 2812 section 2.5), and extended bans (ISUPPORT EXTBAN).

An extended ban is a letter, a colon and what it is about; there is no prefix, since no nick has a
colon. One may stand in another: `m:a:bob` mutes the account bob.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from ..protocol.names import fold
from .user import User

#: Extended bans: letter -> whom it matches.
EXTBANS = {
    "a": "who is logged in to this account",
    "c": "who is in this channel",
    "m": "who matches the mask: may join but not speak",
    "r": "whose real name matches",
    "u": "who matches the mask and is not logged in to an account",
}
_EXTBAN = re.compile(r"([a-z]):(.+)", re.DOTALL)


def matches(mask: str, text: str) -> bool:
    """Does `text` fit `mask`, where * is any text and ? any one character? Case is folded."""
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
    """What stands before the first *, between them, and behind the last (None: there is no *)."""
    first, *rest = mask.split("*")
    if not rest:
        return first, (), None
    return first, tuple(piece for piece in rest[:-1] if piece), rest[-1]


class _States(NamedTuple):
    """A mask with ? as an automaton; its states are the bits of one number.

    Bit n stands for "the first n characters of the mask, stars left out, have matched".
    """

    words: tuple[str, ...]  # what has to be in the text for there to be a chance
    steps: dict[str, int]  # character -> the states that it leads on from
    any: int  # the states that every character leads on from: a ? is next
    loops: int  # the states that every character leaves as they are: a * is next
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
    """With ? in it. A few operations on numbers for each character of `text`, whatever the mask:
    nothing is ever tried again, so there is no mask whose matching explodes."""
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
    """What a person means: `bob` is `bob!*@*`, `10.0.0.1` after an @ is `*!*@10.0.0.1`."""
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
    """A ban as it is checked: `kind` is the letter of an extended ban or "" for a mask; a mute
    stands as what it wraps, with `mutes`."""

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
    """Is `user` meant?"""
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
