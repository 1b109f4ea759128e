"""The engines of lessons/, started for tests."""

from __future__ import annotations

import contextlib
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from running_server import PATIENCE, port_of_ours

ROOT = Path(__file__).parents[2]
ENGINES = ROOT / "lessons/engines"
NAMES = ("threads", "selectors", "asyncio")
_LINGER_0 = struct.pack("ii", 1, 0)  # close() sends RST


class Engine:
    """One of the three, on a port of its own."""

    def __init__(self, name: str, port: int) -> None:
        self.port = port
        self.process = subprocess.Popen(
            [sys.executable, f"{name}_engine.py", str(port)],
            cwd=ENGINES,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def connects(self) -> Talker:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return Talker(socket.create_connection(("127.0.0.1", self.port), PATIENCE))
            except ConnectionRefusedError:
                assert self.process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.01)

    def is_interrupted(self) -> tuple[int, bytes]:
        """Ctrl-C: the exit code, and everything that it printed."""
        self.process.send_signal(signal.SIGINT)
        printed, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, printed


class Talker:
    """One connection to an engine."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._arrived = connection.makefile("rb")

    def sends(self, text: str) -> None:
        self.socket.sendall(text.encode() + b"\n")

    def receives(self) -> str:
        """The next line; at the end of the connection, an empty string."""
        try:
            return self._arrived.readline().decode()
        except ConnectionResetError:
            return ""

    def resets(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
        self._arrived.close()
        self.socket.close()


@contextlib.contextmanager
def started(name: str) -> Iterator[Engine]:
    with port_of_ours() as port:
        engine = Engine(name, port)
        try:
            yield engine
        finally:
            engine.process.kill()
            engine.process.communicate()
