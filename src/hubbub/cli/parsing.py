"""From the words typed to a command, and from what it could not do to one line and an exit code."""

import argparse
import contextlib
import difflib
import os
import platform
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn

from .. import __version__
from ..errors import ProgramError, UsageError, plainly
from .subcommands import COMMANDS, Subcommand


class Parser(argparse.ArgumentParser):
    """argparse, with examples before the rest and errors in one line."""

    def __init__(self, command: Subcommand, program: str) -> None:
        super().__init__(prog=program, description=command.summary[0].upper() + command.summary[1:])
        self.examples = columns(
            (f"{program} {typed}".rstrip(), text) for typed, text in command.examples
        )
        self.add_argument("--version", action="version", version=version())
        for names, facts in command.arguments:
            self.add_argument(*names, **facts)

    def format_help(self) -> str:
        return f"Examples:\n{self.examples}\n{super().format_help()}"

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see --help)")


#: Of a terminal; and of the first of two columns, at most.
_WIDTH, _COLUMN = 79, 40


def columns(rows: Iterable[tuple[str, str]]) -> str:
    """What is typed, and what it is for; a long one has a line of its own."""
    rows = list(rows)
    width = max((len(left) for left, _ in rows if len(left) <= _COLUMN), default=_COLUMN)
    lines = []
    for left, right in rows:
        if len(left) > width:
            lines.append(f"  {left}")
            left = ""
        first, rest = f"  {left:{width}}  ", " " * (width + 4)
        lines += textwrap.wrap(right, _WIDTH, initial_indent=first, subsequent_indent=rest)
    return "".join(f"{line}\n" for line in lines)


def version() -> str:
    """Name, version, and the versions below it that matter in a report."""
    import sqlite3

    return (
        f"Hubbub {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def overview(program: str = "hubbub") -> str:
    """What `hubbub` says when asked for nothing in particular."""
    examples = [
        (f"{program} {c.name} {typed}".rstrip(), text)
        for c in COMMANDS.values()
        for typed, text in c.examples[:2]
    ]
    summaries = [(c.name, c.summary) for c in COMMANDS.values()]
    return (
        f"Examples:\n{columns(examples)}\n"
        f"usage: {program} COMMAND ...   ({program} COMMAND --help says more)\n\n"
        f"{columns(summaries)}"
    )


def main(
    argv: Sequence[str] | None = None,
    program: str = "hubbub",
    before: Callable[[], None] | None = None,
) -> int:
    """`hubbub COMMAND ...`; the rest as for `run`. Returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in ("-h", "--help"):
        print(overview(program), end="")
        return 0 if words else 2
    if words[0] == "--version":
        print(version())
        return 0
    if words[0] not in COMMANDS:
        near = difflib.get_close_matches(words[0], COMMANDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"it is one of {', '.join(COMMANDS)}"
        print(f"hubbub: {words[0]}: no such command, {hint}", file=sys.stderr)
        return 2
    return run(words[0], words[1:], f"{program} {words[0]}", before)


def run(
    name: str, words: Sequence[str], program: str, before: Callable[[], None] | None = None
) -> int:
    """One command with its words; `program` is what the person typed to get here.

    `before` happens between reading the words and obeying them.
    """
    chosen = COMMANDS[name]
    try:
        args = Parser(chosen, program).parse_args(words)
        if before:
            before()
        code = chosen.run(args)
        print(end="", flush=True)
        return code
    except ProgramError as error:
        print(f"{program.removeprefix('python3 ')}: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # `hubbub config | head`: the reader has had enough
        _end_output()
        return 1
    except OSError as error:  # what the system refuses: no room, no such directory, ...
        print(f"{program.removeprefix('python3 ')}: {plainly(error)}", file=sys.stderr)
        _end_output()
        return 1
    except KeyboardInterrupt:
        return 130


def _end_output() -> None:
    """Nobody takes what is left of it; Python is not to try at its end and complain."""
    with contextlib.suppress(OSError):
        print(end="", flush=True)
        return
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
