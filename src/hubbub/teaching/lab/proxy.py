"""The lab between each person and the program: two connections, and a pump for each direction.

A pump reads only what it can pass on, at most MOST_HELD bytes. So when one end does not read, the
kernel's queues fill as they would without the lab, and the other end is held up as it would be. An
end of the stream is passed on as such: a half-close stays half, a reset stays a reset.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
from collections.abc import Callable

from .. import kernel
from ..program import LISTENS_WITHIN
from .controls import Controls
from .steps import Steps
from .trace import Trace

MOST_HELD = 64 * 1024
MOST_CONNECTIONS = 100
_TRY_AGAIN = 0.05
#: Seconds between two looks at whether the program has read the last piece.
_LOOK_AGAIN = 0.002
#: Seconds between two pieces where the system does not tell whether the last one was read.
_BETWEEN_PIECES = 0.02
_A_NAME = re.compile(rb"([A-Za-z0-9]{1,20})\r?\n")
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER for 0 seconds


class Proxy:
    """Everybody who is connected. All methods are for the thread of the event loop.

    `program` is the port of the program, `named` says whether a person's first line is a name.
    """

    def __init__(self, trace: Trace, program: int, *, named: bool) -> None:
        self.trace = trace
        self.steps = Steps(trace)
        self.controls = Controls()
        self.connections: dict[int, Connection] = {}
        self.sees_queues = kernel.available()
        self.program = program
        self.named = named
        self._made = 0
        self._introduced: dict[int, str] = {}  # a person's port -> their name, until they connect
        self._numbers: dict[int, int] = {}  # the lab's port -> the last connection that had it
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, listener: socket.socket) -> None:
        """Take everybody who connects, for ever."""
        listener.setblocking(False)
        loop = asyncio.get_running_loop()
        while True:
            person, address = await loop.sock_accept(listener)
            if len(self._tasks) >= MOST_CONNECTIONS:
                person.close()
                continue
            self._made += 1
            task = loop.create_task(self._connect(self._made, person, address[1]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _connect(self, number: int, person: socket.socket, port: int) -> None:
        with person:
            who = self._introduced.pop(port, f"person {number}")
            self.trace.add("opened", conn=number, who=who, port=port)
            try:
                with await self._program_connection(number) as program:
                    await self._serve(Connection(self, number, port, person, program))
            except OSError as error:
                self.trace.add("refused", conn=number, why=error.strerror or str(error))

    async def _program_connection(self, number: int) -> socket.socket:
        """A connection to the program, which may still be starting. Raises OSError."""
        loop = asyncio.get_running_loop()
        latest = loop.time() + LISTENS_WITHIN
        while True:
            program = socket.socket()
            program.setblocking(False)
            program.bind(("127.0.0.1", 0))  # before the program can report what it accepted
            self._numbers[program.getsockname()[1]] = number
            try:
                await loop.sock_connect(program, ("127.0.0.1", self.program))
                return program
            except OSError:
                program.close()
                if loop.time() > latest:
                    raise
            await asyncio.sleep(_TRY_AGAIN)

    async def _serve(self, connection: Connection) -> None:
        for each in (connection.person, connection.program):
            each.setblocking(False)
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connections[connection.number] = connection
        try:
            await connection.run()
        finally:
            del self.connections[connection.number]

    def introduce(self, port: int, name: str) -> None:
        """Tell who connects from this port, before or after they are seen."""
        for connection in self.connections.values():
            if connection.port == port:
                connection.report("joined", who=name)
                return
        self._introduced[port] = name

    def numbered(self, port: int | None) -> int | None:
        """The connection whose end at the program has this as the other port."""
        return None if port is None else self._numbers.get(port)

    def set(self, asked: dict[str, object], number: int | None = None) -> None:
        """Change controls, of all and of those who come, or of one connection only. Raises
        ValueError with a sentence for people."""
        if number is None:
            self.controls = self.controls.changed(asked)
        for connection in self._chosen(number):
            connection.set(connection.controls.changed(asked))
        which = {} if number is None else {"conn": number}
        self.trace.add("set", controls=asked, **which)

    def end(self, number: int, how: str) -> None:
        """End a connection: `finish` (half-close), `reset` or `close`. Raises ValueError."""
        ends: dict[str, Callable[[Connection], None]] = {
            "finish": Connection.finish,
            "reset": Connection.reset,
            "close": Connection.close,
        }
        if how not in ends:
            raise ValueError(f"a connection is ended by {', '.join(ends)}")
        for connection in self._chosen(number):
            ends[how](connection)

    def _chosen(self, number: int | None) -> list[Connection]:
        if number is None:
            return list(self.connections.values())
        if number not in self.connections:
            raise ValueError(f"there is no connection {number}")
        return [self.connections[number]]

    def look_at_queues(self) -> None:
        """Report the queues of each connection that changed since the last look."""
        for connection in self.connections.values():
            connection.look_at_queues()


class Connection:
    """One person, and the lab's own connection to the program for them."""

    def __init__(
        self,
        proxy: Proxy,
        number: int,
        port: int,
        person: socket.socket,
        program: socket.socket,
    ) -> None:
        self.proxy = proxy
        self.number = number
        self.port = port  # the person's
        self.person, self.program = person, program
        self.up = Pump(self, "up", person, program)
        self.down = Pump(self, "down", program, person)
        self.set(proxy.controls)
        self._tasks: list[asyncio.Task[None]] = []
        self._queues: dict[str, int | None] = {}
        self._why = ""

    async def run(self) -> None:
        """Pass bytes on until both directions are over."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(pump.run()) for pump in (self.up, self.down)]
        try:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_EXCEPTION)
            if any(
                task.done() and not task.cancelled() and task.exception() for task in self._tasks
            ):
                self._why = "reset"
                self._reset_on_close()
        finally:
            self._stop()
            self.report("closed", why=self._why or "both sides finished")

    def report(self, kind: str, **facts: object) -> None:
        self.proxy.trace.add(kind, conn=self.number, **facts)

    def name(self, first: bytes) -> None:
        """Learn the name of the person from the first bytes, where that is what they are."""
        if self.proxy.named and (found := _A_NAME.match(first)):
            self.report("joined", who=found[1].decode())

    def set(self, controls: Controls) -> None:
        self.controls = controls
        self.down.reading(not controls.stopped)

    def finish(self) -> None:
        """Tell the program that this person will send no more."""
        self.up.finish()

    def reset(self) -> None:
        self._why = "reset by the lab"
        self._reset_on_close()
        self._stop()

    def close(self) -> None:
        self._why = "closed by the lab"
        self._stop()

    def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _reset_on_close(self) -> None:
        for each in (self.person, self.program):
            with contextlib.suppress(OSError):
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)

    def look_at_queues(self) -> None:
        """Report what waits in the kernel, if that changed. Names: where the bytes are."""
        ends = self._ends()
        if ends is None:
            return
        ours, theirs, to_person, of_person = ends
        queues = {
            "lab_to_program": ours and ours.unsent,
            "program_unread": theirs and theirs.unread,
            "program_to_lab": theirs and theirs.unsent,
            "lab_unread": ours and ours.unread,
            "lab_to_person": to_person and to_person.unsent,
            "person_unread": of_person and of_person.unread,
        }
        if queues != self._queues:
            self._queues = queues
            self.report("queues", queues=queues)

    def _ends(self) -> list[kernel.End | None] | None:
        """The four ends: ours to the program and its own, ours to the person and theirs. An end is
        None where the system does not tell; all are None if one is not connected."""
        ends: list[kernel.End | None] = []
        for each in (self.program, self.person):
            try:
                here, there = each.getsockname(), each.getpeername()
            except OSError:
                return None
            ends += [_end(here, there), _end(there, here)]
        return ends

    def program_has_read_all(self) -> bool:
        """Has the program taken everything that was passed on to it, or is it gone?"""
        ends = self._ends()
        if ends is None:
            return True
        ours, theirs = ends[0], ends[1]
        return not (ours and ours.unsent) and not (theirs and theirs.unread)


def _end(local: kernel.Address, remote: kernel.Address) -> kernel.End | None:
    return kernel.end(local, remote) if kernel.available() else None


class Pump:
    """The bytes of one direction. `way` is "up" (to the program) or "down"."""

    def __init__(
        self, connection: Connection, way: str, source: socket.socket, target: socket.socket
    ) -> None:
        self._connection = connection
        self._way = way
        self._source, self._target = source, target
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._ended = False  # no more is read
        self._ready: asyncio.Future[None] | None = None
        self._named = way == "down"

    async def run(self) -> None:
        while data := await self._read():
            data = await self._gather(data)
            if not self._named:
                self._named = True
                self._connection.name(data)
            while data:
                size = self._controls.pieces or len(data)
                piece, data = data[:size], data[size:]
                await self._pass(piece, len(data))
        self._report("finished")
        with contextlib.suppress(OSError):
            self._target.shutdown(socket.SHUT_WR)

    def reading(self, on: bool) -> None:
        """Read, or leave in the kernel what arrives."""
        if on:
            self._may_read.set()
        else:
            self._may_read.clear()

    def finish(self) -> None:
        """Read no more, and pass on the end of the stream."""
        self._ended = True
        if self._ready is not None:
            _settle(self._ready)

    @property
    def _controls(self) -> Controls:
        """Those of the connection; pieces, lines and delay are for the way up alone."""
        controls = self._connection.controls
        return controls if self._way == "up" else Controls(slow=controls.slow)

    def _report(self, kind: str, **facts: object) -> None:
        self._connection.report(kind, way=self._way, **facts)

    # -- reading -----------------------------------------------------------------------------------

    async def _read(self) -> bytes:
        """The next bytes; b"" when there will be no more."""
        while not self._ended:
            await self._readable(None)
            await self._may_read.wait()  # readable or not: somebody who stopped takes nothing
            if data := self._receive(MOST_HELD):
                return data
        return b""

    def _receive(self, most: int) -> bytes:
        """What has arrived, which may be nothing."""
        if self._ended:
            return b""
        try:
            data = self._source.recv(most)
        except BlockingIOError:
            return b""
        self._ended = not data
        if data:
            self._report("arrived", data=data)
        return data

    async def _gather(self, data: bytes) -> bytes:
        """Hold bytes back, as long as the controls say."""
        loop = asyncio.get_running_loop()
        controls = self._controls
        end = loop.time() + controls.hold / 1000
        while data.count(b"\n") < controls.lines and len(data) < MOST_HELD and not self._ended:
            if not await self._readable(end - loop.time()):
                break
            data += self._receive(MOST_HELD - len(data))
        return data

    async def _readable(self, seconds: float | None) -> bool:
        """Wait until there is something to read. False: the time is over first."""
        loop = asyncio.get_running_loop()
        ready = self._ready = loop.create_future()
        loop.add_reader(self._source, _settle, ready)
        try:
            await asyncio.wait([ready], timeout=None if seconds is None else max(0, seconds))
        finally:
            loop.remove_reader(self._source)
        return ready.done()

    # -- writing -----------------------------------------------------------------------------------

    async def _pass(self, piece: bytes, left: int) -> None:
        """Write one piece when its time has come."""
        controls = self._controls
        await asyncio.sleep((controls.delay + controls.slow) / 1000)
        await self._connection.proxy.steps.turn(lambda: self._report("waiting", data=piece))
        await asyncio.get_running_loop().sock_sendall(self._target, piece)
        self._report("passed", data=piece, left=left)
        if controls.pieces:
            await self._until_it_is_read()

    async def _until_it_is_read(self) -> None:
        """Make the next piece a read of its own, as far as the system lets us."""
        if not self._connection.proxy.sees_queues:
            await asyncio.sleep(_BETWEEN_PIECES)
            return
        while not self._connection.program_has_read_all():
            await asyncio.sleep(_LOOK_AGAIN)


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
