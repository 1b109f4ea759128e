"""The data directory of a server: one process at a time, and how to reach that process.

`chat.lock` is locked while a server runs; the system releases it when the process ends for any
reason. `control.json` contains the address of the running server and a token with which programs of
the same user on the same machine control it (`hubbub account`).
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .errors import ProgramError
from .file_lock import try_lock

#: Files of a server. The contents of `files` are protected by the folder's permissions.
_WRITTEN = (
    "chat.log*", "chat.db*", "chat-index.db*", "chat.lock", "chat.pem", "control.json", "files",
)  # fmt: skip


class InUse(Exception):
    """Another process uses the directory."""


class Traces:
    """What a start has written to a directory that it has locked."""

    def __init__(self, directory: Path, lock: Path | None) -> None:
        """`lock`: the lock's file, if this start made it."""
        self._directory = directory
        self._lock = lock
        self._there = set(directory.iterdir()) - {lock}

    @contextlib.contextmanager
    def removed_on_failure(self) -> Iterator[None]:
        """If the block raises, remove the server's files that were not there before."""
        try:
            yield
        except BaseException:
            self._remove()
            raise

    def _remove(self) -> None:
        for path in {path for name in _WRITTEN for path in self._directory.glob(name)}:
            if path not in self._there:
                with contextlib.suppress(OSError):  # a folder with something in it
                    path.rmdir() if path.is_dir() else path.unlink()


@contextlib.contextmanager
def made(directory: Path) -> Iterator[None]:
    """Make the directory if needed. If the block raises and nothing is in a new one, remove it."""
    is_new = not directory.exists()
    directory.mkdir(0o700, parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        if is_new:
            with contextlib.suppress(OSError):  # not empty
                directory.rmdir()
        raise


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[Traces]:
    """Lock `directory` for the block, and keep it private. Raises InUse, OSError."""
    keep_private(directory)
    path = directory / "chat.lock"
    is_new = not path.exists()
    with path.open("a") as file:
        if not try_lock(file) or not path.exists():  # or a start that failed has removed it
            raise InUse
        yield Traces(directory, path if is_new else None)


def keep_private(directory: Path) -> None:
    """Make this process create files for its user only, and fix the permissions of files written to
    `directory` by older versions. Other files there are not changed."""
    os.umask(0o077)
    for pattern in _WRITTEN:
        for path in directory.glob(pattern):
            with contextlib.suppress(OSError):  # another user's
                path.chmod(path.stat().st_mode & 0o700)


class Reachable(NamedTuple):
    """Address and control token of a running server."""

    host: str
    port: int
    token: str


def announce(directory: Path, host: str, port: int) -> str:
    """Write control.json, readable by this user only. Returns the control token. Raises
    ProgramError."""
    token = secrets.token_urlsafe(32)
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    path = directory / "control.json"
    try:
        path.unlink(missing_ok=True)  # so that it is created with these permissions
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({"host": local, "port": port, "token": token}, file)
    except OSError as error:
        raise ProgramError(f"cannot write {path}: {error.strerror}") from error
    return token


def withdraw(directory: Path) -> None:
    with contextlib.suppress(OSError):
        (directory / "control.json").unlink()


def find(directory: Path) -> Reachable | None:
    """The server that runs in `directory`, or None if control.json is missing or invalid."""
    try:
        return Reachable(**json.loads((directory / "control.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
