"""A whole server in the test process, with its log in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hubbub import config
from hubbub.log.base import Log
from hubbub.log.memory import MemoryLog
from hubbub.serve import Server


@contextmanager
def running(data_dir: Path, log: Log | None = None, **settings: str) -> Iterator[Server]:
    """On a free port, which is `server.port`; `limits__nick_length` is limits.nick_length. Nobody
    is taken for a person because the machine was busy when they were about to speak."""
    changes = {name.replace("__", "."): value for name, value in settings.items()}
    usual = {"port": "0", "data_dir": str(data_dir), "limits.greeting_seconds": "10"}
    server = Server(config.load({**usual, **changes}), log or MemoryLog())
    _, server.port = server.start()  # type: ignore[attr-defined]
    try:
        yield server
    finally:
        server.stop()
