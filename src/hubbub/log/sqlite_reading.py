"""Read the SQLite log: one read-only connection, one thread.

The index (index.py) lags behind the writer, so every query reads the index and then the few
messages that it does not contain yet. Without an index that is all of them.
"""

from __future__ import annotations

import contextlib
import heapq
import logging
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

from ..events.bursts import Route
from ..events.kinds import Entry, MessageRedacted, MessageSent
from .base import LogFailed
from .index import index_path
from .ranges import Labeled, Latest, Range
from .rows import (
    EVENT_COLUMNS,
    MESSAGE_COLUMNS,
    ROUTE_COLUMNS,
    Damaged,
    read_event,
    read_message,
    text_sum,
)
from .search import Query
from .sqlite_search import Search

logger = logging.getLogger("hubbub")

#: Outside the range of positions.
FIRST, LAST = -(2**62), 2**62
# Values per statement, a power of two: SQLite's limit on variables was 999 before 3.32.
_MANY = 512
_MOST_ROUTES = 4_096  # an answer has at most 1,000 messages
_MOST_SAID = 20


def read_only(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing. Raises sqlite3.Error."""
    url = f"{path.absolute().as_uri()}?mode=ro"
    if not os.access(path.absolute().parent, os.W_OK) and not Path(f"{path}-wal").exists():
        # SQLite would create a shared-memory file beside it, which is needless without a writer.
        url += "&immutable=1"
    return sqlite3.connect(url, uri=True, isolation_level=None)


class Reader:
    """Reads the log at `path` while it is being written. Raises sqlite3.Error."""

    def __init__(self, path: Path) -> None:
        self._db = read_only(path)
        self._has_index = self._attach(index_path(path))
        self._routes: dict[int, Route] = {}
        self.left_out = 0  # damaged messages skipped

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
                # The current state depends on it: no server is better than one with a wrong state.
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
        """Skip and log damaged messages."""
        for row in rows:
            try:
                yield read_message(row, self._route(row[2]))
            except Damaged as damage:
                self.left_out += 1
                if self.left_out <= _MOST_SAID:
                    logger.error("the log is damaged, left out: %s. Run: hubbub verify", damage)

    @contextlib.contextmanager
    def through(self, db: sqlite3.Connection) -> Iterator[None]:
        """Read single messages with this connection inside the block, which sees its own
        uncommitted rows."""
        own, self._db = self._db, db
        try:
            yield
        finally:
            self._db = own
            self.forget_routes()

    def forget_routes(self) -> None:
        """Drop cached names after a rename."""
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
            route = self._routes[id] = Route._make((*row[1:7], row[8]))
        return route

    # -- one conversation --------------------------------------------------------------------

    def history(self, conversation: str, wanted: Range) -> list[Entry]:
        with _Snapshot(self._db):
            found = self._messages_of(conversation, wanted)
            if wanted.events:
                found += self._events_of(conversation, wanted)
                found.sort(key=_position)
                found = wanted.cut(found)
        return found

    def _messages_of(self, conversation: str, wanted: Range) -> list[Entry]:
        id = self._id_of(conversation)
        if id is None:
            return []
        # From the oldest on: each part covers a range, and returns only as many rows as are
        # missing.
        pieces = [
            (part, max(low, after), min(high, before))
            for low, high in self._windows("message", wanted)
            for part, after, before in self._parts()
        ]
        order = "DESC" if wanted.newest else "ASC"
        rows = (
            row
            for part, low, high in (pieces[::-1] if wanted.newest else pieces)
            if low + 1 < high
            for row in part(id, low, high, wanted.limit, order)
        )
        found = wanted.first(self._messages(rows))
        return found[::-1] if wanted.newest else found

    def _parts(self) -> list[tuple[Callable[..., sqlite3.Cursor], int, int]]:
        """The sources of messages, with the range of positions that each covers."""
        if not self._has_index:
            return [(self._rest, FIRST, LAST)]
        indexed = self._indexed()
        if self._imports_are_placed():
            return [(self._placed, FIRST, indexed + 1), (self._rest, indexed, LAST)]
        return [
            (self._rest, FIRST, 1), (self._placed, 0, indexed + 1), (self._rest, indexed, LAST),
        ]  # fmt: skip

    def _placed(self, id: int, low: int, high: int, limit: int, order: str) -> sqlite3.Cursor:
        """Rows found by the index, which may contain deleted messages."""
        return self._db.execute(
            f"SELECT {_columns('message')} FROM ix.message_of AS place"
            " CROSS JOIN message ON message.position = place.position"
            " CROSS JOIN route ON route.id = message.route AND route.conversation = ?"
            " WHERE place.conversation = ? AND place.position > ? AND place.position < ?"
            f" ORDER BY place.position {order} LIMIT ?",
            (id, id, low, high, limit),
        )

    def _rest(self, id: int, low: int, high: int, limit: int, order: str) -> sqlite3.Cursor:
        return self._db.execute(
            f"SELECT {MESSAGE_COLUMNS} FROM message WHERE position > ? AND position < ?"
            " AND route IN (SELECT id FROM route WHERE conversation = ?)"
            f" ORDER BY position {order} LIMIT ?",
            (low, high, id, limit),
        )

    def _events_of(self, conversation: str, wanted: Range) -> list[Entry]:
        order = "DESC" if wanted.newest else "ASC"
        found: list[Entry] = []
        hidden = [kind.__name__ for kind in wanted.hidden]
        marks = ",".join("?" * len(hidden))
        for low, high in self._windows("event", wanted):
            rows = self._db.execute(
                f"SELECT {_columns('event', EVENT_COLUMNS)} FROM event_of CROSS JOIN event"
                " ON event.position = event_of.position WHERE conversation = ?"
                " AND event_of.position > ? AND event_of.position < ?"
                f" AND kind NOT IN ({marks}) ORDER BY event_of.position {order} LIMIT ?",
                (conversation, low, high, *hidden, wanted.limit),
            )
            found += map(read_event, rows)
        return found

    def _id_of(self, conversation: str) -> int | None:
        row = self._db.execute(
            "SELECT id FROM conversation WHERE name = ?", (conversation,)
        ).fetchone()
        return row[0] if row else None

    def _indexed(self) -> int:
        """The last position in the index."""
        if not self._has_index:
            return FIRST
        return int(self._ix("SELECT value FROM ix.meta WHERE key = 'messages'"))

    def _windows(self, table: str, wanted: Range) -> list[tuple[int, int]]:
        """The bounds as pairs of positions of `table`, exclusive, older first: a time maps to a
        position among imported messages and to one among those of this server."""
        low = FIRST if wanted.after is None else wanted.after
        high = LAST if wanted.before is None else wanted.before
        if wanted.later is None and wanted.earlier is None:
            return [(low, high)]
        windows = []
        for first, last in ((FIRST, 0), (1, LAST)):
            after, before = max(low, first - 1), min(high, last + 1)
            if wanted.later is not None:
                after = max(after, self._first_at(table, wanted.later + 1, first, last) - 1)
            if wanted.earlier is not None:
                before = min(before, self._first_at(table, wanted.earlier, first, last))
            windows.append((after, before))
        return windows

    def _first_at(self, table: str, time: int, first: int, last: int) -> int:
        """The first position of `table`, from `first` to `last`, at or after `time`; one beyond the
        end if there is none. Times never go back there, so a binary search finds it."""
        between = f"FROM {table} WHERE position >= ? AND position <= ? ORDER BY position"
        # Two queries: asked for both ends at once, SQLite scans the whole table.
        ends = [
            self._db.execute(f"SELECT position {between} {order} LIMIT 1", (first, last)).fetchone()
            for order in ("ASC", "DESC")
        ]
        if ends[0] is None:
            return last + 1
        low, high = ends[0][0], ends[1][0] + 1
        while low < high:
            middle = (low + high) // 2
            position, at = self._db.execute(
                f"SELECT position, time {between} LIMIT 1", (middle, last)
            ).fetchone()
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

    def labeled(self, since: int) -> list[Labeled]:
        """Messages with a label, also those that were taken back."""
        rows = self._db.execute("SELECT position, time, label FROM label WHERE time >= ?", (since,))
        labels = {position: (time, label) for position, time, label in rows}
        known: dict[int, tuple[str, str | None, str]] = {}
        for position, _, said in self.at(labels):
            assert isinstance(said, MessageSent)
            known[position] = said.target, said.account, said.source
        deleted = self._db.execute(
            f"SELECT {EVENT_COLUMNS} FROM event WHERE kind = 'MessageRedacted' AND position > ?",
            (min(labels, default=0),),
        )
        for _, _, event in map(read_event, deleted):
            if isinstance(event, MessageRedacted):
                known[event.message] = event.target, None, ""
        return [
            Labeled(position, time, label, *known[position])
            for position, (time, label) in sorted(labels.items())
            if position in known
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
            some = list(values[start : start + _MANY])
            # Repeated up to a power of two: a prepared statement is kept for each number of values.
            some += some[-1:] * ((1 << (len(some) - 1).bit_length()) - len(some))
            yield from self._db.execute(statement.format(",".join("?" * len(some))), some)

    # -- searching -----------------------------------------------------------------------------

    def search(
        self, query: Query, channels: Iterable[str], person: str | None, wanted: Range
    ) -> list[Entry]:
        with _Snapshot(self._db):
            names = self._ids_of(channels)
            if person is not None:
                names.update(self._with(person))
            if not names:
                return []
            wanted = wanted._replace(later=query.later, earlier=query.earlier)
            found: dict[int, Entry] = {}
            for bounds in reversed(self._windows("message", wanted)):
                if len(found) < wanted.limit:
                    search = Search(self._db, self._messages, list(names), bounds)
                    hits = self._search(search, query, wanted.limit)
                    found.update((entry.position, entry) for entry in hits)
        return wanted.first(found[position] for position in sorted(found, reverse=True))

    def _search(self, search: Search, query: Query, limit: int) -> list[Entry]:
        if not self._has_index or self._ix("SELECT count(*) FROM ix.part") == 0:
            return search.scan(query, FIRST, limit)
        texts = int(self._ix("SELECT value FROM ix.meta WHERE key = 'texts'"))
        changes = int(self._ix("SELECT value FROM ix.meta WHERE key = 'changes'"))
        found = search.changed(query, changes) + search.scan(query, texts, limit)
        found += search.scan(query, self._imported_texts(), limit, before=1)
        return found + search.indexed(query, texts, limit)

    def _imported_texts(self) -> int:
        """The last imported position in the word index."""
        if not self._imports_are_placed():
            return FIRST
        texts = int(self._ix("SELECT value FROM ix.meta WHERE key = 'import_texts'"))
        return texts or FIRST  # nothing was imported when the index was made

    def _imports_are_placed(self) -> bool:
        wanted = self._db.execute("SELECT value FROM main.meta WHERE key = 'imports'").fetchone()
        return wanted is None or wanted[0] == self._ix(
            "SELECT value FROM ix.meta WHERE key = 'imports'"
        )

    def _ix(self, statement: str) -> Any:
        return self._db.execute(statement).fetchone()[0]

    # -- many conversations ------------------------------------------------------------------

    def with_guests(self, person: str, nick: str) -> list[str]:
        # The two are in either order; names that begin with "nick!" lie between that and 'nick"'.
        rows = self._db.execute(
            "SELECT name FROM conversation WHERE name >= :first || '!' AND name < :first || '\"'"
            " UNION SELECT name FROM conversation WHERE name >= :nick || '!'"
            " AND name < :nick || '\"' AND substr(name, -length(:person) - 1) = ' ' || :person",
            {"first": f"{person} {nick}", "nick": nick, "person": person},
        )
        return [name for (name,) in rows]

    def latest(self, channels: Iterable[str], person: str | None, wanted: Range) -> list[Latest]:
        with _Snapshot(self._db):
            indexed = self._indexed()
            names = self._ids_of(channels)
            if person is not None:
                names.update(self._with(person))
            last: dict[int, tuple[int, int]] = {}
            for low, high in reversed(self._windows("message", wanted)):
                found = self._last_in_rest(names, max(low, indexed), high)
                last = {**found, **last}
                for id in names.keys() - last.keys() if self._has_index else ():
                    rows = self._placed(id, low, min(high, indexed + 1), 1, "DESC").fetchall()
                    if rows:
                        last[id] = rows[0][:2]
        latest = [Latest(names[id], position, time) for id, (position, time) in last.items()]
        latest.sort(key=lambda each: each.position)
        return wanted.some(latest)

    def _ids_of(self, names: Iterable[str]) -> dict[int, str]:
        return dict(
            self._rows_in(
                "SELECT id, name FROM conversation WHERE name IN ({})", sorted(set(names))
            )
        )

    def _with(self, person: str) -> list[tuple[int, str]]:
        """The private conversations of `person`: id and name."""
        # Names that begin with "person " lie between that and "person!".
        return self._db.execute(
            "SELECT id, name FROM conversation"
            " WHERE name >= :person || ' ' AND name < :person || '!'"
            " UNION SELECT id, name FROM conversation"
            " WHERE instr(name, ' ') > 0 AND substr(name, instr(name, ' ') + 1) = :person",
            {"person": person},
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
    """Reads inside the block see one state: a read transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN")

    def __exit__(self, *error: object) -> None:
        self._db.execute("COMMIT")


def _columns(table: str, columns: str = MESSAGE_COLUMNS) -> str:
    return ", ".join(f"{table}.{column}" for column in columns.split(", "))


def _position(entry: Entry) -> int:
    return entry.position
