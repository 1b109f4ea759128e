"""The file chat.log: appended to, rotated by size, blanked in place, and the state beside it.

`chat.log.state` has the position of the last entry in the file, and the length of the file at that
point. It is overwritten in place after each append. After a kill at most one append is not
accounted for; the next start cuts it off and writes it again. For a power loss the state also has
the point up to which the file was last synced.

An append costs two system calls, as each of them gives the interpreter to another thread: the
length of the file is counted, and looked up only now and then.

Nothing here is buffered, and no lock is held while the disk works: a thread that is stuck in a
write does not keep the process from ending.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import re
import stat
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from .base import Erased
from .chat_lines import WORDS, blank_of, date_of, seconds_of, words_of

#: Maximum seconds that local time goes back at the end of summer time.
_HOURS_BACK = 2 * 60 * 60
#: Size of the state in bytes, which is overwritten in place: always the same.
_STATE_LENGTH = 256
#: Minimum seconds between syncs of the file; a power loss costs what came after the last.
SYNC_SECONDS = 5.0


class WrittenState(NamedTuple):
    """The state of the file. `log`: the id of the log that the positions belong to; `inode`: of the
    file, so that another file in its place is not truncated; `synced_...`: the same as `position`
    and `size`, but durable across a power loss."""

    log: str
    inode: int
    position: int
    size: int
    synced_position: int
    synced_size: int


class Window(NamedTuple):
    """A range of times in seconds since 1970, inclusive."""

    first: int
    last: int


class ChatFile:
    """The file at `path`, rotated at `size` bytes to `path`.1 and so on, `backups` of them."""

    def __init__(self, path: Path, *, size: int, backups: int) -> None:
        self._path = path
        self._state_path = Path(f"{path}.state")
        self._most = size
        self._backups = backups
        self._file: int | None = None
        self._state: int | None = None
        self._inode = 0
        self._size: int | None = None  # None: not a regular file
        self._synced = 0, 0  # position and size
        self._next_sync = 0.0

    # -- what is known of it -----------------------------------------------------------------

    def state(self) -> WrittenState | None:
        """The stored state; None if there is none or it is unreadable."""
        try:
            state = WrittenState(**json.loads(self._state_path.read_bytes()))
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return state if all(map(isinstance, state, (str, int, int, int, int, int))) else None

    def note(self, log: str, position: int, *, sync: bool = False) -> None:
        """Record that the file holds everything up to this position. Raises OSError."""
        file = self._open()
        if self._size is not None and (sync or time.monotonic() >= self._next_sync):
            os.fsync(file)
            self._measure(file)
            self._synced = position, self._size
            self._next_sync = time.monotonic() + SYNC_SECONDS
        state = WrittenState(log, self._inode, position, self._size or 0, *self._synced)
        self._overwrite(
            b'{"log": %s, "inode": %d, "position": %d, "size": %d,'
            b' "synced_position": %d, "synced_size": %d}' % (json.dumps(log).encode(), *state[1:])
        )

    def _overwrite(self, state: bytes) -> None:
        if self._state is None:
            self._state = os.open(self._state_path, _FLAGS & ~os.O_APPEND, 0o600)
        _write_at_start(self._state, state.ljust(_STATE_LENGTH - 1) + b"\n")

    def cut(self, state: WrittenState) -> int:
        """Truncate the file after this state. Returns the position up to which it is complete.
        Raises OSError."""
        found = os.fstat(self._open())
        if not stat.S_ISREG(found.st_mode) or found.st_ino != state.inode:
            return state.position
        if found.st_size >= state.size:
            os.ftruncate(self._open(), state.size)
            return state.position
        if found.st_size >= state.synced_size:  # otherwise there was a power loss
            os.ftruncate(self._open(), state.synced_size)
            return state.synced_position
        return state.position

    # -- appending ---------------------------------------------------------------------------

    def is_due(self, more: int) -> bool:
        """Must the file be rotated before this many bytes are added? Raises OSError."""
        self._open()
        size = self._size or 0  # nothing else than a regular file is rotated
        return self._backups > 0 and size > 0 and size + more >= self._most

    def put_away(self) -> None:
        """Rotate the file. Raises OSError."""
        self._close_file()
        for number in range(self._backups - 1, 0, -1):
            with contextlib.suppress(FileNotFoundError):
                os.replace(f"{self._path}.{number}", f"{self._path}.{number + 1}")
        with contextlib.suppress(FileNotFoundError):
            os.replace(self._path, f"{self._path}.1")

    def append(self, data: bytes) -> None:
        """Append all bytes or none. Raises OSError."""
        file, written = self._open(), 0
        try:
            while written < len(data):
                written += os.write(file, data[written:] if written else data)
        except OSError:
            with contextlib.suppress(OSError):
                self._measure(file)
                if self._size is not None:
                    self._size -= written
                    os.ftruncate(file, self._size)
            raise
        if self._size is not None:
            self._size += written

    def _open(self) -> int:
        if self._file is None:
            self._file = os.open(self._path, _FLAGS, 0o666)
            self._measure(self._file)
        return self._file

    def _measure(self, file: int) -> None:
        found = os.fstat(file)
        self._inode = found.st_ino
        self._size = found.st_size if stat.S_ISREG(found.st_mode) else None

    def _close_file(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            os.close(file)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._close_file()
        if self._state is not None:
            state, self._state = self._state, None
            with contextlib.suppress(OSError):
                os.close(state)

    # -- blanking ----------------------------------------------------------------------------

    def blank(self, words: Erased) -> None:
        """Blank the words of the first matching line, in the file or a rotated one. Raises
        OSError."""
        line, seconds = words_of(words), words.time // 1000
        any(_blank_first(path, line, seconds) for path in self._files())

    def blank_others(self, window: Window, lines: Collection[tuple[bytes, bytes]]) -> None:
        """Blank the words of all lines in this window except `lines`, given as date and words.
        Raises OSError."""
        for path in self._files():
            _blank_others(path, window, lines)

    def _files(self) -> Iterator[Path]:
        """The file and the rotated ones, newest first."""
        paths = (Path(f"{self._path}.{n}") for n in range(1, self._backups + 1))
        yield from (path for path in (self._path, *paths) if path.exists())


_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)


def _write_at_start(file: int, data: bytes) -> None:
    if hasattr(os, "pwrite"):
        os.pwrite(file, data, 0)
    else:  # Windows
        os.lseek(file, 0, os.SEEK_SET)
        os.write(file, data)


@contextlib.contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap | None]:
    """The content, to be changed, and synced then; None when there is nothing that could be
    mapped. Synced, because the state must not say that words are blank which a power loss brings
    back."""
    if path.stat().st_size == 0:
        yield None
        return
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as content:
        yield content
        content.flush()


def _blank_first(path: Path, line: re.Pattern[bytes], seconds: int) -> bool:
    """Blank the first matching line of a file; False if there is none."""
    date = date_of(seconds).encode()
    with _mapped(path) as content:
        if content is None or content[: len(date)] > date_of(seconds + _HOURS_BACK).encode():
            return False  # the file begins later
        start = 0
        while (found := line.match(content, start)) is None:
            start = content.find(b"\n" + date, start) + 1
            if start == 0:
                return False
        begin, end = found.span("words")
        content[begin:end] = blank_of(end - begin)
    return True


def _blank_others(path: Path, window: Window, lines: Collection[tuple[bytes, bytes]]) -> None:
    with _mapped(path) as content:
        if content is None:
            return
        spans = [
            found.span("words")
            for found in WORDS.finditer(content)
            if _is_in(found["date"], window) and found.groups() not in lines
        ]
        for begin, end in spans:
            content[begin:end] = blank_of(end - begin)


def _is_in(date: bytes, window: Window) -> bool:
    try:
        times = seconds_of(date.decode())
    except ValueError:
        return False
    return any(window.first <= time <= window.last for time in times)
