"""Retention rules: channel mode +H, and the limits of the server.

+H 500        the last 500 messages
+H 30d        messages of the last 30 days (m minutes, h hours, d days, w weeks)
+H 500:30d    both; a message beyond either is deleted (syntax of InspIRCd and UnrealIRCd)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from ..protocol.durations import UNITS, duration_ms
from ..protocol.modes import SIGNS

_UNITS = "mhdw"
_WRITTEN = re.compile(rf"(?:([0-9]{{1,7}})(?::|$))?([0-9]{{1,4}}[{_UNITS}])?")
#: Younger messages are never deleted: within ten minutes a message may be sent again under its
#: label and is answered with the first one (handlers/messages/dedup.py), which must exist.
LEAST_MS = 10 * 60 * 1000


class Keep(NamedTuple):
    """The retention rule of a conversation. 0: no limit."""

    messages: int = 0
    age: int = 0  # ms

    def __str__(self) -> str:
        """The form that `parse` reads, in the largest unit that divides the age."""
        age = ""
        for letter in _UNITS:
            if self.age and self.age % UNITS[letter] == 0:
                age = f"{self.age // UNITS[letter]}{letter}"
        return ":".join(part for part in (str(self.messages or ""), age) if part)

    def within(self, most: Keep) -> Keep:
        """The stricter limit of each kind."""
        return Keep(*(min(filter(None, both), default=0) for both in zip(self, most, strict=True)))

    def exceeds(self, most: Keep) -> bool:
        return any(own > bound > 0 for own, bound in zip(self, most, strict=True))


ALL = Keep()


class Rules(NamedTuple):
    """The rule for `everywhere`, and additional rules of some channels (folded names). `now` (ms
    since 1970) is the time from which ages count."""

    now: int
    everywhere: Keep
    channels: Mapping[str, Keep]

    def of(self, conversation: str) -> Keep:
        own = self.channels.get(conversation)
        if own is None:  # a message to the channel's operators (STATUSMSG)
            own = self.channels.get(conversation.lstrip(SIGNS), ALL)
        return own.within(self.everywhere)

    @property
    def keep_all(self) -> bool:
        return self.everywhere == ALL and not self.channels


def parse(text: str) -> Keep | None:
    """Parse the argument of +H; None if it is invalid."""
    found = _WRITTEN.fullmatch(text)
    if found is None or not text:
        return None
    count, age = found.groups()
    keep = Keep(int(count or 0), duration_ms(age or "") or 0)
    if keep == ALL or (age and keep.age < LEAST_MS) or (count and not keep.messages):
        return None
    return keep
