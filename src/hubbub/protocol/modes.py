"""Tables of all channel and user modes: letter -> meaning, as HELP and the docs show it.

ISUPPORT, MODE, the checks of the handlers and docs/protocol/modes.md are derived from them. A
channel mode also states what it concerns: messages are decided together
(handlers/messages/bursts.py) only in channels without a mode that concerns SPEAKING.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import cache
from typing import NamedTuple


class Concern(Enum):
    """What a channel mode affects."""

    SPEAKING = auto()  # what members may say, and what arrives of it
    CLOSING = auto()  # who may join or see the channel: its messages are for its members only
    ELSE = auto()  # neither


class Mode(NamedTuple):
    """A channel mode."""

    concern: Concern
    meaning: str


_SPEAKING, _CLOSING, _ELSE = Concern

#: Prefix modes, highest first: letter -> sign before the nick.
PREFIX_MODES = {"q": "~", "a": "&", "o": "@", "h": "%", "v": "+"}
PREFIX_MEANINGS = {
    "q": "founder: may do everything in the channel",
    "a": "admin: like an operator, and only a founder can remove this mode",
    "o": "operator: sets modes and topic, kicks, invites",
    "h": "half-operator: kicks, invites, sets the topic, the lists and +v",
    "v": "voice: may speak when the channel is moderated",
}
#: Sign -> prefix mode: "@" -> "o".
PREFIX_OF_SIGN = {sign: letter for letter, sign in PREFIX_MODES.items()}
SIGNS = "".join(PREFIX_OF_SIGN)
_RANKS = {letter: rank for rank, letter in enumerate(reversed(PREFIX_MODES), 1)}

# A (lists), B (always an argument), C (an argument when set), D (none): RFC 2811, ISUPPORT.
LIST_MODES = {
    "b": Mode(
        _SPEAKING,
        "ban: matching users may not join; members among them may neither speak nor read history",
    ),
    "e": Mode(_SPEAKING, "ban exception: matching users are exempt from +b"),
    "I": Mode(_ELSE, "invite exception: matching users need no invitation"),
}
KEY_MODES = {"k": Mode(_CLOSING, "key required to join")}
PARAMETER_MODES = {
    "H": Mode(
        _ELSE, "retention of history: the last 500 messages, 30d, or 500:30d; the rest is deleted"
    ),
    "f": Mode(_ELSE, "forward users who may not join to this other channel"),
    "l": Mode(_ELSE, "maximum number of members"),
}
FLAG_MODES = {
    "C": Mode(_SPEAKING, "no CTCP, except ACTION"),
    "E": Mode(_ELSE, "roleplay: permits NPC, NPCA and SCENE"),
    "M": Mode(_SPEAKING, "only users logged in to an account may speak"),
    "R": Mode(_CLOSING, "only users logged in to an account may join"),
    "U": Mode(
        _SPEAKING, "messages of members without voice reach only operators and half-operators"
    ),
    "c": Mode(_SPEAKING, "colours and formatting are removed from messages"),
    "i": Mode(_CLOSING, "only invited users may join"),
    "m": Mode(_SPEAKING, "moderated: only members with voice or more may speak"),
    "n": Mode(_ELSE, "only members may speak"),
    "r": Mode(_ELSE, "registered with ChanServ (set by the server)"),
    "s": Mode(_CLOSING, "secret: outsiders do not see the channel"),
    "t": Mode(_ELSE, "only operators may set the topic"),
    "u": Mode(
        _ELSE, "auditorium: members without voice are visible only to members with voice or more"
    ),
    "z": Mode(_CLOSING, "only users connected with TLS may join"),
}
CHANNEL_MODES = LIST_MODES | KEY_MODES | PARAMETER_MODES | FLAG_MODES
#: Modes that may change who can say what, or what arrives of a message. (Members are exempt from
#: +n, and a list has no entry in `Channel.modes`.)
SPEAKING = frozenset(
    letter for letter, mode in CHANNEL_MODES.items() if mode.concern is Concern.SPEAKING
)
#: Modes that restrict who may join or see a channel: its messages are for its members only.
CLOSED = frozenset(
    letter for letter, mode in CHANNEL_MODES.items() if mode.concern is Concern.CLOSING
)
USER_MODES = {
    "B": "marked as a bot",
    "R": "only users logged in to an account may send you messages",
    "T": "no CTCP to you, except ACTION",
    "i": "invisible: hidden from outsiders in WHO and NAMES",
    "o": "network operator",
    "s": "you receive server notices (operators)",
    "w": "you receive WALLOPS",
}
#: Modes that only the server sets: user modes (the user may remove them) and channel modes.
GIVEN_MODES = frozenset("o")
GIVEN_FLAGS = frozenset("r")


def sort_prefixes(letters: str) -> str:
    return "".join(letter for letter in PREFIX_MODES if letter in letters)


@cache
def signs(letters: str) -> str:
    """Convert prefix modes to the signs shown before a nick: "ov" -> "@+"."""
    return "".join(PREFIX_MODES[letter] for letter in letters)


def prefixes_from(letter: str) -> str:
    """A prefix mode and all higher ones: "o" -> "qao" (STATUSMSG)."""
    letters = "".join(PREFIX_MODES)
    return letters[: letters.index(letter) + 1]


def rank(letters: str) -> int:
    """Rank of the highest of `letters`, which are sorted: 0 for none, 3 for "o"."""
    return _RANKS[letters[0]] if letters else 0


HALF_OPERATOR, OPERATOR = rank("h"), rank("o")
