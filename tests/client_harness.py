"""Servers for the client's tests: a real one in this process, one in its own process, and one
played by the test.
"""

import asyncio
import contextlib
import os
import select
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from harness import with_settings
from running_server import PATIENCE, chat_log_of

from hubbub.config import LimitSettings
from hubbub.log.sqlite import SqliteLog
from hubbub.serve import Server

ROOT = Path(__file__).parents[1]
SOON = PATIENCE


class RealServer:
    """The server, in threads of this process, on a port of its own that it keeps over a restart."""

    def __init__(
        self, folder: Path, port: int = 0, more: dict[str, Any] | None = None, **limits: float
    ) -> None:
        self.folder = folder
        self.more = more or {}
        self.port = port
        # A script that says fifty lines is slowed down all the same, and nobody waits for it.
        self.limits = LimitSettings(**{"flood_rate": 100.0, **limits})  # type: ignore[arg-type]
        self.running: Server | None = None

    def start(self) -> "RealServer":
        settings = replace(
            with_settings(**self.more), port=self.port, data_dir=self.folder, limits=self.limits
        )
        self.running = Server(settings, SqliteLog(self.folder / "chat.db", durable=False))
        _, self.port = self.running.start()
        return self

    def stop(self) -> None:
        if self.running is not None:
            self.running.stop()
            self.running = None

    @property
    def chat_log(self) -> str:
        return chat_log_of(self.folder, is_running=self.running is not None)


@pytest.fixture
def server(tmp_path, kept_port):
    running = RealServer(tmp_path, kept_port, greeting_seconds=10).start()
    yield running
    running.stop()


class Played:
    """One connection of a server that the test plays."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def hears(self) -> str:
        """The next line; empty at the end."""
        return (await self._reader.readline()).decode().rstrip("\r\n")

    async def hears_until(self, beginning: str) -> str:
        """The next line with this beginning, its tags left out of account; lines before it are
        skipped.
        """
        while line := await self.hears():
            if line.startswith(beginning) or line.partition(" ")[2].startswith(beginning):
                return line
        raise AssertionError(f"the client left without {beginning}")

    def says(self, *lines: str) -> None:
        self._writer.write("".join(line + "\r\n" for line in lines).encode())

    async def welcomes(self, nick: str, caps: str = "batch echo-message labeled-response") -> None:
        """Let the client in, into #lobby, with nobody else there."""
        await self.hears_until("CAP LS")
        self.says(f":s CAP * LS :{caps}")
        await self.hears_until("CAP REQ")
        self.says(f":s CAP * ACK :{caps}")
        await self.hears_until("CAP END")
        self.says(f":s 001 {nick} :Welcome")
        await self.hears_until("JOIN")
        self.says(
            f":{nick}!u@h JOIN #lobby",
            f":s 353 {nick} = #lobby :{nick}",
            f":s 366 {nick} #lobby :End",
        )

    def breaks(self) -> None:
        """The connection is gone, at once."""
        self._writer.transport.abort()


@contextlib.asynccontextmanager
async def played(*scripts):
    """A server whose connections, in the order they come, are played by these; the port.

    An error in a script is raised at the end.
    """
    waiting = list(scripts)
    tasks = []

    async def accept(reader, writer):
        tasks.append(asyncio.current_task())
        if waiting:
            await waiting.pop(0)(Played(reader, writer))
        writer.close()

    listening = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1]
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome


def clean_environment(**more: str) -> dict[str, str]:
    """What a child gets: nothing that changes how Python or a terminal behaves."""
    dropped = ("PYTHON", "HUBBUB", "TERM", "NO_COLOR", "LC_", "LANG")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return kept | {"PYTHONPATH": str(ROOT / "src"), "LANG": "C.UTF-8"} | more


@pytest.fixture
def piped():
    """Run the client as a filter: (exit code, stdout, stderr) for an input."""

    def run(port, text, *arguments, timeout=SOON):
        done = subprocess.run(
            [sys.executable, "-m", "hubbub", "client", "127.0.0.1", str(port), *arguments],
            input=text.encode(),
            capture_output=True,
            timeout=timeout,
            env=clean_environment(),
            check=False,
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return run


class Filter:
    """client.py with pipes to it: a program that stays and is talked to."""

    def __init__(self, port: int, *arguments: str, stdout: int = subprocess.PIPE) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hubbub", "client", "127.0.0.1", str(port), *arguments],
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=subprocess.PIPE,
            env=clean_environment(),
            bufsize=0,
        )
        self._rest = {"out": b"", "err": b""}

    def says(self, *lines: str) -> None:
        for line in lines:
            self.process.stdin.write(line.encode() + b"\n")

    def hears(self, beginning: str = "", *, on: str = "out") -> str:
        """The next line on stdout (or stderr) with this beginning; those before it are skipped."""
        pipe = self.process.stdout if on == "out" else self.process.stderr
        while True:
            line, newline, rest = self._rest[on].partition(b"\n")
            if newline:
                self._rest[on] = rest
                if line.decode().startswith(beginning):
                    return line.decode()
                continue
            ready, _, _ = select.select([pipe], [], [], SOON)
            data = os.read(pipe.fileno(), 65536) if ready else b""
            if not data:
                raise AssertionError(f"no line {beginning!r} on {on}, but {self._rest[on]!r}")
            self._rest[on] += data

    def ends(self) -> tuple[int, str]:
        """At the end of its input: the exit code, and what stderr still held."""
        _, err = self.process.communicate(timeout=SOON)
        lines = (self._rest["err"] + err).decode().splitlines(keepends=True)
        # How often it has tried in vain until then is nobody's business.
        told = [line for line in lines if not line.startswith("* Still no connection")]
        return self.process.returncode, "".join(told)


@pytest.fixture
def talking():
    """Start filters that have been let in."""
    running = []

    def start(port, name, **more):
        running.append(Filter(port, **more))
        running[-1].says(name)
        running[-1].hears("* ", on="err")
        return running[-1]

    yield start
    for one in running:
        one.process.kill()
        one.process.communicate()
