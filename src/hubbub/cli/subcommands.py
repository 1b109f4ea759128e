"""The table of commands, and arguments that several of them share."""

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
    """One command: name, summary, examples, arguments, function."""

    name: str
    summary: str
    examples: tuple[tuple[str, str], ...]  # (arguments to type, purpose)
    arguments: tuple[Argument, ...]
    run: Run


COMMANDS: dict[str, Subcommand] = {}


def command(
    name: str, summary: str, examples: tuple[tuple[str, str], ...], *arguments: Argument
) -> Callable[[Run], Run]:
    """Register the decorated function as a command."""

    def register(run: Run) -> Run:
        COMMANDS[name] = Subcommand(name, summary, examples, arguments, run)
        return run

    return register


def argument(*names: str, **facts: Any) -> Argument:
    """An argument with the parameters of argparse's add_argument."""
    return names, facts


# -- settings on the command line ------------------------------------------------------------------


def setting_flag(flag: str, metavar: str, text: str) -> Argument:
    """An option that sets the setting of the same name."""
    return argument(flag, metavar=metavar, dest=flag.lstrip("-").replace("-", "_"), help=text)


CONFIG_ARGUMENTS = (
    argument("--config", metavar="FILE", help="settings file, see --print-config"),
    argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="any setting, such as limits.nick_length=20",
    ),
)


DATA_DIR = setting_flag("--data-dir", "DIR", "data directory of the server (the current one)")


class PrintConfig(argparse.Action):
    """`server.py --print-config` runs `hubbub config`, because people look for it there."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        sys.stdout.write(config.sample())
        parser.exit()


_SHORT_FLAGS = ("host", "port", "threads", "max_clients", "data_dir", "log_level", "log_text")


def settings_from(args: argparse.Namespace) -> config.Settings:
    """The settings from the command line, the environment and the file."""
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
