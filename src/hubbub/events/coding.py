"""Encode events as JSON objects with named fields, so that fields can be added later."""

from __future__ import annotations

import json
from typing import Any, cast

from .kinds import EVENT_TYPES, ChannelModeChanged, Event, ModeChange


def encode(event: Event) -> tuple[str, str]:
    """The class name of `event`, and its fields as JSON."""
    return type(event).__name__, json.dumps(event._asdict(), ensure_ascii=False)


def decode(kind: str, text: str) -> Event:
    """The inverse of `encode`. Raises KeyError for an unknown class: the file is of a newer
    version."""
    fields: dict[str, Any] = json.loads(text)
    for key, value in fields.items():
        if type(value) is list:
            fields[key] = _frozen(value)
    if kind == ChannelModeChanged.__name__:
        fields["changes"] = tuple(ModeChange(*change) for change in fields["changes"])
    return cast(Event, EVENT_TYPES[kind](**fields))


def _frozen(value: Any) -> Any:
    """Convert lists to tuples: JSON has no tuples, and events have no lists."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
