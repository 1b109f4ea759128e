"""The open batch: collects the lines of a multiline message in the session until BATCH closes it
(client_batch.py)."""

from __future__ import annotations

from typing import NoReturn

from ...protocol.message import Message, Reply
from ...protocol.multiline import CONCAT
from ...protocol.names import fold
from ...protocol.numerics import ERR_INPUTTOOLONG
from ...session import OpenBatch, Session
from ..command_table import Relabel, Steps
from ..context import Context, overflows
from ..refusals import Refused

MOST_SECONDS = 60  # maximum time that a batch may be open


def invalid(text: str) -> NoReturn:
    raise Refused("MULTILINE_INVALID", text, command="BATCH")


def add(context: Context, session: Session, message: Message) -> Steps:
    """Handle a PRIVMSG, NOTICE or EDIT in a batch, or one that should be, while a batch is open."""
    open_batch, tags = session.batch, message.tags or {}
    if open_batch is None or open_batch.failed:
        return ()
    try:
        _check(context, open_batch, message, tags)
        _check_length(context, session, message)
    except Refused as refused:
        open_batch.failed = True
        return _refuse(open_batch, refused.reply_to(message.command), tags)
    concat = CONCAT in tags
    text = message.params[-1]
    open_batch.command = message.command
    if message.command == "EDIT":
        open_batch.edited = message.params[1]
    open_batch.size += len(text.encode()) + (0 if concat or not open_batch.lines else 1)
    open_batch.lines.append((text, concat))
    return ()


def _refuse(open_batch: OpenBatch, why: Reply, tags: dict[str, str]) -> Steps:
    """Refuse a line of the batch with the label of the batch, as its only answer."""
    if tags.get("batch") == open_batch.reference:
        yield Relabel(open_batch.tags.pop("label", None))
    yield why


def _check(context: Context, open_batch: OpenBatch, message: Message, tags: dict[str, str]) -> None:
    limits = context.settings.limits
    if tags.get("batch") != open_batch.reference:
        invalid("Finish the batch before anything else")
    if context.now - open_batch.opened > MOST_SECONDS * 1000:
        text = "The batch was open for too long"
        raise Refused("TIMEOUT", text, open_batch.reference, command="BATCH")
    if len(message.params) != (3 if message.command == "EDIT" else 2):
        invalid("A line has a target and a text")
    if open_batch.command not in ("", message.command):
        invalid("A message is PRIVMSG, NOTICE or EDIT throughout")
    if message.command == "EDIT":
        _check_edit(open_batch, message, tags)
    target, text = message.params[0], message.params[-1]
    if fold(target) != fold(open_batch.target):
        text, both = "All lines have the target of the batch", (open_batch.target, target)
        raise Refused("MULTILINE_INVALID_TARGET", text, *both, command="BATCH")
    if not text and CONCAT in tags:
        invalid("An empty line cannot be joined to another")
    if len(open_batch.lines) >= limits.multiline_lines:
        most = str(limits.multiline_lines)
        text = "A message has too many lines"
        raise Refused("MULTILINE_MAX_LINES", text, most, command="BATCH")
    if open_batch.size + len(text.encode()) + 1 > limits.multiline_bytes:
        most = str(limits.multiline_bytes)
        text = "A message is too long"
        raise Refused("MULTILINE_MAX_BYTES", text, most, command="BATCH")


def _check_edit(open_batch: OpenBatch, message: Message, tags: dict[str, str]) -> None:
    if open_batch.edited not in ("", message.params[1]):
        invalid("All lines name the same message")
    if CONCAT in tags:
        invalid("The lines of an edit are not cut")


def _check_length(context: Context, session: Session, message: Message) -> None:
    if overflows(context, session, message):
        raise Refused.numeric(ERR_INPUTTOOLONG)
