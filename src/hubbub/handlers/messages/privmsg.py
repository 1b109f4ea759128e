"""PRIVMSG, NOTICE, TAGMSG.

A target is a channel, a channel with a sign before it (STATUSMSG: holders of that prefix or a
higher one), or a nick. A refused target does not affect the other targets.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from typing import Any, TypeAlias

from ...events.kinds import Event, MessageSent, TagsKept, TagsRelayed
from ...model import rules
from ...model.channel import Channel
from ...model.user import User
from ...protocol.message import Message
from ...protocol.modes import PREFIX_OF_SIGN
from ...protocol.multiline import CONCAT
from ...protocol.names import conversation, fold, is_channel
from ...protocol.numerics import (
    ERR_CANNOTSENDTOCHAN,
    ERR_CANNOTSENDTOUSER,
    ERR_INPUTTOOLONG,
    ERR_NEEDREGGEDNICK_TO_SEND,
    ERR_NORECIPIENT,
    ERR_NOSUCHCHANNEL,
    ERR_NOSUCHNICK,
    ERR_NOTEXTTOSEND,
    ERR_TOOMANYTARGETS,
    RPL_AWAY,
    numeric,
    shown,
)
from ...session import Session
from ...work import Work
from ..accounts import services
from ..command_table import HistoryReply, Step, Steps, command
from ..context import NOWHERE, Context, overflows
from ..history import playback
from ..people import accept, budgets
from ..refusals import Refused
from . import attachments, edits, open_batch
from .bursts import SURELY_FITS
from .dedup import same_message

PERSIST = "+draft/persist"  # client tag that requests storage
LONGEST_KEPT = 512  # bytes of the tags of a TAGMSG that is stored, names and values
Tags: TypeAlias = tuple[tuple[str, str], ...]


@command("PRIVMSG", "NOTICE")
def say(context: Context, session: Session, message: Message) -> Steps | MessageSent:
    """General path of a message (quick: bursts.decided)."""
    name, params, tags, _ = message
    if session.batch is not None or (tags and "batch" in tags):
        return open_batch.add(context, session, message)
    if not params:
        raise Refused.numeric(ERR_NORECIPIENT, f"No recipient given ({name})")
    if len(params) < 2 or not params[1]:
        raise Refused.numeric(ERR_NOTEXTTOSEND)
    if len(params[1]) > SURELY_FITS and overflows(context, session, message):
        raise Refused.numeric(ERR_INPUTTOOLONG)
    return speak(context, session, name, params[0], params[1], tags)


def speak(
    context: Context,
    session: Session,
    name: str,
    target: str,
    text: str,
    tags: dict[str, str] | None,
) -> Steps | MessageSent:
    """Send text that is known to fit: one line, or a multiline message."""
    user = context.user(session)
    session.last_spoke = context.now
    kept = client_tags(tags) if tags else ()
    if user.modes:
        kept += user.marks
    if name == "NOTICE" or "," in target:
        said: Steps | MessageSent = _say_to_all(context, user, name, target, text, kept)
    else:
        try:
            said = say_to(context, user, name, target, text, kept)
        except Refused as refused:
            service = services.called(target)
            if target == playback.NAME:
                return playback.ask(context, session, text)
            if service is not None:
                return services.ask(service, context, session, text, name)
            if not tags or "label" not in tags:
                raise
            said = MessageSent(user.id, user.source, user.account, name, target, None, "", text)
            return _retried_or(refused, context, session, tags["label"], said)
    if tags and "label" in tags:
        return _unless_retried(context, session, tags["label"], said)
    return attachments.with_files(context, said)


def _say_to_all(
    context: Context, user: User, name: str, target: str, text: str, kept: Tags
) -> list[Step]:
    steps: list[Step] = []
    for each in _targets(context, name, target):
        try:
            found = say_to(context, user, name, each, text, kept)
        except Refused as refused:
            # A NOTICE is never answered with an error (RFC 2812 section 3.3.2).
            if name != "NOTICE":
                steps.append(refused.reply_to(name))
        else:
            steps += (found,) if isinstance(found, MessageSent) else found
    return steps


def _unless_retried(
    context: Context, session: Session, label: str, steps: Iterable[Step] | MessageSent
) -> Steps:
    """Send, or if it is a retry return the first message. All lookups come before anything is sent,
    so that the messages of one command are stored or refused together."""
    found: list[tuple[Any, list[Any] | None]] = []
    for step in (steps,) if isinstance(steps, MessageSent) else steps:
        if isinstance(step, MessageSent):
            said = step._replace(label=label)
            found.append((said, (yield from _first(context, session, label, said.target))))
        else:
            found.append((step, None))
    for step, first in found:
        if first is not None:
            if not first:  # it was deleted since
                continue
            if same_message(first[0].event, step):
                if session.hears_itself:
                    yield HistoryReply(tuple(first))
                continue
        yield step
        if isinstance(step, MessageSent):
            yield from attachments.posted(context, step)


def _retried_or(
    refused: Refused, context: Context, session: Session, label: str, again: MessageSent
) -> Generator[Step, Any, None]:
    """A refused message may still be a retry of one that was allowed at its time."""
    first = yield from _first(context, session, label, again.target)
    if not first or not same_message(first[0].event, again):
        raise refused
    if session.hears_itself:
        yield HistoryReply(tuple(first))


def _first(
    context: Context, session: Session, label: str, target: str
) -> Generator[Work, Any, list[Any] | None]:
    """The messages sent with this label, empty if they were deleted. None: there were none."""
    place = context.dedup.find(session, label, target)
    if place is None:
        return None
    found: list[Any] = yield Work(lambda log: log.at([place]))
    return found


def _targets(context: Context, name: str, target: str) -> list[str]:
    """The targets of a list, without duplicates."""
    targets = list({fold(each): each for each in target.split(",") if each}.values())
    if not targets and name != "NOTICE":
        raise Refused.numeric(ERR_NORECIPIENT, f"No recipient given ({name})")
    if len(targets) > context.settings.limits.targets:
        raise Refused.numeric(ERR_TOOMANYTARGETS, target)
    return targets


def say_to(
    context: Context, user: User, name: str, target: str, text: str, tags: Tags
) -> MessageSent | tuple[Step, ...]:
    if is_channel(target):
        channel = _open_channel(context, user, target, target)
        modes = channel.modes
        if "C" in modes and _is_ctcp(text):
            raise _silenced(channel.name, "+C")
        if "c" in modes:
            text = without_formatting(text)
        key = channel.key
        if "U" in modes and not channel.members.get(user.id):
            key = conversation(f"%{channel.name}")  # for operators only, later too
        return MessageSent(
            user.id, user.source, user.account, name, channel.name, None, key, text, tags
        )
    if target[0] in PREFIX_OF_SIGN and is_channel(target[1:]):
        channel = _open_channel(context, user, target[1:], target)
        seen = target[0] + channel.name
        return MessageSent(
            user.id, user.source, user.account, name, seen, None, conversation(seen), text, tags
        )
    return _say_to_user(context, user, name, target, text, tags)


def _open_channel(context: Context, user: User, name: str, target: str) -> Channel:
    """The channel `name`, in which `user` may speak. Raises Refused."""
    channel = context.network.channel(name) or NOWHERE
    why = rules.may_not_speak(channel, user)
    if why is not None:
        if context.known_channel(user, name) is None:
            raise Refused.numeric(ERR_NOSUCHCHANNEL, target)
        raise _silenced(channel.name, why)
    return channel


def _silenced(name: str, why: str) -> Refused:
    return Refused.numeric(ERR_CANNOTSENDTOCHAN, name, f"Cannot send to channel ({why})")


def _say_to_user(
    context: Context, user: User, name: str, target: str, text: str, tags: Tags
) -> MessageSent | tuple[Step, ...]:
    recipient = _open_user(context, user, target)
    if "T" in recipient.modes and _is_ctcp(text):
        why = "takes no CTCP (+T)"
        raise Refused.numeric(ERR_CANNOTSENDTOUSER, recipient.nick, why)
    said = MessageSent(
        user.id, user.source, user.account, name, recipient.nick, recipient.id,
        conversation(recipient.key, user.key), text, tags,
    )  # fmt: skip
    if recipient.away is not None and name == "PRIVMSG":
        return (said, numeric(RPL_AWAY, recipient.nick, recipient.away))
    return said


def _open_user(context: Context, user: User, nick: str) -> User:
    """The user `nick`, who accepts messages from `user`. Raises Refused."""
    recipient = context.network.person(nick)
    if recipient is None:
        raise Refused.numeric(ERR_NOSUCHNICK, nick)
    if "R" in user.modes:
        accept.accept(context, user, recipient)  # the recipient may reply
    if rules.may_not_write_to(user, recipient) and not accept.hears(context, recipient, user):
        raise Refused.numeric(ERR_NEEDREGGEDNICK_TO_SEND, recipient.nick)
    return recipient


def _is_ctcp(text: str) -> bool:
    """Does the text contain a CTCP request other than ACTION? Anywhere, because some clients get
    multiline messages in pieces."""
    return "\x01" in text and _CTCP.search(text) is not None


_CTCP = re.compile("^\x01$|\x01(?!$|ACTION(?:[ \x01]|$))", re.MULTILINE)


# Bold, italics, underline, strike, monospace, reverse, reset; colours with their numbers
# (modern.ircdocs.horse/formatting).
_FORMATTING = re.compile(
    "[\x02\x0f\x11\x16\x1d\x1e\x1f]|\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?"
    "|\x04(?:[0-9a-fA-F]{6}(?:,[0-9a-fA-F]{6})?)?"
)


def without_formatting(text: str) -> str:
    return _FORMATTING.sub("", text)


def client_tags(tags: dict[str, str] | None) -> Tags:
    """The tags to forward: client-only ones (IRCv3 message-tags)."""
    if not tags:
        return ()
    kept = tuple((key, value) for key, value in tags.items() if key[0] == "+" and len(key) > 1)
    return (*kept, (CONCAT, tags[CONCAT])) if tags.get(CONCAT) else kept


@command("TAGMSG", params=1)
def tagmsg(context: Context, session: Session, message: Message) -> Steps:
    user = context.user(session)
    tags = client_tags(message.tags)
    check_size(tags)
    for target in _targets(context, "TAGMSG", message.params[0]):
        try:
            seen, recipient = _addressee(context, user, target)
        except Refused as refused:
            yield refused.reply_to("TAGMSG")
        else:
            marked = tags + user.marks
            other = context.network.users.get(recipient) if recipient is not None else None
            key = conversation(other.key, user.key) if other is not None else conversation(seen)
            event = _tags_event(context, user, seen, recipient, key, marked)
            if not isinstance(event, TagsRelayed) and not budgets.pays(
                context, context.kept_tags, user
            ):
                text = "Too many reactions or stored tags: wait a moment"
                raise Refused("RATE_LIMITED", text, shown(target))
            yield event


def check_size(tags: Tags) -> None:
    """Raises Refused if tags are to be stored and too long for that."""
    names = dict(tags)
    if PERSIST in names or edits.REACT in names or edits.UNREACT in names:
        size = sum(len(name.encode()) + len(value.encode()) for name, value in tags)
        if size > LONGEST_KEPT:
            text = f"Tags that are stored have at most {LONGEST_KEPT} bytes"
            raise Refused("TAGS_TOO_LONG", text)


def _tags_event(
    context: Context, user: User, target: str, recipient: int | None, key: str, tags: Tags
) -> Event:
    """The event of a TAGMSG: a reaction, tags to store, or tags for connected clients only."""
    reaction = edits.reaction(context, user, target, recipient, key, tags)
    if reaction is not None:
        return reaction
    if any(name == PERSIST for name, _ in tags):
        return TagsKept(user.id, user.source, user.account, target, recipient, key, tags)
    return TagsRelayed(user.id, user.source, user.account, target, recipient, tags)


def _addressee(context: Context, user: User, target: str) -> tuple[str, int | None]:
    """The target as recipients see it, and the id of the user if it is one."""
    if is_channel(target):
        return _open_channel(context, user, target, target).name, None
    if target[0] in PREFIX_OF_SIGN and is_channel(target[1:]):
        return target[0] + _open_channel(context, user, target[1:], target).name, None
    recipient = _open_user(context, user, target)
    return recipient.nick, recipient.id
