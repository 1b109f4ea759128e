"""The log in one SQLite file: WAL, synchronous=FULL, one writing connection.

Only the writer thread's connection writes chat.db and checkpoints it; readers open it read-only,
one connection per thread. That also avoids the WAL-reset bug of SQLite before 3.51.3, which needs
two connections that write or checkpoint at once (sqlite.org/wal.html#walresetbug).

Appending only appends: there is no index on messages, and no search. A thread of its own builds
these in a separate file (index.py), so a commit never waits for them.

sqlite_writing.py turns entries into rows, sqlite_changes.py changes earlier rows, sqlite_reading.py
reads them.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from time import time_ns
from typing import Any

from ..events.bursts import Logged, end_of
from ..events.kinds import (
    Entry,
    Event,
    ServerStarted,
)
from ..events.msgid import first_of_run
from ..events.retention import Rules
from . import wal
from .base import Erased, LogBusy, LogFailed, LogFull
from .expiry import ByWriter, Expiry, Slice, forget
from .index import Index, Summarizer
from .migrations import prepare
from .pace import Pace
from .ranges import REMEMBERED_MS, Labeled, Latest, Range
from .reserve import Reserve
from .rows import EVENT_COLUMNS, read_event
from .search import Query
from .sqlite_reading import FIRST, Reader
from .sqlite_writing import RowWriter

#: The write-ahead log is checkpointed when nothing is to be written and this many messages have
#: gathered (or commits, pace.py), or in any case at 16,000 pages (64 MB).
_CHECKPOINT_MESSAGES = 10_000
_CHECKPOINT_PAGES = 16_000
#: Positions skipped at each start.
_UNKEPT = 65_536
#: Seconds for which the free space of the disk is taken as known: to look it up after each commit
#: gives the interpreter to other threads once more.
_LOOK_SECONDS = 0.25
#: Milliseconds that a commit waits for a lock of another program; PONGs wait with it.
_BUSY_MS = 1000


class SqliteLog:
    """The log in the file `path`, created if it does not exist.

    With `durable` off it does not wait for the disk; for tests, and to measure the cost of the
    disk. `summarizer` makes the summaries that shorten the next start. `connect` opens the writer's
    connection; a test may pass one to a disk that fails. Raises LogFailed if the file cannot be
    opened, is not a log or has a newer format.
    """

    def __init__(
        self,
        path: Path,
        *,
        durable: bool = True,
        summarizer: Summarizer | None = None,
        pace: Pace | None = None,
        connect: Callable[..., sqlite3.Connection] = sqlite3.connect,
    ) -> None:
        self.path = path
        self._pace = pace or Pace()
        self._readers = threading.local()
        #: Called with expired messages, in the writer thread.
        self.on_forgotten: Callable[[list[int]], None] = lambda positions: None
        self._commits = self._messages = 0  # since the last checkpoint
        self._is_run = self._is_marked = False  # by a server; see wal.py
        try:
            if path.exists() and (wrong := wal.wrong_with(path)):
                raise LogFailed(f"cannot use {path}: {wrong}")
            self._db = connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
            self._db.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
            self._db.execute("PRAGMA secure_delete = ON")
            self._db.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
            self._db.execute("PRAGMA journal_size_limit = 67108864")
            prepare(self._db, path)
            self.id = str(self._meta("id"))
            self.last_position, self.last_time = self._find_end()
        except sqlite3.Error as error:
            raise LogFailed(f"cannot use {path}: {error}") from error
        self._rows = RowWriter(self._db)
        self.index = Index(path, summarizer, self._pace)
        self.erased: list[Erased] = []
        self.no_room = ""
        self._free_space: int | None = None
        self._next_look = 0.0
        self._reserve = Reserve(path.with_name(f"{path.name}-reserve"))

    # -- opening ---------------------------------------------------------------------------

    def _value(self, query: str, *values: Any) -> Any:
        row = self._db.execute(query, values).fetchone()
        return row[0] if row else None

    def _meta(self, key: str) -> Any:
        return self._value("SELECT value FROM meta WHERE key = ?", key)

    def _find_end(self) -> tuple[int, int]:
        """The highest position possibly used, and the last time.

        Some events had a position and were not stored (TAGMSG), and the file may be an older copy.
        So a run begins beyond all positions that any run before it can have assigned."""
        ends = [
            self._db.execute(
                f"SELECT position, time FROM {table} ORDER BY position DESC LIMIT 1"
            ).fetchone()
            for table in ("message", "event")
        ]
        forgotten_end = int(self._meta("end") or 0), int(self._meta("end_time") or 0)
        position, time = max((end for end in (*ends, forgotten_end) if end), default=(0, 0))
        if position > 0:
            position = max(position + _UNKEPT, first_of_run(time_ns() // 1_000_000))
        return max(position, int(self._meta("first") or 0)), time

    # -- writing: the writer thread alone --------------------------------------------------

    def append(self, entries: Sequence[Logged]) -> None:
        try:
            self._append(entries)
        except LogBusy:
            raise
        except LogFull as full:
            self.no_room = str(full)
            self.index.has_room = False
            if not self._reserve.give_up():
                raise
            self._append(entries)

    def _append(self, entries: Sequence[Logged]) -> None:
        self.erased = self._rows.erased = []
        with self._transaction():
            if type(entries[0].event) is ServerStarted:
                self._begin_run(entries[0].time)
            self._rows.write(entries)
        if self._is_run and not self._is_marked:
            self._mark()
        before = self.last_position
        self.last_position, self.last_time = end_of(entries[-1])
        self._commits += 1
        self._messages += self.last_position - before
        self.index.wake()

    def _begin_run(self, now: int) -> None:
        """A server starts with this log at `now` (ms), in the transaction of its first entries."""
        self._is_run = True
        wal.mark_open(self._db)
        # Ten minutes of a label are minutes in which the server runs, whatever its clock did since.
        self._db.execute("UPDATE label SET time = time + ?", (now - self.last_time,))

    def _mark(self) -> None:
        """The mark has to stand in the file itself. Raises LogFull, LogFailed."""
        try:
            self._db.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except sqlite3.Error as error:
            raise translated(error) from error
        self._is_marked = True

    def free_space(self) -> int | None:
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + _LOOK_SECONDS
            self._free_space = _free_space(self.path.parent)
        return self._free_space

    def hold_room(self) -> bool:
        self.no_room = self._reserve.hold()
        self.index.has_room = not self.no_room
        return not self.no_room

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """A transaction. Raises LogFull, LogFailed."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                # The ids of new routes and conversations are rolled back with it.
                self._rows.forget_ids()
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise translated(error) from error

    # -- what was said elsewhere (importing/keeping.py), with no server running ---------------

    @contextlib.contextmanager
    def past(self) -> Iterator[None]:
        """One transaction for an import: all or nothing. Raises LogFull, LogFailed."""
        with self._transaction(), self._reader().through(self._db):
            yield

    def put_past(self, entries: Sequence[Entry], keys: Iterable[tuple[bytes, int]]) -> None:
        """Store entries at positions below 1, and the keys by which their messages are
        recognised."""
        self._rows.write(entries)
        self._db.executemany("INSERT INTO imported (key, position) VALUES (?, ?)", keys)

    def put_now(self, events: Sequence[Event], now: int) -> None:
        """Append what an import does to the present, in its transaction."""
        self.last_time = max(now, self.last_time)
        for event in events:
            self.last_position += 1
            self._rows.write([Entry(self.last_position, self.last_time, event)])

    def change_past(self, entry: Entry) -> None:
        """Replace the message at this position."""
        self._db.execute("DELETE FROM message WHERE position = ?", (entry.position,))
        self._rows.write([entry])

    def past_changed(self) -> None:
        """Have the index of imported messages rebuilt."""
        self._db.execute(
            "INSERT INTO meta VALUES ('imports', '1')"
            " ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + 1"
        )

    def import_notes(self, kind: str) -> dict[str, str]:
        """What earlier imports noted: texts by name, of names that begin with `kind`."""
        rows = self._db.execute(
            "SELECT substr(key, ?), value FROM meta WHERE key >= ? AND key < ?",
            (len(kind) + 1, kind, kind + "\U0010ffff"),
        )
        return dict(rows)

    def note_import(self, name: str, text: str) -> None:
        name = name.encode(errors="replace").decode()
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, text))

    def conversation_id(self, name: str) -> int | None:
        id: int | None = self._value("SELECT id FROM conversation WHERE name = ?", name)
        return id

    def conversation_name(self, id: int) -> str | None:
        """What a conversation is called now; it keeps its id when it is renamed."""
        name: str | None = self._value("SELECT name FROM conversation WHERE id = ?", id)
        return name

    def has_events(self, name: str) -> bool:
        """Did anything besides messages happen in this conversation on this server?"""
        found = "SELECT EXISTS (SELECT 1 FROM event_of WHERE conversation = ? AND position > 0)"
        return bool(self._value(found, name))

    def redacted(self) -> set[int]:
        """The positions of the messages that were deleted on this server."""
        rows = self._db.execute(f"SELECT {EVENT_COLUMNS} FROM event WHERE kind = 'MessageRedacted'")
        found: list[Any] = [read_event(row).event for row in rows]
        return {event.message for event in found}

    def imported(self, key: bytes) -> int | None:
        """The position of the message with this key, even if it was deleted since."""
        position: int | None = self._value("SELECT position FROM imported WHERE key = ?", key)
        return position

    def imported_like(self, head: bytes) -> list[tuple[bytes, int]]:
        """The keys with this beginning, and the positions of their messages, in order."""
        rows = self._db.execute(
            "SELECT key, position FROM imported WHERE key >= ? AND key < ? ORDER BY position",
            (head, head + b"\xff" * 16),
        )
        return [(key, position) for key, position in rows]

    def last_earlier(self, position: int, time: int) -> int:
        """The last position before this one of a message sent before `time`."""
        found: list[int | None] = [
            self._value(
                f"SELECT position FROM {table} WHERE position < ? AND time < ?"
                " ORDER BY position DESC LIMIT 1",
                position,
                time,
            )
            for table in ("message", "event")
        ]
        return max(each for each in (*found, FIRST) if each is not None)

    def has_position(self, position: int) -> bool:
        return bool(
            self._value(
                "SELECT EXISTS (SELECT 1 FROM message WHERE position = ?1)"
                " OR EXISTS (SELECT 1 FROM event WHERE position = ?1)"
                " OR EXISTS (SELECT 1 FROM imported WHERE position = ?1)",
                position,
            )
        )

    # -- what has expired --------------------------------------------------------------------

    def keep_to(
        self, rules: Callable[[], Rules], run: Callable[[Callable[[], None]], None]
    ) -> None:
        by_writer = ByWriter(run, self.forget, self.index.closing)
        self.index.forget_by(Expiry(self.path, rules, by_writer, self._pace))

    def forget(self, slice: Slice) -> None:
        """Delete a slice, in the writer thread. Raises LogFull, LogFailed."""
        if self.no_room:
            raise LogFull(self.no_room)
        with self._transaction():
            forget(self._db, slice)
            if slice.routes:
                self._rows.forget_ids()
        self._rows.erasing = True
        if slice.messages:
            self.on_forgotten([position for _, position in slice.messages])

    # -- housekeeping ------------------------------------------------------------------------

    def rest(self) -> None:
        """Called when nothing is to be written: does now what would delay a commit."""
        try:
            if self.no_room:
                self._spare_room()
            elif (
                self._rows.erasing
                or self._commits >= self._pace.checkpoint_commits
                or self._messages >= _CHECKPOINT_MESSAGES
            ):
                self._tidy()
        except sqlite3.Error as error:
            failure = translated(error)
            if isinstance(failure, LogFailed):  # a full disk refuses changes soon enough
                raise failure from error

    def _tidy(self) -> None:
        self._forget_labels()
        self._rows.erasing = self._rows.erasing and not self._emptied()
        if not self._rows.erasing:
            self._checkpoint()

    def _spare_room(self) -> None:
        """Keep the length of the write-ahead log and reuse it, so that further writes take only the
        disk space that they add to chat.db."""
        if self._commits:
            self._checkpoint()

    def _checkpoint(self) -> None:
        self._commits = self._messages = 0
        self._db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def _emptied(self) -> bool:
        """Empty the write-ahead log, which may still contain deleted text. False: a reader uses it;
        try again later."""
        with self._impatient():
            try:
                return not self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            except sqlite3.OperationalError:
                return False

    def _forget_labels(self) -> None:
        """Delete expired labels; some at a time, so that it is short."""
        self._db.execute(
            "DELETE FROM label WHERE position IN (SELECT position FROM label"
            " WHERE position <= (SELECT min(position) FROM label) + 5000 AND time < ?)",
            (self.last_time - REMEMBERED_MS,),
        )

    @contextlib.contextmanager
    def _impatient(self) -> Iterator[None]:
        """Do not wait for a locked file inside the block."""
        self._db.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            self._db.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")

    def close(self) -> None:
        self.index.close()
        with contextlib.suppress(sqlite3.Error):
            if self._is_run:
                wal.mark_closed(self._db)
            self._emptied()
        self._db.close()

    # -- reading: any thread, each with its own read-only connection -----------------------

    def _reader(self) -> Reader:
        reader: Reader | None = getattr(self._readers, "reader", None)
        if reader is None:
            reader = self._readers.reader = Reader(self.path)
            self._readers.renamings = self._rows.renamings
        elif self._readers.renamings != self._rows.renamings:
            self._readers.renamings = self._rows.renamings
            reader.forget_routes()
        return reader

    def read(self, after: int = 0) -> Iterator[Entry]:
        return self._reader().read(after)

    def read_state(self, after: int = 0) -> Iterator[Entry]:
        return self._reader().read_state(after)

    def summary(self, format: str) -> bytes | None:
        return self._reader().summary(format)

    def labeled(self) -> list[Labeled]:
        return self._reader().labeled(self.last_time - REMEMBERED_MS)

    def history(self, conversation: str, wanted: Range) -> list[Entry]:
        return self._reader().history(conversation, wanted)

    def at(self, positions: Iterable[int]) -> list[Entry]:
        return self._reader().at(positions)

    def reactions(self, messages: Iterable[int]) -> list[Entry]:
        return self._reader().reactions(messages)

    def with_guests(self, person: str, nick: str) -> list[str]:
        return self._reader().with_guests(person, nick)

    def search(
        self,
        query: Query,
        channels: Iterable[str],
        person: str | None = None,
        wanted: Range | None = None,
    ) -> list[Entry]:
        return self._reader().search(query, channels, person, wanted or Range())

    def latest(
        self, channels: Iterable[str], person: str | None = None, wanted: Range | None = None
    ) -> list[Latest]:
        return self._reader().latest(channels, person, wanted or Range())


def translated(error: sqlite3.Error) -> LogFull | LogFailed:
    """Translate the error: is there no space for now, or has the disk failed?"""
    # sqlite3 provides the error name from Python 3.11 on.
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return LogBusy(str(error))
    if name in ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE"):  # the latter for chat.db-shm
        return LogFull(str(error))
    return LogFailed(f"{error} ({name})" if name else str(error))


def _free_space(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
