"""The table of appliers: event class -> function.

An applier is a function `(network, entry, event) -> Change`. It cannot fail and reads no clock and
no random source: replaying the log on an empty network gives the running network.

To add an event, add a class in events/kinds.py and a function with `@applies` in the file of its
family; if the event concerns one part of the network and nobody is told, a row in parts.py is
enough.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeAlias, TypeVar

from ...events.kinds import Entry
from ..change import Change

#: Takes a Network (model/network.py imports this table), an entry and its event.
Applier: TypeAlias = Callable[[Any, Entry, Any], Change]
A = TypeVar("A", bound=Applier)

APPLIERS: dict[type, Applier] = {}
_FILES = ("people", "channels", "messages", "network_wide", "parts")


def applies(*kinds: type) -> Callable[[A], A]:
    """Register a function as the applier of these event classes."""

    def enter(applier: A) -> A:
        for kind in kinds:
            assert kind not in APPLIERS, kind
            APPLIERS[kind] = applier
        return applier

    return enter


def load() -> dict[type, Applier]:
    """Import all families and return the complete table."""
    for file in _FILES:
        import_module(f".{file}", __package__)
    return APPLIERS
