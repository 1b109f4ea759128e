"""Which item goes when there are too many: the oldest of the owner who has the most.

    shares = FairShares(most=1000)
    for gone in shares.add(key, owner):  # keys of items that have to go now
        del items[gone]
    shares.drop(key)                     # it has gone by itself

So nobody loses an item because somebody else makes more of them. Each step takes constant time.
Not thread-safe.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class FairShares(Generic[Key]):
    """At most `most` keys of all owners, and `most_of_one` of each."""

    def __init__(self, most: int, most_of_one: int | None = None) -> None:
        self._most = most
        self._most_of_one = most if most_of_one is None else most_of_one
        self._owners: dict[Key, str] = {}
        self._of: dict[str, dict[Key, None]] = {}  # owner -> keys, oldest first
        self._with: dict[int, dict[str, None]] = {}  # number of keys -> owners
        self._largest = 0  # number of keys of the owner who has the most

    def __len__(self) -> int:
        return len(self._owners)

    def add(self, key: Key, owner: str) -> list[Key]:
        """Add a key as the newest one, and drop and return those that are too many."""
        self.drop(key)
        own = self._of.setdefault(owner, {})
        own[key] = None
        self._owners[key] = owner
        self._moved(owner, len(own) - 1, len(own))
        return list(self._excess(owner))

    def drop(self, key: Key) -> None:
        owner = self._owners.pop(key, None)
        if owner is None:
            return
        own = self._of[owner]
        del own[key]
        self._moved(owner, len(own) + 1, len(own))
        if not own:
            del self._of[owner]

    def _excess(self, owner: str) -> Iterator[Key]:
        while len(self._of[owner]) > self._most_of_one:
            yield self._drop_oldest(owner)
        while len(self) > self._most:
            largest = self._with[self._largest]
            yield self._drop_oldest(
                owner if owner in largest and self._largest > 1 else next(iter(largest))
            )

    def _drop_oldest(self, owner: str) -> Key:
        key = next(iter(self._of[owner]))
        self.drop(key)
        return key

    def _moved(self, owner: str, before: int, after: int) -> None:
        """An owner has a key more or less."""
        if before:
            del self._with[before][owner]
            if not self._with[before]:
                del self._with[before]
        if after:
            self._with.setdefault(after, {})[owner] = None
        if after > self._largest or (before == self._largest and before not in self._with):
            self._largest = after
