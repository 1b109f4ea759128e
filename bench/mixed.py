"""A mixed load on a running server, from one seed, at a fixed rate: what some fifty people do.

`RESIDENTS` people stay: with IRC, IRC over TLS, WebSocket and netcat; half of them have accounts.
Guests come and go under new names, half of them without a goodbye, and so do second devices of the
accounts. They talk, react, edit, delete, type, read back, search, look around, upload, change
names, topics, modes and metadata, ask by HTTP, and visit channels that hardly anybody else enters.
There is a fixed number of those, since a channel with a topic rests when it is empty: the state of
the network does not grow, so that memory need not. Everything that arrives is read.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import random
import re
import ssl
import struct
import time
import zlib
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from hostile.target import HOST, frame, plain, read_frame, websocket_request

RESIDENTS = 40
GUESTS = 15  # at a time
DEVICES = 5  # second ones of accounts, at a time
UPLOADS = 20  # that stay linked; then the oldest message is deleted
VISITED = 200  # channels, as many as may rest of one customer
CHANNELS = tuple(f"#room{n}" for n in range(12))
CAPS = (
    "message-tags echo-message labeled-response batch server-time account-tag away-notify"
    " extended-join multi-prefix setname draft/chathistory draft/search draft/multiline"
    " draft/message-edit draft/message-redaction draft/read-marker draft/metadata-2"
    " standard-replies"
)
WAYS = ("irc", "irc", "tls", "websocket", "netcat")
PASSWORD = "correct-horse"
PATIENCE = 60.0
AT_ONCE = 200  # actions that may be waiting for an answer

_MESSAGE = re.compile(r"@(\S+) :([^!]+)!\S+ PRIVMSG (#\S+) :(.*)")
_WORDS = (
    "tea", "kettle", "coffee", "lesson", "paper", "window", "river", "table", "green", "seven",
    "music", "number", "letter", "garden", "question", "answer", "morning", "teacher", "picture",
)  # fmt: skip


# -- one connection --------------------------------------------------------------------------------


class Cut(Exception):
    """The server ended a connection that was to stay."""


@dataclass
class Person:
    """Somebody with one connection. `said` and `heard` are recent messages: channel and msgid."""

    nick: str
    way: str
    account: str = ""
    said: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=20))
    heard: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=20))
    uploads: deque[tuple[str, str]] = field(default_factory=deque)
    channels: list[str] = field(default_factory=list)
    visits: list[str] = field(default_factory=list)
    lines: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    gone: bool = False
    _waiting: list[tuple[str, asyncio.Future[str]]] = field(default_factory=list)

    async def connect(self, port: int) -> None:
        context = None
        if self.way == "tls":
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._reader, self._out = await asyncio.open_connection(
            HOST, port, limit=1 << 20, ssl=context
        )
        if self.way == "websocket":
            self._out.write(websocket_request(port, "text.ircv3.net"))
            await self._reader.readuntil(b"\r\n\r\n")
        self._task = asyncio.create_task(self._read())

    async def enter(self, port: int) -> None:
        """Connect, log in where there is an account, and join the channels."""
        await self.connect(port)
        if self.way == "netcat":
            await self.until("What is your name?")
            self.sends(self.nick)
            await self.until(f"* {self.nick} joined")
        else:
            self.sends(f"CAP REQ :{CAPS}{' sasl' if self.account else ''}", f"NICK {self.nick}")
            self.sends(f"USER {self.nick[:9]} 0 * :{self.nick}")
            if self.account:
                self.sends("AUTHENTICATE PLAIN")
                self.sends(f"AUTHENTICATE {plain(self.account, PASSWORD)}")
                await self.until(" 903 ")
            self.sends("CAP END")
            await self.until(" 422 ")
        slash = "/join" if self.way == "netcat" else "JOIN"
        self.sends(*(f"{slash} {channel}" for channel in self.channels))

    def sends(self, *lines: str) -> None:
        if self.gone:
            return
        if self.way == "websocket":
            for line in lines:
                self._out.write(frame(0x81, line.encode()))
        else:
            end = "\n" if self.way == "netcat" else "\r\n"
            self._out.write("".join(f"{line}{end}" for line in lines).encode())

    async def until(self, part: str) -> str:
        """The next line that has `part`. Raises TimeoutError, Cut."""
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting.append((part, future))
        async with asyncio.timeout(PATIENCE):
            return await future

    async def leave(self, *, politely: bool) -> None:
        self.gone = True
        if politely:
            quit = "/quit" if self.way == "netcat" else "QUIT :bye"
            self.gone = False
            self.sends(quit)
            self.gone = True
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await self._task
        self._out.transport.abort()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            async for line in self._arriving():
                self._take(line)
        self.gone = True
        for _, future in self._waiting:
            if not future.done():
                future.set_exception(Cut(f"{self.nick} was cut off"))

    async def _arriving(self):  # type: ignore[no-untyped-def]
        if self.way != "websocket":
            while data := await self._reader.readline():
                yield data.decode(errors="replace").rstrip("\r\n")
            return
        while (got := await read_frame(self._reader)) is not None:
            kind, data = got
            if kind == 0x89:
                self._out.write(frame(0x8A, data))
            elif kind == 0x81:
                yield data.decode()

    def _take(self, line: str) -> None:
        self.lines += 1
        if line.startswith("PING "):
            self.sends(f"PONG {line[5:]}")
        for waiting in self._waiting:
            if waiting[0] in line:
                self._waiting.remove(waiting)
                if not waiting[1].done():
                    waiting[1].set_result(line)
                break
        if " FAIL " in line or line.startswith("FAIL "):
            self.refusals[" ".join(line.partition("FAIL ")[2].split()[:2])] += 1
        elif found := _MESSAGE.match(line):
            self._note(*found.groups())

    def _note(self, tags: str, nick: str, channel: str, text: str) -> None:
        msgid = re.search(r"(?:^|;)msgid=([^;]+)", tags)
        if msgid is None:
            return
        place = channel, msgid[1]
        self.heard.append(place)
        if nick == self.nick:
            (self.uploads if "/files/" in text else self.said).append(place)


# -- what they do with IRC: lines ------------------------------------------------------------------


@dataclass
class Deciding:
    """What the lines of an action are made of."""

    me: Person
    chance: random.Random
    others: list[str]
    number: int

    def text(self) -> str:
        count = self.chance.randrange(3, 20)
        return f"{' '.join(self.chance.choices(_WORDS, k=count))} {self.number}"

    def channel(self) -> str:
        return self.chance.choice(self.me.channels)

    def message(self, of: deque[tuple[str, str]]) -> tuple[str, str] | None:
        return self.chance.choice(of) if of else None


Lines = Iterator[str]


def say(do: Deciding) -> Lines:
    yield f"@label=L{do.number} PRIVMSG {do.channel()} :{do.text()}"


def reply(do: Deciding) -> Lines:
    if place := do.message(do.me.heard):
        yield f"@+draft/reply={place[1]} PRIVMSG {place[0]} :{do.text()}"


def multiline(do: Deciding) -> Lines:
    channel = do.channel()
    yield f"@label=M{do.number} BATCH +m draft/multiline {channel}"
    yield from (f"@batch=m PRIVMSG {channel} :{do.text()}" for _ in range(3))
    yield "BATCH -m"


def type_(do: Deciding) -> Lines:
    yield f"@+typing=active TAGMSG {do.channel()}"


def react(do: Deciding) -> Lines:
    if place := do.message(do.me.heard):
        what = do.chance.choice(("react", "react", "unreact"))
        word = do.chance.choice(("👍", "😀", "+1"))
        yield f"@+draft/{what}={word};+draft/reply={place[1]} TAGMSG {place[0]}"


def edit(do: Deciding) -> Lines:
    if place := do.message(do.me.said):
        yield f"EDIT {place[0]} {place[1]} :{do.text()}"


def redact(do: Deciding) -> Lines:
    if place := do.message(do.me.said):
        do.me.said.remove(place)
        yield f"REDACT {place[0]} {place[1]}"


def private(do: Deciding) -> Lines:
    yield f"@label=P{do.number} PRIVMSG {do.chance.choice(do.others)} :{do.text()}"


def history(do: Deciding) -> Lines:
    place = do.message(do.me.heard)
    how = do.chance.choice(("LATEST", "BEFORE", "AROUND")) if place else "LATEST"
    channel, at = (do.channel(), "*") if how == "LATEST" or place is None else place
    yield f"CHATHISTORY {how} {channel} {'*' if at == '*' else f'msgid={at}'} 30"


def search(do: Deciding) -> Lines:
    yield f"SEARCH in={do.channel()} :{' '.join(do.chance.sample(_WORDS, 2))}"


def visit(do: Deciding) -> Lines:
    """A channel that hardly anybody else enters; every other time with a topic: then it rests."""
    if len(do.me.visits) > 3:
        yield f"PART {do.me.visits.pop(0)}"
    name = f"#visit{do.number % VISITED}"
    do.me.visits.append(name)
    yield f"JOIN {name}"
    yield f"PRIVMSG {name} :{do.text()}"
    if do.number % 2:
        yield f"TOPIC {name} :{do.text()}"


def rename(do: Deciding) -> Lines:
    if not do.me.account:
        do.me.nick = f"{do.me.nick.partition('_')[0]}_{do.number}"
        yield f"NICK {do.me.nick}"


def away(do: Deciding) -> Lines:
    yield do.chance.choice(("AWAY", f"AWAY :{do.text()}"))


def topic(do: Deciding) -> Lines:
    yield f"TOPIC {do.channel()} :{do.text()}"


def look(do: Deciding) -> Lines:
    questions = (
        "NAMES {}", "WHO {}", "WHO {} %cnuhaf", "LIST", "MODE {}", "MODE {} +b", "LUSERS",
        f"WHOIS {do.chance.choice(do.others)}", f"WHOWAS {do.chance.choice(do.others)}",
    )  # fmt: skip
    yield do.chance.choice(questions).format(do.channel())


def mark(do: Deciding) -> Lines:
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    yield f"MARKREAD {do.channel()} timestamp={now}"


def metadata(do: Deciding) -> Lines:
    yield f"METADATA * SET display-name :{do.text()[:60]}"
    yield "METADATA * SUB display-name avatar"


def monitor(do: Deciding) -> Lines:
    yield f"MONITOR + guest{do.number},{do.chance.choice(do.others)}"
    if do.number % 5 == 0:
        yield "MONITOR C"


def ban(do: Deciding) -> Lines:
    yield f"MODE {do.channel()} +b *!*@host{do.number}.example"
    yield f"MODE {do.channel()} -b *!*@host{do.number}.example"


def invite(do: Deciding) -> Lines:
    yield f"INVITELINK ADD {do.channel()} 5 1h"
    yield "INVITELINK LIST"


BY_IRC: dict[Callable[[Deciding], Lines], float] = {
    say: 38, reply: 4, multiline: 1, type_: 8, react: 6, edit: 4, redact: 2, private: 6,
    history: 6, search: 2, visit: 3, rename: 1, away: 1, topic: 1, look: 4, mark: 2,
    metadata: 1, monitor: 1, ban: 1, invite: 0.1,
}  # fmt: skip


# -- and with netcat -------------------------------------------------------------------------------


def by_netcat(do: Deciding) -> Lines:
    visit = f"#visit{do.number % VISITED}"
    deeds: dict[tuple[str, ...], float] = {
        (do.text(),): 60,
        (f"/me {do.text()}",): 5,
        (f"/msg {do.chance.choice(do.others)} {do.text()}",): 8,
        ("/history 20",): 6,
        (f"/search {do.chance.choice(_WORDS)}",): 3,
        (f"/join {visit}", do.text(), f"/part {visit}", f"/join {do.channel()}"): 3,
        ("/who",): 3,
        ("/list",): 1,
        (f"/topic {do.text()}",): 1,
    }
    yield from do.chance.choices(list(deeds), list(deeds.values()))[0]


# -- HTTP ------------------------------------------------------------------------------------------


async def ask(port: int, request: str, *fields: str, body: bytes = b"") -> bytes:
    """One request on a connection of its own; the whole response."""
    reader, out = await asyncio.open_connection(HOST, port)
    head = [f"{request} HTTP/1.1", f"Host: {HOST}:{port}", "Connection: close", *fields]
    if body:
        head.append(f"Content-Length: {len(body)}")
    out.write("\r\n".join([*head, "", ""]).encode() + body)
    try:
        async with asyncio.timeout(PATIENCE):
            return await reader.read()
    finally:
        out.close()


def png(chance: random.Random) -> bytes:
    """A small picture."""
    side = chance.randrange(16, 200)
    rows = b"".join(b"\0" + chance.randbytes(3) * side for _ in range(side))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


# -- all of them -----------------------------------------------------------------------------------


class Load:
    """The people, and what they do next. `did` counts actions, `failed` those without an answer."""

    def __init__(self, port: int, seed: int, residents: int = RESIDENTS) -> None:
        self.port = port
        self._count = residents
        self.did: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.lines = 0
        self.refusals: Counter[str] = Counter()
        self._chance = random.Random(seed)
        self._number = 0
        self._residents: list[Person] = []
        self._guests: list[Person] = []
        self._devices: list[Person] = []
        self._running: set[asyncio.Task[None]] = set()
        self._deeds: dict[Callable[[], object], float] = {
            self._talk: 94, self._guest: 2, self._question: 3, self._upload: 0.3,
            self._device: 0.5, self._registration: 0.03,
        }  # fmt: skip

    async def begin(self) -> None:
        """The residents come, and every other one that can makes an account."""
        for number in range(self._count):
            person = Person(f"res{number}", WAYS[number % len(WAYS)])
            person.channels = self._chance.sample(CHANNELS, 3)
            await person.enter(self.port)
            if person.way != "netcat" and number % 2:
                await self._registered(person)
            self._residents.append(person)

    async def _registered(self, person: Person) -> None:
        person.sends(f"NS REGISTER {PASSWORD}")
        await person.until("Account created")
        person.account = person.nick

    async def run(self, rate: float, seconds: float) -> None:
        began = time.monotonic()
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            deed = self._chance.choices(list(self._deeds), list(self._deeds.values()))[0]
            if len(self._running) < AT_ONCE:
                task = asyncio.create_task(self._do(deed))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            else:
                self.failed["skipped"] += 1

    async def end(self) -> None:
        """Everybody who is to be there answers a last time, and goes."""
        await asyncio.gather(*self._running)
        for person in self._residents:
            if person.gone:
                self.failed["cut off"] += 1
        for person in (*self._residents, *self._guests, *self._devices):
            await self._leaves(person)

    async def _do(self, deed: Callable[[], object]) -> None:
        name = deed.__name__.strip("_")
        try:
            done = deed()
            if asyncio.iscoroutine(done):
                await done
            self.did[name] += 1
        except (OSError, TimeoutError, Cut, asyncio.IncompleteReadError):
            self.failed[name] += 1

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _talk(self) -> None:
        person = self._chance.choice([*self._residents, *self._guests])
        others = [other.nick for other in self._residents if other is not person]
        doing = Deciding(person, self._chance, others, self._next())
        if person.way == "netcat":
            person.sends(*by_netcat(doing))
        else:
            deed = self._chance.choices(list(BY_IRC), list(BY_IRC.values()))[0]
            person.sends(*deed(doing))

    async def _guest(self) -> None:
        """One comes; when there are too many, the first one goes."""
        person = Person(f"guest{self._next()}", self._chance.choice(WAYS))
        person.channels = self._chance.sample(CHANNELS, 2)
        await person.enter(self.port)
        self._guests.append(person)
        if len(self._guests) > GUESTS:
            await self._leaves(self._guests.pop(0))

    async def _device(self) -> None:
        owner = self._chance.choice([each for each in self._residents if each.account])
        way = self._chance.choice(("irc", "tls", "websocket"))
        device = Person(owner.nick, way, account=owner.account)
        await device.enter(self.port)
        self._devices.append(device)
        if len(self._devices) > DEVICES:
            await self._leaves(self._devices.pop(0))

    async def _registration(self) -> None:
        """Of an account that is deleted again."""
        person = Person(f"new{self._next()}", "irc")
        await person.enter(self.port)
        await self._registered(person)
        person.sends(f"NS DROP {PASSWORD}")
        await self._leaves(person)

    async def _leaves(self, person: Person) -> None:
        await person.leave(politely=self._chance.random() < 0.5)
        self.lines += person.lines
        self.refusals += person.refusals

    async def _question(self) -> None:
        owner = self._chance.choice([each for each in self._residents if each.account])
        owner.sends("TOKEN GENERATE HUBBUB/API")
        token = (await owner.until("TOKEN GENERATE ")).rpartition(" ")[2].removeprefix(":")
        login = base64.b64encode(f"{owner.account}:{PASSWORD}".encode()).decode()
        channel = owner.channels[0].replace("#", "%23")
        path, *fields = self._chance.choice(
            (
                ("/",), ("/livez",), ("/metrics",), ("/healthz",), ("/api/me",), ("/nothing",),
                (f"/api/history?target={channel}&limit=20", f"Authorization: Bearer {token}"),
                ("/api/search?q=coffee", f"Authorization: Bearer {token}"),
                ("/api/me", "Authorization: Bearer wrong"),
                ("/api/me", f"Authorization: Basic {login}"),
            )
        )  # fmt: skip
        await ask(self.port, f"GET {path}", *fields)

    async def _upload(self) -> None:
        """A note or a picture, linked in a channel; an old one is deleted with its message."""
        owner = self._chance.choice([each for each in self._residents if each.way != "netcat"])
        owner.sends("FILEHOST TOKEN")
        token = (await owner.until("FILEHOST TOKEN ")).rpartition(" ")[2]
        picture = self._chance.random() < 0.3
        size = self._chance.randrange(1_000, 20_000)
        body = png(self._chance) if picture else self.text_of(size)
        answer = await ask(
            self.port, "POST /files", f"Authorization: Bearer {token}",
            f"Content-Type: {'image/png' if picture else 'text/plain'}",
            f'Content-Disposition: attachment; filename="{"a.png" if picture else "a.txt"}"',
            body=body,
        )  # fmt: skip
        link = re.search(rb"[Ll]ocation: (\S+)", answer)
        if link is None:
            raise TimeoutError(answer[:200])
        owner.sends(f"PRIVMSG {owner.channels[0]} :{link[1].decode()}")
        if len(owner.uploads) > UPLOADS // 10:
            channel, msgid = owner.uploads.popleft()
            owner.sends(f"REDACT {channel} {msgid}")

    def text_of(self, size: int) -> bytes:
        return " ".join(self._chance.choices(_WORDS, k=size // 6)).encode()
