"""The table of orders: what administrators can ask and do, by HTTP and from a command line.

An order is a function with `@order` that returns its answer as a JSON value. An order that changes
something yields steps before, like any handler. Its row states the privilege it needs
(model/privileges.py), its fields, how to show its answer to people, and whether it changes
anything: those orders are recorded in the audit log with actor, action, time and address.

Administrators send orders by HTTP (http/routes/admin.py) or from a command line on the server's
machine (control.py). The command line has every privilege, because it can read the data directory.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from ...events.kinds import OperatorActed
from ...model.privileges import PRIVILEGES
from ...model.user import User
from ...protocol.durations import duration_ms
from ..command_table import Step, answer_of
from ..context import Context, cut
from ..refusals import Refused


class By(NamedTuple):
    """The sender of an order. `user` is 0 if the sender is not on the network."""

    user: int
    source: str
    address: str
    privileges: tuple[str, ...]
    asker: User | None = None

    @property
    def nick(self) -> str:
        return self.source.partition("!")[0]

    def may(self, privilege: str) -> bool:
        return privilege in self.privileges


COMMAND_LINE = By(0, "hubbub-admin", "this machine", tuple(PRIVILEGES))

Words: TypeAlias = "dict[str, Any]"
Rows: TypeAlias = "list[dict[str, Any]]"
Run: TypeAlias = "Callable[[Context, By, Words], Any]"


class Field(NamedTuple):
    """An argument of an order, required if it has no default (`otherwise`).

    A `secret` one is never an argument on a command line. The audit log leaves out what is secret
    or `personal`, because it outlives accounts.
    """

    kind: type
    otherwise: Any = None
    secret: bool = False
    personal: bool = False


_NO_UNITS: Mapping[str, str] = MappingProxyType({})


class Order(NamedTuple):
    """A row of the table."""

    name: str
    privilege: str
    acts: bool
    fields: dict[str, Field]
    does: str  # for people
    run: Run
    #: Units of the numbers in the answer, by name: "bytes", "seconds" or "time" (ms since 1970).
    #: Numbers without one are counts.
    units: Mapping[str, str] = _NO_UNITS
    is_document: bool = False  # the command line always prints the answer as JSON


ORDERS: dict[str, Order] = {}

A_WORD, MAY_BE_SAID = Field(str), Field(str, "")


def order(
    name: str,
    privilege: str,
    *,
    acts: bool = False,
    units: Mapping[str, str] = _NO_UNITS,
    is_document: bool = False,
    **fields: Field,
) -> Callable[[Run], Run]:
    """Add the decorated function to the table; its docstring is the help text of the order."""

    def enter(run: Run) -> Run:
        does = (run.__doc__ or "").strip()
        ORDERS[name] = Order(name, privilege, acts, fields, does, run, units, is_document)
        return run

    return enter


def obey(context: Context, by: By, name: str, words: Words) -> Generator[Step, Any, Any]:
    """Execute an order and return its answer. Raises Refused."""
    row = ORDERS.get(name)
    if row is None:
        raise Refused("NOT_FOUND", f"There is no order {name[:40]!r}")
    if not by.may(row.privilege):
        raise Refused("NO_PERMISSIONS", "That is for those who run this server")
    found = checked(row, words)
    told = yield from answer_of(row.run(context, by, found))
    if row.acts:
        yield _act(by, row, found)
    return told


def _act(by: By, row: Order, words: Words) -> OperatorActed:
    """The entry in the audit log; the value of the first field is the target."""
    fields = row.fields
    public = [name for name in words if not (fields[name].secret or fields[name].personal)]
    said = [name if words[name] is True else str(words[name]) for name in public if words[name]]
    target, detail = (said or [""])[0], " ".join(said[1:])
    return OperatorActed(by.user, by.source, by.address, row.name, target[:200], detail[:400])


def checked(row: Order, words: Words) -> Words:
    """The values of all fields, with defaults, after checking names and types. Raises Refused."""
    for name in words:
        if name not in row.fields:
            known = ", ".join(row.fields) or "none"
            raise Refused("UNKNOWN_FIELD", f"No field {name[:40]!r} here; there are {known}")
    found = {}
    for name, wanted in row.fields.items():
        value = words.get(name, wanted.otherwise)
        if value is None:
            raise Refused("MISSING_FIELD", f"{name} is missing")
        if type(value) is not wanted.kind:
            raise Refused("WRONG_TYPE", f"{name} is not of the type {wanted.kind.__name__}")
        found[name] = cut(str(value), 400) if wanted.kind is str and not wanted.secret else value
    return found


def length_of(text: str) -> int | None:
    """A duration in milliseconds; None (for ever) for "". Raises Refused."""
    if not text:
        return None
    length = duration_ms(text)
    if not length:
        raise Refused("INVALID_PARAMS", f"{text!r} is no time; one is 30m, 12h or 7d")
    return length
