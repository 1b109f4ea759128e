"""Find out which lines of a log exist already when it is imported again.

Two logs of a conversation may begin and end anywhere, even in the middle of a minute in which
somebody said the same thing twice. The stored lines of a moment and the lines read are both runs of
the lines said then, so they are aligned as far as they agree. If it is unclear whether the end of
one run is the beginning of the other, it is taken to be: repeating an import never duplicates
messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import groupby

from .sources import Moment

#: Bytes of the digest that identifies a line.
WIDTH = 8


def known_again(kept: Sequence[bytes], read: Sequence[bytes], moment: Moment) -> list[int | None]:
    """For each line read: the index of the stored line that it is, or None if it is new."""
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
    """Yield each run of new lines as the index of its first line and the index after its last."""
    for is_new, group in groupby(enumerate(again), key=lambda each: each[1] is None):
        if is_new:
            indices = [index for index, _ in group]
            yield indices[0], indices[-1] + 1


def is_same_log(
    kept: Callable[[bytes], Sequence[tuple[bytes, int]]], lines: Iterable[tuple[str, str]]
) -> bool:
    """Is this log, given as keys of moments and lines, another copy or part of what is kept? It is
    if half of its lines are kept, in the moments of which anything is."""
    shared = same = 0
    for moment, line in lines:
        stored = kept(digest(moment))
        shared += bool(stored)
        same += digest(line) in {key[WIDTH : 2 * WIDTH] for key, _ in stored}
    return same >= 2 and same * 2 >= shared


def digest(key: str, width: int = WIDTH) -> bytes:
    return blake2b(key.encode(errors="replace"), digest_size=width).digest()


def _find(part: bytes, whole: bytes) -> int:
    """The offset of `part` in `whole`, or -1."""
    at = whole.find(part)
    while at % WIDTH and at >= 0:
        at = whole.find(part, at + 1)
    return at // WIDTH


def _overlap(one: bytes, other: bytes) -> int:
    """The number of lines at the end of `one` that equal the beginning of `other`."""
    for size in range(min(len(one), len(other)), 0, -WIDTH):
        if one.endswith(other[:size]):
            return size // WIDTH
    return 0


def _by_number(kept: Sequence[bytes], read: Sequence[bytes]) -> list[int | None]:
    """Match equal lines by number: first to first and so on, in any order of the others. For logs
    kept by another user, on another server."""
    where: dict[bytes, list[int]] = {}
    for index in reversed(range(len(kept))):
        where.setdefault(kept[index], []).append(index)
    return [where[line].pop() if where.get(line) else None for line in read]
