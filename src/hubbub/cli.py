"""The command line: `hubbub serve|client|scan|config`, and the three scripts of a clone.

Adding a command is one function under `@command`. It returns the exit code; what it cannot do it
says by raising ProgramError (exit code 1) or UsageError (2), and one line reaches the person.
What a command needs is imported inside it, so that `--help` is quick and works without it.
"""

import argparse
import difflib
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any, NoReturn

from . import __version__, config
from .addresses import parse_host, parse_port
from .errors import ProgramError, UsageError

Run = Callable[[argparse.Namespace], int]
Argument = tuple[tuple[str, ...], dict[str, Any]]


@dataclass(frozen=True)
class Command:
    """One command: how it is called, what it says of itself, what it does."""

    name: str
    summary: str
    examples: tuple[tuple[str, str], ...]  # (what is typed after the command, what it is for)
    arguments: tuple[Argument, ...]
    run: Run


COMMANDS: dict[str, Command] = {}


def command(
    name: str, summary: str, examples: tuple[tuple[str, str], ...], *arguments: Argument
) -> Callable[[Run], Run]:
    """Make the function below a command."""

    def register(run: Run) -> Run:
        COMMANDS[name] = Command(name, summary, examples, arguments, run)
        return run

    return register


def argument(*names: str, **facts: Any) -> Argument:
    """An argument as argparse takes it."""
    return names, facts


# -- settings on the command line ------------------------------------------------------------------


def _setting_flag(flag: str, metavar: str, text: str) -> Argument:
    """A flag that is a setting of the same name."""
    return argument(flag, metavar=metavar, dest=flag.lstrip("-").replace("-", "_"), help=text)


CONFIG_ARGUMENTS = (
    argument("--config", metavar="FILE", help="settings file, see --print-config"),
    argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="any setting, as in limits.nick_length=20",
    ),
)


class PrintConfig(argparse.Action):
    """`server.py --print-config` is `hubbub config`, for those who have a clone and no `hubbub`."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        sys.stdout.write(config.sample())
        parser.exit()


_SHORT_FLAGS = ("host", "port", "threads", "max_clients", "data_dir", "log_level", "log_text")


def settings_from(args: argparse.Namespace) -> config.Settings:
    """The settings that a command line, the environment and the file it names come to."""
    given = {}
    for item in args.set:
        name, equals, value = item.partition("=")
        if not equals:
            raise UsageError(f"--set {item}: write it as NAME=VALUE")
        given[name.strip()] = value.strip()
    for name in _SHORT_FLAGS:
        if (value := getattr(args, name, None)) is not None:
            given[name] = str(value)
    return config.load(given, os.environ, args.config)


# -- the commands ----------------------------------------------------------------------------------


@command(
    "serve",
    "start the server",
    (
        ("", "for this machine, on 127.0.0.1:50000"),
        ("0.0.0.0", "for every device in your network"),
        ("127.0.0.1 6667 --no-log-text", "another port; chat.log without what is said"),
        ("--print-config > hubbub.toml", "a file with every setting, to be changed"),
        ("--config hubbub.toml", "with the settings in it"),
    ),
    argument(
        "host", nargs="?", metavar="HOST", type=parse_host, help="address to listen on (127.0.0.1)"
    ),
    argument("port", nargs="?", metavar="PORT", type=parse_port, help="port (50000)"),
    *CONFIG_ARGUMENTS,
    _setting_flag("--threads", "N", "I/O threads (as many as help)"),
    _setting_flag("--max-clients", "N", "clients at once (10000)"),
    _setting_flag("--data-dir", "DIR", "where chat.log and chat.db are kept (here)"),
    _setting_flag("--log-level", "LEVEL", "debug, info, warning or error (info)"),
    argument(
        "--no-log-text",
        dest="log_text",
        action="store_const",
        const="false",
        help="leave what people say out of chat.log",
    ),
    argument("--print-config", action=PrintConfig, nargs=0, help="print a sample of all settings"),
)
def serve(args: argparse.Namespace) -> int:
    """Run the server until it is told to stop."""
    from .serve import main as run_server

    return run_server(settings_from(args), lambda: settings_from(args))


@command(
    "client",
    "talk from a terminal",
    (
        ("", "to the server on this machine"),
        ("192.168.1.20 50000", "to a server in your network"),
        ("--nick Alice --channel '#tea'", "with a name, into a channel"),
    ),
    argument("host", nargs="?", metavar="HOST", type=parse_host, default="127.0.0.1",
             help="the server's address or name (127.0.0.1)"),
    argument("port", nargs="?", metavar="PORT", type=parse_port, default=50000,
             help="its port (50000)"),
    argument("--nick", metavar="NAME", help="your name, instead of being asked"),
    argument("--channel", metavar="CHANNEL", default="#lobby", help="where to talk (#lobby)"),
    argument("--tls", action="store_true", help="encrypt the connection"),
    argument("--fingerprint", metavar="SHA256", default="",
             help="encrypt, and accept only the certificate that the server printed"),
    argument("--plain", action="store_true", help="lines only, also on a terminal"),
)  # fmt: skip
def client(args: argparse.Namespace) -> int:
    """Join a server and talk."""
    from .client import run as run_client

    return run_client(
        args.host,
        args.port,
        nick=args.nick,
        channel=args.channel,
        tls=args.tls or bool(args.fingerprint),
        fingerprint=args.fingerprint,
        plain=args.plain,
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 < seconds <= 60:
        raise UsageError(f"{text!r} is not a time: give seconds, at most 60")
    return seconds


@command(
    "scan",
    "find open ports, and Hubbub behind them",
    (
        ("127.0.0.1 50000 50000", "is a server running here?"),
        ("192.168.1.20 1 1024 --timeout 0.3", "the usual services of a machine in your network"),
        ("localhost 49000 51000 --json", "for a program to read"),
    ),
    argument("host", metavar="HOST", type=parse_host, help="address or name to look at"),
    argument("start", metavar="START", type=parse_port, help="first port"),
    argument("end", metavar="END", type=parse_port, help="last port"),
    argument("--timeout", metavar="SECONDS", type=_seconds, default=1.0,
             help="how long a port may take to answer (1)"),
    argument("--json", action="store_true", help="one JSON object in place of the lines"),
    argument("--i-am-authorized", action="store_true",
             help="scan a public address; only with the consent of whoever runs it"),
)  # fmt: skip
def scan(args: argparse.Namespace) -> int:
    """Scan a range of ports."""
    from . import scanner

    return scanner.main(
        args.host,
        args.start,
        args.end,
        timeout=args.timeout,
        as_json=args.json,
        authorized=args.i_am_authorized,
    )


@command(
    "config",
    "print every setting with its meaning, as a file to start from",
    (("> hubbub.toml", "a file with every setting, to be changed"),),
    *CONFIG_ARGUMENTS,
)
def show_config(args: argparse.Namespace) -> int:
    """Print the settings as a commented file."""
    sys.stdout.write(config.sample(settings_from(args)))
    return 0


@command(
    "password",
    "print the hash of a password, for an operator's table in the settings",
    (("", "asks for it twice; or reads it from a pipe"),),
    *CONFIG_ARGUMENTS,
)
def hash_password(args: argparse.Namespace) -> int:
    """Read a password and print its hash."""
    from .credentials import passwords

    typed = _ask_password() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not typed:
        raise ProgramError("no password was given")
    print(passwords.hash_password(typed, settings_from(args).accounts.hash_memory))
    return 0


def _ask_password() -> str:
    from getpass import getpass

    typed = getpass("Password: ")
    if getpass("Once more: ") != typed:
        raise ProgramError("the two are not the same")
    return typed


_ACTIONS = {
    "create": "make one; the password is asked for, or the first line of stdin",
    "passwd": "give it a new password",
    "list": "all of them",
    "show": "all that is kept of one, as JSON",
    "delete": "delete one; its name stays taken (--erase: it may be had again)",
    "suspend": "nobody logs in to it",
    "unsuspend": "take that back",
    "verify": "take its email address as proved",
}


@command(
    "account",
    "make, change and delete accounts, whether the server runs or not",
    (
        ("create alice", "a new account; asks for its password"),
        ("list --json", "for a program to read"),
        ("suspend bob --days 7 --reason flooding", "bob cannot log in for a week"),
    ),
    argument("action", choices=_ACTIONS, metavar="ACTION",
             help="; ".join(f"{name}: {does}" for name, does in _ACTIONS.items())),
    argument("name", nargs="?", metavar="NAME", help="the account (all actions but list)"),
    argument("--email", metavar="ADDRESS", help="with create"),
    argument("--days", metavar="N", type=int, help="with suspend: for so long"),
    argument("--reason", metavar="TEXT", help="with suspend: what its owner is told"),
    argument("--erase", action="store_true", help="with delete: others may have the name"),
    argument("--json", action="store_true", help="with list: one JSON object a line"),
    *CONFIG_ARGUMENTS,
    _setting_flag("--data-dir", "DIR", "where the server keeps its data (here)"),
)  # fmt: skip
def account(args: argparse.Namespace) -> int:
    """Ask the server of the data directory."""
    from . import account_command

    if args.name is None and args.action != "list":
        raise UsageError(f"account {args.action}: which one? Give its NAME")
    return account_command.main(args, settings_from(args))


@command(
    "admin",
    "run the server: people, channels, bans, invitations, reports, the audit log",
    (
        ("", "all that can be asked"),
        ("ban 203.0.113.0/24 7d flooding", "a network, for a week, with a reason"),
        ("invite '#tea' 30 7d", "a link that lets 30 people in"),
        ("audit", "who did what, when and from where"),
        ("promote alice", "make an account an administrator"),
    ),
    argument("action", nargs="?", metavar="ORDER", help="what to ask or do; none: shows them all"),
    argument("words", nargs="*", metavar="WORD", help="what it is about"),
    argument("--json", action="store_true", help="what is told, as JSON"),
    *CONFIG_ARGUMENTS,
    _setting_flag("--data-dir", "DIR", "where the server keeps its data (here)"),
)
def admin(args: argparse.Namespace) -> int:
    """Ask the server of the data directory."""
    from . import admin_command

    return admin_command.main(args, settings_from(args))


_DATA_DIR = _setting_flag("--data-dir", "DIR", "where the server keeps its data (here)")


@command(
    "backup",
    "copy all that was said into one file, while the server runs",
    (
        ("chat-2026-11-22.db", "a whole and checked copy"),
        ("/mnt/usb/chat.db --force", "in place of the one that is there"),
    ),
    argument("file", metavar="FILE", type=Path, help="the file to make"),
    argument("--force", action="store_true", help="replace the file if it is there"),
    *CONFIG_ARGUMENTS,
    _DATA_DIR,
)
def backup(args: argparse.Namespace) -> int:
    """Make a backup."""
    from . import log_commands

    return log_commands.backup(settings_from(args), args.file, force=args.force)


@command(
    "restore",
    "make a backup what the server has; what was there is put aside",
    (("chat-2026-11-22.db", "with the server stopped"),),
    argument("file", metavar="FILE", type=Path, help="the backup"),
    *CONFIG_ARGUMENTS,
    _DATA_DIR,
)
def restore(args: argparse.Namespace) -> int:
    """Go back to a backup."""
    from . import log_commands

    return log_commands.restore(settings_from(args), args.file)


@command(
    "verify",
    "read all that was said and say whether it is as it was written",
    (
        ("", "the server's own, also while it runs"),
        ("chat-2026-11-22.db", "a backup"),
    ),
    argument("file", nargs="?", metavar="FILE", type=Path, help="another file than chat.db"),
    *CONFIG_ARGUMENTS,
    _DATA_DIR,
)
def verify(args: argparse.Namespace) -> int:
    """Check the log."""
    from . import log_commands

    return log_commands.check(settings_from(args), args.file)


def _timezone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UsageError(f"{name!r} is no time zone; one is called Europe/Berlin or UTC") from None


_NUMBER_OF_DAY = "a day as 2026-11-22, or a moment as 2026-11-22T16:30"


@command(
    "export",
    "write out what was said: JSON Lines for programs, HTML for people",
    (
        ("all.jsonl", "every event, of all channels"),
        ("tea.html --channel '#tea'", "one page to read or to print"),
        ("pages/ --channel '#tea' --since 2026-01-01", "a page a day, with an index"),
        ("alice.jsonl --account alice", "an account and what it said"),
    ),
    argument("target", metavar="TARGET", type=Path,
             help="FILE.jsonl or - (JSON Lines), FILE.html (one page), DIRECTORY/ (a page a day)"),
    argument("--format", choices=("jsonl", "html"), help="if the name of TARGET does not tell"),
    argument("--channel", metavar="NAME", action="append", default=[], help="of this channel only; "
             "again for others"),
    argument("--account", metavar="NAME", help="of this account: what it said, and its private "
             "conversations whole"),
    argument("--since", metavar="TIME", help=f"from then on: {_NUMBER_OF_DAY}"),
    argument("--until", metavar="TIME", help="before then"),
    argument("--private", action="store_true", help="also private conversations of everybody"),
    argument("--timezone", metavar="ZONE", type=_timezone,
             help="of the times above and of those in HTML, as in Europe/Berlin (this machine's)"),
    argument("--force", action="store_true", help="replace TARGET if it is there"),
    *CONFIG_ARGUMENTS,
    _DATA_DIR,
)  # fmt: skip
def export(args: argparse.Namespace) -> int:
    """Export messages."""
    from . import export_command

    return export_command.main(args, settings_from(args))


_FORMATS = ("irssi", "weechat", "znc", "slack", "discord", "mattermost", "hubbub")


@command(
    "import",
    "bring in what was said elsewhere: IRC logs, Slack, Discord, Mattermost, Hubbub",
    (
        ("slack-export.zip", "the public channels of a Slack workspace"),
        ("irclogs/libera/#tea.log", "an irssi log, into #tea"),
        ("chat.jsonl --private", "from Mattermost, with what not everybody could read"),
    ),
    argument("files", nargs="+", metavar="FILE", type=Path, help="files, zips or directories"),
    argument("--format", choices=_FORMATS, help="which it is, if that is not found out"),
    argument("--channel", metavar="NAME", help="for IRC logs whose name does not tell"),
    argument("--me", metavar="NICK", help="whose logs they are, for private conversations"),
    argument("--private", action="store_true",
             help="also private channels and conversations; see the manual first"),
    argument("--timezone", metavar="ZONE", type=_timezone,
             help="of logs that do not say, as in Europe/Berlin (this machine's)"),
    *CONFIG_ARGUMENTS,
    _DATA_DIR,
)  # fmt: skip
def bring_in(args: argparse.Namespace) -> int:
    """Import messages; again and again without doubles."""
    from . import log_commands
    from .log.importing.base import Options

    options = Options(args.timezone, args.channel, args.me, args.private)
    return log_commands.bring_in(settings_from(args), args.files, args.format, options)


# -- from the words typed to a command -------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    """argparse, with examples before the rest and errors in one line."""

    def __init__(self, command: Command, program: str) -> None:
        super().__init__(prog=program, description=command.summary[0].upper() + command.summary[1:])
        self.examples = _table(
            (f"{program} {typed}".rstrip(), text) for typed, text in command.examples
        )
        self.add_argument("--version", action="version", version=version())
        for names, facts in command.arguments:
            self.add_argument(*names, **facts)

    def format_help(self) -> str:
        return f"Examples:\n{self.examples}\n{super().format_help()}"

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see --help)")


def _table(rows: Any) -> str:
    rows = list(rows)
    width = max(len(left) for left, _ in rows)
    return "".join(f"  {left:{width}}  {right}\n" for left, right in rows)


def version() -> str:
    """Name, version, and the versions below it that matter in a report."""
    import sqlite3

    return (
        f"Hubbub {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def overview() -> str:
    """What `hubbub` says when asked for nothing in particular."""
    examples = [
        (f"hubbub {c.name} {typed}".rstrip(), text)
        for c in COMMANDS.values()
        for typed, text in c.examples[:2]
    ]
    summaries = [(c.name, c.summary) for c in COMMANDS.values()]
    return (
        f"Examples:\n{_table(examples)}\n"
        "usage: hubbub COMMAND ...   (hubbub COMMAND --help says more)\n\n"
        f"{_table(summaries)}"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """`hubbub COMMAND ...`. Returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in ("-h", "--help"):
        print(overview(), end="")
        return 0 if words else 2
    if words[0] == "--version":
        print(version())
        return 0
    if words[0] not in COMMANDS:
        near = difflib.get_close_matches(words[0], COMMANDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"it is one of {', '.join(COMMANDS)}"
        print(f"hubbub: {words[0]}: no such command, {hint}", file=sys.stderr)
        return 2
    return run(words[0], words[1:], f"hubbub {words[0]}")


def run(
    name: str, words: Sequence[str], program: str, before: Callable[[], None] | None = None
) -> int:
    """One command with its words; `program` is what the person typed to get here.

    `before` happens between reading the words and obeying them.
    """
    chosen = COMMANDS[name]
    try:
        args = _Parser(chosen, program).parse_args(words)
        if before:
            before()
        return chosen.run(args)
    except ProgramError as error:
        print(f"{program.removeprefix('python3 ')}: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # `hubbub config | head`: the reader has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
