"""The table of orders: what administrators can ask and do, by HTTP and from a command line.

An order is a function with `@order` that returns what is told, as JSON has it; one that acts yields
steps before, like any handler. Its row says which privilege it needs (model/privileges.py), which
words it takes, and whether it changes anything: then it is in the audit log, with who, what, when
and from where. From the command line (control.py) everything may be done: who reads the data
directory may.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, NamedTuple, TypeAlias

from ...events.kinds import (
    OperatorActed,
)
from ...model.user import User
from ...protocol.durations import duration_ms
from ..command_table import Step, answer_of
from ..context import Context, cut
from ..refusals import Refused


class By(NamedTuple):
    """Who gives an order: `user` is 0 when it is nobody on the network."""

    user: int
    source: str
    address: str
    asker: User | None = None

    @property
    def nick(self) -> str:
        return self.source.partition("!")[0]


COMMAND_LINE = By(0, "hubbub-admin", "this machine")

Words: TypeAlias = "dict[str, Any]"
Rows: TypeAlias = "list[dict[str, Any]]"
Run: TypeAlias = "Callable[[Context, By, Words], Any]"


class Field(NamedTuple):
    """A word of an order; without `otherwise` it has to be said."""

    kind: type
    otherwise: Any = None


class Order(NamedTuple):
    name: str
    privilege: str
    acts: bool
    fields: dict[str, Field]
    does: str  # for people
    run: Run


ORDERS: dict[str, Order] = {}

A_WORD, MAY_BE_SAID = Field(str), Field(str, "")


def order(
    name: str, privilege: str, *, acts: bool = False, **fields: Field
) -> Callable[[Run], Run]:
    """The function below does it; its docstring is what people are told of it."""

    def enter(run: Run) -> Run:
        ORDERS[name] = Order(name, privilege, acts, fields, (run.__doc__ or "").strip(), run)
        return run

    return enter


def obey(context: Context, by: By, name: str, words: Words) -> Generator[Step, Any, Any]:
    """Do the order; what it returns. The privilege was looked at. Raises Refused."""
    row = ORDERS.get(name)
    if row is None:
        raise Refused("NOT_FOUND", f"There is no order {name[:40]!r}")
    found = checked(row, words)
    told = yield from answer_of(row.run(context, by, found))
    if row.acts:
        values = [str(value) for value in found.values() if value not in (0, "")]
        target, detail = (values or [""])[0], " ".join(values[1:])
        yield OperatorActed(by.user, by.source, by.address, name, target[:200], detail[:400])
    return told


def checked(row: Order, words: Words) -> Words:
    """All words of the order, each of its type. Raises Refused."""
    for name in words:
        if name not in row.fields:
            known = ", ".join(row.fields) or "none"
            raise Refused("UNKNOWN_FIELD", f"No field {name[:40]!r} here; there are {known}")
    found = {}
    for name, wanted in row.fields.items():
        value = words.get(name, wanted.otherwise)
        if value is None:
            raise Refused("MISSING_FIELD", f"{name} is missing")
        if not isinstance(value, wanted.kind) or isinstance(value, bool):
            raise Refused("WRONG_TYPE", f"{name} is not of the type {wanted.kind.__name__}")
        found[name] = cut(value, 400) if isinstance(value, str) else value
    return found


def length_of(text: str) -> int | None:
    """Milliseconds; None: for ever. Raises Refused."""
    if not text:
        return None
    length = duration_ms(text)
    if not length:
        raise Refused("INVALID_PARAMS", f"{text!r} is no time; one is 30m, 12h or 7d")
    return length
