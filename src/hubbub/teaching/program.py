"""A program under test, in any language: started, observed, stopped.

It gets the port where `{port}` stands in its command, else as its last argument, and in any case in
the environment as PORT. It runs in a process group of its own, so that a signal reaches all of it,
and its output is always read, because a full pipe would stop it.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from . import kernel, usage

HOSTS = ("127.0.0.1", "::1")
PORTS = range(20_000, 30_000)
"""Below the ports that systems give to clients."""
LISTENS_WITHIN = 20.0
"""Seconds. A Java source file that is compiled while it starts takes six on a busy machine."""
_KEPT_OUTPUT = 8_000  # bytes
_KEPT_LINES = 40
_NEW_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # Windows
_ENDS_WITHIN = 5.0  # seconds, once it has been killed


class NotStarted(Exception):
    """The command cannot be run; the text says why."""


@contextlib.contextmanager
def free_port() -> Iterator[int]:
    """A TCP port that nothing uses, not even a connection that ended a minute ago.

    The UDP port of the same number is held meanwhile, so that no other grader takes it.
    """
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        with socket.socket(type=socket.SOCK_DGRAM) as held:
            with contextlib.suppress(OSError):
                held.bind((HOSTS[0], port))
            if held.getsockname()[1] == port and _is_free(port):
                yield port
                return
    raise NotStarted("no port between 20000 and 29999 is free")


def _is_free(port: int) -> bool:
    """Without SO_REUSEADDR, bind() refuses ports that old connections still occupy. Where there is
    no IPv6, nothing can be in use there."""
    return all(_binds(host, port) or not _binds(host, 0) for host in HOSTS)


def _binds(host: str, port: int) -> bool:
    try:
        with socket.socket(_family(host)) as sock:
            sock.bind((host, port))
    except OSError:
        return False
    return True


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def with_port(command: Sequence[str], port: int) -> list[str]:
    """The command with its port in place of {port}, or at its end."""
    if any("{port}" in word for word in command):
        return [word.replace("{port}", str(port)) for word in command]
    return [*command, str(port)]


class Program:
    """One run of a command."""

    def __init__(
        self,
        command: Sequence[str],
        port: int,
        directory: str | None = None,
        hears: Callable[[bytes], None] = lambda data: None,
    ) -> None:
        """Start it. `hears` gets what it prints, in a thread of its own. Raises NotStarted if it
        cannot be started."""
        self.port = port
        self._output = b""
        self._hears = hears
        words = with_port(command, port)
        try:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                words,
                cwd=directory,
                env=os.environ | {"PORT": str(port), "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.PIPE,  # a pipe that stays open: some programs end with their input
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                creationflags=_NEW_GROUP,
                start_new_session=True,  # does nothing on Windows
            )
        except OSError as error:
            raise NotStarted(f"{words[0]}: {error.strerror or error}") from None
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        with contextlib.suppress(OSError, ValueError):
            while data := os.read(self._process.stdout.fileno(), 65_536):
                self._output = (self._output + data)[-_KEPT_OUTPUT:]
                self._hears(data)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def output(self) -> list[str]:
        """The last lines that it printed."""
        return self._output.decode("utf-8", "replace").splitlines()[-_KEPT_LINES:]

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative if a signal ended it."""
        return self._process.poll()

    def wait(self) -> int:
        """Wait for its end and for what it printed last; gives the exit code as above."""
        code = self._process.wait()
        self._reader.join(0.2)
        return code

    def has_ended_within(self, seconds: float) -> bool:
        """Wait for its end, at most so long, and for what it printed last."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self._reader.join(0.2)
        return True

    def usage(self) -> usage.Usage | None:
        """None if this system does not tell."""
        return usage.of_group(self._process.pid)

    def interrupt(self) -> None:
        """Do what Ctrl-C does."""
        if sys.platform == "win32":
            self._process.send_signal(signal.CTRL_BREAK_EVENT)
        else:
            self._signal_group(signal.SIGINT)

    def kill(self) -> None:
        """End it and all that it started, at once."""
        if sys.platform == "win32":
            words = ["taskkill", "/F", "/T", "/PID", str(self._process.pid)]
            subprocess.run(words, capture_output=True, check=False)
        else:
            self._signal_group(signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_ENDS_WITHIN)
        for pipe in (self._process.stdin, self._process.stdout):
            self._reader.join(0.2)
            assert pipe
            with contextlib.suppress(OSError):
                pipe.close()

    def _signal_group(self, number: int) -> None:
        if sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def wait_until_listening(self) -> socket.socket | None:
        """Wait until somebody can connect, and at most LISTENS_WITHIN; raises TimeoutError, or
        ConnectionError if the program has ended.

        Where the kernel cannot be asked, the connection that showed it is returned: a program must
        not see one that comes and goes at once, because many end by that.
        """
        deadline = time.monotonic() + LISTENS_WITHIN
        while True:
            if kernel.available():
                if kernel.is_listening(self.port):
                    return None
            elif connection := connected(self.port):
                return connection
            if self.exit_code is not None:
                raise ConnectionError
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(0.005 if kernel.available() else 0.05)


def connected(
    port: int, prepare: Callable[[socket.socket], None] = lambda _: None
) -> socket.socket | None:
    """A connection to this port of this machine, or None; `prepare` gets the socket before."""
    for host in HOSTS:
        with contextlib.suppress(OSError), contextlib.ExitStack() as failing:
            sock = failing.enter_context(socket.socket(_family(host)))
            prepare(sock)
            sock.connect((host, port))
            failing.pop_all()
            return sock
    return None
