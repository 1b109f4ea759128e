"""Select the part of the log to export: channels, an account, a span of time.

Reads through a connection of its own in one read transaction, so an export shows one moment,
however long it takes and whatever the server writes meanwhile.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ...events.conversations import account_place, people_of
from ...events.kinds import (
    Entry,
    MessageEdited,
    MessageSent,
    ReadMarkerMoved,
    SecretMade,
)
from ...log.migrations import SCHEMA_VERSION
from ...log.ranges import Range
from ...log.rows import EVENT_COLUMNS, MESSAGE_COLUMNS, read_event
from ...log.sqlite_reading import FIRST, Reader
from ...protocol.names import fold

#: Entries per query.
_PAGE = 1000


class ExportScope(NamedTuple):
    """The scope of an export; without channels and account, everything.

    `since` (inclusive) and `until` (exclusive) are in ms since 1970. `private`: also private
    conversations; an account's own are always in its export.
    """

    channels: tuple[str, ...] = ()
    account: str | None = None
    since: int | None = None
    until: int | None = None
    private: bool = False

    def span(self) -> Range:
        later = None if self.since is None else self.since - 1
        return Range(later=later, earlier=self.until, newest=False, limit=_PAGE, events=True)


class NothingThere(Exception):
    """The log has nothing of the requested scope; the text says what is missing."""


class Selection(Reader):
    """The part of the log at `path` that is `wanted`. Raises NothingThere, sqlite3.Error."""

    def __init__(self, path: Path, wanted: ExportScope) -> None:
        super().__init__(path)
        self.wanted = wanted
        self._db.execute("BEGIN")
        if self._one("PRAGMA user_version") > SCHEMA_VERSION:
            raise NothingThere(f"{path} is from a newer version of Hubbub")
        self.log_id = str(self._one("SELECT value FROM meta WHERE key = 'id'"))
        self._key = None if wanted.account is None else fold(wanted.account)
        #: The conversations in scope: id -> name.
        self.conversations: dict[int, str] = {}
        self.private_left_out = 0
        self._born = self._since_when()
        self._choose()

    def _since_when(self) -> int:
        """The position at which the account begins. Earlier entries are of a deleted account of its
        name."""
        place = account_place(self.wanted.account or "")
        (first,) = self._db.execute(
            "SELECT min(position) FROM event_of WHERE conversation = ?", (place,)
        ).fetchone()
        return FIRST if first is None else int(first)

    def _one(self, query: str) -> Any:
        return self._db.execute(query).fetchone()[0]

    def _choose(self) -> None:
        """Choose the routes in scope, and from them the conversations."""
        names = {fold(name) for name in self.wanted.channels}
        known = dict(self._db.execute("SELECT id, name FROM conversation"))
        missing = names - set(known.values()) - self._with_events()
        if missing:
            raise NothingThere(f"nothing is kept of {', '.join(sorted(missing))}")
        routes = []
        left_out = set()
        for route, conversation, account in self._db.execute(
            "SELECT id, conversation, account FROM route"
        ):
            name = known.get(conversation, "")
            if self._wants(name, account, names):
                routes.append((route,))
                self.conversations[conversation] = name
            elif not names and self._key is None:
                left_out.add(conversation)
        self.private_left_out = len(left_out)
        self._db.execute("CREATE TEMP TABLE wanted (id INTEGER PRIMARY KEY)")
        self._db.executemany("INSERT INTO temp.wanted VALUES (?)", routes)

    def _with_events(self) -> set[str]:
        return {name for (name,) in self._db.execute("SELECT DISTINCT conversation FROM event_of")}

    def _wants(self, name: str, account: str | None, names: set[str]) -> bool:
        if names and name not in names:
            return False
        if self._key is not None:
            return self._key in people_of(name) or (account and fold(account)) == self._key
        return bool(names) or self.wanted.private or not people_of(name)

    # -- all of it in the log's order ------------------------------------------------------------

    def entries(self) -> Iterator[Entry]:
        return heapq.merge(
            self._wanted_messages(), self._wanted_events(), key=lambda entry: entry.position
        )

    def bounds(self) -> tuple[int, int]:
        """Lowest and highest possible position, to compute the progress."""
        ends = [
            self._db.execute(
                f"SELECT position FROM {table} ORDER BY position {order} LIMIT 1"
            ).fetchone()
            for table in ("message", "event")
            for order in ("ASC", "DESC")
        ]
        found = [end[0] for end in ends if end is not None]
        return (min(found), max(found)) if found else (0, 0)

    def _wanted_messages(self) -> Iterator[Entry]:
        for low, high in self._windows("message", self.wanted.span()):
            rows = self._db.execute(
                f"SELECT {MESSAGE_COLUMNS} FROM message WHERE position > ? AND position < ?"
                " AND route IN (SELECT id FROM temp.wanted) ORDER BY position",
                (low, high),
            )
            yield from filter(self._is_theirs, self._messages(rows))

    def _is_theirs(self, entry: Entry) -> bool:
        """Was a message sent by the account itself, or to it?"""
        if self._key is None or entry.position >= self._born:
            return True
        return self._key in people_of(getattr(entry.event, "conversation", ""))

    def _wanted_events(self) -> Iterator[Entry]:
        places = self._event_places()
        for low, high in self._windows("event", self.wanted.span()):
            rows = self._db.execute(
                f"SELECT {EVENT_COLUMNS} FROM event WHERE position > ? AND position < ?"
                " ORDER BY position",
                (low, high),
            )
            for row in rows:
                entry = read_event(row)
                if self._wants_event(entry, places):
                    yield entry

    def _event_places(self) -> set[int]:
        """Positions of the events in the history of the selected channels and of the account's
        private conversations."""
        names = {fold(name) for name in self.wanted.channels}
        if self._key is not None:
            names = {n for n in self.conversations.values() if self._key in people_of(n)}
        rows = self._rows_in(
            "SELECT position FROM event_of WHERE conversation IN ({})", sorted(names)
        )
        return {position for (position,) in rows}

    def _wants_event(self, entry: Entry, places: set[int]) -> bool:
        event: Any = entry.event
        if isinstance(event, SecretMade):
            return False
        if self._key is not None and not self.wanted.channels:
            return self._is_own(entry) or entry.position in places
        if self._key is not None:
            return self._is_own(entry) and entry.position in places
        if self.wanted.channels:
            return entry.position in places or self._edits_wanted(event)
        private = bool(people_of(getattr(event, "conversation", "")))
        return self.wanted.private or not (private or isinstance(event, ReadMarkerMoved))

    def _is_own(self, entry: Entry) -> bool:
        """Did the account act, or was it acted upon?"""
        event: Any = entry.event
        if entry.position < self._born:
            return False
        account = getattr(event, "account", None)
        if account is not None and fold(account) == self._key:
            return True
        return self._key in (getattr(event, "owner", None), fold(getattr(event, "founder", "")))

    def _edits_wanted(self, event: Any) -> bool:
        """Is an edit in scope? Edits are in no history of their own."""
        if not isinstance(event, MessageEdited):
            return False
        found = self._db.execute(
            "SELECT route IN (SELECT id FROM temp.wanted) FROM message WHERE position = ?",
            (event.message,),
        ).fetchone()
        return bool(found and found[0])

    # -- one conversation ------------------------------------------------------------------------

    def of(self, conversation: str) -> Iterator[list[Entry]]:
        """Yield the messages and events in scope of one conversation, in pages."""
        span = self.wanted.span()
        low = None
        while found := self._page(conversation, span._replace(after=low)):
            low = found[-1].position
            yield [entry for entry in found if self._is_in_page(entry)]

    def _page(self, conversation: str, wanted: Range) -> list[Entry]:
        found = self._messages_of(conversation, wanted) + self._events_of(conversation, wanted)
        return sorted(found, key=lambda entry: entry.position)[: wanted.limit]

    def _is_in_page(self, entry: Entry) -> bool:
        event = entry.event
        if self._key is None or not isinstance(event, MessageSent):
            return self._key is None
        own = event.account is not None and fold(event.account) == self._key
        own = own and entry.position >= self._born
        return own or self._key in people_of(event.conversation)
