"""Implementation of `hubbub backup`, `restore`, `verify` and `import`."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from .. import data_dir
from ..archive import backup as backups
from ..archive import backup_files
from ..archive.importing.formats import format_of, found_in
from ..archive.importing.merging import ImportReport, Merger
from ..archive.importing.sources import (
    ImportedMessage,
    NotReadable,
    Options,
    SourceFiles,
    nick_from,
)
from ..archive.verify import Findings, NotALog, verify
from ..config import Settings
from ..errors import ProgramError, plainly
from ..invocation import command_line
from ..log.base import LogFailed, LogFull
from ..log.index import index_path
from .progress import Progress


def log_path(settings: Settings) -> Path:
    return settings.data_dir / "chat.db"


@contextlib.contextmanager
def alone(settings: Settings, what: str) -> Iterator[None]:
    """Lock the data directory for the block. Raises ProgramError if a server uses it."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with data_dir.locked(settings.data_dir):
            yield
    except data_dir.InUse:
        raise ProgramError(
            f"a server runs with {settings.data_dir.absolute()}; stop it first, then {what}"
        ) from None


def check_free(settings: Settings, target: Path, *, force: bool) -> None:
    """Raises ProgramError if `target` exists, unless `force`."""
    if not target.exists():
        return
    own = log_path(settings)
    if any(each.exists() and target.samefile(each) for each in (own, index_path(own))):
        raise ProgramError(f"{target} is what the server itself works with; another name")
    if not target.is_file():
        raise ProgramError(f"{target} is {'a directory' if target.is_dir() else 'no file'}")
    if not force:
        raise ProgramError(f"{target} is there already; another name, or --force")


def backup(settings: Settings, target: Path, *, force: bool) -> int:
    check_free(settings, target, force=force)
    try:
        with Progress("copying") as progress:
            findings = backups.backup(log_path(settings), target, progress)
        count, room = backup_files.back_up(settings.data_dir, target)
    except (backups.NoBackup, NotALog) as error:
        raise ProgramError(str(error)) from error
    size = target.stat().st_size
    print(
        f"{target}: {findings.messages:,} messages and {findings.events:,} events in"
        f" {size:,} bytes, checked"
    )
    if count:
        print(
            f"{backup_files.beside(target)}:"
            f" {count:,} uploaded file{'s' * (count != 1)} in {room:,} bytes"
        )
    return 0


def restore(settings: Settings, source: Path) -> int:
    with alone(settings, "restore"):
        try:
            with Progress("restoring") as progress:
                findings, aside = backups.restore(source, log_path(settings), progress)
            files_aside = backup_files.bring_back(settings.data_dir, source)
        except (backups.NoBackup, NotALog) as error:
            raise ProgramError(str(error)) from error
    if aside is not None:
        print(f"What was there before is kept as {aside}.")
    if files_aside is not None:
        print(f"The files that were there before are kept in {files_aside}.")
    print(
        f"{log_path(settings)} is the backup now: {findings.messages:,} messages and"
        f" {findings.events:,} events, checked."
    )
    return 0


def check(settings: Settings, file: Path | None) -> int:
    path = file or log_path(settings)
    try:
        with Progress("reading") as progress:
            findings = verify(path, progress)
    except FileNotFoundError:
        raise ProgramError(f"there is no {path}") from None
    except NotALog as error:
        raise ProgramError(str(error)) from error
    for line in described(path, findings):
        print(line)
    return 1 if findings.problems else 0


def described(path: Path, findings: Findings) -> Iterator[str]:
    """Describe findings in plain words."""
    yield f"{path}: {findings.messages:,} messages and {findings.events:,} events"
    yield from (f"note: {note}" for note in findings.notes)
    if not findings.problems:
        yield "Every page is sound, every row says what was written. All is well."
        return
    yield from (f"PROBLEM: {problem}" for problem in findings.problems)
    yield "What can be done: stop the server, keep a copy of the damaged file, and restore the"
    yield f"last backup ({command_line()} restore FILE). The damaged file is put aside then, and"
    yield "not deleted."


def bring_in(
    settings: Settings, paths: Sequence[Path], format: str | None, options: Options
) -> int:
    """`hubbub import`."""
    from ..launch import open_log

    with alone(settings, "import"):
        try:
            sources = [SourceFiles(path) for path in paths]
            formats = [format_of(source, format) for source in sources]
        except NotReadable as error:
            raise ProgramError(str(error)) from error
        log = open_log(settings)
        options.own = log.id
        with contextlib.closing(log):
            try:
                with Progress("importing") as progress:
                    found = (
                        said
                        for source, kind in zip(sources, formats, strict=True)
                        for said in _watched(found_in(source, kind, options), sources, progress)
                    )
                    report = Merger(log, options).keep(found)
            except (NotReadable, LogFull, LogFailed) as error:
                raise ProgramError(f"nothing was imported: {error}") from error
            except OSError as error:
                raise ProgramError(f"nothing was imported: {plainly(error)}") from error
            except KeyboardInterrupt:
                print("hubbub import: stopped, nothing was imported", file=sys.stderr)
                raise
            for line in _imported(report, options):
                print(line)
            log.index.catch_up()
    for line in _damaged(options.damaged):
        print(line, file=sys.stderr)
    return 1 if options.damaged and not report.new + report.known else 0


#: Damaged records that are named.
_NAMED = 20


def _damaged(found: Sequence[str]) -> Iterator[str]:
    """Name what could not be read."""
    yield from (f"Not read: {each}" for each in found[:_NAMED])
    if len(found) > _NAMED:
        yield f"Not read: {len(found) - _NAMED:,} more"


def _watched(
    found: Iterable[ImportedMessage], sources: Sequence[SourceFiles], progress: Progress
) -> Iterator[ImportedMessage]:
    size = sum(source.size for source in sources)
    for number, said in enumerate(found):
        if number % 100 == 0:
            progress(sum(source.done for source in sources), size)
        yield said


def _imported(report: ImportReport, options: Options) -> Iterator[str]:
    yield (
        f"{report.new:,} messages and {report.reactions:,} reactions imported into"
        f" {len(report.conversations)} conversations; {report.known:,} were there already"
        + (f", {report.changed:,} of them changed since." if report.changed else ".")
        + (f" {report.deleted:,} were deleted since." if report.deleted else "")
    )
    for name, count in sorted(report.conversations.items()):
        yield f"  {name}: {count:,}"
    for here, there in report.apart.items():
        yield (
            f"{here} is what was {there} there; {there} here is another channel"
            " (--channel and --as choose)."
        )
    for here, there in sorted(options.nicks.apart.items()):
        yield f"{here} is {there} there; {nick_from(there)} is somebody else."
    if report.earliest is not None and report.latest is not None:
        yield f"They were said between {_day_of(report.earliest)} and {_day_of(report.latest)}."
    if report.wordless:
        options.skipped["messages without words"] += report.wordless
    for why, count in options.skipped.items():
        yield f"Left out: {count:,} {why}."


def _day_of(time: int) -> str:
    return datetime.fromtimestamp(time / 1000).strftime("%Y-%m-%d %H:%M")
