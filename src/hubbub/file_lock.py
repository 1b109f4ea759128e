"""An exclusive lock on an open file, between processes.

The system releases it when the file is closed or its process ends for any reason. This file imports
no third-party package, so that a first start can use it.
"""

import sys
from typing import IO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


def try_lock(file: IO[str]) -> bool:
    """Try to lock `file`; False if another process holds it. Raises OSError if unsupported."""
    try:
        if sys.platform == "win32":
            # Windows forbids others to read a locked range, so lock one beyond the contents.
            file.seek(1 << 30)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
