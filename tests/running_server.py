"""A real server in its own process, and sockets that talk to it, for tests on the wire.

Nothing sleeps: all waits are for a line, an end of file or an exit, and fail after `PATIENCE`
seconds.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from queue import Empty, Queue
from typing import TypeVar

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
#: Seconds after which what should have happened at once counts as not happening. The machine may
#: be slow, and busy with other things.
PATIENCE = 100.0


def eventually(found: Callable[[], T]) -> T:
    """The first truth that is found: for what nobody tells of, as a line in a file."""
    deadline = time.monotonic() + PATIENCE
    while not (truth := found()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)
    return truth


def chat_log_of(data: Path, *, is_running: bool) -> str:
    """chat.log; of a server that runs when it has all that is in chat.db now."""
    if is_running:
        with contextlib.closing(sqlite3.connect(data / "chat.db")) as db:
            last = max(
                db.execute(f"SELECT max(position) FROM {table}").fetchone()[0] or 0
                for table in ("message", "event")
            )
        eventually(lambda: _is_in_chat_log(data, last))
    return (data / "chat.log").read_text("utf-8")


def _is_in_chat_log(data: Path, position: int) -> bool:
    with contextlib.suppress(FileNotFoundError, ValueError):  # it comes, or it is being written
        state = json.loads((data / "chat.log.state").read_bytes())
        return bool(state["position"] >= position)
    return False


@contextlib.contextmanager
def port_of_ours() -> Iterator[int]:
    """A port for servers that follow each other. What the system hands out between two of them
    (port 0, the near end of any connection) lies above it; what other tests use so has another
    number, as the UDP port of that number is held meanwhile.
    """
    for port in random.SystemRandom().sample(range(20_000, 30_000), 1_000):
        with socket.socket(type=socket.SOCK_DGRAM) as held:
            try:
                held.bind(("127.0.0.1", port))
                with socket.create_server(("127.0.0.1", port)):
                    pass
            except OSError:
                continue
            yield port
            return
    raise AssertionError("all ports are taken")


class DidNotStart(AssertionError):
    """The server ended instead; `server` holds what it printed."""

    def __init__(self, server: RunningServer) -> None:
        super().__init__(f"printed {server.printed}, errors {server.errors}")
        self.server = server


def environment(data: Path, *, port: int = 0, **settings: object) -> dict[str, str]:
    """For a server on a free port of 127.0.0.1, its data in `data`."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")}
    ours = {
        "PYTHONPATH": str(ROOT / "src"),
        "PYTHONUNBUFFERED": "1",
        "HUBBUB_HOST": "127.0.0.1",
        "HUBBUB_PORT": str(port),
        "HUBBUB_DATA_DIR": str(data),
        "HUBBUB_NO_BOOTSTRAP": "1",
    }
    return others | ours | {f"HUBBUB_{name.upper()}": str(it) for name, it in settings.items()}


class RunningServer:
    """`python -m hubbub serve` on a free port of 127.0.0.1, its data in `data`.

    Settings are given as their environment variables: limits__flood_burst="0". `under` is a command
    that runs the one behind it, such as nohup. A client that is slow to speak is not taken for a
    person, unless `limits__greeting_seconds` says so; one that says much is slowed down, but less
    than with the default settings.
    """

    def __init__(
        self, data: Path, *, port: int = 0, under: Sequence[str] = (), **settings: object
    ) -> None:
        self.data = data
        settings = {"limits__greeting_seconds": 10, "limits__flood_rate": 100, **settings}
        self.process = subprocess.Popen(
            [*under, sys.executable, "-m", "hubbub", "serve"],
            env=environment(data, port=port, **settings),
            cwd=data,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.printed: list[str] = []
        self.errors: list[str] = []
        self._lines: Queue[str] = Queue()
        self._readers = [
            threading.Thread(target=self._read_stdout, daemon=True),
            threading.Thread(target=self._read_stderr, daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        found = re.fullmatch(r"Server listening on 127\.0\.0\.1:(\d+)\.\.\.", self.prints())
        if found is None:
            self.exit_code = self.stop()
            raise DidNotStart(self)
        self.port = int(found[1])

    def _read_stdout(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.printed.append(line.rstrip("\n"))
            self._lines.put(line.rstrip("\n"))
        self._lines.put("")  # it has ended

    def _read_stderr(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.errors.append(line.rstrip("\n"))

    def prints(self) -> str:
        """The next line on stdout."""
        try:
            return self._lines.get(timeout=PATIENCE)
        except Empty:
            raise AssertionError(f"nothing printed; stderr: {self.errors}") from None

    def chat_log(self) -> list[str]:
        """chat.log without its dates, and with all that was told before."""
        text = chat_log_of(self.data, is_running=self.process.poll() is None)
        return [line.partition(" - ")[2] for line in text.splitlines()]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.ends()

    def ends(self) -> int:
        """Wait until it has ended by itself; the exit code."""
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        for reader in self._readers:
            reader.join(PATIENCE)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        return code

    def kill(self) -> None:
        """kill -9."""
        self.stop(signal.SIGKILL)

    def __enter__(self) -> RunningServer:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()

    # -- clients -----------------------------------------------------------------------------

    def connect(self) -> Wire:
        return Wire(socket.create_connection(("127.0.0.1", self.port), PATIENCE))

    def irc(self, nick: str, join: str = "", caps: str = "") -> Wire:
        """A raw IRC client that is on the network."""
        wire = self.connect()
        if caps:
            wire.sends(f"CAP REQ :{caps}")
        wire.sends(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        if caps:
            wire.sends("CAP END")
        wire.until(" 422 ")
        if join:
            wire.sends(f"JOIN {join}")
            wire.until(" 366 ")
        return wire

    def person(self, name: str) -> Wire:
        """A person with netcat, in the default channel, who types a name before being asked."""
        wire = self.connect()
        wire.sends(name)
        wire.until("What is your name?")
        wire.until(f"* {name} joined #lobby")
        return wire


class Wire:
    """A socket that speaks in lines."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._buffer = b""

    def sends(self, *lines: str) -> None:
        self.socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def sends_bytes(self, data: bytes) -> None:
        self.socket.sendall(data)

    def line(self) -> str | None:
        """The next line, None at the end of the stream."""
        while b"\n" not in self._buffer:
            data = self.socket.recv(65536)
            if not data:
                return None
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.removesuffix(b"\r").decode()

    def until(self, part: str) -> list[str]:
        """Lines up to the first that holds `part`."""
        lines = []
        while (line := self.line()) is not None:
            lines.append(line)
            if part in line:
                return lines
        raise AssertionError(f"the stream ended without {part!r}: {lines[-5:]}")

    def to_the_end(self) -> list[str]:
        lines = []
        with contextlib.suppress(ConnectionResetError):
            while (line := self.line()) is not None:
                lines.append(line)
        return lines

    def said(self, count: int) -> list[str]:
        """The texts of the next `count` messages, whatever the dialect."""
        texts: list[str] = []
        while len(texts) < count:
            line = self.line()
            assert line is not None, texts
            found = re.search(r" PRIVMSG \S+ :(.*)$", line) or re.match(
                r"\[#\S+\] \S+: (.*)$", line
            )
            if found:
                texts.append(found[1])
        return texts

    def reset(self) -> None:
        """End with an RST, as a client does whose machine is gone."""
        linger = b"\x01\0\0\0\0\0\0\0"  # on, 0 seconds
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.socket.close()

    def close(self) -> None:
        self.socket.close()
