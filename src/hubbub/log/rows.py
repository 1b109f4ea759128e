"""Convert entries to rows of the tables in schema.sql, and back.

Every row has a checksum over its fields. SQLite would return a row in which a bit has flipped on
disk; reading one here raises Damaged instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from json.encoder import encode_basestring
from typing import Any
from zlib import crc32

from ..events.bursts import Route
from ..events.coding import decode, encode
from ..events.kinds import Entry, MessageEdited, MessageSent

MESSAGE_COLUMNS = "position, time, route, text, sum, tags, edited"
EVENT_COLUMNS = "position, time, kind, body, sum"
ROUTE_COLUMNS = "conversation, user, source, account, command, target, recipient, sum"

Row = tuple[Any, ...]
ROUTE_WIDTH = len(Route._fields)


class Damaged(Exception):
    """A row differs from what was written."""


def message_sum(
    position: int, time: int, route: int, text: str, tags: str | None, edited: int | None
) -> int:
    # A prime, so that every single flipped bit changes the sum.
    start = (position ^ time * 3 ^ route * 7 ^ (edited or 0) * 11) % 4294967291
    total = crc32(text.encode(), start)
    return crc32(tags.encode(), total) if tags else total


def text_sum(*fields: Any) -> int:
    """General path of a checksum (quick: event_sum, message_sum)."""
    return crc32(json.dumps(fields, ensure_ascii=False).encode())


def event_sum(position: int, time: int, kind: str, body: str) -> int:
    """Quick path of the checksum of an event (general: text_sum, same result): a start reads
    many."""
    fields = f"[{position}, {time}, {encode_basestring(kind)}, {encode_basestring(body)}]"
    return crc32(fields.encode())


def tags_text(tags: tuple[tuple[str, str], ...]) -> str | None:
    return json.dumps(tags, ensure_ascii=False) if tags else None


def read_message(row: Sequence[Any], route: Route) -> Entry:
    """Convert a row to a message. Raises Damaged."""
    position, time, route_id, text, total, tags, edited = row
    if total != message_sum(position, time, route_id, text, tags, edited):
        raise Damaged(f"the message at position {position}")
    pairs = tuple((key, value) for key, value in json.loads(tags)) if tags else ()
    return Entry(position, time, MessageSent(*route, text, pairs, edited or 0))


def event_row(entry: Entry) -> Row:
    """The row of any event except a message. The text of an edit is stored only with its
    message."""
    position, time, event = entry
    if isinstance(event, MessageEdited):
        event = event._replace(text="")
    kind, body = encode(event)
    return position, time, kind, body, event_sum(position, time, kind, body)


def kind_names(kinds: Iterable[type]) -> str:
    """A list of event classes for SQL."""
    return ", ".join(sorted(f"'{kind.__name__}'" for kind in kinds))


def read_event(row: Sequence[Any]) -> Entry:
    """Convert a row to an event. Raises Damaged."""
    position, time, kind, body, total = row
    if total != event_sum(position, time, kind, body):
        raise Damaged(f"the event at position {position}")
    return Entry(position, time, decode(kind, body))
