"""Reading the SQLite log: one read-only connection, one thread.

The index (index.py) is made behind the writer, so every question about a conversation looks into
the index and into the short rest of the messages that it does not know yet. Without an index the
rest is all of it.
"""

from __future__ import annotations

import heapq
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

from .base import LogFailed
from .events import Entry
from .index import index_path
from .reading import Latest, Range
from .rows import (
    EVENT_COLUMNS,
    MESSAGE_COLUMNS,
    ROUTE_COLUMNS,
    Damaged,
    Route,
    read_event,
    read_message,
    text_sum,
)
from .search import Query, conversation_fits
from .sqlite_search import Search

logger = logging.getLogger("hubbub")

_FIRST, _LAST = -(2**62), 2**62  # outside every position
# Values a statement may name: SQLite's limit on variables was 999 before 3.32.
_MANY = 900
_MOST_ROUTES = 20_000


class Reader:
    """Reads the log at `path`, beside whoever writes it. Raises sqlite3.Error."""

    def __init__(self, path: Path) -> None:
        self._db = _connect(path)
        self._has_index = self._attach(index_path(path))
        self._routes: dict[int, Route] = {}

    def _attach(self, path: Path) -> bool:
        if not path.exists():
            return False
        try:
            self._db.execute("ATTACH ? AS ix", (f"{path.absolute().as_uri()}?mode=ro",))
            self._db.execute("SELECT count(*) FROM ix.meta")
        except sqlite3.Error:
            return False
        return True

    def close(self) -> None:
        self._db.close()

    # -- all of it, in order -----------------------------------------------------------------

    def read(self, after: int) -> Iterator[Entry]:
        return heapq.merge(self._messages_behind(after), self.read_state(after), key=_position)

    def _messages_behind(self, after: int) -> Iterator[Entry]:
        return self._messages(
            self._db.execute(
                f"SELECT {MESSAGE_COLUMNS} FROM message WHERE position > ? ORDER BY position",
                (after,),
            )
        )

    def read_state(self, after: int) -> Iterator[Entry]:
        rows = self._db.execute(
            f"SELECT {EVENT_COLUMNS} FROM event WHERE position > ? ORDER BY position", (after,)
        )
        for row in rows:
            try:
                yield read_event(row)
            except Damaged as damage:
                # What is true now depends on it: better no server than one that is wrong.
                raise LogFailed(f"the log is damaged: {damage}") from damage

    def summary(self, format: str) -> bytes | None:
        if not self._has_index:
            return None
        row = self._db.execute(
            "SELECT body, sum FROM ix.summary WHERE format = ? AND position <="
            " (SELECT max(position) FROM event) ORDER BY position DESC LIMIT 1",
            (format,),
        ).fetchone()
        return row[0] if row and crc32(row[0]) == row[1] else None

    def _messages(self, rows: Iterable[Sequence[Any]]) -> Iterator[Entry]:
        """Damaged ones are left out, and said to be so."""
        for row in rows:
            try:
                yield read_message(row, self._route(row[2]))
            except Damaged as damage:
                logger.error("the log is damaged, left out: %s. Run: hubbub verify", damage)

    def forget_routes(self) -> None:
        """A channel has another name."""
        self._routes.clear()

    def _route(self, id: int) -> Route:
        route = self._routes.get(id)
        if route is None:
            row = self._db.execute(
                f"SELECT {ROUTE_COLUMNS}, name FROM route"
                " JOIN conversation ON conversation.id = conversation WHERE route.id = ?",
                (id,),
            ).fetchone()
            if row is None or row[7] != text_sum(*row[:7]):
                raise Damaged(f"the route {id}")
            if len(self._routes) >= _MOST_ROUTES:
                self._routes.clear()
            route = self._routes[id] = (*row[1:7], row[8])
        return route

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
        id = self._id_of(conversation)
        if id is None:
            return []
        low, high = self._bounds("message", wanted)
        indexed = self._indexed()
        found: list[Any] = []
        # The newer part first when the newest are wanted, and only as much as is missing.
        for part in (self._rest, self._placed) if wanted.newest else (self._placed, self._rest):
            missing = wanted.limit - len(found)
            if missing > 0:
                rows = part(id, low, high, indexed, missing, "DESC" if wanted.newest else "ASC")
                found += rows.fetchall()
        return list(self._messages(found[::-1] if wanted.newest else found))

    def _placed(
        self, id: int, low: int, high: int, indexed: int, limit: int, order: str
    ) -> sqlite3.Cursor:
        """Rows that the index knows. It may know more than there is: what was taken back."""
        if not self._has_index:
            return self._db.execute("SELECT 1 WHERE 0")
        return self._db.execute(
            f"SELECT {_columns('message')} FROM ix.message_of AS place"
            " CROSS JOIN message ON message.position = place.position"
            " WHERE place.conversation = ? AND place.position > ? AND place.position < ?"
            " AND route IN (SELECT id FROM route WHERE conversation = ?)"
            f" ORDER BY place.position {order} LIMIT ?",
            (id, low, min(high, indexed + 1), id, limit),
        )

    def _rest(
        self, id: int, low: int, high: int, indexed: int, limit: int, order: str
    ) -> sqlite3.Cursor:
        return self._db.execute(
            f"SELECT {MESSAGE_COLUMNS} FROM message WHERE position > ? AND position < ?"
            " AND route IN (SELECT id FROM route WHERE conversation = ?)"
            f" ORDER BY position {order} LIMIT ?",
            (max(low, indexed), high, id, limit),
        )

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

    def _id_of(self, conversation: str) -> int | None:
        row = self._db.execute(
            "SELECT id FROM conversation WHERE name = ?", (conversation,)
        ).fetchone()
        return row[0] if row else None

    def _indexed(self) -> int:
        """How far the index reaches."""
        if not self._has_index:
            return _FIRST
        return int(self._ix("SELECT value FROM ix.meta WHERE key = 'messages'"))

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
        # One after the other: asked for both at once, SQLite reads the whole table.
        ends = self._db.execute(
            f"SELECT (SELECT min(position) FROM {table}), (SELECT max(position) FROM {table})"
        ).fetchone()
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
        rows = self._rows_in(
            f"SELECT {MESSAGE_COLUMNS} FROM message WHERE position IN ({{}}) ORDER BY position",
            sorted(set(positions)),
        )
        return list(self._messages(rows))

    def labeled(self, since: int) -> list[Entry]:
        labels = dict(
            self._db.execute("SELECT position, label FROM label WHERE time >= ?", (since,))
        )
        return [
            entry._replace(event=entry.event._replace(label=labels[entry.position]))  # type: ignore[call-arg]
            for entry in self.at(labels)
        ]

    def reactions(self, messages: Iterable[int]) -> list[Entry]:
        rows = self._rows_in(
            f"SELECT {EVENT_COLUMNS} FROM event WHERE position IN"
            " (SELECT position FROM reaction WHERE message IN ({}))",
            sorted(set(messages)),
        )
        return sorted(map(read_event, rows), key=_position)

    def _rows_in(self, statement: str, values: Sequence[Any]) -> Iterator[Any]:
        for start in range(0, len(values), _MANY):
            some = values[start : start + _MANY]
            yield from self._db.execute(statement.format(",".join("?" * len(some))), some)

    # -- searching -----------------------------------------------------------------------------

    def search(
        self, query: Query, channels: Iterable[str], person: str | None, wanted: Range
    ) -> list[Entry]:
        with _Snapshot(self._db):
            indexed = self._indexed()
            names = self._ids_of(channels)
            if person is not None:
                names.update(self._with(person, indexed))
            visible = [id for id, name in names.items() if conversation_fits(query, name)]
            if not visible:
                return []
            wanted = wanted._replace(later=query.later, earlier=query.earlier)
            search = Search(self._db, self._messages, visible, self._bounds("message", wanted))
            found = {entry.position: entry for entry in self._search(search, query, wanted.limit)}
        return [found[position] for position in sorted(found, reverse=True)[: wanted.limit]]

    def _search(self, search: Search, query: Query, limit: int) -> list[Entry]:
        if not self._has_index or self._ix("SELECT count(*) FROM ix.part") == 0:
            return search.scan(query, _FIRST, limit)
        texts = int(self._ix("SELECT value FROM ix.meta WHERE key = 'texts'"))
        changes = int(self._ix("SELECT value FROM ix.meta WHERE key = 'changes'"))
        found = search.changed(query, changes) + search.scan(query, texts, limit)
        return found + search.indexed(query, texts, limit)

    def _ix(self, statement: str) -> Any:
        return self._db.execute(statement).fetchone()[0]

    # -- many conversations ------------------------------------------------------------------

    def latest(self, channels: Iterable[str], person: str | None, wanted: Range) -> list[Latest]:
        with _Snapshot(self._db):
            low, high = self._bounds("message", wanted)
            indexed = self._indexed()
            names = self._ids_of(channels)
            if person is not None:
                names.update(self._with(person, indexed))
            last = self._last_in_rest(names, max(low, indexed), high)
            for id in names.keys() - last.keys():
                rows = self._placed(id, low, high, indexed, 1, "DESC").fetchall()
                if rows:
                    last[id] = rows[0][:2]
        found = [Latest(names[id], position, time) for id, (position, time) in last.items()]
        found.sort(key=lambda each: each.position)
        return _cut(found, wanted)

    def _ids_of(self, names: Iterable[str]) -> dict[int, str]:
        return dict(
            self._rows_in(
                "SELECT id, name FROM conversation WHERE name IN ({})", sorted(set(names))
            )
        )

    def _with(self, person: str, indexed: int) -> list[tuple[int, str]]:
        """The private conversations that `person` is in: id and name."""
        known = "SELECT conversation FROM ix.private WHERE person = :person UNION "
        return self._db.execute(
            "SELECT id, name FROM conversation WHERE id IN ("
            f"{known if self._has_index else ''}"
            " SELECT DISTINCT route.conversation FROM message JOIN route ON route.id = route"
            " WHERE position > :indexed)"
            " AND (substr(name, 1, length(:person) + 1) = :person || ' '"
            " OR substr(name, -length(:person) - 1) = ' ' || :person)",
            {"person": person, "indexed": indexed},
        ).fetchall()

    def _last_in_rest(
        self, names: dict[int, str], low: int, high: int
    ) -> dict[int, tuple[int, int]]:
        rows = self._db.execute(
            "SELECT route.conversation, max(position), time FROM message"
            " JOIN route ON route.id = route WHERE position > ? AND position < ?"
            " GROUP BY route.conversation",
            (low, high),
        )
        return {id: (position, time) for id, position, time in rows if id in names}


class _Snapshot:
    """What is read inside stands still: one read transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN")

    def __exit__(self, *error: object) -> None:
        self._db.execute("COMMIT")


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)


def _columns(table: str) -> str:
    return ", ".join(f"{table}.{column}" for column in MESSAGE_COLUMNS.split(", "))


def _cut(found: list[Any], wanted: Range) -> list[Any]:
    if len(found) <= wanted.limit:
        return found
    return found[len(found) - wanted.limit :] if wanted.newest else found[: wanted.limit]


def _position(entry: Entry) -> int:
    return entry.position
