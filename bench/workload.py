"""Fixed work of a whole server in this process: no sockets, one thread, the same at every run.

In each channel the first member sends, `window` lines a read; the others hear it. A turn is one
read of every sender. It goes through the stages of a message one after the other, as the threads of
a server do: read and decided, written to the log, delivered, written to chat.log.
`bench/instructions.py` counts the instructions of each stage.
"""

from __future__ import annotations

import dataclasses
import gc
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from hubbub.clock import Clock, system_clock
from hubbub.config import Settings
from hubbub.connections.chat_connection import ChatConnection
from hubbub.dialects.irc.dialect import IrcDialect
from hubbub.hub import Hub
from hubbub.log.base import Kept
from hubbub.log.chatlog import ChatLog
from hubbub.log.pace import Pace
from hubbub.log.sqlite import SqliteLog
from hubbub.log.writer import Writer
from hubbub.outbox.batch import Batch
from hubbub.outbox.fanout import deliver
from hubbub.peer import Peer

#: 64 bytes of text, as in bench/load.c.
TEXT = "{:08x} ".ljust(62, "x")


def nothing(stage: str) -> None:
    pass


class Workload:
    """A server with its log in `directory`, and `channels` of `members`, all connected."""

    def __init__(
        self,
        directory: Path,
        *,
        channels: int = 100,
        members: int = 2,
        window: int = 8,
        clock: Clock = system_clock,
    ) -> None:
        self.log = SqliteLog(directory / "chat.db", durable=False, pace=Pace(by_itself=False))
        self._chat_log = ChatLog(directory / "chat.log", self.log, size=1 << 30, backups=5)
        self._heard = _Heard()
        self._thread: Any = _Thread()
        self._transport: Any = _Transport()
        self.hub = Hub(self.log, _settings(directory), clock=clock, writer=_Writer)
        self.hub.listen(self._heard)
        self.hub.start([self._thread])
        self._window = window
        self._said = 0
        self._settle(nothing)
        self._senders = [self._channel(number, members) for number in range(channels)]
        self._readers = [IrcDialect() for _ in self._senders]  # that only split and parse
        self._freeze()

    def _freeze(self) -> None:
        """As launch.py does, after some turns: from here on every turn is the same."""
        for _ in range(3):
            self.turn()
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)

    def _channel(self, number: int, members: int) -> ChatConnection:
        connections = [self._client(f"u{number}-{member}") for member in range(members)]
        for connection in connections:
            connection.data_received(f"JOIN #c{number:05d}\r\n".encode())
            self._settle(nothing)
        return connections[0]

    def _client(self, nick: str) -> ChatConnection:
        peer = Peer("127.0.0.1", 10_000)
        connection = ChatConnection(self.hub, self._thread, peer, IrcDialect())
        connection.connection_made(self._transport)
        connection.data_received(f"NICK {nick}\r\nUSER bench 0 * :bench\r\n".encode())
        self._settle(nothing)
        return connection

    @property
    def messages_a_turn(self) -> int:
        return len(self._senders) * self._window

    @property
    def written(self) -> int:
        """Bytes that were sent to clients."""
        return int(self._transport.written)

    def turn(self, ended: Callable[[str], None] = nothing) -> None:
        """Every sender's read, through all stages. `ended` is called with the name of each."""
        reads = [self._read(number) for number in range(len(self._senders))]
        ended("setup")
        for dialect, data in zip(self._readers, reads, strict=True):
            dialect.receive(data)
        ended("lines")
        for connection, data in zip(self._senders, reads, strict=True):
            connection.data_received(data)
        ended("core")
        self._settle(ended)

    def _read(self, channel: int) -> bytes:
        first = self._said
        self._said += self._window
        lines = (
            f"PRIVMSG #c{channel:05d} :{TEXT.format(number)}\r\n"
            for number in range(first, self._said)
        )
        return "".join(lines).encode()

    def _settle(self, ended: Callable[[str], None]) -> None:
        """Until everything decided is written and delivered."""
        writer, calls = self.hub.outbox.writer, self._thread.calls
        assert isinstance(writer, _Writer)
        while writer.asked or calls:
            while calls:
                function, arguments = calls.popleft()
                function(*arguments)
            ended("deliver")
            if writer.asked:
                writer.asked = False
                writer.write_once()
                ended("log")
        for kept in self._heard.take():
            self._chat_log.hear(kept)
        ended("chat.log")

    def index(self) -> int:
        """Index everything; returns the number of messages."""
        before = self._said
        self.log.index.catch_up()
        return before

    def close(self) -> None:
        self._chat_log.close()
        self.log.close()


def _settings(directory: Path) -> Settings:
    settings = Settings(data_dir=directory)
    limits = dataclasses.replace(
        settings.limits, flood_burst=0, change_burst=0, connections_per_address=0, guest_bytes=0
    )
    return dataclasses.replace(settings, limits=limits)


class _Writer(Writer[Batch]):
    """Writes when it is told to, in the caller's thread."""

    asked = False

    def wake(self) -> None:
        self.asked = True

    def start(self) -> None:
        pass


class _Heard:
    """Keeps the batches for chat.log."""

    def __init__(self) -> None:
        self._kept: list[Kept] = []

    def put(self, kept: Kept, kinds: frozenset[type]) -> None:
        self._kept.append(kept)

    def take(self) -> list[Kept]:
        kept, self._kept = self._kept, []
        return kept

    def start(self) -> None:
        pass

    def close(self) -> None:
        pass

    def wait(self, seconds: float) -> bool:
        return True


class _Loop:
    time = staticmethod(time.monotonic)


class _Thread:
    """An I/O thread whose calls wait for `Workload.turn`."""

    def __init__(self) -> None:
        self.index = self.pending = self.released = 0
        self.loop = _Loop()
        self.connections: set[Any] = set()
        self.calls: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()

    def call(self, function: Callable[..., None], *arguments: Any) -> None:
        self.calls.append((function, arguments))

    def at_end_of_turn(self, function: Callable[[], None]) -> bool:
        return False

    def release(self, deliveries: list[Any], number: int) -> None:
        self.call(self._deliver, deliveries, number)

    def _deliver(self, deliveries: list[Any], number: int) -> None:
        deliver(deliveries, self.index)
        self.released = number


class _Transport:
    """Counts what is written."""

    written = 0

    def set_write_buffer_limits(self, high: int) -> None:
        pass

    def write(self, data: bytes) -> None:
        self.written += len(data)

    def close(self) -> None:
        pass

    def is_closing(self) -> bool:
        return False
