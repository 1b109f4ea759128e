"""Search the SQLite log: the word index gives candidates, the messages decide.

Newest first: the messages that the index does not contain yet, those edited since, then the parts
of the index. Every candidate is read and compared with the query (search.matches), so the result
equals that of a linear scan, whatever the state of the index. Permitted conversations restrict the
rows separately from the user's query.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..events.kinds import Entry, MessageEdited
from .rows import MESSAGE_COLUMNS
from .search import Query, matches
from .text_index import match_of

_COLUMNS = ", ".join(f"message.{column}" for column in MESSAGE_COLUMNS.split(", "))
_VISIBLE = "route.conversation IN (SELECT id FROM temp.visible)"
# Marks of conversations pay off only if there are few conversations with few of all messages.
_MOST_MARKS = 200
_SMALL_SHARE = 0.1

Decode = Callable[[Any], Iterator[Entry]]


class Search:
    """One search in the conversations `visible` (ids), between two positions."""

    def __init__(
        self,
        db: sqlite3.Connection,
        decode: Decode,
        visible: Sequence[int],
        bounds: tuple[int, int],
    ) -> None:
        self._db = db
        self._decode = decode
        self._visible = visible
        self._low, self._high = bounds
        db.execute("CREATE TABLE IF NOT EXISTS temp.visible (id INTEGER PRIMARY KEY)")
        db.execute("DELETE FROM temp.visible")
        db.executemany("INSERT INTO temp.visible VALUES (?)", [(id,) for id in visible])

    def scan(self, query: Query, after: int, limit: int, before: int = 2**62) -> list[Entry]:
        """Scan the messages between two positions."""
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM main.message JOIN main.route ON route.id = message.route"
            f" WHERE position > ? AND position < ? AND {_VISIBLE}"
            f"{_LIKELY * len(_patterns(query))} ORDER BY position DESC",
            (max(self._low, after), min(self._high, before), *_patterns(query)),
        )
        return self._first(query, rows, limit)

    def changed(self, query: Query, since: int) -> list[Entry]:
        """Messages whose text differs from the index."""
        positions = [row[0] for row in self._db.execute("SELECT position FROM ix.changed")]
        edits = self._db.execute(
            "SELECT body FROM main.event WHERE position > ? AND kind = ?",
            (since, MessageEdited.__name__),
        )
        positions += [json.loads(body)["message"] for (body,) in edits]
        found: list[Entry] = []
        for position in set(positions):
            if self._low < position < self._high:
                rows = self._db.execute(
                    f"SELECT {_COLUMNS} FROM main.message"
                    " JOIN main.route ON route.id = message.route"
                    f" WHERE position = ? AND {_VISIBLE}",
                    (position,),
                )
                found += self._first(query, rows, 1)
        return found

    def indexed(self, query: Query, last: int, limit: int) -> list[Entry]:
        """Messages found by the index, up to position `last`."""
        places = self._marked_places()
        match = match_of(query, places)
        if not match and len(self._visible) <= _MOST_MARKS:
            match = match_of(query, self._visible)
        if not match:  # all messages of many conversations
            return self.scan(query, self._low, limit)
        found: list[Entry] = []
        phrases = _patterns(query, least=2)  # the index knows words, not where they stand
        parts = self._db.execute(
            "SELECT id FROM ix.part WHERE last > ? AND first < ? ORDER BY last DESC",
            (self._low, self._high),
        ).fetchall()
        for (id,) in parts:
            rows = self._db.execute(
                f"SELECT {_COLUMNS} FROM ix.words_{id}"
                f" CROSS JOIN main.message ON message.position = words_{id}.rowid"
                " JOIN main.route ON route.id = message.route"
                f" WHERE words_{id} MATCH ? AND words_{id}.rowid > ? AND words_{id}.rowid < ?"
                f" AND {_VISIBLE}{_LIKELY * len(phrases)} ORDER BY words_{id}.rowid DESC",
                (match, self._low, min(self._high, last + 1), *phrases),
            )
            found += self._first(query, rows, limit - len(found))
            if len(found) >= limit:
                break
        return found

    def _first(self, query: Query, rows: sqlite3.Cursor, limit: int) -> list[Entry]:
        found: list[Entry] = []
        while limit > len(found) and (some := rows.fetchmany(limit - len(found))):
            found += [entry for entry in self._decode(some) if matches(query, entry.event)]  # type: ignore[arg-type]
        return found[:limit]

    def _marked_places(self) -> Sequence[int]:
        """The conversations to include in the index query, if that is faster."""
        if len(self._visible) > _MOST_MARKS:
            return ()
        mine, all = self._db.execute(
            "SELECT total(messages) FILTER (WHERE conversation IN (SELECT id FROM temp.visible)),"
            " total(messages) FROM ix.size"
        ).fetchone()
        return self._visible if mine < all * _SMALL_SHARE else ()


# For words of ASCII letters SQLite can skip most rows itself; other texts are always compared.
_LIKELY = " AND (text LIKE ? OR text GLOB '*[^ -~]*')"


def _patterns(query: Query, least: int = 1) -> list[str]:
    """LIKE patterns of the terms of ASCII words, if these are at least so many."""
    return [
        f"%{'%'.join(term.tokens)}%"
        for term in query.terms
        if len(term.tokens) >= least and "".join(term.tokens).isascii()
    ]
