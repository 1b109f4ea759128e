"""The stage of one check: a fresh start of the program, and people of the grader who talk to it.

Checks are written with what stands here: people join, say, hear and leave. All names and texts come
from the seed. What a check expects and does not get raises Failed, with both.
"""

from __future__ import annotations

import contextlib
import random
import re
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .. import kernel
from ..program import Program, connected, free_port
from ..shown import shown
from .clients import Client, Loop
from .story import Story

TREES = [
    "alder", "apple", "ash", "aspen", "beech", "birch", "cedar", "cherry", "chestnut", "cypress",
    "elder", "elm", "fir", "hazel", "holly", "juniper", "larch", "laurel", "lemon", "lime",
    "linden", "maple", "medlar", "oak", "olive", "pear", "pine", "plum", "poplar", "quince",
    "rowan", "spruce", "sumac", "walnut", "willow", "yew",
]  # fmt: skip
THINGS = [
    "anchor", "basket", "bell", "boat", "book", "bridge", "candle", "chair", "clock", "cloud",
    "coat", "cup", "door", "drum", "feather", "garden", "hammer", "harbour", "jug", "kettle",
    "key", "ladder", "lamp", "letter", "mirror", "needle", "oar", "pencil", "pillow", "ribbon",
    "river", "spoon", "stone", "table", "teapot", "thread", "tower", "train", "window", "yarn",
]  # fmt: skip
MOST_AT_ONCE = 20
"""Lines on the way to one person: no right program has room for fewer."""
_CONNECTS_WITHIN = 5.0
"""Seconds: a SYN that finds the queue of the program full is sent again after one, and after three.
"""
_LINGERING = 0.2
"""Seconds in which more may arrive, to be shown after something has failed already."""


class Failed(Exception):
    """Something does not hold; the two texts are what was expected and what was there instead."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(expected, got)
        self.expected = expected
        self.got = got


class EndedAtStart(Failed):
    """The program ended before it listened."""


class NotJudged(Exception):
    """The check cannot be made; the text says why."""


@dataclass(frozen=True)
class Setting:
    """How a program is graded, whatever the check."""

    command: Sequence[str]
    is_echo: bool
    """Lessons 1 to 3: one person, and the server answers `you said: TEXT`."""
    seed: int
    patience: float = 2.0
    """Seconds after which what should happen at once counts as not happening."""


class Stage:
    """One start of a program, and who talks to it."""

    def __init__(self, setting: Setting, name: str, story: Story) -> None:
        self.setting = setting
        self.story = story
        self.random = random.Random(f"{setting.seed}/{name}")
        self.loop = Loop(setting.patience)
        self.program: Program
        self._kept: socket.socket | None = None
        self._names = self._all_names()

    @contextlib.contextmanager
    def open(self) -> Iterator[Stage]:
        """Start the program for the block. Raises Failed if it does not listen, NotStarted if there
        is no such command."""
        with free_port() as port:
            try:
                self.start(port)
                yield self
            finally:
                for client in self.loop.clients:
                    client.close()
                if hasattr(self, "program"):
                    self.program.kill()

    def another(self) -> Stage:
        """A stage with another start of the same program."""
        return Stage(self.setting, "another", self.story)

    def start(self, port: int) -> None:
        self.program = Program(self.setting.command, port)
        expected = f"your program listens on port {port}"
        try:
            self._kept = self.program.wait_until_listening()
        except TimeoutError:
            raise Failed(expected, "after 20 s nobody listens there") from None
        except ConnectionError:
            self.program.has_ended_within(1)
            raise EndedAtStart(expected, f"it ended{self._ending()}") from None

    def _ending(self) -> str:
        code = self.program.exit_code
        how = f" with exit code {code}" if code is not None and code >= 0 else ""
        lines = self.program.output[-12:]
        return how + (" and printed:\n" + "\n".join(lines) if lines else ", without a word")

    # -- names and texts ---------------------------------------------------------------------------

    def _all_names(self) -> Iterator[str]:
        trees = self.random.sample(TREES, len(TREES))
        yield from trees
        number = 1
        while True:
            number += 1
            yield from (f"{tree}{number}" for tree in trees)

    def name(self) -> str:
        """A name that nobody had so far."""
        return next(self._names)

    def text(self) -> str:
        """Some words, different each time."""
        first, second = self.random.sample(THINGS, 2)
        return f"{first} {self.random.randrange(1000, 10_000)} {second}"

    # -- coming and going --------------------------------------------------------------------------

    def connect(self, label: str = "I", *, receive_buffer: int = 0) -> Client:
        """Connect, and say nothing."""

        def prepare(sock: socket.socket) -> None:
            sock.settimeout(max(_CONNECTS_WITHIN, self.loop.patience))
            if receive_buffer:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)

        kept, self._kept = self._kept, None
        sock = kept or connected(self.program.port, prepare)
        if sock is None:
            self.story.tell(label, "tried to connect")
            raise self.failure("the connection is accepted", "it is not")
        client = Client(label, sock, has_notices=not self.setting.is_echo)
        self.loop.clients.append(client)
        return client

    def newcomer(self) -> Client:
        """Somebody new who is let in: with `* here:`, or in the first lessons with an answer."""
        if not self.setting.is_echo:
            return self.join()
        client, text = self.connect(), self.text()
        self.send(client, text)
        self.expect(client, f"you said: {text}")
        return client

    def join(self, name: str = "", *, receive_buffer: int = 0) -> Client:
        """Somebody connects, sends a name, and is told who is here."""
        name = name or self.name()
        client = self.connect(name, receive_buffer=receive_buffer)
        self.enter(client, name)
        return client

    def enter(self, client: Client, name: str) -> None:
        """Send a name that is good, and wait to be told who is here."""
        self.story.tell(client.label, f"sent its name, {shown(name.encode())}<LF>")
        self.put(client, name.encode() + b"\n")
        self.expect_here(client)

    def expect_here(self, client: Client) -> list[str]:
        """Wait for `* here:`; the names in it."""

        def here() -> list[bytes]:
            return [line for line in client.notices if is_here(line)]

        self.loop.until(lambda: here() or client.ended)
        if not here():
            raise self.failure(f"{client.label} receives  * here: ...", self.what_came(client))
        return here()[0].decode("utf-8", "replace").partition(":")[2].split()

    def joined(self, count: int) -> list[Client]:
        return [self.join() for _ in range(count)]

    def conversation(self) -> Conversation:
        """Somebody who speaks, and who hears it: in the first lessons the same."""
        if self.setting.is_echo:
            alone = self.connect()
            return Conversation(self, alone, alone, "you said: ")
        speaker, hearer = self.joined(2)
        return Conversation(self, speaker, hearer, f"{speaker.label}: ")

    # -- saying and hearing ------------------------------------------------------------------------

    def put(self, client: Client, data: bytes) -> None:
        """Send bytes as they are, in one write if the kernel has room."""
        for each in self.loop.clients:
            each.notices_before = len(each.notices)
        client.to_send += data
        client.write_some()

    def send(self, client: Client, text: str) -> None:
        """Send one line in one write."""
        self.send_bytes(client, text.encode() + b"\n")

    def send_bytes(self, client: Client, data: bytes) -> None:
        self.story.tell(client.label, f"sent  {shown(data)}")
        self.put(client, data)

    def send_in_pieces(self, client: Client, pieces: Sequence[bytes]) -> None:
        """Send each when the program has read those before it."""
        self.story.tell(client.label, f"sent  {shown(pieces[0])}")
        self.put(client, pieces[0])
        for piece in pieces[1:]:
            has_read = self.loop.gate(client)
            waited = f"{self.loop.patience:.1f} s later, though it was not read"
            when = "when that had been read" if has_read else waited
            self.story.tell(client.label, f"{when},  {shown(piece)}")
            self.put(client, piece)

    def expect(self, client: Client, text: str) -> None:
        """The next line that this client receives is this one; notices do not count."""
        self.loop.until(client.has_line)
        if not client.said or client.said[0] != text.encode():
            came = self.what_came(client)
            raise self.failure(f"{client.label} receives  {shown(text.encode())}<LF>", came)
        client.said.popleft()

    def expect_all(self, client: Client, texts: Sequence[str]) -> None:
        """The next lines are these, in this order."""
        wanted = [text.encode() for text in texts]
        self.loop.until(lambda: len(client.said) >= len(wanted) or client.ended)
        for number, text in enumerate(texts, 1):
            if not client.said or client.said[0] != text.encode():
                which = f" as line {number} of {len(texts)}" if len(texts) > 1 else ""
                came = self.what_came(client)
                expected = f"{client.label} receives{which}  {shown(text.encode())}<LF>"
                raise self.failure(expected, came)
            client.said.popleft()

    def fence(self, speaker: Client, hearers: Sequence[Client]) -> None:
        """Somebody says a line, and these receive it next: so nothing else was meant for them."""
        text = self.text()
        self.send(speaker, text)
        for hearer in hearers:
            self.expect(hearer, f"{speaker.label}: {text}")

    def what_came(self, client: Client) -> str:
        """What a client has received and nobody expected."""
        self.loop.pause(_LINGERING)
        lines = [*client.notices[client.notices_before :], *client.said]
        parts = [f"{shown(line)}<LF>" for line in list(lines)[:3]]
        if len(lines) > 3:
            parts.append(f"... ({len(lines) - 3:,} more lines)")
        if client.unfinished:
            parts.append(f"{shown(client.unfinished)}  (without a line end)")
        if client.ended:
            parts.append(f"(the connection was {client.ended})")
        return "\n".join(parts) or f"nothing, within {self.loop.patience:.1f} s"

    def failure(self, expected: str, got: str) -> Failed:
        """What was expected and what came instead, with what the kernel and the program add."""
        for client in self.loop.clients:
            if not client.ended and client.reads and (unread := self.unread(client)):
                much = counted(unread, "byte")
                self.story.tell(client.label, f"has sent {much} that your program has not read")
        if self.program.has_ended_within(_LINGERING):
            return Failed(expected, f"{got}\nyour program ended{self._ending()}")
        return Failed(expected, got)

    def unread(self, client: Client) -> int:
        """Bytes of this client that the program has not read, as far as the kernel tells."""
        far = client.far_end() if client.socket.fileno() >= 0 and kernel.available() else None
        return far.unread if far else 0

    def check_running(self) -> None:
        if self.program.exit_code is not None:
            raise self.failure("your program runs", "it does not")


def counted(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def is_here(notice: bytes) -> bool:
    return notice == b"* here" or notice.startswith(b"* here:")


def about(name: str, notices: Sequence[bytes]) -> list[bytes]:
    """The notices that have this name in them as a word."""
    word = re.compile(rb"(?<![a-z0-9])" + name.lower().encode() + rb"(?![a-z0-9])")
    return [line for line in notices if not is_here(line) and word.search(line.lower())]


@dataclass(frozen=True)
class Conversation:
    """Somebody who speaks, and who hears it, with what stands before the text."""

    stage: Stage
    speaker: Client
    hearer: Client
    before: str

    def expect(self, text: str) -> None:
        self.stage.expect(self.hearer, self.before + text)

    def expect_all(self, texts: Sequence[str]) -> None:
        self.stage.expect_all(self.hearer, [self.before + text for text in texts])

    def says(self, text: str) -> None:
        """One line in one write, and its arrival."""
        self.stage.send(self.speaker, text)
        self.expect(text)
