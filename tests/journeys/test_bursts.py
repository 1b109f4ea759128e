"""Messages of one read that are decided together give the same as each by itself: the same bytes to
everybody, the same entries in the log, the same lines in chat.log."""

import re
import secrets
from random import Random

import pytest
from harness import Chat, FullLog
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.connections.frames import text_frames
from hubbub.dialects.irc.dialect import IrcDialect
from hubbub.events.bursts import Entries, count_of, end_of, singles
from hubbub.events.kinds import MessageSent
from hubbub.handlers.messages import bursts
from hubbub.log.chat_lines import LineFormat
from hubbub.peer import Peer
from hubbub.session import Session

TAGS = "message-tags server-time account-tag echo-message labeled-response batch"
CAPS = ("", "echo-message", "server-time", TAGS, f"{TAGS} draft/multiline")


class Heard:
    def __init__(self):
        self.kept = []

    def put(self, kept, kinds):
        self.kept.append(kept)


class World:
    """A server with people of every kind in #tea and #pot, in two I/O threads."""

    def __init__(self, monkeypatch, by_itself):
        monkeypatch.setattr(secrets, "token_hex", lambda size: "0" * 2 * size)
        self.chat = Chat(FullLog("log001"), threads=2, limits__kept_back=0)
        if by_itself:
            monkeypatch.setattr(bursts, "decided", lambda *asked: None)
        self.heard = Heard()
        self.chat.hub.listen(self.heard)
        self.people = [
            self.chat.irc(f"u{number}", caps=caps, join="#tea,#pot")
            for number, caps in enumerate(CAPS)
        ]
        self.people.append(self.browser("web", "server-time message-tags"))
        self.people.append(self.chat.plain("nora", join="#tea"))
        self.seen = []

    def browser(self, nick, caps):
        thread = self.chat.threads[0]
        session = self.chat.hub.registry.connect(
            lambda id: Session(
                id, thread, Peer("127.0.0.1", 9), IrcDialect(), self.chat.hub.variants, text_frames
            )
        )
        client = type(self.people[0])(self.chat, session)
        self.chat.clients.append(client)
        client.sends(f"CAP REQ :{caps}", f"NICK {nick}", "USER w 0 * :w", "CAP END")
        client.sends("JOIN #tea,#pot")
        return client

    def does(self, step):
        kind, *rest = step
        if kind == "read":
            who, lines = rest
            session = self.people[who].session
            if not session.closing:
                data = "".join(f"{line}\r\n" for line in lines).encode()
                self.chat.hub.receive(session, session.dialect.receive(data))
        elif kind == "cut":  # a read that ends in the middle of a line
            who, lines, at = rest
            session = self.people[who].session
            data = "".join(f"{line}\r\n" for line in lines).encode()
            for part in (data[:at], data[at:]):
                if not session.closing:
                    self.chat.hub.receive(session, session.dialect.receive(part))
        elif kind == "time":
            self.chat.now += rest[0]
        elif kind == "disk":
            self.chat.log.full, self.chat.log.stuck = rest
            if not any(rest):
                self.chat.has_room()
        elif kind == "low":
            self.chat.hub.outbox.low = rest[0]
        else:
            self.settles()

    def settles(self):
        self.chat.settle()
        self.seen.append([bytes(client.received) for client in self.people])
        self.chat.forget()

    def ends(self):
        self.chat.hub.outbox.low = False
        self.chat.has_room()
        self.settles()
        self.chat.check()
        kept = self.heard.kept
        return {
            "bytes": [list(map(without_numbers, seen)) for seen in self.seen],
            "entries": list(self.chat.log.read()),
            "network": self.chat.network.snapshot(),
            "heard": [list(singles(each.entries)) for each in kept],
            "sizes": [count_of(each.entries) for each in kept],
            "ends": [end_of(each.entries[-1]) for each in kept if each.entries],
            "chat.log": "\n".join(
                line for each in kept for line in LineFormat(True).lines(each.entries, each.remarks)
            ),
            "without texts": "\n".join(
                line for each in kept for line in LineFormat(False).lines(each.entries, ())
            ),
            "spoke": [client.session.last_spoke for client in self.people],
        }


COMMANDS = """\

PRIVMSG #tea
PRIVMSG #tea :
PRIVMSG
PING 1
JOIN #tea
JOIN #pot
PART #tea
PART #pot :bye
NICK nova
NICK nina
AWAY :tea
AWAY
QUIT :o
KICK #tea u1 :out
RENAME #tea #Tea :case
TOPIC #tea :t
CAP REQ :echo-message
CAP REQ :-echo-message
CAP REQ :server-time
MODE u0 +B
MODE u1 +B
NICK nika
BATCH +r draft/multiline #tea
@batch=r PRIVMSG #tea :in
BATCH -r
CHATHISTORY LATEST #tea * 3
SETNAME :s
"""


def without_numbers(received):
    """Batches have numbers of the process."""
    known = {}
    return re.sub(
        rb"(?<=BATCH [+-])[rb]\d+|(?<=batch=)[rb]\d+",
        lambda found: b"%d" % known.setdefault(found[0], len(known)),
        received,
    )


TEXTS = (
    *["hello", "two words"] * 10, "\x0304red", "\x01ACTION waves\x01", "\x01VERSION\x01", "", " ",
    ":)", "wörter\u202e", "x" * 80, "x" * 450, "é" * 230, "/files/" + "0" * 32,
)  # fmt: skip
PLACES = (*["#tea"] * 20, "#TEA", *["#pot"] * 4, "#none", "u1", "@#tea", "#tea,#pot")
HEADS = (
    *["PRIVMSG {} :{}"] * 20, "privmsg {}  :{}", "NOTICE {} :{}", "@label=l1 PRIVMSG {} :{}",
    "@+typing=active PRIVMSG {} :{}", ":me PRIVMSG {} :{}",
)  # fmt: skip
MODES = ("+m", "-m", "+c", "-c", "+C", "-C", "+U", "-U", "+b *!*@*", "-b *!*@*", "+v u1", "-v u1")
ALL = len(CAPS) + 1  # all but the one with netcat


def line(random):
    kind = random.random()
    if kind < 0.8:
        return random.choice(HEADS).format(random.choice(PLACES), random.choice(TEXTS))
    if kind < 0.9:
        return f"MODE {random.choice(('#tea', '#pot'))} {random.choice(MODES)}"
    return random.choice(COMMANDS.splitlines())


def steps_of(random, number=50):
    """A stream in which few say most: what is remembered of one matters with the next read."""
    for _ in range(number):
        kind = random.random()
        who = random.choice((0, 0, 0, 1, 1, random.randrange(ALL)))
        lines = [line(random) for _ in range(random.choice((1, 1, 2, 3, 5, 8)))]
        if kind < 0.6:
            yield ("read", who, lines)
        elif kind < 0.65:
            yield ("cut", who, lines, random.randrange(60))
        elif kind < 0.7:
            yield ("read", ALL, ["hi there", "/me waves", "more"])
        elif kind < 0.75:
            yield ("time", random.choice((1, 5, 999, 60_000)))
        elif kind < 0.8:
            yield ("disk", random.random() < 0.5, random.random() < 0.5)
        elif kind < 0.83:
            yield ("low", True)
        elif kind < 0.9:
            yield from (("low", False), ("disk", False, False))
        else:
            yield ("settle",)


def outcome(seed, by_itself):
    with pytest.MonkeyPatch.context() as monkeypatch:
        world = World(monkeypatch, by_itself)
        for step in steps_of(Random(seed)):
            world.does(step)
        return world.ends()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_together_as_each_by_itself(seed):
    """A seed, because the streams have to be long: what was remembered must have time to change."""
    together, each = outcome(seed, by_itself=False), outcome(seed, by_itself=True)
    for what in together:
        assert together[what] == each[what], what


def test_lines_of_one_read_are_one_value():
    """Else the test above compares the general path with itself."""
    chat = Chat()
    heard = Heard()
    chat.hub.listen(heard)
    ann, bob = chat.irc("ann", join="#tea"), chat.irc("bob", join="#tea")
    heard.kept.clear()
    ann.sends_bytes(b"PRIVMSG #tea :one\r\nPRIVMSG #tea :two\r\nPRIVMSG #tea :three\r\n")
    assert bob.sees() == [
        f":ann!~ann@127.0.0.1 PRIVMSG #tea :{text}" for text in ("one", "two", "three")
    ]
    (kept,) = heard.kept
    (entries,) = kept.entries
    assert isinstance(entries, Entries)
    assert [type(each.event) for each in singles(kept.entries)] == [MessageSent] * 3
    route = ann.session.route
    ann.sends("PRIVMSG #tea :four")
    assert ann.session.route is route
    ann.sends("NICK anna", "PRIVMSG #tea :five")
    assert bob.sees()[-1] == ":anna!~ann@127.0.0.1 PRIVMSG #tea :five"


def test_a_join_elsewhere_leaves_the_route_of_the_last_messages():
    chat = Chat()
    ann, bob = chat.irc("ann", join="#tea"), chat.irc("bob", join="#tea")
    ann.sends("PRIVMSG #tea :one")
    route = ann.session.route
    bob.sends("JOIN #pot")
    chat.irc("cat", join="#tea")
    ann.sends("PRIVMSG #tea :two")
    assert ann.session.route is route
