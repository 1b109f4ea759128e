"""All attacks, ordered by number."""

from . import (
    churn,
    costs,
    crowds,
    frames,
    fuzz,
    keys,
    logins,
    openings,
    privacy,
    readers,
    texts,
    uploads,
)
from .findings import ATTACKS as _FOUND

ATTACKS = dict(sorted(_FOUND.items()))
__all__ = [
    "ATTACKS",
    "churn",
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
    "uploads",
]
