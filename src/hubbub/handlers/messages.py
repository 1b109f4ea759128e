"""Saying things: PRIVMSG, NOTICE, TAGMSG."""

from __future__ import annotations

from ..dialects.irc.numerics import (
    ERR_CANNOTSENDTOCHAN,
    ERR_NORECIPIENT,
    ERR_NOSUCHNICK,
    ERR_NOTEXTTOSEND,
    ERR_TOOMANYTARGETS,
    RPL_AWAY,
    numeric,
)
from ..dialects.message import Message
from ..log.events import MessageSent, TagsRelayed
from ..model import rules
from ..model.names import conversation, fold, is_channel
from ..session import Session
from .table import Refused, Step, Steps, command
from .view import View, shown


@command("PRIVMSG", "NOTICE")
def say(view: View, session: Session, message: Message) -> Steps | MessageSent:
    name, params, tags, _ = message
    if not params:
        raise Refused(numeric(ERR_NORECIPIENT, f"No recipient given ({name})"))
    if len(params) < 2 or not params[1]:
        raise Refused(numeric(ERR_NOTEXTTOSEND))
    session.last_spoke = view.now
    target, text = params[0], params[1]
    kept_tags = client_tags(tags) if tags else ()
    if "," not in target:
        return _say_to(view, session, name, target, text, kept_tags)
    targets = _targets(view, target)
    return (
        step for each in targets for step in _trying(view, session, name, each, text, kept_tags)
    )


def _targets(view: View, target: str) -> list[str]:
    """The targets of a list, each once."""
    targets = list({fold(each): each for each in target.split(",") if each}.values())
    if len(targets) > view.settings.limits.targets:
        raise Refused(numeric(ERR_TOOMANYTARGETS, shown(target)))
    return targets


def _trying(
    view: View,
    session: Session,
    name: str,
    target: str,
    text: str,
    tags: tuple[tuple[str, str], ...],
) -> tuple[Step, ...]:
    """Like `_say_to`, a refusal being one of the steps: the other targets are still served."""
    try:
        steps = _say_to(view, session, name, target, text, tags)
    except Refused as refused:
        return () if name == "NOTICE" else (refused.reply,)
    return (steps,) if isinstance(steps, MessageSent) else steps


def _say_to(
    view: View,
    session: Session,
    name: str,
    target: str,
    text: str,
    tags: tuple[tuple[str, str], ...],
) -> MessageSent | tuple[Step, ...]:
    user = view.user(session)
    if is_channel(target):
        channel = view.network.channel(target)
        if channel is None or not rules.may_speak(channel, user):
            raise Refused(numeric(ERR_CANNOTSENDTOCHAN, shown(target)))
        return MessageSent(
            user.id, user.source, user.account, name, channel.name, None, channel.key, text, tags
        )
    recipient = view.network.user(target)
    if recipient is None:
        raise Refused(numeric(ERR_NOSUCHNICK, shown(target)))
    said = MessageSent(
        user.id, user.source, user.account, name, recipient.nick, recipient.id,
        conversation(recipient.nick, user.nick), text, tags,
    )  # fmt: skip
    if recipient.away is not None and name == "PRIVMSG":
        return (said, numeric(RPL_AWAY, recipient.nick, recipient.away))
    return said


def client_tags(tags: dict[str, str] | None) -> tuple[tuple[str, str], ...]:
    """The tags that are handed on: client-only ones (IRCv3 message-tags)."""
    if not tags:
        return ()
    return tuple((key, value) for key, value in tags.items() if key[0] == "+" and len(key) > 1)


@command("TAGMSG", params=1)
def tagmsg(view: View, session: Session, message: Message) -> Steps:
    user = view.user(session)
    tags = client_tags(message.tags)
    for target in _targets(view, message.params[0]):
        if is_channel(target):
            channel = view.network.channel(target)
            if channel is None or not rules.may_speak(channel, user):
                raise Refused(numeric(ERR_CANNOTSENDTOCHAN, shown(target)))
            yield TagsRelayed(user.id, user.source, user.account, channel.name, None, tags)
        else:
            recipient = view.named(target)
            yield TagsRelayed(
                user.id, user.source, user.account, recipient.nick, recipient.id, tags
            )
