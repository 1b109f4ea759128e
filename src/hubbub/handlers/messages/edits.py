"""EDIT, REDACT and reactions.

REDACT follows IRCv3 draft/message-redaction, EDIT follows docs/protocol/message-edit.md. Reactions
are TAGMSGs with `+draft/react` or `+draft/unreact` and the msgid of the message (IRCv3
draft/react).
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...events.conversations import without_sign
from ...events.kinds import (
    MessageEdited,
    MessageRedacted,
    MessageSent,
    Reacted,
    Unreacted,
)
from ...events.msgid import position_of
from ...model import rules
from ...model.user import User
from ...protocol.message import Message
from ...protocol.names import conversation, is_channel
from ...session import Session
from ...work import Work
from ..command_table import Step, Steps, command
from ..context import Context
from ..history.chathistory import Readable, readable
from ..refusals import Refused
from . import attachments, open_batch

REACT, UNREACT = "+draft/react", "+draft/unreact"
REPLY = ("+reply", "+draft/reply")
LONGEST_REACTION = 64  # bytes: an emoji with all its joiners, or a short word


@command("REDACT", params=2)
def redact(context: Context, session: Session, message: Message) -> Steps:
    target, msgid, *rest = message.params
    return _redact(context, session, target, msgid, rest[0] if rest else "")


def _redact(
    context: Context, session: Session, target: str, msgid: str, reason: str
) -> Generator[Step, Any, None]:
    user = context.user(session)
    said, position = yield from _find(context, session, "REDACT", target, msgid)
    if not _wrote(context, user, said, position) and not _moderates(context, user, target):
        text = "You may take back your own messages, and operators those of their channel"
        raise Refused("REDACT_FORBIDDEN", text, target, msgid)
    longest = context.settings.limits.reason_length
    yield MessageRedacted(
        user.id, user.source, user.account, *_place(context, user, target, said), position,
        reason.encode()[:longest].decode(errors="ignore"),
    )  # fmt: skip
    yield from attachments.removals(context.network, (position,), "taken back")


@command("EDIT", params=3)
def edit(context: Context, session: Session, message: Message) -> Steps:
    if session.batch is not None or "batch" in (message.tags or {}):
        return open_batch.add(context, session, message)
    target, msgid, text = message.params[:3]
    return change_text(context, session, target, msgid, text)


def change_text(
    context: Context, session: Session, target: str, msgid: str, text: str
) -> Generator[Step, Any, None]:
    user = context.user(session)
    if not text.strip():
        raise Refused(
            "INVALID_TEXT", "To take a message back, REDACT it", target, msgid, command="EDIT"
        )
    said, position = yield from _find(context, session, "EDIT", target, msgid)
    if not _wrote(context, user, said, position):
        text = "You may edit your own messages"
        raise Refused("EDIT_FORBIDDEN", text, target, msgid, command="EDIT")
    if is_channel(target):
        why = rules.may_not_speak(context.channel(target), user)
        if why is not None:
            text = f"You cannot speak there ({why})"
            raise Refused("EDIT_FORBIDDEN", text, target, msgid, command="EDIT")
    place = _place(context, user, target, said)
    yield MessageEdited(user.id, user.source, user.account, *place, position, text)
    yield from attachments.edited(context, position, said.conversation, text)


def _find(
    context: Context, session: Session, name: str, target: str, msgid: str
) -> Generator[Step, Any, tuple[MessageSent, int]]:
    """The message `msgid` in a conversation that the client may read."""
    place = _readable(context, session, name, target)
    position = position_of(msgid, context.server.log_id)
    if position is not None:
        found, keys = yield Work(lambda log: (log.at([position]), place.conversations(log)))
        for _, _, said in found:
            if said.conversation in keys:
                return said, position
    raise Refused("UNKNOWN_MSGID", "There is no such message here", target, msgid, command=name)


def _readable(context: Context, session: Session, name: str, target: str) -> Readable:
    try:
        return readable(context, session, name, target)
    except Refused:
        raise Refused(
            "INVALID_TARGET", "You cannot change messages there", target, command=name
        ) from None


def _wrote(context: Context, user: User, said: MessageSent, position: int) -> bool:
    if said.account is None:
        return said.user == user.id
    account = context.network.accounts.get(user.account)
    # Not a message of a deleted account with that name.
    return account is not None and said.account == account.name and account.id < position


def _moderates(context: Context, user: User, target: str) -> bool:
    channel = context.network.channel(target) if is_channel(target) else None
    return channel is not None and rules.is_operator(channel, user)


def _place(
    context: Context, user: User, target: str, said: MessageSent
) -> tuple[str, int | None, str]:
    """Target, recipient and conversation of the change; the other user may have changed nick."""
    if said.recipient is None:
        sign = said.conversation[: -len(without_sign(said))]
        return sign + context.channel(target).name, None, said.conversation
    other = context.network.person(target)
    # Not to another user with the recipient's former name.
    here = other is not None and conversation(other.key, user.key) == said.conversation
    return target, other.id if other and here else said.recipient, said.conversation


def reaction(
    context: Context,
    user: User,
    target: str,
    recipient: int | None,
    key: str,
    tags: tuple[tuple[str, str], ...],
) -> Reacted | Unreacted | None:
    """The reaction expressed by a TAGMSG with these tags, or None."""
    held = dict(tags)
    answered = next((held[name] for name in REPLY if name in held), "")
    position = position_of(answered, context.server.log_id)
    if position is None or (REACT in held) == (UNREACT in held):
        return None
    kind = Reacted if REACT in held else Unreacted
    word = held.get(REACT) or held.get(UNREACT) or ""
    if not word or len(word.encode()) > LONGEST_REACTION:
        return None
    return kind(user.id, user.source, user.account, target, recipient, key, position, word, tags)
