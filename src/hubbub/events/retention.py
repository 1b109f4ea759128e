"""How much of what was said is kept: channel mode +H, and the bound that the server sets.

+H 500        the last 500 messages
+H 30d        what was said in the last 30 days (m minutes, h hours, d days, w weeks)
+H 500:30d    both; what falls out of either is forgotten (InspIRCd and UnrealIRCd write it so)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from ..protocol.durations import UNITS, duration_ms
from ..protocol.modes import SIGNS

_UNITS = "mhdw"
_WRITTEN = re.compile(rf"(?:([0-9]{{1,7}})(?::|$))?([0-9]{{1,4}}[{_UNITS}])?")
#: Nothing younger is forgotten: within ten minutes a message may be sent again by its label and is
#: then answered with the first one (handlers/messages/dedup.py), which must be there.
LEAST_MS = 10 * 60 * 1000


class Keep(NamedTuple):
    """How much of a conversation is kept. 0: no bound."""

    messages: int = 0
    age: int = 0  # ms

    def __str__(self) -> str:
        """As `parse` reads it, in the largest unit that fits."""
        age = ""
        for letter in _UNITS:
            if self.age and self.age % UNITS[letter] == 0:
                age = f"{self.age // UNITS[letter]}{letter}"
        return ":".join(part for part in (str(self.messages or ""), age) if part)

    def within(self, most: Keep) -> Keep:
        """The narrower of each bound."""
        return Keep(*(min(filter(None, both), default=0) for both in zip(self, most, strict=True)))

    def exceeds(self, most: Keep) -> bool:
        return any(own > bound > 0 for own, bound in zip(self, most, strict=True))


ALL = Keep()


class Rules(NamedTuple):
    """What is kept `everywhere`, and of some channels (folded names), whose own bounds come on top.
    `now` (ms) is the time from which ages count."""

    now: int
    everywhere: Keep
    channels: Mapping[str, Keep]

    def of(self, conversation: str) -> Keep:
        own = self.channels.get(conversation)
        if own is None:  # said to the channel's operators alone (STATUSMSG)
            own = self.channels.get(conversation.lstrip(SIGNS), ALL)
        return own.within(self.everywhere)

    @property
    def keep_all(self) -> bool:
        return self.everywhere == ALL and not self.channels


def parse(text: str) -> Keep | None:
    """What +H says, or None if it says nothing that can be meant."""
    found = _WRITTEN.fullmatch(text)
    if found is None or not text:
        return None
    count, age = found.groups()
    keep = Keep(int(count or 0), duration_ms(age or "") or 0)
    if keep == ALL or (age and keep.age < LEAST_MS) or (count and not keep.messages):
        return None
    return keep
