"""People who are played by the lab: those that the page speaks for, and a crowd that chats.

They connect to the lab as anybody else would. All methods are for the thread of the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable

MOST_PEOPLE = 50
MOST_TEXT = 2000  # characters that the page may say at once
#: Seconds between two lines of one member of the crowd, at least and at most.
_CHAT = (1.0, 4.0)
#: Seconds that a newcomer waits for the program's first words before they speak.
_FIRST_WORDS = 0.5

#: What somebody with bad intentions, or a bad program, sends.
HOSTILE: dict[str, bytes] = {
    "bad UTF-8": b"caf\xe9 \xff\xfe\x80\n",
    "a NUL": b"before\0after\n",
    "ESC, which clears a terminal": b"\x1b[2Jnothing to see here\n",
    "half a line, and then nothing": b"half a li",
    "1 MB without a line end": b"x" * 1_000_000,
}


class Person:
    """One connection that the lab plays."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._heard = asyncio.Event()
        self._hearing = asyncio.get_running_loop().create_task(self._hear(reader))
        self._chatting: asyncio.Task[None] | None = None

    @property
    def gone(self) -> bool:
        return self._hearing.done()

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        """Read until the end. What was read is seen in the trace."""
        try:
            while await reader.read(65536):
                self._heard.set()
        except OSError:
            pass
        self._writer.close()

    async def wait_for_words(self) -> None:
        """As people do, who see that they are in before they speak."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._heard.wait(), _FIRST_WORDS)

    def send(self, data: bytes) -> None:
        if not self.gone:
            self._writer.write(data)

    def chat(self, chance: random.Random) -> None:
        """Say something now and then, until the end."""
        self._chatting = asyncio.get_running_loop().create_task(self._chat(chance))

    async def _chat(self, chance: random.Random) -> None:
        number = 0
        while not self.gone:
            await asyncio.sleep(chance.uniform(*_CHAT))
            number += 1
            self.send(f"line {number}\n".encode())

    def leave(self) -> None:
        self._writer.close()
        for task in (self._hearing, self._chatting):
            if task is not None:
                task.cancel()


class People:
    """By name. `connect` opens a connection to the lab, `introduce` tells who has which port."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]],
        introduce: Callable[[int, str], None],
        *,
        named: bool,
    ) -> None:
        self._connect = connect
        self._introduce = introduce
        self._named = named
        self._people: dict[str, Person] = {}

    async def join(self, name: str) -> Person:
        """The person of this name, who connects first if that is needed. Raises ValueError."""
        person = self._people.get(name)
        if person is not None and not person.gone:
            return person
        if not name.isascii() or not name.isalnum() or len(name) > 20:
            raise ValueError("a name is 1 to 20 letters and digits")
        self._people = {name: each for name, each in self._people.items() if not each.gone}
        if len(self._people) >= MOST_PEOPLE:
            raise ValueError(f"the lab plays at most {MOST_PEOPLE} people")
        reader, writer = await self._connect()
        self._introduce(writer.get_extra_info("sockname")[1], name)
        person = self._people[name] = Person(reader, writer)
        if self._named:
            person.send(name.encode() + b"\n")
            await person.wait_for_words()
        return person

    async def say(self, name: str, text: str) -> None:
        """A line of this person. Raises ValueError."""
        if len(text) > MOST_TEXT or "\n" in text:
            raise ValueError(f"one line of at most {MOST_TEXT} characters can be said")
        (await self.join(name)).send(text.encode() + b"\n")

    async def be_hostile(self, name: str, what: str) -> None:
        """Raises ValueError."""
        if what not in HOSTILE:
            raise ValueError(f"it is one of: {', '.join(HOSTILE)}")
        (await self.join(name)).send(HOSTILE[what])

    async def visit(self) -> None:
        """Connect and leave at once, as a port scanner does."""
        _, writer = await self._connect()
        writer.close()

    def leave(self, name: str) -> None:
        if name in self._people:
            self._people.pop(name).leave()

    async def crowd(self, size: int, seed: int) -> None:
        """Make so many people chat; the same seed makes them say the same. Raises ValueError."""
        if not 0 <= size <= MOST_PEOPLE:
            raise ValueError(f"a crowd has at most {MOST_PEOPLE} people")
        for name in [name for name in self._people if name.startswith("ghost")]:
            self.leave(name)
        for number in range(1, size + 1):
            (await self.join(f"ghost{number}")).chat(random.Random(seed * 1000 + number))

    def close(self) -> None:
        for name in list(self._people):
            self.leave(name)
