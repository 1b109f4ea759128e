"""The memory of what writes the log follows the people who are there."""

import tracemalloc
from pathlib import Path

from entries import entries, said, source

from hubbub.events.kinds import Event, UserQuit
from hubbub.log import sqlite_writing
from hubbub.log.sqlite import SqliteLog

GUESTS = 2_000
HERE = tracemalloc.Filter(True, sqlite_writing.__file__)


def visit(number: int) -> tuple[Event, Event]:
    nick = f"guest{number}"
    said_by_it = said(nick, "#tea", "hello")._replace(user=number)
    return said_by_it, UserQuit(number, source(nick), "bye", ("#tea",))


def test_somebody_who_quits_is_forgotten(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "chat.db")
    log.append(entries(said("alice", "#tea", "hello")))  # what is made once is made
    tracemalloc.start()
    try:
        for first in range(0, GUESTS, 50):
            guests = [event for n in range(first, first + 50) for event in visit(n)]
            log.append(entries(*guests, first=2 + 2 * first))
        kept = sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces([HERE]).traces)
    finally:
        tracemalloc.stop()
        log.close()
    assert kept < 10 * GUESTS  # bytes; a route that is remembered takes some hundreds
