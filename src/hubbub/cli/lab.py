"""The command `hubbub lab`."""

import argparse
import asyncio
from pathlib import Path

from ..addresses import parse_port
from ..errors import ProgramError, UsageError
from .subcommands import argument, command


def _pieces(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 4096:
        raise argparse.ArgumentTypeError(f"{text}: a number from 1 to 4096")
    return int(text)


@command(
    "lab",
    "see the bytes, reads and queues of a chat server that you write",
    (
        ("-- python3 start.py {port}", "run your program in the lab"),
        ("--pieces 3 -- java Chat {port}", "pass bytes on three at a time"),
        ("--echo -- python3 start.py {port}", "a program that only answers what it is told"),
        ("--replay FILE", "look at a recording"),
    ),
    argument("words", nargs="*", metavar="COMMAND",
             help="after --: the program and its arguments; {port} stands for its port"),
    argument("--port", metavar="PORT", type=parse_port, default=0,
             help="port for people (one that is free)"),
    argument("--pieces", metavar="N", type=_pieces, default=0,
             help="pass on at most N bytes at a time"),
    argument("--echo", action="store_true",
             help="the first line that somebody sends is not a name"),
    argument("--no-inside", dest="inside", action="store_false",
             help="do not look into a Python program"),
    argument("--replay", metavar="FILE", type=Path, help="show a recording instead"),
    argument("--no-browser", dest="browser", action="store_false",
             help="print the page's address, but do not open it"),
)  # fmt: skip
def lab(args: argparse.Namespace) -> int:
    """Run a program in the lab until Ctrl-C."""
    from ..teaching.lab.lab import CannotStart, Options, replay, run

    if args.replay is not None:
        try:
            return replay(args.replay, say, browser=args.browser)
        except ValueError as error:
            raise ProgramError(f"{args.replay}: {error}") from None
    if not args.words:
        raise UsageError("what is to be run? Put -- and your program behind it")
    options = Options(
        args.words,
        port=args.port,
        named=not args.echo,
        inside=args.inside,
        controls={"pieces": args.pieces},
        browser=args.browser,
    )
    try:
        # The lab watches its sockets, which only this loop can do on every system.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            return runner.run(run(options, say))
    except CannotStart as error:
        raise ProgramError(str(error)) from None


def say(line: str) -> None:
    print(line, flush=True)
