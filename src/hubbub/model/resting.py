"""Channels that are kept without members, and which of them goes first.

A channel counts for its maker (User.customer). Beyond the bound of one maker their own oldest ends;
beyond the bound of all the oldest of the maker who has the most. So nobody loses a channel because
somebody else makes new ones.

Changed by `Network.apply` only.
"""

from __future__ import annotations

from typing import Any, NamedTuple

#: How long a channel rests without members, in ms.
RESTING_MS = 30 * 24 * 60 * 60 * 1000
#: How many channels rest, of one maker and of all.
MOST_OF_ONE = 200
MOST = 10_000


class Rest(NamedTuple):
    """Since when a channel rests, and until when its locks hold (ms since 1970). None: as long as
    it rests, in logs of older versions."""

    since: int
    maker: str
    locked_until: int | None


class Resting:
    """Resting channels by folded name, the one that has rested longest first."""

    def __init__(self) -> None:
        self._all: dict[str, Rest] = {}
        self._of: dict[str, dict[str, None]] = {}  # maker -> names, in the same order

    def __len__(self) -> int:
        return len(self._all)

    def __contains__(self, channel: str) -> bool:
        return channel in self._all

    def is_open(self, channel: str, now: int) -> bool:
        """Does it rest, and do its locks hold no more?"""
        rest = self._all.get(channel)
        return rest is not None and rest.locked_until is not None and rest.locked_until <= now

    def add(self, channel: str, rest: Rest) -> None:
        self._all[channel] = rest
        self._of.setdefault(rest.maker, {})[channel] = None

    def drop(self, channel: str) -> bool:
        """Returns False if it did not rest."""
        rest = self._all.pop(channel, None)
        if rest is None:
            return False
        own = self._of[rest.maker]
        del own[channel]
        if not own:
            del self._of[rest.maker]
        return True

    def limit_locks(self, until: int) -> None:
        """Let locks without an end hold until then."""
        for channel, rest in self._all.items():
            if rest.locked_until is None:
                self._all[channel] = rest._replace(locked_until=until)

    def next_to_end(self, now: int, *, fair: bool) -> str | None:
        """The channel that ends next, or None if all may stay. `fair` is false for a log of an
        older version: then the oldest of all ends."""
        if not self._all:
            return None
        oldest = next(iter(self._all))
        if self._all[oldest].since <= now - RESTING_MS:
            return oldest
        if not fair:
            return oldest if len(self._all) > MOST else None
        newest = next(reversed(self._all.values())).maker
        if len(self._of[newest]) > MOST_OF_ONE:
            return next(iter(self._of[newest]))
        if len(self._all) > MOST:
            return next(iter(self._of[max(self._of, key=lambda maker: len(self._of[maker]))]))
        return None

    def snapshot(self) -> list[Any]:
        return [[channel, *rest] for channel, rest in self._all.items()]
