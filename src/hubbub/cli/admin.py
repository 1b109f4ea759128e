"""`hubbub admin`: the orders of the administrator's page, from the server's own machine."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from typing import Any

from ..config import Settings
from ..errors import UsageError
from ..handlers.context import number
from ..handlers.orders import ORDERS, Order
from ..invocation import command_line
from ..protocol.times import server_time
from . import control
from .parsing import columns


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Give one order. Raises ProgramError with what the server has against it."""
    if args.action is None:
        print(overview(), end="")
        return 0
    row = ORDERS.get(args.action)
    if row is None:
        raise UsageError(
            f"admin {args.action}: no such order; `{command_line()} admin` shows them all"
        )
    order = {"do": "admin", "name": row.name, "words": read_words(row, args.words)}
    for told in control.give(settings, order):
        print(json.dumps(told, ensure_ascii=False) if args.json else as_text(told))
    return 0


def overview() -> str:
    """Every order with its words."""
    rows = columns((usage(row), row.does) for row in sorted(ORDERS.values()))
    return f"usage: {command_line()} admin ORDER ...\n\n{rows}"


def usage(row: Order) -> str:
    words = (name.upper() if field.otherwise is None else f"[{name.upper()}]"
             for name, field in row.fields.items())  # fmt: skip
    return " ".join((row.name, *words))


def read_words(row: Order, typed: list[str]) -> dict[str, Any]:
    """What was typed, in the order of the fields; the last takes all that is left."""
    names = list(row.fields)
    if len(typed) > len(names) and names:
        last = len(names) - 1
        typed = [*typed[:last], " ".join(typed[last:])]
    least = sum(each.otherwise is None for each in row.fields.values())
    if not least <= len(typed) <= len(names):
        raise UsageError(f"use it like this: {command_line()} admin {usage(row)}")
    words: dict[str, Any] = {}
    for name, text in zip(names, typed, strict=False):
        if row.fields[name].kind is int:
            words[name] = number(text)
            if words[name] is None:
                raise UsageError(f"{name}: {text!r} is not a number")
        else:
            words[name] = text
    return words


def as_text(told: Any) -> str:
    """Lists as tables, objects as lines, text as it is; with units, where --json has numbers."""
    if isinstance(told, list):
        return _table(told) if told else "none"
    if isinstance(told, dict):
        return _facts(told)
    return str(told)


def _table(rows: list[dict[str, Any]]) -> str:
    lines = [list(rows[0]), *([_cell(name, each[name]) for name in each] for each in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(_joined(line, widths) for line in lines)


def _joined(cells: Iterable[str], widths: list[int]) -> str:
    return "  ".join(f"{c:<{width}}" for c, width in zip(cells, widths, strict=True)).rstrip()


def _facts(told: dict[str, Any]) -> str:
    """Each in a line, also those of a group; the numbers end below each other."""
    facts = []
    for name, value in told.items():
        for each, part in value.items() if isinstance(value, dict) else [(name, value)]:
            facts.append((each, _cell(name, part), _is_number(part) and name != "time"))
    widest = max((len(name) for name, _, _ in facts), default=0)
    least = max((len(cell) for _, cell, number in facts if number), default=0)
    return "\n".join(
        f"{name:<{widest}}  {cell:>{least if number else 0}}" for name, cell, number in facts
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _size(count: float) -> str:
    """Bytes, by the thousand as disks are sold."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.95 or unit == "GB":
            break
        count /= 1000
    return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"


def _duration(seconds: float) -> str:
    """As it is typed in commands: 3h12m."""
    if seconds < 60:
        return f"{seconds:.3g}s"
    minutes = int(seconds) // 60
    if minutes < 60:
        return f"{minutes}m{int(seconds) % 60}s"
    hours = minutes // 60
    return f"{hours}h{minutes % 60}m" if hours < 24 else f"{hours // 24}d{hours % 24}h"


#: How numbers of these names are written; all others are counts.
_WRITTEN: dict[str, Callable[[Any], str]] = {
    "cpu": _duration, "files": _size, "free": _size, "idle": _duration, "memory": _size,
    "time": server_time, "total": _size, "up": _duration,
}  # fmt: skip


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if _is_number(value):
        return _WRITTEN.get(name, str)(value)
    if isinstance(value, list):
        return " ".join(map(str, value)) or "-"
    return "".join(c if c.isprintable() else "?" for c in str(value))
