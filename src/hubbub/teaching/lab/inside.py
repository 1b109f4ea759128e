"""Runs a Python program and reports what it does with its sockets.

    python inside.py PORT SECRET program.py ARGUMENT ...

The lab starts a learner's program through this file. A subclass takes the place of socket.socket;
each call that reads, writes, accepts or closes is reported to the lab at PORT, one JSON object a
line, with the innermost line of the program's own files. The program does not notice.

This file runs in the learner's Python, which may be older than ours, and imports nothing of ours.
It reports at most MOST_A_SECOND calls a second and counts the others: a program that spins is not
held up.
"""

from __future__ import annotations

import json
import linecache
import os
import socket
import sys
import threading
import time
import traceback
import types
from typing import Any

KEPT = 4096  # bytes of data in a report
MOST_A_SECOND = 2000

plain = socket.socket


class Reporter:
    """The connection to the lab. Never raises, and never waits longer than the lab reads."""

    def __init__(self, port: int, secret: str) -> None:
        self.lock = threading.Lock()
        self.second = self.count = self.missed = 0
        self.lab: socket.socket | None = plain(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self.lab.connect(("127.0.0.1", port))
            self.lab.sendall(secret.encode() + b"\n")
        except OSError:
            self.lab = None

    def report(self, **facts: Any) -> None:
        with self.lock:
            if self.has_room():
                self.write(facts)

    def has_room(self) -> bool:
        second = int(time.monotonic())
        if second != self.second:
            missed, self.missed = self.missed, 0
            self.second, self.count = second, 0
            if missed:
                self.write({"kind": "missed", "count": missed})
        self.count += 1
        self.missed += self.count > MOST_A_SECOND
        return self.count <= MOST_A_SECOND

    def write(self, facts: dict[str, Any]) -> None:
        if self.lab is None:
            return
        try:
            self.lab.sendall(json.dumps(facts).encode() + b"\n")
        except OSError:
            self.lab = None


reporter: Reporter
root = ""


def place() -> dict[str, Any]:
    """Where in the program's own files we are: file, line, its text, and the module in between."""
    via = None
    frame: types.FrameType | None = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(root):
            text = linecache.getline(name, frame.f_lineno).strip()
            return {
                "file": os.path.relpath(name, root),
                "line": frame.f_lineno,
                "text": text[:200],
                "via": via,
                "thread": threading.current_thread().name,
            }
        module = frame.f_globals.get("__name__", "").partition(".")[0]
        if module not in ("socket", "__main__", ""):
            via = module
        frame = frame.f_back
    return {}


def bytes_of(data: Any) -> dict[str, Any]:
    view = memoryview(data).cast("B")
    return {"size": len(view), "data": bytes(view[:KEPT]).decode("latin-1")}


class Watched(plain):
    """A socket that reports."""

    def port_of_peer(self) -> int | None:
        try:
            port: int = self.getpeername()[1]
            return port
        except (OSError, IndexError, TypeError):
            return None

    def before(self, call: str, where: dict[str, Any]) -> None:
        """Report a call that can wait, before it does. Others return at once."""
        if self.gettimeout() != 0:
            reporter.report(kind="call", call=call, peer=self.port_of_peer(), **where)

    def accept(self) -> tuple[socket.socket, Any]:
        where = place()
        self.before("accept", where)
        connection, address = super().accept()
        reporter.report(kind="accept", peer=address[1] if len(address) > 1 else None, **where)
        return connection, address

    def recv(self, size: int, *flags: int) -> bytes:
        where = place()
        self.before("recv", where)
        data = super().recv(size, *flags)
        reporter.report(
            kind="recv", peer=self.port_of_peer(), asked=size, **bytes_of(data), **where
        )
        return data

    def recv_into(self, buffer: Any, nbytes: int = 0, *flags: int) -> int:
        where = place()
        self.before("recv", where)
        count = super().recv_into(buffer, nbytes, *flags)
        asked = nbytes or memoryview(buffer).nbytes
        data = memoryview(buffer).cast("B")[:count]
        reporter.report(
            kind="recv", peer=self.port_of_peer(), asked=asked, **bytes_of(data), **where
        )
        return count

    def send(self, data: Any, *flags: int) -> int:
        where = place()
        self.before("send", where)
        count = super().send(data, *flags)
        self.wrote(data, count, where)
        return count

    def sendall(self, data: Any, *flags: int) -> None:
        where = place()
        self.before("sendall", where)
        super().sendall(data, *flags)
        self.wrote(data, memoryview(data).nbytes, where)

    def wrote(self, data: Any, count: int, where: dict[str, Any]) -> None:
        view = memoryview(data).cast("B")
        reporter.report(
            kind="send",
            peer=self.port_of_peer(),
            asked=len(view),
            **bytes_of(view[:count]),
            **where,
        )

    def close(self) -> None:
        peer = self.port_of_peer()
        if peer is not None:
            reporter.report(kind="close", peer=peer, **place())
        super().close()


def own_frames_only(
    kind: type[BaseException], error: BaseException, trace: types.TracebackType | None
) -> None:
    """Print an error as Python does, without this file in it."""
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    traceback.print_exception(kind, error, trace)


def main() -> None:
    global reporter, root
    port, secret, program = int(sys.argv[1]), sys.argv[2], os.path.abspath(sys.argv[3])
    sys.argv = sys.argv[3:]
    sys.path[0] = root = os.path.dirname(program)
    reporter = Reporter(port, secret)
    vars(socket).update(socket=Watched, SocketType=Watched)
    sys.excepthook = own_frames_only
    with open(program, "rb") as file:
        code = compile(file.read(), program, "exec")
    module = types.ModuleType("__main__")
    module.__file__ = program
    sys.modules["__main__"] = module
    exec(code, module.__dict__)


if __name__ == "__main__":
    main()
