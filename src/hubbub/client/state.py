"""What a client knows, and what it says by itself: the conversation with one server, without I/O.

`receive(message, now)` takes what the server said and returns what happened (`events.py`); what has
to be answered waits in `take_outgoing()`. The same for `connected`, `connection_lost` and
everything a person asks for. Time comes in as seconds of a clock that does not jump. So a whole
session, with its reconnects, is a list of lines in a test.

Three things here are worth reading: registration (CAP 302, then NICK until one is free),
`_catch_up` (after a reconnect exactly what was missed, in order: live messages of a channel are
held back until its history has been told), and own lines (`pending.py`). Which answer belongs to
which question is in `answers.py`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import MAXYEAR, MINYEAR, UTC, datetime

from hubbub.client import events as ev
from hubbub.client.answers import Batches, Request, Requests, ServerBatch
from hubbub.client.events import Event
from hubbub.client.pending import RETRY_FOR, Pending, PendingLine
from hubbub.client.query import attributes
from hubbub.client.text import Fold, casefold_for, pieces
from hubbub.client.wire import Message, escape_tag, is_word

WANTED_CAPS = (
    "batch",
    "cap-notify",
    "draft/chathistory",
    "draft/search",
    "echo-message",
    "invite-notify",
    "labeled-response",
    "message-tags",
    "multi-prefix",
    "server-time",
    "soju.im/search",
    "standard-replies",
)
ASKED = ("asked", "found")
SEARCH_CAPS = ("draft/search", "soju.im/search")
FIRST_LOOK = 20
"""Messages of a channel shown to somebody who comes in."""
PAGE = 100
"""Messages asked for at once when catching up; the server may allow fewer (ISUPPORT CHATHISTORY).
"""
JOIN_AT_ONCE = 5
MAX_SEEN = 10_000
SOURCE_GUESS = 96
"""Bytes of `:nick!user@host ` that others' copies of our line may begin with, until our own JOIN
has shown it.
"""


@dataclass(slots=True)
class ChannelState:
    name: str
    key: str = ""
    joined: bool = False
    topic: str = ""
    members: dict[str, str] = field(default_factory=dict)
    """Folded nick -> nick as written."""
    last_msgid: str = ""
    """The last message told, or the last of the log's pages told while we are catching up."""
    visited: bool = False
    came_at: datetime | None = None
    """When we came in, by the server's clock."""
    held: list[ev.Said] | None = None
    """Live messages waiting for the history before them; None when nothing is awaited."""

    @property
    def inside(self) -> bool:
        """We are in it and have been told what was said before: what comes now is told at once."""
        return self.joined and self.held is None


class State:
    def __init__(
        self, nick: str, *, run: str, channels: Iterable[str] = (), user: str = ""
    ) -> None:
        """`run` makes the labels of this run unique; `channels` are joined as soon as we are in."""
        self.nick = nick
        self.wanted_nick = nick
        self.user = user or "hubbub"
        self.invitation = ""  # the word of one, for servers that take nobody without
        self.registered = False
        self.ever_registered = False
        self.caps: set[str] = set()
        self.isupport: dict[str, str] = {}
        self.away = ""
        self.pending = Pending(run)
        self.fold: Fold = casefold_for("ascii")
        self.channels: dict[str, ChannelState] = {}
        for name in channels:
            self._channel(name)
        self._outgoing: list[bytes] = []
        self._now = 0.0
        self._naming: dict[str, list[str]] = {}
        self._names_asked: set[str] = set()
        self._nick_attempts = 0
        self._offered: set[str] = set()
        self._batches = Batches()
        self._requests = Requests()
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._source_length = SOURCE_GUESS
        self._regaining = False
        self.awaiting_nick = False
        """A `NickRefused` stands before registration: nothing goes on until `choose_nick`."""

    # --- the connection comes and goes ---

    def connected(self) -> None:
        """A connection is there: begin the registration."""
        self._outgoing.clear()
        self.nick = self.wanted_nick
        self._nick_attempts = 0
        self.caps.clear()
        self._offered.clear()
        if self.invitation:
            self._send("PASS", self.invitation)
        self._send("CAP", "LS", "302")
        self._send("NICK", self.wanted_nick)
        self._send("USER", self.user, "0", "*", self.wanted_nick)

    def connection_lost(self) -> None:
        """It is gone. Lines without an echo wait for the next one.

        What was held back for a history that will not come is forgotten untold: the next catch-up
        begins at the last message that was told, so it brings these again.
        """
        self.registered = self._regaining = False
        self._outgoing.clear()
        self._batches.clear()
        self._requests.clear()
        self._naming.clear()
        self._names_asked.clear()
        self.pending.connection_lost()
        for channel in self.channels.values():
            channel.joined, channel.held = False, None
            channel.members.clear()

    def take_outgoing(self) -> bytes:
        """What is to be written now; empty when nothing is."""
        taken = b"".join(self._outgoing)
        self._outgoing.clear()
        return taken

    def _send(self, command: str, *params: str, label: str = "") -> None:
        message = Message(command, params, tags={"label": label} if label else {})
        self._outgoing.append(message.encode())

    # --- what a person or a program asks for ---

    def submit(self, target: str, text: str, now: float, *, action: bool = False) -> list[str]:
        """Say `text` in `target`, now or as soon as there is a connection; the labels of the lines
        it became.

        Raises QueueFullError, and ValueError for a target that no line can hold.
        """
        overhead = self._source_length + len(target.encode()) + len(": PRIVMSG  :\r\n")
        limit = max(64, self._number("LINELEN", 512) - overhead - (10 if action else 0))
        parts = pieces(text, limit)
        if action:
            parts = [f"\x01ACTION {part}\x01" for part in parts]
        Message("PRIVMSG", (target, "")).encode()
        labels = [self.pending.add(target, part).label for part in parts]
        self._flush(now)
        return labels

    def choose_nick(self, nick: str) -> None:
        """Ask for another nick: during registration after a `NickRefused`, or later on."""
        if not self.registered:
            self._send("USER", self.user, "0", "*", nick)  # what others are told is not the refused
        self._send("NICK", nick)
        self.wanted_nick = nick
        self._regaining = self.awaiting_nick = False
        if not self.registered:
            self.nick = nick

    def regain_nick(self) -> None:
        """Ask again, quietly, for the nick that was taken when we came back."""
        if self.registered and self.fold(self.nick) != self.fold(self.wanted_nick):
            self._regaining = True
            self._send("NICK", self.wanted_nick)

    def join(self, name: str, key: str = "") -> None:
        if self.registered:
            self._send("JOIN", name, *([key] if key else []))
        channel = self._channel(name)
        channel.key = key or channel.key

    def part(self, name: str, reason: str = "") -> None:
        channel = self.channels.get(self.fold(name))
        if self.registered and (channel is None or channel.joined):
            self._send("PART", name, *([reason] if reason else []))
        elif channel is not None:
            del self.channels[self.fold(name)]

    def set_away(self, reason: str) -> None:
        """Away with a reason, or back with none; kept over a reconnect."""
        self.away = reason
        if self.registered:
            self._send("AWAY", *([reason] if reason else []))

    def ask_names(self, name: str) -> None:
        self._send("NAMES", name)
        self._names_asked.add(self.fold(name))

    def ask_list(self, pattern: str = "") -> None:
        self._send("LIST", *([pattern] if pattern else []))

    def ask(self, command: str, *params: str) -> None:
        """Any other command; the answer comes as `Reply`."""
        self._send(command, *params)

    def ask_history(self, where: str, limit: int, *, before: str = "") -> None:
        """The last `limit` messages of `where`, or those before a msgid; told as `History` with
        when="asked".
        """
        reference = f"msgid={before}" if before else "*"
        self._ask_history("BEFORE" if before else "LATEST", where, reference, limit, "asked")

    def ask_search(self, typed: str, limit: int = FIRST_LOOK, *, before: str = "") -> None:
        """Search all that we may read, see query.py, or what of it is older than a msgid; told as
        `History` with when="found".
        """
        wanted = attributes(typed) | {"limit": str(limit)}
        text = ";".join(f"{key}={escape_tag(value)}" for key, value in wanted.items() if value)
        older = [f"before:{before}"] if before else []
        self._request(self._requests.add("", "found", self._now), "SEARCH", text, *older)

    def ping(self, token: str) -> None:
        self._send("PING", token)

    def quit(self, reason: str = "") -> None:
        self._send("QUIT", *([reason] if reason else []))

    @property
    def has_history(self) -> bool:
        return bool(self.caps & {"draft/chathistory", "chathistory"}) and "batch" in self.caps

    @property
    def file_host(self) -> str:
        """Where files may be uploaded; "" for nowhere."""
        tokens = ("draft/FILEHOST", "soju.im/FILEHOST")
        return next((self.isupport[each] for each in tokens if self.isupport.get(each)), "")

    @property
    def can_search(self) -> bool:
        return any(cap in self.caps for cap in SEARCH_CAPS)

    @property
    def labels_work(self) -> bool:
        return {"labeled-response", "batch", "echo-message"} <= self.caps

    def is_channel(self, name: str) -> bool:
        return name[:1] in self.isupport.get("CHANTYPES", "#&") and bool(name)

    # --- what the server says ---

    def receive(self, message: Message, now: float) -> list[Event]:
        """Take one message; what happened by it. `now` in seconds of a clock that does not jump."""
        self._now = now
        batch = self._batches.of(message)
        if batch is not None and message.command != "BATCH":
            if batch.is_history:
                batch.take(message)
                return []
            if batch.label:
                message = replace(message, tags={"label": batch.label, **message.tags})
        found = self._settled_by(message)
        if found is None:
            found = self._refused_by(message)
        if found is None:
            answered = self._answered_by(message)
            found = answered + _HANDLERS.get(message.command, State._reply)(self, message)
        self._flush(now)
        return found

    def _settled_by(self, message: Message) -> list[Event] | None:
        """Did this answer one of our lines, other than by an echo? An ACK says yes to it, an error
        no.
        """
        line = self.pending.get(message.tags.get("label", "")) or self._fallback_line(message)
        if line is None:
            return None
        if message.command == "ACK" or (message.command == "PONG" and not self.labels_work):
            self.pending.settle(line.label)
            return [ev.Delivered(line.label, line.target, line.text)]
        if _is_error(message):
            self.pending.settle(line.label)
            return [ev.NotDelivered(line.label, line.target, line.text, message.param(-1))]
        return None

    def _answered_by(self, message: Message) -> list[Event]:
        """Is this what a service (NickServ) says to one of our lines? It echoes none."""
        line = self.pending.get(message.tags.get("label", ""))
        if message.command != "NOTICE" or line is None:
            return []
        if self.fold(message.nick) != self.fold(line.target):
            return []
        self.pending.settle(line.label)
        return [ev.Delivered(line.label, line.target, line.text)]

    def _refused_by(self, message: Message) -> list[Event] | None:
        """Did this refuse history? Nobody is told when we had asked by ourselves."""
        request = self._requests.labelled(message.tags.get("label", ""))
        if request is None or not (message.command == "ACK" or _is_error(message)):
            return None
        reply = self._reply(message) if request.when in ASKED and _is_error(message) else []
        return [*reply, *self._unanswered(request)]

    def _fallback_line(self, message: Message) -> PendingLine | None:
        """Servers without labels: a PONG for the PING behind the line, or an error that names its
        target.
        """
        if self.labels_work or not self.pending:
            return None
        if message.command == "PONG":
            return self.pending.get(message.param(-1))
        if message.command in ("401", "403", "404"):
            target = self.fold(message.param(1))
            return next(
                (
                    line
                    for line in self.pending
                    if line.in_flight and self.fold(line.target) == target
                ),
                None,
            )
        return None

    def _flush(self, now: float) -> None:
        """Send what may go. Lines to a channel wait while its history has yet to tell whether one
        of them arrived over the connection before.
        """
        if not self.registered or not self.pending:
            return
        in_doubt = {self.fold(line.target) for line in self.pending if line.in_doubt}
        unread = {name for name in in_doubt if self._history_to_come(name)}
        for line in self.pending.due(now, lambda line: self.fold(line.target) not in unread):
            line.sender = line.sender or self.nick
            label = line.label if "labeled-response" in self.caps else ""
            self._send("PRIVMSG", line.target, line.text, label=label)
            if not self.labels_work:
                self.ping(line.label)

    def _history_to_come(self, folded: str) -> bool:
        channel = self.channels.get(folded)
        if channel is None or not self.has_history:
            return False
        return not channel.inside

    # registration

    def _cap(self, message: Message) -> list[Event]:
        verb, more = message.param(1).upper(), message.param(2) == "*"
        names = message.param(-1).split()
        if verb == "LS":
            self._offered.update(name.partition("=")[0] for name in names)
            if not more:
                self._request_caps(self._offered)
        elif verb == "NEW":
            self._request_caps({name.partition("=")[0] for name in names})
        elif verb == "ACK":
            self.caps.update(name for name in names if not name.startswith("-"))
        elif verb == "DEL":
            self.caps.difference_update(names)
        if verb in ("ACK", "NAK") and not self.registered:
            self._send("CAP", "END")
        return []

    def _request_caps(self, offered: set[str]) -> None:
        wanted = [cap for cap in WANTED_CAPS if cap in offered and cap not in self.caps]
        if wanted:
            self._send("CAP", "REQ", " ".join(wanted))
        elif not self.registered:
            self._send("CAP", "END")

    def _welcome(self, message: Message) -> list[Event]:
        again, self.ever_registered, self.registered = self.ever_registered, True, True
        self.nick = message.param(0) or self.nick
        self._join_all()
        if self.away:
            self._send("AWAY", self.away)
        return [ev.Registered(self.nick, again), *self._give_up()]

    def _join_all(self) -> None:
        """In few lines, as servers count lines; those with a key first, so that the keys fit their
        channels.
        """
        channels = sorted(self.channels.values(), key=lambda channel: not channel.key)
        for begin in range(0, len(channels), JOIN_AT_ONCE):
            some = channels[begin : begin + JOIN_AT_ONCE]
            keys = ",".join(channel.key for channel in some if channel.key)
            self._send(
                "JOIN", ",".join(channel.name for channel in some), *([keys] if keys else [])
            )

    def _give_up(self) -> list[Event]:
        """After a reconnect: own lines of which nobody can tell any more whether they arrived."""
        reason = "the connection broke before its echo came, so it may have arrived or not"
        lines = self.pending.forget(self._is_lost)
        return [ev.NotDelivered(line.label, line.target, line.text, reason) for line in lines]

    def _is_lost(self, line: PendingLine) -> bool:
        """It may have arrived; neither history nor a retry under its label can tell."""
        if not line.in_doubt or (self.has_history and self.fold(line.target) in self.channels):
            return False
        age = self._now - (line.first_sent or 0.0)
        return not self.labels_work or age >= RETRY_FOR

    def _nick_refused(self, message: Message) -> list[Event]:
        reason, taken = message.param(-1), message.command in ("433", "436", "437")
        if self._regaining:
            self._regaining = False
            return []
        if not self.registered and self.ever_registered:
            return self._take_another_nick(reason)
        refused, self.awaiting_nick = self.wanted_nick, not self.registered
        if self.registered:
            self.wanted_nick = self.nick
        return [ev.NickRefused(refused, reason, taken, self.registered)]

    def _take_another_nick(self, reason: str) -> list[Event]:
        """We come back and somebody has our nick, most likely the connection we lost: take one
        beside it meanwhile.
        """
        self._nick_attempts += 1
        suffix = "_" if self._nick_attempts == 1 else f"_{self._nick_attempts}"
        old, length = self.nick, self._number("NICKLEN", 30)
        self.nick = self.wanted_nick[: length - len(suffix)] + suffix
        self._send("NICK", self.nick)
        return [ev.Renamed(old, self.nick, mine=True, why=reason)]

    def _isupport(self, message: Message) -> list[Event]:
        for token in message.params[1:-1]:
            key, _, value = token.partition("=")
            self.isupport[key] = value
            if key == "CASEMAPPING":
                self._refold(value)
        return []

    def _number(self, token: str, default: int) -> int:
        return _number(self.isupport.get(token, ""), default)

    def _refold(self, mapping: str) -> None:
        self.fold = casefold_for(mapping)
        self.channels = {self.fold(channel.name): channel for channel in self.channels.values()}
        for channel in self.channels.values():
            channel.members = {self.fold(nick): nick for nick in channel.members.values()}

    # channels and people

    def _channel(self, name: str) -> ChannelState:
        return self.channels.setdefault(self.fold(name), ChannelState(name))

    def _is_me(self, nick: str) -> bool:
        return self.fold(nick) == self.fold(self.nick)

    def _join(self, message: Message) -> list[Event]:
        name, mine = message.param(0), self._is_me(message.nick)
        if not mine:
            if known := self.channels.get(self.fold(name)):
                known.members[self.fold(message.nick)] = message.nick
            return [ev.Joined(message.nick, name)]
        if not is_word(name):
            return []
        channel = self._channel(name)
        again, channel.visited = channel.visited, True
        channel.name, channel.joined = name, True
        channel.came_at = _time(message.tags.get("time", ""))
        channel.members = {self.fold(self.nick): self.nick}
        self._source_length = max(len(message.source.encode()) + 2, 32)
        self._catch_up(channel, again)
        return [ev.Joined(self.nick, name, mine=True, again=again)]

    def _part(self, message: Message) -> list[Event]:
        return self._leave(message.nick, message.param(0), message.param(1), by="")

    def _kick(self, message: Message) -> list[Event]:
        return self._leave(message.param(1), message.param(0), message.param(2), by=message.nick)

    def _leave(self, nick: str, name: str, reason: str, *, by: str) -> list[Event]:
        mine = self._is_me(nick)
        if mine:
            self.channels.pop(self.fold(name), None)
        elif channel := self.channels.get(self.fold(name)):
            channel.members.pop(self.fold(nick), None)
        return [ev.Left(nick, name, reason, by, mine)]

    def _quit(self, message: Message) -> list[Event]:
        if self._is_me(message.nick):
            return []
        nick = self.fold(message.nick)
        shared = [channel for channel in self.channels.values() if channel.members.pop(nick, None)]
        return [ev.Quit(message.nick, [channel.name for channel in shared], message.param(0))]

    def _nick(self, message: Message) -> list[Event]:
        old, new, mine = message.nick, message.param(0), self._is_me(message.nick)
        for channel in self.channels.values():
            if channel.members.pop(self.fold(old), None):
                channel.members[self.fold(new)] = new
        if mine:
            self.nick, self._regaining = new, False
        return [ev.Renamed(old, new, mine)]

    def _names(self, message: Message) -> list[Event]:
        self._naming.setdefault(self.fold(message.param(2)), []).extend(message.param(3).split())
        return []

    def _names_end(self, message: Message) -> list[Event]:
        name, folded = message.param(1), self.fold(message.param(1))
        names = self._naming.pop(folded, [])
        asked = folded in self._names_asked
        self._names_asked.discard(folded)
        if channel := self.channels.get(folded):
            prefixes = self.isupport.get("PREFIX", "(qaohv)~&@%+").partition(")")[2] or "@+"
            nicks = [written.lstrip(prefixes).partition("!")[0] for written in names]
            channel.members = {self.fold(nick): nick for nick in nicks}
        return [ev.Names(name, names, asked)]

    def _topic(self, message: Message) -> list[Event]:
        return self._set_topic(message.param(0), message.param(1), message.nick)

    def _topic_reply(self, message: Message) -> list[Event]:
        return self._set_topic(message.param(1), message.param(2), "")

    def _set_topic(self, name: str, topic: str, by: str) -> list[Event]:
        if channel := self.channels.get(self.fold(name)):
            channel.topic = topic
        return [ev.TopicIs(name, topic, by)]

    def _join_refused(self, message: Message) -> list[Event]:
        channel = self.channels.get(self.fold(message.param(1)))
        if channel is None or channel.joined:
            return self._reply(message)
        del self.channels[self.fold(channel.name)]
        return [ev.JoinRefused(channel.name, message.param(-1))]

    # what is said

    def _privmsg(self, message: Message) -> list[Event]:
        said = self._said(message, "now")
        line = self.pending.settle(message.tags.get("label", "")) if said.mine else None
        if line is not None:
            self._is_new(said)
            self._told(said)
            return [ev.Delivered(line.label, line.target, line.text, said)]
        if said.mine and not self.labels_work and self._said_here(said):
            return []
        channel = self._conversation(said)
        if channel is not None and channel.held is not None:
            channel.held.append(said)
            return []
        return self._tell([said])

    def _said_here(self, said: ev.Said) -> bool:
        """An echo without a label of a line that is still pending: the PONG behind it settles that
        line.
        """
        return any(
            line.in_flight and self.fold(line.target) == self.fold(said.where)
            for line in self.pending
        )

    def _conversation(self, said: ev.Said) -> ChannelState | None:
        return None if said.private else self.channels.get(self.fold(said.where))

    def _tell(self, messages: Iterable[ev.Said]) -> list[Event]:
        new: list[Event] = []
        for said in messages:
            new += [said] if self._is_new(said) else []
            self._told(said)
        return new

    def _is_new(self, said: ev.Said) -> bool:
        """Not told before; a message without an id always counts as new."""
        if said.msgid in self._seen:
            return False
        if said.msgid:
            self._seen[said.msgid] = None
        if len(self._seen) > MAX_SEEN:
            self._seen.popitem(last=False)
        return True

    def _told(self, said: ev.Said) -> None:
        """The next catch-up begins behind this message; while one is under way its pages alone
        decide that.
        """
        channel = self._conversation(said)
        if channel is not None and channel.held is None and said.msgid:
            channel.last_msgid = said.msgid

    def _said(self, message: Message, when: ev.When) -> ev.Said:
        target, text, mine = message.param(0), message.param(1), self._is_me(message.nick)
        kind: ev.Kind = "notice" if message.command == "NOTICE" else "message"
        if text.startswith("\x01"):
            kind, text = _ctcp(text)
        # "@#tea" is said in #tea, to its operators.
        bare = target.lstrip(self.isupport.get("STATUSMSG", "~&@%+"))
        private = not self.is_channel(bare)
        where = bare if not private else (target if mine else message.nick)
        time, msgid = _time(message.tags.get("time", "")), message.tags.get("msgid", "")
        msgid = msgid if is_word(msgid) else ""
        return ev.Said(message.nick, where, text, kind, private, mine, when, time, msgid)

    def _notice(self, message: Message) -> list[Event]:
        if "!" in message.source and not message.param(0).startswith("*"):
            return self._privmsg(message)
        return [ev.Reply("NOTICE", message.params, message.param(-1), sender=message.nick)]

    # history

    def _catch_up(self, channel: ChannelState, again: bool) -> None:
        if not self.has_history:
            return
        channel.held = []
        if channel.last_msgid:
            self._ask_after(channel)
        elif again:
            # Nothing had been said in it when the connection broke: all there is now was missed.
            self._ask_history("LATEST", channel.name, "*", PAGE, "missed")
        else:
            self._ask_history("LATEST", channel.name, "*", FIRST_LOOK, "earlier")

    def _ask_after(self, channel: ChannelState) -> None:
        self._ask_history("AFTER", channel.name, f"msgid={channel.last_msgid}", PAGE, "missed")

    def _ask_history(
        self, verb: str, where: str, reference: str, limit: int, when: ev.When
    ) -> None:
        allowed = self._number("CHATHISTORY", 0) or limit
        request = self._requests.add(where, when, self._now, after=verb == "AFTER")
        self._request(request, "CHATHISTORY", verb, where, reference, str(min(limit, allowed)))

    def _request(self, request: Request, command: str, *params: str) -> None:
        if self.labels_work:
            self._send(command, *params, label=request.mark)
        else:
            self._send(command, *params)
            self.ping(request.mark)

    def _batch(self, message: Message) -> list[Event]:
        ended = self._batches.turn(message)
        return self._history(ended) if ended is not None and ended.is_history else []

    def _history(self, batch: ServerBatch) -> list[Event]:
        request = self._requests.answered_by(batch, self.fold)
        when: ev.When = request.when if request else "earlier"
        where = batch.params[0] if batch.params else request.where if request else ""
        page = [self._said(m, when) for m in batch.messages if m.command in ("PRIVMSG", "NOTICE")]
        if when in ASKED:
            return [ev.History(where, when, page)]
        new: list[ev.Said] = []
        settled: list[Event] = []
        for said in filter(self._is_new, page):
            delivered = self._settled_by_history(said)
            settled += delivered
            new += [] if delivered else [said]
        channel = self.channels.get(self.fold(where))
        if channel is None:
            return [*settled, ev.History(where, when, new)]
        cursor = channel.last_msgid
        channel.last_msgid = page[-1].msgid if page else cursor
        # Until a page is empty: a short one may only have been thinned out by the server.
        if request and request.after and channel.last_msgid != cursor:
            self._ask_after(channel)
            return [*settled, ev.History(where, when, new, last=False)]
        heard = [said for said in new if when == "earlier" and _since(channel.came_at, said)]
        before = [said for said in new if said not in heard]
        now = [replace(said, when="now") for said in heard]
        return [*settled, ev.History(where, when, before), *now, *self._release(channel)]

    def _settled_by_history(self, said: ev.Said) -> list[Event]:
        """An own line in doubt that stands in the history has arrived: no need to ask again."""
        for line in self.pending:
            mine = self.fold(line.sender) == self.fold(said.sender)
            same = line.text == _written(said) and self.fold(line.target) == self.fold(said.where)
            if line.in_doubt and mine and same:
                self.pending.settle(line.label)
                return [ev.Delivered(line.label, line.target, line.text, said)]
        return []

    def _release(self, channel: ChannelState) -> list[Event]:
        held, channel.held = channel.held or [], None
        return self._tell(held)

    def _pong(self, message: Message) -> list[Event]:
        token = message.param(-1)
        found: list[Event] = []
        for request in self._requests.over(token, self._now):
            found += self._unanswered(request)
        return [*found, ev.Pong(token)]

    def _unanswered(self, request: Request) -> list[Event]:
        """The server refused the request, or had no answer to it."""
        self._requests.forget(request)
        channel = self.channels.get(self.fold(request.where))
        if request.after and channel is not None:
            channel.last_msgid = ""  # it no longer knows that message: show the last ones instead
            self._ask_history("LATEST", request.where, "*", PAGE, "missed")
            return []
        released = (
            self._release(channel) if channel is not None and request.when not in ASKED else []
        )
        return [ev.History(request.where, request.when, []), *released]

    # everything else

    def _ping(self, message: Message) -> list[Event]:
        self._send("PONG", *message.params)
        return []

    def _error(self, message: Message) -> list[Event]:
        return [ev.Goodbye(message.param(-1))]

    def _listed(self, message: Message) -> list[Event]:
        people = _number(message.param(2), 0)
        return [ev.ChannelListed(message.param(1), people, message.param(3))]

    def _filehost(self, message: Message) -> list[Event]:
        return [ev.UploadToken(message.param(1))]

    def _nothing(self, message: Message) -> list[Event]:
        return []

    def _reply(self, message: Message) -> list[Event]:
        params = message.params[1:] if message.command.isdigit() else message.params
        return [
            ev.Reply(message.command, params, message.param(-1), _is_error(message), message.nick)
        ]


def _since(came_at: datetime | None, said: ev.Said) -> bool:
    """Was it said after we came, and is no matter of history though it stands there already?"""
    return came_at is not None and said.time is not None and said.time > came_at


def _written(said: ev.Said) -> str:
    """The text as it stands on the wire."""
    return f"\x01ACTION {said.text}\x01" if said.kind == "action" else said.text


def _is_error(message: Message) -> bool:
    """A no. 422 looks like one and only says that there is no message of the day."""
    number = _number(message.command, 0)
    return message.command == "FAIL" or (400 <= number < 600 and number != 422)


def _ctcp(text: str) -> tuple[ev.Kind, str]:
    verb, _, rest = text.strip("\x01").partition(" ")
    return ("action", rest) if verb == "ACTION" else ("ctcp", text.strip("\x01"))


def _number(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else default


def _time(stamp: str) -> datetime | None:
    """In UTC, also if a server leaves that out; None for what no time zone could show."""
    try:
        time = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    time = time if time.tzinfo is not None else time.replace(tzinfo=UTC)
    return time if MINYEAR < time.year < MAXYEAR else None


_Handler = Callable[[State, Message], list[Event]]

_HANDLERS: dict[str, _Handler] = {
    "001": State._welcome,
    "005": State._isupport,
    "322": State._listed,
    "332": State._topic_reply,
    "353": State._names,
    "366": State._names_end,
    "431": State._nick_refused,
    "432": State._nick_refused,
    "433": State._nick_refused,
    "436": State._nick_refused,
    "437": State._nick_refused,
    **dict.fromkeys(
        ("403", "405", "471", "473", "474", "475", "476", "477", "479", "489", "520"),
        State._join_refused,
    ),
    "ACK": State._nothing,
    "BATCH": State._batch,
    "CAP": State._cap,
    "ERROR": State._error,
    "FILEHOST": State._filehost,
    "JOIN": State._join,
    "KICK": State._kick,
    "NICK": State._nick,
    "NOTICE": State._notice,
    "PART": State._part,
    "PING": State._ping,
    "PONG": State._pong,
    "PRIVMSG": State._privmsg,
    "QUIT": State._quit,
    "TAGMSG": State._nothing,
    "TOPIC": State._topic,
    # 462: a server that takes only the first USER.
    **dict.fromkeys(("321", "323", "333", "329", "462"), State._nothing),
}
