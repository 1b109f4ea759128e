"""chat.log, the log for people to read. chat.db is authoritative.

Written by a thread of its own, after the lines have been sent (outbox/listeners.py). Missed entries
are read from the log: after a crash, after a failed write, or when its queue was full. Text that is
edited or deleted is blanked in place, byte for byte, so a program that follows the file (`tail -f`)
keeps its place.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice, takewhile
from pathlib import Path
from typing import Any

from ..events.bursts import Logged, end_of
from ..events.kinds import REWORDING, Entry, MessageEdited, MessageSent
from .base import Erased, Kept, Log, LogFailed
from .chat_file import ChatFile, Window
from .chat_lines import BLANK, LineFormat, as_read, date_of, nick_of

logger = logging.getLogger("hubbub")

#: Seconds between attempts to write after a failure.
RETRY_SECONDS = 1.0
#: Entries read from the log per query.
_PIECE = 1000


class ChatLog:
    """Appends to `path`, rotated at `size` bytes to `path`.1 and so on, `backups` of them.

    With `text` off, message texts, topics and reasons are omitted. Create it before anything is
    added to `log`; an existing file without state is taken to hold everything in the log.
    """

    def __init__(self, path: Path, log: Log, *, size: int, backups: int, text: bool = True) -> None:
        self._file = ChatFile(path, size=size, backups=backups)
        self._log = log
        self._format = LineFormat(text)
        self._position = log.last_position  # of the last entry in the file
        self._is_open = False
        self._is_behind = False  # the log has entries that the file lacks
        self._works = True
        self._retry_at = 0.0
        self._erased: list[Erased] = []  # texts still to be blanked

    def hear(self, kept: Kept) -> float | None:
        """Write a batch. Returns the seconds after which to call again if that failed."""
        self._is_behind = self._is_behind or kept.missed > 0
        if time.monotonic() < self._retry_at:
            self._is_behind = True
        else:
            self._try(kept)
        return max(0.0, self._retry_at - time.monotonic()) if self._is_behind else None

    def close(self) -> None:
        """Close the file. Call it after the last batch."""
        if self._is_behind:
            self._try(Kept())
        if not self._is_behind and self._is_open:
            with contextlib.suppress(OSError):
                self._file.note(self._log.id, self._position, sync=True)
        self._file.close()

    def _try(self, kept: Kept) -> None:
        try:
            self._open()
            self._blank()
            if self._is_behind:
                self._catch_up()
            self._write(kept)
        except (OSError, sqlite3.Error) as error:
            if self._works:
                logger.error("chat.log cannot be written (%s); the truth is in chat.db", error)
            self._works, self._is_behind = False, True
            self._retry_at = time.monotonic() + RETRY_SECONDS
        except LogFailed as failure:
            logger.error("chat.log cannot be completed: %s", failure)
            self._position, self._is_behind = self._log.last_position, False
        else:
            if not self._works:
                logger.warning("chat.log is written again, with what it missed")
            self._works, self._is_behind = True, False

    def _open(self) -> None:
        """Find the last entry in the file. Raises OSError."""
        if self._is_open:
            return
        state = self._file.state()
        if state is not None and state.log == self._log.id:
            # A restored backup may have fewer entries.
            self._position = min(self._file.cut(state), self._position)
        self._file.note(self._log.id, self._position)
        self._is_open = self._is_behind = True

    def _write(self, kept: Kept) -> None:
        """Write the part of a batch that the file lacks. Raises OSError."""
        fresh = [entry for entry in kept.entries if entry.position > self._position]
        self._append(fresh, kept.remarks)
        if fresh:
            self._position, _ = end_of(fresh[-1])
            self._erased += kept.erased
        self._blank()
        self._file.note(self._log.id, self._position)

    def _append(self, entries: Sequence[Logged], remarks: Sequence[tuple[int, str]] = ()) -> None:
        lines = self._format.lines(entries, remarks)
        if not lines:
            return
        lines.append("")
        data = os.linesep.join(lines).encode()
        if self._file.is_due(len(data)):
            self._file.note(self._log.id, self._position, sync=True)
            self._file.put_away()
            self._file.note(self._log.id, self._position, sync=True)
        self._file.append(data)
        self._format.forget(entries)

    def _blank(self) -> None:
        """Blank texts that were removed from the log. Raises OSError."""
        while self._erased:
            if self._format.text:
                self._file.blank(self._erased[0])
            del self._erased[0]

    # -- what it missed ----------------------------------------------------------------------

    def _catch_up(self) -> None:
        """Write missed entries from the log. Raises OSError, sqlite3.Error, LogFailed."""
        # The log has everything up to here, whatever is added meanwhile, so nothing in between is
        # missed.
        end, had = self._log.last_position, self._position
        while piece := list(islice(_until(end, self._log.read(self._position)), _PIECE)):
            self._mend(piece, had)
            self._append(self._as_read(piece))
            self._position = piece[-1].position
            self._file.note(self._log.id, self._position)

    def _as_read(self, entries: Iterable[Entry]) -> list[Entry]:
        """Entries from the log with their original texts where these still exist. The log stores
        only the current text, with the message."""
        entries = list(entries)
        edits = (e.event.message for e in entries if isinstance(e.event, MessageEdited))
        messages: dict[int, Any] = {each.position: each.event for each in self._log.at(edits)}
        return [_as_said(entry, messages) for entry in entries]

    def _mend(self, entries: Iterable[Entry], had: int) -> None:
        """Blank the texts that these entries removed, up to position `had`. The texts themselves
        are unknown by now, so all lines of that second are blanked except those whose text the log
        has."""
        events: Iterator[Any] = (entry.event for entry in entries)
        gone = {
            event.message
            for event in events
            if type(event) in REWORDING and event.recipient is None and 0 < event.message <= had
        }
        if not gone or not self._format.text:
            return
        edits = {
            entry.position
            for entry in _until(had, self._log.read_state(min(gone)))
            if isinstance(entry.event, MessageEdited) and entry.event.message in gone
        }
        for position in gone | edits:
            window, lines = self._around(position)
            self._file.blank_others(window, lines)

    def _around(self, position: int) -> tuple[Window, set[tuple[bytes, bytes]]]:
        """The time of a message, to the second if the log still has it; and the lines with text
        that the log has of that time, as date and words."""
        step = 64
        while True:
            before = list(_until(position - 1, self._log.read(max(0, position - step))))
            if step >= position or (before and _second(before[0]) < _second(before[-1])):
                break
            step *= 8
        behind = self._log.read(position - 1)
        here = next(behind)  # there is at least the entry that removed the text
        earliest = _second(before[-1]) if before else 0
        first = _second(here) if here.position == position else earliest
        window = Window(first, _second(here))
        then = takewhile(lambda entry: _second(entry) <= window.last, behind)
        return window, set(_with_words(self._as_read(chain(before, [here], then))))


def _as_said(entry: Entry, messages: Mapping[int, MessageSent]) -> Entry:
    event = entry.event
    if isinstance(event, MessageSent) and event.edited:
        return entry._replace(event=event._replace(text=BLANK))
    if isinstance(event, MessageEdited):
        message = messages.get(event.message)
        if message is None or message.edited != entry.time:
            return entry._replace(event=event._replace(text=BLANK))
        return entry._replace(event=event._replace(text=message.text))
    return entry


def _until(position: int, entries: Iterable[Entry]) -> Iterator[Entry]:
    return takewhile(lambda entry: entry.position <= position, entries)


def _second(entry: Entry) -> int:
    return entry.time // 1000


def _with_words(entries: Iterable[Entry]) -> Iterator[tuple[bytes, bytes]]:
    for entry in entries:
        text, source = (getattr(entry.event, name, "") for name in ("text", "source"))
        if text:
            words = as_read(text, nick_of(source))
            yield date_of(_second(entry)).encode(), words.encode()
