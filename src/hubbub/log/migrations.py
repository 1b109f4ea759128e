"""The format of chat.db, and how a file of an older version becomes one of this version.

`SCHEMA_VERSION` is in the file (PRAGMA user_version). Each step brings a file from one version to
the next; all of them happen in one transaction, after a copy of the file was put beside it. A
process that dies in between leaves the old file. A newer file is refused. tests/log/schemas has a
file of every version that was released.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import sqlite3
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from .base import LogFailed

logger = logging.getLogger("hubbub")

SCHEMA_VERSION = 1

#: From that version to the next; runs inside a transaction.
STEPS: dict[int, Callable[[sqlite3.Connection], None]] = {}


def prepare(db: sqlite3.Connection, path: Path) -> None:
    """Make the tables in a new file, or bring an older one up to date. Raises LogFailed."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (things,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if version == 0 and things == 0:
        _make(db)
    elif version == 0:
        raise LogFailed(f"cannot use {path}: it is a database, but not one of Hubbub")
    elif version > SCHEMA_VERSION:
        raise LogFailed(
            f"cannot use {path}: it is from a newer version of Hubbub (its format is {version},"
            f" this version reads up to {SCHEMA_VERSION})"
        )
    elif version < SCHEMA_VERSION:
        _migrate(db, path, version)


def _make(db: sqlite3.Connection) -> None:
    schema = resources.files(__package__).joinpath("schema.sql").read_text("utf-8")
    db.executescript(
        f"BEGIN; {schema} PRAGMA user_version = {SCHEMA_VERSION};"
        f" INSERT INTO meta VALUES ('id', '{secrets.token_hex(3)}'); COMMIT;"
    )


def _migrate(db: sqlite3.Connection, path: Path, version: int) -> None:
    copy = path.with_name(f"{path.name}.format-{version}")
    _keep_copy(db, copy)
    logger.warning(
        "%s is brought from format %d to %d; a copy of it is %s",
        path.name, version, SCHEMA_VERSION, copy.name,
    )  # fmt: skip
    db.execute("BEGIN EXCLUSIVE")
    try:
        for number in range(version, SCHEMA_VERSION):
            STEPS[number](db)
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _keep_copy(db: sqlite3.Connection, copy: Path) -> None:
    """A whole copy, or none: it gets its name when it is done."""
    if copy.exists():
        return  # of an attempt that did not come to its end
    part = copy.with_name(copy.name + ".part")
    part.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(part)) as target:
        db.backup(target)
    part.chmod(0o600)
    part.replace(copy)
