"""The commands `hubbub learn` and `hubbub lab`, for people who write a server of their own."""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..addresses import parse_port
from ..errors import ProgramError, UsageError
from .subcommands import argument, command

if TYPE_CHECKING:
    from ..teaching.lab.lab import Options
    from ..teaching.lessons import Lesson


def _pieces(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 4096:
        raise argparse.ArgumentTypeError(f"{text}: a number from 1 to 4096")
    return int(text)


_NO_BROWSER = argument(
    "--no-browser",
    dest="browser",
    action="store_false",
    help="print the page's address, but do not open it",
)


@command(
    "learn",
    "write a chat server, lesson by lesson",
    (
        ("", "the first lesson that you have not finished"),
        ("2", "lesson 2"),
    ),
    argument("number", nargs="?", metavar="N", type=int, help="number of the lesson"),
    _NO_BROWSER,
)
def learn(args: argparse.Namespace) -> int:
    """Open a lesson beside the lab, with the learner's own copy of its program."""
    from ..invocation import command_line
    from ..teaching import lessons, progress
    from ..teaching.lab.lab import Options

    all_lessons = lessons.all_lessons()
    done = progress.finished()
    todo = [each for each in all_lessons if each.id not in done] or all_lessons[-1:]
    lesson = _lesson(args.number) if args.number is not None else todo[0]
    program = progress.own_copy(lesson, Path.cwd())
    shown = program.relative_to(Path.cwd())
    say(f"Lesson {lesson.number}: {lesson.title}")
    say(f"program {shown}")
    say(f"check   {command_line()} grade --lesson {lesson.number} -- python3 {shown} {{port}}")
    command_ = [sys.executable, str(program), "{port}"]
    return _run(Options(command_, named=lesson.named, browser=args.browser, lesson=lesson))


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
    argument("--lesson", metavar="N", type=int, help="show this lesson beside it"),
    argument("--port", metavar="PORT", type=parse_port, default=0,
             help="port for people (one that is free)"),
    argument("--pieces", metavar="N", type=_pieces, default=0,
             help="pass on at most N bytes at a time"),
    argument("--echo", action="store_true",
             help="the first line that somebody sends is not a name"),
    argument("--no-inside", dest="inside", action="store_false",
             help="do not look into a Python program"),
    argument("--replay", metavar="FILE", type=Path, help="show a recording instead"),
    _NO_BROWSER,
)  # fmt: skip
def lab(args: argparse.Namespace) -> int:
    """Run a program in the lab until Ctrl-C."""
    from ..teaching.lab.lab import Options, replay

    if args.replay is not None:
        try:
            return replay(args.replay, say, browser=args.browser)
        except ValueError as error:
            raise ProgramError(f"{args.replay}: {error}") from None
    if not args.words:
        raise UsageError("what is to be run? Put -- and your program behind it")
    lesson = None if args.lesson is None else _lesson(args.lesson)
    options = Options(
        args.words,
        port=args.port,
        named=lesson.named if lesson else not args.echo,
        inside=args.inside,
        controls={"pieces": args.pieces},
        browser=args.browser,
        lesson=lesson,
    )
    return _run(options)


def _lesson(number: int) -> "Lesson":
    """Raises UsageError."""
    from ..teaching import lessons

    lesson = lessons.find(number)
    if lesson is None:
        numbers = ", ".join(str(each.number) for each in lessons.all_lessons())
        raise UsageError(f"there is no lesson {number}; there are {numbers}")
    return lesson


def _run(options: "Options") -> int:
    from ..teaching.lab.lab import CannotStart, run

    try:
        # The lab watches its sockets, which only this loop can do on every system.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            return runner.run(run(options, say))
    except CannotStart as error:
        raise ProgramError(str(error)) from None


def say(line: str) -> None:
    print(line, flush=True)
