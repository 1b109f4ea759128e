"""Is the write-ahead log of a chat.db beside it?

While a server runs, what was synced last is in chat.db-wal alone. A copy of chat.db without it is
half of a log that looks like a whole one. So the file itself says that a server had it open, in the
field of its header that SQLite leaves to applications; a clean end takes the mark away.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

_OPEN = 0x48756262  # "Hubb"


def mark_open(db: sqlite3.Connection) -> None:
    """From here on the file needs its write-ahead log; a checkpoint has to follow, which brings the
    mark into the file itself. Raises sqlite3.Error."""
    db.execute(f"PRAGMA application_id = {_OPEN}")


def mark_closed(db: sqlite3.Connection) -> None:
    """All of it is in the file. Raises sqlite3.Error."""
    db.execute("PRAGMA application_id = 0")


def wrong_with(path: Path) -> str | None:
    """Why nobody should go on with the log at `path`, or None. Raises OSError."""
    with path.open("rb") as file:
        header = file.read(72)
    # https://www.sqlite.org/fileformat2.html#the_database_header: 2 is WAL, in read and write.
    needs_wal = header[18:20] == b"\2\2" and header[68:72] == _OPEN.to_bytes(4, "big")
    if not needs_wal or path.with_name(f"{path.name}-wal").exists():
        return None
    return (
        f"it is half of a copy, its write-ahead log {path.name}-wal is missing. Copy all files of a"
        f" server that does not run, or use hubbub backup; hubbub restore takes what is in it"
    )
