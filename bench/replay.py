#!/usr/bin/env python3
"""Replay equals live: random commands by many users, then the log is replayed from its beginning.

    python3 bench/replay.py --events 1000000     up to half an hour
    python3 bench/replay.py --events 20000

The crowd of tests/crowd.py talks to a hub in this process, whose log is a real chat.db. At every
tenth of the run, and at the end, the live network is compared with the replayed one: from all
events, and from the last summary and the events since (model/replay.py). The exit code is 1 if
anything differs. It ends after `--seconds` at the latest and reports its progress.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from crowd import CHANNELS, Crowd
from harness import Chat, Client

from hubbub.events.kinds import AccountRegistered, ChannelRegistered, LoggedIn
from hubbub.events.msgid import msgid
from hubbub.log.index import Summarizer
from hubbub.log.sqlite import SqliteLog
from hubbub.model import replay
from hubbub.model.network import Network

#: Commands between two commits.
TOGETHER = 200


class Busy(Chat):
    """Writes many commands at once, as a busy server does."""

    patient = False

    def settle(self) -> None:
        if not self.patient:
            super().settle()


class Mixed(Crowd):
    """Also edits, takes back, reacts, renames, has accounts and channels of its own; and says more
    than it asks."""

    def does_something(self, client: Client) -> None:
        chance = self.random.random()
        if chance < 0.25:
            super().does_something(client)
            return
        channel = self._channel(client)
        word = str(self.random.randrange(1000))
        if chance < 0.8:
            client.sends(f"PRIVMSG {channel} :{word}")
        elif chance < 0.81:
            self._belong(client, word)
        else:
            client.sends(self._line(channel, word))
        client.received.clear()
        self.here = [each for each in self.here if not each.session.closing]

    def _channel(self, client: Client) -> str:
        user = client.session.user
        return self.random.choice([*user.channels] if user and user.channels else CHANNELS)

    def _line(self, channel: str, word: str) -> str:
        last = self.chat.hub.network.position
        name = msgid(max(1, last - self.random.randrange(300)), self.chat.log.id)
        return self.random.choice(
            (
                f"EDIT {channel} {name} :{word}", f"REDACT {channel} {name} :{word}",
                f"@+draft/react={word};+draft/reply={name} TAGMSG {channel}",
                f"@+draft/unreact={word};+draft/reply={name} TAGMSG {channel}",
                f"MARKREAD {channel} timestamp=2023-11-{int(word) % 28 + 1:02}T10:00:00.000Z",
                f"METADATA {channel} SET url :{word}", f"METADATA * SET url :{word}",
                f"RENAME {channel} #r{int(word) % 5} :{word}", f"JOIN {channel}",
                f"PART {channel} :{word}", f"TOPIC {channel} :{word}", f"AWAY :{word}", "AWAY",
                f"NICK n{word}", f"SETNAME :{word}", f"MODE {channel} +b n{word}!*@*",
            )
        )  # fmt: skip

    def _belong(self, client: Client, word: str) -> None:
        """Without passwords, which take their time: the events alone."""
        hub, user = self.chat.hub, client.session.user
        waits = client.session.run is not None
        if user is None or user.account is not None or waits or client.session.closing:
            return
        name = f"a{int(word) % 40}"
        with hub.lock:
            if hub.network.accounts.get(name) is None:
                hub.recorder.record_locked(AccountRegistered(name, None), None)
            hub.recorder.record_locked(LoggedIn(user.id, user.source, name), None)
            for key in sorted(user.channels):
                channel = hub.network.channels[key]
                if channel.founder is None and "o" in channel.members[user.id]:
                    hub.recorder.record_locked(ChannelRegistered(channel.name, name), None)


@dataclass
class Report:
    events: int
    compared: int
    differing: list[str]
    live_seconds: float
    replay_seconds: float

    @property
    def good(self) -> bool:
        return not self.differing and self.compared > 0


def differences(live: dict[str, Any], read: dict[str, Any], what: str) -> list[str]:
    return [f"{what}: {name}" for name, value in live.items() if read[name] != value]


def measure(path: Path, events: int, seconds: float, seed: int = 1) -> Report:
    summarizer = Summarizer(replay.summarize, replay.summary_format())
    log = SqliteLog(path, durable=False, summarizer=summarizer)
    chat = Busy(log, limits__flood_burst=0)
    crowd = Mixed(chat, seed)
    report = Report(0, 0, [], 0.0, 0.0)
    began = time.monotonic()
    try:
        for tenth in range(1, 11):
            while report.events < events * tenth / 10 and time.monotonic() - began < seconds:
                chat.patient = True
                crowd.act(TOGETHER)
                chat.patient = False
                chat.settle()
                report.events = chat.network.position
            _compare(chat, report, everything=tenth == 10)
    finally:
        log.close()
    report.live_seconds = time.monotonic() - began - report.replay_seconds
    return report


def _compare(chat: Busy, report: Report, *, everything: bool) -> None:
    began = time.monotonic()
    live = chat.network.snapshot()
    report.differing += differences(live, replay.replay(chat.log).snapshot(), "from the summary")
    if everything:
        network = Network()
        for entry in chat.log.read():
            network.apply(entry)
        report.differing += differences(live, network.snapshot(), "from all events")
    report.compared += 1
    report.replay_seconds += time.monotonic() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=2400, help="no longer than that")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-replay-", dir=asked.dir) as name:
        report = measure(Path(name) / "chat.db", asked.events, asked.seconds, asked.seed)
    print(
        f"{report.events:,} random events in {report.live_seconds:.0f} s, compared"
        f" {report.compared} times in {report.replay_seconds:.0f} s: replay and live are"
        f" {'EQUAL' if report.good else 'UNEQUAL: ' + ', '.join(report.differing[:5])}"
    )
    if report.events < asked.events:
        print(f"(time was over before {asked.events:,})")
    return 0 if report.good and report.events >= asked.events else 1


if __name__ == "__main__":
    sys.exit(main())
