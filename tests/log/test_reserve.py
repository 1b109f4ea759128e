"""The reserve on the disk, and a log that has no other room."""

import sqlite3
from collections import namedtuple

import pytest

from hubbub.events.kinds import Entry, MessageSent, SecretMade, UserQuit
from hubbub.log import reserve
from hubbub.log.base import LogBusy, LogFull
from hubbub.log.expiry import Slice
from hubbub.log.reserve import SIZE, Reserve
from hubbub.log.sqlite import SqliteLog

ONE, TWO = (Entry(number, number, SecretMade(str(number))) for number in (1, 2))
SAID = Entry(3, 3, MessageSent(1, "ann!a@h", None, "PRIVMSG", "#tea", None, "#tea", "hello"))
Usage = namedtuple("Usage", "free")


def test_what_a_server_left_is_taken_as_it_is(tmp_path):
    path = tmp_path / "reserve"
    assert Reserve(path).hold() == ""
    assert path.stat().st_size == SIZE
    content = path.read_bytes()
    assert Reserve(path).hold() == ""
    assert path.read_bytes() == content


def test_it_is_given_up_once(tmp_path):
    held = Reserve(tmp_path / "reserve")
    held.hold()
    assert held.give_up()
    assert not held.give_up()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("free", "why"), [(2 * SIZE - 1, "less than 8 MB are free"), (2 * SIZE, "")]
)
def test_it_leaves_as_much_again(tmp_path, monkeypatch, free, why):
    monkeypatch.setattr(reserve.shutil, "disk_usage", lambda path: Usage(free))
    assert Reserve(tmp_path / "reserve").hold() == why


def test_what_came_of_a_disk_that_filled_meanwhile_is_no_reserve(tmp_path):
    (tmp_path / "reserve").write_bytes(b"half")
    (tmp_path / "reserve").chmod(0o600)
    assert Reserve(tmp_path / "reserve").hold() == ""
    assert (tmp_path / "reserve").stat().st_size == SIZE


def test_without_a_place_it_says_so(tmp_path):
    assert "no" in Reserve(tmp_path / "nowhere" / "reserve").hold().lower()


# -- the log ---------------------------------------------------------------------------------------


class Disk:
    """The writer's connection. While the disk is `full`, it has no room but what is held back."""

    def __init__(self):
        self.full = False
        self.eaten = False  # another program takes what is given up

    def connect(self, path, **options):
        self.db = sqlite3.connect(path, **options)
        self._reserve = path.with_name("chat.db-reserve")
        return self

    def __getattr__(self, name):
        return getattr(self.db, name)

    def execute(self, statement, *values):
        if statement == "COMMIT" and self.full and (self.eaten or self._reserve.exists()):
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorname = "SQLITE_FULL"
            raise error
        return self.db.execute(statement, *values)


@pytest.fixture
def disk():
    return Disk()


@pytest.fixture
def log(tmp_path, disk):
    log = SqliteLog(tmp_path / "chat.db", durable=False, connect=disk.connect)
    assert log.hold_room()
    yield log
    log.close()


def test_what_was_decided_is_written_in_the_room_that_was_held_back(log, disk):
    disk.full = True
    log.append([ONE])
    assert log.no_room == "database or disk is full"
    log.append([TWO])
    log.rest()
    assert [*log.read()] == [ONE, TWO]
    assert log.hold_room()
    assert not log.no_room


def test_people_who_leave_take_little_of_it(log, disk, tmp_path):
    disk.full = True
    sizes = set()
    for number in range(1, 100):
        log.append([Entry(number, number, UserQuit(1, "ann!a@h", "gone", ("#tea",)))])
        log.rest()
        sizes.add((tmp_path / "chat.db-wal").stat().st_size)
    assert max(sizes) < 200_000  # a commit has five pages or more


def test_where_another_program_takes_that_room_nothing_is_written(log, disk):
    disk.full = disk.eaten = True
    for _ in range(2):
        with pytest.raises(LogFull):
            log.append([ONE])
    assert [*log.read()] == []
    disk.eaten = False
    log.append([ONE])
    assert [*log.read()] == [ONE]


def test_a_lock_does_not_cost_the_room_that_is_held_back(log, disk, tmp_path):
    other = sqlite3.connect(tmp_path / "chat.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    disk.db.execute("PRAGMA busy_timeout = 0")
    with pytest.raises(LogBusy):
        log.append([ONE])
    assert not log.no_room
    assert (tmp_path / "chat.db-reserve").exists()
    other.close()
    log.append([ONE])
    assert [*log.read()] == [ONE]


def test_while_there_is_none_only_what_was_decided_is_written(log, disk):
    disk.full = True
    log.append([SAID])
    assert not log.index.step()
    with pytest.raises(LogFull):
        log.forget(Slice())
    disk.full = False
    assert log.hold_room()
    assert log.index.step()
    log.forget(Slice())
