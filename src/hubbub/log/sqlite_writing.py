"""Write entries as rows of the SQLite log, in few, long statements.

Python's sqlite3 releases the interpreter lock around every step, and reacquiring it from busy I/O
threads is the main cost. Fields shared by many messages are one row of `route`, because every bound
value costs as much as a row.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any
from zlib import crc32

from ..events.bursts import Entries, Logged, Route
from ..events.conversations import account_of, account_place, conversations_of
from ..events.kinds import ERASING, RENAMING, REWORDING, Entry, MessageSent, UserQuit
from .base import Erased
from .rows import (
    EVENT_COLUMNS,
    MESSAGE_COLUMNS,
    ROUTE_COLUMNS,
    ROUTE_WIDTH,
    event_row,
    message_sum,
    tags_text,
    text_sum,
)
from .sqlite_changes import change, words_of

#: Routes cached, of users who are on the network; beyond that they are inserted again.
_MOST_ROUTES = 100_000
#: Conversations cached; beyond that they are looked up again.
_MOST_CONVERSATIONS = 10_000
#: Rows per statement, largest first; times 7 columns they stay under SQLite's 32,766 variables.
#: Powers of two: a batch of any length takes few statements.
_GROUPS = (512, 256, 128, 64, 32, 16, 8, 4, 2, 1)


class RowWriter:
    """Writes entries through the connection `db`, inside transactions of its owner.

    `erased`: texts that edits and deletions removed from channels. `erasing`: the write-ahead log
    may still contain deleted text. `renamings`: number of renames of conversations.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._routes: dict[Route, int] = {}
        self._routes_of: dict[int, list[Route]] = {}
        self._conversations: dict[str, int] = {}
        self.erased: list[Erased] = []
        self.erasing = False
        self.renamings = 0

    def forget_ids(self) -> None:
        """Drop cached ids of routes and conversations, which may no longer exist."""
        self._forget_routes()
        self._conversations.clear()

    def _forget_routes(self) -> None:
        self._routes.clear()
        self._routes_of.clear()

    def _forget_user(self, user: int) -> None:
        """Drop the cached routes of a user who will say no more."""
        for key in self._routes_of.pop(user, ()):
            del self._routes[key]

    def write(self, entries: Sequence[Logged]) -> None:
        routes = self._routes
        plain: list[Any] = []
        tagged: list[Any] = []
        labels: list[Any] = []
        others: list[Entry] = []
        for entry in entries:
            if type(entry) is Entries:
                key = entry.event.route
                plain += _rows(entry, routes.get(key) or self._route(key))
                continue
            position, time, event = entry
            if type(event) is not MessageSent:
                if type(event) in RENAMING and len(entries) > 1:
                    return self._write_around(entries, entry)
                others.append(entry)
                continue
            key = Route._make(event[:ROUTE_WIDTH])
            route = routes.get(key) or self._route(key)
            text = event.text
            if event.label:
                labels += (position, time, event.label)
            tags, edited = tags_text(event.tags), event.edited or None
            total = message_sum(position, time, route, text, tags, edited)
            if tags or edited:
                tagged += (position, time, route, text, total, tags, edited)
            else:
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

    def _write_around(self, entries: Sequence[Logged], renaming: Entry) -> None:
        """Write the entries before a rename first, then the others."""
        at = entries.index(renaming)
        for part in (entries[:at], [renaming], entries[at + 1 :]):
            self.write(part)

    def _route(self, key: Route) -> int:
        """Insert a new route and return its id."""
        user, source, account, command, target, recipient, name = key
        fields = (self._conversation(name), user, source, account, command, target, recipient)
        if len(self._routes) >= _MOST_ROUTES:
            self._forget_routes()
        id = self._db.execute(
            f"INSERT INTO route ({ROUTE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*fields, text_sum(*fields)),
        ).lastrowid
        assert id is not None
        self._routes[key] = id
        self._routes_of.setdefault(user, []).append(key)
        return id

    def _conversation(self, name: str) -> int:
        id: int | None = self._conversations.get(name)
        if id is None:
            find = "SELECT id FROM conversation WHERE name = ?"
            row = self._db.execute(find, (name,)).fetchone()
            insert = "INSERT INTO conversation (name) VALUES (?)"
            id = row[0] if row else self._db.execute(insert, (name,)).lastrowid
            assert id is not None
            if len(self._conversations) >= _MOST_CONVERSATIONS:
                self._conversations.clear()
            self._conversations[name] = id
        return id

    def _insert(self, table: str, columns: str, values: list[Any]) -> None:
        """Insert rows, given as one flat list of values."""
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
        """Apply the effect of an event on earlier rows."""
        event: Any = entry.event
        kind = type(event)
        self.erasing = self.erasing or kind in ERASING
        if kind in REWORDING:
            self.erased += words_of(self._db, event.message)
        change(self._db, entry)
        if kind is UserQuit:
            self._forget_user(event.user)
        if kind in RENAMING:
            self.forget_ids()
            self.renamings += 1


_PLAIN_COLUMNS = "position, time, route, text, sum"
_insertions: dict[tuple[str, str, int], str] = {}


def _insertion(table: str, columns: str, rows: int) -> str:
    """The statement for this many rows; always the same object, so that it is prepared once."""
    statement = _insertions.get((table, columns, rows))
    if statement is None:
        row = "(" + ",".join("?" * (columns.count(",") + 1)) + ")"
        statement = f"INSERT INTO {table} ({columns}) VALUES {','.join([row] * rows)}"
        _insertions[table, columns, rows] = statement
    return statement


def _rows(entries: Entries, route: int) -> list[Any]:
    """The values of the rows of several messages."""
    position, time, (_, texts), _, last_time = entries
    values: list[Any] = []
    for text in texts:
        # Quick path of the checksum (general: message_sum), inlined.
        total = crc32(text.encode(), (position ^ time * 3 ^ route * 7) % 4294967291)
        values += (position, time, route, text, total)
        position += 1
        if time < last_time:
            time += 1
    return values


def _places(events: Sequence[Entry]) -> Iterator[Any]:
    for entry in events:
        for conversation in conversations_of(entry.event):
            yield from (conversation, entry.position)
        account = account_of(entry.event)
        if account is not None:
            yield from (account_place(account), entry.position)
