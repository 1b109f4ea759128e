"""A token bucket: so much at once, so much more with time."""

from __future__ import annotations


class TokenBucket:
    """Starts with `burst` tokens and gets `rate` more for each unit of `now`, up to `burst`.

    The unit is the caller's (seconds, milliseconds), as long as it is always the same. `tokens`
    are those there were at the time of the last call; a caller that learns the price afterwards
    may take them below zero. Not safe for threads.
    """

    __slots__ = ("_at", "_burst", "_rate", "tokens")

    def __init__(self, burst: float, rate: float, now: float) -> None:
        self.tokens = self._burst = burst
        self._rate = rate
        self._at = now

    def refill(self, now: float) -> float:
        """The tokens there are now."""
        self.tokens = min(self._burst, self.tokens + (now - self._at) * self._rate)
        self._at = now
        return self.tokens

    def take(self, cost: float, now: float) -> bool:
        """Take `cost` tokens, if there are that many."""
        if self.refill(now) < cost:
            return False
        self.tokens -= cost
        return True

    def is_full(self, now: float) -> bool:
        return self.refill(now) >= self._burst
