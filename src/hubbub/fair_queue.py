"""A fair queue of jobs: round robin over addresses, then over the people of an address.

    queue = FairQueue(Budget(burst=2**21, rate=2**18))
    queue.put(job, asker)           False if this person or everybody together has too many waiting
    queue.take(now)                 the next job and its asker, or None
    queue.done(asker, cost, now)    it has ended, and cost so many bytes

A person has one job running at a time, and is charged for what it read. A person who has used up
the budget waits until it is refilled; the other people of the address do not, until the address has
used up ADDRESS_SHARES times as much. Not thread-safe.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from typing import Any, NamedTuple

from .token_bucket import TokenBucket

#: Waiting jobs of one person, and of all.
MOST_OF_ONE = 64
MOST = 10_000
#: Full budgets are dropped when there are this many, and then when their number has doubled.
_FEW = 256
#: Budget of an address, in budgets of a person.
ADDRESS_SHARES = 8


class Budget(NamedTuple):
    """Bytes at once, and bytes per second after that. A rate of 0: no limit."""

    burst: float
    rate: float

    def times(self, shares: int) -> Budget:
        return Budget(self.burst * shares, self.rate * shares)


UNLIMITED = Budget(0, 0)


class Asker(NamedTuple):
    """Who a job is for. `address` is the person again for people who share nothing with others of
    their address."""

    person: str
    address: str


class FairQueue:
    def __init__(self, budget: Budget = UNLIMITED) -> None:
        self._budget = budget
        self._jobs: dict[Asker, deque[Any]] = {}
        self._busy: set[Asker] = set()
        #: People with waiting jobs and no running one: address -> people, in the order of turns.
        self._turns: dict[str, dict[Asker, None]] = {}
        #: People whose budget is used up, by the time when they may continue.
        self._later: list[tuple[float, int, Asker]] = []
        self._numbers = itertools.count()
        self._spent: dict[Asker | str, TokenBucket] = {}
        self._look_at = _FEW  # budgets at which full ones are dropped
        self._waiting = 0

    def __len__(self) -> int:
        return self._waiting

    def limit(self, budget: Budget) -> None:
        """Change the budget, also of people who have spent some of it."""
        self._budget = budget
        if not budget.rate:
            self._spent.clear()
        for key, bucket in self._spent.items():
            own = budget.times(ADDRESS_SHARES) if isinstance(key, str) else budget
            bucket.limit(own.burst, own.rate)
        for _, _, asker in self._later:
            self._enter(asker)
        self._later.clear()

    def put(self, job: Any, asker: Asker) -> bool:
        jobs = self._jobs.get(asker)
        if self._waiting >= MOST or (jobs is not None and len(jobs) >= MOST_OF_ONE):
            return False
        self._waiting += 1
        if jobs is not None:
            jobs.append(job)
            return True
        self._jobs[asker] = deque((job,))
        if asker not in self._busy:
            self._enter(asker)
        return True

    def take(self, now: float) -> tuple[Any, Asker] | None:
        while self._later and self._later[0][0] <= now:
            self._enter(heapq.heappop(self._later)[2])
        while self._turns:
            asker = self._next()
            wait = self._wait_of(asker, now)
            if not wait:
                return self._begin(asker), asker
            heapq.heappush(self._later, (now + wait, next(self._numbers), asker))
        return None

    def next_at(self) -> float | None:
        """When `take` may have something, if not at once."""
        return self._later[0][0] if self._later else None

    def done(self, asker: Asker, cost: float, now: float) -> None:
        self._busy.discard(asker)
        if self._budget.rate:
            self._charge(asker, self._budget, cost, now)
            self._charge(asker.address, self._budget.times(ADDRESS_SHARES), cost, now)
        if asker in self._jobs:
            self._enter(asker)

    # -- turns -----------------------------------------------------------------------------

    def _enter(self, asker: Asker) -> None:
        self._turns.setdefault(asker.address, {})[asker] = None

    def _next(self) -> Asker:
        """The person whose turn it is. The others of the address go to the end of the round."""
        address = next(iter(self._turns))
        people = self._turns.pop(address)
        asker = next(iter(people))
        del people[asker]
        if people:
            self._turns[address] = people
        return asker

    def _begin(self, asker: Asker) -> Any:
        jobs = self._jobs[asker]
        job = jobs.popleft()
        if not jobs:
            del self._jobs[asker]
        self._busy.add(asker)
        self._waiting -= 1
        return job

    # -- budgets ---------------------------------------------------------------------------

    def _wait_of(self, asker: Asker, now: float) -> float:
        """Seconds until neither the person nor the address is in debt."""
        keys: tuple[Asker | str, ...] = (asker, asker.address)
        return max(self._spent[key].debt(now) if key in self._spent else 0 for key in keys)

    def _charge(self, key: Asker | str, budget: Budget, cost: float, now: float) -> None:
        bucket = self._spent.pop(key, None)
        if bucket is None:
            if len(self._spent) >= self._look_at:
                self._forget(now)
            bucket = TokenBucket(budget.burst, budget.rate, now)
        bucket.refill(now)
        bucket.tokens -= cost
        self._spent[key] = bucket  # in the order of use

    def _forget(self, now: float) -> None:
        """Drop full buckets, and if these are too few, those that were not used for longest."""
        self._spent = {key: each for key, each in self._spent.items() if not each.is_full(now)}
        while len(self._spent) > MOST * 9 // 10:
            del self._spent[next(iter(self._spent))]
        self._look_at = min(MOST, max(_FEW, 2 * len(self._spent)))
