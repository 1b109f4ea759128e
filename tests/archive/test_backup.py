"""Backups made during writes, restores, and the findings of verify."""

import errno
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from entries import entries, reacted, redacted, said

from hubbub import data_dir
from hubbub.archive.backup import NoBackup, backup, restore
from hubbub.archive.verify import NotALog, verify
from hubbub.cli import main
from hubbub.events.kinds import ReadMarkerMoved
from hubbub.log.ranges import Range
from hubbub.log.sqlite import SqliteLog


@pytest.fixture
def path(tmp_path):
    """A log with a little in it."""
    log = SqliteLog(tmp_path / "chat.db", durable=False)
    fill(log, *(said("ann", "#tea", f"text {n}") for n in range(300)))
    fill(log, said("ann", "bob", "private"), reacted("bob", "#tea", 1, "+"))
    fill(log, ReadMarkerMoved("ann", "#tea", "#tea", 1))
    log.index.catch_up()
    log.close()
    return tmp_path / "chat.db"


def fill(log, *events):
    log.append(entries(*events, first=log.last_position + 1))


def texts(path, name="#tea"):
    log = SqliteLog(path, durable=False)
    try:
        return [entry.event.text for entry in log.history(name, Range(limit=10_000_000))]
    finally:
        log.close()


# -- backup ---------------------------------------------------------------------------------------


def test_a_backup_is_one_file_with_everything(path, tmp_path):
    copy = tmp_path / "copies" / "chat.db"
    copy.parent.mkdir()
    seen = []
    findings = backup(path, copy, lambda done, all: seen.append((done, all)))
    assert findings.messages == 301
    assert findings.events == 2
    shares = [done / all for done, all in seen]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.5, 1.0)  # half of it is copied, half is read again
    assert [each.name for each in copy.parent.iterdir()] == ["chat.db"]
    assert copy.stat().st_mode & 0o777 == 0o600
    assert texts(copy) == texts(path)
    assert len(texts(copy)) == 300


def test_a_backup_made_while_somebody_writes_is_of_one_moment(path, tmp_path):
    log = SqliteLog(path, durable=False)

    def write(done=0, all=0):
        # Two at a time: a moment has both or none.
        fill(log, said("ann", "#pair", "one"), said("ann", "#pair", "two"))

    for number in range(3):
        write()
        copy = tmp_path / f"copy{number}.db"
        backup(path, copy, write, pages=1)
        kept = texts(copy, "#pair")
        assert kept == ["one", "two"] * (len(kept) // 2)
        assert 0 < len(kept) < len(texts(path, "#pair"))
    log.close()


def test_what_was_taken_back_is_not_in_a_backup(path, tmp_path):
    log = SqliteLog(path, durable=False)
    fill(log, said("ann", "#tea", "xylophone"))
    backup(path, tmp_path / "before.db")
    fill(log, redacted("ann", "#tea", log.last_position, "oops"))
    backup(path, tmp_path / "after.db")
    log.close()
    assert b"xylophone" in (tmp_path / "before.db").read_bytes()
    assert b"xylophone" not in (tmp_path / "after.db").read_bytes()
    assert len(texts(tmp_path / "after.db")) == 300


def test_a_backup_that_is_not_well_is_not_kept(path, tmp_path):
    db = sqlite3.connect(path)
    db.execute("UPDATE message SET text = 'forged' WHERE position = 5")
    db.commit()
    db.close()
    with pytest.raises(NoBackup, match="the message at position 5 does not say"):
        backup(path, tmp_path / "copy.db")
    assert not list(tmp_path.glob("copy*"))


# -- restore --------------------------------------------------------------------------------------


def test_a_restore_brings_everything_back_and_puts_the_other_log_aside(path, tmp_path):
    copy = tmp_path / "copy.db"
    backup(path, copy)
    before = texts(copy)
    log = SqliteLog(path, durable=False)
    fill(log, said("ann", "#tea", "after the backup"))
    last = log.last_position
    log.index.catch_up()
    log.close()
    _, aside = restore(copy, path)
    assert texts(path) == before
    assert texts(aside)[-1] == "after the backup"
    log = SqliteLog(path, durable=False)
    # No message gets the name of one that was made after the backup.
    assert log.last_position > last
    fill(log, said("ann", "#tea", "new"))
    log.index.catch_up()
    log.close()
    assert texts(path)[-1] == "new"


def test_a_restore_into_an_empty_place(path, tmp_path):
    backup(path, tmp_path / "copy.db")
    other = tmp_path / "other"
    other.mkdir()
    _, aside = restore(tmp_path / "copy.db", other / "chat.db")
    assert aside is None
    assert texts(other / "chat.db") == texts(path)


def test_what_is_no_backup_changes_nothing(path, tmp_path):
    before = texts(path)
    (tmp_path / "words").write_text("not a database")
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE x (y)")
    newer = tmp_path / "newer.db"
    backup(path, newer)
    db = sqlite3.connect(newer)
    db.execute("PRAGMA user_version = 99")
    db.close()
    for name, why in (
        ("words", "is no backup"),
        ("other.db", "neither a log of Hubbub nor a backup"),
        ("newer.db", "newer version"),
        ("nothing", "there is no"),
    ):
        with pytest.raises((NoBackup, NotALog), match=why):
            restore(tmp_path / name, path)
    assert texts(path) == before
    assert not list(tmp_path.glob("*.part"))


def test_a_restore_that_is_stopped_leaves_the_log_that_was_there(path, tmp_path, monkeypatch):
    backup(path, tmp_path / "copy.db")
    before = texts(path)

    def stopped(part, target):
        if target == path:
            raise KeyboardInterrupt
        os.replace(part, target)

    monkeypatch.setattr(Path, "replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        restore(tmp_path / "copy.db", path)
    monkeypatch.undo()
    assert texts(path) == before
    assert not list(tmp_path.glob("*.part"))


# -- verify ---------------------------------------------------------------------------------------


def test_a_log_that_is_well(path):
    findings = verify(path)
    assert findings.problems == []
    assert findings.notes == []
    assert (findings.messages, findings.events) == (301, 2)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("UPDATE message SET text = 'x' WHERE position = 9", "message at position 9 does not say"),
        ("UPDATE message SET time = time + 1 WHERE position = 9", "position 9 does not say"),
        ("UPDATE message SET text = x'ff00' WHERE position = 9", "position 9 does not say"),
        ("UPDATE event SET body = '{}'", "event at position 302 does not say"),
        ("UPDATE route SET source = 'eve!e@e' WHERE id = 1", "route 1, who said something"),
        ("DELETE FROM route", "301 messages without a route"),
        ("DELETE FROM message WHERE position = 1", "1 reactions to messages that are not there"),
        ("DELETE FROM conversation", "2 routes into no conversation"),
        ("UPDATE reaction SET reaction = '-'", "1 reactions that are not as they were made"),
        ("UPDATE event_of SET conversation = '#tee'", "1 events in the history of another"),
        ("UPDATE conversation SET name = '#tee' WHERE name = '#tea'", "1 channels that are not"),
        ("UPDATE marker SET account = 'eve'", "1 read markers of somebody else"),
        ("ALTER TABLE label RENAME COLUMN label TO lapel", "its tables are not made as they"),
    ],
)
def test_what_is_wrong_is_said_in_words(path, change, problem):
    db = sqlite3.connect(path)
    db.execute(change)
    db.commit()
    db.close()
    assert any(problem in found for found in verify(path).problems)


def test_where_nothing_can_be_written_a_log_can_be_read(path, tmp_path, monkeypatch):
    there = sorted(os.listdir(tmp_path))
    assert "chat.db-wal" not in there
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert verify(path).problems == []
    backup(path, tmp_path / "copy.db")
    assert sorted(os.listdir(tmp_path)) == sorted([*there, "copy.db"])


def test_a_damaged_page_is_found(path):
    size = path.stat().st_size
    with path.open("r+b") as file:
        for offset in range(4096 + 8, size, 4096):
            file.seek(offset)
            file.write(b"\xff" * 64)
    assert verify(path).problems


def test_a_damaged_index_is_a_note(path):
    index = path.with_name("chat-index.db")
    index.write_bytes(b"no database" * 1000)
    findings = verify(path)
    assert findings.problems == []
    assert "chat-index.db is damaged" in findings.notes[0]
    index.unlink()
    assert verify(path).notes == []


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("PRAGMA user_version = 99", "is from a newer version of Hubbub"),
        ("DROP TABLE message", "is neither a log of Hubbub nor a backup of one"),
    ],
)
def test_what_is_no_log_of_ours_is_said_in_one_line(path, capsys, change, what):
    db = sqlite3.connect(path)
    db.execute(change)
    db.close()
    assert main(["verify", str(path)]) == 1
    said, error = capsys.readouterr()
    assert said == ""
    assert what in error
    assert error.count("\n") == 1


def test_what_sqlite_says_of_a_page_is_one_line(path):
    content = bytearray(path.read_bytes())
    for page in range(4096, len(content), 4096):
        if content[page] == 13:  # a leaf of a table: its first two rows change places
            first, second = content[page + 8 : page + 10], content[page + 10 : page + 12]
            content[page + 8 : page + 12] = second + first
    path.write_bytes(content)
    problems = verify(path).problems
    assert any("out of order" in problem for problem in problems)
    assert not any("\n" in problem for problem in problems)


# -- as commands ----------------------------------------------------------------------------------


def test_the_commands_say_what_they_did(path, tmp_path, capsys):
    where = ["--data-dir", str(tmp_path)]
    copy = str(tmp_path / "copy.db")
    assert main(["backup", copy, *where]) == 0
    assert "301 messages and 2 events" in capsys.readouterr().out
    assert main(["backup", copy, *where]) == 1
    assert capsys.readouterr().err.startswith("hubbub backup: ")
    assert main(["backup", copy, "--force", *where]) == 0
    assert main(["verify", copy]) == 0
    assert main(["verify", *where]) == 0
    assert "All is well." in capsys.readouterr().out
    assert main(["restore", copy, *where]) == 0
    assert "What was there before is kept as" in capsys.readouterr().out
    assert main(["verify", str(tmp_path / "nothing")]) == 1
    assert "there is no" in capsys.readouterr().err


def test_verify_ends_with_1_and_says_what_to_do(path, tmp_path, capsys):
    db = sqlite3.connect(path)
    db.execute("DELETE FROM route")
    db.commit()
    db.close()
    assert main(["verify", "--data-dir", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "PROBLEM: 301 messages without a route" in said
    assert "hubbub restore" in said


def test_restore_waits_for_the_server_to_be_stopped(path, tmp_path, capsys):
    backup(path, tmp_path / "copy.db")
    with data_dir.locked(tmp_path):
        assert main(["restore", str(tmp_path / "copy.db"), "--data-dir", str(tmp_path)]) == 1
    assert "a server runs with" in capsys.readouterr().err


def test_a_directory_that_cannot_be_written_is_said(path, tmp_path, capsys):
    assert main(["backup", str(tmp_path / "no/where"), "--data-dir", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert os.strerror(2) in error


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes with names")
@pytest.mark.parametrize("words", [["backup"], ["export", "--format", "jsonl"]])
def test_nothing_is_written_over_what_the_server_works_with(path, tmp_path, capsys, words):
    before = texts(path)
    where = ["--force", "--data-dir", str(tmp_path)]
    (tmp_path / "link.db").symlink_to(path)
    for target in (path, tmp_path / "link.db", tmp_path / "chat-index.db"):
        assert main([*words, str(target), *where]) == 1
        assert "is what the server itself works with" in capsys.readouterr().err
    assert main([*words, str(tmp_path), *where]) == 1
    assert capsys.readouterr().err.endswith(f"{tmp_path} is a directory\n")
    os.mkfifo(tmp_path / "pipe")
    assert main([*words, str(tmp_path / "pipe"), *where]) == 1
    assert "pipe is no file" in capsys.readouterr().err
    assert texts(path) == before
    assert verify(path).problems == []


def test_a_data_directory_that_cannot_be_used_is_said(path, tmp_path, capsys):
    for words in (["restore", str(path)], ["import", str(path)]):
        assert main([*words, "--data-dir", str(path)]) == 1
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert os.strerror(17) in error


def test_what_the_system_refuses_is_one_line(path, tmp_path, capsys):
    long = str(tmp_path / ("a" * 300))
    for words in (
        ["backup", long],
        ["export", f"{long}.jsonl"],
        ["restore", long],
        ["verify", long],
    ):
        assert main([*words, "--data-dir", str(tmp_path)]) == 1
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert error.endswith(f"{os.strerror(errno.ENAMETOOLONG)}\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_an_output_that_takes_nothing_is_said(path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "hubbub", "verify", path]
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command, env=environment, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == f"hubbub verify: {os.strerror(errno.ENOSPC)}\n"
