"""A client in its own process, controlled by JSON commands, which reports events as JSON."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import npm_clients
from running_server import PATIENCE


class Scripted:
    """A script under Node.js: stdin and stdout carry one JSON value a line."""

    def __init__(self, script: str, *words: str) -> None:
        here = Path(__file__).with_name("clients") / script
        self.process = subprocess.Popen(
            [npm_clients.node(), str(here), str(npm_clients.directory()), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
            start_new_session=True,
        )
        self.happened: list[tuple[str, dict[str, Any]]] = []
        self.complaints: list[str] = []
        self._queue: Queue[tuple[str, dict[str, Any]]] = Queue()
        self._readers = [
            threading.Thread(target=read, daemon=True) for read in (self._read, self._read_errors)
        ]
        for reader in self._readers:
            reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            name, event = json.loads(line)
            self.happened.append((name, event))
            self._queue.put((name, event))

    def _read_errors(self) -> None:
        assert self.process.stderr
        self.complaints.extend(self.process.stderr)

    def does(self, *words: object) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(words) + "\n")

    def until(self, wanted: str, **fields: object) -> dict[str, Any]:
        """The next `wanted` that happens and has these values."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                name, event = self._queue.get(timeout=max(0.01, deadline - time.monotonic()))
            except Empty:
                raise AssertionError(f"no {wanted} {fields}: {self.happened[-6:]}") from None
            if name == wanted and all(event[key] == value for key, value in fields.items()):
                return event

    def ends(self) -> int:
        """It ends by itself; its exit code."""
        code = self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        return code

    def __enter__(self) -> Scripted:
        return self

    def __exit__(self, *_: object) -> None:
        # With the programs that it began, which hold its pipes too.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.ends()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
