"""Messages of several lines: BATCH from a client (IRCv3 draft/client-batch, draft/multiline). Lines
of EDIT in it say a message anew (docs/protocol/message-edit.md).

The lines gather in the asker's own session. When the batch is closed they are one message, with one
place in the log. Where lines were cut for length alone is kept in a tag of ours, so that everybody
gets them composed as they were sent.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import Any, NoReturn

from ...events.events import MessageSent
from ...protocol.message import Message
from ...protocol.multiline import CONCAT, with_cuts
from ...protocol.names import fold
from ...protocol.numerics import ERR_INPUTTOOLONG, fail, numeric
from ...session import OpenBatch, Session
from ..table import Refused, Relabel, Step, Steps, command
from ..view import View, shown

CAP = "draft/multiline"
MOST_SECONDS = 60  # that a batch may stay open
_REFERENCE = re.compile(r"[A-Za-z0-9-]{1,64}")


@command("BATCH", params=1)
def batch(view: View, session: Session, message: Message) -> Steps:
    reference = message.params[0]
    if reference[:1] == "+":
        return _open(view, session, reference[1:], message)
    if reference[:1] == "-":
        return _close(view, session, reference[1:])
    _invalid("A batch begins with +name and ends with -name")


def _invalid(text: str) -> NoReturn:
    raise Refused(fail("BATCH", "MULTILINE_INVALID", text=text))


def _open(view: View, session: Session, reference: str, message: Message) -> Iterator[Step]:
    kind = message.params[1] if len(message.params) > 1 else ""
    if not _REFERENCE.fullmatch(reference):
        text = "The name of a batch is made of letters, digits and -"
        raise Refused(fail("BATCH", "INVALID_REFTAG", shown(reference), text=text))
    if kind != CAP or CAP not in session.caps:
        text = "There is no such kind of batch for clients"
        raise Refused(fail("BATCH", "UNKNOWN_TYPE", reference, shown(kind), text=text))
    if len(message.params) != 3:
        _invalid("A message of several lines has one target")
    if session.batch is not None:
        session.batch.failed = True
        _invalid("One batch at a time")
    tags = dict(message.tags or {})
    session.batch = OpenBatch(reference, message.params[2], tags, view.now)
    yield Relabel(None)  # the answer comes when it is closed


def add(view: View, session: Session, message: Message) -> tuple[Step, ...]:
    """A PRIVMSG, NOTICE or EDIT that belongs to a batch, or should, while one is open."""
    open_batch, tags = session.batch, message.tags or {}
    if open_batch is None or open_batch.failed:
        return ()
    try:
        _check(view, open_batch, message, tags)
        _check_length(view, session, message)
    except Refused:
        open_batch.failed = True
        raise
    concat = CONCAT in tags
    text = message.params[-1]
    open_batch.command = message.command
    if message.command == "EDIT":
        open_batch.edited = message.params[1]
    open_batch.size += len(text.encode()) + (0 if concat or not open_batch.lines else 1)
    open_batch.lines.append((text, concat))
    return ()


def _check(view: View, open_batch: OpenBatch, message: Message, tags: dict[str, str]) -> None:
    limits = view.settings.limits
    if tags.get("batch") != open_batch.reference:
        _invalid("Finish the batch before anything else")
    if view.now - open_batch.opened > MOST_SECONDS * 1000:
        text = "The batch was open for too long"
        raise Refused(fail("BATCH", "TIMEOUT", open_batch.reference, text=text))
    if len(message.params) != (3 if message.command == "EDIT" else 2):
        _invalid("A line has a target and a text")
    if open_batch.command not in ("", message.command):
        _invalid("A message is PRIVMSG, NOTICE or EDIT throughout")
    if message.command == "EDIT":
        _check_edit(open_batch, message, tags)
    target, text = message.params[0], message.params[-1]
    if fold(target) != fold(open_batch.target):
        codes = ("MULTILINE_INVALID_TARGET", shown(open_batch.target), shown(target))
        raise Refused(fail("BATCH", *codes, text="All lines have the target of the batch"))
    if not text and CONCAT in tags:
        _invalid("An empty line cannot be joined to another")
    if len(open_batch.lines) >= limits.multiline_lines:
        most = str(limits.multiline_lines)
        text = "A message has too many lines"
        raise Refused(fail("BATCH", "MULTILINE_MAX_LINES", most, text=text))
    if open_batch.size + len(text.encode()) + 1 > limits.multiline_bytes:
        most = str(limits.multiline_bytes)
        text = "A message is too long"
        raise Refused(fail("BATCH", "MULTILINE_MAX_BYTES", most, text=text))


def _check_edit(open_batch: OpenBatch, message: Message, tags: dict[str, str]) -> None:
    if open_batch.edited not in ("", message.params[1]):
        _invalid("All lines name the same message")
    if CONCAT in tags:
        _invalid("The lines of an edit are not cut")


def _check_length(view: View, session: Session, message: Message) -> None:
    from .saying import overflows  # it hands its lines to this file

    if overflows(view, session, message):
        raise Refused(numeric(ERR_INPUTTOOLONG))


def _close(view: View, session: Session, reference: str) -> Generator[Step, Any, None]:
    done, session.batch = session.batch, None
    if done is None or done.reference != reference:
        _invalid("There is no open batch of that name")
    if done.failed:
        return
    yield Relabel(done.tags.get("label"))
    if not any(text for text, _ in done.lines):
        _invalid("A message has to have some text")
    from .saying import speak  # it hands its lines to this file

    text, cuts = with_cuts(done.lines)
    if done.command == "EDIT":
        from .revisions import change_text  # it hands its lines to this file

        yield from change_text(view, session, done.target, done.edited, text)
        return
    tags = {**done.tags, **({CONCAT: cuts} if cuts else {})}
    said = speak(view, session, done.command, done.target, text, tags)
    yield from (said,) if isinstance(said, MessageSent) else said
