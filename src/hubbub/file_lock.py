"""A lock on an open file that one process has at a time.

The system lets go of it when the file is closed or its process ends, however that happens. It is
taken without importing anything that an installation brings, so that a first start can use it.
"""

import sys
from typing import IO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


def try_lock(file: IO[str]) -> bool:
    """Lock `file`, unless another process has. Raises OSError where the disk knows no locks."""
    try:
        if sys.platform == "win32":
            file.seek(1 << 30)  # a lock keeps others from reading there, and nothing is there
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
