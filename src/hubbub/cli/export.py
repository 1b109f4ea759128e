"""`hubbub export`: turn its arguments into the scope and the output of an export."""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
import time
from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from ..archive.exporting.export_files import Counted, new_file, write_days, write_lines, write_page
from ..archive.exporting.html import Pages
from ..archive.exporting.selection import ExportScope, NothingThere, Selection
from ..config import Settings
from ..errors import ProgramError, UsageError
from ..events.conversations import people_of
from ..handlers.accounts.lifecycle import export_account
from ..log.base import LogFailed
from ..log.rows import Damaged
from ..model.replay import replay
from ..protocol.modes import CLOSED, SIGNS
from .maintenance import check_free, log_path
from .progress import Progress


def main(args: argparse.Namespace, settings: Settings) -> int:
    path = log_path(settings)
    if not path.exists():
        raise ProgramError(f"there is no {path}")
    wanted = ExportScope(
        tuple(args.channel),
        args.account,
        _moment(args.since, "--since", args.timezone),
        _moment(args.until, "--until", args.timezone),
        args.private,
    )
    write = _writer(args, settings)
    try:
        selection = Selection(path, wanted)
        with Progress("exporting") as progress:
            counted = write(selection, _facts(selection), progress)
    except (NothingThere, LogFailed, Damaged) as error:
        raise ProgramError(str(error)) from error
    except sqlite3.Error as error:
        raise ProgramError(f"{path} cannot be read: {error}") from error
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ProgramError(f"{args.target}: {error.strerror or error}") from error
    if args.target != Path("-"):
        print(f"{args.target}: {counted.messages:,} messages and {counted.events:,} other events")
    if selection.private_left_out:
        count = selection.private_left_out
        what = f"private conversation{'s' * (count != 1)}"
        print(f"Left out: {count} {what} (--private takes what is private too).", file=sys.stderr)
    selection.close()
    if selection.left_out:
        print(f"Not in it: {selection.left_out:,} damaged messages.", file=sys.stderr)
    return 1 if selection.left_out else 0


_Write = Callable[[Selection, dict[str, Any], Progress], Counted]


def _writer(args: argparse.Namespace, settings: Settings) -> _Write:
    """Choose the output format. Raises UsageError, ProgramError."""
    target, made = args.target, time.time_ns() // 1_000_000
    if target == Path("-"):
        if args.format == "html":
            raise UsageError("export: HTML goes to a file or a directory, not to -")
        return lambda selection, facts, progress: write_lines(
            selection, sys.stdout, made, facts | _channels(selection), progress
        )
    kind = args.format or {".jsonl": "jsonl", ".json": "jsonl", ".html": "html"}.get(target.suffix)
    if kind is None and (target.is_dir() or not target.suffix):
        kind = "html"
    if kind is None:
        raise UsageError(f"export {target}: is it jsonl or html? --format says so")
    in_days = kind == "html" and target.suffix != ".html"
    if not in_days:
        check_free(settings, target, force=args.force)
    elif target.exists() and not target.is_dir():
        raise ProgramError(f"{target} is a file")
    elif target.exists() and os.listdir(target) and not args.force:
        raise ProgramError(f"{target} is not empty; another name, or --force")
    pages = Pages(args.timezone, by_day=in_days)

    def write(selection: Selection, facts: dict[str, Any], progress: Progress) -> Counted:
        if in_days:
            target.mkdir(mode=0o700, parents=True, exist_ok=True)
            return write_days(selection, target, made, pages, progress)
        with new_file(target) as file:
            if kind == "jsonl":
                facts |= _channels(selection)
                return write_lines(selection, file, made, facts, progress)
            return write_page(selection, file, made, pages, progress)

    return write


def _facts(selection: Selection) -> dict[str, Any]:
    """Facts for the first line: the scope, and the data of the account."""
    wanted = selection.wanted
    facts: dict[str, Any] = {
        name: value for name, value in wanted._asdict().items() if value not in (None, (), False)
    }
    if wanted.account is not None:
        network = replay(selection)
        account = network.accounts.get(wanted.account)
        if account is None and not selection.conversations:
            raise NothingThere(f"nothing is kept of an account {wanted.account}")
        facts["account"] = export_account(network, account) if account else wanted.account
    return facts


def _channels(selection: Selection) -> dict[str, Any]:
    """What an import must know of the channels: an id that survives renames, and which of them are
    closed, or were when they ended (their history is under a name with a comma from then on)."""
    network = replay(selection)
    ids = {name: id for id, name in selection.conversations.items() if not people_of(name)}
    closed = {
        name for name, channel in network.channels.items() if not CLOSED.isdisjoint(channel.modes)
    }
    closed.update(network.closed)
    return {"conversations": ids, "closed": sorted(closed & {name.lstrip(SIGNS) for name in ids})}


def _moment(text: str | None, flag: str, zone: tzinfo | None) -> int | None:
    """Parse a day or a time to ms since 1970. Raises UsageError."""
    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{flag} {text}: write it as 2026-11-22 or 2026-11-22T16:30") from None
    if when.tzinfo is None and zone is not None:
        when = when.replace(tzinfo=zone)
    return round(when.timestamp() * 1000)
