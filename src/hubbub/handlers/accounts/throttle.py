"""Limit password guesses without locking out the owner.

Networks from which the account has been logged in before each have a limit of their own. All others
share two limits: that of their address and that of the name they try, so neither one machine with
many names nor many machines with one name get far. Correct passwords are not counted. Names that do
not exist are treated like existing ones.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

from ...model.accounts import Account, network_of
from ...protocol.names import fold
from ...token_bucket import TokenBucket

#: Limits remembered; full ones are dropped first.
MOST_KEYS = 10_000
#: Full limits are dropped when there are this many, and then when their number has doubled.
_FEW = 256
#: Concurrent logins per key, each of which may still turn out to be a wrong guess. A class of
#: thirty behind one router logs in within the same minute.
_AT_ONCE = 32

Key = tuple[str, str]


class Allowance(TokenBucket):
    """Negative once logins in progress have failed after the last token was taken."""

    __slots__ = ("under_way",)
    under_way: int


class Throttle:
    """Limits by key: `burst` tries, and `per_minute` more per minute. Thread-safe, because an
    aborted login ends where its handler is closed."""

    def __init__(self, burst: int, per_minute: float) -> None:
        self._burst = burst
        self._per_ms = per_minute / 60_000
        self.allowances: dict[Key, Allowance] = {}
        self._look_at = _FEW  # limits at which full ones are dropped
        self._lock = threading.Lock()

    def limit(self, burst: int, per_minute: float) -> None:
        """Change the limits, also of keys that are in use."""
        with self._lock:
            self._burst, self._per_ms = burst, per_minute / 60_000
            for allowance in self.allowances.values():
                allowance.limit(burst, self._per_ms)

    def begin(self, keys: tuple[Key, ...], now: int) -> bool:
        """May another try be made? If so, call `end` afterwards."""
        with self._lock:
            allowances = [self._get(key, now) for key in keys]
            if any(a.tokens < 1 or a.under_way >= _AT_ONCE for a in allowances):
                return False
            for allowance in allowances:
                allowance.under_way += 1
            return True

    def end(self, keys: tuple[Key, ...], now: int, *, failed: bool) -> None:
        with self._lock:
            for key in keys:
                allowance = self._get(key, now)
                allowance.under_way = max(0, allowance.under_way - 1)
                allowance.tokens -= failed

    def guess(self, key: Key, now: int, right: bool) -> bool:
        """Is this guess at a secret right? A wrong one costs a token, and without one left no
        guess is right."""
        with self._lock:
            allowance = self._get(key, now)
            if allowance.tokens < 1:
                return False
            allowance.tokens -= not right
            return right

    def spend(self, key: Key, now: int, cost: float = 1) -> bool:
        """Take `cost` tokens, if available."""
        with self._lock:
            return self._get(key, now).take(cost, now)

    def left(self, key: Key, now: int) -> float:
        """The tokens available."""
        with self._lock:
            return self._get(key, now).tokens

    def _get(self, key: Key, now: int) -> Allowance:
        allowance = self.allowances.pop(key, None)
        if allowance is None:
            if len(self.allowances) >= self._look_at:
                self._forget(now)
            allowance = Allowance(self._burst, self._per_ms, now)
            allowance.under_way = 0
        else:
            allowance.refill(now)
        self.allowances[key] = allowance  # least recently used first
        return allowance

    def _forget(self, now: int) -> None:
        """Drop full limits; of others the least recently used, down to nine tenths of the most."""
        for key, allowance in list(self.allowances.items()):
            if allowance.is_full(now) and not allowance.under_way:
                del self.allowances[key]
        while len(self.allowances) > MOST_KEYS * 9 // 10:
            del self.allowances[next(iter(self.allowances))]
        self._look_at = min(MOST_KEYS, max(_FEW, 2 * len(self.allowances)))


class Attempt(NamedTuple):
    """A login in progress. `known`: from a network that the account knows."""

    keys: tuple[Key, ...]
    known: bool


def attempt_of(account: Account | None, name: str, address: str) -> Attempt:
    """The limits that count a login to `name` from `address`."""
    network = network_of(address)
    if account is not None and network in account.known:
        return Attempt((("known", f"{account.id} {network}"),), True)
    return Attempt((("address", network), ("name", fold(name))), False)
