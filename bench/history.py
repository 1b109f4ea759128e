#!/usr/bin/env python3
"""Speed of CHATHISTORY: pages of 100 messages at random places among a million.

    python3 bench/history.py                      a minute; makes 1,000,000 messages first
    python3 bench/history.py --messages 100000 --seconds 2

The log is that of bench/start.py, with its index complete. Clients with the capabilities of an
ordinary IRC application (batch, server-time, message-tags, draft/chathistory) each keep one request
in flight. Printed are answers per second and per second of the server's CPU time.
"""

from __future__ import annotations

import argparse
import os
import random
import selectors
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import start
from servers import HOST, Running, cpu_ticks, known, started

CAPABILITIES = "batch server-time message-tags draft/chathistory"
PAGE = 100
PATIENCE = 60.0


class Asker:
    """A client with one request in flight."""

    def __init__(self, port: int, number: int, moments: tuple[int, int]) -> None:
        self._random = random.Random(number)
        self._moments = moments
        self._channel = start.CHANNELS[number % len(start.CHANNELS)]
        self._rest = b""
        self.messages = 0
        self.socket = socket.create_connection((HOST, port), PATIENCE)
        nick = f"asker{number}"
        words = [f"CAP REQ :{CAPABILITIES}", f"NICK {nick}", "USER bench 0 * :bench", "CAP END"]
        self._send(*words, f"JOIN {self._channel}")
        while not any(b" 366 " in line for line in self._lines()):
            pass

    def ask(self) -> None:
        at = datetime.fromtimestamp(self._random.randrange(*self._moments) / 1000, UTC)
        moment = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._send(f"CHATHISTORY BEFORE {self._channel} timestamp={moment} {PAGE}")

    def answered(self) -> bool:
        """Read what has come. Is the answer complete?"""
        lines = self._lines()
        self.messages += sum(b" PRIVMSG " in line for line in lines)
        for line in lines:
            if b"FAIL CHATHISTORY" in line:
                raise SystemExit(f"the server refuses: {line.decode()}")
        return any(b" BATCH -" in line for line in lines)

    def _send(self, *lines: str) -> None:
        self.socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def _lines(self) -> list[bytes]:
        data = self.socket.recv(1 << 18)
        if not data:
            raise SystemExit("the server closed the connection")
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        return lines


@dataclass
class Speed:
    answers: int
    messages: int
    seconds: float
    cpu: float

    def __str__(self) -> str:
        per_cpu = self.answers / self.cpu if self.cpu else 0.0
        return (
            f"{self.answers / self.seconds:.0f} answers a second, {per_cpu:.0f} per CPU second;"
            f" {self.messages / max(1, self.answers):.0f} messages in each"
        )


def measure(running: Running, askers: list[Asker], seconds: float) -> Speed:
    with selectors.DefaultSelector() as selector:
        for asker in askers:
            selector.register(asker.socket, selectors.EVENT_READ, asker)
            asker.ask()
        pids = running.pids()
        answers, spent, began = 0, cpu_ticks(pids), time.monotonic()
        while time.monotonic() < began + seconds:
            for key, _ in selector.select(1):
                if key.data.answered():
                    answers += 1
                    key.data.ask()
        taken = time.monotonic() - began
        cpu = (cpu_ticks(pids) - spent) / os.sysconf("SC_CLK_TCK")
    return Speed(answers, sum(asker.messages for asker in askers), taken, cpu)


@contextmanager
def serving(directory: Path, messages: int) -> Iterator[Running]:
    """Our server, on a log with so many messages."""
    start.made(directory / "chat.db", messages, indexed=True)
    with started(known()["hubbub"], directory, os.sched_getaffinity(0)) as running:
        yield running


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--clients", type=int, default=8)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="bench-history-") as name,
        serving(Path(name), asked.messages) as running,
    ):
        # The first tenth has no full page of each channel.
        end = start.BEGIN + asked.messages * 11
        moments = (start.BEGIN + asked.messages, end)
        askers = [Asker(running.port, number, moments) for number in range(asked.clients)]
        print(f"{asked.messages:,} messages: {measure(running, askers, asked.seconds)}")


if __name__ == "__main__":
    sys.exit(main())
