"""History for clients that use ZNC (its module "playback", capability znc.in/playback).

    ZNC *playback PLAY <targets> [<from> [<to>]]       as a command, as The Lounge sends it
    PRIVMSG *playback :PLAY <targets> [<from> [<to>]]  as a message, as others do

Targets are comma-separated channels and nicks, or `*` for all; times are seconds since 1970 with a
fraction. Messages from `from` (inclusive) to `to` (exclusive) are sent, the newest if there are too
many or they are too long, in a batch per target. Each batch is read and sent by itself, so that
others get their turn in between.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import Any

from ...log.ranges import Latest, Page, Range
from ...protocol.message import Message, Reply
from ...protocol.names import fold
from ...session import Session
from ...work import Work, reading
from ..command_table import HistoryReply, Step, Steps, command
from ..context import Context
from ..refusals import Refused
from . import chathistory

CAP = BATCH = "znc.in/playback"
NAME = "*playback"
_MOST_TARGETS = 100


@command("ZNC", params=1, past=True)
def znc(context: Context, session: Session, message: Message) -> Steps:
    if fold(message.params[0]) != NAME:
        return (_notice(context, session, f"There is only {NAME} here"),)
    return ask(context, session, " ".join(message.params[1:]))


def ask(context: Context, session: Session, text: str) -> Steps:
    """Execute text sent to *playback."""
    name, *words = text.split() or [""]
    times = [_milliseconds(word) for word in words[1:3]]
    if name.upper() == "CLEAR":
        return ()  # ZNC would delete what was played; here it is kept
    if name.upper() != "PLAY" or not words or None in times:
        return (_notice(context, session, "Use it like this: PLAY <targets> [<from> [<to>]]"),)
    first, last = (*times, None, None)[:2]
    wanted = Range(
        later=first - 1 if first else None,
        earlier=last,
        limit=context.settings.limits.playback,
        size=context.settings.limits.history_bytes,
    )
    return _play(context, session, words[0].split(","), wanted)


def _milliseconds(seconds: str) -> int | None:
    try:
        return max(0, round(float(seconds) * 1000))
    except (ValueError, OverflowError):
        return None


def _notice(context: Context, session: Session, text: str) -> Reply:
    return Reply("NOTICE", (session.nick, text), source=f"{NAME}!znc@{context.server.name}")


def _play(
    context: Context, session: Session, targets: list[str], wanted: Range
) -> Generator[Step, Any, None]:
    if targets == ["*"]:
        user = context.user(session)
        keys = chathistory.channels_of(context, user)
        every = Range(later=wanted.later, limit=_MOST_TARGETS)
        found: list[Latest] = yield Work(lambda log: log.latest(keys, user.key, every))
        names = [each.conversation for each in found]
        targets = list(dict.fromkeys(chathistory.targets_of(context, user, names)))
    readable = []
    for target in targets[:_MOST_TARGETS]:
        try:
            readable.append(chathistory.readable(context, session, "ZNC", target))
        except Refused:
            continue  # as in ZNC, which has no buffer for it
    for place in readable:
        page: Page = yield reading(partial(place.read, wanted=wanted))
        if page.entries:
            short = page.more and len(page.entries) < wanted.limit
            entries = chathistory.under_name(page.entries, place.name)
            yield HistoryReply(entries, BATCH, place.name, short)
