"""The modes there are, in one table. ISUPPORT, MODE and the checks all read it."""

from __future__ import annotations

#: Prefix modes, highest first: letter -> sign before the nick.
PREFIX_MODES = {"o": "@", "v": "+"}
#: A (lists), B (always an argument), C (an argument when set), D (none): RFC 2811, ISUPPORT.
LIST_MODES = "beI"
KEY_MODES = "k"
PARAMETER_MODES = "l"
FLAG_MODES = "imnst"
#: User modes: invisible, network operator, wallops.
USER_MODES = "iow"


def sort_prefixes(letters: str) -> str:
    return "".join(letter for letter in PREFIX_MODES if letter in letters)


def signs(letters: str) -> str:
    """Prefix modes held as the signs people see: "ov" -> "@+"."""
    return "".join(PREFIX_MODES[letter] for letter in letters)
