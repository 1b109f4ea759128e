"""`hubbub backup`, `restore`, `verify`, `export` and `import`: what people do with the log."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from . import data_dir
from .config import Settings
from .errors import ProgramError
from .log import backup as backups
from .log.verify import Findings, verify
from .progress import Progress


def log_path(settings: Settings) -> Path:
    return settings.data_dir / "chat.db"


@contextlib.contextmanager
def alone(settings: Settings, what: str) -> Iterator[None]:
    """No server runs on the data directory, and none starts meanwhile."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with data_dir.locked(settings.data_dir):
            yield
    except data_dir.InUse:
        raise ProgramError(
            f"a server runs with {settings.data_dir.absolute()}; stop it first, then {what}"
        ) from None


def backup(settings: Settings, target: Path, *, force: bool) -> int:
    if target.exists() and not force:
        raise ProgramError(f"{target} is there already; another name, or --force")
    try:
        with Progress("copying") as progress:
            findings = backups.backup(log_path(settings), target, progress)
    except (backups.NoBackup, OSError) as error:
        raise ProgramError(str(error)) from error
    size = target.stat().st_size
    print(
        f"{target}: {findings.messages:,} messages and {findings.events:,} events in"
        f" {size:,} bytes, checked"
    )
    return 0


def restore(settings: Settings, source: Path) -> int:
    with alone(settings, "restore"):
        try:
            with Progress("restoring") as progress:
                findings, aside = backups.restore(source, log_path(settings), progress)
        except (backups.NoBackup, OSError) as error:
            raise ProgramError(str(error)) from error
    if aside is not None:
        print(f"What was there before is kept as {aside}.")
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
    except OSError as error:
        raise ProgramError(f"{path} cannot be read: {error.strerror}") from error
    for line in described(path, findings):
        print(line)
    return 1 if findings.problems else 0


def described(path: Path, findings: Findings) -> Iterator[str]:
    """What was found, in plain words."""
    yield f"{path}: {findings.messages:,} messages and {findings.events:,} events"
    yield from (f"note: {note}" for note in findings.notes)
    if not findings.problems:
        yield "Every page is sound, every row says what was written. All is well."
        return
    yield from (f"PROBLEM: {problem}" for problem in findings.problems)
    yield "What can be done: stop the server, keep a copy of the damaged file, and restore the"
    yield "last backup (hubbub restore FILE). The damaged file is put aside then, not deleted."


def warn(line: str) -> None:
    print(line, file=sys.stderr)
