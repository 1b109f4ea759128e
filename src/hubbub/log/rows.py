"""Entries as rows of the tables in schema.sql, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .coding import decode, encode
from .events import Entry, MessageEdited, MessageSent

MESSAGE_COLUMNS = (
    "position, time, conversation, user, source, account, command, target, recipient, text, tags,"
    " edited"
)
EVENT_COLUMNS = "position, time, kind, body"

Row = tuple[Any, ...]


def message_row(entry: Entry) -> Row:
    """A MessageSent."""
    position, time, event = entry
    assert isinstance(event, MessageSent)
    user, source, account, command, target, recipient, conversation, text, tags, edited = event
    return (
        position, time, conversation, user, source, account, command, target, recipient, text,
        json.dumps(tags, ensure_ascii=False) if tags else None, edited or None,
    )  # fmt: skip


def read_message(row: Sequence[Any]) -> Entry:
    (
        position, time, conversation, user, source, account, command, target, recipient, text,
        tags, edited,
    ) = row  # fmt: skip
    pairs = tuple((key, value) for key, value in json.loads(tags)) if tags else ()
    return Entry(
        position,
        time,
        MessageSent(
            user, source, account, command, target, recipient, conversation, text, pairs,
            edited or 0,
        ),
    )  # fmt: skip


def event_row(entry: Entry) -> Row:
    """Any other event. The text of an edit is kept with its message alone."""
    event = entry.event
    if isinstance(event, MessageEdited):
        event = event._replace(text="")
    return entry.position, entry.time, *encode(event)


def read_event(row: Sequence[Any]) -> Entry:
    position, time, kind, body = row
    return Entry(position, time, decode(kind, body))
