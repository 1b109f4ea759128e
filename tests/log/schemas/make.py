"""Save a database of the current format, for the tests of later versions.

    PYTHONPATH=src python3 tests/log/schemas/make.py

writes `format-N.sql` beside this file: the database as SQL, so that it can be read and compared,
with its contents as a comment at the end. Run it once when a format is released; the file never
changes afterwards. It uses only the log and its events.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from pathlib import Path

from hubbub.events.coding import encode
from hubbub.events.kinds import (
    AccountDeleted,
    AccountRegistered,
    AccountSettingChanged,
    CertificateAdded,
    ChannelRegistered,
    ChannelRenamed,
    Entry,
    Event,
    Joined,
    LoggedIn,
    MessageEdited,
    MessageRedacted,
    MessageSent,
    MetadataChanged,
    NickChanged,
    Parted,
    PasswordChanged,
    Reacted,
    ReadMarkerMoved,
    SecretMade,
    ServerStarted,
    TopicChanged,
    Unreacted,
    UserConnected,
    UserQuit,
)
from hubbub.log.sqlite import SqliteLog

HERE = Path(__file__).parent
START = 1_700_000_000_000
ANN, BOB = "ann!~ann@host.example", "bob!~bob@host.example"


def said(who: str, text: str, target: str = "#tea", **more: object) -> MessageSent:
    recipient = None if target.startswith("#") else 4
    name = target if recipient is None else "ann bob"
    account = "Ann" if who == ANN else None
    fields = (3, who, account, "PRIVMSG", target, recipient, name, text)
    return MessageSent(*fields, **more)  # type: ignore[arg-type]


def events() -> list[Event]:
    tea = ("#tea", None, "#tea")
    return [
        ServerStarted("0.1.0", "opt-in"),
        SecretMade("0123456789abcdef"),
        UserConnected(3, 1, "ann", "~ann", "host.example", "Ann", "192.0.2.1:40000", True),
        UserConnected(4, 2, "bob", "~bob", "host.example", "Bob", "192.0.2.2:40000"),
        AccountRegistered("Ann", "hash-of-ann", "scram-of-ann", "ann@example.org"),
        LoggedIn(3, ANN, "Ann"),
        AccountRegistered("Gone", "hash-of-gone", None, "gone@example.org", None, "192.0.2.3:1"),
        PasswordChanged("Gone", "second-hash-of-gone"),
        AccountSettingChanged("Gone", "email", "gone2@example.org"),
        CertificateAdded("Gone", "ab" * 32),
        MetadataChanged(4, BOB, "gone", "gone", "url", "https://gone.example"),
        ReadMarkerMoved("gone", "#tea", "#tea", START),
        AccountDeleted("Gone", "chief"),
        Joined(3, ANN, "#tea", "o", "Ann", "Ann"),
        Joined(4, BOB, "#tea", ""),
        ChannelRegistered("#tea", "Ann"),
        TopicChanged(3, ANN, "#tea", "All about tea 🍵"),
        said(ANN, "hello", label="first"),
        said(BOB, "an answer\nof two lines", tags=(("+draft/reply", "8000000012-x"),)),
        said(BOB, "between us", "ann"),
        MessageEdited(3, ANN, "Ann", *tea, 18, "hello, edited"),
        Reacted(4, BOB, None, *tea, 18, "👍"),
        Reacted(4, BOB, None, *tea, 18, "👎"),
        Unreacted(4, BOB, None, *tea, 18, "👎"),
        said(BOB, "wrong window"),
        MessageRedacted(4, BOB, None, *tea, 25, "oops"),
        ReadMarkerMoved("ann", "#tea", "#tea", START + 19_000),
        NickChanged(4, BOB, "bobby", ("#tea",)),
        ChannelRenamed(3, ANN, "#tea", "#infusion", "finer"),
        said(ANN, "مرحبا", "#infusion"),
        Parted(4, BOB, "#infusion", "later"),
        UserQuit(4, BOB, "bye"),
    ]


def contents(log: SqliteLog) -> list[str]:
    """What a log says, line by line."""
    return [json.dumps([entry.position, entry.time, *encode(entry.event)]) for entry in log.read()]


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "chat.db"
        log = SqliteLog(path, durable=False)
        log.append([Entry(n, START + n * 1000, event) for n, event in enumerate(events(), 1)])
        lines = contents(log)
        log.close()
        db = sqlite3.connect(path)
        (version,) = db.execute("PRAGMA user_version").fetchone()
        dump = [*db.iterdump(), f"PRAGMA user_version = {version};"]
        db.close()
    target = HERE / f"format-{version}.sql"
    if target.exists():
        raise SystemExit(f"{target} is there already, and stays as it is")
    says = [f"-- {line}" for line in lines]
    target.write_text("\n".join([*dump, "-- It says:", *says]) + "\n", "utf-8")


if __name__ == "__main__":
    main()
