"""JSON Lines: one object per line, every event with all its fields.

    {"hubbub": "export", "version": 1, "log": "9f31c2", "made": "2026-11-22T16:30:43.123Z", ...}
    {"msgid": "800000004a-9f31c2", "time": "2026-...Z", "kind": "MessageSent", "event": {...}}

`kind` and the fields of `event` are those of events/kinds.py. An event about a message has that
message's msgid (`of`) besides its position (`message`). Credentials are omitted (password hashes,
codes, the server's secret); a backup contains them. `conversations` in the first line has an id of
each channel that survives renames, `closed` the channels that not everybody could read.
"""

from __future__ import annotations

import json
from typing import Any

from ...events.facts import KINDS
from ...events.kinds import Entry
from ...events.msgid import msgid
from ...protocol.times import server_time

VERSION = 1


def head(log_id: str, made: int, **facts: Any) -> str:
    """The first line. `facts` are the scope of the export and what is known of the account."""
    return _line(
        {"hubbub": "export", "version": VERSION, "log": log_id, "made": server_time(made), **facts}
    )


def line(entry: Entry, log_id: str) -> str:
    event: Any = entry.event
    fields = event._asdict()
    fields.pop("label", None)
    fields |= dict.fromkeys(KINDS[type(event)].secrets)
    record = {
        "msgid": msgid(entry.position, log_id),
        "time": server_time(entry.time),
        "kind": type(event).__name__,
    }
    if "message" in fields and isinstance(fields["message"], int):
        record["of"] = msgid(fields["message"], log_id)
    return _line({**record, "event": fields})


def _line(record: dict[str, Any]) -> str:
    return _encode(record) + "\n"


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
