"""Back up uploaded files: beside the backup `FILE` of chat.db they go into the folder `FILE.files`.

Files never change, so a second backup copies only new ones and omits deleted ones.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from ..draft_file import draft_of
from ..files.store import is_id
from ..log.sqlite_reading import read_only


def beside(backup: Path) -> Path:
    """The folder of the files of a backup."""
    return backup.with_name(f"{backup.name}.files")


def back_up(data_dir: Path, backup: Path) -> tuple[int, int]:
    """Copy the files that the log in `backup` knows. Returns the number of uploads and of bytes.
    Raises OSError."""
    source, target = data_dir / "files" / _log_id(backup), beside(backup)
    there = dict(_contents(source))
    for name, path in _contents(target):
        if name not in there:
            path.unlink()
    size = 0
    for name, path in there.items():
        with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
            size += _copy(path, target / name[:2] / name)
    return sum(is_id(name) for name in there), size


def bring_back(data_dir: Path, backup: Path) -> Path | None:
    """Replace the server's files by those of `backup`. The old folder is renamed, never deleted;
    returns its new path or None. A backup without files changes nothing. Raises OSError."""
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
    """Copy completely or not at all. Returns the size in bytes."""
    size = source.stat().st_size
    if target.exists() and target.stat().st_size == size:
        return size
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with draft_of(target) as part:
        shutil.copyfile(source, part)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
    return size


def _link(source: Path, target: Path) -> None:
    """Make a hard link if the disk supports it, else a copy."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        os.link(source, target)
    except OSError:
        _copy(source, target)
