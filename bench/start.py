#!/usr/bin/env python3
"""Duration of a start after kill -9, with a million messages.

    python3 bench/start.py                      a minute; makes 1,000,000 messages first
    python3 bench/start.py --messages 100000

A process writes messages, and users who connect, join, change topics and leave (every tenth entry),
and is killed with SIGKILL after its last commit, so that the write-ahead log is as full as
possible. Then the server is started and killed several times. Two durations are measured from the
start of the process: until the line that says where it listens, and until a client has connected,
registered, joined a channel and received its last 100 messages. Two states are measured: the index
complete, and the index behind, if the second half of the messages came as a flood (with every
hundredth entry of another kind) until the kill. A third figure is the first start of another
version of the program, which replays every event (--most does not apply there).
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from ledger import Served

from hubbub.events.kinds import (
    Entry,
    Event,
    Joined,
    MessageSent,
    Parted,
    ServerStarted,
    TopicChanged,
    UserConnected,
    UserQuit,
)
from hubbub.log.index import Summarizer
from hubbub.log.sqlite import SqliteLog
from hubbub.model.replay import summarize, summary_format

BEGIN = 1_700_000_000_000
CHANNELS = [f"#channel{number}" for number in range(200)]
PEOPLE = 500
PATIENCE = 60.0


def happenings(messages: int, flood: bool = False) -> Iterator[Event]:
    """Messages, and among ten entries one of somebody who comes or goes; with `flood` in the second
    half among a hundred."""
    yield ServerStarted("bench")
    here: dict[int, tuple[str, str]] = {}  # number: source and channel
    position = 1
    said = 0
    while said < messages:
        position += 1
        if position % (100 if flood and said * 2 > messages else 10) == 0:
            number = position // 10 % PEOPLE
            if number in here and position % 400 == 0:
                source, channel = here[number]
                yield TopicChanged(number + 2, source, channel, f"topic {position}")
            elif number in here:
                source, channel = here.pop(number)
                yield Parted(number + 2, source, channel, "enough")
                yield UserQuit(number + 2, source, "bye")
                position += 1
            else:
                channel = CHANNELS[position // 10 % len(CHANNELS)]
                here[number] = (f"person{number}!~p@127.0.0.1", channel)
                yield UserConnected(
                    number + 2, position, f"person{number}", "~p", "127.0.0.1", "A Person",
                    "127.0.0.1:40000",
                )  # fmt: skip
                yield Joined(number + 2, here[number][0], channel, "")
                position += 1
            continue
        said += 1
        channel = CHANNELS[said * 7 % len(CHANNELS)]
        text = f"message {said} about tea and other things that people talk about all day"
        source = f"person{said % PEOPLE}!~p@127.0.0.1"
        yield MessageSent(said % PEOPLE + 2, source, None, "PRIVMSG", channel, None, channel, text)


def fill(path: Path, messages: int, *, indexed: bool) -> None:
    """Write, say so, and wait to be killed."""
    log = SqliteLog(path, durable=False, summarizer=Summarizer(summarize, summary_format()))
    batch: list[Entry] = []
    for position, event in enumerate(happenings(messages, not indexed), 1):
        batch.append(Entry(position, BEGIN + position * 10, event))
        if len(batch) == 2_000:
            log.append(batch)
            batch = []
        if not indexed and position == messages // 2:
            log.index.catch_up()
    if batch:
        log.append(batch)
    if indexed:
        log.index.catch_up()
    print("written", flush=True)
    signal.pause()


def made(path: Path, messages: int, *, indexed: bool) -> None:
    """Let a process make the log, and kill it."""
    words = ["--fill", str(path), "--messages", str(messages)]
    writer = subprocess.Popen(
        [sys.executable, __file__, *words, *(["--indexed"] if indexed else [])],
        stdout=subprocess.PIPE,
    )
    assert writer.stdout is not None
    written = writer.stdout.readline()
    writer.kill()
    writer.wait()
    writer.stdout.close()
    if written != b"written\n":
        raise RuntimeError("the log could not be made")


@dataclass
class Start:
    listening: float
    history: float
    messages: int  # that the history held


def start(data: Path) -> Start:
    """Start the server on `data`, join, kill it."""
    began = time.monotonic()
    server = Served(data)
    listening = time.monotonic() - began
    try:
        lines = _first_history(server.port)
    finally:
        seconds = time.monotonic() - began
        server.end(signal.SIGKILL)
    return Start(listening, seconds, lines)


def _first_history(port: int) -> int:
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
        client.sendall(
            b"CAP REQ :batch server-time message-tags draft/chathistory\r\nNICK late\r\n"
            b"USER late 0 * :x\r\nCAP END\r\nJOIN #channel7\r\n"
            b"CHATHISTORY LATEST #channel7 * 100\r\nPING end\r\n"
        )
        received = b""
        while b"PONG" not in received:
            data = client.recv(1 << 16)
            if not data:
                break
            received += data
    return received.count(b"PRIVMSG #channel7")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--most", type=float, default=2.0, help="seconds that a start may take")
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--fill", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--indexed", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.fill is not None:
        fill(asked.fill, asked.messages, indexed=asked.indexed)
        return 0
    good = True
    for indexed, known in ((True, True), (False, True), (True, False)):
        with tempfile.TemporaryDirectory(prefix="bench-start-", dir=asked.dir) as name:
            data = Path(name) / "data"
            data.mkdir()
            made(data / "chat.db", asked.messages, indexed=indexed)
            waiting = os.stat(data / "chat.db-wal").st_size >> 20
            starts = []
            for _ in range(asked.times if known else 1):
                if not known:
                    _forget_summary(data)
                starts.append(start(data))
        slowest = max(each.history for each in starts)
        fine = slowest < asked.most or not known
        fine = fine and all(each.messages == 100 for each in starts)
        good = good and fine
        print(
            f"{asked.messages:,} messages, {_STATES[indexed, known]},"
            f" {waiting} MB in the write-ahead log, killed {len(starts)} times: listening after"
            f" {_shown([each.listening for each in starts])} s, first history after"
            f" {_shown([each.history for each in starts])} s: {'ok' if fine else 'FAILED'}",
            flush=True,
        )
    return 0 if good else 1


_STATES = {
    (True, True): "index complete",
    (False, True): "index behind",
    (True, False): "first start of another version",
}


def _forget_summary(data: Path) -> None:
    with sqlite3.connect(data / "chat-index.db") as db:
        db.execute("UPDATE summary SET format = 'another'")
    db.close()


def _shown(values: list[float]) -> str:
    return (
        f"{sorted(values)[len(values) // 2]:.2f} (first {values[0]:.2f}, worst {max(values):.2f})"
    )


if __name__ == "__main__":
    sys.exit(main())
