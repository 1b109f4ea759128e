"""The word index: full text search over all messages (FTS5).

It consists of parts of a fixed number of messages (pace.py), newest last. A search goes through
them from the newest and stops when its page is full, so a common word reads one part and a rare one
little of each. Deleted text can be removed: FTS5 itself only marks deleted words, so the part is
rebuilt from the current messages.

A row has the words as given by `search.tokens`, separated by spaces, so that FTS5's tokenizer
(ascii) has nothing to decide, and marks: conversation, sender, and whether there is a link. A mark
begins with a character that no word contains, so no user input finds one. The index has only which
message contains which word (`detail = none`), a third of the work of keeping their places as well:
results are candidates that are compared with the messages, phrases too; see sqlite_search.py.

FTS5 writes a segment for each transaction and would merge them often. Here a slice is large when
there is much to do, segments are merged sixteen at a time, and a finished part that has many once
more.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from zlib import crc32

from ..events.kinds import REWORDING
from .pace import Pace
from .rows import kind_names
from .search import Query, Term, senders_of, tokens

logger = logging.getLogger("hubbub")


#: Segments of a finished part that searches may have to read.
MOST_SEGMENTS = 2
#: Bytes of words that FTS5 collects before it writes a segment.
_HASH_SIZE = 8_388_608


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


# A control character: part of no word (search.tokens), and of a token for FTS5.
_MARK = "\x80"
LINK_MARK = f"{_MARK}link"


def place_mark(conversation: int) -> str:
    return f"{_MARK}p{conversation}"


def sender_mark(name: str) -> str:
    # A nick may contain characters that tokens cannot. Two names may share a mark; it is a
    # candidate.
    return f"{_MARK}n{crc32(name.encode()):x}"


def marks_of(conversation: int, source: str, account: str | None) -> str:
    """The marks shared by all messages of a route."""
    return " ".join([place_mark(conversation), *map(sender_mark, senders_of(source, account))])


def match_of(query: Query, conversations: Iterable[int]) -> str:
    """The query in FTS5 syntax: letters, digits and marks, with added quotes and brackets."""
    wanted = list(map(_words, query.terms))
    if query.senders:
        wanted.append(_any(map(sender_mark, query.senders)))
    if query.links:
        wanted.append(_any([LINK_MARK, "www"]))
    places = list(map(place_mark, conversations))
    if places:
        wanted.append(_any(places))
    return " AND ".join(wanted)


def _words(term: Term) -> str:
    words = " AND ".join(f'"{token}"' for token in term.tokens)
    return f"{words} *" if term.prefix else words


def _any(words: Iterable[str]) -> str:
    return f"({' OR '.join(words)})"


# -- making it -----------------------------------------------------------------------------------


class TextIndex:
    """Fills the word index in the index file `db`, which has the log attached as `log`."""

    def __init__(self, db: sqlite3.Connection, pace: Pace) -> None:
        self._db = db
        self._pace = pace
        self._made_anew = 0.0  # time of the last rebuild, by time.monotonic
        db.create_function("row_of", 1, row_of, deterministic=True)
        db.create_function("marks_of", 3, marks_of, deterministic=True)
        db.execute("CREATE TEMP TABLE IF NOT EXISTS mark (route INTEGER PRIMARY KEY, words TEXT)")
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
        after = self._meta(cursor)
        slice = self._slice(after, last)
        if slice is None:
            return False
        part = self._db.execute(
            f"SELECT id, messages FROM main.part WHERE {parts} ORDER BY last DESC LIMIT 1"
        ).fetchone()
        id, held = (
            part
            if part and part[1] < self._pace.part_messages
            else (self._new_part(slice.first), 0)
        )
        with _Transaction(self._db):
            self.insert(id, after, slice.last)
            self._db.execute(
                "UPDATE main.part SET last = ?, messages = ? WHERE id = ?",
                (slice.last, held + slice.messages, id),
            )
            self._set_meta(cursor, slice.last)
        if held + slice.messages >= self._pace.part_messages:
            self._merge(id)
        return True

    def _merge(self, id: int) -> None:
        count = f"SELECT count(DISTINCT segid) FROM main.words_{id}_idx"
        if self._db.execute(count).fetchone()[0] > MOST_SEGMENTS:
            self._db.execute(f"INSERT INTO main.words_{id}(words_{id}) VALUES ('optimize')")

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
            " fts5(words, content = '', columnsize = 0, detail = none, tokenize = 'ascii')"
        )
        for option, value in (("automerge", 0), ("crisismerge", 16), ("hashsize", _HASH_SIZE)):
            self._db.execute(
                f"INSERT INTO main.words_{id} (words_{id}, rank) VALUES (?, ?)", (option, value)
            )

    def _slice(self, after: int, last: int) -> _Slice | None:
        """The next messages after `after`, up to `last`."""
        between = "FROM log.message WHERE position > ? AND position <= ? ORDER BY position"
        first = self._db.execute(f"SELECT position {between} LIMIT 1", (after, last)).fetchone()
        if first is None:
            return None
        most = self._pace.part_slice
        end = self._db.execute(
            f"SELECT position {between} LIMIT 1 OFFSET ?", (after, last, most - 1)
        ).fetchone()
        if end is not None:
            return _Slice(first[0], end[0], most)
        rest = self._db.execute(
            "SELECT max(position), count(*) FROM log.message WHERE position > ? AND position <= ?",
            (after, last),
        ).fetchone()
        return _Slice(first[0], *rest)

    def insert(self, id: int, after: int, last: int) -> None:
        """Add the words of the messages after `after`, up to `last`, in one statement: going
        through Python message by message would cost as much again."""
        self._mark_routes(after, last)
        self._db.execute(
            f"INSERT INTO main.words_{id} (rowid, words) SELECT position,"
            " iif(length(text) = length(CAST(text AS BLOB)), text, row_of(text))"  # ASCII
            f" || iif(instr(text, '://'), ' {LINK_MARK} ', ' ') || mark.words"
            " FROM log.message JOIN temp.mark ON mark.route = message.route"
            " WHERE position > ? AND position <= ? ORDER BY position",
            (after, last),
        )

    def _mark_routes(self, after: int, last: int) -> None:
        """Set temp.mark to the marks of the routes of these messages."""
        self._db.execute("DELETE FROM temp.mark")
        self._db.execute(
            "INSERT INTO temp.mark SELECT id, marks_of(conversation, source, account)"
            " FROM log.route WHERE id IN"
            " (SELECT route FROM log.message WHERE position > ? AND position <= ?)",
            (after, last),
        )

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
        while slice := self._slice(at, last):
            with _Transaction(self._db):
                self.insert(new, at, slice.last)
            at, count = slice.last, count + slice.messages
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


class _Slice(NamedTuple):
    """Consecutive messages: the first and last position, and how many."""

    first: int
    last: int
    messages: int


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
