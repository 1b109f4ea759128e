"""All attacks, in the order of their numbers."""

from . import costs, crowds, frames, fuzz, keys, logins, openings, privacy, readers, texts
from .findings import ATTACKS as _FOUND

ATTACKS = dict(sorted(_FOUND.items()))
__all__ = [
    "ATTACKS",
    "costs",
    "crowds",
    "frames",
    "fuzz",
    "keys",
    "logins",
    "openings",
    "privacy",
    "readers",
    "texts",
]
