"""The disk is full and has room again in a fast and irregular sequence, while clients chat, join,
leave and edit. A trial of bench/faults.py (F04).

The server has two I/O threads; full_at_times.py, loaded into it, simulates the disk. Every command
has a label. Afterwards the output received by clients is compared with the log: acknowledged
messages are stored once, refused ones are not, and no reply showed anything that is not stored;
everybody received everything in the log's order, and replaying the log gives the final state. Then
the same with a kill -9 in the middle, and with a failing disk, where the server must report it and
exit.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import signal
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ledger import SRC, Served
from trials import Result, until

from hubbub.events.kinds import (
    AwayChanged,
    Entry,
    Joined,
    MessageEdited,
    MessageRedacted,
    MessageSent,
    NickChanged,
    Parted,
    Reacted,
    TopicChanged,
    UserConnected,
)
from hubbub.events.msgid import position_of
from hubbub.log.sqlite_reading import Reader

CHANNELS = ("#one", "#two", "#three", "#four")
CAPS = (
    "message-tags echo-message labeled-response batch server-time away-notify"
    " draft/message-edit draft/message-redaction"
)
AT_ONCE = 8
NO_ROOM = "ERROR: the log "  # how the server says so
KINDS: dict[str, type] = {
    "say": MessageSent, "edit": MessageEdited, "redact": MessageRedacted, "react": Reacted,
    "topic": TopicChanged, "join": Joined, "part": Parted, "nick": NickChanged,
    "away": AwayChanged,
}  # fmt: skip
#: How often people do what.
_DEEDS = {
    "say": 50, "edit": 5, "redact": 3, "react": 8, "topic": 4, "part": 4, "join": 4, "nick": 3,
    "away": 3, "type": 3, "ask": 13,
}  # fmt: skip
_QUESTIONS = ("NAMES {0}", "WHO {0}", "TOPIC {0}", "LIST", "WHOIS {1}", "WHO {0} %cn")
_LINE = re.compile(r"(?:@(\S+) )?:(\S+) (\S+) ?(.*)")


@dataclass
class Deed:
    kind: str
    label: str
    command: str
    target: str
    message: int = 0  # of what it changes
    word: str = ""
    outcome: str = ""  # acked, refused, denied
    position: int = 0  # where it is, as far as that was told


@dataclass
class Heard:
    """What one connection was told, in order: positions, and of what was said where."""

    positions: list[int] = field(default_factory=list)
    #: Channel -> stretches between coming in and leaving.
    said: dict[str, list[list[int]]] = field(default_factory=lambda: defaultdict(list))


@dataclass
class Person:
    """One client over several connections. `deeds` by label, and those not answered yet."""

    name: str
    chance: random.Random
    talks: bool
    deeds: dict[str, Deed] = field(default_factory=dict)
    open: dict[str, Deed] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)
    topics: set[str] = field(default_factory=set)  # that answers showed
    members: set[tuple[str, str]] = field(default_factory=set)  # channel and nick, likewise
    answered_twice: int = 0
    nick: str = ""
    number: int = 0
    connected: bool = False
    resting: bool = False  # says nothing new
    batches: dict[str, list[str]] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)  # of those batches
    retried: set[str] = field(default_factory=set)  # labels of what was sent again
    mine: list[Deed] = field(default_factory=list)  # what it said, as far as it was kept

    async def run(self, port: int) -> None:
        """One connection after the other, until cancelled."""
        while True:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, OSError):
                reader, self.out = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
                self.connected = True
                try:
                    await self._live(reader)
                finally:
                    self.connected = False
                    self.out.transport.abort()
            await asyncio.sleep(0.02)

    async def _live(self, reader: asyncio.StreamReader) -> None:
        self.nick = f"{self.name}x{len(self.heard)}"
        hello = f"CAP REQ :{CAPS}\r\nNICK {self.nick}\r\nUSER u 0 * :x\r\nCAP END\r\n"
        self.out.write(hello.encode())
        while b" 422 " not in (line := await reader.readuntil(b"\n")):
            if b" LOG_FULL " in line:
                raise ConnectionError("not let in: no room")
        self.heard.append(Heard())
        self.batches, self.labels = {}, {}
        again = [deed for deed in self.open.values() if deed.kind == "say"]
        self.open = {}
        self.retried = {deed.label for deed in again}
        for channel in CHANNELS:
            self._do("join", f"JOIN {channel}", channel)
        for deed in again:
            self._send(deed)
        while True:
            while self.talks and not self.resting and len(self.open) < AT_ONCE:
                self._act()
            if self.talks and not self.resting and self.chance.random() < 0.002:
                return  # and comes back
            if not self.talks and not self.resting and self.chance.random() < 0.02:
                self._ask()
            line = await reader.readuntil(b"\n")
            if line.startswith(b"ERROR"):
                return
            if line.split(b" ")[1] == b"PING":
                self.out.write(b"PONG x\r\n")
            else:
                self._read(line.decode().rstrip("\r\n"))

    # -- what it does ------------------------------------------------------------------------

    def _act(self) -> None:
        chance, channel = self.chance, self.chance.choice(CHANNELS)
        (kind,) = chance.choices(list(_DEEDS), list(_DEEDS.values()))
        word, old = f"{self.name}-{self.number + 1}", chance.choice(self.mine or [None])  # type: ignore[list-item]
        if kind == "say":
            self._do(kind, f"PRIVMSG {channel} :{word}", channel, word=word)
        elif kind == "type":
            self.out.write(f"@+typing=active TAGMSG {channel}\r\n".encode())
        elif kind == "ask":
            self._ask()
        elif kind == "topic":
            self._do(kind, f"TOPIC {channel} :{word}", channel, word=word)
        elif kind == "join":
            self._do(kind, f"JOIN {channel}", channel)
        elif kind == "part":
            self._do(kind, f"PART {channel} :{word}", channel)
        elif kind == "nick":
            self._do(kind, f"NICK {self.name}x{len(self.heard)}n{self.number}")
        elif kind == "away":
            self._do(kind, f"AWAY :{word}")
        elif old is not None:
            self._change(kind, old, word)

    def _change(self, kind: str, old: Deed, word: str) -> None:
        name = self.msgids[old.position]
        if kind == "edit":
            command = f"EDIT {old.target} {name} :{old.word} {word}"
        elif kind == "redact":
            command = f"REDACT {old.target} {name} :{word}"
        else:
            command = f"@+draft/react={word};+reply={name} TAGMSG {old.target}"
        self._do(kind, command, old.target, message=old.position, word=word)

    def _ask(self) -> None:
        question = self.chance.choice(_QUESTIONS).format(self.chance.choice(CHANNELS), self.nick)
        self.out.write(f"{question}\r\n".encode())

    def _do(
        self, kind: str, command: str, target: str = "", *, message: int = 0, word: str = ""
    ) -> None:
        self.number += 1
        deed = Deed(kind, f"{self.name}-{self.number}", command, target, message, word)
        self.deeds[deed.label] = deed
        self._send(deed)

    def _send(self, deed: Deed) -> None:
        self.open[deed.label] = deed
        tags, _, rest = deed.command.rpartition(" TAGMSG ")
        line = f"{tags} TAGMSG {rest}" if tags else f"@ {deed.command}"
        separator = ";" if tags else ""
        self.out.write(f"@label={deed.label}{separator}{line[1:]}\r\n".encode())

    # -- what it hears -----------------------------------------------------------------------

    msgids: dict[int, str] = field(default_factory=dict)

    def _read(self, line: str) -> None:
        found = _LINE.match(line)
        assert found is not None, line
        tags = dict(item.partition("=")[::2] for item in (found[1] or "").split(";"))
        source, command, rest = found[2], found[3], found[4]
        label = tags.get("label", self.labels.get(tags.get("batch", ""), ""))
        self._note(tags, source, command, rest, label)
        if command == "BATCH":
            number = rest.split(" ")[0]
            if number[0] == "+":
                self.batches[number[1:]], self.labels[number[1:]] = [], label
            else:
                self._answered(self.labels.pop(number[1:]), self.batches.pop(number[1:]))
        elif tags.get("batch") in self.batches:
            self.batches[tags["batch"]].append(line)
        elif label:
            self._answered(label, [line])

    def _note(self, tags: dict[str, str], source: str, command: str, rest: str, label: str) -> None:
        nick, words = source.partition("!")[0], rest.split(" ")
        self._note_shown(command, words)
        name = tags.get("msgid")
        is_typing = command == "TAGMSG" and "+draft/react" not in tags
        if name is None or is_typing or command == "AWAY":  # that comes with a JOIN of the name
            return
        position = position_of(name, name.partition("-")[2])
        assert position is not None, name
        heard, channel = self.heard[-1], words[0]
        if label in self.retried and position < max(heard.positions, default=0):
            return  # what was said first
        heard.positions.append(position)
        if command == "JOIN" and nick == self.nick:
            heard.said[channel].append([])
        elif command == "PRIVMSG" and heard.said[channel]:
            heard.said[channel][-1].append(position)
            self.msgids[position] = name
        elif command == "NICK" and nick == self.nick:
            self.nick = words[0].lstrip(":")

    def _note_shown(self, command: str, words: list[str]) -> None:
        if command in ("332", "322"):
            topic = words[-1].lstrip(":")
            self.topics.update({topic} if topic else ())
        elif command == "353":
            nicks = " ".join(words[3:]).lstrip(":").split()
            self.members.update((words[2], nick.lstrip("@+")) for nick in nicks)
        elif command == "352":
            self.members.add((words[1], words[5]))
        elif command == "354":
            self.members.add((words[1], words[2]))

    def _answered(self, label: str, lines: list[str]) -> None:
        if not label:
            return
        deed = self.open.pop(label, None)
        if deed is None:
            self.answered_twice += 1
            return
        for line in lines:
            found = _LINE.match(line)
            assert found is not None, line
            if found[3] == "FAIL":
                deed.outcome = "refused" if " LOG_FULL " in line else "denied"
                return
            if "400" <= found[3] < "600":  # not in that channel, no such nick
                deed.outcome = "denied"
                return
        if any(" ACK" in line for line in lines) or not lines:
            deed.outcome = "denied"  # nothing came of it: one is in that channel already
            return
        deed.outcome = "acked"
        name = re.search(r"msgid=([^; ]+)", lines[0])
        if name is not None:
            deed.position = position_of(name[1], name[1].partition("-")[2]) or 0
            self.msgids[deed.position] = name[1]
        if deed.kind == "say":
            self.mine = [*self.mine[-20:], deed]


# -- what is in the log ------------------------------------------------------------------------


@dataclass
class Verdict:
    """What `whole` looks at is to be zero."""

    acked: int = 0
    refused: int = 0
    lost: int = 0  # acknowledged, or told to anybody, and not in the log
    kept: int = 0  # refused, and yet in the log
    doubled: int = 0
    order: int = 0  # connections that heard another order, or not all of it
    shown: int = 0  # of what answers showed, not in the log
    unanswered: int = 0

    @property
    def whole(self) -> bool:
        return not (self.lost or self.kept or self.doubled or self.order or self.shown)

    def __str__(self) -> str:
        return (
            f"acked {self.acked:,}, refused {self.refused:,}, of these kept {self.kept}; told and"
            f" lost {self.lost}, doubled {self.doubled}, other order {self.order}, shown by"
            f" answers and lost {self.shown}"
        )


class Kept:
    """The log as these trials look at it."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = {entry.position: entry for entry in entries}
        events = [entry.event for entry in self.entries.values()]
        self.redacted = {
            each.message: _whose(each)[0] for each in events if isinstance(each, MessageRedacted)
        }
        self.topics = {each.topic for each in events if isinstance(each, TopicChanged)}
        self.counts = Counter(map(_whose, events))
        self.words = Counter(
            each.text.split(" ")[0] for each in events if isinstance(each, MessageSent)
        )
        nicks: dict[int, set[str]] = defaultdict(set)
        for each in events:
            if isinstance(each, UserConnected | NickChanged):
                nicks[each.user].add(each.nick)
        self.members = {
            (each.channel, nick)
            for each in events
            if isinstance(each, Joined)
            for nick in nicks[each.user]
        }
        self.nicks = {nick for each in nicks.values() for nick in each}

    def said(self, channel: str, first: int, last: int) -> list[int]:
        return [
            position
            for position, entry in self.entries.items()
            if first <= position <= last
            and isinstance(entry.event, MessageSent)
            and entry.event.target == channel
        ]


def _whose(event: object) -> tuple[str, type]:
    source = str(getattr(event, "source", ""))
    return source.partition("!")[0].partition("x")[0], type(event)


def compare(people: Sequence[Person], data: Path) -> Verdict:
    reader = Reader(data / "chat.db")
    kept = Kept(reader.read(0))
    reader.close()
    verdict = Verdict(doubled=sum(count - 1 for count in kept.words.values()))
    for person in people:
        outcomes = Counter(deed.outcome for deed in person.deeds.values())
        verdict.acked += outcomes["acked"]
        verdict.refused += outcomes["refused"]
        verdict.unanswered += len(person.open)
        verdict.doubled += person.answered_twice
        verdict.lost += sum(not _is_there(deed, kept) for deed in person.deeds.values())
        verdict.kept += sum(_too_many(person, kept))
        verdict.shown += len(person.topics - kept.topics) + len(person.members - kept.members)
        for heard in person.heard:
            there = [at in kept.entries or at in kept.redacted for at in heard.positions]
            verdict.lost += there.count(False)
            verdict.order += not _is_in_order(heard, kept)
    return verdict


def _is_there(deed: Deed, kept: Kept) -> bool:
    """If it was acknowledged."""
    if deed.outcome != "acked":
        return True
    if deed.kind == "redact":
        return deed.message in kept.redacted
    if deed.position in kept.redacted or deed.message in kept.redacted or not deed.position:
        return True  # what was said there is gone; or its answer names no place, and is counted
    entry = kept.entries.get(deed.position)
    return entry is not None and isinstance(entry.event, KINDS[deed.kind])


def _too_many(person: Person, kept: Kept) -> Iterator[int]:
    """How many more of each kind the log has than were acknowledged or may be there; and those that
    it has fewer of."""
    for kind, type in KINDS.items():
        deeds = [deed for deed in person.deeds.values() if deed.kind == kind]
        acked = sum(deed.outcome == "acked" for deed in deeds)
        unknown = sum(not deed.outcome for deed in deeds)
        count = kept.counts[person.name, type]
        if type is MessageSent:
            count += list(kept.redacted.values()).count(person.name)
        yield max(0, count - acked - unknown, acked - count)


def _is_in_order(heard: Heard, kept: Kept) -> bool:
    if heard.positions != sorted(set(heard.positions)):
        return False
    for channel, stretches in heard.said.items():
        for stretch in filter(None, stretches):
            all_of_it = kept.said(channel, stretch[0], stretch[-1])
            if [at for at in stretch if at not in kept.redacted] != all_of_it:
                return False
    return True


# -- the trial ---------------------------------------------------------------------------------


@dataclass
class Flickering:
    """A server whose disk does that, and people in it."""

    directory: Path
    seed: int
    threads: int = 2

    def __post_init__(self) -> None:
        self.directory.mkdir()
        self.data = self.directory / "data"
        self.data.mkdir()
        self.state = self.directory / "state"
        self.state.write_text("room")
        self.result = self.directory / "replayed"
        first = self.directory / "first"
        first.mkdir()
        call = f"Path({str(self.state)!r}), {self.seed}, Path({str(self.result)!r})"
        (first / "sitecustomize.py").write_text(
            f"from pathlib import Path\nimport full_at_times\nfull_at_times.begin({call})\n"
        )
        before = [first, SRC.parent / "bench"]
        self.server = Served(self.data, before=before, threads=self.threads, limits__change_burst=0)
        chance = random.Random(self.seed)
        self.people = [
            Person(f"{'w' if n < 20 else 'r'}{n}", random.Random(chance.random()), talks=n < 20)
            for n in range(24)
        ]

    async def people_until(self, what: str, enough: int, seconds: float = 0) -> None:
        """They talk for so long, and until so much was kept and refused; then the end that `what`
        says."""
        tasks = [asyncio.create_task(each.run(self.server.port)) for each in self.people]
        await until(lambda: all(each.heard for each in self.people))
        self.state.write_text("flicker")
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        await until(lambda: any(task.done() for task in tasks) or self._have_done(enough))
        if what == "killed":
            self.server.end(signal.SIGKILL)
        elif what == "broken":
            self.state.write_text("broken")
            await until(lambda: self.server.process.poll() is not None)
        else:
            for each in self.people:
                each.resting = True
            self.state.write_text("room")
            await until(lambda: not any(each.open for each in self.people))
        if what != "room":  # what was told is read to the end
            await until(lambda: not any(each.connected for each in self.people))
        for task in tasks:
            task.cancel()
        for end in await asyncio.gather(*tasks, return_exceptions=True):
            if not isinstance(end, asyncio.CancelledError):
                raise RuntimeError("a client did not understand the server") from end

    def _have_done(self, enough: int) -> bool:
        outcomes = Counter(deed.outcome for each in self.people for deed in each.deeds.values())
        return (
            outcomes["acked"] > 2 * enough
            and outcomes["refused"] > enough
            and self.times_full() > 5
        )

    def times_full(self) -> int:
        return self.server.errors.read_text().count(NO_ROOM)


def flicker(directory: Path, quick: bool) -> Result:
    lines, good = [], True
    for number, what in enumerate(("room", "killed", "broken")):
        trial = Flickering(directory / what, number)
        asyncio.run(trial.people_until(what, 50 if quick else 500, 0 if quick else 10))
        code = trial.server.end() if what == "room" else trial.server.wait()
        if what != "room":
            Served(trial.data).end()
        verdict = compare(trial.people, trial.data)
        line = f"{what}: full {trial.times_full()} times, {verdict}"
        good = good and verdict.whole and trial.times_full() > 5
        if what == "room":
            replayed = trial.result.read_text()
            line += f", unanswered {verdict.unanswered}, replay {replayed}"
            good = good and replayed == "EQUAL" and not verdict.unanswered and code == 0
        elif what == "broken":
            said = "the log failed" in trial.server.errors.read_text()
            line += f", ended with code {code} and {'said why' if said else 'did NOT say why'}"
            good = good and code == 1 and said
        lines.append(line)
    return Result(good, "; ".join(lines))
