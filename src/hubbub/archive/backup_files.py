"""Files beside a backup of the log: `chat.db` goes into one file, what people uploaded into the
folder `<that file>.files`. Files never change, so copying them again copies what is new, and leaves
out what was taken back since."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from ..files.store import is_id
from ..log.sqlite_reading import read_only


def beside(backup: Path) -> Path:
    """Where the files of a backup are."""
    return backup.with_name(f"{backup.name}.files")


def back_up(data_dir: Path, backup: Path) -> tuple[int, int]:
    """Copy the files that the log in `backup` may know; how many uploads these are, and
    bytes. OSError."""
    source, target = data_dir / "files" / _log_id(backup), beside(backup)
    there = dict(_contents(source))
    for name, path in _contents(target):
        if name not in there:
            path.unlink()
    size = 0
    for name, path in there.items():
        with contextlib.suppress(FileNotFoundError):  # taken back meanwhile
            size += _copy(path, target / name[:2] / name)
    return sum(is_id(name) for name in there), size


def bring_back(data_dir: Path, backup: Path) -> Path | None:
    """The files of `backup` are the server's. What was there is put aside, never deleted: where, or
    None. A backup without files keeps those that are there. OSError."""
    folder = data_dir / "files" / _log_id(backup)
    aside = None
    if folder.exists():
        stamp = time.strftime("%Y%m%d-%H%M%S")
        aside = folder.with_name(f"{folder.name}.before-restore-{stamp}")
        folder.rename(aside)
    sources = [each for each in (aside, beside(backup)) if each is not None and each.exists()]
    for source in sources:
        for name, path in _contents(source):
            _link(path, folder / name[:2] / name)
    return aside


def _log_id(database: Path) -> str:
    with contextlib.closing(read_only(database)) as db:
        return str(db.execute("SELECT value FROM meta WHERE key = 'id'").fetchone()[0])


def _contents(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in folder.glob("[0-9a-f][0-9a-f]/*") if folder.is_dir() else ():
        if is_id(path.name.removesuffix(".small")) and path.is_file():
            yield path.name, path


def _copy(source: Path, target: Path) -> int:
    """Whole or not at all. Its size."""
    size = source.stat().st_size
    if target.exists() and target.stat().st_size == size:
        return size
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = target.with_name(f"{target.name}.part")
    shutil.copyfile(source, part)
    part.chmod(0o600)
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(target)
    return size


def _link(source: Path, target: Path) -> None:
    """One content under two names where the disk can, else a copy."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        os.link(source, target)
    except OSError:
        _copy(source, target)
