"""A lab around a small program, for the tests of it."""

import asyncio
import contextlib
import sys
import textwrap
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

from hubbub.teaching.lab.lab import Lab, Options
from hubbub.teaching.lab.trace import Event

PATIENCE = 20.0

#: Answers each read as it comes, which is wrong, and shows what was read.
ANSWERS_READS = """
    import socket, sys

    def main(port):
        with socket.create_server(("127.0.0.1", port)) as door:
            while True:
                connection, _ = door.accept()
                with connection:
                    talk(connection)

    def talk(connection):
        while data := connection.recv(4096):
            connection.sendall(b"<" + data + b">")

    main(int(sys.argv[1]))
"""


def run(test: Coroutine[Any, Any, None]) -> None:
    """Run a test in the kind of loop that the lab needs."""
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(asyncio.wait_for(test, 3 * PATIENCE))


class Watch:
    """Waits for events of a lab, in their order."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._read = 0

    async def until(self, kind: str, fits: Callable[[Event], bool] = lambda event: True) -> Event:
        """The next event of this kind that fits."""
        while events := await asyncio.to_thread(self._lab.trace.wait_since, self._read, PATIENCE):
            for event in events:
                self._read = event["n"]
                if event["kind"] == kind and fits(event):
                    return event
        raise AssertionError(f"no {kind} came; the last: {self._lab.trace.since(0)[-5:]}")


@contextlib.asynccontextmanager
async def lab_around(
    folder: Path, source: str = ANSWERS_READS, **options: Any
) -> AsyncIterator[tuple[Lab, Watch]]:
    """A lab that runs this program, and listens."""
    file = folder / "start.py"
    file.write_text(textwrap.dedent(source), "utf-8")
    command = [sys.executable, str(file), "{port}"]
    asked = {"command": command, "named": False, "browser": False} | options
    lab = Lab(Options(**asked), lambda line: None)
    await lab.open()
    try:
        yield lab, Watch(lab)
    finally:
        await lab.close()


@contextlib.asynccontextmanager
async def person(lab: Lab) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Somebody who connects through the lab."""
    reader, writer = await asyncio.open_connection("127.0.0.1", lab.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
