"""File contents on disk: `data_dir/files/<log>/<first two digits>/<id>`, thumbnails in `.small`.

A file is written under a temporary name, synced and renamed, then its folder is synced. So a file
under its final name is complete, and files named by the log exist. Paths never contain text from
people. Each log has a folder of its own; folders of other logs are not touched.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Container
from pathlib import Path
from typing import BinaryIO

_ID = re.compile(r"[0-9a-f]{32}")
_SMALL = ".small"


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


class Incoming:
    """A file being written; ends with `keep` or `drop`."""

    def __init__(self, folder: Path, id: str) -> None:
        self.id = id
        self.path = folder / f"{id}.part"
        self.small = folder / f"{id}{_SMALL}.part"
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
        self._file: BinaryIO = open(os.open(self.path, flags, 0o600), "wb")  # noqa: SIM115

    def write(self, data: bytes) -> None:
        self._file.write(data)

    def close(self) -> None:
        """Finish writing."""
        self._file.close()

    def drop(self) -> None:
        with contextlib.suppress(OSError):
            self._file.close()
        self.path.unlink(missing_ok=True)
        self.small.unlink(missing_ok=True)


class Store:
    """The contents of the files of the log `log` in `folder`."""

    def __init__(self, folder: Path, log: str) -> None:
        self.root = folder / log
        self._incoming = self.root / "incoming"

    def begin(self) -> Incoming:
        """Create a new file with a new id. Raises OSError."""
        for folder in (self.root.parent, self.root, self._incoming):
            folder.mkdir(exist_ok=True, mode=0o700)
        return Incoming(self._incoming, secrets.token_hex(16))

    def keep(self, incoming: Incoming) -> None:
        """Give a complete file its final name. On OSError nothing of it remains."""
        incoming.close()
        target = self.path(incoming.id)
        try:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if incoming.small.exists():
                _sync(incoming.small)
                incoming.small.replace(self.small_path(incoming.id))
            _sync(incoming.path)
            incoming.path.replace(target)
            _sync_folder(target.parent)
            _sync_folder(self.root)
        except OSError:
            incoming.drop()
            self.remove(incoming.id)
            raise

    def path(self, id: str) -> Path:
        if not is_id(id):
            raise ValueError(f"{id!r} is not the id of a file")
        return self.root / id[:2] / id

    def small_path(self, id: str) -> Path:
        return self.path(id).with_name(f"{id}{_SMALL}")

    def remove(self, id: str) -> None:
        """Delete a file and its thumbnail. Raises OSError."""
        self.path(id).unlink(missing_ok=True)
        self.small_path(id).unlink(missing_ok=True)

    def free_space(self) -> int:
        """Free bytes on the disk."""
        folder = next(each for each in (self.root, *self.root.parents) if each.exists())
        return shutil.disk_usage(folder).free

    def sweep(self, known: Container[str]) -> int:
        """Delete files that are not `known`: interrupted uploads, and removals that a crash
        prevented. Call it only while there are no uploads. Returns the number of deleted files."""
        found = 0
        for folder in self._folders():
            for path in list(folder.iterdir()):
                if folder == self._incoming or path.name.removesuffix(_SMALL) not in known:
                    with contextlib.suppress(OSError):
                        path.unlink()
                        found += 1
        return found

    def _folders(self) -> list[Path]:
        if not self.root.is_dir():
            return []
        return [
            each
            for each in self.root.iterdir()
            if each.is_dir() and not each.is_symlink()
            and (each == self._incoming or re.fullmatch("[0-9a-f]{2}", each.name))
        ]  # fmt: skip


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    """Make a new name survive a power loss. Does nothing on Windows, which lacks this."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
