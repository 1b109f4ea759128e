"""Effects of an event on rows written before it.

For an edited or deleted message, a removed reaction, or a renamed conversation, the row itself is
changed in the transaction that writes the event, so that readers of the file find the current
state.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from ..events.conversations import (
    account_place,
    by_whom,
    changed_hands,
    forgotten,
    moved,
    without_sign,
)
from ..events.kinds import (
    OF_FILES,
    AccountDeleted,
    ChannelRenamed,
    Entry,
    FileRemoved,
    GuestLoggedIn,
    HistoryPutAside,
    MessageEdited,
    MessageRedacted,
    Reacted,
    ReadMarkerMoved,
    Unreacted,
)
from ..protocol.modes import SIGNS
from ..protocol.names import fold
from .base import Erased
from .expiry import change_events
from .rows import EVENT_COLUMNS, kind_names, message_sum, read_event


def change(db: sqlite3.Connection, entry: Entry) -> None:
    """Change the rows that `entry` affects. Raises sqlite3.Error."""
    found = _CHANGES.get(type(entry.event))
    if found is not None:
        found(db, entry, entry.event)


def words_of(db: sqlite3.Connection, message: int) -> list[Erased]:
    """The texts of a channel message."""
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
    if event.message > entry.position > 0:
        return  # somebody guessed the msgid of a message that comes later in this batch
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
    """Delete addresses, hashes and the like of the deleted account, and only of this one: an
    earlier account may have had the name."""
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
    _change_hands(db, entry, event)


def _change_hands(
    db: sqlite3.Connection, entry: Entry, event: AccountDeleted | GuestLoggedIn
) -> None:
    names = db.execute(
        "SELECT name FROM conversation UNION SELECT conversation FROM event_of"
        " UNION SELECT conversation FROM marker"
    )
    _move(db, changed_hands((name for (name,) in names), event, entry.position), entry.position)


def _rename(db: sqlite3.Connection, entry: Entry, event: ChannelRenamed | HistoryPutAside) -> None:
    _move(db, moved(event, entry.position), entry.position)


def _move(db: sqlite3.Connection, names: dict[str, str], before: int) -> None:
    """Rename a conversation; it keeps its id, so that nothing derived from it changes."""
    for name, later in names.items():
        db.execute("UPDATE conversation SET name = ? WHERE name = ?", (later, name))
        db.execute(
            "UPDATE event_of SET conversation = ? WHERE conversation = ? AND position < ?",
            (later, name, before),
        )
        db.execute("UPDATE marker SET conversation = ? WHERE conversation = ?", (later, name))


def _forget_file(db: sqlite3.Connection, entry: Entry, event: FileRemoved) -> None:
    db.executemany(
        f"DELETE FROM event WHERE position = ? AND kind IN ({kind_names(OF_FILES)})",
        [(position,) for position in event.entries],
    )


_CHANGES: dict[type, Callable[[sqlite3.Connection, Entry, Any], None]] = {
    MessageEdited: _edit,
    MessageRedacted: _redact,
    Reacted: _react,
    Unreacted: _unreact,
    ReadMarkerMoved: _move_marker,
    AccountDeleted: _forget_account,
    GuestLoggedIn: _change_hands,
    ChannelRenamed: _rename,
    HistoryPutAside: _rename,
    FileRemoved: _forget_file,
}
