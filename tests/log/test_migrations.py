"""Databases of every earlier format are read by this version without loss.

`tests/log/schemas/make.py` creates the saved databases.
"""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from hubbub.archive.verify import verify
from hubbub.cli import main
from hubbub.log import migrations
from hubbub.log.base import LogFailed
from hubbub.log.migrations import SCHEMA_VERSION
from hubbub.log.sqlite import SqliteLog
from hubbub.model.replay import replay

SCHEMAS = Path(__file__).parent / "schemas"
VERSIONS = range(1, SCHEMA_VERSION + 1)


def made(path, version):
    """A database of that format."""
    db = sqlite3.connect(path)
    db.executescript((SCHEMAS / f"format-{version}.sql").read_text("utf-8"))
    db.execute("PRAGMA journal_mode = WAL")
    db.close()
    return path


def dump(path):
    """Everything in it, but its own name."""
    db = sqlite3.connect(path)
    lines = [line for line in db.iterdump() if not line.startswith('INSERT INTO "meta"')]
    version = db.execute("PRAGMA user_version").fetchone()
    db.close()
    return [*lines, version]


def test_a_database_of_every_format_is_kept():
    assert {path.name for path in SCHEMAS.glob("*.sql")} == {
        f"format-{version}.sql" for version in VERSIONS
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_an_older_database_becomes_what_it_would_be_today(tmp_path, version):
    path = made(tmp_path / "chat.db", version)
    before = dump(path)
    log = SqliteLog(path, durable=False)
    assert replay(log).accounts.get("ann").password == "hash-of-ann"
    log.close()
    assert dump(path) == dump(made(tmp_path / "today.db", SCHEMA_VERSION))
    assert not verify(path).problems
    copies = list(tmp_path.glob("chat.db.format-*"))
    if version < SCHEMA_VERSION:
        assert dump(copies[0]) == before
        assert copies[0].stat().st_mode & 0o777 == 0o600
    else:
        assert copies == []


def test_a_new_database_has_the_tables_of_the_one_that_is_kept(tmp_path):
    SqliteLog(tmp_path / "new.db", durable=False).close()

    def tables(path):
        db = sqlite3.connect(path)
        found = db.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
        db.close()
        return found

    assert tables(tmp_path / "new.db") == tables(made(tmp_path / "kept.db", SCHEMA_VERSION))


def test_a_migration_that_fails_leaves_the_old_database(tmp_path, monkeypatch):
    path = made(tmp_path / "chat.db", 1)
    before = dump(path)

    def fails(db):
        db.execute("DELETE FROM event")
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setitem(migrations.STEPS, 1, fails)
    with pytest.raises(LogFailed, match="disk is full"):
        SqliteLog(path, durable=False)
    assert dump(path) == before
    monkeypatch.undo()
    SqliteLog(path, durable=False).close()
    assert dump(path) == dump(made(tmp_path / "today.db", SCHEMA_VERSION))


def test_a_copy_for_which_there_is_no_room_stops_it(tmp_path, monkeypatch):
    path = made(tmp_path / "chat.db", 1)
    before = dump(path)
    connect = sqlite3.connect

    def small(database, *words, **more):
        db = connect(database, *words, **more)
        if str(database).endswith(".part"):
            db.execute("PRAGMA max_page_count = 3")
        return db

    monkeypatch.setattr(migrations.sqlite3, "connect", small)
    with pytest.raises(LogFailed, match=r"cannot make .*format-1, the copy .* disk is full"):
        SqliteLog(path, durable=False)
    monkeypatch.undo()
    assert dump(path) == before
    assert not list(tmp_path.glob("*format*"))


def test_a_damaged_row_is_said_and_changes_nothing(tmp_path, capsys):
    path = made(tmp_path / "chat.db", 1)
    db = sqlite3.connect(path)
    db.execute("UPDATE event SET body = '{}'")
    db.commit()
    db.close()
    before = dump(path)
    assert main(["serve", "--data-dir", str(tmp_path)]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert "cannot bring" in said
    assert "it is damaged (KeyError('account')); hubbub verify says where" in said
    assert dump(path) == before


def test_a_log_that_was_put_back_has_a_copy_of_its_own(tmp_path):
    for wanted in ({"format-1"}, {"format-1"}, {"format-1", "format-1-2"}):
        path = made(tmp_path / "chat.db", 1)
        if len(wanted) == 2:
            db = sqlite3.connect(path)
            db.execute("INSERT INTO meta VALUES ('other', 'log')")
            db.commit()
            db.close()
        before = dump(path)
        SqliteLog(path, durable=False).close()
        assert {each.suffix[1:] for each in tmp_path.glob("chat.db.*")} == wanted
        assert dump(tmp_path / f"chat.db.{max(wanted)}") == before
        path.unlink()


KILLED = """
import os, signal, sys
from pathlib import Path
from hubbub.log import migrations
from hubbub.log.sqlite import SqliteLog
step = migrations.STEPS[1]
def killed(db):
    step(db)
    os.kill(os.getpid(), signal.SIGKILL)
migrations.STEPS[1] = killed
SqliteLog(Path(sys.argv[1]))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 here")
def test_a_kill_in_a_migration_leaves_the_old_database(tmp_path):
    path = made(tmp_path / "chat.db", 1)
    before = dump(path)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", KILLED, path], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    assert dump(path) == before
    SqliteLog(path, durable=False).close()
    assert dump(path) == dump(made(tmp_path / "today.db", SCHEMA_VERSION))


def test_a_newer_database_is_refused_in_one_line(tmp_path, capsys):
    path = made(tmp_path / "chat.db", SCHEMA_VERSION)
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    db.close()
    before = dump(path)
    for words in (["serve"], ["export", str(tmp_path / "x.jsonl")]):
        assert main([*words, "--data-dir", str(tmp_path)]) == 1
        said = capsys.readouterr().err
        assert "is from a newer version of Hubbub" in said
        assert said.count("\n") == 1
    assert dump(path) == before
