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

import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from .base import LogFailed, LogFull
from .events import (
    Entry,
    MessageEdited,
    MessageRedacted,
    MessageSent,
    Reacted,
    ReadMarkerMoved,
    Unreacted,
)
from .reading import Latest, Range, by_whom, conversations_of, people_of
from .rows import EVENT_COLUMNS, MESSAGE_COLUMNS, Row, event_row, message_row
from .sqlite_reading import Reader

SCHEMA_VERSION = 1
INDEX_EVERY = 5_000
# Rows a statement, largest first; 12 columns x 256 stays under SQLite's 32,766 variables.
_GROUPS = (256, 32, 4, 1)


class SqliteLog:
    """The log in the file `path`, made if it is not there.

    With `durable` off it does not wait for the disk; for tests, and for measuring what the disk
    costs. Raises LogFailed when the file cannot be opened, is not ours or is from a newer version.
    """

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        self.path = path
        self._readers = threading.local()
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
            self._db.execute("PRAGMA busy_timeout = 5000")
            self._make_or_check()
            self.id = str(self._meta("id"))
            self.last_position, self.last_time = self._find_end()
            self._indexed = int(self._meta("indexed"))
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
            self._db.execute(
                "INSERT INTO meta VALUES ('id', ?), ('indexed', '0')", (secrets.token_hex(3),)
            )
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
        messages: list[Row] = []
        others: list[Entry] = []
        for entry in entries:
            if type(entry.event) is MessageSent:
                messages.append(message_row(entry))
            else:
                others.append(entry)
        self._transaction(messages, others)
        self.last_position, self.last_time = entries[-1].position, entries[-1].time
        self._unindexed += len(messages)
        if self._unindexed >= INDEX_EVERY:
            self._index()

    def _transaction(self, messages: list[Row], others: list[Entry]) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._insert("message", MESSAGE_COLUMNS, messages)
                self._insert("event", EVENT_COLUMNS, [event_row(entry) for entry in others])
                self._insert("event_of", "conversation, position", _places(others))
                for entry in others:
                    self._change(entry)
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise _translated(error) from error

    def _change(self, entry: Entry) -> None:
        """What an event changes in what was written before it."""
        change = _CHANGES.get(type(entry.event))
        if change is not None:
            for statement, values in change(entry, entry.event):
                self._db.execute(statement, values)

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
            self._transaction_of(self._index_statements())
            self._indexed = self.last_position
            self._unindexed = 0
        except sqlite3.Error as error:
            failure = _translated(error)
            if isinstance(failure, LogFailed):
                raise failure from error

    def _index_statements(self) -> Iterator[tuple[str, Row]]:
        after = (self._indexed,)
        yield (
            "INSERT OR IGNORE INTO message_of SELECT conversation, position FROM message"
            " WHERE position > ? ORDER BY conversation, position",
            after,
        )
        names = self._db.execute(
            "SELECT DISTINCT conversation FROM message WHERE position > ?"
            " AND instr(conversation, ' ') > 0",
            after,
        ).fetchall()
        for (name,) in names:
            for person in people_of(name):
                yield "INSERT OR IGNORE INTO private VALUES (?, ?)", (person, name)
        yield "INSERT OR REPLACE INTO meta VALUES ('indexed', ?)", (str(self.last_position),)

    def _transaction_of(self, statements: Iterable[tuple[str, Row]]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for statement, values in statements:
                self._db.execute(statement, values)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

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

    def _reader(self) -> Reader:
        reader: Reader | None = getattr(self._readers, "reader", None)
        if reader is None:
            reader = self._readers.reader = Reader(self.path)
        return reader

    def read(self, after: int = 0) -> Iterator[Entry]:
        return self._reader().read(after)

    def read_state(self, after: int = 0) -> Iterator[Entry]:
        return self._reader().read_state(after)

    def history(self, conversation: str, wanted: Range) -> list[Entry]:
        return self._reader().history(conversation, wanted)

    def at(self, positions: Iterable[int]) -> list[Entry]:
        return self._reader().at(positions)

    def reactions(self, messages: Iterable[int]) -> list[Entry]:
        return self._reader().reactions(messages)

    def latest(
        self, channels: Iterable[str], person: str | None = None, wanted: Range | None = None
    ) -> list[Latest]:
        return self._reader().latest(channels, person, wanted or Range())


def _places(events: Sequence[Entry]) -> list[Row]:
    return [
        (conversation, entry.position)
        for entry in events
        for conversation in conversations_of(entry.event)
    ]


# -- what events change in what was written before them ----------------------------------------

Statements = list[tuple[str, Row]]


def _edit(entry: Entry, event: MessageEdited) -> Statements:
    return [
        (
            "UPDATE message SET text = ?, edited = ? WHERE position = ?",
            (event.text, entry.time, event.message),
        )
    ]


def _redact(entry: Entry, event: MessageRedacted) -> Statements:
    return [
        ("DELETE FROM message WHERE position = ?", (event.message,)),
        (
            "DELETE FROM message_of WHERE conversation = ? AND position = ?",
            (event.conversation, event.message),
        ),
        ("DELETE FROM reaction WHERE message = ?", (event.message,)),
    ]


def _react(entry: Entry, event: Reacted) -> Statements:
    return [
        (
            "INSERT OR REPLACE INTO reaction SELECT ?, ?, ?, ?"
            " WHERE EXISTS (SELECT 1 FROM message WHERE position = ?)",
            (event.message, by_whom(event), event.reaction, entry.position, event.message),
        )
    ]


def _unreact(entry: Entry, event: Unreacted) -> Statements:
    return [
        (
            "DELETE FROM reaction WHERE message = ? AND person = ? AND reaction = ?",
            (event.message, by_whom(event), event.reaction),
        )
    ]


def _move_marker(entry: Entry, event: ReadMarkerMoved) -> Statements:
    whose = (event.account, event.conversation)
    return [
        (
            "DELETE FROM event WHERE position ="
            " (SELECT position FROM marker WHERE account = ? AND conversation = ?)",
            whose,
        ),
        ("INSERT OR REPLACE INTO marker VALUES (?, ?, ?)", (*whose, entry.position)),
    ]


_CHANGES: dict[type, Callable[[Entry, Any], Statements]] = {
    MessageEdited: _edit,
    MessageRedacted: _redact,
    Reacted: _react,
    Unreacted: _unreact,
    ReadMarkerMoved: _move_marker,
}


def _translated(error: sqlite3.Error) -> LogFull | LogFailed:
    # sqlite3 names the code from Python 3.11 on.
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_FULL", "SQLITE_BUSY", "SQLITE_LOCKED")):
        return LogFull(str(error))
    return LogFailed(f"{error} ({name})" if name else str(error))
