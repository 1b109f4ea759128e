"""Parse the command line, and turn exceptions into one line and an exit code."""

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
    """argparse with examples first and one-line errors."""

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


#: Width of a terminal, and maximum width of the first of two columns.
_WIDTH, _COLUMN = 79, 40


def columns(rows: Iterable[tuple[str, str]]) -> str:
    """Format rows in two columns; a long first cell has a line of its own."""
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
    """Name and version, and the versions of Python and libraries, for bug reports."""
    import sqlite3

    return (
        f"Hubbub {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def overview(program: str = "hubbub") -> str:
    """The output of `hubbub` without arguments."""
    examples = [
        (f"{program} {c.name} {typed}".rstrip(), text)
        for c in COMMANDS.values()
        for typed, text in c.examples[:2]
    ]
    summaries = [(c.name, c.summary) for c in COMMANDS.values()]
    return (
        f"Examples:\n{columns(examples)}\n"
        f"usage: {program} COMMAND ...   (see {program} COMMAND --help)\n\n"
        f"{columns(summaries)}"
    )


def main(
    argv: Sequence[str] | None = None,
    program: str = "hubbub",
    before: Callable[[], None] | None = None,
) -> int:
    """Run `hubbub COMMAND ...`; other parameters as in `run`. Returns the exit code."""
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
    """Run one command with its arguments; `program` is the typed command name.

    `before` is called after parsing the arguments and before running the command.
    """
    chosen = COMMANDS[name]
    try:
        parser = Parser(chosen, program)
        # Intermixed, argparse takes what stands after -- for options, too.
        parse = parser.parse_args if "--" in words else parser.parse_intermixed_args
        args = parse(words)
        if before:
            before()
        code = chosen.run(args)
        print(end="", flush=True)
        return code
    except ProgramError as error:
        print(f"{program.removeprefix('python3 ')}: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # `hubbub config | head`: the reader has closed the pipe
        _end_output()
        return 1
    except OSError as error:  # an error of the system: no space, no such directory, ...
        print(f"{program.removeprefix('python3 ')}: {plainly(error)}", file=sys.stderr)
        _end_output()
        return 1
    except KeyboardInterrupt:
        return 130


def _end_output() -> None:
    """Discard remaining output, so that Python does not fail to flush it at exit."""
    with contextlib.suppress(OSError):
        print(end="", flush=True)
        return
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
