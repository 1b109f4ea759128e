"""The records of chat.log, in its original format: one per event, with text escaped so that nobody
can forge one.

A record is one line, and begins with its date. A message of several lines continues on lines that
begin with `  | `, which no record does.
"""

from __future__ import annotations

import heapq
import os
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from ..events.bursts import Entries, Logged, singles
from ..events.kinds import (
    ChannelRenamed,
    Joined,
    Kicked,
    MessageEdited,
    MessageRedacted,
    MessageSent,
    NickChanged,
    OperatorActed,
    Parted,
    TopicChanged,
    UserConnected,
    UserQuit,
)
from ..protocol.escape import escape, is_harmless
from .base import Erased

#: Replaces deleted words.
BLANK = "[no longer here]"
_NEXT_LINE = f"{os.linesep}  | "
_ACTION = "\x01ACTION "


@lru_cache(maxsize=4)
def date_of(seconds: int) -> str:
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M:%S")


def seconds_of(date: str) -> tuple[float, float]:
    """The possible times of a date in seconds since 1970: two in the hour that occurs twice at the
    end of summer time. Raises ValueError."""
    when = datetime.fromisoformat(date)
    return when.timestamp(), when.replace(fold=1).timestamp()


@lru_cache(maxsize=4096)
def nick_of(source: str) -> str:
    return source.partition("!")[0]


def as_read(text: str, nick: str) -> str:
    """A message as people read it: each line of its own, an ACTION as `* nick waves`."""
    if _is_action(text):
        return f"* {nick} {_lines_of(text[len(_ACTION) : -1])}"
    return _lines_of(text)


def _is_action(text: str) -> bool:
    return text.startswith(_ACTION) and text.endswith("\x01")


def _lines_of(text: str) -> str:
    return _NEXT_LINE.join(map(escape, text.split("\n"))) if "\n" in text else escape(text)


class LineFormat:
    """Formats entries. With `text` off, message texts, topics and reasons are omitted."""

    def __init__(self, text: bool) -> None:
        self.text = text
        self._addresses: dict[int, str] = {}  # of connected users, for the line about their quit

    def lines(self, entries: Sequence[Logged], remarks: Sequence[tuple[int, str]]) -> list[str]:
        """The lines of a batch. Remarks, which are not events, are inserted by their time."""
        lines = self._of_entries(entries)
        if remarks:
            others = ((time, f"{date_of(time // 1000)} - {escape(text)}") for time, text in remarks)
            lines = heapq.merge(lines, others, key=lambda line: line[0])
        return [line for _, line in lines]

    def forget(self, entries: Sequence[Logged]) -> None:
        """The lines of these entries are written: drop the addresses of those who left."""
        for entry in entries:
            if type(entry.event) is UserQuit:
                self._addresses.pop(entry.event.user, None)

    def _of_entries(self, entries: Sequence[Logged]) -> Iterator[tuple[int, str]]:
        last, date = -1, ""
        for entry in entries:
            if type(entry) is Entries:
                yield entry.time, self._of_burst(entry)
                continue
            _, time, event = entry
            describe = _LINES.get(type(event))
            if describe is None:
                continue
            if time != last:
                last, date = time, f"{date_of(time // 1000)} - "
            yield time, date + describe(self, event)

    def _of_burst(self, entries: Entries) -> str:
        """The lines of several messages. With the same date, and nothing in them that has to be
        escaped, they have the same beginning."""
        _, time, (route, texts), _, last_time = entries
        text = texts[0] if len(texts) == 1 else "".join(texts)
        if time // 1000 != last_time // 1000 or not self.text or not is_harmless(text):
            each = self._of_entries(list(singles((entries,))))
            return os.linesep.join([line for _, line in each])
        head = f"{date_of(time // 1000)} - Client {nick_of(route.source)} to {route.target}: "
        return head + (text if len(texts) == 1 else f"{os.linesep}{head}".join(texts))

    def _said(self, text: str) -> str:
        return f": {escape(text)}" if self.text else ""

    def _words(self, text: str, who: str) -> str:
        return f": {as_read(text, who)}" if self.text else ""

    def _why(self, reason: str) -> str:
        return f" ({escape(reason)})" if self.text and reason else ""

    def _message(self, event: MessageSent) -> str:
        who = nick_of(event.source)
        if event.recipient is not None:
            return f"Client {who} to {event.target} (private)"
        if not self.text:
            return f"Client {who} to {event.target}"
        return f"Client {who} to {event.target}: {as_read(event.text, who)}"

    def _edited(self, event: MessageEdited) -> str:
        who = nick_of(event.source)
        if event.recipient is not None:
            return f"Client {who} edited a message to {event.target} (private)"
        return f"Client {who} edited a message to {event.target}{self._words(event.text, who)}"

    def _redacted(self, event: MessageRedacted) -> str:
        who, why = nick_of(event.source), self._why(event.reason)
        private = " (private)" if event.recipient is not None else ""
        return f"Client {who} took back a message to {event.target}{private}{why}"

    def _connected(self, event: UserConnected) -> str:
        self._addresses[event.user] = event.address
        return f"Client {event.nick} connected from {event.address}"

    def _quit(self, event: UserQuit) -> str:
        address = self._addresses.get(event.user, "an earlier run")
        return (
            f"Client {nick_of(event.source)} disconnected from {address}{self._why(event.reason)}"
        )


_LINES: dict[type, Callable[[LineFormat, Any], str]] = {
    MessageSent: LineFormat._message,
    MessageEdited: LineFormat._edited,
    MessageRedacted: LineFormat._redacted,
    UserConnected: LineFormat._connected,
    UserQuit: LineFormat._quit,
    NickChanged: lambda log, e: f"Client {nick_of(e.source)} is now called {e.nick}",
    Joined: lambda log, e: f"Client {nick_of(e.source)} joined {e.channel}",
    Parted: lambda log, e: f"Client {nick_of(e.source)} left {e.channel}{log._why(e.reason)}",
    Kicked: lambda log, e: (
        f"Client {e.nick} was removed from {e.channel} by {nick_of(e.source)}{log._why(e.reason)}"
    ),
    ChannelRenamed: lambda log, e: (
        f"Client {nick_of(e.source)} renamed {e.old} to {e.channel}{log._why(e.reason)}"
    ),
    OperatorActed: lambda log, e: (
        f"Operator {escape(nick_of(e.source))} used {e.action} on {escape(e.target or '-')}"
        f"{log._why(e.detail)}"
    ),
    TopicChanged: lambda log, e: (
        f"Client {nick_of(e.source)} set the topic of {e.channel}{log._said(e.topic)}"
    ),
}


#: Matches a record with words after its date: groups `date`, `words`.
WORDS = re.compile(
    rb"^(?P<date>[-0-9]{10} [:0-9]{8}) - Client \S+ (?:edited a message )?to \S+:"
    rb" (?P<words>[^\r\n]*(?:\r?\n  \| [^\r\n]*)*)",
    re.MULTILINE,
)


def words_of(erased: Erased) -> re.Pattern[bytes]:
    """A pattern for the record of this text, whose group `words` is to be blanked."""
    date, target = (
        re.escape(escape(part).encode()) for part in (date_of(erased.time // 1000), erased.target)
    )
    return re.compile(
        rb"%b - Client \S+ (?:edited a message )?to %b: (?P<words>%b)\r?$(?!\n  \| )"
        % (date, target, _pattern(erased.text)),
        re.MULTILINE,
    )


def _pattern(text: str) -> bytes:
    """A pattern for `as_read(text, ...)` of any nick, and for what older versions wrote:
    one line."""
    before = re.escape(escape(text).encode())
    if _is_action(text):
        words = re.escape(_lines_of(text[len(_ACTION) : -1]).encode())
        return rb"\* \S+ %b|%b" % (words, before)
    return before if "\n" not in text else b"%b|%b" % (re.escape(_lines_of(text).encode()), before)


def blank_of(length: int) -> bytes:
    blank = BLANK.encode()
    return blank.ljust(length, b"-") if length >= len(blank) else b"-" * length
