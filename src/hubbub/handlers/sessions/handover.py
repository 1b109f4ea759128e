"""HANDOVER: pass an encrypted note from one device of a user to the next.

    C: HANDOVER PUT <sealed>         requires a login; replaces an earlier note
    S: HANDOVER PUT <token>
    C2: HANDOVER TAKE <token>        anybody with the token, also before registration
    S: HANDOVER TAKE <sealed>        once, within two minutes; the first device is notified
    C: HANDOVER DROP                 delete the note

The browser client passes on a login this way: the token and the key of the note are in a QR code,
so both need the camera, and the server cannot read the note. Notes are in memory and end with the
connection that left them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from ...protocol.message import Message, Reply
from ...protocol.numerics import standard_reply
from ...session import Session
from ...work import random_token
from ..accounts.authority import session_number
from ..command_table import SendTo, Step, Steps, command
from ..context import Context
from ..refusals import Refused
from .notes import Note

GOOD_MS = 2 * 60 * 1000
LONGEST = 400  # characters of a note


@command("HANDOVER", params=1, anyone=True)
def handover(context: Context, session: Session, message: Message) -> Steps:
    subcommand, *words = message.params
    name = subcommand.upper()
    if name == "TAKE" and len(words) == 1:
        return _take(context, session, words[0])
    if name == "PUT" and len(words) == 1:
        return _put(context, session, words[0])
    if name == "DROP" and not words:
        context.notes.drop(session.id)
        return [Reply("HANDOVER", ("DROP",))]
    raise Refused("INVALID_PARAMS", "Use PUT <note>, TAKE <token> or DROP", subcommand)


def _put(context: Context, session: Session, sealed: str) -> Generator[Step, Any, None]:
    account = context.account(session) if session.user is not None else None
    if account is None:
        raise Refused("ACCOUNT_REQUIRED", "You are not logged in to an account", "PUT")
    if not sealed or len(sealed) > LONGEST:
        raise Refused("INVALID_PARAMS", f"A note has 1 to {LONGEST} characters", "PUT")
    secret = yield random_token()
    context.notes.leave(session.id, Note(secret, sealed, context.now + GOOD_MS, account.name))
    yield Reply("HANDOVER", ("PUT", f"{session.id:x}.{secret}"))


def _take(context: Context, session: Session, token: str) -> Iterator[Step]:
    number, _, secret = token.partition(".")
    owner = session_number(number)
    note, other = context.notes.take(owner, secret), context.sessions.get(owner)
    user = other.user if other is not None else None
    good = note is not None and note.until > context.now
    if note is None or not good or user is None or user.account != note.account:
        raise Refused("INVALID_TOKEN", "That is not there any more: ask for a new one", "TAKE")
    yield Reply("HANDOVER", ("TAKE", note.sealed))
    text = f"It was taken by a device at {session.peer.host}"
    yield SendTo(owner, (standard_reply("NOTE", "HANDOVER", "TAKEN", text=text),))
