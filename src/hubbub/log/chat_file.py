"""The file chat.log: appended to, rotated by size, blanked in place, and the state beside it.

`chat.log.state` has the position of the last entry in the file, and the length of the file at that
point. It is overwritten in place after each append. After a kill at most one append is not
accounted for; the next start cuts it off and writes it again. For a power loss the state also has
the point up to which the file was last synced.

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

#: Local time goes back by this at most, in seconds, when summer ends.
_HOURS_BACK = 2 * 60 * 60
#: Of the state, which is written over in place: always the same number of bytes.
_STATE_LENGTH = 256
#: The file is synced at most so often; a power loss costs it what came later.
SYNC_SECONDS = 5.0


class State(NamedTuple):
    """What the file holds. `log`: the id of the log that the positions belong to; `inode`: of the
    file, so that another file in its place is not cut; `synced_...`: the same point as `position`
    and `size`, but one that survives a power loss."""

    log: str
    inode: int
    position: int
    size: int
    synced_position: int
    synced_size: int


class Window(NamedTuple):
    """Times, in seconds since 1970, both included."""

    first: int
    last: int


class ChatFile:
    """At `size` bytes the file at `path` is put away as `path`.1 and so on, `backups` of them."""

    def __init__(self, path: Path, *, size: int, backups: int) -> None:
        self._path = path
        self._state_path = Path(f"{path}.state")
        self._most = size
        self._backups = backups
        self._file: int | None = None
        self._state: int | None = None
        self._synced = 0, 0  # position and size
        self._next_sync = 0.0

    # -- what is known of it -----------------------------------------------------------------

    def state(self) -> State | None:
        """As it was noted; None when nothing was, or nothing that can be read."""
        try:
            state = State(**json.loads(self._state_path.read_bytes()))
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return state if all(map(isinstance, state, (str, int, int, int, int, int))) else None

    def note(self, log: str, position: int, *, sync: bool = False) -> None:
        """The file holds all up to this position. Raises OSError."""
        if self._state is None:
            self._state = os.open(self._state_path, _FLAGS & ~os.O_APPEND, 0o600)
        file = self._open()
        found = os.fstat(file)
        if stat.S_ISREG(found.st_mode) and (sync or time.monotonic() >= self._next_sync):
            os.fsync(file)
            self._synced = position, found.st_size
            self._next_sync = time.monotonic() + SYNC_SECONDS
        state = State(log, found.st_ino, position, found.st_size, *self._synced)
        data = json.dumps(state._asdict()).ljust(_STATE_LENGTH - 1) + "\n"
        os.lseek(self._state, 0, os.SEEK_SET)
        os.write(self._state, data.encode())

    def cut(self, state: State) -> int:
        """Cut off what the file got after this state. The position up to which it has everything.
        Raises OSError."""
        found = os.fstat(self._open())
        if not stat.S_ISREG(found.st_mode) or found.st_ino != state.inode:
            return state.position
        if found.st_size >= state.size:
            os.ftruncate(self._open(), state.size)
            return state.position
        if found.st_size >= state.synced_size:  # the power was cut
            os.ftruncate(self._open(), state.synced_size)
            return state.synced_position
        return state.position

    # -- appending ---------------------------------------------------------------------------

    def is_due(self, more: int) -> bool:
        """Is the file to be put away before so many bytes are added? Raises OSError."""
        found = os.fstat(self._open())
        if not stat.S_ISREG(found.st_mode) or not self._backups:
            return False
        return found.st_size > 0 and found.st_size + more >= self._most

    def put_away(self) -> None:
        """Begin a new file. Raises OSError."""
        self._close_file()
        for number in range(self._backups - 1, 0, -1):
            with contextlib.suppress(FileNotFoundError):
                os.replace(f"{self._path}.{number}", f"{self._path}.{number + 1}")
        with contextlib.suppress(FileNotFoundError):
            os.replace(self._path, f"{self._path}.1")

    def append(self, data: bytes) -> None:
        """All of it or nothing. Raises OSError."""
        file = self._open()
        before = os.fstat(file)
        try:
            while data:
                data = data[os.write(file, data) :]
        except OSError:
            if stat.S_ISREG(before.st_mode):
                with contextlib.suppress(OSError):
                    os.ftruncate(file, before.st_size)
            raise

    def _open(self) -> int:
        if self._file is None:
            self._file = os.open(self._path, _FLAGS, 0o666)
        return self._file

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
        """The first line that says this says it no more, nor does any file put away. Raises
        OSError."""
        line, seconds = words_of(words), words.time // 1000
        any(_blank_first(path, line, seconds) for path in self._files())

    def blank_others(self, window: Window, lines: Collection[tuple[bytes, bytes]]) -> None:
        """Of the lines of this time only `lines`, given as date and words, keep their words.
        Raises OSError."""
        for path in self._files():
            _blank_others(path, window, lines)

    def _files(self) -> Iterator[Path]:
        """The newest first."""
        paths = (Path(f"{self._path}.{n}") for n in range(1, self._backups + 1))
        yield from (path for path in (self._path, *paths) if path.exists())


_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)


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
    """Blank the first such line of a file; False when there is none."""
    date = date_of(seconds).encode()
    with _mapped(path) as content:
        if content is None or content[: len(date)] > date_of(seconds + _HOURS_BACK).encode():
            return False  # what it holds is later
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
