"""Delete expired messages in small slices, between commits of the writer.

The index thread finds expired messages (`expired`), one conversation after the other, oldest first;
the writer deletes them slice by slice between two commits (`forget`); then the index removes them
too. If this is interrupted, the next pass does the rest.

Messages are deleted with their edits, reactions and deletions. Other events in a channel's history
(joins, topics, kicks) disappear from it, but their rows are kept without texts, because replay
needs them.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..events.conversations import is_account, without_words
from ..events.kinds import Entry, MessageEdited, TopicChanged
from ..events.retention import LEAST_MS, Keep, Rules
from .base import LogFull
from .pace import Pace
from .rows import EVENT_COLUMNS, event_row, read_event
from .sqlite_reading import FIRST, LAST, Reader
from .text_index import TextIndex

logger = logging.getLogger("hubbub")

#: Rows that the writer deletes at once, in some milliseconds.
SLICE = 200


class Slice(NamedTuple):
    """The deletions of one transaction. `messages`: conversation and position; `places`:
    occurrences of an event, by name and position; `deleted`: events deleted completely; `changed`:
    events without their texts; `routes`: unused by messages up to position `seen`."""

    messages: Sequence[tuple[int, int]] = ()
    places: Sequence[tuple[str, int]] = ()
    deleted: Sequence[int] = ()
    changed: Sequence[Entry] = ()
    routes: Sequence[int] = ()
    seen: int = 0


# -- what has expired: read by the index's thread --------------------------------------------------


class Expiring(Reader):
    """Reads the log at `path` and finds what `rules` let expire. Raises sqlite3.Error, Damaged."""

    def __init__(
        self, path: Path, rules: Rules, *, thorough: bool = True, least_ms: int = LEAST_MS
    ) -> None:
        """`thorough`: look for leftovers of earlier passes even if nothing has expired now."""
        super().__init__(path)
        self._rules = rules
        self._least_ms = least_ms
        self._thorough = thorough
        self._places: dict[tuple[str, int], tuple[tuple[int, int], ...]] = {}
        self._names: dict[int, str] = dict(self._db.execute("SELECT id, name FROM conversation"))

    def slices(self) -> Iterator[Slice]:
        found = self._thorough
        for slice in self._expired():
            found = True
            yield slice
        if found:
            yield from self._expired_edits()
            yield from self._unused_routes()

    def _expired(self) -> Iterator[Slice]:
        for id, name in self._names.items():
            for low, high in self._expired_windows(name, id):
                while places := self._placed_in(id, low, high):
                    yield Slice(messages=places)
                    low = places[-1][1]
        ids = {name: id for id, name in self._names.items()}
        places_of_events = self._db.execute("SELECT DISTINCT conversation FROM event_of").fetchall()
        for (name,) in places_of_events:
            if not is_account(name):
                for low, high in self._expired_windows(name, ids.get(name), "event"):
                    yield from self._expired_events(name, low, high)

    def _expired_windows(
        self, name: str, id: int | None, table: str = "message"
    ) -> list[tuple[int, int]]:
        """Ranges of positions in `table` that have expired in a conversation, ends excluded."""
        keep: Keep = self._rules.of(name)
        now = self._rules.now
        windows: list[tuple[int, int]] = []
        if keep.age:
            windows += self._older_than(table, now - max(keep.age, self._least_ms))
        if keep.messages and id is not None:
            last = self._nth_newest(id, keep.messages)
            if last is not None:
                old = self._older_than(table, now - self._least_ms)
                windows += [(low, min(high, last)) for low, high in old]
        return [(low, high) for low, high in windows if low + 1 < high]

    def _older_than(self, table: str, time: int) -> tuple[tuple[int, int], ...]:
        """Ranges among imported messages and among those of this server."""
        found = self._places.get((table, time))
        if found is None:
            found = self._places[table, time] = tuple(
                (low - 1, self._first_at(table, time, low, high))
                for low, high in ((FIRST, 0), (1, LAST))
            )
        return found

    def _nth_newest(self, id: int, number: int) -> int | None:
        """Counts existing messages; the index may know deleted ones as well."""
        size = self._db.execute("SELECT messages FROM ix.size WHERE conversation = ?", (id,))
        if (size.fetchone() or (0,))[0] < number:
            return None
        row = self._db.execute(
            "SELECT place.position FROM ix.message_of AS place CROSS JOIN message"
            " ON message.position = place.position WHERE place.conversation = ?"
            " ORDER BY place.position DESC LIMIT 1 OFFSET ?",
            (id, number - 1),
        ).fetchone()
        return row[0] if row else None

    def _placed_in(self, id: int, low: int, high: int) -> list[tuple[int, int]]:
        return self._db.execute(
            "SELECT conversation, position FROM ix.message_of WHERE conversation = ?"
            " AND position > ? AND position < ? ORDER BY position LIMIT ?",
            (id, low, high, SLICE),
        ).fetchall()

    def _expired_events(self, name: str, low: int, high: int) -> Iterator[Slice]:
        """Other events in the history of a conversation."""
        while found := self._events_in(name, low, high):
            low = found[-1].position
            holding = self._last_topic(name)
            gone = [entry for entry in found if entry.position != holding]
            bare = [(entry, without_words(entry.event)) for entry in gone]
            if gone:
                yield Slice(
                    places=[(name, entry.position) for entry in gone],
                    deleted=[entry.position for entry, event in bare if event is None],
                    changed=[
                        entry._replace(event=event)
                        for entry, event in bare
                        if event not in (None, entry.event) and not self._stands(name, entry)
                    ],
                )

    def _events_in(self, name: str, low: int, high: int) -> list[Entry]:
        rows = self._db.execute(
            f"SELECT {EVENT_COLUMNS} FROM event WHERE position IN (SELECT position FROM event_of"
            " WHERE conversation = ? AND position > ? AND position < ? ORDER BY position LIMIT ?)"
            " ORDER BY position",
            (name, low, high, SLICE),
        )
        return [read_event(row) for row in rows]

    def _last_topic(self, name: str) -> int | None:
        row = self._db.execute(
            "SELECT event.position FROM event_of CROSS JOIN event"
            " ON event.position = event_of.position WHERE conversation = ? AND kind = ?"
            " ORDER BY event_of.position DESC LIMIT 1",
            (name, TopicChanged.__name__),
        ).fetchone()
        return row[0] if row else None

    def _stands(self, name: str, entry: Entry) -> bool:
        """Is a quit still in the history of another channel?"""
        others = [each for each in getattr(entry.event, "channels", ()) if each != name]
        return any(
            self._db.execute(
                "SELECT 1 FROM event_of WHERE conversation = ? AND position = ?",
                (other, entry.position),
            ).fetchone()
            for other in others
        )

    def _expired_edits(self) -> Iterator[Slice]:
        """Edits of deleted messages; they are in no history."""
        gone: list[int] = []
        rows = self._db.execute(
            f"SELECT {EVENT_COLUMNS} FROM event WHERE kind = ?", (MessageEdited.__name__,)
        ).fetchall()
        for row in rows:
            event: Any = read_event(row).event
            if not self.at([event.message]):
                gone.append(row[0])
        for start in range(0, len(gone), SLICE):
            yield Slice(deleted=gone[start : start + SLICE])

    def _unused_routes(self) -> Iterator[Slice]:
        """Routes (sender and conversation) without any message."""
        (seen,) = self._db.execute("SELECT coalesce(max(position), 0) FROM message").fetchone()
        routes = self._db.execute(
            "SELECT id FROM route WHERE id NOT IN (SELECT route FROM message)"
            " AND id < (SELECT max(id) FROM route)"
        ).fetchall()
        if routes:
            yield Slice(routes=[id for (id,) in routes], seen=seen)


# -- deleting it: by the writer --------------------------------------------------------------------


def forget(db: sqlite3.Connection, slice: Slice) -> None:
    """Delete a slice, inside a transaction. Raises sqlite3.Error."""
    positions = [(position,) for _, position in slice.messages]
    if positions:
        _keep_end(db, max(positions)[0])
    for table, column in (("message", "position"), ("reaction", "message"), ("label", "position")):
        db.executemany(f"DELETE FROM {table} WHERE {column} = ?", positions)
    db.executemany("DELETE FROM event_of WHERE conversation = ? AND position = ?", slice.places)
    db.executemany("DELETE FROM event WHERE position = ?", [(each,) for each in slice.deleted])
    change_events(db, slice.changed)
    if slice.routes:
        _forget_routes(db, slice)


def change_events(db: sqlite3.Connection, entries: Sequence[Entry]) -> None:
    """Replace these events by their changed versions."""
    rows = (event_row(entry) for entry in entries)
    db.executemany(
        "UPDATE event SET body = ?, sum = ? WHERE position = ?",
        [(body, total, position) for position, _, _, body, total in rows],
    )


def _keep_end(db: sqlite3.Connection, position: int) -> None:
    """Keep positions from being reused and time from going back, even if the last messages go."""
    row = db.execute(
        "SELECT position, time FROM message WHERE position <= ? ORDER BY position DESC LIMIT 1",
        (position,),
    ).fetchone()
    for key, value in zip(("end", "end_time"), row or (), strict=False):
        db.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE"
            " SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))",
            (key, str(value)),
        )


def _forget_routes(db: sqlite3.Connection, slice: Slice) -> None:
    """Keep the newest ones, so that ids are not reused while caches hold them."""
    db.execute("CREATE TEMP TABLE IF NOT EXISTS unused (id INTEGER PRIMARY KEY)")
    db.execute("DELETE FROM temp.unused")
    db.executemany("INSERT INTO temp.unused VALUES (?)", [(id,) for id in slice.routes])
    db.execute(
        "DELETE FROM route WHERE id IN (SELECT id FROM temp.unused) AND id <"
        " (SELECT max(id) FROM route) AND id NOT IN (SELECT route FROM message WHERE position > ?)",
        (slice.seen,),
    )
    db.execute(
        "DELETE FROM conversation WHERE id < (SELECT max(id) FROM conversation)"
        " AND id NOT IN (SELECT conversation FROM route)"
    )


# -- one after the other ---------------------------------------------------------------------------


class Expiry:
    """The passes through the log, run by the index thread. `rules` returns the rules in effect;
    `forget` makes the writer delete a slice, and returns False if that is impossible for now."""

    def __init__(
        self,
        path: Path,
        rules: Callable[[], Rules],
        forget: Callable[[Slice], bool],
        pace: Pace | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._rules = rules
        self._forget = forget
        self._slices: Iterator[Slice] | None = None
        self._reader: Expiring | None = None
        self._pace = pace or Pace()
        self._clock = clock
        self._next = clock() + self._pace.first_pass_seconds
        self._first: tuple[int, float] | None = None
        self._thorough = True  # once, for leftovers of an earlier process

    def seconds_left(self) -> float:
        """Seconds until the next pass."""
        return max(0.0, self._next - self._clock())

    def step(self, db: sqlite3.Connection, texts: TextIndex | None) -> bool:
        """Process one slice; `db` is the index. False: nothing to do. Raises sqlite3.Error,
        Damaged."""
        if self._slices is None and not self._begin(texts):
            return False
        assert self._slices is not None
        slice = next(self._slices, None)
        if slice is not None and self._forget(slice):
            _forget_places(db, slice)
            return True
        self.end()
        return False

    def _begin(self, texts: TextIndex | None) -> bool:
        if self.seconds_left():
            return False
        self._next = self._clock() + self._pace.pass_seconds
        rules = self.trusted(self._rules())
        if rules.keep_all:
            return False
        while texts is not None and texts.note_changes():
            pass  # before the events about them are deleted
        self._reader = Expiring(
            self._path, rules, thorough=self._thorough, least_ms=self._pace.least_ms
        )
        self._thorough = False
        self._slices = self._reader.slices()
        return True

    def trusted(self, rules: Rules) -> Rules:
        """The rules with a time that has not jumped ahead: a wrong clock must not delete
        messages."""
        if self._first is None:
            self._first = rules.now, self._clock()
        began, at = self._first
        passed = int((self._clock() - at) * 1000)
        return rules._replace(now=min(rules.now, began + passed))

    def end(self) -> None:
        """End the pass; the next one finds the rest."""
        if self._reader is not None:
            self._reader.close()
        self._reader = self._slices = None


def _forget_places(db: sqlite3.Connection, slice: Slice) -> None:
    """Delete a slice from the index. The parts of the word index are rebuilt later."""
    if not slice.messages:
        return
    positions = [position for _, position in slice.messages]
    db.execute("BEGIN IMMEDIATE")
    db.executemany(
        "DELETE FROM main.message_of WHERE conversation = ? AND position = ?", slice.messages
    )
    db.execute(
        "UPDATE main.size SET messages = max(0, messages - ?) WHERE conversation = ?",
        (len(positions), slice.messages[0][0]),
    )
    parts = db.execute(
        "SELECT first, last FROM main.part WHERE first <= ? AND last >= ? AND NOT EXISTS"
        " (SELECT 1 FROM main.changed WHERE position >= first AND position <= last)",
        (positions[-1], positions[0]),
    ).fetchall()
    for first, last in parts:
        inside = next((each for each in positions if first <= each <= last), None)
        if inside is not None:  # one is enough
            db.execute("INSERT OR REPLACE INTO main.changed VALUES (?, 0)", (inside,))
    db.execute("COMMIT")


class ByWriter:
    """Makes the writer thread delete a slice, and waits with a limit, and not during shutdown."""

    def __init__(
        self,
        run: Callable[[Callable[[], None]], None],
        forget: Callable[[Slice], None],
        closing: threading.Event,
    ) -> None:
        self._run = run
        self._forget = forget
        self._closing = closing

    def __call__(self, slice: Slice) -> bool:
        done = threading.Event()
        good = False

        def work() -> None:
            nonlocal good
            try:
                self._forget(slice)
                good = True
            except LogFull as full:
                logger.warning("what has expired is not forgotten for now: %s", full)
            finally:
                done.set()

        self._run(work)
        while not done.wait(0.1) and not self._closing.is_set():
            pass
        return good
