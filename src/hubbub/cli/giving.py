"""`hubbub admin` and `hubbub account`: turn arguments into an order of the table of orders."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..config import Settings
from ..errors import UsageError
from ..handlers.context import number
from ..handlers.orders import ORDERS, Field, Order
from ..invocation import command_line
from . import server_control
from .output import as_json, as_json_lines, as_text
from .parsing import columns
from .password import read_password


class Program(NamedTuple):
    """A command that sends orders: its name, and typed words -> names of orders."""

    name: str
    orders: Mapping[str, str]

    def usage(self, typed: str) -> str:
        return f"{command_line()} {self.name} {usage(typed, ORDERS[self.orders[typed]])}"

    def overview(self) -> str:
        """List every order with its arguments."""
        rows = [(typed, ORDERS[name]) for typed, name in self.orders.items()]
        shown = columns((usage(typed, row), row.does) for typed, row in rows)
        return f"usage: {command_line()} {self.name} ORDER ...\n\n{shown}"

    def find(self, typed: str) -> Order:
        """The order for a typed word. Raises UsageError."""
        if typed not in self.orders:
            where = f"`{command_line()} {self.name}` shows them all"
            raise UsageError(f"{self.name} {typed}: no such order; {where}")
        return ORDERS[self.orders[typed]]


def admin(args: argparse.Namespace, settings: Settings) -> int:
    """`hubbub admin`: every order, under its own name."""
    program = Program("admin", {name: name for name in sorted(ORDERS)})
    return _main(program, args, settings, {})


def account(
    args: argparse.Namespace,
    settings: Settings,
    orders: Mapping[str, str],
    options: dict[str, Any],
) -> int:
    """`hubbub account`: the `orders` about accounts. `options` are values given as options."""
    return _main(Program("account", orders), args, settings, options)


def _main(
    program: Program, args: argparse.Namespace, settings: Settings, options: dict[str, Any]
) -> int:
    """Send one order. Raises UsageError, and ProgramError with the server's refusal."""
    if args.action is None:
        print(program.overview(), end="")
        return 0
    row = program.find(args.action)
    for name in options.keys() - row.fields.keys():
        raise UsageError(f"{args.action} takes no {name.upper()}: {program.usage(args.action)}")
    words = read_words(row, args.words, options, program.usage(args.action))
    told = server_control.give(settings, row.name, words | _secrets(row, words))
    if not args.json:
        print(as_json(told, indent=2) if row.is_document else as_text(told, row.units))
    elif program.name == "account" and isinstance(told, list):
        print(as_json_lines(told), end="")
    else:
        print(as_json(told))
    return 0


def usage(typed: str, row: Order) -> str:
    words = (_word(name, each) for name, each in row.fields.items() if not each.secret)
    return " ".join((typed, *words))


def _word(name: str, field: Field) -> str:
    """The usage of a field; a boolean is typed as its name."""
    if field.kind is bool:
        return f"[{name}]"
    return name.upper() if field.otherwise is None else f"[{name.upper()}]"


def read_words(
    row: Order, typed: list[str], options: Mapping[str, Any], shape: str
) -> dict[str, Any]:
    """Assign typed words to the fields not given as options, in order; the last field takes all
    remaining words. Raises UsageError with the expected `shape`."""
    names = [name for name, f in row.fields.items() if not f.secret and name not in options]
    if len(typed) > len(names) and names:
        last = len(names) - 1
        typed = [*typed[:last], " ".join(typed[last:])]
    least = sum(row.fields[name].otherwise is None for name in names)
    if not least <= len(typed) <= len(names):
        raise UsageError(f"use it like this: {shape}")
    words = {name: _value(row, name, text) for name, text in zip(names, typed, strict=False)}
    return {**words, **options}


def _value(row: Order, name: str, text: str) -> Any:
    """Convert a typed word to the field's type. Raises UsageError."""
    kind = row.fields[name].kind
    if kind is bool:
        if text != name:
            raise UsageError(f"{text!r}: here only the word {name} can stand")
        return True
    value = number(text) if kind is int else text
    if value is None:
        raise UsageError(f"{name}: {text!r} is not a number")
    return value


def _secrets(row: Order, words: Mapping[str, Any]) -> dict[str, str]:
    """Prompt for secret fields, which are never command line arguments. Raises ProgramError."""
    about = next(iter(words.values()), "")
    return {
        name: read_password(f"{name.capitalize()} for {about}")
        for name, field in row.fields.items()
        if field.secret
    }
