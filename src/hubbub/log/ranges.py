"""Queries of a log: `Range` selects entries of a conversation.

    Range()                                     the latest 100 messages
    Range(before=p, limit=50)                   the 50 before position p
    Range(after=p, newest=False)                the first 100 after p
    Range(after=p, before=q, limit=20)          the last 20 between p and q
    Range(later=t, newest=False)                the first 100 after time t (ms)
    Range(events=True)                          with joins, topics, modes, reactions ...

Bounds are exclusive, all given bounds apply, and results are in log order. Permissions are checked
elsewhere (model/rules.py): a log answers every query.
"""

from __future__ import annotations

from typing import Any, NamedTuple

#: How long a log remembers the labels of messages, in ms.
REMEMBERED_MS = 10 * 60 * 1000


class Range(NamedTuple):
    """Entries of a conversation between bounds, at most `limit`.

    `after` and `before` are positions, `later` and `earlier` times in ms since 1970. If there are
    more than `limit`, the newest are returned, or with `newest=False` the oldest. With `events`,
    the joins, parts, kicks, quits, nicks, topics, modes, reactions and deletions sent to the
    conversation are included.
    """

    after: int | None = None
    before: int | None = None
    later: int | None = None
    earlier: int | None = None
    limit: int = 100
    newest: bool = True
    events: bool = False

    def holds(self, position: int, time: int) -> bool:
        """Is this entry between the bounds?"""
        return (
            (self.after is None or position > self.after)
            and (self.before is None or position < self.before)
            and (self.later is None or time > self.later)
            and (self.earlier is None or time < self.earlier)
        )

    def cut(self, found: list[Any]) -> list[Any]:
        """Apply the limit to the entries found."""
        if len(found) <= self.limit:
            return found
        return found[len(found) - self.limit :] if self.newest else found[: self.limit]


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
