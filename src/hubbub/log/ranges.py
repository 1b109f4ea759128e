"""What may be asked of a log: one value, `Range`, says which entries of a conversation.

    Range()                                     the latest 100 messages
    Range(before=p, limit=50)                   the 50 before position p
    Range(after=p, newest=False)                the first 100 after p
    Range(after=p, before=q, limit=20)          the last 20 between p and q
    Range(later=t, newest=False)                the first 100 said after time t (ms)
    Range(events=True)                          with joins, topics, modes, reactions ...

Bounds are never part of the answer, all that are given hold, and the answer is in the log's order.
Who may read a conversation is asked elsewhere (model/rules.py): a log answers whoever asks.
"""

from __future__ import annotations

from typing import Any, NamedTuple

#: How long a log knows the labels of messages.
REMEMBERED_MS = 10 * 60 * 1000


class Range(NamedTuple):
    """Which entries of a conversation: between bounds, at most `limit`.

    `after` and `before` are positions, `later` and `earlier` times in ms. When there are more than
    `limit`, the answer is the newest of them, or with `newest=False` the oldest. With `events` the
    joins, parts, kicks, quits, nicks, topics, modes, reactions and redactions that were told in the
    conversation stand among the messages.
    """

    after: int | None = None
    before: int | None = None
    later: int | None = None
    earlier: int | None = None
    limit: int = 100
    newest: bool = True
    events: bool = False

    def holds(self, position: int, time: int) -> bool:
        """Does this place lie between the bounds?"""
        return (
            (self.after is None or position > self.after)
            and (self.before is None or position < self.before)
            and (self.later is None or time > self.later)
            and (self.earlier is None or time < self.earlier)
        )

    def cut(self, found: list[Any]) -> list[Any]:
        """As many as are wanted of what was found."""
        if len(found) <= self.limit:
            return found
        return found[len(found) - self.limit :] if self.newest else found[: self.limit]


class Latest(NamedTuple):
    """A conversation and the place of the last message in it."""

    conversation: str
    position: int
    time: int
