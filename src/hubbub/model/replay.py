"""Rebuild the network from the log, starting at a stored summary instead of the first event.

A summary is the network at one position, made in the background by the log's index thread from the
summary before it and the events since. It is a pickle, read by an unpickler that admits only the
model's own classes and plain containers. A summary of another program version, or one that cannot
be read, is ignored and the whole log is replayed.
"""

from __future__ import annotations

import io
import logging
import pickle
import sys
import zlib
from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

from .. import __version__
from ..events.kinds import Entry
from .network import Network

logger = logging.getLogger("hubbub")

_PLAIN = {
    "builtins": {"set", "frozenset", "bytearray"},
    "collections": {"Counter", "deque", "OrderedDict", "defaultdict"},
}
_OURS = ("hubbub.model.", "hubbub.events.kinds")


class LogSource(Protocol):
    """The part of a log that replay needs, see log/base.py."""

    def summary(self, format: str) -> bytes | None: ...

    def read_state(self, after: int) -> Iterable[Entry]: ...


def replay(log: LogSource) -> Network:
    """Return the network at the end of `log`."""
    summary = log.summary(summary_format())
    network = _read(summary) if summary is not None else None
    if network is None:
        network = Network()
    for entry in log.read_state(network.position):
        network.apply(entry)
    return network


def summarize(summary: bytes | None, entries: Iterable[Entry]) -> bytes | None:
    """Return the summary after `entries`; None if `summary` cannot be read."""
    network = Network() if summary is None else _read(summary)
    if network is None:
        return None
    for entry in entries:
        network.apply(entry)
    return write(network)


def write(network: Network) -> bytes:
    return pickle.dumps(_state(network), protocol=5)


def read(summary: bytes) -> Network:
    """Load a summary. An invalid pickle can raise any exception."""
    network = Network()
    _fill(network, _Reader(io.BytesIO(summary)).load())
    return network


def _read(summary: bytes) -> Network | None:
    try:
        return read(summary)
    except Exception as error:  # an invalid pickle can raise anything
        logger.warning("the summary of the log does not read (%s): reading all of it", error)
        return None


def summary_format() -> str:
    """A hash over the attributes that a summary holds. Summaries with another hash are ignored."""
    shapes = []
    for name, module in sorted(sys.modules.copy().items()):  # other threads may import meanwhile
        if name.startswith(_OURS[0]):
            for thing in list(vars(module).values()):
                if isinstance(thing, type) and thing.__module__ == name:
                    fields = getattr(thing, "_fields", getattr(thing, "__slots__", ()))
                    shapes.append((name, thing.__qualname__, tuple(fields)))
    names = (name for name, _ in _walk(Network()))
    digest = zlib.crc32(repr((sorted(shapes), sorted(names), sys.version_info[:2])).encode())
    return f"{__version__}-{digest:08x}"


# -- the parts of a network ----------------------------------------------------------------------


class _Part(NamedTuple):
    """The state of an object owned by the network, such as Accounts."""

    state: dict[str, Any]


def _is_part(value: Any) -> bool:
    return hasattr(value, "__dict__") and type(value).__module__.startswith(_OURS[0])


def _state(thing: Any) -> dict[str, Any]:
    return {
        name: _Part(_state(value)) if _is_part(value) else value
        for name, value in vars(thing).items()
    }


def _fill(thing: Any, state: dict[str, Any]) -> None:
    for name, value in state.items():
        if isinstance(value, _Part):
            _fill(getattr(thing, name), value.state)
        else:
            setattr(thing, name, value)


def _walk(thing: Any) -> Iterable[tuple[str, Any]]:
    for name, value in vars(thing).items():
        yield f"{type(thing).__qualname__}.{name}", value
        if _is_part(value):
            yield from _walk(value)


class _Reader(pickle.Unpickler):
    """An unpickler that constructs data classes only, nothing that can execute code."""

    def find_class(self, module: str, name: str) -> Any:
        if name in _PLAIN.get(module, ()):
            return super().find_class(module, name)
        if module.startswith(_OURS):
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"{module}.{name} does not belong into a summary")
