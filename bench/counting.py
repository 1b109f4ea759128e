"""Counts the objects inside the server of bench/soak.py: on SIGUSR1 it writes to a file as JSON how
many objects there are of each type, what the garbage collector finds unreachable, the sizes of the
collections of docs/bounds.md and of the caches of functions, and what the allocators hold.

With it the server does not set its first objects aside (gc.freeze), since it could not count them.
"""

from __future__ import annotations

import _sqlite3
import contextlib
import ctypes
import gc
import json
import os
import re
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Any

BOUNDS = Path(__file__).resolve().parents[1] / "docs/bounds.md"


def begin(file: Path) -> None:
    gc.freeze = lambda: None
    signal.signal(signal.SIGUSR1, lambda number, frame: write(file))


def write(file: Path) -> None:
    told = {"memory": memory(), "unreachable": unreachable()} | objects()
    new = file.with_suffix(".new")
    new.write_text(json.dumps(told))
    os.replace(new, file)


def unreachable() -> Counter[str]:
    """By type, what only the collector frees; it collects seldom."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    gc.set_debug(0)
    found = Counter(described(each) for each in gc.garbage)
    gc.garbage.clear()
    gc.collect()
    return found


def described(value: object) -> str:
    """The type, of a function or generator also its name."""
    name = getattr(value, "__qualname__", "")
    return f"{type(value).__qualname__} {name}".strip()


def objects() -> dict[str, dict[str, int]]:
    listed = Counter(re.findall(r"`(_?[A-Z]\w+)\.(\w+)`", BOUNDS.read_text("utf-8")))
    owners: dict[str, list[str]] = {}
    for owner, attribute in listed:
        owners.setdefault(owner, []).append(attribute)
    types: Counter[str] = Counter()
    room: Counter[str] = Counter()  # bytes by type, without what is referred to
    sizes: Counter[str] = Counter()
    caches: Counter[str] = Counter()
    for each in gc.get_objects():
        kind = type(each)
        types[kind.__qualname__] += 1
        room[kind.__qualname__] += sys.getsizeof(each)
        for attribute in owners.get(kind.__name__, ()):
            with_length = getattr(each, attribute, ())
            sizes[f"{kind.__name__}.{attribute}"] += length(with_length)
        if kind.__name__ == "_lru_cache_wrapper":
            name = getattr(each, "__qualname__", "?")
            caches[f"{each.__module__}.{name}"] += each.cache_info().currsize
    return {"types": types, "bytes": room, "collections": sizes, "caches": caches}


def length(value: Any) -> int:
    try:
        return len(value)
    except TypeError:
        return 0


class _Mallinfo2(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks",
            "fordblks", "keepcost",
        )
    ]  # fmt: skip


def memory() -> dict[str, int]:
    """Blocks of Python's own allocator; bytes of malloc, in use and free; bytes of SQLite."""
    found = {"python blocks": sys.getallocatedblocks()}
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallinfo2"):
        libc.mallinfo2.restype = _Mallinfo2
        info = libc.mallinfo2()
        found |= {"malloc used": info.uordblks + info.hblkhd, "malloc free": info.fordblks}
    with contextlib.suppress(OSError, AttributeError):
        used = ctypes.CDLL(_sqlite3.__file__).sqlite3_memory_used
        used.restype = ctypes.c_int64
        found["sqlite"] = used()
    return found
