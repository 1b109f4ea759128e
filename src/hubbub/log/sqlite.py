"""The log in one SQLite file: WAL, synchronous=FULL, one writing connection.

Only the writer thread's connection writes chat.db and checkpoints it; readers open it read-only,
one connection a thread. That also keeps clear of the WAL-reset bug of SQLite before 3.51.3, which
needs two connections that write or checkpoint at once (sqlite.org/wal.html#walresetbug).

Appending does nothing but append: no index on messages, no search. Those are made behind, by a
thread of their own and in a file of their own (index.py), so a commit never waits for them.

Rows go in with few, long statements: Python's sqlite3 gives up the interpreter lock around every
step, and taking it back from busy I/O threads is what costs. What many messages have in common is
one row of `route`, because every value bound costs as much as the row around it.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

from ..events.conversations import (
    account_of,
    account_place,
    by_whom,
    conversations_of,
    forgotten,
    left_behind,
    moved,
    without_sign,
)
from ..events.kinds import (
    ERASING,
    OF_FILES,
    RENAMING,
    REWORDING,
    AccountDeleted,
    ChannelRenamed,
    Entry,
    FileRemoved,
    HistoryPutAside,
    MessageEdited,
    MessageRedacted,
    MessageSent,
    Reacted,
    ReadMarkerMoved,
    Unreacted,
)
from ..events.retention import Rules
from ..protocol.modes import SIGNS
from ..protocol.names import fold
from .base import Erased, LogFailed, LogFull
from .expiry import ByWriter, Expiry, Slice, change_events, forget
from .index import Index, Summarizer
from .migrations import prepare
from .ranges import REMEMBERED_MS, Latest, Range
from .rows import (
    EVENT_COLUMNS,
    MESSAGE_COLUMNS,
    ROUTE_COLUMNS,
    ROUTE_WIDTH,
    Route,
    event_row,
    message_sum,
    names_of,
    read_event,
    tags_text,
    text_sum,
)
from .search import Query
from .sqlite_reading import FIRST, Reader

#: Routes and conversations kept in memory; beyond that they are looked for again.
_MOST_KNOWN = 100_000
#: Rows a statement, largest first; times 7 columns they stay under SQLite's 32,766 variables.
_GROUPS = (512, 64, 8, 1)
#: The file is brought up to date from the write-ahead log when nothing is to be written and this
#: many commits or messages have gathered, or in any case at 16,000 pages (64 MB).
_CHECKPOINT_COMMITS = 250
_CHECKPOINT_MESSAGES = 10_000
_CHECKPOINT_PAGES = 16_000
#: Positions left out at each start.
_UNKEPT = 65_536
#: How long a commit waits for another program that has the file locked. All that was decided behind
#: it waits as well, PONGs too; then messages are refused, and answers come at once again.
_BUSY_MS = 1000


class SqliteLog:
    """The log in the file `path`, made if it is not there.

    With `durable` off it does not wait for the disk; for tests, and for measuring what the disk
    costs. `summarizer` makes the summaries that shorten the next start. Raises LogFailed when the
    file cannot be opened, is not ours or is from a newer version.
    """

    def __init__(
        self, path: Path, *, durable: bool = True, summarizer: Summarizer | None = None
    ) -> None:
        self.path = path
        self._readers = threading.local()
        self._routes: dict[Route, int] = {}
        self._conversations: dict[str, int] = {}
        self._renamings = 0  # readers that know of fewer have the old names
        #: Told which messages expired, in the writer's thread.
        self.on_forgotten: Callable[[list[int]], None] = lambda positions: None
        self._commits = self._messages = 0  # since the last checkpoint
        self._erase = False  # something was taken back, and the write-ahead log may still have it
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
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
        self.index = Index(path, summarizer)
        self.erased: list[Erased] = []

    # -- opening ---------------------------------------------------------------------------

    def _value(self, query: str, *values: Any) -> Any:
        row = self._db.execute(query, values).fetchone()
        return row[0] if row else None

    def _meta(self, key: str) -> Any:
        return self._value("SELECT value FROM meta WHERE key = ?", key)

    def _find_end(self) -> tuple[int, int]:
        """The last position that may have been used, and the last time.

        Some of what was told had a position and was not kept (TAGMSG), so the next ones begin a
        little further on: no two things ever have the same name."""
        ends = [
            self._db.execute(
                f"SELECT position, time FROM {table} ORDER BY position DESC LIMIT 1"
            ).fetchone()
            for table in ("message", "event")
        ]
        forgotten_end = int(self._meta("end") or 0), int(self._meta("end_time") or 0)
        position, time = max((end for end in (*ends, forgotten_end) if end), default=(0, 0))
        if position > 0:
            position += _UNKEPT
        return max(position, int(self._meta("first") or 0)), time

    # -- writing: the writer thread alone --------------------------------------------------

    def append(self, entries: Sequence[Entry]) -> None:
        self.erased = []
        with self._transaction():
            self._write(entries)
        self.last_position, self.last_time = entries[-1].position, entries[-1].time
        self._commits += 1
        self._messages += len(entries)
        self.index.wake()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """Raises LogFull, LogFailed."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                # The ids of new routes and conversations go with the transaction.
                self._routes.clear()
                self._conversations.clear()
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise translated(error) from error

    def _write(self, entries: Sequence[Entry]) -> None:
        routes = self._routes
        plain: list[Any] = []
        tagged: list[Any] = []
        labels: list[Any] = []
        others: list[Entry] = []
        for entry in entries:
            position, time, event = entry
            if type(event) is not MessageSent:
                if type(event) in RENAMING and len(entries) > 1:
                    return self._write_around(entries, entry)
                others.append(entry)
                continue
            key: Any = event[:ROUTE_WIDTH]
            route = routes.get(key) or self._route(key)
            text = event.text
            if event.label:
                labels += (position, time, event.label)
            if event.tags or event.edited:
                tags, edited = tags_text(event.tags), event.edited or None
                total = message_sum(position, time, route, text, tags, edited)
                tagged += (position, time, route, text, total, tags, edited)
            else:
                # message_sum, written out.
                total = crc32(text.encode(), (position ^ time * 3 ^ route * 7) % 4294967291)
                plain += (position, time, route, text, total)
        self._insert("message", _PLAIN_COLUMNS, plain)
        self._insert("message", MESSAGE_COLUMNS, tagged)
        self._insert("label", "position, time, label", labels)
        if others:
            rows = [value for entry in others for value in event_row(entry)]
            self._insert("event", EVENT_COLUMNS, rows)
            self._insert("event_of", "conversation, position", list(_places(others)))
            for entry in others:
                self._change(entry)

    def _write_around(self, entries: Sequence[Entry], renaming: Entry) -> None:
        """What was said before conversations got new names is written before, the rest behind."""
        at = entries.index(renaming)
        for part in (entries[:at], [renaming], entries[at + 1 :]):
            self._write(part)

    def _route(self, key: Route) -> int:
        """The id of a new route."""
        user, source, account, command, target, recipient, name = key
        fields = (self._conversation(name), user, source, account, command, target, recipient)
        if len(self._routes) >= _MOST_KNOWN:
            self._routes.clear()
        id = self._db.execute(
            f"INSERT INTO route ({ROUTE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*fields, text_sum(*fields)),
        ).lastrowid
        assert id is not None
        self._routes[key] = id
        return id

    def _conversation(self, name: str) -> int:
        id: int | None = self._conversations.get(name)
        if id is None:
            id = self._value("SELECT id FROM conversation WHERE name = ?", name)
            if id is None:
                insert = "INSERT INTO conversation (name) VALUES (?)"
                id = self._db.execute(insert, (name,)).lastrowid
            assert id is not None
            if len(self._conversations) >= _MOST_KNOWN:
                self._conversations.clear()
            self._conversations[name] = id
        return id

    def _insert(self, table: str, columns: str, values: list[Any]) -> None:
        """Rows, one value behind the other."""
        if not values:
            return
        width = columns.count(",") + 1
        done, end = 0, len(values)
        for rows in _GROUPS:
            size = rows * width
            if end - done >= size:
                statement = _insertion(table, columns, rows)
                while end - done >= size:
                    self._db.execute(statement, values[done : done + size])
                    done += size

    def _change(self, entry: Entry) -> None:
        """What an event changes in what was written before it."""
        event: Any = entry.event
        kind = type(event)
        self._erase = self._erase or kind in ERASING
        if kind in REWORDING:
            self.erased += _words(self._db, event.message)
        change = _CHANGES.get(kind)
        if change is not None:
            change(self._db, entry, event)
        if kind in RENAMING:
            self._routes.clear()
            self._conversations.clear()
            self._renamings += 1

    # -- what was said elsewhere (importing/keeping.py), with no server running ---------------

    @contextlib.contextmanager
    def past(self) -> Iterator[None]:
        """One transaction: all of it or nothing. Raises LogFull, LogFailed."""
        with self._transaction(), self._reader().through(self._db):
            yield

    def put_past(self, entries: Sequence[Entry], keys: Iterable[tuple[bytes, int]]) -> None:
        """Entries at positions below 1, and the keys by which the messages are known again."""
        self._write(entries)
        self._db.executemany("INSERT INTO imported (key, position) VALUES (?, ?)", keys)

    def change_past(self, entry: Entry) -> None:
        """The message at this position is this one."""
        self._db.execute("DELETE FROM message WHERE position = ?", (entry.position,))
        self._write([entry])

    def past_changed(self) -> None:
        """The index of what was said elsewhere is to be made anew."""
        self._db.execute(
            "INSERT INTO meta VALUES ('imports', '1')"
            " ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + 1"
        )

    def imported(self, key: bytes) -> int | None:
        """Where the message with this key is; also one that was taken back since."""
        position: int | None = self._value("SELECT position FROM imported WHERE key = ?", key)
        return position

    def imported_like(self, head: bytes) -> list[tuple[bytes, int]]:
        """The keys that begin so, and where their messages are, in their order."""
        rows = self._db.execute(
            "SELECT key, position FROM imported WHERE key >= ? AND key < ? ORDER BY position",
            (head, head + b"\xff" * 16),
        )
        return [(key, position) for key, position in rows]

    def last_earlier(self, position: int, time: int) -> int:
        """The last position before this one at which there is something said before `time`."""
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
        self.index.forget_by(Expiry(self.path, rules, by_writer))

    def forget(self, slice: Slice) -> None:
        """In the writer's thread. Raises LogFull, LogFailed."""
        with self._transaction():
            forget(self._db, slice)
            if slice.routes:
                self._routes.clear()
                self._conversations.clear()
        self._erase = True
        if slice.messages:
            self.on_forgotten([position for _, position in slice.messages])

    # -- housekeeping ------------------------------------------------------------------------

    def rest(self) -> None:
        """Called when nothing is to be written: what would delay a commit is done now."""
        due = self._commits >= _CHECKPOINT_COMMITS or self._messages >= _CHECKPOINT_MESSAGES
        if not due and not self._erase:
            return
        self._commits = self._messages = 0
        try:
            self._forget_labels()
            self._erase = self._erase and not self._emptied()
            if not self._erase:
                self._db.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except sqlite3.Error as error:
            failure = translated(error)
            if isinstance(failure, LogFailed):  # a full disk refuses messages soon enough
                raise failure from error

    def _emptied(self) -> bool:
        """Empty the write-ahead log, which may still hold what was taken back. False: somebody
        reads from it; another time."""
        with self._impatient():
            try:
                return not self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            except sqlite3.OperationalError:
                return False

    def _forget_labels(self) -> None:
        """Those that nobody may use again; some, so that it is soon over."""
        self._db.execute(
            "DELETE FROM label WHERE position IN (SELECT position FROM label"
            " WHERE position <= (SELECT min(position) FROM label) + 5000 AND time < ?)",
            (self.last_time - REMEMBERED_MS,),
        )

    def probe(self) -> None:
        try:
            with self._impatient():
                self._db.execute(
                    "INSERT OR REPLACE INTO meta VALUES ('probe', hex(zeroblob(4096)))"
                )
                self._db.execute("DELETE FROM meta WHERE key = 'probe'")
        except sqlite3.Error as error:
            raise translated(error) from error

    @contextlib.contextmanager
    def _impatient(self) -> Iterator[None]:
        """Inside, a locked file is not waited for."""
        self._db.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            self._db.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")

    def close(self) -> None:
        self.index.close()
        with contextlib.suppress(sqlite3.Error):
            self._emptied()
        self._db.close()

    # -- reading: any thread, each with its own read-only connection -----------------------

    def _reader(self) -> Reader:
        reader: Reader | None = getattr(self._readers, "reader", None)
        if reader is None:
            reader = self._readers.reader = Reader(self.path)
            self._readers.renamings = self._renamings
        elif self._readers.renamings != self._renamings:
            self._readers.renamings = self._renamings
            reader.forget_routes()
        return reader

    def read(self, after: int = 0) -> Iterator[Entry]:
        return self._reader().read(after)

    def read_state(self, after: int = 0) -> Iterator[Entry]:
        return self._reader().read_state(after)

    def summary(self, format: str) -> bytes | None:
        return self._reader().summary(format)

    def labeled(self) -> list[Entry]:
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


_PLAIN_COLUMNS = "position, time, route, text, sum"
_insertions: dict[tuple[str, str, int], str] = {}


def _insertion(table: str, columns: str, rows: int) -> str:
    """The statement for so many rows; always the same object, so that it is prepared once."""
    statement = _insertions.get((table, columns, rows))
    if statement is None:
        row = "(" + ",".join("?" * (columns.count(",") + 1)) + ")"
        statement = f"INSERT INTO {table} ({columns}) VALUES {','.join([row] * rows)}"
        _insertions[table, columns, rows] = statement
    return statement


def _places(events: Sequence[Entry]) -> Iterator[Any]:
    for entry in events:
        for conversation in conversations_of(entry.event):
            yield from (conversation, entry.position)
        account = account_of(entry.event)
        if account is not None:
            yield from (account_place(account), entry.position)


# -- what events change in what was written before them ----------------------------------------


def _words(db: sqlite3.Connection, message: int) -> list[Erased]:
    """What a message of a channel says."""
    rows = db.execute(
        "SELECT coalesce(edited, time), target, text FROM message JOIN route ON route.id = route"
        " WHERE position = ? AND recipient IS NULL",
        (message,),
    )
    return [Erased(*row) for row in rows]


def _edit(db: sqlite3.Connection, entry: Entry, event: MessageEdited) -> None:
    row = db.execute(
        "SELECT time, route, tags FROM message WHERE position = ?", (event.message,)
    ).fetchone()
    if row is not None:
        time, route, tags = row
        total = message_sum(event.message, time, route, event.text, tags, entry.time)
        db.execute(
            "UPDATE message SET text = ?, edited = ?, sum = ? WHERE position = ?",
            (event.text, entry.time, total, event.message),
        )


def _redact(db: sqlite3.Connection, entry: Entry, event: MessageRedacted) -> None:
    db.execute("DELETE FROM message WHERE position = ?", (event.message,))
    db.execute("DELETE FROM reaction WHERE message = ?", (event.message,))


def _react(db: sqlite3.Connection, entry: Entry, event: Reacted) -> None:
    db.execute(
        "INSERT OR REPLACE INTO reaction SELECT ?, ?, ?, ? FROM message"
        " JOIN route ON route.id = route JOIN conversation ON conversation.id = conversation"
        f" WHERE position = ? AND ltrim(name, '{SIGNS}') = ?",
        (
            event.message,
            by_whom(event),
            event.reaction,
            entry.position,
            event.message,
            without_sign(event),
        ),
    )


def _unreact(db: sqlite3.Connection, entry: Entry, event: Unreacted) -> None:
    db.execute(
        "DELETE FROM reaction WHERE message = ? AND person = ? AND reaction = ?",
        (event.message, by_whom(event), event.reaction),
    )


def _move_marker(db: sqlite3.Connection, entry: Entry, event: ReadMarkerMoved) -> None:
    whose = (event.account, event.conversation)
    db.execute(
        "DELETE FROM event WHERE position ="
        " (SELECT position FROM marker WHERE account = ? AND conversation = ?)",
        whose,
    )
    db.execute("INSERT OR REPLACE INTO marker VALUES (?, ?, ?)", (*whose, entry.position))


def _forget_account(db: sqlite3.Connection, entry: Entry, event: AccountDeleted) -> None:
    """Addresses, hashes and the like of the account that ends here, and of it alone: the name may
    have been somebody else's before."""
    place = account_place(event.account)
    rows = db.execute(
        f"SELECT {EVENT_COLUMNS} FROM event WHERE position IN (SELECT position FROM event_of"
        " WHERE conversation = ? AND position < ?)",
        (place, entry.position),
    ).fetchall()
    left = [(each, forgotten(each)) for each in map(read_event, rows)]
    change_events(db, [each._replace(event=new) for each, new in left if new is not None])
    gone = [(each.position,) for each, new in left if new is None]
    gone += db.execute(
        "SELECT position FROM marker WHERE account = ?", (fold(event.account),)
    ).fetchall()
    db.executemany("DELETE FROM event WHERE position = ?", gone)
    db.execute("DELETE FROM marker WHERE account = ?", (fold(event.account),))
    db.execute("DELETE FROM event_of WHERE conversation = ?", (place,))
    names = db.execute(
        "SELECT name FROM conversation UNION SELECT conversation FROM event_of"
        " UNION SELECT conversation FROM marker"
    )
    _move(db, left_behind((name for (name,) in names), event, entry.position), entry.position)


def _rename(db: sqlite3.Connection, entry: Entry, event: ChannelRenamed | HistoryPutAside) -> None:
    _move(db, moved(event, entry.position), entry.position)


def _move(db: sqlite3.Connection, names: dict[str, str], before: int) -> None:
    """A conversation keeps its id, so that nothing that was made from it changes."""
    for name, later in names.items():
        db.execute("UPDATE conversation SET name = ? WHERE name = ?", (later, name))
        db.execute(
            "UPDATE event_of SET conversation = ? WHERE conversation = ? AND position < ?",
            (later, name, before),
        )
        db.execute("UPDATE marker SET conversation = ? WHERE conversation = ?", (later, name))


def _forget_file(db: sqlite3.Connection, entry: Entry, event: FileRemoved) -> None:
    db.executemany(
        f"DELETE FROM event WHERE position = ? AND kind IN ({names_of(OF_FILES)})",
        [(position,) for position in event.entries],
    )


_CHANGES: dict[type, Callable[[sqlite3.Connection, Entry, Any], None]] = {
    MessageEdited: _edit,
    MessageRedacted: _redact,
    Reacted: _react,
    Unreacted: _unreact,
    ReadMarkerMoved: _move_marker,
    AccountDeleted: _forget_account,
    ChannelRenamed: _rename,
    HistoryPutAside: _rename,
    FileRemoved: _forget_file,
}


def translated(error: sqlite3.Error) -> LogFull | LogFailed:
    """The error as the log's own: is there no room for now, or is the disk lost?"""
    # sqlite3 names the code from Python 3.11 on.
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_FULL", "SQLITE_BUSY", "SQLITE_LOCKED")):
        return LogFull(str(error))
    return LogFailed(f"{error} ({name})" if name else str(error))
