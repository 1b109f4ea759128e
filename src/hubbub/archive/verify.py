"""Check a log for damage, as `hubbub verify` does, and describe problems in plain words.

SQLite checks its pages, each row is compared with its checksum, then the relations between tables
are checked, and rows without a checksum are compared with the events they were derived from.
Nothing is changed; it may run beside a server.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..events.conversations import account_of, account_place, by_whom, conversations_of
from ..events.kinds import RENAMING
from ..log import wal
from ..log.index import index_path
from ..log.migrations import SCHEMA_VERSION, schema
from ..log.rows import (
    EVENT_COLUMNS,
    MESSAGE_COLUMNS,
    ROUTE_COLUMNS,
    kind_names,
    message_sum,
    read_event,
    text_sum,
)
from ..log.sqlite_reading import read_only
from ..protocol.names import fold

#: Called with the number of rows done and the total.
Progress = Callable[[int, int], None]
_MOST_SAID = 20


@dataclass
class Findings:
    """`problems` is empty if the log is intact; `notes` say what was checked."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    messages: int = 0
    events: int = 0


class NotALog(Exception):
    """The file is not a log or has a newer format; the text says which."""


def check_format(db: sqlite3.Connection, path: Path) -> None:
    """Check the format version. Raises NotALog, sqlite3.Error."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    if not {"message", "meta"} <= tables:
        raise NotALog(f"{path} is neither a log of Hubbub nor a backup of one")
    if version > SCHEMA_VERSION:
        raise NotALog(f"{path} is from a newer version of Hubbub (its format is {version})")


def verify(path: Path, progress: Progress = lambda done, all: None) -> Findings:
    """Check the log in the file `path`. Raises NotALog, and OSError if there is none."""
    findings = Findings()
    if wrong := wal.wrong_with(path):
        raise NotALog(f"{path}: {wrong}")
    db = read_only(path)
    try:
        db.execute("BEGIN")
        check_format(db, path)
        _check_pages(db, findings)
        _check_rows(db, findings, progress)
        _check_relations(db, findings)
        if not findings.problems:
            _check_unsummed(db, findings)
    except sqlite3.Error as error:
        findings.problems.append(f"the file cannot be read to its end: {error}")
    finally:
        db.close()
    _check_index(index_path(path), findings)
    return findings


def _check_pages(db: sqlite3.Connection, findings: Findings) -> None:
    rows = db.execute(f"PRAGMA integrity_check({_MOST_SAID})").fetchall()
    words = (" ".join(row[0].split()) for row in rows if row[0] != "ok")
    findings.problems += [
        f"SQLite: {each.removeprefix('*** in database main *** ')}" for each in words
    ]


def _check_rows(db: sqlite3.Connection, findings: Findings, progress: Progress) -> None:
    (findings.messages,) = db.execute("SELECT count(*) FROM message").fetchone()
    (findings.events,) = db.execute("SELECT count(*) FROM event").fetchone()
    all = findings.messages + findings.events
    for done, damage in enumerate(_damaged_rows(db), 1):
        if done % 1000 == 0:
            progress(done, all)
        if damage and len(findings.problems) < _MOST_SAID:
            findings.problems.append(damage)
    progress(all, all)


def _damaged_rows(db: sqlite3.Connection) -> Iterator[str]:
    """Yield a description of the problem for each damaged row."""
    for row in db.execute(f"SELECT {MESSAGE_COLUMNS} FROM message"):
        position, time, route, text, total, tags, edited = row
        yield (
            ""
            if total == _sum(message_sum, position, time, route, text, tags, edited)
            else (f"the message at position {position} does not say what was written")
        )
    for position, time, kind, body, total in db.execute(f"SELECT {EVENT_COLUMNS} FROM event"):
        yield (
            ""
            if total == _sum(text_sum, position, time, kind, body)
            else (f"the event at position {position} does not say what was written")
        )
    for row in db.execute(f"SELECT id, {ROUTE_COLUMNS} FROM route"):
        yield (
            ""
            if row[-1] == text_sum(*row[1:-1])
            else (f"the route {row[0]}, who said something where, does not say what was written")
        )


def _sum(of: Callable[..., int], *fields: Any) -> int | None:
    try:
        return of(*fields)
    except (TypeError, AttributeError):  # a damaged field may have another type
        return None


_RELATIONS = (
    ("messages without a route: who said them is lost",
     "SELECT count(*) FROM message WHERE route NOT IN (SELECT id FROM route)"),
    ("routes into no conversation",
     "SELECT count(*) FROM route WHERE conversation NOT IN (SELECT id FROM conversation)"),
    ("positions used twice",
     "SELECT count(*) FROM message JOIN event USING (position)"),
    ("reactions to messages that are not there",
     "SELECT count(*) FROM reaction WHERE message NOT IN (SELECT position FROM message)"),
    ("reactions whose event is not there",
     "SELECT count(*) FROM reaction WHERE position NOT IN (SELECT position FROM event)"),
    ("read markers whose event is not there",
     "SELECT count(*) FROM marker WHERE position NOT IN (SELECT position FROM event)"),
    ("messages older than the one before them",
     "SELECT count(*) FROM (SELECT time - lag(time) OVER (ORDER BY position) AS step FROM message"
     "  WHERE position > 0) WHERE step < 0"),
)  # fmt: skip


def _check_relations(db: sqlite3.Connection, findings: Findings) -> None:
    for what, query in _RELATIONS:
        (count,) = db.execute(query).fetchone()
        if count:
            findings.problems.append(f"{count} {what}")


def _check_unsummed(db: sqlite3.Connection, findings: Findings) -> None:
    """Compare rows without a checksum with the events that they were derived from."""
    if db.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION:
        with contextlib.closing(sqlite3.connect(":memory:")) as new:
            new.executescript(schema())
            if not _tables(new) <= _tables(db):
                findings.problems.append("its tables are not made as they should be")
    wrong = Counter(what for what, good in _compared(db) if not good)
    findings.problems += [f"{count} {what}" for what, count in wrong.items()]


def _tables(db: sqlite3.Connection) -> set[Any]:
    return set(db.execute("SELECT type, name, sql FROM sqlite_master"))


def _compared(db: sqlite3.Connection) -> Iterator[tuple[str, bool]]:
    """Yield pairs: the problem there would be, and whether the row is right."""
    for *made, row in _with_event(db, "reaction", "message, person, reaction"):
        event: Any = read_event(row).event
        good = made == [event.message, by_whom(event), event.reaction]
        yield "reactions that are not as they were made", good
    for account, row in _with_event(db, "marker", "account"):
        event = read_event(row).event
        yield "read markers of somebody else", event.account == account
    if db.execute(f"SELECT 1 FROM event WHERE kind IN ({kind_names(RENAMING)}) LIMIT 1").fetchone():
        return  # conversations were renamed since, so names differ
    for place, row in _with_event(db, "event_of", "conversation"):
        # There are many rows, and most have the name unchanged.
        good = place.removeprefix("=") in row[3].lower() or place in _places_of(row)
        yield "events in the history of another channel", good
    for name, target in db.execute(
        "SELECT DISTINCT conversation.name, target FROM route JOIN conversation"
        " ON conversation.id = route.conversation WHERE recipient IS NULL"
    ):
        # The history of a channel that ended is under a name with a comma.
        yield "channels that are not called as they were", name.partition(",")[0] == fold(target)


def _places_of(row: Sequence[Any]) -> tuple[str, ...]:
    event = read_event(row).event
    account = account_of(event)
    return (*conversations_of(event), *((account_place(account),) if account else ()))


def _with_event(db: sqlite3.Connection, table: str, columns: str) -> Iterator[Any]:
    """Columns of a table, joined with the event that each row was derived from."""
    rows = db.execute(
        f"SELECT {columns}, position, event.time, kind, body, sum FROM {table}"
        " JOIN event USING (position)"
    )
    return ((*row[:-5], row[-5:]) for row in rows)


def _check_index(path: Path, findings: Findings) -> None:
    """Check the index. It can be rebuilt, so damage to it is a note, not a problem."""
    if not path.exists():
        return
    try:
        db = read_only(path)
        answer = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
        db.close()
    except sqlite3.Error as error:
        answer = str(error)
    if answer != "ok":
        findings.notes.append(
            f"{path.name} is damaged ({answer}); stop the server, delete it, and it is made again"
        )
