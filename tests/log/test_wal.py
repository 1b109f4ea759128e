"""A chat.db without its write-ahead log is half of a log: refused, never taken for a new one."""

import shutil

import pytest
from entries import entries, said

from hubbub.archive.backup import restore
from hubbub.archive.verify import NotALog, verify
from hubbub.events.kinds import MessageSent, ServerStarted
from hubbub.log.base import LogFailed
from hubbub.log.sqlite import SqliteLog


@pytest.fixture
def live(tmp_path):
    """A log that a server has open, with something said in it."""
    log = SqliteLog(tmp_path / "chat.db")
    log.append(entries(ServerStarted("test"), said("ann", "#tea", "hello")))
    yield log
    log.close()


def test_a_copy_of_the_file_alone_is_refused(live, tmp_path):
    copy = tmp_path / "copy.db"
    shutil.copy(live.path, copy)
    for opened in (SqliteLog, SqliteLog):
        with pytest.raises(LogFailed, match=r"half of a copy.*copy\.db-wal is missing"):
            opened(copy)
    with pytest.raises(NotALog, match="is missing"):
        verify(copy)
    restore(copy, tmp_path / "back.db")
    SqliteLog(tmp_path / "back.db").close()


def test_a_copy_of_all_files_is_whole(live, tmp_path):
    for suffix in ("", "-wal"):
        shutil.copy(f"{live.path}{suffix}", tmp_path / f"copy.db{suffix}")
    log = SqliteLog(tmp_path / "copy.db")
    said_there = [each.event for each in log.read() if isinstance(each.event, MessageSent)]
    assert [said.text for said in said_there] == ["hello"]
    log.close()


def test_so_is_a_log_that_was_closed(tmp_path):
    path = tmp_path / "chat.db"
    SqliteLog(path).close()
    shutil.copy(path, tmp_path / "copy.db")
    SqliteLog(tmp_path / "copy.db").close()


def test_two_runs_on_copies_of_one_log_give_no_position_twice(tmp_path):
    path, lost = tmp_path / "chat.db", tmp_path / "lost.db"
    log = SqliteLog(path)
    log.append(entries(said("ann", "#tea", "hello")))
    log.close()
    shutil.copy(path, lost)
    first = SqliteLog(lost)
    told = range(first.last_position + 1, first.last_position + 4)
    first.append(entries(*(said("ann", "#tea", "lost") for _ in told), first=told[0]))
    first.close()
    second = SqliteLog(path)
    assert second.last_position >= told[-1]
    second.close()
