"""The commands `hubbub backup`, `restore`, `verify`, `export` and `import`."""

import argparse
from datetime import tzinfo
from pathlib import Path

from ..errors import UsageError
from .subcommands import (
    CONFIG_ARGUMENTS,
    DATA_DIR,
    argument,
    command,
    settings_from,
)


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
    DATA_DIR,
)
def backup(args: argparse.Namespace) -> int:
    """Make a backup."""
    from . import maintenance

    return maintenance.backup(settings_from(args), args.file, force=args.force)


@command(
    "restore",
    "make a backup what the server has; what was there is put aside",
    (("chat-2026-11-22.db", "with the server stopped"),),
    argument("file", metavar="FILE", type=Path, help="the backup"),
    *CONFIG_ARGUMENTS,
    DATA_DIR,
)
def restore(args: argparse.Namespace) -> int:
    """Go back to a backup."""
    from . import maintenance

    return maintenance.restore(settings_from(args), args.file)


@command(
    "verify",
    "read all that was said and say whether it is as it was written",
    (
        ("", "the server's own, also while it runs"),
        ("chat-2026-11-22.db", "a backup"),
    ),
    argument("file", nargs="?", metavar="FILE", type=Path, help="another file than chat.db"),
    *CONFIG_ARGUMENTS,
    DATA_DIR,
)
def verify(args: argparse.Namespace) -> int:
    """Check the log."""
    from . import maintenance

    return maintenance.check(settings_from(args), args.file)


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
    DATA_DIR,
)  # fmt: skip
def export(args: argparse.Namespace) -> int:
    """Export messages."""
    from . import export

    return export.main(args, settings_from(args))


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
    argument("--format", choices=_FORMATS, metavar="FORMAT",
             help=f"which it is, if that is not found out: {', '.join(_FORMATS)}"),
    argument("--channel", metavar="NAME", help="for IRC logs whose name does not tell"),
    argument("--me", metavar="NICK", help="whose logs they are, for private conversations"),
    argument("--private", action="store_true",
             help="also private channels and conversations; see docs/durability.md first"),
    argument("--timezone", metavar="ZONE", type=_timezone,
             help="of logs that do not say, as in Europe/Berlin (this machine's)"),
    *CONFIG_ARGUMENTS,
    DATA_DIR,
)  # fmt: skip
def bring_in(args: argparse.Namespace) -> int:
    """Import messages; a repeated import creates no duplicates."""
    from ..archive.importing.sources import Options
    from . import maintenance

    options = Options(args.timezone, args.channel, args.me, args.private)
    return maintenance.bring_in(settings_from(args), args.files, args.format, options)
