"""The commands for people who write a server of their own: `learn`, `lab`, `grade`, `class`."""

import argparse
import asyncio
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..addresses import parse_host, parse_port
from ..errors import ProgramError, UsageError
from .subcommands import argument, command

if TYPE_CHECKING:
    from ..teaching.lab.lab import Options
    from ..teaching.lessons import Lesson


def _pieces(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 4096:
        raise argparse.ArgumentTypeError(f"{text}: a number from 1 to 4096")
    return int(text)


def _link(text: str) -> str:
    if not text.startswith(("http://", "https://")) or "/join/" not in text:
        raise argparse.ArgumentTypeError(
            f"{text}: a class has a link such as http://HOST/join/WORD"
        )
    return text


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
        ("--class http://192.168.1.20:50080/join/WORD --name Ada", "as a member of a class"),
    ),
    argument("number", nargs="?", metavar="N", type=int, help="number of the lesson"),
    argument("--class", metavar="LINK", dest="link", type=_link, help="link of your class"),
    argument("--name", metavar="NAME", default="", help="your name in the class"),
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
    if args.link and not args.name:
        raise UsageError("a class needs your name: --name NAME")
    if args.link:
        say("class   your teacher sees your name, lesson, step, prediction and passed checks")
    options = Options(
        [sys.executable, str(program), "{port}"],
        named=lesson.named,
        browser=args.browser,
        lesson=lesson,
        class_link=args.link or "",
        name=args.name,
    )
    return _run(options)


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


@command(
    "grade",
    "test a chat server that you wrote, in any language",
    (
        ("-- python3 server.py {port}", "test it up to the first thing that does not hold"),
        ("--all -- python3 server.py {port}", "all 31 checks, worth 100 points"),
        ("--lesson 2 -- python3 start.py {port}", "what lesson 2 is about"),
        ("--build 'javac Chat.java' -- java Chat {port}", "compile it first"),
    ),
    argument("words", nargs="+", metavar="COMMAND",
             help="starts your server, after --; {port} becomes the port, which is also in PORT"),
    argument("--lesson", metavar="N", type=int, choices=range(10),
             help="the checks of this lesson, 0 to 9; up to 3 one person talks to your server"
             " (lessons/protocol.md)"),
    argument("--all", action="store_true", help="go on after a failure"),
    argument("--only", metavar="ID", help="one check, such as line.split, and what it needs"),
    argument("--seed", metavar="N", type=int, help="the same names, texts and cuts again"),
    argument("--build", metavar="CMD", help="run this first; 120 s at most"),
    argument("--show", action="store_true", help="print what the grader does, when it does it"),
    argument("--json", action="store_true", help="print the result as one JSON object"),
    argument("--junit", metavar="FILE", type=Path, help="write the result for JUnit"),
    argument("--gradescope", metavar="FILE", type=Path, help="write the result for Gradescope"),
)  # fmt: skip
def grade(args: argparse.Namespace) -> int:
    """Grade a program."""
    from ..teaching import grader

    seed = secrets.randbelow(9_999) + 1 if args.seed is None else args.seed
    asked = grader.Asked(args.words, args.lesson, args.all, args.only, seed, args.build, args.show)
    return grader.main(asked, as_json=args.json, junit=args.junit, gradescope=args.gradescope)


@command(
    "class",
    "see where the members of your class are",
    (
        ("0.0.0.0", "for every computer in your network"),
        ("", "for this machine only, to try it"),
    ),
    argument("host", nargs="?", metavar="HOST", type=parse_host, default="127.0.0.1",
             help="address to listen on (127.0.0.1)"),
    argument("port", nargs="?", metavar="PORT", type=parse_port, default=50080,
             help="port (50080)"),
    _NO_BROWSER,
)  # fmt: skip
def class_(args: argparse.Namespace) -> int:
    """Serve the grid of a class until Ctrl-C."""
    from ..teaching.classroom.web import serve

    return serve(args.host, args.port, say, browser=args.browser)


def _lesson(number: int) -> "Lesson":
    """Raises UsageError."""
    from ..teaching import lessons

    lesson = lessons.find(number)
    if lesson is None:
        numbers = ", ".join(str(each.number) for each in lessons.all_lessons())
        raise UsageError(f"there is no lesson {number}; there are {numbers}")
    return lesson


def _run(options: "Options") -> int:
    from ..teaching.lab.lab import run
    from ..teaching.program import NotStarted

    try:
        # The lab watches its sockets, which only this loop can do on every system.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            return runner.run(run(options, say))
    except NotStarted as error:
        raise ProgramError(str(error)) from None


def say(line: str) -> None:
    print(line, flush=True)
