"""BATCH: multiline messages (IRCv3 draft/client-batch, draft/multiline). Lines of EDIT in a batch
change the text of a message (docs/protocol/message-edit.md).

When the batch is closed its lines become one message with one position in the log. A tag records
where lines were cut only for their length, so that recipients get the lines as they were sent.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import Any

from ...events.kinds import MessageSent
from ...protocol.message import Message
from ...protocol.multiline import CONCAT, with_cuts
from ...session import OpenBatch, Session
from ..command_table import Relabel, Step, Steps, command
from ..context import Context
from ..refusals import Refused
from .edits import change_text
from .open_batch import invalid
from .privmsg import speak

CAP = "draft/multiline"
_REFERENCE = re.compile(r"[A-Za-z0-9-]{1,64}")


@command("BATCH", params=1)
def batch(context: Context, session: Session, message: Message) -> Steps:
    reference = message.params[0]
    if reference[:1] == "+":
        return _open(context, session, reference[1:], message)
    if reference[:1] == "-":
        return _close(context, session, reference[1:])
    invalid("A batch begins with +name and ends with -name")


def _open(context: Context, session: Session, reference: str, message: Message) -> Iterator[Step]:
    kind = message.params[1] if len(message.params) > 1 else ""
    if not _REFERENCE.fullmatch(reference):
        text = "The name of a batch is made of letters, digits and -"
        raise Refused("INVALID_REFTAG", text, reference)
    if kind != CAP or CAP not in session.caps:
        text = "There is no such kind of batch for clients"
        raise Refused("UNKNOWN_TYPE", text, reference, kind)
    if len(message.params) != 3:
        invalid("A message of several lines has one target")
    if session.batch is not None:
        session.batch.failed = True
        invalid("One batch at a time")
    tags = dict(message.tags or {})
    session.batch = OpenBatch(reference, message.params[2], tags, context.now)
    yield Relabel(None)  # the answer follows when the batch is closed


def _close(context: Context, session: Session, reference: str) -> Generator[Step, Any, None]:
    done, session.batch = session.batch, None
    if done is None or done.reference != reference:
        invalid("There is no open batch of that name")
    label = done.tags.get("label")
    if done.failed and label is None:
        return  # the invalid line got the answer
    yield Relabel(label)
    if done.failed:
        invalid("The batch was refused")
    if not any(text for text, _ in done.lines):
        invalid("A message has to have some text")
    text, cuts = with_cuts(done.lines)
    if done.command == "EDIT":
        yield from change_text(context, session, done.target, done.edited, text)
        return
    tags = {**done.tags, **({CONCAT: cuts} if cuts else {})}
    said = speak(context, session, done.command, done.target, text, tags)
    yield from (said,) if isinstance(said, MessageSent) else said
