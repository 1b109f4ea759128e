"""Reading the SQLite log: one read-only connection, one thread.

The index by conversation (`message_of`) is built behind, so every question about a conversation
looks in the index and in the short rest of the messages that it does not know yet.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from .events import Entry
from .reading import Latest, Range
from .rows import EVENT_COLUMNS, MESSAGE_COLUMNS, read_event, read_message

_FIRST, _LAST = -(2**62), 2**62  # outside every position
# Positions a statement asks for: SQLite's limit on variables was 999 before 3.32.
_MANY = 900


class Reader:
    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None
        )

    # -- all of it, in order -----------------------------------------------------------------

    def read(self, after: int) -> Iterator[Entry]:
        return heapq.merge(self._messages_behind(after), self.read_state(after), key=_position)

    def _messages_behind(self, after: int) -> Iterator[Entry]:
        rows = self._db.execute(
            f"SELECT {MESSAGE_COLUMNS} FROM message WHERE position > ? ORDER BY position", (after,)
        )
        return map(read_message, rows)

    def read_state(self, after: int) -> Iterator[Entry]:
        rows = self._db.execute(
            f"SELECT {EVENT_COLUMNS} FROM event WHERE position > ? ORDER BY position", (after,)
        )
        return map(read_event, rows)

    # -- one conversation --------------------------------------------------------------------

    def history(self, conversation: str, wanted: Range) -> list[Entry]:
        with _Snapshot(self._db):
            found = self._messages_of(conversation, wanted)
            if wanted.events:
                found += self._events_of(conversation, wanted)
                found.sort(key=_position)
                found = _cut(found, wanted)
        return found

    def _messages_of(self, conversation: str, wanted: Range) -> list[Entry]:
        low, high = self._bounds("message", wanted)
        indexed = self._indexed()
        order = "DESC" if wanted.newest else "ASC"
        rows = self._db.execute(
            f"SELECT {MESSAGE_COLUMNS} FROM message WHERE position IN ("
            "  SELECT position FROM (SELECT position FROM message_of WHERE conversation = :name"
            f"  AND position > :low AND position < :high ORDER BY position {order} LIMIT :limit)"
            "  UNION ALL"
            "  SELECT position FROM (SELECT position FROM message"
            "  WHERE position > max(:low, :indexed) AND position < :high AND conversation = :name"
            f"  ORDER BY position {order} LIMIT :limit))"
            f" ORDER BY position {order} LIMIT :limit",
            {
                "name": conversation, "low": low, "high": high, "indexed": indexed,
                "limit": wanted.limit,
            },
        ).fetchall()  # fmt: skip
        found = [read_message(row) for row in rows]
        return found[::-1] if wanted.newest else found

    def _events_of(self, conversation: str, wanted: Range) -> list[Entry]:
        low, high = self._bounds("event", wanted)
        order = "DESC" if wanted.newest else "ASC"
        rows = self._db.execute(
            f"SELECT {EVENT_COLUMNS} FROM event WHERE position IN ("
            "  SELECT position FROM event_of WHERE conversation = ?"
            f"  AND position > ? AND position < ? ORDER BY position {order} LIMIT ?)",
            (conversation, low, high, wanted.limit),
        )
        return [read_event(row) for row in rows]

    def _indexed(self) -> int:
        """How far the index by conversation reaches."""
        row = self._db.execute("SELECT value FROM meta WHERE key = 'indexed'").fetchone()
        return int(row[0]) if row else 0

    def _bounds(self, table: str, wanted: Range) -> tuple[int, int]:
        """Its bounds as positions of `table`, neither of them part of the answer."""
        low = _FIRST if wanted.after is None else wanted.after
        high = _LAST if wanted.before is None else wanted.before
        if wanted.later is not None:
            low = max(low, self._first_at(table, wanted.later + 1) - 1)
        if wanted.earlier is not None:
            high = min(high, self._first_at(table, wanted.earlier))
        return low, high

    def _first_at(self, table: str, time: int) -> int:
        """The first position of `table` whose time is not before `time`, or one behind the end.

        Time never goes backwards along the log, so it is found by halving."""
        statement = f"SELECT position, time FROM {table} WHERE position >= ? ORDER BY position"
        ends = self._db.execute(f"SELECT min(position), max(position) FROM {table}").fetchone()
        if ends[0] is None:
            return _LAST
        low, high = ends[0], ends[1] + 1
        while low < high:
            middle = (low + high) // 2
            position, at = self._db.execute(f"{statement} LIMIT 1", (middle,)).fetchone()
            if at >= time:
                high = middle
            else:
                low = position + 1
        return int(low)

    # -- single messages ---------------------------------------------------------------------

    def at(self, positions: Iterable[int]) -> list[Entry]:
        return [
            read_message(row)
            for row in self._rows_in(
                f"SELECT {MESSAGE_COLUMNS} FROM message WHERE position IN ({{}}) ORDER BY position",
                sorted(set(positions)),
            )
        ]

    def reactions(self, messages: Iterable[int]) -> list[Entry]:
        found = [
            read_event(row)
            for row in self._rows_in(
                f"SELECT {EVENT_COLUMNS} FROM event WHERE position IN"
                " (SELECT position FROM reaction WHERE message IN ({}))",
                sorted(set(messages)),
            )
        ]
        return sorted(found, key=_position)

    def _rows_in(self, statement: str, values: Sequence[Any]) -> Iterator[Any]:
        for start in range(0, len(values), _MANY):
            some = values[start : start + _MANY]
            yield from self._db.execute(statement.format(",".join("?" * len(some))), some)

    # -- many conversations ------------------------------------------------------------------

    def latest(self, channels: Iterable[str], person: str | None, wanted: Range) -> list[Latest]:
        with _Snapshot(self._db):
            low, high = self._bounds("message", wanted)
            indexed = self._indexed()
            names = set(channels)
            if person is not None:
                names.update(self._with(person, indexed))
            last = dict(self._last_in_rest(names, max(low, indexed), high))
            for name in names.difference(last):
                position = self._db.execute(
                    "SELECT max(position) FROM message_of WHERE conversation = ?"
                    " AND position > ? AND position < ?",
                    (name, low, high),
                ).fetchone()[0]
                if position is not None:
                    last[name] = position
            times = dict(
                self._rows_in(
                    "SELECT position, time FROM message WHERE position IN ({})",
                    list(last.values()),
                )
            )
        found = sorted(
            (Latest(name, position, times[position]) for name, position in last.items()),
            key=lambda each: each.position,
        )
        return _cut(found, wanted)

    def _with(self, person: str, indexed: int) -> Iterator[str]:
        """The private conversations that `person` is in."""
        rows = self._db.execute(
            "SELECT conversation FROM private WHERE person = ? UNION"
            " SELECT conversation FROM message WHERE position > ? AND"
            " (conversation LIKE ? ESCAPE '\\' OR conversation LIKE ? ESCAPE '\\')",
            (person, indexed, f"{_literal(person)} %", f"% {_literal(person)}"),
        )
        return (row[0] for row in rows)

    def _last_in_rest(self, names: set[str], low: int, high: int) -> Iterator[tuple[str, int]]:
        rows = self._db.execute(
            "SELECT conversation, max(position) FROM message"
            " WHERE position > ? AND position < ? GROUP BY conversation",
            (low, high),
        )
        return ((name, position) for name, position in rows if name in names)


class _Snapshot:
    """What is read inside stands still: one read transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN")

    def __exit__(self, *error: object) -> None:
        self._db.execute("COMMIT")


def _cut(found: list[Any], wanted: Range) -> list[Any]:
    if len(found) <= wanted.limit:
        return found
    return found[len(found) - wanted.limit :] if wanted.newest else found[: wanted.limit]


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _position(entry: Entry) -> int:
    return entry.position
