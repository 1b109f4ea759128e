"""Reserve space for uploads in progress, so that parallel uploads cannot exceed a quota. Files are
bounded in bytes and in number: each takes memory as long as it is kept, however small it is.

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
        self._total = 0  # bytes
        self._total_uploads = 0

    def begin_locked(self, owners: tuple[str, ...], limits: FileSettings) -> None:
        """Count a new upload. Raises Refused."""
        if self._uploads[owners[0]] >= limits.at_once:
            raise Refused("TOO_MANY", f"Only {limits.at_once} uploads at a time, please")
        for owner in owners:
            most = _files(owner, limits)
            if self._files.numbers[owner] + self._uploads[owner] >= most:
                raise Refused("QUOTA", f"{_whose(owner)} number of files is {most} at most;"
                                  " old messages with files can be deleted")  # fmt: skip
        if len(self._files.by_id) + self._total_uploads >= limits.total_files:
            raise Refused("QUOTA", "This server keeps no more files")
        for owner in owners:
            self._uploads[owner] += 1
        self._total_uploads += 1

    def take_locked(self, owners: tuple[str, ...], size: int, limits: FileSettings) -> None:
        """Reserve `size` more bytes. Raises Refused and then reserves nothing."""
        for owner in owners:
            most = _quota(owner, limits)
            used = self._files.used[owner] + self._coming[owner]
            if used + size > most:
                raise Refused("QUOTA", f"{_whose(owner)} room for files is full"
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
        for owner in owners:
            self._uploads[owner] -= 1
            if not self._uploads[owner]:
                del self._uploads[owner]
        self._total_uploads -= 1

    @property
    def held(self) -> int:
        """Bytes reserved for uploads in progress."""
        return self._total


def _whose(owner: str) -> str:
    return {"account": "Your", "guest": "Your", "address": "Your network's"}[_kind(owner)]


def _quota(owner: str, limits: FileSettings) -> int:
    return {
        "account": limits.account_quota,
        "guest": limits.guest_quota,
        "address": limits.address_quota,
    }[_kind(owner)]


def _files(owner: str, limits: FileSettings) -> int:
    return {
        "account": limits.account_files,
        "guest": limits.guest_files,
        "address": limits.address_files,
    }[_kind(owner)]


def _kind(owner: str) -> str:
    return owner.partition(" ")[0]


def owners(account: str | None, user: int, host: str) -> tuple[str, ...]:
    return owners_of(account, user, network_of(host))
