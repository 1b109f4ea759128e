"""Reserve space for uploads in progress, so that parallel uploads cannot exceed a quota.

The model counts stored files (model/uploads.py), this class counts uploads in progress. Both are
read and changed under the hub's lock, so each byte is counted exactly once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from ..config import FileSettings
from ..handlers.refusals import Refused
from ..model.accounts import network_of
from ..model.uploads import Uploads, owners_of


class UploadQuota:
    """Space reserved. Methods whose names end in `_locked` need the hub's lock."""

    def __init__(self, files: Uploads, free_space: Callable[[], int]) -> None:
        self._files = files
        self._free_space = free_space
        self._coming: Counter[str] = Counter()  # owner -> bytes
        self._uploads: Counter[str] = Counter()  # owner -> number of uploads
        self._total = 0

    def begin_locked(self, owners: tuple[str, ...], limits: FileSettings) -> None:
        """Count a new upload. Raises Refused."""
        if self._uploads[owners[0]] >= limits.at_once:
            raise Refused("TOO_MANY", f"Only {limits.at_once} uploads at a time, please")
        self._uploads[owners[0]] += 1

    def take_locked(self, owners: tuple[str, ...], size: int, limits: FileSettings) -> None:
        """Reserve `size` more bytes. Raises Refused and then reserves nothing."""
        for owner in owners:
            most = _quota(owner, limits)
            used = self._files.used[owner] + self._coming[owner]
            if used + size > most:
                raise Refused("QUOTA", f"{_WHOSE[owner.partition(' ')[0]]} room for files is full"
                                  f" ({used} of {most} bytes); old messages with files can be"
                                  " deleted")  # fmt: skip
        if self._files.total + self._total + size > limits.total:
            raise Refused("QUOTA", "This server's room for files is full")
        if self._free_space() - self._total - size < limits.free_space:
            raise Refused("QUOTA", "This server's disk is nearly full")
        for owner in owners:
            self._coming[owner] += size
        self._total += size

    def give_back_locked(self, owners: tuple[str, ...], size: int) -> None:
        for owner in owners:
            self._coming[owner] -= size
            if not self._coming[owner]:
                del self._coming[owner]
        self._total -= size

    def end_locked(self, owners: tuple[str, ...]) -> None:
        self._uploads[owners[0]] -= 1
        if not self._uploads[owners[0]]:
            del self._uploads[owners[0]]

    @property
    def held(self) -> int:
        """Bytes reserved for uploads in progress."""
        return self._total


_WHOSE = {"account": "Your", "guest": "Your", "address": "Your network's"}


def _quota(owner: str, limits: FileSettings) -> int:
    kind = owner.partition(" ")[0]
    quotas = {
        "account": limits.account_quota,
        "guest": limits.guest_quota,
        "address": limits.address_quota,
    }
    return quotas[kind]


def owners(account: str | None, user: int, host: str) -> tuple[str, ...]:
    return owners_of(account, user, network_of(host))
