"""The directory that a server keeps its data in: one process at a time, and how to reach it.

`chat.lock` is locked as long as a server runs; the system lets go of it when the process ends,
however that happens. `control.json` says where the running server listens, and a word that lets a
program of the same user on the same machine give it orders (`hubbub account`).
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .file_lock import try_lock


class InUse(Exception):
    """Another process has the directory."""


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[None]:
    """This process alone has `directory`. Raises InUse, OSError."""
    with (directory / "chat.lock").open("a") as file:
        if not try_lock(file):
            raise InUse
        yield


class Reachable(NamedTuple):
    """Where a running server takes orders, and the word for it."""

    host: str
    port: int
    token: str


def announce(directory: Path, host: str, port: int) -> str:
    """Write down where this server is, for its own user alone; the word that gives orders."""
    token = secrets.token_urlsafe(32)
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    path = directory / "control.json"
    with contextlib.suppress(FileNotFoundError):
        path.unlink()  # so that it is made anew, with these rights
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"host": local, "port": port, "token": token}, file)
    return token


def withdraw(directory: Path) -> None:
    with contextlib.suppress(OSError):
        (directory / "control.json").unlink()


def find(directory: Path) -> Reachable | None:
    """The server that runs in `directory`, if it has said where it is."""
    try:
        return Reachable(**json.loads((directory / "control.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
