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
    "copy the log into one file while the server runs",
    (
        ("chat-2026-11-22.db", "make a complete, verified copy"),
        ("/mnt/usb/chat.db --force", "replace an existing backup"),
    ),
    argument("file", metavar="FILE", type=Path, help="the new file"),
    argument("--force", action="store_true", help="replace an existing file"),
    *CONFIG_ARGUMENTS,
    DATA_DIR,
)
def backup(args: argparse.Namespace) -> int:
    """Make a backup."""
    from . import maintenance

    return maintenance.backup(settings_from(args), args.file, force=args.force)


@command(
    "restore",
    "replace the log by a backup; the old log is renamed",
    (("chat-2026-11-22.db", "while the server is stopped"),),
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
    "check the log or a backup for missing and damaged data",
    (
        ("", "check the log, even while the server runs"),
        ("chat-2026-11-22.db", "check a backup"),
    ),
    argument("file", nargs="?", metavar="FILE", type=Path, help="file to check instead of chat.db"),
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


_TIME = "a day such as 2026-11-22, or a time such as 2026-11-22T16:30"


@command(
    "export",
    "export messages: JSON Lines for programs, HTML for people",
    (
        ("all.jsonl", "every event of all channels"),
        ("tea.html --channel '#tea'", "one page to read or to print"),
        ("pages/ --channel '#tea' --since 2026-01-01", "one page per day, with an index"),
        ("alice.jsonl --account alice", "an account and its messages"),
    ),
    argument("target", metavar="TARGET", type=Path,
             help="FILE.jsonl or - (JSON Lines), FILE.html (one page),"
             " DIRECTORY/ (one page per day)"),
    argument("--format", choices=("jsonl", "html"), help="if it is not clear from TARGET"),
    argument(
        "--channel", metavar="NAME", action="append", default=[],
        help="only this channel; repeatable",
    ),
    argument(
        "--account", metavar="NAME",
        help="the messages of this account, and its whole private conversations",
    ),
    argument("--since", metavar="TIME", help=f"from then on: {_TIME}"),
    argument("--until", metavar="TIME", help="until then, exclusive"),
    argument(
        "--private", action="store_true",
        help="include the private conversations of everybody",
    ),
    argument("--timezone", metavar="ZONE", type=_timezone,
             help="time zone of --since, --until and HTML, such as Europe/Berlin (this machine's)"),
    argument("--force", action="store_true", help="replace an existing TARGET"),
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
    "import history: IRC logs, Slack, Discord, Mattermost, Hubbub",
    (
        ("slack-export.zip", "import the public channels of a Slack workspace"),
        ("irclogs/libera/#tea.log", "import an irssi log into #tea"),
        ("chat.jsonl --private", "import from Mattermost, including private channels"),
        ("chat.jsonl --channel red/dev --as '#red-dev'", "one channel, under a name of your own"),
    ),
    argument("files", nargs="+", metavar="FILE", type=Path,
             help="files, directories, zips or tars"),
    argument("--format", choices=_FORMATS, metavar="FORMAT",
             help=f"if it is not detected: {', '.join(_FORMATS)}"),
    argument(
        "--channel", metavar="NAME",
        help="only this channel of an export; of IRC logs: theirs, if not clear from the file name",
    ),
    argument("--as", dest="called", metavar="NAME",
             help="the channel here, whatever it is called there"),
    argument("--me", metavar="NICK", help="owner of the logs, for private conversations"),
    argument("--private", action="store_true",
             help="include private channels and conversations; see docs/durability.md first"),
    argument("--timezone", metavar="ZONE", type=_timezone,
             help="time zone of logs without one, such as Europe/Berlin (this machine's)"),
    argument("--strict", action="store_true",
             help="import nothing if one record cannot be read, instead of leaving it out"),
    *CONFIG_ARGUMENTS,
    DATA_DIR,
)  # fmt: skip
def bring_in(args: argparse.Namespace) -> int:
    """Import messages; a repeated import creates no duplicates."""
    from ..archive.importing.sources import Options
    from . import maintenance

    options = Options(
        args.timezone, args.channel, args.me, args.private, args.strict, called=args.called
    )
    return maintenance.bring_in(settings_from(args), args.files, args.format, options)
