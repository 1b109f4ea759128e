"""Simulates the disk inside the server of bench/flicker.py: full, with room, and full again in a
fast and irregular sequence; the writer thread is delayed now and then. The server can write into
the room that it held back, except for the times when another program takes that.

A file contains the current mode: "flicker", "room" or "broken". When the server ends normally, the
log is replayed and compared with the final state; "EQUAL" or the difference is written to a file.
"""

from __future__ import annotations

import functools
import random
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hubbub import launch
from hubbub.hub import Hub
from hubbub.log.reserve import Reserve
from hubbub.log.sqlite import SqliteLog
from hubbub.model.network import Network
from hubbub.outbox.outbox import Outbox

FULL = "database or disk is full", "SQLITE_FULL"
BROKEN = "disk I/O error", "SQLITE_IOERR_WRITE"
_CHANGES = ("INSERT", "UPDATE", "DELETE", "COMMIT")


class Disk:
    def __init__(self, state: Path, seed: int) -> None:
        self._state = state
        self._chance = random.Random(seed)
        self._has_room = self._is_eaten = True
        self._until = 0.0
        self.reserve: Path | None = None  # of the log, once that is open

    def connect(self, path: Path, **options: Any) -> Connection:
        return Connection(sqlite3.connect(path, **options), self)

    def dawdle(self, often: float) -> None:
        if self._chance.random() < often:
            time.sleep(self._chance.expovariate(500))

    def answer(self, statement: str) -> tuple[str, str] | None:
        """What goes wrong with this statement."""
        if self.reserve is None or not statement.startswith(_CHANGES):
            return None
        state = self._state.read_text()
        if state == "room":
            return None
        self.dawdle(0.02)
        if state == "broken":
            return BROKEN
        if time.monotonic() > self._until:
            self._has_room = not self._has_room
            self._is_eaten = self._chance.random() < 0.3
            self._until = time.monotonic() + self._chance.expovariate(40)
        given_up = not self._is_eaten and not self.reserve.exists()
        return None if self._has_room or given_up else FULL

    def has_room(self) -> bool:
        """For what is held back."""
        return self._state.read_text() == "room" or self._has_room


class Connection:
    """Of the writer thread to its database. An error is as SQLite's own: before the statement; one
    of the disk may also come when a commit has been done."""

    def __init__(self, db: sqlite3.Connection, disk: Disk) -> None:
        self._db = db
        self._disk = disk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        self._check(statement)
        return self._db.execute(statement, *values)

    def executemany(self, statement: str, values: Any) -> sqlite3.Cursor:
        self._check(statement)
        return self._db.executemany(statement, values)

    def _check(self, statement: str) -> None:
        wrong = self._disk.answer(statement)
        if wrong is None:
            return
        if wrong is BROKEN and statement == "COMMIT" and time.monotonic_ns() % 2:
            self._db.execute(statement)
        text, name = wrong
        error = sqlite3.OperationalError(text)
        error.sqlite_errorname = name
        raise error


def begin(state: Path, seed: int, verdict: Path) -> None:
    disk = Disk(state, seed)
    sys.setswitchinterval(0.0005)
    _simulate(disk)
    for name in ("take_batch", "batch_kept", "batch_waits", "log_is_full", "log_has_room"):
        _around(Outbox, name, before=lambda _: disk.dawdle(0.2), after=lambda _: disk.dawdle(0.2))
    _around(
        Hub,
        "stop",
        before=lambda _: state.write_text("room"),
        after=lambda hub: verdict.write_text(_compared(hub)),
    )


def _simulate(disk: Disk) -> None:
    """For the log that the server opens, as soon as it is open."""

    def open_log(path: Path, **options: Any) -> SqliteLog:
        log = SqliteLog(path, connect=disk.connect, **options)
        disk.reserve = path.with_name(f"{path.name}-reserve")
        return log

    hold = Reserve.hold
    launch.SqliteLog = open_log
    Reserve.hold = lambda reserve: hold(reserve) if disk.has_room() else FULL[0]


def _compared(hub: Hub) -> str:
    network = Network()
    for entry in hub.log.read_state():
        network.apply(entry)
    return "EQUAL" if network.snapshot() == hub.network.snapshot() else "DIFFERENT"


def _around(
    owner: type,
    name: str,
    before: Callable[[Any], object] = lambda _: None,
    after: Callable[[Any], object] = lambda _: None,
) -> None:
    method = getattr(owner, name)

    @functools.wraps(method)
    def replaced(self: Any, *arguments: Any, **named: Any) -> Any:
        before(self)
        result = method(self, *arguments, **named)
        after(self)
        return result

    setattr(owner, name, replaced)
