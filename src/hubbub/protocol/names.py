"""Names: valid nicks and channel names, and the folded form in which names are compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

CHANNEL_PREFIXES = "#"
#: Occur only in nicks of people on other networks (RELAYMSG).
RELAY_SEPARATORS = "/"
# What masks, prefixes, lists, tags and lines use as syntax (RFC 2812 section 2.3.1; IRCv3
# message-tags; USERHOST answers `nick=+user@host`; our STATUSMSG).
_NOT_IN_NICK = frozenset(" ,*?!@.:;=#&+%~$'\"<>\x00\r\n\t\x7f\u00a0" + RELAY_SEPARATORS)
_NOT_IN_CHANNEL = frozenset(" ,\x07\x00\r\n\t:*?")


@lru_cache(maxsize=4096)  # names come from strangers; bounded to about 5 MB
def fold(name: str) -> str:
    """The form in which names are compared: equal for `Alice`, `ALICE` and full-width `Alice`.

    Idempotent: NFKC, case folding, NFKC again (measured over all code points; one NFKC is not
    enough for 637 of them).
    """
    if name.isascii():
        return name.lower()
    normal = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFKC", normal)


def _readable(name: str) -> bool:
    """Does the name look like one word in any context? (PRECIS, RFC 8264; bidi, RFC 5893 section 2)

    It must not begin with a combining mark, which would attach to the character before it; a letter
    has at most two marks; the direction is either left-to-right, or right-to-left from the first
    character on.
    """
    if name.isascii():
        return True
    marks = 0
    for c in unicodedata.normalize("NFC", name):
        marks = marks + 1 if unicodedata.category(c) in ("Mn", "Me") else 0
        if marks > 2 or (marks and c == name[0]):
            return False
    directions = {unicodedata.bidirectional(c) for c in name}
    if directions.isdisjoint(("R", "AL")):
        return True
    return "L" not in directions and unicodedata.bidirectional(name[0]) in ("R", "AL")


#: Characters that are drawn as nothing and that their category does not give away: those that
#: Unicode calls default-ignorable (DerivedCoreProperties.txt: joiners, variation selectors, fillers
#: of Hangul, inherent vowels of Khmer), the blank of Braille and the filler of Khitan.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U00016fe4\U000e0000-\U000e0fff]"
)


def is_visible(text: str) -> bool:
    """Is every character drawn, so that two texts that look alike are the same?"""
    if text.isascii():
        return text.isprintable()
    # Cc Cf Cs Co Cn: control, invisible formatting, surrogates, private use, unassigned. Z: spaces.
    seen = all(unicodedata.category(c)[0] not in "CZ" for c in text)
    return seen and not _INVISIBLE.search(text)


def is_channel(name: str) -> bool:
    """Is this target a channel?"""
    return bool(name) and name[0] in CHANNEL_PREFIXES


def valid_channel(name: str, longest: int) -> bool:
    """Is `name` a valid channel name? `longest` is in bytes and includes the `#`."""
    if not is_channel(name) or not 2 <= len(name.encode()) <= longest:
        return False
    return not _NOT_IN_CHANNEL.intersection(name) and is_visible(name)


def valid_nick(name: str, longest: int) -> bool:
    """Is `name` a valid nick? `longest` is in bytes."""
    if not 1 <= len(name.encode()) <= longest or name[0] in "-0123456789":
        return False
    if _NOT_IN_NICK.intersection(name):
        return False
    return is_visible(name) and _readable(name)


def conversation(target: str, sender: str | None = None) -> str:
    """The key under which the messages of a channel or of two users are stored and found.

    A channel: its folded name. Two users: their keys (User.key), sorted and separated by a space.
    """
    if sender is None:
        return fold(target)
    return " ".join(sorted((fold(target), fold(sender))))
