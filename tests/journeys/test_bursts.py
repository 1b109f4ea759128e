"""Messages of one read that are decided together give the same as each by itself: the same bytes to
everybody, the same entries in the log, the same lines in chat.log."""

import re
import secrets

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


TEXTS = st.sampled_from(
    (
        "hello", "two words", "\x0304red", "\x01ACTION waves\x01", "\x01VERSION\x01", "", " ", ":)",
        "wörter\u202e", "x" * 80, "x" * 450, "é" * 230, "/files/" + "0" * 32,
    )
)  # fmt: skip
PLACES = st.sampled_from(
    (*["#tea"] * 6, "#TEA", "#pot", "#pot", "#none", "u1", "@#tea", "#tea,#pot")
)
SAID = st.one_of(
    st.builds("PRIVMSG {} :{}".format, PLACES, TEXTS),
    st.builds("PRIVMSG #tea :{}".format, TEXTS),
    st.builds("PRIVMSG #tea :{}".format, TEXTS),
    st.builds("privmsg #tea  :{}".format, TEXTS),
)
OTHER = st.one_of(
    st.builds("NOTICE {} :{}".format, PLACES, TEXTS),
    st.builds("@label=l{} PRIVMSG #tea :{}".format, st.integers(1, 3), TEXTS),
    st.builds("@+typing=active PRIVMSG {} :{}".format, PLACES, TEXTS),
    st.builds(":me PRIVMSG #tea :{}".format, TEXTS),
    *[st.sampled_from(COMMANDS.splitlines())] * 4,
)
MODES = st.builds(
    "MODE {} {}".format,
    st.sampled_from(("#tea", "#tea", "#pot")),
    st.sampled_from(
        ("+m", "-m", "+c", "-c", "+C", "-C", "+U", "-U", "+b *!*@*", "-b *!*@*", "+v u1", "-v u1")
    ),
)
LINES = st.lists(st.one_of(SAID, SAID, MODES, OTHER), min_size=1, max_size=7)
#: Few say most of it: what was remembered of a person matters with the next read of that person.
WHO = st.sampled_from((0, 0, 0, 0, 1, 1, *range(len(CAPS) + 1)))
PLAIN_LINES = st.lists(st.sampled_from(["hi there", "/me waves", "/list", "more"]), max_size=3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), WHO, LINES),
        st.tuples(st.just("read"), WHO, LINES),
        st.tuples(st.just("read"), WHO, LINES),
        st.tuples(st.just("read"), st.just(len(CAPS) + 1), PLAIN_LINES),
        st.tuples(st.just("cut"), WHO, LINES, st.integers(0, 60)),
        st.tuples(st.just("time"), st.sampled_from([1, 5, 999, 60_000])),
        st.tuples(st.just("settle")),
        st.tuples(st.just("settle")),
        st.tuples(st.just("disk"), st.booleans(), st.booleans()),
        st.tuples(st.just("disk"), st.just(False), st.just(False)),
        st.tuples(st.just("low"), st.booleans()),
    ),
    min_size=4,
    max_size=25,
)


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_together_as_each_by_itself(steps):
    found = []
    for by_itself in (False, True):
        with pytest.MonkeyPatch.context() as monkeypatch:
            world = World(monkeypatch, by_itself)
            for step in steps:
                world.does(step)
            found.append(world.ends())
    together, each = found
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
