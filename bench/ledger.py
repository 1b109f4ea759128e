"""The ledger: compares what the clients of a real server saw with the contents of the log.

Several writers in the same channels send numbered messages as fast as their window allows, and
record everything they see, including their own echoes. Half of them label each message and send
unconfirmed ones again after a reconnect. However the server ended meanwhile, the log must contain
every message that anybody saw, once, and in the order in which everybody saw it.

The figures are those of Jepsen's queue test: acked, lost, doubled, order; and the number of
messages of unknown outcome that were settled by sending them again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from hubbub.events.kinds import MessageSent
from hubbub.events.msgid import position_of
from hubbub.log.sqlite_reading import Reader

logging.getLogger("asyncio").setLevel(logging.ERROR)  # sending to a dead server is what we do
SRC = Path(__file__).resolve().parents[1] / "src"
CHANNELS = ("#one", "#two", "#three")
CAPS = "message-tags echo-message labeled-response batch server-time"
PATIENCE = 100.0
WINDOW = 20

_ECHO = re.compile(r"@(\S+) :(\w+)!\S+ PRIVMSG (#\w+) :(\S+)$")


class Served:
    """A server in its own process, its data in `data`."""

    def __init__(
        self,
        data: Path,
        *,
        under: Sequence[str] = (),
        before: Sequence[Path] = (),
        **settings: object,
    ) -> None:
        """`under`: words before the command; `before`: where Python looks for modules first."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("HUBBUB_")}
        environment |= {
            "PYTHONPATH": os.pathsep.join(map(str, (*before, SRC))),
            "PYTHONUNBUFFERED": "1",
            "HUBBUB_HOST": "127.0.0.1",
            "HUBBUB_PORT": "0",
            "HUBBUB_DATA_DIR": str(data),
            "HUBBUB_NO_BOOTSTRAP": "1",
            "HUBBUB_LIMITS__FLOOD_BURST": "0",
        }
        environment |= {f"HUBBUB_{name.upper()}": str(value) for name, value in settings.items()}
        self.errors = data.parent / f"{data.name}.stderr"
        began = time.monotonic()
        with self.errors.open("ab") as sink:
            self.process = subprocess.Popen(
                [*under, sys.executable, "-m", "hubbub", "serve"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=sink,
                text=True,
                start_new_session=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"127\.0\.0\.1:(\d+)", line)
        if found is None:
            self.end(signal.SIGKILL)
            raise RuntimeError(f"the server did not start: {self.errors.read_text()[-2000:]}")
        self.port = int(found[1])
        self.start_seconds = time.monotonic() - began

    def pid(self) -> int:
        """Of the server itself, which may run under another program."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        if self.process.args[0] == sys.executable:  # type: ignore[index]
            return self.process.pid
        return int(children.read_text().split()[0])

    def end(self, number: int = signal.SIGTERM) -> int:
        """Signal the whole group and wait; the exit code."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)
        return self.wait()

    def wait(self, seconds: float = PATIENCE) -> int:
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise
        finally:
            if self.process.stdout is not None:
                self.process.stdout.close()
        return code


@dataclass
class Sent:
    """A message on its way: where to, what, and its label if it has one."""

    channel: str
    text: str
    label: str | None


@dataclass
class Writer:
    """One client over several connections. `seen` is every message in order, as msgid and text."""

    name: str
    labels: bool
    seen: dict[str, list[tuple[str, str]]] = field(
        default_factory=lambda: {channel: [] for channel in CHANNELS}
    )
    acked: dict[str, str] = field(default_factory=dict)  # text -> msgid
    refused: set[str] = field(default_factory=set)
    unknown: dict[str, Sent] = field(default_factory=dict)
    settled: int = 0  # unknown ones of which a retry told what they had become
    abandoned: int = 0  # unknown ones without a label
    number: int = 0
    last_ack: float = 0.0
    began_at: str = ""  # the msgid of what was said first in this connection
    time: str = ""  # of the last message seen
    back_in_time: int = 0  # messages with an earlier time than the one before

    def next(self) -> Sent:
        self.number += 1
        text = f"{self.name}-{self.number}"
        label = f"L{text}" if self.labels else None
        return Sent(CHANNELS[self.number % len(CHANNELS)], text, label)

    async def run(self, port: int, most: int | None = None) -> None:
        """Connect, send what is unknown again, then go on until the server is gone or `most`
        messages have been sent."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, OSError):
            reader, out = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
            try:
                await self._talk(reader, out, most)
            finally:
                out.close()

    async def _talk(
        self, reader: asyncio.StreamReader, out: asyncio.StreamWriter, most: int | None
    ) -> None:
        # Each time another nick: the old connection may still be there.
        hello = f"CAP REQ :{CAPS}\r\nNICK {self.name}\r\nUSER {self.name} 0 * :x\r\nCAP END\r\n"
        out.write(hello.encode())
        await _until(reader, b" 422 ")
        out.write(f"JOIN {','.join(CHANNELS)}\r\nPING in\r\n".encode())
        await _until(reader, b"PONG")
        for channel in CHANNELS:
            self.seen[channel].append(("joined", ""))
        again, self.unknown = self.unknown, {}
        # The echo of a new one comes before the answers to those sent again, which may be old.
        self.began_at = ""
        self._send(out, self.next())
        for sent in again.values():
            if sent.label is not None:
                self._send(out, sent)
            else:
                self.abandoned += 1
        retried = set(again)
        end = None if most is None else self.number + most
        while True:
            while len(self.unknown) < WINDOW and (end is None or self.number < end):
                self._send(out, self.next())
            if end is not None and self.number >= end and not self.unknown:
                return
            if out.is_closing():
                return
            line = await reader.readuntil(b"\n")
            text = self._read(line.decode().rstrip("\r\n"))
            if text in retried:
                retried.discard(text)
                self.settled += 1

    def _send(self, out: asyncio.StreamWriter, sent: Sent) -> None:
        self.unknown[sent.text] = sent
        tag = f"@label={sent.label} " if sent.label else ""
        out.write(f"{tag}PRIVMSG {sent.channel} :{sent.text}\r\n".encode())

    def _read(self, line: str) -> str:
        """The text of our own message that this line settles, or nothing."""
        found = _ECHO.match(line)
        if found is None:
            if " FAIL " in line or " 404 " in line:
                return self._refused(line)
            return ""
        tags = dict(item.partition("=")[::2] for item in found[1].split(";"))
        nick, channel, text = found[2], found[3], found[4]
        self.began_at = self.began_at or tags["msgid"]
        if nick != self.name:
            self._note(channel, tags, text)
            return ""
        if tags["msgid"] >= self.began_at:
            self._note(channel, tags, text)
        self.acked[text] = tags["msgid"]
        self.last_ack = time.monotonic()
        self.unknown.pop(text, None)
        return text

    def _note(self, channel: str, tags: dict[str, str], text: str) -> None:
        self.seen[channel].append((tags["msgid"], text))
        self.back_in_time += tags["time"] < self.time
        self.time = tags["time"]

    def _refused(self, line: str) -> str:
        """A refusal settles the message it is about: by label, or the oldest without one."""
        label = re.search(r"label=([^ ;]+)", line)
        text = label[1][1:] if label else next(iter(self.unknown), "")
        self.unknown.pop(text, None)
        self.refused.add(text)
        return text


async def _until(reader: asyncio.StreamReader, part: bytes) -> None:
    while part not in (line := await reader.readuntil(b"\n")):
        if b" 433 " in line:
            raise ConnectionError("the connection before is still there")


def crowd(count: int, *, all_labels: bool = False) -> list[Writer]:
    """With `all_labels` each refusal names its message, else half of them count on the order."""
    return [Writer(f"w{n}", labels=all_labels or n % 2 == 0) for n in range(count)]


@dataclass
class Verdict:
    """What the comparison found; what `whole` looks at is to be zero."""

    acked: int = 0
    in_log: int = 0
    lost: int = 0
    doubled: int = 0
    order: int = 0  # readers whose order differs from the log's
    other_msgid: int = 0
    refused: int = 0
    refused_kept: int = 0  # refused, and yet in the log
    settled: int = 0
    unsettled: int = 0

    @property
    def whole(self) -> bool:
        wrong = self.lost + self.doubled + self.order + self.other_msgid + self.refused_kept
        return not wrong

    def __str__(self) -> str:
        return (
            f"acked {self.acked:,}, in the log {self.in_log:,}, lost {self.lost}, doubled"
            f" {self.doubled}, readers in another order {self.order}, other msgid"
            f" {self.other_msgid}, settled by a retry {self.settled}"
        )


def compare(writers: Sequence[Writer], data: Path) -> Verdict:
    """The clients' notes with the log in `data`."""
    kept: dict[str, list[tuple[int, str]]] = {channel: [] for channel in CHANNELS}
    reader = Reader(data / "chat.db")
    for entry in reader.read(0):
        if isinstance(entry.event, MessageSent) and entry.event.conversation in kept:
            kept[entry.event.conversation].append((entry.position, entry.event.text))
    reader.close()
    counts = Counter(text for entries in kept.values() for _, text in entries)
    places = {text: position for entries in kept.values() for position, text in entries}
    verdict = Verdict(in_log=sum(counts.values()))
    verdict.doubled = sum(count - 1 for count in counts.values())
    for writer in writers:
        verdict.acked += len(writer.acked)
        verdict.refused += len(writer.refused)
        verdict.refused_kept += sum(text in places for text in writer.refused)
        verdict.settled += writer.settled
        verdict.unsettled += len(writer.unknown) + writer.abandoned
        seen = {text: msgid for pairs in writer.seen.values() for msgid, text in pairs if text}
        for text, msgid in {**seen, **writer.acked}.items():
            if text not in places:
                verdict.lost += 1
            elif position_of(msgid, msgid.partition("-")[2]) != places[text]:
                verdict.other_msgid += 1
        for channel, pairs in writer.seen.items():
            texts = [text for _, text in kept[channel]]
            verdict.order += not _stands_in(pairs, texts)
    return verdict


def _stands_in(pairs: Sequence[tuple[str, str]], texts: Sequence[str]) -> bool:
    """Is each stretch between two joins a piece of the log, without gap, one behind the other?"""
    place = {text: number for number, text in enumerate(texts)}
    last = -1
    fresh = True
    for msgid, text in pairs:
        if msgid == "joined":
            fresh = True
            continue
        at = place.get(text)
        if at is None or at <= last or (not fresh and at != last + 1):
            return False
        last, fresh = at, False
    return True
