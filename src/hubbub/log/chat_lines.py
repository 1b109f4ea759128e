"""The lines of chat.log, in its original format: one per event, with text escaped so that nobody
can forge a line.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from ..events.kinds import (
    ChannelRenamed,
    Entry,
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
from ..protocol.escape import escape
from .base import Erased

#: Replaces deleted words.
BLANK = "[no longer here]"


@lru_cache(maxsize=4)
def date_of(seconds: int) -> str:
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M:%S")


def seconds_of(date: str) -> tuple[float, float]:
    """The possible times of a date in seconds since 1970: two in the hour that occurs twice at the
    end of summer time. Raises ValueError."""
    when = datetime.fromisoformat(date)
    return when.timestamp(), when.replace(fold=1).timestamp()


@lru_cache(maxsize=4096)
def _nick(source: str) -> str:
    return source.partition("!")[0]


class LineFormat:
    """Formats entries. With `text` off, message texts, topics and reasons are omitted."""

    def __init__(self, text: bool) -> None:
        self.text = text
        self._addresses: dict[int, str] = {}  # of connected users, for the line about their quit

    def lines(self, entries: Sequence[Entry], remarks: Sequence[tuple[int, str]]) -> list[str]:
        """The lines of a batch. Remarks, which are not events, are inserted by their time."""
        lines = self._of_entries(entries)
        if remarks:
            others = ((time, f"{date_of(time // 1000)} - {escape(text)}") for time, text in remarks)
            lines = heapq.merge(lines, others, key=lambda line: line[0])
        return [line for _, line in lines]

    def forget(self, entries: Sequence[Entry]) -> None:
        """The lines of these entries are written: drop the addresses of those who left."""
        for entry in entries:
            if type(entry.event) is UserQuit:
                self._addresses.pop(entry.event.user, None)

    def _of_entries(self, entries: Sequence[Entry]) -> Iterator[tuple[int, str]]:
        last, date = -1, ""
        for _, time, event in entries:
            describe = _LINES.get(type(event))
            if describe is None:
                continue
            if time != last:
                last, date = time, f"{date_of(time // 1000)} - "
            yield time, date + describe(self, event)

    def _said(self, text: str) -> str:
        return f": {escape(text)}" if self.text else ""

    def _why(self, reason: str) -> str:
        return f" ({escape(reason)})" if self.text and reason else ""

    def _message(self, event: MessageSent) -> str:
        who = _nick(event.source)
        if event.recipient is not None:
            return f"Client {who} to {event.target} (private)"
        if not self.text:
            return f"Client {who} to {event.target}"
        return f"Client {who} to {event.target}: {escape(event.text)}"

    def _edited(self, event: MessageEdited) -> str:
        who = _nick(event.source)
        if event.recipient is not None:
            return f"Client {who} edited a message to {event.target} (private)"
        return f"Client {who} edited a message to {event.target}{self._said(event.text)}"

    def _redacted(self, event: MessageRedacted) -> str:
        who, why = _nick(event.source), self._why(event.reason)
        private = " (private)" if event.recipient is not None else ""
        return f"Client {who} took back a message to {event.target}{private}{why}"

    def _connected(self, event: UserConnected) -> str:
        self._addresses[event.user] = event.address
        return f"Client {event.nick} connected from {event.address}"

    def _quit(self, event: UserQuit) -> str:
        address = self._addresses.get(event.user, "an earlier run")
        return f"Client {_nick(event.source)} disconnected from {address}{self._why(event.reason)}"


_LINES: dict[type, Callable[[LineFormat, Any], str]] = {
    MessageSent: LineFormat._message,
    MessageEdited: LineFormat._edited,
    MessageRedacted: LineFormat._redacted,
    UserConnected: LineFormat._connected,
    UserQuit: LineFormat._quit,
    NickChanged: lambda log, e: f"Client {_nick(e.source)} is now called {e.nick}",
    Joined: lambda log, e: f"Client {_nick(e.source)} joined {e.channel}",
    Parted: lambda log, e: f"Client {_nick(e.source)} left {e.channel}{log._why(e.reason)}",
    Kicked: lambda log, e: (
        f"Client {e.nick} was removed from {e.channel} by {_nick(e.source)}{log._why(e.reason)}"
    ),
    ChannelRenamed: lambda log, e: (
        f"Client {_nick(e.source)} renamed {e.old} to {e.channel}{log._why(e.reason)}"
    ),
    OperatorActed: lambda log, e: (
        f"Operator {escape(_nick(e.source))} used {e.action} on {escape(e.target or '-')}"
        f"{log._why(e.detail)}"
    ),
    TopicChanged: lambda log, e: (
        f"Client {_nick(e.source)} set the topic of {e.channel}{log._said(e.topic)}"
    ),
}


#: Matches a line with words after its date: groups `date`, `words`.
WORDS = re.compile(
    rb"^(?P<date>[-0-9]{10} [:0-9]{8}) - Client \S+ (?:edited a message )?to \S+:"
    rb" (?P<words>[^\r\n]*)",
    re.MULTILINE,
)


def words_of(erased: Erased) -> re.Pattern[bytes]:
    """A pattern for the line of this text, whose group `words` is to be blanked."""
    date, target, text = (
        escape(part).encode() for part in (date_of(erased.time // 1000), erased.target, erased.text)
    )
    return re.compile(
        rb"%b - Client \S+ (?:edited a message )?to %b: (?P<words>%b)\r?$"
        % (date, re.escape(target), re.escape(text)),
        re.MULTILINE,
    )


def blank_of(length: int) -> bytes:
    blank = BLANK.encode()
    return blank.ljust(length, b"-") if length >= len(blank) else b"-" * length
