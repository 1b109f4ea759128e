"""Queries of a log: `Range` selects entries of a conversation.

    Range()                                     the latest 100 messages
    Range(before=p, limit=50)                   the 50 before position p
    Range(after=p, newest=False)                the first 100 after p
    Range(after=p, before=q, limit=20)          the last 20 between p and q
    Range(later=t, newest=False)                the first 100 after time t (ms)
    Range(events=True)                          with joins, topics, modes, reactions ...
    Range(size=65536)                           as many of them as fit into 64 KiB
    page_of(wanted, log.history(name, wanted.and_one()))    that, and whether there is more

Bounds are exclusive, all given bounds apply, and results are in log order. Permissions are checked
elsewhere (model/rules.py): a log answers every query.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from ..events.kinds import Entry, MessageSent

#: How long a log remembers the labels of messages, in ms.
REMEMBERED_MS = 10 * 60 * 1000
ENDLESS = 2**62
_LINE = 120  # bytes of a line in addition to its text: tags, source, target

T = TypeVar("T")


class Range(NamedTuple):
    """Entries of a conversation between bounds, at most `limit`.

    `after` and `before` are positions, `later` and `earlier` times in ms since 1970. If there are
    more than `limit`, the newest are returned, or with `newest=False` the oldest. With `events`,
    the joins, parts, kicks, quits, nicks, topics, modes, reactions and deletions sent to the
    conversation are included, except those of the classes `hidden`. Reading stops with the first
    entry that exceeds `size`, in bytes as counted by `size_of`; `page_of` cuts it off.
    """

    after: int | None = None
    before: int | None = None
    later: int | None = None
    earlier: int | None = None
    limit: int = 100
    newest: bool = True
    events: bool = False
    hidden: frozenset[type] = frozenset()
    size: int = ENDLESS

    def and_one(self) -> Range:
        """The same range with one more entry, to see whether there are more."""
        return self._replace(limit=self.limit + 1)

    def shows(self, kind: type) -> bool:
        """Does the range include events of this class?"""
        return self.events and kind not in self.hidden

    def holds(self, position: int, time: int) -> bool:
        """Is this entry between the bounds?"""
        return (
            (self.after is None or position > self.after)
            and (self.before is None or position < self.before)
            and (self.later is None or time > self.later)
            and (self.earlier is None or time < self.earlier)
        )

    def first(self, entries: Iterable[Entry]) -> list[Entry]:
        """The first `limit` of `entries`, at most one more than fit into `size`. At least two are
        read, if there are, so that one oversized entry does not hide that there are more."""
        found: list[Entry] = []
        left = self.size
        for entry in islice(entries, self.limit):
            found.append(entry)
            left -= size_of(entry)
            if left < 0 and len(found) > 1:
                break
        return found

    def some(self, found: list[T]) -> list[T]:
        """The newest or oldest `limit` of `found`, of any size."""
        return found[max(0, len(found) - self.limit) :] if self.newest else found[: self.limit]

    def cut(self, found: list[Entry]) -> list[Entry]:
        """`first` from the end where the range begins; `found` is in log order."""
        if self.newest:
            return self.first(reversed(found))[::-1]
        return self.first(found)


class Page(NamedTuple):
    """Entries in log order; `more`: the range has more beyond their end. A page is empty only if
    the range is."""

    entries: list[Entry]
    more: bool = False

    @property
    def size(self) -> int:
        return sum(map(size_of, self.entries))


def page_of(wanted: Range, found: list[Entry]) -> Page:
    """Cut `found` to the limits of `wanted`; it must contain one more entry if there are more
    (`and_one`).

    A page does not end between entries of equal time if that can be avoided: imported messages and
    old logs have such entries, and a client that pages by time would miss the rest of them.
    """
    ordered = found[::-1] if wanted.newest else found
    count = _fitting(wanted, ordered)
    if count == len(ordered):
        return Page(found)
    cut = ordered[count].time
    whole = next((at for at in range(count, 0, -1) if ordered[at - 1].time != cut), count)
    page = ordered[:whole]
    return Page(page[::-1] if wanted.newest else page, more=True)


def _fitting(wanted: Range, entries: list[Entry]) -> int:
    """The number of entries that fit; at least one if there are any."""
    left = wanted.size
    for count, entry in enumerate(entries[: wanted.limit]):
        left -= size_of(entry)
        if left < 0 and count:
            return count
    return min(wanted.limit, len(entries))


def size_of(entry: Entry) -> int:
    """The approximate bytes of an entry in an answer."""
    event: Any = entry.event
    quick = type(event) is MessageSent  # nearly all are
    text = event.text if quick else getattr(event, "text", "")
    size = (len(text) if text.isascii() else len(text.encode())) + _LINE * (1 + text.count("\n"))
    if tags := event.tags if quick else getattr(event, "tags", ()):
        size += sum(len(key) + len(value) for key, value in tags)
    return size


class Labeled(NamedTuple):
    """A message that its sender may send again: where it is, when (ms) and to whom it was sent."""

    position: int
    time: int
    label: str
    target: str
    account: str | None = None  # of the sender, as `source`; unknown once it is deleted
    source: str = ""


class Latest(NamedTuple):
    """A conversation, and the position and time of its last message."""

    conversation: str
    position: int
    time: int
