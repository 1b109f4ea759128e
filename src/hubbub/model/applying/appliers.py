"""The table of appliers, and what may be in it.

An applier is a plain function `(network, entry, event) -> Change`. It cannot fail, and reads no
clock and no random source: the log applied to an empty network gives the network that is running.

To add an event: a class in events/kinds.py, and one function with `@applies` in the file of its
family; or, if it concerns one part of the network and nobody is told, a row in parts.py.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeAlias, TypeVar

from ...events.kinds import Entry
from ..change import Change

#: Of a network (model/network.py, which imports this table), an entry, and its event.
Applier: TypeAlias = Callable[[Any, Entry, Any], Change]
A = TypeVar("A", bound=Applier)

APPLIERS: dict[type, Applier] = {}
_FILES = ("people", "channels", "messages", "network_wide", "parts")


def applies(*kinds: type) -> Callable[[A], A]:
    """This function applies events of these kinds."""

    def enter(applier: A) -> A:
        for kind in kinds:
            assert kind not in APPLIERS, kind
            APPLIERS[kind] = applier
        return applier

    return enter


def load() -> dict[type, Applier]:
    """The whole table."""
    for file in _FILES:
        import_module(f".{file}", __package__)
    return APPLIERS
