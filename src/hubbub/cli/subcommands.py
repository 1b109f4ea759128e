"""The table of commands, and the arguments that several of them take."""

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import config
from ..errors import UsageError

Run = Callable[[argparse.Namespace], int]
Argument = tuple[tuple[str, ...], dict[str, Any]]


@dataclass(frozen=True)
class Subcommand:
    """One command: how it is called, what it says of itself, what it does."""

    name: str
    summary: str
    examples: tuple[tuple[str, str], ...]  # (what is typed after the command, what it is for)
    arguments: tuple[Argument, ...]
    run: Run


COMMANDS: dict[str, Subcommand] = {}


def command(
    name: str, summary: str, examples: tuple[tuple[str, str], ...], *arguments: Argument
) -> Callable[[Run], Run]:
    """Make the function below a command."""

    def register(run: Run) -> Run:
        COMMANDS[name] = Subcommand(name, summary, examples, arguments, run)
        return run

    return register


def argument(*names: str, **facts: Any) -> Argument:
    """An argument as argparse takes it."""
    return names, facts


# -- settings on the command line ------------------------------------------------------------------


def setting_flag(flag: str, metavar: str, text: str) -> Argument:
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


DATA_DIR = setting_flag("--data-dir", "DIR", "where the server keeps its data (here)")


class PrintConfig(argparse.Action):
    """`server.py --print-config` is `hubbub config`, where one looks for it first."""

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
