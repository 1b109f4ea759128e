"""The index chat-index.db beside chat.db, which makes reading the log fast.

A thread follows the log through a read-only connection and fills the index in short slices. While
messages are being written it pauses between slices, so it uses only what the writer leaves. The
index can be rebuilt from chat.db: if it is missing, damaged or of another log, it is rebuilt, and a
disk that refuses it costs speed, not messages.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from zlib import crc32

from ..supervised_thread import SupervisedThread
from .base import Summarize
from .pace import Pace
from .rows import EVENT_COLUMNS, Damaged, read_event
from .text_index import TextIndex, available

logger = logging.getLogger("hubbub")

#: Version of the index; a different one causes a rebuild.
INDEX_VERSION = 4
#: Messages inserted into `message_of` per step.
SLICE = 20_000
#: While messages are being written it pauses this many times as long as it worked.
RESTS = 8
# Errors after which a step is tried again, at the latest at the next start.
_LATER = ("SQLITE_FULL", "SQLITE_BUSY", "SQLITE_INTERRUPT")


class Summarizer(NamedTuple):
    """The function that makes a summary, and the name of the format."""

    make: Summarize
    format: str


class Forgetter(Protocol):
    """Deletes expired messages slice by slice (expiry.py)."""

    def seconds_left(self) -> float:
        """Seconds until there may be something to do."""

    def step(self, db: sqlite3.Connection, texts: TextIndex | None) -> bool: ...

    def end(self) -> None: ...


def index_path(path: Path) -> Path:
    """chat.db -> chat-index.db"""
    return path.with_name(f"{path.stem}-index{path.suffix}")


class Index:
    """The index of the log at `path`. Call `wake` after each append, and `close` at the end."""

    def __init__(
        self, path: Path, summarizer: Summarizer | None = None, pace: Pace | None = None
    ) -> None:
        self._log_path = path
        self._summarizer = summarizer
        self._pace = pace or Pace()
        self.path = index_path(path)
        self._lock = threading.Lock()  # around a step: a thread and a test may both run them
        self._thread: threading.Thread | None = None
        self._more = threading.Event()
        self.closing = threading.Event()
        self.has_room = True  # otherwise it pauses: the rest of the disk is for the log
        self._texts: TextIndex | None = None
        self._forgetting: Forgetter | None = None
        self._db: sqlite3.Connection | None = None
        try:
            self._db = self._open()
        except sqlite3.Error as error:
            self._give_up(error)

    def _open(self) -> sqlite3.Connection:
        try:
            return self._opened()
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorname", "") not in ("SQLITE_CORRUPT", "SQLITE_NOTADB"):
                raise
            logger.warning("%s is damaged; it is made anew", self.path.name)
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        return self._opened()

    def _opened(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, uri=True)
        # After a power loss it may be behind, never wrong: it is compared with the log.
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA secure_delete = ON")
        db.execute("ATTACH ? AS log", (f"{self._log_path.absolute().as_uri()}?mode=ro",))
        db.execute(
            "CREATE TEMP TABLE used (route INTEGER PRIMARY KEY, conversation INTEGER NOT NULL)"
        )
        if not self._fits(db):
            self._make(db)
        if self._pace.words and available(db):
            self._texts = TextIndex(db, self._pace)
        else:
            logger.warning("this SQLite has no FTS5: searching reads every message")
        return db

    def _fits(self, db: sqlite3.Connection) -> bool:
        """Was the index made from this log, and not from a later state of it?"""
        if db.execute("PRAGMA main.user_version").fetchone()[0] != INDEX_VERSION:
            return False
        kept = dict(db.execute("SELECT key, value FROM main.meta"))
        (later,) = db.execute(
            "SELECT count(*) FROM main.summary"
            " WHERE position > (SELECT coalesce(max(position), 0) FROM log.event)"
        ).fetchone()
        (end,) = db.execute(
            "SELECT max(coalesce((SELECT max(position) FROM log.message), 0), coalesce("
            " (SELECT CAST(value AS INTEGER) FROM log.meta WHERE key = 'end'), 0))"
        ).fetchone()
        return kept["log"] == _log_id(db) and int(kept["messages"]) <= max(end, 0) and not later

    def _make(self, db: sqlite3.Connection) -> None:
        schema = resources.files(__package__).joinpath("index.sql").read_text("utf-8")
        # FTS5 tables first: dropping them drops their shadow tables.
        names = db.execute(
            "SELECT name FROM main.sqlite_master WHERE type = 'table'"
            " ORDER BY sql NOT LIKE 'CREATE VIRTUAL%'"
        ).fetchall()
        drops = "".join(f"DROP TABLE IF EXISTS main.{name};" for (name,) in names)
        db.executescript(
            f"BEGIN; {drops} {schema} PRAGMA main.user_version = {INDEX_VERSION};"
            f" INSERT INTO main.meta VALUES ('log', '{_log_id(db)}'), ('messages', '0'),"
            " ('texts', '0'), ('changes', '0'), ('imports', '0'), ('import_texts', '0'); COMMIT;"
        )

    def _give_up(self, error: Exception) -> None:
        logger.warning("%s cannot be used (%s): reading is slow", self.path.name, error)
        if self._db is not None:
            self._db.close()
        self._db = None

    def forget_by(self, forgetting: Forgetter) -> None:
        """Also run the steps of this deletion."""
        self._forgetting = forgetting

    # -- the thread ------------------------------------------------------------------------

    def wake(self) -> None:
        """New entries were committed. Called by the writer thread after each commit."""
        self._more.set()
        if self._thread is None and self._db is not None and self._pace.by_itself:
            self._thread = SupervisedThread(target=self._run, name="log-index")
            self._thread.start()

    def _run(self) -> None:
        while not self.closing.is_set():
            forgetting = self._forgetting
            self._more.wait(forgetting.seconds_left() if forgetting is not None else None)
            self.closing.wait(self._pace.patience)
            self._more.clear()
            while not self.closing.is_set():
                began = time.monotonic()
                if not self.step():
                    break
                if self._more.is_set():  # messages are being written
                    self.closing.wait(min(1.0, RESTS * (time.monotonic() - began)))
        if self._forgetting is not None:
            self._forgetting.end()

    def catch_up(self) -> None:
        """Run all pending steps."""
        while self.step():
            pass

    def make_anew(self) -> None:
        """Forget everything: rows before its end were added or changed."""
        with self._lock:
            if self._db is not None:
                self._make(self._db)
                if self._texts is not None:
                    self._texts = TextIndex(self._db, self._pace)

    def close(self) -> None:
        self.closing.set()
        self._more.set()
        if self._thread is not None:
            if self._db is not None:
                self._db.interrupt()  # a slice may take a second
            self._thread.join()
        if self._db is not None:
            with contextlib.suppress(sqlite3.Error):
                # The tables of words are let go only after SQLite has decided, while closing,
                # whether the write-ahead log is needed: without this it would stay.
                self._db.execute("PRAGMA main.wal_checkpoint(TRUNCATE)")
            self._db.close()
            self._db = None

    # -- the steps -------------------------------------------------------------------------

    def step(self) -> bool:
        """Run one slice of work. False: nothing to do."""
        with self._lock:
            if self._db is None or not self.has_room:
                return False
            try:
                return (  # first what the next start and the next reader need
                    self._make_summary(self._db)
                    or self._place_messages(self._db)
                    or self._place_imports(self._db)
                    or self._forget(self._db)
                    or (self._texts is not None and self._texts.step())
                )
            except sqlite3.Error as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                if getattr(error, "sqlite_errorname", "") in _LATER:
                    return False
                self._give_up(error)
            except Damaged as damage:
                self._give_up(damage)
            return False

    def _forget(self, db: sqlite3.Connection) -> bool:
        return self._forgetting is not None and self._forgetting.step(db, self._texts)

    def _place_imports(self, db: sqlite3.Connection) -> bool:
        """Index imported messages, all at once if any were added."""
        row = db.execute("SELECT value FROM log.meta WHERE key = 'imports'").fetchone()
        if row is None or row[0] == _meta(db, "imports"):
            return False
        db.execute("BEGIN IMMEDIATE")
        db.execute("DELETE FROM main.message_of WHERE position < 1")
        self._place(db, -(2**62), 0)
        db.execute("DELETE FROM main.size")
        db.execute(
            "INSERT INTO main.size SELECT conversation, count(*) FROM main.message_of GROUP BY 1"
        )
        if self._texts is not None:
            self._texts.forget_imports()
        db.execute("UPDATE main.meta SET value = ? WHERE key = 'imports'", (row[0],))
        db.execute("COMMIT")
        return True

    def _place_messages(self, db: sqlite3.Connection) -> bool:
        done = int(_meta(db, "messages"))
        (last,) = db.execute("SELECT max(position) FROM log.message").fetchone()
        if last is None or last <= done:
            return False
        (end,) = db.execute(
            "SELECT position FROM log.message WHERE position > ? ORDER BY position"
            " LIMIT 1 OFFSET ?",
            (done, SLICE - 1),
        ).fetchone() or (last,)
        db.execute("BEGIN IMMEDIATE")
        self._place(db, done, end)
        db.execute(
            "INSERT INTO main.size SELECT conversation, (SELECT count(*) FROM main.message_of"
            " WHERE conversation = used.conversation AND position > ? AND position <= ?)"
            " FROM (SELECT DISTINCT conversation FROM temp.used) AS used WHERE true"
            " ON CONFLICT DO UPDATE SET messages = messages + excluded.messages",
            (done, end),
        )
        db.execute("UPDATE main.meta SET value = ? WHERE key = 'messages'", (str(end),))
        db.execute("COMMIT")
        return True

    def _place(self, db: sqlite3.Connection, after: int, end: int) -> None:
        """Note where these messages are, and their routes in temp.used: routes are few, so what
        can be asked about them is not asked about every message."""
        db.execute("DELETE FROM temp.used")
        db.execute(
            "INSERT INTO temp.used SELECT id, conversation FROM log.route WHERE id IN"
            " (SELECT route FROM log.message WHERE position > ? AND position <= ?)",
            (after, end),
        )
        db.execute(
            "INSERT OR IGNORE INTO main.message_of SELECT conversation, position FROM log.message"
            " JOIN temp.used ON used.route = message.route"
            " WHERE position > ? AND position <= ? ORDER BY 1, 2",
            (after, end),
        )

    def _make_summary(self, db: sqlite3.Connection) -> bool:
        if self._summarizer is None:
            return False
        make, format = self._summarizer
        row = db.execute(
            "SELECT position, body FROM main.summary WHERE format = ?", (format,)
        ).fetchone()
        position, body = row or (0, None)
        end = db.execute(
            "SELECT position FROM log.event WHERE position > ? ORDER BY position LIMIT 1 OFFSET ?",
            (position, self._pace.summary_events - 1),
        ).fetchone()
        if end is None:
            return False
        rows = db.execute(
            f"SELECT {EVENT_COLUMNS} FROM log.event WHERE position > ? AND position <= ?"
            " ORDER BY position",
            (position, end[0]),
        )
        body = make(body, (read_event(row) for row in _gently(rows)))
        if body is None:
            db.execute("DELETE FROM main.summary")
        else:
            db.execute(
                "INSERT OR REPLACE INTO main.summary VALUES (?, ?, ?, ?)",
                (format, end[0], body, crc32(body)),
            )
            db.execute("DELETE FROM main.summary WHERE format <> ?", (format,))
        return True


def _gently(rows: Iterable[Any]) -> Iterator[Any]:
    """Let other threads run now and then."""
    for number, row in enumerate(rows):
        if number % 50 == 0:
            time.sleep(0.0005)
        yield row


def _meta(db: sqlite3.Connection, key: str) -> Any:
    return db.execute("SELECT value FROM main.meta WHERE key = ?", (key,)).fetchone()[0]


def _log_id(db: sqlite3.Connection) -> str:
    return str(db.execute("SELECT value FROM log.meta WHERE key = 'id'").fetchone()[0])
