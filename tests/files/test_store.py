"""File contents on disk are complete or absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from uploading import put

from hubbub.files.store import Store


def everything(folder: Path) -> set[str]:
    return {str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()}


def test_a_file_is_there_when_it_is_whole(tmp_path: Path) -> None:
    store = Store(tmp_path / "files", "log001")
    incoming = store.begin()
    incoming.write(b"half")
    assert not store.path(incoming.id).exists()
    incoming.write(b" and half")
    store.keep(incoming)
    assert store.path(incoming.id).read_bytes() == b"half and half"
    assert everything(tmp_path) == {f"files/log001/{incoming.id[:2]}/{incoming.id}"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_it_is_for_the_server_alone(tmp_path: Path) -> None:
    store = Store(tmp_path / "files", "log001")
    path = store.path(put(store, b"secret"))
    assert path.stat().st_mode & 0o077 == 0
    assert (tmp_path / "files").stat().st_mode & 0o077 == 0


def test_what_is_dropped_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "files", "log001")
    incoming = store.begin()
    incoming.write(b"x")
    incoming.small.write_bytes(b"y")
    incoming.drop()
    incoming.drop()
    assert everything(tmp_path) == set()


def test_a_removed_file_takes_its_thumbnail_with_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "files", "log001")
    id = put(store, b"large", b"small")
    assert store.small_path(id).read_bytes() == b"small"
    store.remove(id)
    store.remove(id)
    assert everything(tmp_path) == set()


def test_a_sweep_keeps_what_is_known_and_what_is_anothers(tmp_path: Path) -> None:
    mine, other = Store(tmp_path / "files", "log001"), Store(tmp_path / "files", "log002")
    known, orphan = put(mine, b"known", b"k"), put(mine, b"orphan", b"o")
    stranger = put(other, b"of another log")
    mine.begin().write(b"cut when the server died")
    (tmp_path / "files" / "log001" / "README").write_text("a person's own")
    assert mine.sweep({known}) == 3
    assert not mine.path(orphan).exists()
    assert mine.path(known).exists()
    assert mine.small_path(known).exists()
    assert other.path(stranger).exists()
    assert "files/log001/README" in everything(tmp_path)
    assert mine.sweep({known}) == 0


def test_a_sweep_follows_no_link_out(tmp_path: Path) -> None:
    store = Store(tmp_path / "files", "log001")
    put(store, b"x")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    try:
        (store.root / "ab").symlink_to(outside, target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no links")
    store.sweep(set())
    assert (outside / "precious").exists()


@pytest.mark.parametrize("id", ["", "..", "../x", "a" * 31, "A" * 32, "a" * 32 + "\n", "a/" * 16])
def test_nothing_but_an_id_becomes_a_path(tmp_path: Path, id: str) -> None:
    with pytest.raises(ValueError, match="not the id"):
        Store(tmp_path, "log001").path(id)


def test_a_disk_that_refuses_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "files", "log001")
    incoming = store.begin()
    incoming.write(b"x")

    def refuse(path: Path, target: Path) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="no space"):
        store.keep(incoming)
    assert everything(tmp_path) == set()
