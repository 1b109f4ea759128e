"""The log in one SQLite file: WAL, synchronous=FULL, one writing connection.

Only the writer thread's connection writes and checkpoints; readers open the file read-only, one
connection a thread. That also keeps clear of the WAL-reset bug of SQLite before 3.51.3, which
needs two connections that write or checkpoint at once (sqlite.org/wal.html#walresetbug).

Messages are appended to a table without any index: the index by conversation is filled behind,
many at a time, when `INDEX_EVERY` have gathered. Readers look in the index and in the short rest.

Rows go in with few, long statements: Python's sqlite3 gives up the interpreter lock around every
step, and taking it back from busy I/O threads is what costs.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from .base import LogFailed, LogFull
from .coding import decode, encode
from .events import Entry, MessageSent

SCHEMA_VERSION = 1
INDEX_EVERY = 5_000
_MESSAGE_COLUMNS = (
    "position, time, conversation, user, source, account, command, target, recipient, text, tags"
)
_EVENT_COLUMNS = "position, time, kind, body"
# Rows a statement, largest first; 11 columns x 256 stays under SQLite's 32,766 variables.
_GROUPS = (256, 32, 4, 1)


class SqliteLog:
    """The log in the file `path`, made if it is not there.

    Raises LogFailed when the file cannot be opened, is not ours or is from a newer version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._readers = threading.local()
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA busy_timeout = 5000")
            self._make_or_check()
            self.id = str(self._meta("id"))
            self.last_position, self.last_time = self._find_end()
            self._indexed = self._value("SELECT max(position) FROM message_of") or 0
        except sqlite3.Error as error:
            raise LogFailed(f"cannot use {path}: {error}") from error
        self._unindexed = 0

    # -- opening ---------------------------------------------------------------------------

    def _make_or_check(self) -> None:
        version = self._value("PRAGMA user_version")
        if version == 0 and self._value("SELECT count(*) FROM sqlite_master") == 0:
            schema = resources.files(__package__).joinpath("schema.sql").read_text("utf-8")
            self._db.executescript(
                f"BEGIN; {schema} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            )
            self._db.execute("INSERT INTO meta VALUES ('id', ?)", (secrets.token_hex(3),))
        elif version != SCHEMA_VERSION:
            raise LogFailed(
                f"cannot use {self.path}: its format is {version}, "
                f"this version of Hubbub reads {SCHEMA_VERSION}"
            )

    def _value(self, query: str, *values: Any) -> Any:
        row = self._db.execute(query, values).fetchone()
        return row[0] if row else None

    def _meta(self, key: str) -> str:
        return str(self._value("SELECT value FROM meta WHERE key = ?", key))

    def _find_end(self) -> tuple[int, int]:
        ends = [
            self._db.execute(
                f"SELECT position, time FROM {table} ORDER BY position DESC LIMIT 1"
            ).fetchone()
            for table in ("message", "event")
        ]
        return max((end for end in ends if end), default=(0, 0))

    # -- writing: the writer thread alone --------------------------------------------------

    def append(self, entries: Sequence[Entry]) -> None:
        messages: list[tuple[Any, ...]] = []
        events: list[tuple[Any, ...]] = []
        for position, time, event in entries:
            if type(event) is MessageSent:
                user, source, account, command, target, recipient, conversation, text, tags = event
                messages.append(
                    (
                        position, time, conversation, user, source, account, command,
                        target, recipient, text, json.dumps(tags) if tags else None,
                    )
                )  # fmt: skip
            else:
                events.append((position, time, *encode(event)))
        self._transaction(messages, events)
        self.last_position, self.last_time = entries[-1].position, entries[-1].time
        self._unindexed += len(messages)
        if self._unindexed >= INDEX_EVERY:
            self._index()

    def _transaction(self, messages: list[tuple[Any, ...]], events: list[tuple[Any, ...]]) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._insert("message", _MESSAGE_COLUMNS, messages)
                self._insert("event", _EVENT_COLUMNS, events)
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise _translated(error) from error

    def _insert(self, table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
        width = columns.count(",") + 1
        done = 0
        for size in _GROUPS:
            if len(rows) - done < size:
                continue
            marks = ",".join(["(" + ",".join("?" * width) + ")"] * size)
            statement = f"INSERT INTO {table} ({columns}) VALUES {marks}"
            while len(rows) - done >= size:
                group = rows[done : done + size]
                self._db.execute(statement, [value for row in group for value in row])
                done += size

    def _index(self) -> None:
        """Bring the index by conversation up to the end. Losing it loses nothing."""
        try:
            self._db.execute(
                "INSERT INTO message_of SELECT conversation, position FROM message"
                " WHERE position > ? ORDER BY conversation, position",
                (self._indexed,),
            )
            self._indexed = self.last_position
            self._unindexed = 0
        except sqlite3.Error as error:
            failure = _translated(error)
            if isinstance(failure, LogFailed):
                raise failure from error

    def probe(self) -> None:
        try:
            self._db.execute("INSERT OR REPLACE INTO meta VALUES ('probe', hex(zeroblob(4096)))")
            self._db.execute("DELETE FROM meta WHERE key = 'probe'")
        except sqlite3.Error as error:
            raise _translated(error) from error

    def close(self) -> None:
        self._index()
        self._db.close()

    # -- reading: any thread, each with its own read-only connection -----------------------

    def _reader(self) -> sqlite3.Connection:
        reader: sqlite3.Connection | None = getattr(self._readers, "db", None)
        if reader is None:
            reader = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)
            self._readers.db = reader
        return reader

    def read(self, after: int = 0) -> Iterator[Entry]:
        rows = self._reader().execute(
            f"SELECT {_MESSAGE_COLUMNS}, NULL, NULL FROM message WHERE position > :after"
            " UNION ALL "
            "SELECT position, time, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, kind,"
            " body"
            " FROM event WHERE position > :after ORDER BY position",
            {"after": after},
        )
        for *message, kind, body in rows:
            if kind is None:
                yield _message(message)
            else:
                yield Entry(message[0], message[1], decode(kind, body))

    def read_state(self, after: int = 0) -> Iterator[Entry]:
        """Like `read`, without the messages: they change nothing that is true now."""
        rows = self._reader().execute(
            f"SELECT {_EVENT_COLUMNS} FROM event WHERE position > ? ORDER BY position", (after,)
        )
        for position, time, kind, body in rows:
            yield Entry(position, time, decode(kind, body))

    def history(self, conversation: str, before: int, limit: int) -> list[Entry]:
        db = self._reader()
        indexed = db.execute("SELECT max(position) FROM message_of").fetchone()[0] or 0
        rows = db.execute(
            f"SELECT {_MESSAGE_COLUMNS} FROM message WHERE position IN ("
            "  SELECT position FROM (SELECT position FROM message_of WHERE conversation = :name"
            "  AND position < :before ORDER BY position DESC LIMIT :limit)"
            "  UNION ALL SELECT position FROM message"
            "  WHERE position > :indexed AND position < :before AND conversation = :name)"
            " ORDER BY position DESC LIMIT :limit",
            {"name": conversation, "before": before, "limit": limit, "indexed": indexed},
        )
        return [_message(row) for row in rows][::-1]


def _message(row: Sequence[Any]) -> Entry:
    position, time, conversation, user, source, account, command, target, recipient, text, tags = (
        row
    )
    pairs = tuple((key, value) for key, value in json.loads(tags)) if tags else ()
    return Entry(
        position,
        time,
        MessageSent(user, source, account, command, target, recipient, conversation, text, pairs),
    )


def _translated(error: sqlite3.Error) -> LogFull | LogFailed:
    # sqlite3 names the code from Python 3.11 on.
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_FULL", "SQLITE_BUSY", "SQLITE_LOCKED")):
        return LogFull(str(error))
    return LogFailed(f"{error} ({name})" if name else str(error))
