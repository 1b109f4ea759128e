"""Attacks by text that a line, a frame, a terminal or a log could misinterpret."""

from __future__ import annotations

import asyncio
import itertools
import random
import re

from .findings import Finding, attack, tested
from .privacy import nothing_wrong
from .target import PATIENCE, UNLIMITED, Client, Target, frame, read_frame, target

CONTROLS = ("\r", "\n", "\r\n", "\0", "\x85", "\u2028", "\\r", "\\n", "\\r\\n", "\x0b", "\x1c")
FORGED = ":forged!f@f PRIVMSG #obs :FORGED"
#: Every text that an IRC client gives; {} is the hostile one. Some end the connection.
FIELDS = (
    "NICK {}", "USER {} 0 * :x", "USER x 0 * :{}", "JOIN #{}", "JOIN #obs {}", "TOPIC #obs :{}",
    "PRIVMSG #obs :{}", "NOTICE #obs :{}", "PRIVMSG {} :x", "AWAY :{}", "SETNAME :{}",
    "KICK #obs {} :x", "KICK #obs nobody :{}", "MODE #obs +k {}", "MODE #obs +b {}",
    "MODE #obs {}", "@+typing={} TAGMSG #obs", "@+draft/react={};+draft/reply=1 TAGMSG #obs",
    "@label={} PRIVMSG #obs :x", "@{}=x PRIVMSG #obs :x",
    "@+draft/channel-context={} NOTICE #obs :x", "METADATA * SET avatar :{}",
    "METADATA * SET {} :x", "REDACT #obs 1 :{}", "EDIT #obs {} :x", "RENAME #obs {} :x",
    "INVITE {} #obs", "KNOCK #obs :{}", "RELAYMSG #obs a/{} :x", "WHO {}", "SEARCH in={} x",
    "SEARCH from={};text={} :x", "SEARCH * :{}", "CHATHISTORY LATEST {} * 1", "MARKREAD #obs {}",
    "MONITOR + {}", "WHOIS {}", "ISON {}", "NAMES {}", "LIST {}", "PING {}", "NS INFO {}",
    "NS HELP {}", "CS INFO {}", "PRIVMSG NickServ :{}", "{} x", "CAP REQ :{}",
    "BATCH +{} draft/multiline #obs",
    "BATCH +1 draft/multiline #obs\r\n@batch=1 PRIVMSG #obs :{}\r\n"
    "@batch=1;draft/multiline-concat PRIVMSG #obs :{}\r\nBATCH -1",
    "AUTHENTICATE {}", "OPER x {}", "WEBIRC x x {} 1.2.3.4", "PASS {}", "TOKEN GENERATE {}",
    "INVITELINK {}", "STATS {}", "ACCEPT {}", "PART #obs :{}", "QUIT :{}",
)  # fmt: skip
TYPED = (
    "{}", "/nick {}", "/topic {}", "/me {}", "/away {}", "/msg nobody {}", "/join #{}",
    "/history {}", "/search {}", "/who {}", "/help {}", "/login {} x", "/register {}", "/{} x",
    "/reply 1 {}", "/part #lobby {}", "quit {}",
)  # fmt: skip
CAPS = ("message-tags server-time batch labeled-response draft/multiline echo-message away-notify"
        " extended-join account-notify setname draft/metadata-2 draft/message-redaction"
        " invite-notify draft/channel-rename draft/message-edit draft/relaymsg draft/search"
        " draft/chathistory draft/authtoken")  # fmt: skip
LINE = re.compile(rb"(@[^ ]+ +)?:([^ ]+) [A-Z0-9]+( .*)?", re.DOTALL)
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Listener:
    """Keeps every byte that a client gets."""

    def __init__(self, client: Client, frames: bool = False) -> None:
        self.client = client
        self.data = bytearray()
        self.frames: list[bytes] = []
        self._reading = asyncio.create_task(self._read_frames() if frames else self._read())

    async def _read(self) -> None:
        while data := await self.client.reader.read(65536):
            self.data += data

    async def _read_frames(self) -> None:
        while (got := await read_frame(self.client.reader)) is not None:
            self.frames.append(got[1])

    async def stop(self) -> None:
        await asyncio.sleep(0.3)
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)


@attack(
    "S01",
    f"{len(FIELDS)} texts of IRC and {len(TYPED)} of netcat with {len(CONTROLS)} line ends and the"
    " like (CR, LF, NUL, U+0085, U+2028, escaped ones ...), by IRC, WebSocket and netcat; watched"
    " by IRC, WebSocket and netcat, and by the sender",
    ">= 600 cases, 0 lines of another form than the server's, 0 with a forged source",
)
async def injection(full: bool) -> Finding:
    found = Finding()
    places = ("{c}{f}", "x{c}{f}", "x{c}{f}{c}") if full else ("x{c}{f}",)
    async with target(settings=UNLIMITED | {"limits__metadata_burst": "1000000"}) as server:
        raw = Listener(await server.irc("watcher", "#obs", CAPS))
        person = await server.person("Person")
        person.sends("/join #obs")
        terminal = Listener(person)
        web = await server.websocket("text.ircv3.net")
        for line in (f"CAP REQ :{CAPS}", "NICK web", "USER w 0 * :w", "CAP END", "JOIN #obs"):
            web.sends_bytes(frame(0x81, line.encode()))
        browser = Listener(web, frames=True)
        cases, own = 0, bytearray()
        for number, (control, place) in enumerate(itertools.product(CONTROLS, places)):
            hostile = place.format(c=control, f=FORGED)
            for kind in ("irc", "ws", "plain"):
                sent, got = await inject(server, kind, number, hostile)
                cases += sent
                own += got
        for each in (raw, terminal, browser):
            await each.stop()
        found.says(f"{cases:,} cases")
        bad = wrong_lines(bytes(raw.data), "watcher") + wrong_lines(bytes(own), "sender")
        bad += [each for each in browser.frames if b"\n" in each or b"\r" in each or b"\0" in each]
        bad += wrong_lines(b"".join(each + b"\r\n" for each in browser.frames), "browser")
        text = terminal.data.decode()
        bad += [line.encode() for line in text.split("\n") if is_wrong_for_people(line)]
        found.at_most("lines of another form", len(bad), 0)
        found.holds(f"none: {bad[:5]}", not bad)
        found.holds("watchers saw the messages", b"FORGED" in raw.data and "FORGED" in text)
        await nothing_wrong(server, found)
    return found


async def inject(server: Target, kind: str, number: int, hostile: str) -> tuple[int, bytes]:
    """Say `hostile` in every field; how many, and what came back."""
    fields = TYPED if kind == "plain" else FIELDS
    got = b""
    begin = [f"CAP REQ :{CAPS}", f"NICK i{number}", "USER i 0 * :i", "CAP END", "JOIN #obs"]
    if kind == "ws":
        client = await server.websocket("text.ircv3.net")
        for line in (*begin, *(field.replace("{}", hostile) for field in fields), "QUIT"):
            client.sends_bytes(frame(0x81, line.encode()))
        async with asyncio.timeout(PATIENCE):
            while (read := await read_frame(client.reader)) is not None and read[0] == 0x81:
                got += read[1] + b"\r\n"
        client.abort()
        return len(fields), got
    client = await server.connect()
    if kind == "plain":
        begin = [f"p{number}", "/join #obs"]
    client.sends(*begin, *(field.replace("{}", hostile) for field in fields))
    client.sends("quit" if kind == "plain" else "QUIT")
    got = await client.to_the_end()
    client.abort()
    return len(fields), got if kind == "irc" else b""


def wrong_lines(data: bytes, who: str) -> list[bytes]:
    """The lines that the server did not write as it writes lines."""
    wrong = []
    for line in data.removesuffix(b"\r\n").split(b"\r\n"):
        match = LINE.fullmatch(line)
        good = match is not None and not any(c in line for c in (b"\r", b"\n", b"\0"))
        if (
            line.startswith((b"ERROR :", b"PING ", b"FAIL * INVALID_MESSAGE :"))
            and b"\n" not in line
        ):
            continue
        if not good or (match and match[2].startswith(b"forged")):
            wrong.append(who.encode() + b": " + line)
    return wrong


def is_wrong_for_people(line: str) -> bool:
    if UNSAFE.search(line.removesuffix("\r")):
        return True
    return line.startswith((":", "forged", "FORGED", "PRIVMSG"))


@attack(
    "S02",
    "10,000 random tag values sent and heard; one CTCP to a room of 1,000; CTCPs to the server and"
    " its services; every kind of CTCP to a room with +C",
    "all values equal; <= 1,000 lines; 0 answers; 0 through +C but ACTION",
)
async def tags_and_ctcp(full: bool) -> Finding:
    found = Finding()
    values, members = (10_000, 1000) if full else (600, 60)
    choose = random.Random(2)
    async with target(settings=UNLIMITED | {"max_clients": "5000"}) as server:
        speaker = await server.irc("speaker1", "#room", "message-tags")
        hearer = await server.irc("hearer1", "#room", "message-tags")
        sent = [value_of(choose) for _ in range(values)]
        heard: list[str] = []
        for some in (sent[at : at + 100] for at in range(0, values, 100)):
            await speaker.asks(*(f"@+x={escaped(value)} TAGMSG #room" for value in some))
            heard += [value_in(line) for line in await hearer.asks() if " TAGMSG " in line]
        found.at_most(f"{values:,} tag values: unequal", unequal(sent, heard), 0)
        crowd = [hearer]
        while len(crowd) < members:
            crowd += await asyncio.gather(
                *(server.irc(f"m{len(crowd) + n}", "#room") for n in range(20))
            )
        for each in crowd:
            await each.asks()
        await speaker.asks("PRIVMSG #room :\x01VERSION\x01")
        lines = 0
        for each in crowd:
            lines += sum("VERSION" in line for line in await each.asks())
        found.at_most(f"one CTCP to {len(crowd):,}: lines", lines, len(crowd))
        asked = [f"{kind} {name} :\x01{word}\x01" for kind in ("PRIVMSG", "NOTICE")
                 for name in ("NickServ", "ChanServ", "hubbub.local", "speaker1")
                 for word in ("VERSION", "PING 1", "TIME", "DCC SEND x 1 1", "FINGER")]  # fmt: skip
        answers = [line for line in await speaker.asks(*asked)
                   if "\x01" in line and ":speaker1!" not in line]  # fmt: skip
        found.at_most("answers of the server", len(answers), 0)
        await speaker.asks("MODE #room +C")
        await crowd[-1].asks()
        kinds = (
            "VERSION",
            "version",
            "PING 1",
            "DCC SEND x",
            "ACTIONS",
            "",
            "A",
            "\x01",
            "ACTION2 x",
        )
        await speaker.asks(*(f"PRIVMSG #room :\x01{each}\x01" for each in kinds),
                           *(f"NOTICE #room :\x01{each}" for each in kinds),
                           "PRIVMSG #room :\x01ACTION waves\x01")  # fmt: skip
        through = [line for line in await crowd[-1].asks() if "\x01" in line]
        found.at_most("through +C", sum("ACTION waves" not in line for line in through), 0)
        found.holds("ACTION is let through", len(through) >= 1)
        for each in (speaker, *crowd):
            each.abort()
        await nothing_wrong(server, found)
    return found


def value_of(choose: random.Random) -> str:
    pieces = ("\\", ";", ":", " ", "\r", "\n", "=", "a", "\\s", "é", "\U0001f600", "\\:", "@", ",")
    return "".join(choose.choices(pieces, k=choose.randint(1, 30)))


ESCAPES = {"\\": "\\\\", ";": "\\:", " ": "\\s", "\r": "\\r", "\n": "\\n"}


def escaped(value: str) -> str:
    return "".join(ESCAPES.get(c, c) for c in value)


def value_in(line: str) -> str:
    found = re.search(r"[@;]\+x=([^; ]*)", line)
    back = {"\\": "\\", ":": ";", "s": " ", "r": "\r", "n": "\n"}
    return re.sub(r"\\(.)", lambda hit: back[hit[1]], found[1]) if found else ""


def unequal(some: list[str], others: list[str]) -> int:
    return abs(len(some) - len(others)) + sum(a != b for a, b in zip(some, others, strict=False))


@attack(
    "S15",
    "1,000 invalid sequences of UTF-8 by IRC, netcat and WebSocket (binary), into a channel that"
    " a text WebSocket watches",
    "0 reach a text frame",
)
async def not_utf8(full: bool) -> Finding:
    found = Finding()
    count = 1000 if full else 200
    choose = random.Random(3)
    bad = [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80"]
    async with target(settings=UNLIMITED) as server:
        web = await server.websocket("text.ircv3.net")
        for line in ("CAP REQ message-tags", "NICK web", "USER w 0 * :w", "CAP END", "JOIN #obs"):
            web.sends_bytes(frame(0x81, line.encode()))
        browser = Listener(web, frames=True)
        irc = await server.irc("irc", "#obs", "message-tags")
        person = await server.person("Person")
        person.sends("/join #obs")
        binary = await server.websocket("binary.ircv3.net")
        for line in ("NICK bin", "USER w 0 * :w", "JOIN #obs"):
            binary.sends_bytes(frame(0x82, line.encode()))
        for number in range(count):
            piece = choose.choice(bad) + choose.randbytes(choose.randrange(3)).replace(b"\n", b"")
            kind, text = number % 4, b"x" + piece + b"y"
            if kind == 0:
                irc.sends_bytes(b"PRIVMSG #obs :" + text + b"\r\n")
            elif kind == 1:
                person.sends_bytes(text + b"\n")
            elif kind == 2:
                binary.sends_bytes(frame(0x82, b"PRIVMSG #obs :" + text))
            else:
                irc.sends_bytes(b"@+x=" + text.replace(b" ", b"") + b" TAGMSG #obs\r\n")
        await irc.asks("PRIVMSG #obs :\u00e4 the end")
        await browser.stop()
        invalid = 0
        for each in browser.frames:
            try:
                each.decode()
            except UnicodeDecodeError:
                invalid += 1
        found.says(f"{count:,} sequences, {len(browser.frames)} frames")
        found.at_most("invalid frames", invalid, 0)
        found.holds("it saw the end", any(b"the end" in each for each in browser.frames))
        await nothing_wrong(server, found)
    return found


PAYLOADS = (
    "\x1b[2J", "\x1b]0;title\x07", "\x1b]8;;http://x\x07link\x1b]8;;\x07", "\x1b]52;c;eA==\x07",
    "\x1bP1$r\x1b\\", "\x9b31m", "\x9d0;t\x9c", "\x07\x07", "\rover", "\x08\x08\x08",
    "\u202egpj.exe", "\u2066x\u2069", "\x7f", "\x0e\x0f", "\u2028fake", "\u2029", "\x85fake",
    "\x1b[6n", "\x1b[1;1H", "\x1bc",
)  # fmt: skip


@attack(
    "S42",
    f"{len(PAYLOADS)} escapes for terminals (CSI, OSC 8 and 52, DCS, C1, bidi ...) in every field;"
    " what people with netcat see, chat.log and stderr are searched",
    "0 control characters but the ends of lines",
)
async def terminals(full: bool) -> Finding:
    found = Finding()
    async with target(settings=UNLIMITED | {"log_level": "debug"}) as server:
        person = await server.person("Person")
        person.sends("/join #obs")
        terminal = Listener(person)
        cases = 0
        for number, payload in enumerate(PAYLOADS):
            hostile = f"x{payload}y"
            sent, _ = await inject(server, "irc", number, hostile)
            cases += sent + (await inject(server, "plain", number, hostile))[0]
        person.sends("/history", "/who", "/list", "/topic")
        await terminal.stop()
        for told, data in (
            ("netcat", terminal.data.decode()),
            ("chat.log", server.chat_log().decode()),
            ("stderr", server.errors()),
        ):
            hits = UNSAFE.findall(data.replace("\r\n", "\n"))
            found.at_most(f"{told}: control characters", len(hits), 0)
        found.says(f"{cases:,} cases")
    return found


@attack(
    "S43",
    "1,000 messages that look like records of chat.log, with every kind of line end",
    "exactly 1,000 more records",
)
async def forged_records(full: bool) -> Finding:
    found = Finding()
    count = 1000 if full else 300
    async with target(settings=UNLIMITED) as server:
        speaker = await server.irc("speaker1", "#room")
        while "speaker1 joined #room" not in (text := server.chat_log().decode()):
            await asyncio.sleep(0.05)
        before = len(text.splitlines())
        fake = "2030-01-01 00:00:00 - Client admin to #room: yes"
        for number in range(count):
            end = CONTROLS[number % len(CONTROLS)].replace("\n", "").replace("\\", "")
            speaker.sends(f"PRIVMSG #room :{number}{end}{fake}")
        await speaker.asks("PRIVMSG #room :the end")
        while "the end" not in (text := server.chat_log().decode()):
            await asyncio.sleep(0.05)
        records = len(text.splitlines()) - before - 1
        found.at_most(f"{count:,} messages: records besides", abs(records - count), 0)
        sources = sum(" - Client speaker1 to #room: " in line for line in text.splitlines())
        found.holds("each is the speaker's", sources == count + 1)
    return found


tested(
    "S40",
    "folding, and the skeleton that look-alikes share, of every code point: twice against once;"
    " nicks that look like one that is taken",
    "0 of all code points differ; none is let in",
    "tests/model/test_confusables.py",
    "tests/protocol/test_names.py",
)
tested(
    "S56",
    "accounts called x;account=alice and what else tags, masks and prefixes use as syntax, also"
    " from old logs; nicks and channels of characters that are drawn as nothing",
    "parse(write(event)) gives the account, msgid and tags of the event; none is a name",
    "tests/dialects/test_tags.py",
    "tests/protocol/test_names.py",
)
