"""A token bucket: limits bursts and the rate after them."""

from __future__ import annotations


class TokenBucket:
    """Starts with `burst` tokens and gains `rate` tokens per unit of `now`, up to `burst`.

    The unit is the caller's choice (seconds, milliseconds), but must not change. `tokens` is the
    number at the last call; a caller that learns the cost afterwards may make it negative. Not
    thread-safe.
    """

    __slots__ = ("_at", "_burst", "_rate", "tokens")

    def __init__(self, burst: float, rate: float, now: float) -> None:
        self.tokens = self._burst = burst
        self._rate = rate
        self._at = now

    def limit(self, burst: float, rate: float) -> None:
        """Change burst and rate. What has been spent stays spent."""
        self.tokens += burst - self._burst
        self._burst, self._rate = burst, rate

    def refill(self, now: float) -> float:
        """Add the tokens gained since the last call; return the number of tokens."""
        self.tokens = min(self._burst, self.tokens + (now - self._at) * self._rate)
        self._at = now
        return self.tokens

    def take(self, cost: float, now: float) -> bool:
        """Take `cost` tokens; False, without taking any, if there are fewer."""
        if self.refill(now) < cost:
            return False
        self.tokens -= cost
        return True

    def debt(self, now: float) -> float:
        """Units of `now` until the number of tokens is no longer negative."""
        missing = -self.refill(now)
        return missing / self._rate if missing > 1e-6 else 0.0

    def is_full(self, now: float) -> bool:
        return self.refill(now) >= self._burst
