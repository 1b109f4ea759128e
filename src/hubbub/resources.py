"""Measure the server's use of its machine: disk space, processor time, memory."""

from __future__ import annotations

import contextlib
import mmap
import shutil
import stat
import time
from pathlib import Path
from typing import Any

_DATA = ("chat.db*", "chat-index.db*", "chat.log*", "files")


def storage_of(directory: Path) -> dict[str, Any]:
    """Bytes of each file and folder of the data in `directory`, and of its disk: free and total.
    Raises OSError."""
    paths = sorted(path for name in _DATA for path in directory.glob(name))
    usage = shutil.disk_usage(directory)
    return {
        "files": {path.name: size_of(path) for path in paths},
        "free": usage.free,
        "total": usage.total,
    }


def size_of(path: Path) -> int:
    """Bytes of a file, or of a folder with its contents."""
    size = 0
    for each in path.rglob("*") if path.is_dir() else (path,):
        with contextlib.suppress(FileNotFoundError):  # an upload that ended meanwhile
            found = each.stat()
            size += found.st_size if stat.S_ISREG(found.st_mode) else 0
    return size


def process_usage() -> dict[str, Any]:
    """CPU time in seconds and memory in bytes of this process; None where the system does not
    tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        memory: int | None = pages * mmap.PAGESIZE
    except (OSError, ValueError, IndexError):
        memory = None
    return {"cpu": round(time.process_time(), 3), "memory": memory}
