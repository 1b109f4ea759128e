"""Which lines of a log are there already, when the log is imported again.

Two logs of one conversation may begin and end anywhere, also in the middle of a minute in which
somebody said the same thing twice. What is kept of a moment is a run of lines, and what is read is
another; both are runs of what was said then, so they are laid over one another as far as they
agree. Where it cannot be known whether the end of one is the beginning of the other, it is: an
import that is repeated never doubles anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from .sources import Moment

#: Bytes by which a line is known.
WIDTH = 8


def known_again(kept: Sequence[bytes], read: Sequence[bytes], moment: Moment) -> list[int | None]:
    """For each line that was read: which of those that are kept it is, or None if it is new."""
    new: list[int | None] = [None]
    old, now = b"".join(kept), b"".join(read)
    if (at := _find(now, old)) >= 0:
        return list(range(at, at + len(read)))
    if old and (at := _find(old, now)) >= 0:
        return new * at + list(range(len(kept))) + new * (len(read) - at - len(kept))
    behind = _overlap(old, now) if moment.first else 0
    before = _overlap(now, old) if moment.last else 0
    if before > behind:
        return new * (len(read) - before) + list(range(before))
    if behind:
        return list(range(len(kept) - behind, len(kept))) + new * (len(read) - behind)
    return _by_number(kept, read)


def new_runs(again: Sequence[int | None]) -> Iterator[tuple[int, int]]:
    """Where new lines stand together: the first of them, and the one behind the last."""
    for is_new, group in groupby(enumerate(again), key=lambda each: each[1] is None):
        if is_new:
            indices = [index for index, _ in group]
            yield indices[0], indices[-1] + 1


def _find(part: bytes, whole: bytes) -> int:
    """Where these lines stand in those, or -1."""
    at = whole.find(part)
    while at % WIDTH and at >= 0:
        at = whole.find(part, at + 1)
    return at // WIDTH


def _overlap(one: bytes, other: bytes) -> int:
    """How many lines the end of one has in common with the beginning of the other."""
    for size in range(min(len(one), len(other)), 0, -WIDTH):
        if one.endswith(other[:size]):
            return size // WIDTH
    return 0


def _by_number(kept: Sequence[bytes], read: Sequence[bytes]) -> list[int | None]:
    """The first of equal ones is the first, and so on, in whatever order the others stand: somebody
    else kept this log, on another server."""
    where: dict[bytes, list[int]] = {}
    for index in reversed(range(len(kept))):
        where.setdefault(kept[index], []).append(index)
    return [where[line].pop() if where.get(line) else None for line in read]
