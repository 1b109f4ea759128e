"""Attacks that try to learn which channels exist, who is in them, and where users connect from."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import time
from collections.abc import Sequence

from .findings import Finding, attack, tested
from .target import PATIENCE, TRUSTED, UNLIMITED, Client, Target, frame, target, websocket_request

#: What a stranger may ask about a channel; JOIN is left out, which makes the one that is absent.
QUESTIONS = (
    "NAMES {}", "WHO {}", "WHO {} o", "WHO {} %cn", "LIST {}", "LIST *{}", "MODE {}", "MODE {} b",
    "MODE {} +b x", "MODE {} +o stranger", "TOPIC {}", "TOPIC {} :x", "PART {}", "PART {} :x",
    "KICK {} owner", "KICK {} stranger :x", "INVITE stranger {}", "INVITE owner {}", "INVITE",
    "KNOCK {}", "PRIVMSG {} :x", "NOTICE {} :x", "TAGMSG {}", "PRIVMSG @{} :x", "PRIVMSG {},{} :x",
    "CHATHISTORY LATEST {} * 10", "CHATHISTORY BEFORE {} timestamp=2030-01-01T00:00:00.000Z 10",
    "CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00.000Z timestamp=2030-01-01T00:00:00.000Z 9",
    "SEARCH in={} word", "SEARCH * :in:{} word", "METADATA {} LIST", "METADATA {} GET avatar",
    "METADATA {} SET avatar :x", "METADATA {} SYNC", "MARKREAD {}", "RENAME {} #other",
    "REDACT {} nothing", "EDIT {} nothing :x", "RELAYMSG {} a/b :x", "CS INFO {}", "CS OP {}",
    "CS REGISTER {}", "CS ACCESS {} LIST", "CS DROP {}", "CS LIST {}", "WHOIS owner", "WHOIS {}",
    "WHOWAS {}", "USERHOST {}", "ISON {}", "MONITOR + {}", "LUSERS", "STATS {}", "TRACE {}",
    "SAJOIN {}", "SAMODE {} +o x", "@+draft/react=x;+reply=1 TAGMSG {}", "ACCEPT {}", "CYCLE {}",
)  # fmt: skip
CAPS = ("message-tags server-time batch labeled-response draft/chathistory draft/metadata-2"
        " draft/channel-rename draft/message-redaction draft/read-marker draft/search")  # fmt: skip
TIMED = ("NAMES {}", "WHO {}", "MODE {}", "TOPIC {}", "PRIVMSG {} :x", "CHATHISTORY LATEST {} * 10",
         "KNOCK {}", "METADATA {} LIST")  # fmt: skip


def auc(some: Sequence[float], others: Sequence[float]) -> float:
    """The chance that one of `some` is longer than one of `others`; 0.5 tells nothing."""
    merged = sorted([(value, 1) for value in some] + [(value, 0) for value in others])
    ranks = sum(place for place, (_, mine) in enumerate(merged, 1) if mine)
    count = len(some)
    return (ranks - count * (count + 1) / 2) / (count * len(others))


async def timed(client: Client, one: str, other: str, count: int) -> float:
    """The AUC of the times of two lines, asked in random order."""
    times: dict[str, list[float]] = {one: [], other: []}
    order, choose = [one, other] * count, random.Random(1)
    choose.shuffle(order)
    for line in order:
        begun = time.perf_counter()
        await client.asks(line)
        times[line].append(time.perf_counter() - begun)
    return auc(times[one], times[other])


@attack(
    "S45",
    f"{len(QUESTIONS)} commands of a stranger, about a secret channel and about one that is not"
    " there; 2,000 of each timed",
    "replies equal byte for byte but for the name; AUC of the times 0.45 to 0.55",
)
async def existence(full: bool) -> Finding:
    found = Finding()
    async with target(settings=UNLIMITED) as server:
        owner = await server.irc("owner", "#there")
        await owner.asks(
            "MODE #there +s", "TOPIC #there :word", "PRIVMSG #there :word",
            f"NS REGISTER {'p' * 9}",
            "CS REGISTER #there", "METADATA #there SET avatar :x",
        )  # fmt: skip
        stranger = await server.irc("stranger", caps=CAPS)
        differing = []
        for question in QUESTIONS:
            there = await about(stranger, question, "#there")
            absent = await about(stranger, question, "#nones")
            if there != absent:
                differing.append(f"{question}: {there} / {absent}")
        found.at_most(f"{len(QUESTIONS)} commands: differing replies", len(differing), 0)
        for each in differing:
            found.holds(each, False)
        worst = 0.5
        count = 2000 if full else 150
        for question in TIMED:
            told = await timed(
                stranger, question.format("#there"), question.format("#nones"), count
            )
            worst = max(worst, told, key=lambda value: abs(value - 0.5))
            print(f"     {question}: AUC {told:.3f}")
        found.says(f"AUC {worst:.3f} at worst of {len(TIMED)} x 2 x {count:,}")
        noise = 0 if full else 0.1
        if not 0.45 - noise <= worst <= 0.55 + noise:
            found.slow.append(f"AUC {worst:.3f}")
        await nothing_wrong(server, found)
    return found


async def about(client: Client, question: str, name: str) -> list[str]:
    """The answer, without the name and the numbers of batches."""
    lines = await client.asks(question.replace("{}", name))
    without_tags = (line.partition(" ")[2] if line[0] == "@" else line for line in lines)
    return [re.sub(r"BATCH ([+-])b\d+", r"BATCH \1", line.replace(name, "NAME"))
            for line in without_tags]  # fmt: skip


async def nothing_wrong(server: Target, found: Finding) -> None:
    found.holds(f"nothing on stderr: {server.errors()[:300]}", not server.errors())


#: Commands that tell something, as a stranger asks them; {c} is a channel, {n} a nick, {i} a msgid.
LOOKS = (
    "NAMES {c}", "WHO {c}", "WHO {n}", "WHOIS {n}", "WHOWAS {n}", "LIST", "LIST {c}", "TOPIC {c}",
    "MODE {c}", "MODE {c} b", "MODE {c} I", "CHATHISTORY LATEST {c} * 100", "SEARCH in={c} marker",
    "CHATHISTORY BEFORE {c} timestamp=2035-01-01T00:00:00.000Z 100", "SEARCH * :marker",
    "CHATHISTORY AROUND {c} msgid={i} 50", "CHATHISTORY LATEST {n} * 100",
    "SEARCH * :in:{c} marker",
    "CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00.000Z timestamp=2035-01-01T00:00:00.000Z 99",
    "METADATA {c} LIST", "METADATA {c} GET avatar", "METADATA {n} LIST", "METADATA {c} SYNC",
    "MARKREAD {c}", "MARKREAD {n}", "REDACT {c} {i}", "EDIT {c} {i} :x", "CS INFO {c}",
    "@+draft/reply={i};+draft/react=x TAGMSG {c}", "CS ACCESS {c} LIST", "NS INFO {n}", "JOIN {c}",
    "JOIN {c} wrong", "KNOCK {c}", "INVITE {n} {c}", "PRIVMSG {c} :x", "PRIVMSG @{c} :x",
    "PART {c}", "KICK {c} {n}", "RENAME {c} #stolen", "STATS o", "LUSERS", "TRACE", "LINKS",
    "USERHOST {n}", "USERIP {n}", "MONITOR + {n}", "MONITOR S", "INVITELINK LIST {c}",
    "TOKEN GENERATE HUBBUB/API", "RELAYMSG {c} a/b :x", "CS REGISTER {c}", "CS OP {c}",
    "CS LIST *", "ISON {n}", "HELP",
)  # fmt: skip
LOOKER = (
    CAPS + " draft/message-edit draft/metadata-2 echo-message draft/event-playback extended-join"
)


@attack(
    "S44",
    "a marker in messages, topic, metadata, reactions, STATUSMSG and private messages of a"
    f" room with a key; {len(LOOKS)} commands as a stranger, a former member, somebody banned, and"
    " before registration, and by HTTP",
    "0 markers in all bytes that they get",
)
async def history(full: bool) -> Finding:
    found = Finding()
    async with target(settings=UNLIMITED | {"limits__metadata_burst": "100000"}) as server:
        owner = await server.irc("owner", "#room", LOOKER)
        friend = await server.irc("friend", "#room", LOOKER)
        lurkers = {name: await server.irc(name, caps=LOOKER) for name in ("stranger", "banned")}
        former = lurkers["former"] = await server.irc("former", "#room", LOOKER)
        await former.asks("PART #room")
        await owner.asks("MODE #room +sk key", "MODE #room +b banned!*@*", "MODE #room +v friend")
        lines = await owner.asks(
            "PRIVMSG #room :marker-message", "TOPIC #room :marker-topic",
            "PRIVMSG friend :marker-pm",
            "METADATA #room SET avatar :marker-avatar", "NOTICE @#room :marker-statusmsg",
        )  # fmt: skip
        said = next(line for line in lines if "marker-message" in line)
        msgid = re.search(r"msgid=([^; ]+)", said)
        assert msgid
        await friend.asks(f"@+draft/reply={msgid[1]};+draft/react=marker-reaction TAGMSG #room")
        own = await owner.asks("CHATHISTORY LATEST #room * 100")
        found.holds("members see it", sum("marker" in line for line in own) >= 2)
        asked = leaked = 0
        for name, client in lurkers.items():
            for look in LOOKS:
                typed = look.format(c="#room", n="owner", i=msgid[1])
                got = await client.asks(typed)
                asked += 1
                hits = [line for line in got if "marker-" in line]
                leaked += len(hits)
                found.holds(f"{name}: {look}: {hits[:1]}", not hits)
        early = await server.connect(b"PING x\r\n")
        for look in LOOKS:
            early.sends(look.format(c="#room", n="owner", i=msgid[1]))
        early.sends("QUIT")
        text = await early.to_the_end()
        for path in ("/api/history/%23room", "/api/channels", "/api/search?q=marker", "/api/me"):
            text += await server.get(path)
            asked += 1
        leaked += text.count(b"marker-")
        found.says(f"{asked + len(LOOKS)} looks")
        found.at_most("markers", leaked, 0)
        await nothing_wrong(server, found)
    return found


@attack(
    "S46",
    f"20 people from known addresses (IPv4 and IPv6) chat, fail, log in and go; {len(LOOKS)}"
    " commands about each by somebody who is no operator; the same people on a second server",
    "0 addresses in all bytes; cloaks differ between two servers",
)
async def addresses(full: bool) -> Finding:
    found = Finding()
    people = {
        f"user{n}": f"203.0.113.{n + 10}" if n % 2 else f"2001:db8:{n + 10:x}::{n + 1:x}"
        for n in range(20 if full else 6)
    }
    cloaks: list[set[str]] = []
    settings = UNLIMITED | TRUSTED | {"accounts__hash_memory": "1024"}
    for _ in range(2):
        async with target(settings=settings) as server:
            spy = await server.irc("spy", "#room", LOOKER)
            text, seen = "", set()
            for nick, address in people.items():
                client = await server.irc(nick, "#room", "message-tags setname", address=address)
                await client.asks(
                    "PRIVMSG #room :hello", "AWAY :x", "SETNAME :y", "NOPE", "NICK spy"
                )
                for look in LOOKS:
                    typed = look.format(c="#room", n=nick, i="1")
                    text += "\n".join(await spy.asks(typed, "JOIN #room")) + "\n"
                await client.asks("KICK #room spy", f"NS REGISTER {'p' * 9}")
                if people[nick].count(":") == 0:
                    client.sends("QUIT :bye")
                client.close()
                text += "\n".join(await spy.asks(f"WHOWAS {nick}")) + "\n"
                seen |= set(re.findall(rf":{nick}![^@ ]+@(\S+) JOIN", text))
            hits = [each for each in people.values() if each in text]
            shortened = [each for each in people.values() if each.rpartition(".")[0] + "." in text
                         and "." in each]  # fmt: skip
            found.at_most(f"{len(text):,} characters: addresses", len(hits) + len(shortened), 0)
            cloaks.append(seen)
    found.holds("everybody has a cloak", all(len(each) == len(people) for each in cloaks))
    found.at_most("cloaks alike on two servers", len(cloaks[0] & cloaks[1]), 0)
    return found


#: Openings that name another address; none may be believed from an address that is not listed.
LIES = {
    "PROXY v1": b"PROXY TCP4 192.0.2.9 127.0.0.1 1 2\r\n",
    "PROXY v1 twice": b"PROXY TCP4 192.0.2.9 127.0.0.1 1 2\r\n" * 2,
    "PROXY v2": b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x09\x7f\0\0\x01\0\x01\0\x02",
    "PROXY v2, bad length": b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x01\xc0",
    "PROXY v2, long": b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff" + bytes(65535),
    "PROXY v2, version 3": b"\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x0c" + bytes(12),
    "WEBIRC": b"WEBIRC x gw host 192.0.2.9\r\n",
    "WEBIRC without password": b"WEBIRC  gw host 192.0.2.9\r\n",
}
LIAR = b"NICK liar\r\nUSER l 0 * :l\r\nWHOIS liar\r\nPING end\r\n"


@attack(
    "S47",
    f"{len(LIES)} headers (PROXY v1 and v2, WEBIRC) and X-Forwarded-For from an address that is not"
    " listed; then PROXY from one that is, twice",
    "closed, or the real address stands; from a listed one replaced once",
)
async def spoofing(full: bool) -> Finding:
    found = Finding()
    async with target(settings=UNLIMITED) as server:
        for name, lie in LIES.items():
            client = await server.connect(lie + LIAR)
            text = await heard(client)
            found.holds(f"{name}: {text[-200:]!r}", b"192.0.2.9" not in text)
        page = websocket_request(server.port).replace(
            b"Upgrade:", b"X-Forwarded-For: 192.0.2.9\r\nForwarded: for=192.0.2.9\r\nUpgrade:", 1
        )
        client = await server.connect(page)
        for line in LIAR.split(b"\r\n")[:-1]:
            client.sends_bytes(frame(0x81, line))
        text = await heard(client)
        found.holds(
            f"X-Forwarded-For: {text[-200:]!r}", b" 338 " in text and b"192.0.2.9" not in text
        )
        found.holds("and not in chat.log", b"192.0.2.9" not in server.chat_log())
        found.says(f"{len(LIES) + 1} lies, none believed")
    async with target(settings=UNLIMITED | TRUSTED) as server:
        once, twice = LIES["PROXY v1"], LIES["PROXY v1"].replace(b"2.9", b"2.8") + LIES["PROXY v1"]
        text = await heard(await server.connect(once + LIAR))
        found.holds("a listed proxy is believed", b"192.0.2.9" in text)
        text = await heard(await server.connect(twice + LIAR))
        found.holds("but once", b"192.0.2.9" not in text)
    return found


async def heard(client: Client) -> bytes:
    """All that comes until it has answered, or the connection ends."""
    text = b""
    with contextlib.suppress(ConnectionError, TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while b"PONG" not in text and (data := await client.reader.read(65536)):
                text += data
    client.abort()
    return text


tested(
    "S35",
    "author, operator, member, muted, former member, stranger, banned, namesake, operator of"
    " another channel, each at REDACT, EDIT and reacting",
    "every cell as it should be",
    "tests/journeys/test_revision_rights.py",
)
tested(
    "S41",
    "pairs of names that are the same (case, full width) and that are not (braces, brackets), as"
    " nicks, channels, masks, bans, watched nicks and accounts",
    "the same object everywhere, or a different one everywhere",
    "tests/journeys/test_same_names.py",
)
tested(
    "S72",
    "a stranger looks for the private channels of an import (Slack, another Hubbub): LIST with and"
    " without masks and conditions, TOPIC, under the name and next to an open one of that name",
    "the open channels with their topics, no name and no topic of a private one",
    "tests/archive/test_importing_topics.py",
)
tested(
    "S70",
    "GUEST with a wrong secret, with that of another browser, with a name of an account, and after"
    " the browser's guest has registered",
    "nobody but this browser finds its private conversations, and then the account alone",
    "tests/handlers/test_guests.py",
)
tested(
    "S80",
    "the page of a lab (`hubbub lab`) asked for without its secret, under another name for"
    " 127.0.0.1, by a page of another site, with a form; paths out of it; too many streams",
    "404 each time, and nothing is carried out; 503 beyond 40 streams",
    "tests/teaching/test_lab_web.py",
)
tested(
    "S81",
    "a class (`hubbub class`): its grid and its orders asked for with the word of the members, by a"
    " page of another site and by a form; words guessed; names with escapes; 101 members",
    "404 each time; after 50 wrong words the right one, too; refused in words; nobody is put out",
    "tests/teaching/test_class.py",
)
