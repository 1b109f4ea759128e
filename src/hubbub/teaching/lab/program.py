"""The program in the lab: a run of it whose output and end are events of the trace."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

from .. import program
from ..program import with_port
from . import inside
from .trace import Trace

LONGEST_LINE = 1000  # characters of a printed line that are kept
#: Seconds that a program has to end after it was asked to.
PATIENCE = 3.0


def is_python(command: Sequence[str]) -> bool:
    """Is it `python SCRIPT ...`, which can be run so that it reports its reads and writes?"""
    name = Path(command[0]).name.lower().removesuffix(".exe")
    python = name == "py" or name.startswith("python")
    return python and len(command) > 1 and command[1].endswith(".py")


class ObservedProgram:
    """A running program. `report_to` is the port and the secret for reports from the inside.
    Raises NotStarted if it cannot be started."""

    def __init__(
        self,
        command: Sequence[str],
        port: int,
        trace: Trace,
        report_to: tuple[int, str] | None = None,
    ) -> None:
        self.port = port
        self._trace = trace
        self._unfinished = b""
        words = list(command)
        if report_to is not None and is_python(words):
            words[1:1] = [inside.__file__, str(report_to[0]), report_to[1]]
        self._run = program.Program(words, port, hears=self._hear)
        trace.add("program", command=" ".join(with_port(command, port)), pid=self._run.pid)
        threading.Thread(target=self._wait, name="lab-program", daemon=True).start()

    @property
    def running(self) -> bool:
        return self._run.exit_code is None

    def _hear(self, data: bytes) -> None:
        *lines, self._unfinished = (self._unfinished + data).split(b"\n")
        for line in lines:
            text = line[:LONGEST_LINE].decode("utf-8", "replace").rstrip("\r")
            self._trace.add("printed", text=text)
        self._unfinished = self._unfinished[:LONGEST_LINE]

    def _wait(self) -> None:
        code = self._run.wait()
        how = {"code": code} if code >= 0 else {"signal": signal.Signals(-code).name}
        self._trace.add("ended", **how)

    def stop(self) -> None:
        """End the program and what it started: ask first, as Ctrl-C does."""
        if self.running:
            with contextlib.suppress(OSError):
                self._run.interrupt()
            self._run.has_ended_within(PATIENCE)
        self._run.kill()
