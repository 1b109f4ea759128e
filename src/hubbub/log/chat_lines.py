"""chat.log: the record for people, in the seed's format. The truth is in chat.db.

One line an event, its text escaped so that nobody can forge a line. The writer thread hands in
whole batches, so a batch is one call of the logging module, which also rotates the file. What is
edited or taken back is blanked where it stands, byte for byte: who follows the file loses nothing.
"""

from __future__ import annotations

import contextlib
import logging
import mmap
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from logging.handlers import RotatingFileHandler
from pathlib import Path
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


@lru_cache(maxsize=4)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M:%S")


@lru_cache(maxsize=4096)
def _nick(source: str) -> str:
    return source.partition("!")[0]


#: Stands where words were.
_BLANK = b"[no longer here]"
#: Local time goes back by this at most, in seconds, when summer ends.
_HOURS_BACK = 2 * 60 * 60


class _File(RotatingFileHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Called where the error is caught: whoever writes hears of it, instead of stderr."""
        raise


class ChatLog:
    """Appends to `path`; at `size` bytes it is put away as `path`.1 and so on, `backups` of them.

    With `text` off, what people said, topics and reasons are left out.
    """

    def __init__(self, path: Path, *, size: int, backups: int, text: bool = True) -> None:
        self._handler = _File(
            path, maxBytes=size, backupCount=backups, encoding="utf-8", delay=True
        )
        self._path = path
        self._text = text
        self._addresses: dict[int, str] = {}  # of who is connected, for the line of leaving

    def write(self, entries: Sequence[Entry], remarks: Sequence[str], now: int) -> None:
        """The lines of one batch. `now` (ms) dates the remarks. Raises OSError."""
        lines = []
        last, date = -1, ""
        for _, time, event in entries:
            describe = _LINES.get(type(event))
            if describe is None:
                continue
            if time != last:
                last, date = time, f"{_second(time // 1000)} - "
            lines.append(date + describe(self, event))
        lines += [f"{_second(now // 1000)} - {escape(remark)}" for remark in remarks]
        if lines:
            # Format the batch as one record: the module's cost is then a batch's, not a line's.
            self._handler.emit(
                logging.LogRecord("chat", logging.INFO, "", 0, "\n".join(lines), None, None)
            )

    def blank(self, erased: Sequence[Erased]) -> None:
        """Take out of the record what the log has no more. Raises OSError."""
        for words in erased if self._text else ():
            for path in self._files():
                if _blank(path, words):
                    break

    def _files(self) -> Iterator[Path]:
        """The newest first."""
        paths = (Path(f"{self._path}.{n}") for n in range(1, self._handler.backupCount + 1))
        yield from (path for path in (self._path, *paths) if path.exists())

    def close(self) -> None:
        with contextlib.suppress(OSError):  # no room for the last lines
            self._handler.close()

    def _said(self, text: str) -> str:
        return f": {escape(text)}" if self._text else ""

    def _why(self, reason: str) -> str:
        return f" ({escape(reason)})" if self._text and reason else ""

    def _message(self, event: MessageSent) -> str:
        who = _nick(event.source)
        if event.recipient is not None:
            return f"Client {who} to {event.target} (private)"
        if not self._text:
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
        address = self._addresses.pop(event.user, "an earlier run")
        return f"Client {_nick(event.source)} disconnected from {address}{self._why(event.reason)}"


_LINES: dict[type, Callable[[ChatLog, Any], str]] = {
    MessageSent: ChatLog._message,
    MessageEdited: ChatLog._edited,
    MessageRedacted: ChatLog._redacted,
    UserConnected: ChatLog._connected,
    UserQuit: ChatLog._quit,
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


def _blank(path: Path, words: Erased) -> bool:
    """Blank the first line of a file that says this; False when there is none."""
    if path.stat().st_size == 0:  # nothing that could be mapped
        return False
    seconds = words.time // 1000
    date, target, text = (
        escape(part).encode() for part in (_second(seconds), words.target, words.text)
    )
    line = re.compile(
        rb"%b - Client \S+ (?:edited a message )?to %b: (%b)\r?$"
        % (date, re.escape(target), re.escape(text)),
        re.MULTILINE,
    )
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as content:
        if content[: len(date)] > _second(seconds + _HOURS_BACK).encode():
            return False  # what it holds is later
        start = 0
        while (found := line.match(content, start)) is None:
            start = content.find(b"\n" + date, start) + 1
            if start == 0:
                return False
        begin, end = found.span(1)
        content[begin:end] = _blank_of(end - begin)
    return True


def _blank_of(length: int) -> bytes:
    return _BLANK.ljust(length, b"-") if length >= len(_BLANK) else b"-" * length
