"""All attacks, in the order of their numbers."""

from . import costs, crowds, frames, logins, openings, privacy
from .findings import ATTACKS as _FOUND

ATTACKS = dict(sorted(_FOUND.items()))
__all__ = ["ATTACKS", "costs", "crowds", "frames", "logins", "openings", "privacy"]
