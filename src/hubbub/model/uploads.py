"""Metadata and quota usage of uploaded files. The contents are on disk (files/store.py)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from ..events.kinds import Entry, FilePosted, FileRemoved, FileUploaded
from ..protocol.names import fold


class File(NamedTuple):
    """An uploaded file. `message` is the position of the message that links it, None while there is
    none; `conversation` is where that message was sent."""

    id: str
    name: str
    type: str
    size: int
    owners: tuple[str, ...]  # whose quota it counts against, see `owners_of`
    width: int
    height: int
    thumbnail: int
    time: int  # ms since 1970
    entries: tuple[int, ...]  # positions of the log entries about it
    account: str | None = None
    user: int = 0
    message: int | None = None
    conversation: str = ""

    @property
    def room(self) -> int:
        """Bytes used on disk."""
        return self.size + self.thumbnail


def owners_of(account: str | None, user: int, address: str) -> tuple[str, ...]:
    """The quota keys of an upload: the account, or else the person and all guests of the address.
    `address` is normalised: for IPv6 the /64 network."""
    if account is not None:
        return (f"account {fold(account)}",)
    return (f"guest {user}", f"address {address}")


class Uploads:
    def __init__(self) -> None:
        self.by_id: dict[str, File] = {}
        self.waiting: dict[str, None] = {}  # files that no message links yet, oldest first
        self.of_message: dict[int, tuple[str, ...]] = {}
        self.used: Counter[str] = Counter()  # owner -> bytes
        self.numbers: Counter[str] = Counter()  # owner -> files
        self.total = 0  # bytes

    def uploaded(self, entry: Entry, event: FileUploaded) -> None:
        owners = owners_of(event.account, event.user, event.address)
        file = File(
            event.file, event.name, event.type, event.size, owners, event.width, event.height,
            event.thumbnail, entry.time, (entry.position,), event.account, event.user,
        )  # fmt: skip
        self.by_id[file.id] = file
        self.waiting[file.id] = None
        self._count(file, 1)

    def posted(self, entry: Entry, event: FilePosted) -> None:
        file = self.by_id.get(event.file)
        if file is None or self.waiting.pop(file.id, 0) == 0:
            return
        self.by_id[file.id] = file._replace(
            message=event.message,
            conversation=event.conversation,
            entries=(*file.entries, entry.position),
        )
        self.of_message[event.message] = (*self.of_message.get(event.message, ()), file.id)

    def removed(self, entry: Entry, event: FileRemoved) -> None:
        file = self.by_id.pop(event.file, None)
        if file is None:
            return
        self.waiting.pop(file.id, None)
        if file.message is not None:
            left = tuple(id for id in self.of_message[file.message] if id != file.id)
            if left:
                self.of_message[file.message] = left
            else:
                del self.of_message[file.message]
        self._count(file, -1)

    def _count(self, file: File, sign: int) -> None:
        self.total += sign * file.room
        for owner in file.owners:
            self.used[owner] += sign * file.room
            self.numbers[owner] += sign
            if not self.numbers[owner]:
                del self.used[owner], self.numbers[owner]

    def renamed(self, names: dict[str, str]) -> None:
        """Follow renamed conversations: old name -> new name."""
        for file in list(self.by_id.values()):
            if file.conversation in names:
                self.by_id[file.id] = file._replace(conversation=names[file.conversation])

    def named_by(self, messages: Iterable[int]) -> list[File]:
        """The files linked by the messages at these positions."""
        return [self.by_id[id] for at in messages for id in self.of_message.get(at, ())]

    def snapshot(self) -> dict[str, Any]:
        return {
            "by_id": {id: list(file) for id, file in sorted(self.by_id.items())},
            "waiting": sorted(self.waiting),
            "of_message": {str(at): sorted(ids) for at, ids in sorted(self.of_message.items())},
            "used": dict(sorted(self.used.items())),
            "numbers": dict(sorted(self.numbers.items())),
            "total": self.total,
        }
