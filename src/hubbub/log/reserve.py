"""Room on the disk that is held back in a file beside the log, for the moment when it is full.

Then the file goes, and what was decided before anybody knew of it takes its place
(docs/decisions/0013-room-is-held-back.md).
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

#: Bytes. What is decided during one commit has some tens of thousands, and afterwards people leave.
SIZE = 4 * 2**20


class Reserve:
    """The file `path` of SIZE bytes; one that a server before left there is taken as it is."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def hold(self) -> str:
        """Why it cannot be held, or nothing: it is there. It is made only where as much again is
        free, so that it is not given up soon."""
        try:
            if self._size() == SIZE:
                return ""
            if shutil.disk_usage(self._path.parent).free < 2 * SIZE:
                return f"less than {2 * SIZE >> 20} MB are free"
            # Nothing that a file system could make smaller.
            self._path.write_bytes(os.urandom(SIZE))
        except OSError as error:
            self.give_up()
            return str(error)
        return ""

    def give_up(self) -> bool:
        """Its room is free now. False: there was none."""
        had = False
        with contextlib.suppress(OSError):
            had = self._size() > 0
            self._path.unlink()
        return had

    def _size(self) -> int:
        return self._path.stat().st_size if self._path.exists() else 0
