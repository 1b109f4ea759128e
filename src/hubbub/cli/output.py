"""Format the results of orders for people: lists as tables, objects as lines, text unchanged."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..protocol.times import server_time


def as_text(told: Any, units: Mapping[str, str]) -> str:
    """Format a result. `units` names the numbers that are not counts, as in the table of orders."""
    if isinstance(told, list):
        return _table(told, units) if told else "none"
    if isinstance(told, dict):
        return _facts(told, units)
    return str(told)


def as_json(told: Any, *, indent: int | None = None) -> str:
    return json.dumps(told, ensure_ascii=False, indent=indent)


def as_json_lines(rows: list[Any]) -> str:
    return "".join(f"{as_json(row)}\n" for row in rows)


def _table(rows: list[dict[str, Any]], units: Mapping[str, str]) -> str:
    lines = [
        list(rows[0]),
        *([_cell(each[name], units.get(name)) for name in each] for each in rows),
    ]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(_joined(line, widths) for line in lines)


def _joined(cells: Iterable[str], widths: list[int]) -> str:
    return "  ".join(f"{c:<{width}}" for c, width in zip(cells, widths, strict=True)).rstrip()


def _facts(told: dict[str, Any], units: Mapping[str, str]) -> str:
    """One line per member, also of nested objects; numbers are right-aligned."""
    facts = []
    for name, value in told.items():
        unit = units.get(name)
        for each, part in value.items() if isinstance(value, dict) else [(name, value)]:
            facts.append((each, _cell(part, unit), _is_number(part) and unit != "time"))
    widest = max((len(name) for name, _, _ in facts), default=0)
    least = max((len(cell) for _, cell, number in facts if number), default=0)
    return "\n".join(
        f"{name:<{widest}}  {cell:>{least if number else 0}}" for name, cell, number in facts
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _size(count: float) -> str:
    """Format bytes with decimal prefixes, as disks are sold."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.95 or unit == "GB":
            break
        count /= 1000
    return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"


def _duration(seconds: float) -> str:
    """Format a duration as it is typed in commands: 3h12m."""
    if seconds < 60:
        return f"{seconds:.3g}s"
    minutes = int(seconds) // 60
    if minutes < 60:
        return f"{minutes}m{int(seconds) % 60}s"
    hours = minutes // 60
    return f"{hours}h{minutes % 60}m" if hours < 24 else f"{hours // 24}d{hours % 24}h"


#: Formatters by unit; numbers without a unit are counts.
_WRITTEN: dict[str | None, Callable[[Any], str]] = {
    "bytes": _size, "seconds": _duration, "time": server_time,
}  # fmt: skip


def _cell(value: Any, unit: str | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if _is_number(value):
        return _WRITTEN.get(unit, str)(value)
    if isinstance(value, list):
        return " ".join(map(str, value)) or "-"
    return "".join(c if c.isprintable() else "?" for c in str(value))
