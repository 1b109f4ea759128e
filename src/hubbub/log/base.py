"""What every log can do, whatever it is kept in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from ..events.kinds import Entry
from ..events.retention import Rules
from .ranges import Latest, Range
from .search import Query


class LogFull(Exception):
    """No room: nothing of this append was kept. Trying again later may work."""


class LogBusy(LogFull):
    """Another program has the file locked."""


class LogFailed(Exception):
    """The disk failed under the log: what it holds is uncertain, so the server must stop."""


class Erased(NamedTuple):
    """Words said in a channel that the log has no more: they were edited or taken back."""

    time: int  # ms since 1970, of when they came to stand there
    target: str
    text: str


class Kept(NamedTuple):
    """A batch that the log has, as those hear of it who listen (outbox/listeners.py)."""

    entries: Sequence[Entry] = ()
    remarks: Sequence[tuple[int, str]] = ()  # (ms since 1970, text): what is no event
    erased: Sequence[Erased] = ()
    missed: int = 0  # entries and remarks right before it that were left out


#: A summary and the state entries since -> the summary after them, or None: it cannot be read.
Summarize: TypeAlias = Callable[[bytes | None, Iterable[Entry]], bytes | None]


class Log(Protocol):
    """Entries in one order. `append` returns when they are durable."""

    @property
    def id(self) -> str:
        """A short random name made with the log; part of every msgid."""

    @property
    def last_position(self) -> int: ...

    @property
    def last_time(self) -> int: ...

    @property
    def erased(self) -> Sequence[Erased]:
        """What the last `append` erased; for the writer thread, which has other records to mend."""

    @property
    def no_room(self) -> str:
        """Why the room that was held back had to be given up; empty: it is there."""

    def append(self, entries: Sequence[Entry]) -> None:
        """Keep all of them or none, in the room that was held back if there is no other. Called by
        the writer thread alone.

        Raises LogFull, LogFailed.
        """

    def hold_room(self) -> bool:
        """Hold room back. False: there is not enough, and `no_room` says so. Called by the writer
        thread when it begins, and from time to time while there is none."""

    def rest(self) -> None:
        """Called by the writer thread when nothing is to be written: housekeeping, soon over.

        Raises LogFailed.
        """

    def read(self, after: int = 0) -> Iterator[Entry]:
        """Every entry behind position `after`, in order."""

    def read_state(self, after: int = 0) -> Iterator[Entry]:
        """Like `read`, without the messages: they change nothing that is true now."""

    def summary(self, format: str) -> bytes | None:
        """What `summarize` (model/replay.py) made of the log up to some position, if it is of this
        format."""

    def labeled(self) -> list[Entry]:
        """The messages of the last REMEMBERED_MS that had a label, in order and with it."""

    def history(self, conversation: str, wanted: Range) -> list[Entry]:
        """Entries of one conversation, in order; messages with their present text, redacted ones
        left out."""

    def at(self, positions: Iterable[int]) -> list[Entry]:
        """The messages at these positions, as far as there are any, in order."""

    def reactions(self, messages: Iterable[int]) -> list[Entry]:
        """The reactions (entries of Reacted) that stand on the messages at these positions."""

    def with_guests(self, person: str, nick: str) -> list[str]:
        """The private conversations of `person` (User.key) with guests who were called `nick`
        (folded), at a cost that does not grow with all that `person` has; of some nothing may be
        left."""

    def latest(
        self, channels: Iterable[str], person: str | None = None, wanted: Range | None = None
    ) -> list[Latest]:
        """The last message of each of these channels (folded names) and of each conversation that
        `person` (User.key) has with somebody, as far as it lies in `wanted`, oldest first.
        `wanted.limit` counts conversations."""

    def search(
        self,
        query: Query,
        channels: Iterable[str],
        person: str | None = None,
        wanted: Range | None = None,
    ) -> list[Entry]:
        """The messages that `query` finds in these channels (folded names) and in what `person`
        (User.key) has with others, newest first. Of `wanted` the positions and the limit
        count."""

    def keep_to(
        self, rules: Callable[[], Rules], run: Callable[[Callable[[], None]], None]
    ) -> None:
        """From time to time forget what is not to be kept. `rules` says what is now; `run` runs
        something in the writer's thread."""

    def close(self) -> None: ...
