"""A chat server in memory for the browser client: HTTP for its files, IRCv3 over WebSocket.

It implements enough of the protocol to drive every view, and has two functions for tests:
`history(...)` fills a channel, `server.drop()` cuts every connection.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
from collections import defaultdict
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from hubbub.web.assets import load_assets

CAPS = (
    "account-notify account-tag away-notify batch cap-notify chghost echo-message extended-join "
    "invite-notify labeled-response message-tags multi-prefix sasl=PLAIN server-time setname "
    "standard-replies draft/account-registration=before-connect draft/channel-rename "
    "draft/chathistory draft/event-playback draft/message-edit draft/message-redaction "
    "draft/multiline=max-bytes=16384,max-lines=200 draft/read-marker soju.im/search"
)


def parse(line: str) -> tuple[dict[str, str], str, list[str]]:
    tags: dict[str, str] = {}
    if line.startswith("@"):
        word, line = line[1:].split(" ", 1)
        tags = {k: v for k, _, v in (tag.partition("=") for tag in word.split(";"))}
    if line.startswith(":"):
        line = line.split(" ", 1)[1]
    head, colon, trailing = line.partition(" :")
    words = head.split() + ([trailing] if colon else [])
    return tags, words[0].upper(), words[1:]


def stamp(seconds: float) -> str:
    moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


class Session:
    def __init__(self, server: Fake, socket: ServerConnection) -> None:
        self.server, self.socket = server, socket
        self.nick, self.account, self.away = "*", "", ""
        self.registered = self.negotiating = False
        self.deaf = False  # what it says is lost, as on a connection that breaks
        self.batch: dict[str, Any] | None = None
        self.queue: asyncio.Queue[str] = asyncio.Queue()

    @property
    def source(self) -> str:
        return f"{self.nick}!web@host.example"

    def send(self, line: str, **tags: str | None) -> None:
        words = [f"{k}={v}" if v else k for k, v in tags.items() if v is not None]
        self.queue.put_nowait(f"@{';'.join(words)} {line}" if words else line)

    def reply(self, numeric: str, rest: str, label: str | None = None) -> None:
        self.send(f":fake {numeric} {self.nick} {rest}", label=label)


class Fake:
    def __init__(self, caps: str = CAPS) -> None:
        self.caps = caps
        self.assets = load_assets()
        self.sessions: list[Session] = []
        self.channels: dict[str, dict[str, Session]] = defaultdict(dict)
        self.ops: set[tuple[str, str]] = set()
        self.topics: dict[str, str] = {}
        self.modes: dict[str, str] = defaultdict(lambda: "nt")
        self.log: dict[str, list[tuple[float, str, str]]] = defaultdict(list)  # time, id, line
        self.labels: dict[str, str] = {}
        self.accounts: dict[str, str] = {}
        self.markers: dict[tuple[str, str], str] = {}
        self.ids = itertools.count(1)
        self.refuse = False  # hear nothing more of a client that says something now

    # ---- HTTP and WebSocket -----------------------------------------------------------------

    def http(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return None
        asset = self.assets.get(request.path.split("?")[0])
        if asset is None:
            return Response(404, "Not Found", Headers({"Content-Length": "0"}), b"")
        headers = Headers({**asset.headers, "Content-Type": asset.content_type, "ETag": asset.etag})
        body = asset.gzipped or asset.body
        if asset.gzipped:
            headers["Content-Encoding"] = "gzip"
        headers["Content-Length"] = str(len(body))
        headers["Connection"] = "close"
        return Response(HTTPStatus.OK, "OK", headers, body)

    async def session(self, socket: ServerConnection) -> None:
        session = Session(self, socket)
        self.sessions.append(session)

        async def write() -> None:
            while True:
                await socket.send(await session.queue.get())

        writer = asyncio.create_task(write())
        try:
            async for line in socket:
                self.handle(session, str(line))
        except Exception as error:
            if "Closed" not in type(error).__name__:
                raise
        finally:
            writer.cancel()
            self.sessions.remove(session)
            self.leave(session, "gone")

    def leave(self, session: Session, reason: str) -> None:
        for channel, members in self.channels.items():
            if members.pop(session.nick, None):
                self.event(channel, f":{session.source} QUIT :{reason}")

    async def drop(self) -> None:
        for session in list(self.sessions):
            session.socket.transport.abort()

    def serve(self, port: int = 0) -> Any:
        return serve(
            self.session,
            "127.0.0.1",
            port,
            process_request=self.http,
            subprotocols=["text.ircv3.net"],  # type: ignore[list-item]
            max_queue=1024,
        )

    # ---- the log ----------------------------------------------------------------------------

    def keep(self, key: str, line: str, at: float | None = None) -> tuple[str, str]:
        msgid = f"m{next(self.ids):08d}"
        seconds = at or max(
            dt.datetime.now().timestamp(), self.log[key][-1][0] if self.log[key] else 0
        )
        self.log[key].append((seconds, msgid, line))
        return msgid, stamp(seconds)

    def history(self, channel: str, lines: list[tuple[float, str, str]]) -> None:
        """Fill a channel: seconds, nick, text."""
        for seconds, nick, text in lines:
            self.keep(channel, f":{nick}!u@h PRIVMSG {channel} :{text}", seconds)

    def event(
        self, channel: str, line: str, but: Session | None = None, **tags: str | None
    ) -> None:
        msgid, time = self.keep(channel, line)
        for member in list(self.channels[channel].values()):
            if member is not but:
                member.send(line, msgid=msgid, time=time, **tags)

    # ---- commands ---------------------------------------------------------------------------

    def handle(self, s: Session, line: str) -> None:
        tags, command, params = parse(line)
        if s.batch is not None and command in ("PRIVMSG", "NOTICE") and tags.get("batch"):
            s.batch["lines"].append((tags, command, params))
            return
        method = getattr(self, f"on_{command.lower()}", None)
        if method:
            method(s, tags, *params)
        else:
            s.reply("421", f"{command} :Unknown command", tags.get("label"))

    def on_cap(self, s: Session, tags: dict[str, str], sub: str, *rest: str) -> None:
        if sub == "LS":
            s.negotiating = True
            s.send(f":fake CAP {s.nick} LS :{self.caps}")
        elif sub == "REQ":
            s.send(f":fake CAP {s.nick} ACK :{rest[0]}")
        elif sub == "END":
            s.negotiating = False
            self.welcome(s)

    def on_nick(self, s: Session, tags: dict[str, str], nick: str) -> None:
        if any(other.nick.lower() == nick.lower() and other is not s for other in self.sessions):
            s.reply("433", f"{nick} :Nickname is already in use")
            return
        old, before = s.nick, s.source
        s.nick = nick
        if s.registered:
            s.send(f":{before} NICK {nick}")
            for channel, members in self.channels.items():
                if members.pop(old, None):
                    members[nick] = s
                    self.event(channel, f":{before} NICK {nick}", but=s)
        else:
            self.welcome(s)

    def on_user(self, s: Session, tags: dict[str, str], *params: str) -> None:
        s.negotiating = s.negotiating or False
        self.welcome(s)

    def welcome(self, s: Session) -> None:
        if s.registered or s.negotiating or s.nick == "*":
            return
        s.registered = True
        s.reply("001", f":Welcome to Fake, {s.nick}")
        s.reply(
            "005",
            "NETWORK=Paper\\x20Mill CASEMAPPING=ascii CHANTYPES=# PREFIX=(qaohv)~&@%+ "
            "CHANMODES=beI,k,l,imnstR CHATHISTORY=100 LINELEN=2048 NICKLEN=32 TOPICLEN=390 WHOX "
            "BOT=B :are supported by this server",
        )
        s.reply("422", ":No MOTD")

    def on_ping(self, s: Session, tags: dict[str, str], token: str) -> None:
        s.send(f":fake PONG fake {token}")

    def on_pong(self, s: Session, *args: Any) -> None: ...

    def on_quit(self, s: Session, *args: Any) -> None: ...

    def on_authenticate(self, s: Session, tags: dict[str, str], what: str) -> None:
        import base64

        if what == "PLAIN":
            s.send("AUTHENTICATE +")
            return
        _, account, password = base64.b64decode(what).decode().split("\0")
        if self.accounts.get(account.lower()) == password:
            s.account = account
            s.reply("900", f"{s.source} {account} :You are now logged in as {account}")
            s.reply("903", ":SASL authentication successful")
        else:
            s.reply("904", ":SASL authentication failed")

    def on_register(
        self, s: Session, tags: dict[str, str], name: str, mail: str, word: str
    ) -> None:
        name = s.nick if name == "*" else name
        if name.lower() in self.accounts:
            s.send(
                f":fake FAIL REGISTER ACCOUNT_EXISTS {name} :Account exists",
                label=tags.get("label"),
            )
            return
        self.accounts[name.lower()] = word
        s.account = name
        s.send(f":fake REGISTER SUCCESS {name} :Account created", label=tags.get("label"))
        s.reply("900", f"{s.source} {name} :You are now logged in as {name}")

    def on_join(self, s: Session, tags: dict[str, str], names: str, *key: str) -> None:
        for channel in names.split(","):
            if s.nick in self.channels[channel]:
                continue
            if not self.channels[channel]:
                self.ops.add((channel, s.nick))
            self.channels[channel][s.nick] = s
            self.event(channel, f":{s.source} JOIN {channel} {s.account or '*'} :{s.nick}")
            if channel in self.topics:
                s.reply("332", f"{channel} :{self.topics[channel]}")
            marker = self.markers.get((s.account or s.nick, channel))
            s.send(f":fake MARKREAD {channel} {f'timestamp={marker}' if marker else '*'}")
            names_ = " ".join(
                ("@" if (channel, n) in self.ops else "") + n for n in self.channels[channel]
            )
            s.reply("353", f"= {channel} :{names_}")
            s.reply("366", f"{channel} :End of /NAMES list")

    def on_part(self, s: Session, tags: dict[str, str], channel: str, reason: str = "") -> None:
        self.event(channel, f":{s.source} PART {channel} :{reason}")
        self.channels[channel].pop(s.nick, None)

    def on_topic(self, s: Session, tags: dict[str, str], channel: str, text: str) -> None:
        self.topics[channel] = text
        self.event(channel, f":{s.source} TOPIC {channel} :{text}")

    def on_mode(
        self, s: Session, tags: dict[str, str], target: str, change: str = "", *args: str
    ) -> None:
        if not change:
            s.reply("324", f"{target} +{self.modes[target]}")
        elif change.lstrip("+-") == "b" and not args:
            s.reply("368", f"{target} :End of ban list")
        else:
            letter = change[-1]
            if letter == "o":
                (self.ops.add if change[0] == "+" else self.ops.discard)((target, args[0]))
            self.modes[target] = self.modes[target].replace(letter, "") + (
                letter if change[0] == "+" else ""
            )
            self.event(target, f":{s.source} MODE {target} {change} {' '.join(args)}".rstrip())

    def on_kick(
        self, s: Session, tags: dict[str, str], channel: str, nick: str, reason: str = ""
    ) -> None:
        self.event(channel, f":{s.source} KICK {channel} {nick} :{reason}")
        self.channels[channel].pop(nick, None)

    def on_away(self, s: Session, tags: dict[str, str], reason: str = "") -> None:
        s.away = reason
        s.reply("306" if reason else "305", ":Away" if reason else ":Back")
        for members in self.channels.values():
            if s.nick in members:
                for member in members.values():
                    member.send(f":{s.source} AWAY" + (f" :{reason}" if reason else ""))

    def on_who(self, s: Session, tags: dict[str, str], channel: str, *fields: str) -> None:
        for member in self.channels[channel].values():
            flags = "G" if member.away else "H"
            facts = f"{member.nick} {flags} {member.account or 0} :Real {member.nick}"
            s.reply("354", f"{channel} {facts}")
        s.reply("315", f"{channel} :End of WHO list")

    def on_whois(self, s: Session, tags: dict[str, str], nick: str) -> None:
        s.send(":fake BATCH +w labeled-response", label=tags.get("label"))
        s.send(f":fake 311 {s.nick} {nick} web host.example * :Real {nick}", batch="w")
        s.send(f":fake 319 {s.nick} {nick} :@#lobby", batch="w")
        s.send(f":fake 318 {s.nick} {nick} :End", batch="w")
        s.send(":fake BATCH -w")

    def on_list(self, s: Session, tags: dict[str, str], *args: str) -> None:
        s.reply("321", "Channel :Users Name")
        for channel, members in self.channels.items():
            s.reply("322", f"{channel} {len(members)} :{self.topics.get(channel, '')}")
        s.reply("323", ":End of LIST")

    def on_invite(self, s: Session, tags: dict[str, str], nick: str, channel: str) -> None:
        for other in self.sessions:
            if other.nick == nick:
                other.send(f":{s.source} INVITE {nick} {channel}")

    def on_markread(self, s: Session, tags: dict[str, str], target: str, at: str = "") -> None:
        if at:
            self.markers[s.account or s.nick, target] = at.removeprefix("timestamp=")
        marker = self.markers.get((s.account or s.nick, target))
        s.send(f":fake MARKREAD {target} {f'timestamp={marker}' if marker else '*'}")

    def on_rename(
        self, s: Session, tags: dict[str, str], old: str, new: str, reason: str = ""
    ) -> None:
        self.channels[new] = self.channels.pop(old)
        self.log[new] = self.log.pop(old)
        for member in self.channels[new].values():
            member.send(f":{s.source} RENAME {old} {new} :{reason}")

    # ---- what is said -----------------------------------------------------------------------

    def targets(self, s: Session, target: str) -> tuple[str, list[Session]]:
        if target.startswith("#"):
            return target, list(self.channels[target].values())
        pair = ",".join(sorted([s.nick.lower(), target.lower()]))
        others = [o for o in self.sessions if o.nick.lower() == target.lower()]
        return pair, [s, *(o for o in others if o is not s)]

    def say(
        self, s: Session, tags: dict[str, str], lines: list[str], target: str, batch: bool
    ) -> None:
        """`lines` have a `%s` where the msgid and time tags go."""
        label = tags.get("label")
        s.deaf = s.deaf or self.refuse
        if s.deaf:
            return
        key, audience = self.targets(s, target)
        client = {k: v for k, v in tags.items() if k.startswith("+")}
        if label and label in self.labels:
            stored = next(e for e in self.log[key] if e[1] == self.labels[label])
            self.replay(s, stored, label=label)
            return
        record = "\n".join([";".join(f"{k}={v}" for k, v in client.items()), *lines])
        msgid, _ = self.keep(key, record)
        if label:
            self.labels[label] = msgid
        for member in audience:
            mine = label if member is s else None
            self.replay(member, self.log[key][-1], label=mine)

    def replay(self, s: Session, stored: tuple[float, str, str], **extra: str | None) -> None:
        seconds, msgid, record = stored
        first, _, rest = record.partition("\n")
        client, lines = (first, rest.split("\n")) if rest else ("", [record])
        tags: dict[str, str | None] = dict(t.partition("=")[::2] for t in client.split(";") if t)
        tags.update(msgid=msgid, time=stamp(seconds), **extra)
        if len(lines) == 1:
            s.send(lines[0], **tags)
            return
        source, target = lines[0].split()[0], lines[0].split()[2]
        s.send(f"{source} BATCH +x{msgid} draft/multiline {target}", **tags)
        for line in lines:
            concat = line.endswith("\x00")
            extra_tags: dict[str, str | None] = {"batch": f"x{msgid}"}
            if concat:
                extra_tags["draft/multiline-concat"] = ""
            s.send(line.rstrip("\x00"), **extra_tags)
        s.send(f"{source} BATCH -x{msgid}")

    def on_privmsg(self, s: Session, tags: dict[str, str], target: str, text: str) -> None:
        if target.startswith("#") and s.nick not in self.channels[target]:
            s.reply("404", f"{target} :Cannot send to channel", tags.get("label"))
            return
        if text == "refuse me":
            s.reply("404", f"{target} :Cannot send to channel (+m)", tags.get("label"))
            return
        self.say(s, tags, [f":{s.source} PRIVMSG {target} :{text}"], target, False)

    on_notice = on_privmsg

    def on_batch(self, s: Session, tags: dict[str, str], ref: str, *rest: str) -> None:
        if ref.startswith("+"):
            s.batch = {"tags": tags, "target": rest[1], "lines": []}
            return
        assert s.batch is not None
        batch, s.batch = s.batch, None
        lines = [
            f":{s.source} {command} {params[0]} :{params[1]}"
            + ("\x00" if "draft/multiline-concat" in t else "")
            for t, command, params in batch["lines"]
        ]
        self.say(s, batch["tags"], lines, batch["target"], True)

    def on_tagmsg(self, s: Session, tags: dict[str, str], target: str) -> None:
        key, audience = self.targets(s, target)
        client = {k: v for k, v in tags.items() if k.startswith("+")}
        msgid, time = "t0", stamp(dt.datetime.now().timestamp())
        if any("react" in k for k in client):
            words = ";".join(f"{k}={v}" for k, v in client.items())
            msgid, time = self.keep(key, f"{words}\n:{s.source} TAGMSG {target}")
        for member in audience:
            label = tags.get("label") if member is s else None
            member.send(
                f":{s.source} TAGMSG {target}", msgid=msgid, time=time, label=label, **client
            )

    def amend(
        self, s: Session, tags: dict[str, str], verb: str, target: str, msgid: str, text: str
    ) -> None:
        key, audience = self.targets(s, target)
        line = f":{s.source} {verb} {target} {msgid} :{text}"
        self.keep(key, line)
        for member in audience:
            member.send(
                line,
                time=stamp(dt.datetime.now().timestamp()),
                label=tags.get("label") if member is s else None,
            )

    def on_edit(self, s: Session, tags: dict[str, str], target: str, msgid: str, text: str) -> None:
        self.amend(s, tags, "EDIT", target, msgid, text)

    def on_redact(
        self, s: Session, tags: dict[str, str], target: str, msgid: str, text: str = ""
    ) -> None:
        self.amend(s, tags, "REDACT", target, msgid, text)

    # ---- looking back -----------------------------------------------------------------------

    def on_chathistory(self, s: Session, tags: dict[str, str], sub: str, *params: str) -> None:
        label = tags.get("label")
        if sub == "TARGETS":
            s.send(":fake BATCH +t draft/chathistory-targets", label=label)
            s.send(":fake BATCH -t")
            return
        target, references, limit = params[0], params[1:-1], int(params[-1])
        key, _ = self.targets(s, target)
        log = self.log[key]

        def position(reference: str) -> int:
            kind, _, value = reference.partition("=")
            if kind == "msgid":
                return next((i for i, entry in enumerate(log) if entry[1] == value), -1)
            return next((i for i, entry in enumerate(log) if stamp(entry[0]) >= value), len(log))

        at = position(references[0]) if references[0] != "*" else -1
        if references[0] != "*" and at < 0:
            s.send(
                f":fake FAIL CHATHISTORY INVALID_MSGREFTYPE {sub} {target} :No such message",
                label=label,
            )
            return
        if sub == "LATEST":
            page = log[at + 1 :][-limit:]
        elif sub == "BEFORE":
            page = log[max(0, at - limit) : at]
        elif sub == "AFTER":
            page = log[at + 1 : at + 1 + limit]
        else:
            page = log[max(0, at - limit // 2) : at + limit // 2]
        self.send_batch(s, f"chathistory {target}", page, label)

    def send_batch(
        self, s: Session, kind: str, page: list[tuple[float, str, str]], label: str | None
    ) -> None:
        name = f"b{next(self.ids)}"
        s.send(f":fake BATCH +{name} {kind}", label=label)
        for entry in page:
            self.replay(s, entry, batch=name)
        s.send(f":fake BATCH -{name}")

    def on_search(self, s: Session, tags: dict[str, str], attributes: str) -> None:
        query = dict(word.partition("=")[::2] for word in attributes.split(";"))
        text = query.get("text", "").replace("\\s", " ").lower().strip('"')
        found = []
        for channel, members in self.channels.items():
            if s.nick not in members or query.get("in", channel) != channel:
                continue
            for entry in self.log[channel]:
                source, _, said = entry[2].split("\n")[-1].partition(f" PRIVMSG {channel} :")
                if (
                    said
                    and text in said.lower()
                    and query.get("from", "").lower() in ("", source[1:].split("!")[0].lower())
                ):
                    found.append(entry)
        self.send_batch(s, "soju.im/search", found[-100:], tags.get("label"))
