"""Make a consistent copy of the log while the server runs, and restore one.

A backup is one SQLite file: chat.db as it was at one moment, without the index, which is rebuilt
from it. Messages deleted or expired before that moment are not in it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from ..draft_file import draft_of
from ..log.index import index_path
from ..log.sqlite_reading import read_only
from .verify import Findings, check_format, verify

#: Called with the amount done and the total.
Progress = Callable[[int, int], None]

#: Database pages copied between two calls of the progress function.
PAGES = 512


class NoBackup(Exception):
    """The backup cannot be made or used; the text says why."""


def backup(
    source: Path,
    target: Path,
    progress: Progress = lambda done, all: None,
    pages: int = PAGES,
) -> Findings:
    """Copy the log `source` into the new file `target` and verify the copy.

    A copy with problems is deleted. Raises NoBackup, OSError.
    """
    if not source.exists():
        raise NoBackup(f"there is no {source}")
    with draft_of(target) as part:
        try:
            _copy(source, part, lambda done, all: progress(done, 2 * all), pages)
            findings = verify(part, lambda done, all: progress(all + done, 2 * all))
        except sqlite3.Error as error:
            raise NoBackup(f"{source} cannot be copied: {error}") from error
        if findings.problems:
            raise NoBackup(f"the copy is not well, and not kept: {findings.problems[0]}")
        _sync(part)
        part.replace(target)
    return findings


def _copy(source: Path, target: Path, progress: Progress, pages: int) -> None:
    with (
        contextlib.closing(read_only(source)) as live,
        contextlib.closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        # A read transaction: the copy is of one moment, whatever the server writes meanwhile.
        live.execute("BEGIN")
        live.execute("SELECT count(*) FROM meta")
        live.backup(copy, pages=pages, progress=lambda _, left, all: progress(all - left, all))
        copy.execute("PRAGMA journal_mode = DELETE")  # a single file without a journal beside it


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def restore(
    source: Path, target: Path, progress: Progress = lambda done, all: None
) -> tuple[Findings, Path | None]:
    """Replace the log `target` by the backup `source`; no server may be running on it.

    The old log is renamed, never deleted; the second value is its new path. Raises NoBackup,
    NotALog, OSError.
    """
    if not source.exists():
        raise NoBackup(f"there is no {source}")
    with draft_of(target) as part:
        try:
            with contextlib.closing(read_only(source)) as db:
                check_format(db, source)
        except sqlite3.Error as error:
            raise NoBackup(f"{source} is no backup: {error}") from error
        findings = backup(source, part, progress)
        aside = _put_aside(target)
        part.replace(target)
    return findings, aside


def _put_aside(target: Path) -> Path | None:
    """Link the log under a second name. It keeps its own until the backup replaces it, so a restore
    that is interrupted leaves one or the other in place."""
    if not target.exists():
        return None
    _fold_wal(target)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    aside = target.with_name(f"{target.name}.before-restore-{stamp}")
    if aside.exists():
        raise NoBackup(f"{aside} is there already")
    try:
        os.link(target, aside)
    except OSError:  # the file system has no hard links
        target.rename(aside)
    for path in (target, index_path(target)):
        for suffix in ("", "-wal", "-shm"):
            beside = path.with_name(path.name + suffix)
            if path == target and suffix == "-wal" and beside.exists():
                beside.rename(aside.with_name(aside.name + suffix))
            elif beside != target:
                beside.unlink(missing_ok=True)
    return aside


def _fold_wal(path: Path) -> None:
    """Move the contents of the write-ahead log into the file, unless the file is too damaged."""
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
