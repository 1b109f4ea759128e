"""Read exports of another Hubbub server (archive/exporting/jsonl.py).

Imports messages with their reactions, replies and edits, and no other events.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ...events.conversations import people_of
from ...protocol.modes import SIGNS
from ..exporting.jsonl import VERSION
from .sources import (
    ImportedMessage,
    NotReadable,
    Options,
    Reaction,
    SourceFiles,
    channel_from,
    ms,
    nick_from,
    reading,
)

_REPLY = ("+draft/reply", "+reply")


def _file(files: SourceFiles) -> str | None:
    return next((name for name in files.names if name.endswith((".jsonl", ".json"))), None)


def fits(files: SourceFiles) -> bool:
    name = _file(files)
    return name is not None and files.head(name).startswith(b'{"hubbub":"export"')


def read(files: SourceFiles, options: Options) -> Iterator[ImportedMessage]:
    name = _file(files)
    assert name is not None
    _, head = next(files.records(name))
    if head.get("version") != VERSION:
        raise NotReadable(f"{name} is from another version of Hubbub")
    reactions = _reactions(files, name)
    for number, record in files.records(name):
        if record.get("kind") == "MessageSent":
            with reading(f"{name}, line {number}"):
                said = _said(record, reactions, options)
            if said is not None:
                yield said


def _reactions(files: SourceFiles, name: str) -> dict[str, dict[tuple[str, str], int]]:
    """The reactions not taken back: message -> (nick, reaction) -> time. They follow the message in
    the file, so it is read twice."""
    found: dict[str, dict[tuple[str, str], int]] = {}
    done = files.done
    for number, record in files.records(name):
        kind = record.get("kind")
        if kind not in ("Reacted", "Unreacted"):
            continue
        with reading(f"{name}, line {number}"):
            key = (_nick(record["event"]["source"]), str(record["event"]["reaction"]))
            standing = found.setdefault(str(record["of"]), {})
            standing.pop(key, None)
            if kind == "Reacted":
                standing[key] = _time(record["time"])
    files.done = done
    return found


def _said(
    record: dict[str, Any],
    reactions: dict[str, dict[tuple[str, str], int]],
    options: Options,
) -> ImportedMessage | None:
    event, name = record["event"], str(record["msgid"])
    if options.own and name.endswith(f"-{options.own}"):
        options.skipped["messages of this very server"] += 1
        return None
    nick = _nick(event["source"])
    channel = str(event["target"]).lstrip(SIGNS)
    sign = event["target"].removesuffix(channel)  # sent to holders of a prefix: @#tea
    place: str | tuple[str, str] = f"{sign}{channel_from(channel)}"
    if people_of(event["conversation"]):
        if not options.private:
            options.skipped["messages of private conversations (--private takes them too)"] += 1
            return None
        place = (nick, nick_from(event["target"]))
    tags = dict(event["tags"])
    answered = next((tags[each] for each in _REPLY if each in tags), None)
    text = str(event["text"])
    action = text.startswith("\x01ACTION ") and text.endswith("\x01")
    return ImportedMessage(
        _key(name),
        _time(record["time"]),
        place,
        nick,
        text[8:-1] if action else text,
        action=action,
        notice=event["command"] == "NOTICE",
        reply_to=_key(answered) if answered else None,
        edited=int(event["edited"]),
        reactions=tuple(
            Reaction(who, reaction, time)
            for (who, reaction), time in reactions.get(name, {}).items()
        ),
    )


def _key(msgid: str) -> str:
    return f"hubbub\n{msgid}"


def _nick(source: str) -> str:
    return nick_from(source.partition("!")[0])


def _time(text: str) -> int:
    return ms(datetime.fromisoformat(text), None)
