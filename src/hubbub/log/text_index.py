"""The word index: full text search over all messages (FTS5).

It consists of parts of a fixed number of messages (pace.py), newest last. A search goes through
them from the newest and stops when its page is full, so a common word reads one part and a rare one
little of each. Deleted text can be removed: FTS5 itself only marks deleted words, so the part is
rebuilt from the current messages.

A row has two columns: `text`, the words as given by `search.tokens`, separated by spaces, so that
FTS5's tokenizer (ascii) has nothing to decide; and `mark`, with conversation, sender and whether
there is a link. Marks are internal: user input is only ever searched in `text`. Results are
candidates that are compared with the messages; see sqlite_search.py.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any
from zlib import crc32

from ..events.kinds import REWORDING
from .pace import Pace
from .rows import kind_names
from .search import Query, Term, has_link, senders_of, tokens

logger = logging.getLogger("hubbub")


def available(db: sqlite3.Connection) -> bool:
    """Does this SQLite have FTS5?"""
    try:
        db.execute("CREATE VIRTUAL TABLE temp.probe USING fts5(text, content='')")
        db.execute("DROP TABLE temp.probe")
    except sqlite3.OperationalError:
        return False
    return True


# -- what is looked for where --------------------------------------------------------------------


def row_of(text: str) -> str:
    """The words of a message, for FTS5."""
    return text if text.isascii() else " ".join(tokens(text))


def place_mark(conversation: int) -> str:
    return f"p{conversation}"


def sender_mark(name: str) -> str:
    # A nick may contain characters that tokens cannot. Two names may share a mark; it is a
    # candidate.
    return f"n{crc32(name.encode()):x}"


LINK_MARK = "link"


def marks_of(conversation: int, source: str, account: str | None, text: str) -> str:
    marks = _route_marks(conversation, source, account)
    return f"{marks} {LINK_MARK}" if has_link(text) else marks


@lru_cache(maxsize=4096)
def _route_marks(conversation: int, source: str, account: str | None) -> str:
    """The marks shared by all messages of a sender in a conversation."""
    return " ".join([place_mark(conversation), *map(sender_mark, senders_of(source, account))])


def match_of(query: Query, conversations: Iterable[int]) -> str:
    """The query in FTS5 syntax: letters and digits, with added quotes and brackets."""
    wanted = [f"text : {_words(term)}" for term in query.terms]
    if query.senders:
        wanted.append(_any_mark(map(sender_mark, query.senders)))
    if query.links:
        wanted.append(_any_mark([LINK_MARK]))
    places = list(map(place_mark, conversations))
    if places:
        wanted.append(_any_mark(places))
    return " AND ".join(wanted)


def _words(term: Term) -> str:
    return f'"{" ".join(term.tokens)}"{" *" if term.prefix else ""}'


def _any_mark(marks: Iterable[str]) -> str:
    return f"mark : ({' OR '.join(marks)})"


# -- making it -----------------------------------------------------------------------------------


class TextIndex:
    """Fills the word index in the index file `db`, which has the log attached as `log`."""

    def __init__(self, db: sqlite3.Connection, pace: Pace) -> None:
        self._db = db
        self._pace = pace
        self._made_anew = 0.0  # time of the last rebuild, by time.monotonic
        self._drop_leftovers()

    def _drop_leftovers(self) -> None:
        """Drop tables that another process left incomplete."""
        known = {f"words_{id}" for (id,) in self._db.execute("SELECT id FROM main.part")}
        tables = self._db.execute(
            "SELECT name FROM main.sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'"
        ).fetchall()
        for (name,) in tables:
            if name not in known:
                self._db.execute(f"DROP TABLE main.{name}")

    def step(self) -> bool:
        """Run one slice of work. False: nothing to do."""
        return (
            self.note_changes()
            or self._add("texts", 2**62, "first > 0")
            or self._add("import_texts", 0, "last < 1")
            or self._make_anew()
        )

    def forget_imports(self) -> None:
        """Index imported messages again. Call it inside a transaction."""
        parts = self._db.execute("SELECT id FROM main.part WHERE last < 1").fetchall()
        for (id,) in parts:
            self._db.execute(f"DROP TABLE main.words_{id}")
        self._db.execute("DELETE FROM main.part WHERE last < 1")
        self._set_meta("import_texts", -(2**62))

    def note_changes(self) -> bool:
        """Find messages whose text has changed."""
        done, texts = self._meta("changes"), self._meta("texts")
        end = self._db.execute(
            "SELECT max(position) FROM (SELECT position FROM log.event WHERE position > ?"
            " ORDER BY position LIMIT 20000)",
            (done,),
        ).fetchone()[0]
        if end is None:
            return False
        rows = self._db.execute(
            "SELECT position, body FROM log.event WHERE position > ? AND position <= ?"
            f" AND kind IN ({kind_names(REWORDING)})",
            (done, end),
        ).fetchall()
        changes = [(json.loads(body)["message"], position) for position, body in rows]
        with _Transaction(self._db):
            self._db.executemany(
                "INSERT OR REPLACE INTO main.changed VALUES (?, ?)",
                [change for change in changes if change[0] <= texts],
            )
            self._set_meta("changes", end)
        return True

    def _add(self, cursor: str, last: int, parts: str) -> bool:
        """Add the next messages after the cursor `cursor`, up to position `last`, to the newest of
        `parts`."""
        rows = self._rows(self._meta(cursor), last)
        if not rows:
            return False
        part = self._db.execute(
            f"SELECT id, messages FROM main.part WHERE {parts} ORDER BY last DESC LIMIT 1"
        ).fetchone()
        id, held = (
            part if part and part[1] < self._pace.part_messages else (self._new_part(rows[0][0]), 0)
        )
        with _Transaction(self._db):
            self.insert(id, rows)
            self._db.execute(
                "UPDATE main.part SET last = ?, messages = ? WHERE id = ?",
                (rows[-1][0], held + len(rows), id),
            )
            self._set_meta(cursor, rows[-1][0])
        if held + len(rows) >= self._pace.part_messages:
            self._db.execute(f"INSERT INTO words_{id}(words_{id}) VALUES ('optimize')")
        return True

    def _new_part(self, first: int) -> int:
        insert = "INSERT INTO main.part (first, last, messages) VALUES (?, ?, 0)"
        with _Transaction(self._db):
            id = self._db.execute(insert, (first, first - 1)).lastrowid
            assert id is not None
            self.make_table(id)
        return id

    def make_table(self, id: int) -> None:
        # It may exist, half filled, if the disk was full last time.
        self._db.execute(f"DROP TABLE IF EXISTS main.words_{id}")
        self._db.execute(
            f"CREATE VIRTUAL TABLE main.words_{id} USING"
            " fts5(text, mark, content = '', columnsize = 0, tokenize = 'ascii')"
        )

    def _rows(self, after: int, last: int) -> list[tuple[int, str, str]]:
        """The next messages after `after`, as rows of words."""
        rows = self._db.execute(
            "SELECT position, text, route.conversation, source, account FROM log.message"
            " JOIN log.route ON route.id = message.route"
            " WHERE position > ? AND position <= ? ORDER BY position LIMIT ?",
            (after, last, self._pace.part_slice),
        ).fetchall()
        return [
            (position, row_of(text), marks_of(conversation, source, account, text))
            for position, text, conversation, source, account in rows
        ]

    def insert(self, id: int, rows: list[tuple[int, str, str]]) -> None:
        insert = f"INSERT INTO main.words_{id} (rowid, text, mark) VALUES (?, ?, ?)"
        self._db.executemany(insert, rows)

    def _make_anew(self, rest: Callable[[float], None] = time.sleep) -> bool:
        """Rebuild a part with changed messages from their current text."""
        if time.monotonic() - self._made_anew < self._pace.anew_seconds and self._made_anew:
            return False
        part = self._db.execute(
            "SELECT id, first, last FROM main.part WHERE EXISTS"
            " (SELECT 1 FROM main.changed WHERE position >= first AND position <= last)"
            " ORDER BY last DESC LIMIT 1"
        ).fetchone()
        if part is None:
            return False
        old, first, last = part
        noted = self._meta("changes")
        (new,) = self._db.execute("SELECT max(id) + 1 FROM main.part").fetchone()
        self.make_table(new)
        at, count = first - 1, 0
        while rows := self._rows(at, last):
            with _Transaction(self._db):
                self.insert(new, rows)
            at, count = rows[-1][0], count + len(rows)
            rest(0.001)
        with _Transaction(self._db):
            self._db.execute(f"DROP TABLE main.words_{old}")
            self._db.execute(
                "UPDATE main.part SET id = ?, messages = ? WHERE id = ?", (new, count, old)
            )
            if not count:  # all of its messages were deleted or have expired
                self._db.execute(f"DROP TABLE main.words_{new}")
                self._db.execute("DELETE FROM main.part WHERE id = ?", (new,))
            self._db.execute(
                "DELETE FROM main.changed WHERE position >= ? AND position <= ? AND event <= ?",
                (first, last, noted),
            )
        # Deleted text must leave the file, not only the table.
        self._db.execute("PRAGMA main.wal_checkpoint(TRUNCATE)")
        self._made_anew = time.monotonic()
        return True

    def _meta(self, key: str) -> int:
        row = self._db.execute("SELECT value FROM main.meta WHERE key = ?", (key,)).fetchone()
        return int(row[0])

    def _set_meta(self, key: str, value: int) -> None:
        self._db.execute("UPDATE main.meta SET value = ? WHERE key = ?", (str(value), key))


class _Transaction:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: Any) -> None:
        if kind is None:
            self._db.execute("COMMIT")
        elif self._db.in_transaction:
            self._db.execute("ROLLBACK")
