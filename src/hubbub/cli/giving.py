"""`hubbub admin` and `hubbub account`: from what is typed to a row of the table of orders."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..config import Settings
from ..errors import UsageError
from ..handlers.context import number
from ..handlers.orders import ORDERS, Field, Order
from ..invocation import command_line
from . import control
from .answers import as_json, as_json_lines, as_text
from .parsing import columns
from .password import read_password


class Program(NamedTuple):
    """A command that gives orders: its name, and what is typed -> the name of the order."""

    name: str
    orders: Mapping[str, str]

    def usage(self, typed: str) -> str:
        return f"{command_line()} {self.name} {usage(typed, ORDERS[self.orders[typed]])}"

    def overview(self) -> str:
        """Every order with its words."""
        rows = [(typed, ORDERS[name]) for typed, name in self.orders.items()]
        shown = columns((usage(typed, row), row.does) for typed, row in rows)
        return f"usage: {command_line()} {self.name} ORDER ...\n\n{shown}"

    def find(self, typed: str) -> Order:
        """Raises UsageError."""
        if typed not in self.orders:
            where = f"`{command_line()} {self.name}` shows them all"
            raise UsageError(f"{self.name} {typed}: no such order; {where}")
        return ORDERS[self.orders[typed]]


def admin(args: argparse.Namespace, settings: Settings) -> int:
    """Every order, under its own name."""
    program = Program("admin", {name: name for name in sorted(ORDERS)})
    return _main(program, args, settings, {})


def account(
    args: argparse.Namespace,
    settings: Settings,
    orders: Mapping[str, str],
    options: dict[str, Any],
) -> int:
    """The `orders` about accounts; `options` are words that were not typed in their order."""
    return _main(Program("account", orders), args, settings, options)


def _main(
    program: Program, args: argparse.Namespace, settings: Settings, options: dict[str, Any]
) -> int:
    """Give one order. Raises UsageError, and ProgramError with what the server has against it."""
    if args.action is None:
        print(program.overview(), end="")
        return 0
    row = program.find(args.action)
    for name in options.keys() - row.fields.keys():
        raise UsageError(f"{args.action} takes no {name.upper()}: {program.usage(args.action)}")
    words = read_words(row, args.words, options, program.usage(args.action))
    told = control.give(settings, row.name, words | _secrets(row, words))
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
    """What is yes or no is typed as it stands there."""
    if field.kind is bool:
        return f"[{name}]"
    return name.upper() if field.otherwise is None else f"[{name.upper()}]"


def read_words(
    row: Order, typed: list[str], options: Mapping[str, Any], shape: str
) -> dict[str, Any]:
    """What was typed, in the order of the fields that no option gives; the last takes all that is
    left. Raises UsageError with the `shape` that it should have."""
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
    """What was typed, as the field has it. Raises UsageError."""
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
    """The words that are asked for and never typed on a command line. Raises ProgramError."""
    about = next(iter(words.values()), "")
    return {
        name: read_password(f"{name.capitalize()} for {about}")
        for name, field in row.fields.items()
        if field.secret
    }
