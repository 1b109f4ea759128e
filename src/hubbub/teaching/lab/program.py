"""The program under observation: started with a port, its output read, ended as a whole."""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from ..program import PORTS, with_port
from . import inside
from .trace import Trace

WINDOWS = os.name == "nt"
LONGEST_LINE = 1000  # characters of a printed line that are kept
#: Seconds that a program has to end after it was asked to.
PATIENCE = 3.0


class CannotStart(Exception):
    """The program cannot be started; the text says why."""


def free_port() -> int:
    """A port of loopback that nobody listens at."""
    for port in random.sample(PORTS, 100):
        with socket.socket() as trial, contextlib.suppress(OSError):
            trial.bind(("127.0.0.1", port))
            return port
    raise CannotStart("no port from 20000 to 29999 is free")


def is_python(command: Sequence[str]) -> bool:
    """Is it `python SCRIPT ...`, which can be run so that it reports its reads and writes?"""
    name = Path(command[0]).name.lower().removesuffix(".exe")
    python = name == "py" or name.startswith("python")
    return python and len(command) > 1 and command[1].endswith(".py")


class Program:
    """A running program. `report_to` is the port and the secret for reports from the inside."""

    def __init__(
        self,
        command: Sequence[str],
        port: int,
        trace: Trace,
        report_to: tuple[int, str] | None = None,
    ) -> None:
        self.port = port
        self._trace = trace
        words = with_port(command, port)
        if report_to is not None and is_python(words):
            words[1:1] = [inside.__file__, str(report_to[0]), report_to[1]]
        self._process = _start(words, port)
        trace.add("program", command=" ".join(with_port(command, port)), pid=self._process.pid)
        self._readers = [
            self._read(self._process.stdout, "out"),
            self._read(self._process.stderr, "err"),
        ]
        threading.Thread(target=self._wait, name="lab-program", daemon=True).start()

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def _read(self, stream: IO[str] | None, name: str) -> threading.Thread:
        """Read what the program prints, always: a full pipe would stop it."""
        assert stream is not None

        def read() -> None:
            with stream:
                for line in iter(lambda: stream.readline(LONGEST_LINE), ""):
                    self._trace.add("printed", stream=name, text=line.rstrip("\n"))

        thread = threading.Thread(target=read, name=f"lab-program-{name}", daemon=True)
        thread.start()
        return thread

    def _wait(self) -> None:
        code = self._process.wait()
        for reader in self._readers:
            reader.join(1)  # its last words come before its end
        how = {"code": code} if code >= 0 else {"signal": signal.Signals(-code).name}
        self._trace.add("ended", **how)

    def stop(self) -> None:
        """End the program and what it started: ask first, as Ctrl-C does."""
        if self.running:
            self._ask_to_end()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(PATIENCE)
        self._kill()
        self._process.wait()

    def _ask_to_end(self) -> None:
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                self._process.send_signal(signal.CTRL_BREAK_EVENT)
            else:
                os.killpg(self._process.pid, signal.SIGINT)

    def _kill(self) -> None:
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                self._process.kill()
            else:
                os.killpg(self._process.pid, signal.SIGKILL)


def _start(words: list[str], port: int) -> subprocess.Popen[str]:
    found = shutil.which(words[0])
    if found is None:
        raise CannotStart(f"there is no program {words[0]}")
    environment = os.environ | {"PORT": str(port), "PYTHONUNBUFFERED": "1"}
    try:
        return subprocess.Popen(
            [found, *words[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=environment,
            start_new_session=not WINDOWS,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    except OSError as error:
        raise CannotStart(f"{words[0]} cannot be started: {error.strerror}") from None


def new_secret() -> str:
    """A word that nobody guesses, for addresses and reports."""
    return secrets.token_urlsafe(16)
