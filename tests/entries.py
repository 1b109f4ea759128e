"""Entries to fill logs with, for tests."""

from __future__ import annotations

from typing import Any

from hubbub.events.kinds import (
    Entry,
    Event,
    MessageEdited,
    MessageRedacted,
    MessageSent,
    Reacted,
    Unreacted,
)
from hubbub.protocol.names import conversation, is_channel

START = 1_700_000_000_000


def source(nick: str) -> str:
    return f"{nick}!~{nick}@127.0.0.1"


def said(nick: str, target: str, text: str, **more: Any) -> MessageSent:
    """A PRIVMSG to a channel or to a person."""
    recipient = None if is_channel(target) else 99
    name = conversation(target) if recipient is None else conversation(target, nick)
    return MessageSent(1, source(nick), None, "PRIVMSG", target, recipient, name, text, **more)


def edited(nick: str, target: str, message: int, text: str) -> MessageEdited:
    return MessageEdited(1, source(nick), None, target, None, conversation(target), message, text)


def redacted(nick: str, target: str, message: int, reason: str = "") -> MessageRedacted:
    return MessageRedacted(
        1, source(nick), None, target, None, conversation(target), message, reason
    )


def reacted(nick: str, target: str, message: int, reaction: str) -> Reacted:
    return Reacted(1, source(nick), None, target, None, conversation(target), message, reaction)


def unreacted(nick: str, target: str, message: int, reaction: str) -> Unreacted:
    return Unreacted(1, source(nick), None, target, None, conversation(target), message, reaction)


def entries(*events: Event, first: int = 1, step: int = 1000) -> list[Entry]:
    """Events at positions from `first` on, `step` ms apart."""
    return [
        Entry(first + number, START + (first + number) * step, event)
        for number, event in enumerate(events)
    ]
