"""CONTROL: the command by which `hubbub admin` and `hubbub account` send orders to the server.

    C: @+order={"order":"suspend","words":{"account":"bob"}} CONTROL <token>
    S: CONTROL :{"done": "bob is suspended"}.              or {"failed": "why"}

The token is in a file that only the server's user can read (data_dir.py). The order is in a tag,
where there is room for the longest password.
"""

from __future__ import annotations

import contextlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

from ...protocol.message import Message, Reply
from ...protocol.numerics import ERR_UNKNOWNCOMMAND, numeric
from ...session import Session
from ..accounts import logins
from ..command_table import CloseConnection, Steps, command
from ..context import Context
from ..refusals import Refused
from .order_table import COMMAND_LINE, Words, obey

ORDER_TAG = "+order"
#: Characters of JSON per line; the rest follows in further lines.
PIECE = 350


@command("CONTROL", params=1, anyone=True)
def control(context: Context, session: Session, message: Message) -> Steps:
    token = context.control.token
    if not token or not hmac.compare_digest(token.encode(), message.params[0].encode()):
        yield numeric(ERR_UNKNOWNCOMMAND, "CONTROL")
        yield from logins.went_wrong(session)
        return
    try:
        name, words = _read((message.tags or {}).get(ORDER_TAG, ""))
        answer = yield from obey(context, COMMAND_LINE, name, words)
        yield from _told({"done": answer})
    except Refused as refused:
        yield from _told({"failed": str(refused)})
    yield CloseConnection(COMMAND_LINE.source)


def _read(text: str) -> tuple[str, Words]:
    """Parse the tag: the name of the order and its fields. Raises Refused."""
    with contextlib.suppress(ValueError, RecursionError):
        match json.loads(text):
            case {"order": str(name), "words": dict(words)}:
                return name, words
    raise Refused("NOT_UNDERSTOOD", "That order was not understood")


def _told(facts: dict[str, Any]) -> Iterator[Reply]:
    """The JSON in pieces; each ends with `+`, the last one with `.`"""
    text = json.dumps(facts)
    for start in range(0, len(text), PIECE):
        end = "." if start + PIECE >= len(text) else "+"
        yield Reply("CONTROL", (text[start : start + PIECE] + end,))
