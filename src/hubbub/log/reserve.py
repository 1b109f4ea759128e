"""Reserve disk space in a file beside the log, for the moment when the disk is full.

Then the file is deleted, and its space is used for everything decided before the lack of space was
known (docs/decisions/0013-room-is-held-back.md).
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

#: Bytes. One commit's time decides some tens of kilobytes; afterwards only quits are recorded.
SIZE = 4 * 2**20


class Reserve:
    """The file `path` of SIZE bytes. A file left by an earlier server is used as it is."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def hold(self) -> str:
        """Create the file. Returns why that is impossible, or "". It is created only if as much
        space again is free, so that it is not needed again at once."""
        try:
            if self._size() == SIZE:
                return ""
            if shutil.disk_usage(self._path.parent).free < 2 * SIZE:
                return f"less than {2 * SIZE >> 20} MB are free"
            # Data that a file system cannot compress.
            self._path.write_bytes(os.urandom(SIZE))
        except OSError as error:
            self.give_up()
            return str(error)
        return ""

    def give_up(self) -> bool:
        """Free its space. False: there was no file."""
        had = False
        with contextlib.suppress(OSError):
            had = self._size() > 0
            self._path.unlink()
        return had

    def _size(self) -> int:
        return self._path.stat().st_size if self._path.exists() else 0
