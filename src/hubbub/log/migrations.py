"""The format of chat.db, and migrations from older formats.

The file contains `SCHEMA_VERSION` (PRAGMA user_version). Each step migrates from one version to the
next; all steps run in one transaction, after a copy of the file was made beside it. If the process
dies in between, the old file is unchanged. A newer file is refused. tests/log/schemas has a file of
every released version.
"""

from __future__ import annotations

import contextlib
import filecmp
import json
import logging
import secrets
import sqlite3
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any
from zlib import crc32

from ..draft_file import draft_of
from ..protocol.names import fold
from .base import LogFailed

logger = logging.getLogger("hubbub")

SCHEMA_VERSION = 3


# -- the steps; each stays as it was when its version was released -------------------------------


def _find_accounts(db: sqlite3.Connection) -> None:
    """From 1 to 2: index events about an account by its name, so that they can be deleted with it;
    delete those of accounts that are already deleted."""
    kinds = (
        "AccountRegistered", "PasswordChanged", "AccountSettingChanged", "AccountSuspended",
        "CertificateAdded", "CertificateRemoved", "MetadataChanged", "AccountDeleted",
    )  # fmt: skip
    rows = db.execute(
        "SELECT position, time, kind, body FROM event"
        f" WHERE kind IN ({','.join('?' * len(kinds))}) ORDER BY position",
        kinds,
    ).fetchall()
    of: dict[str, list[tuple[int, int, str, dict[str, Any]]]] = {}
    for position, time, kind, body in rows:
        fields = json.loads(body)
        name = fields.get("owner") if kind == "MetadataChanged" else fields["account"]
        if kind == "AccountDeleted":
            for each in of.pop(fold(name), ()):
                _forget_event(db, *each)
            db.execute("DELETE FROM marker WHERE account = ?", (fold(name),))
        elif name and not name.startswith("!"):
            of.setdefault(fold(name), []).append((position, time, kind, fields))
    db.executemany(
        "INSERT OR IGNORE INTO event_of VALUES (?, ?)",
        [(f"={name}", each[0]) for name, events in of.items() for each in events],
    )
    # Read markers whose event is about a deleted account.
    db.execute(
        "DELETE FROM event WHERE kind = 'ReadMarkerMoved'"
        " AND position NOT IN (SELECT position FROM marker)"
    )


def _forget_event(
    db: sqlite3.Connection, position: int, time: int, kind: str, fields: dict[str, Any]
) -> None:
    if kind in ("CertificateRemoved", "MetadataChanged"):
        db.execute("DELETE FROM event WHERE position = ?", (position,))
        return
    empty: dict[str, Any] = {"password": None, "scram": None, "code": None, "certificate": None}
    empty |= {"address": "", "reason": "", "fingerprint": f"gone-{position}", "email": None}
    if fields.get("name") == "email":
        empty["value"] = None
    fields |= {name: value for name, value in empty.items() if name in fields}
    body = json.dumps(fields, ensure_ascii=False)
    total = crc32(json.dumps([position, time, kind, body], ensure_ascii=False).encode())
    db.execute("UPDATE event SET body = ?, sum = ? WHERE position = ?", (body, total, position))


def _find_people(db: sqlite3.Connection) -> None:
    """From 2 to 3: index private conversations by the second of the two people."""
    db.execute(
        "CREATE INDEX conversation_with ON conversation (substr(name, instr(name, ' ') + 1))"
        "\n  WHERE instr(name, ' ') > 0"
    )


#: Version -> migration to the next one; runs inside a transaction.
STEPS: dict[int, Callable[[sqlite3.Connection], None]] = {1: _find_accounts, 2: _find_people}


def prepare(db: sqlite3.Connection, path: Path) -> None:
    """Create the tables in a new file, or migrate an older one. Raises LogFailed."""
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


def schema() -> str:
    """The SQL that creates the tables of a new file."""
    return resources.files(__package__).joinpath("schema.sql").read_text("utf-8")


def _make(db: sqlite3.Connection) -> None:
    db.executescript(
        f"BEGIN; {schema()} PRAGMA user_version = {SCHEMA_VERSION};"
        f" INSERT INTO meta VALUES ('id', '{secrets.token_hex(3)}'); COMMIT;"
    )


def _migrate(db: sqlite3.Connection, path: Path, version: int) -> None:
    copy = _keep_copy(db, path.with_name(f"{path.name}.format-{version}"))
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
    except BaseException as error:
        if db.in_transaction:
            db.execute("ROLLBACK")
        if isinstance(error, (KeyError, ValueError, TypeError, AttributeError)):
            raise LogFailed(
                f"cannot bring {path} to format {SCHEMA_VERSION}, it is damaged ({error!r});"
                " hubbub verify says where"
            ) from error
        raise


def _keep_copy(db: sqlite3.Connection, copy: Path) -> Path:
    """Make a complete copy or none: it is renamed when complete. Returns its name, which differs if
    an older copy has that name, for instance after a restore."""
    with draft_of(copy) as part:
        try:
            with contextlib.closing(sqlite3.connect(part)) as target:
                db.backup(target)
        except sqlite3.Error as error:
            raise LogFailed(f"cannot make {copy}, the copy before a new format: {error}") from error
        number = 1
        while copy.exists() and not filecmp.cmp(part, copy, shallow=False):
            number += 1
            copy = part.with_name(f"{part.stem}-{number}")
        part.replace(copy)
    return copy
