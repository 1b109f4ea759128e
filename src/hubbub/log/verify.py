"""Is everything there, and as it was written? What `hubbub verify` finds, in plain words.

SQLite checks its own pages; every row has a sum over what it says; then what must hold between the
tables is looked at. Nothing is changed. It may run beside a server.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .index import index_path
from .migrations import SCHEMA_VERSION
from .rows import EVENT_COLUMNS, MESSAGE_COLUMNS, ROUTE_COLUMNS, message_sum, text_sum
from .sqlite_reading import read_only

#: Called with how many rows of how many are done.
Progress = Callable[[int, int], None]
_MOST_SAID = 20


@dataclass
class Findings:
    """`problems` is empty when all is well; `notes` say what was looked at."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    messages: int = 0
    events: int = 0


class NotALog(Exception):
    """The file is something else, or from a newer version; the text says which."""


def check_format(db: sqlite3.Connection, path: Path) -> None:
    """Raises NotALog, sqlite3.Error."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    if not {"message", "meta"} <= tables:
        raise NotALog(f"{path} is neither a log of Hubbub nor a backup of one")
    if version > SCHEMA_VERSION:
        raise NotALog(f"{path} is from a newer version of Hubbub (its format is {version})")


def verify(path: Path, progress: Progress = lambda done, all: None) -> Findings:
    """Look at the log in the file `path`. Raises NotALog, and OSError when there is none."""
    findings = Findings()
    path.open("rb").close()
    db = read_only(path)
    try:
        db.execute("BEGIN")
        check_format(db, path)
        _check_pages(db, findings)
        _check_rows(db, findings, progress)
        _check_relations(db, findings)
    except sqlite3.Error as error:
        findings.problems.append(f"the file cannot be read to its end: {error}")
    finally:
        db.close()
    _check_index(index_path(path), findings)
    return findings


def _check_pages(db: sqlite3.Connection, findings: Findings) -> None:
    rows = db.execute(f"PRAGMA integrity_check({_MOST_SAID})").fetchall()
    findings.problems += [f"SQLite: {row[0]}" for row in rows if row[0] != "ok"]


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
    """For each row what is wrong with it, or nothing."""
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
    except (TypeError, AttributeError):  # a field is of another type by now
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


def _check_index(path: Path, findings: Findings) -> None:
    """The index can be made again, so what is wrong with it is no problem."""
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
