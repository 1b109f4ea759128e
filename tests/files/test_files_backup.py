"""A backup includes the files, and a restore loses none."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import with_settings
from uploading import put

from hubbub.cli.maintenance import backup, restore
from hubbub.files.store import Store
from hubbub.log.sqlite import SqliteLog


def contents(folder: Path) -> set[bytes]:
    return {path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_there_and_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, copy = tmp_path / "data", tmp_path / "usb" / "chat.db"
    data.mkdir()
    copy.parent.mkdir()
    settings = with_settings(data_dir=data)
    log = SqliteLog(data / "chat.db", durable=False)
    log.close()
    store = Store(data / "files", log.id)
    first, gone = put(store, b"first", b"small"), put(store, b"taken back")
    assert backup(settings, copy, force=False) == 0
    assert f"{copy}.files: 2 uploaded files in 20 bytes" in capsys.readouterr().out
    assert contents(tmp_path / "usb" / "chat.db.files") == {b"first", b"small", b"taken back"}
    # The same again: what is new comes, what was taken back goes.
    store.remove(gone)
    later = put(store, b"later")
    assert backup(settings, copy, force=True) == 0
    assert contents(tmp_path / "usb" / "chat.db.files") == {b"first", b"small", b"later"}
    # Back to it: what came since stays, aside.
    since = put(store, b"since then")
    store.remove(first)
    assert restore(settings, copy) == 0
    assert "The files that were there before are kept in" in capsys.readouterr().out
    assert store.path(first).read_bytes() == b"first"
    assert store.path(later).exists()
    store.sweep({first, later})  # as the next start does
    assert not store.path(since).exists()
    [aside] = (data / "files").glob("*.before-restore-*")
    assert contents(aside) == {b"later", b"since then"}


def test_a_backup_without_files_keeps_those_that_are_there(tmp_path: Path) -> None:
    data, copy = tmp_path / "data", tmp_path / "copy.db"
    data.mkdir()
    settings = with_settings(data_dir=data)
    log = SqliteLog(data / "chat.db", durable=False)
    log.close()
    assert backup(settings, copy, force=False) == 0
    assert not copy.with_name("copy.db.files").exists()
    store = Store(data / "files", log.id)
    id = put(store, b"x")
    assert restore(settings, copy) == 0
    assert store.path(id).read_bytes() == b"x"
