"""The interface of a log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from ..events.bursts import Logged
from ..events.kinds import Entry
from ..events.retention import Rules
from .ranges import Labeled, Latest, Range
from .search import Query


class LogFull(Exception):
    """No space: nothing of this append was stored. A later attempt may succeed."""


class LogBusy(LogFull):
    """Another program has locked the file."""


class LogFailed(Exception):
    """The disk failed under the log: its contents are uncertain, so the server must stop."""


class Erased(NamedTuple):
    """Text of a channel message that was removed from the log by an edit or a deletion."""

    time: int  # ms since 1970, when the text was written
    target: str
    text: str


class Kept(NamedTuple):
    """A batch in the log, as passed to listeners (outbox/listeners.py)."""

    entries: Sequence[Logged] = ()
    remarks: Sequence[tuple[int, str]] = ()  # (ms since 1970, text) of things that are not events
    erased: Sequence[Erased] = ()
    missed: int = 0  # entries and remarks dropped directly before it


#: A summary and the state entries since -> the new summary, or None if it cannot be read.
Summarize: TypeAlias = Callable[[bytes | None, Iterable[Entry]], bytes | None]


class Log(Protocol):
    """Entries in one order. `append` returns once they are durable."""

    @property
    def id(self) -> str:
        """A short random id of the log; part of every msgid."""

    @property
    def last_position(self) -> int: ...

    @property
    def last_time(self) -> int: ...

    @property
    def erased(self) -> Sequence[Erased]:
        """Texts that the last `append` removed; for the writer thread, which updates other
        records."""

    @property
    def no_room(self) -> str:
        """Why the reserved space had to be used; empty while it is available."""

    def free_space(self) -> int | None:
        """Bytes that are free on its disk, or were a moment ago; None: unknown, or there is
        none."""

    def append(self, entries: Sequence[Logged]) -> None:
        """Store all entries or none, in the reserved space if there is no other. Only the writer
        thread calls it.

        Raises LogFull, LogFailed.
        """

    def hold_room(self) -> bool:
        """Reserve space. False: there is not enough, and `no_room` says why. The writer thread
        calls it at its start, and from time to time while no space is reserved."""

    def rest(self) -> None:
        """Do short housekeeping. The writer thread calls it when nothing is to be written.

        Raises LogFailed.
        """

    def read(self, after: int = 0) -> Iterator[Entry]:
        """Every entry after position `after`, in order."""

    def read_state(self, after: int = 0) -> Iterator[Entry]:
        """Like `read` without messages, which do not affect the current state."""

    def summary(self, format: str) -> bytes | None:
        """The last summary made by `summarize` (model/replay.py), if it has this format."""

    def labeled(self) -> list[Labeled]:
        """The labelled messages of the last REMEMBERED_MS, in order, deleted ones included."""

    def history(self, conversation: str, wanted: Range) -> list[Entry]:
        """Entries of one conversation, in order: messages with their current text, without deleted
        ones."""

    def at(self, positions: Iterable[int]) -> list[Entry]:
        """The messages at these positions that exist, in order."""

    def reactions(self, messages: Iterable[int]) -> list[Entry]:
        """The current reactions (entries of Reacted) to the messages at these positions."""

    def with_guests(self, person: str, nick: str) -> list[str]:
        """The private conversations of `person` (User.key) with guests of the nick `nick` (folded).
        The cost does not depend on the number of the person's conversations; some may be empty."""

    def latest(
        self, channels: Iterable[str], person: str | None = None, wanted: Range | None = None
    ) -> list[Latest]:
        """The last message within `wanted` of each of these channels (folded names), and of each
        private conversation of `person` (User.key), oldest first. `wanted.limit` counts
        conversations."""

    def search(
        self,
        query: Query,
        channels: Iterable[str],
        person: str | None = None,
        wanted: Range | None = None,
    ) -> list[Entry]:
        """The messages that match `query` in these channels (folded names) and in the private
        conversations of `person` (User.key), newest first. Only positions and limit of `wanted`
        apply."""

    def keep_to(
        self, rules: Callable[[], Rules], run: Callable[[Callable[[], None]], None]
    ) -> None:
        """Delete expired messages from time to time. `rules` returns the rules in effect; `run`
        runs a function in the writer thread."""

    def close(self) -> None: ...
