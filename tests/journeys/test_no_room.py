"""A full disk: nothing is sent that is not stored, and every command gets a reply."""

import pytest
from harness import Chat, FullLog, without_times
from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.irc.dialect import IrcDialect
from hubbub.events.kinds import FileUploaded, MessageSent
from hubbub.outbox import held


class Listening:
    """Hears of what is on disk."""

    def __init__(self, told):
        self.told = told

    def put(self, kept, kinds):
        self.told += kept.entries


def crowd(**settings):
    log = FullLog()
    chat = Chat(log, **settings)
    told = []
    chat.hub.listen(Listening(told))
    return chat, log, told


def room_again(chat, log):
    log.full = False
    with chat.hub.lock:
        chat.hub.outbox.wake_locked()
    chat.settle()


def test_what_happened_is_told_when_it_is_on_disk():
    chat, log, told = crowd()
    ann = chat.irc("ann", join="#tea")
    bob = chat.irc("bob")
    kept = len(log.entries)
    told.clear()
    chat.forget()
    log.full = True
    bob.sends("JOIN #tea")
    assert ann.sees_nothing()
    assert bob.sees_nothing()
    assert told == []
    # Whoever asks is answered, and changes nothing.
    assert bob.asks("PING x") == [":hubbub.local PONG hubbub.local x"]
    assert "LOG_FULL" in bob.asks("JOIN #pot")[0]
    assert "LOG_FULL" in ann.asks("PRIVMSG #tea :hello")[0]
    assert len(log.entries) == kept
    room_again(chat, log)
    assert ann.sees() == [":bob!~bob@127.0.0.1 JOIN #tea"]
    assert bob.sees()[0] == ":bob!~bob@127.0.0.1 JOIN #tea"
    assert [type(entry.event).__name__ for entry in told] == ["Joined"]
    assert len(log.entries) == kept + 1
    ann.sends("PRIVMSG #tea :hello")
    assert bob.sees() == [":ann!~ann@127.0.0.1 PRIVMSG #tea :hello"]
    chat.check()


def test_quits_happen_and_are_told_later_in_their_order():
    chat, log, _ = crowd()
    ann = chat.irc("ann", join="#tea")
    others = [chat.irc(name, join="#tea") for name in ("bob", "cid", "dan")]
    chat.forget()
    log.full = True
    ann.sends("TOPIC #tea :the last thing before")
    for other in others:
        other.drops()
    assert ann.sees_nothing()
    assert len(chat.network.users) == 1
    room_again(chat, log)
    lines = ann.sees()
    commands = [line.partition(" ")[2].split()[0] for line in lines]
    assert commands == ["TOPIC", "QUIT", "QUIT", "QUIT"]
    assert [line[1:4] for line in lines] == ["ann", "bob", "cid", "dan"]
    chat.check()


def test_what_shows_that_is_told_when_it_is_on_disk_and_all_else_at_once():
    chat, log, _ = crowd()
    ann = chat.irc("ann", join="#tea,#pot")
    bob, dan = chat.irc("bob"), chat.irc("dan", join="#tea,#pot")
    chat.forget()
    log.full = True
    questions = ("NAMES #tea", "WHO #tea", "WHOIS bob", "MODE #tea", "LIST", "TOPIC #tea")
    for client, line in ((bob, "JOIN #tea"), (ann, "TOPIC #tea :oolong"), (ann, "NAMES #tea")):
        session = client.session
        chat.hub.receive(session, session.dialect.receive(f"{line}\r\n".encode()))
    chat.settle()
    assert ann.sees_nothing()
    for question in questions:
        lines = dan.asks(question)
        assert not any("bob" in line or "oolong" in line or " 353 " in line for line in lines)
    # Who leaves has left, and of what is on disk everybody is told.
    assert ":hubbub.local 353 ann = #pot :@ann dan" in ann.asks("NAMES #pot")
    assert dan.asks("PING #tea") == [":hubbub.local PONG hubbub.local #tea"]
    assert "LOG_FULL" in dan.asks("PRIVMSG #tea :hello")[0]
    dan.drops()
    assert ":hubbub.local 353 ann = #pot @ann" in ann.asks("NAMES #pot")
    room_again(chat, log)
    lines = ann.sees()
    assert lines[:2] == [
        ":bob!~bob@127.0.0.1 JOIN #tea",
        ":ann!~ann@127.0.0.1 TOPIC #tea :oolong",
    ]
    assert any(" 353 ann = #tea :" in line for line in lines)
    assert ":hubbub.local 353 ann = #tea :@ann bob" in ann.asks("NAMES #tea")
    chat.check()


def test_a_person_of_that_moment_is_let_in_when_it_is_kept():
    chat, log, _ = crowd()
    log.full = True
    eve = chat.plain("Eve")
    assert eve.sees_nothing()
    log.full = False
    eve = chat.plain("Zoe")
    room_again(chat, log)
    assert any("Eve" in line for line in eve.asks("/who"))
    chat.check()


def test_a_newcomer_of_that_moment_is_welcomed_when_it_is_kept():
    chat, log, _ = crowd()
    log.full = True
    eve = chat.irc("eve")
    assert eve.sees_nothing()
    assert eve.asks("PING x") == [":hubbub.local PONG hubbub.local x"]
    room_again(chat, log)
    assert any(" 001 eve " in line for line in eve.sees())
    chat.check()


def test_what_was_said_in_the_moment_before_is_refused_and_not_echoed():
    """While the batch that met the full disk was on its way, more was said: the next batch."""
    chat, log, _ = crowd()
    ann = chat.irc("ann", join="#tea", caps="echo-message")
    bob = chat.irc("bob", join="#tea")
    chat.forget()
    outbox = chat.hub.outbox
    log.full = True
    full, outbox._on_full = outbox._on_full, lambda batch: None

    def meanwhile(batch):
        outbox._on_full = full
        full(batch)
        # Decided before it was known, as another thread would have.
        outbox.full = False
        chat.hub._handle_locked(ann.session, next(iter(parsed)))
        outbox.full = True

    parsed = list(ann.session.dialect.receive(b"PRIVMSG #tea :second\r\n"))
    outbox._on_full = meanwhile
    ann.sends("PRIVMSG #tea :first")
    lines = ann.sees()
    assert ["LOG_FULL" in line for line in lines] == [True, True]
    assert bob.sees_nothing()
    room_again(chat, log)
    assert bob.sees_nothing()
    assert not [e for e in log.entries if getattr(e.event, "text", None) in ("first", "second")]
    chat.check()


def decides(client, *lines):
    """Nothing is written yet."""
    for line in lines:
        session = client.session
        client.chat.hub.receive(session, session.dialect.receive(f"{line}\r\n".encode()))


def without_room(chat, log, client, *lines):
    """The disk is found full when these have been decided, and nobody has seen anything of it."""
    chat.forget()
    log.full = True
    decides(client, *lines)
    chat.settle()


def msgid(line):
    return line.partition("msgid=")[2].partition(";")[0].partition(" ")[0]


LABELS = "message-tags labeled-response batch draft/message-redaction draft/message-edit"


@pytest.mark.parametrize("caps", [LABELS, f"{LABELS} echo-message"])
def test_whatever_is_refused_is_refused_under_its_label_and_once(caps):
    chat, log, _ = crowd()
    ann = chat.irc("ann", join="#tea", caps=caps)
    bob = chat.irc("bob", join="#tea", caps="message-tags")
    ann.sends("PRIVMSG #tea :hello")
    name = msgid(bob.sees()[-1])
    questions = (
        f"@+draft/react=x;+reply={name} TAGMSG #tea",
        f"@+draft/unreact=x;+reply={name} TAGMSG #tea",
        "@+draft/persist TAGMSG #tea",
        f"EDIT #tea {name} :goodbye",
        f"REDACT #tea {name}",
        "PRIVMSG #tea :again",
        "PRIVMSG #tea,bob :again",
        "PRIVMSG ann :to myself",
        "NOTICE #tea :and this",
    )
    for number, question in enumerate(questions):
        tags, _, rest = question.rpartition("@")[2].partition(" ") if "@" in question else ("",) * 3
        line = f"@label=q{number};{tags} {rest}" if tags else f"@label=q{number} {question}"
        kept = len(log.entries)
        without_room(chat, log, ann, line)
        (answer,) = ann.sees()
        assert answer.startswith(f"@label=q{number} :hubbub.local FAIL * LOG_FULL"), (
            question,
            answer,
        )
        assert bob.sees_nothing()
        room_again(chat, log)
        assert ann.sees_nothing()
        assert bob.sees_nothing()
        assert len(log.entries) == kept
    chat.check()


def test_what_a_figure_says_is_not_told_to_who_said_it_when_it_is_refused():
    chat, log, _ = crowd()
    ann = chat.irc("ann", join="#tea")
    ann.sends("MODE #tea +E")
    without_room(chat, log, ann, "NPC #tea bilbo :too much bread")
    (line,) = ann.sees()
    assert "LOG_FULL" in line


def test_a_message_to_two_that_one_of_them_has_already_is_kept_or_refused_as_a_whole():
    chat, log, _ = crowd()
    ann = chat.irc("ann", join="#tea,#pot", caps=f"{LABELS} echo-message")
    ann.sends("@label=once PRIVMSG #pot :hello")
    without_room(chat, log, ann, "@label=once PRIVMSG #tea,#pot :hello")
    (line,) = ann.sees()
    assert "LOG_FULL" in line
    assert [entry.event.target for entry in log.entries if type(entry.event) is MessageSent] == [
        "#pot"
    ]


def test_a_file_comes_and_goes_with_its_message():
    """The message is not taken back alone: it waits with what became of the file."""
    chat, log, _ = crowd()
    ann = chat.irc("ann", join="#tea", caps=f"{LABELS} echo-message")
    bob = chat.irc("bob", join="#tea", caps="draft/message-redaction")
    user, id = ann.session.user, "1" * 32
    uploaded = FileUploaded(id, "cat.png", "image/png", 9, None, user.id, "127.0.0.1")
    with chat.hub.lock:
        chat.hub.recorder.record_all_locked([uploaded])
    chat.settle()
    link = f"http://chat.example/files/{id}/cat.png"
    without_room(chat, log, ann, f"@label=cat PRIVMSG #tea :{link}")
    ann.sends(f"@label=cat PRIVMSG #tea :{link}")
    assert ann.sees_nothing()  # an ACK would say that it is kept
    room_again(chat, log)
    line, again = ann.sees()
    assert again.endswith(" ACK")
    assert line.endswith(f"PRIVMSG #tea :{link}")
    assert bob.sees()[0].endswith(f"PRIVMSG #tea :{link}")
    without_room(chat, log, ann, f"@label=gone REDACT #tea {msgid(line)}")
    assert ann.sees_nothing()
    assert bob.sees_nothing()
    room_again(chat, log)
    assert " REDACT #tea " in ann.sees()[0]
    assert " REDACT #tea " in bob.sees()[0]
    assert not chat.network.files.by_id
    chat.check()


def test_nobody_hears_that_a_newcomer_is_there_by_any_question():
    chat, log, _ = crowd()
    dan = chat.irc("dan")
    zoe = chat.connects(IrcDialect())
    zoe.sends("NICK zoe")
    without_room(chat, log, zoe, "USER zoe 0 * :Zoe")
    for question in (
        "MONITOR + dan,zoe",
        "USERHOST dan zoe",
        "ISON dan zoe",
        "WHO zoe",
        "WHOIS zoe",
    ):
        assert dan.asks(question) == []
    # She is not told that it is her name before she is welcomed.
    assert zoe.asks("LUSERS", "MOTD", "PRIVMSG nobody :x") == []
    assert zoe.asks("PING x") == [":hubbub.local PONG hubbub.local x"]
    assert dan.asks("ISON dan") == [":hubbub.local 303 dan dan"]
    room_again(chat, log)
    assert " 001 zoe " in zoe.sees()[0]
    assert any(" 730 dan " in line and "zoe!" in line for line in dan.sees())
    chat.check()


def test_who_is_not_seen_to_have_come_in_is_not_seen_to_type():
    chat, log, _ = crowd()
    ann = chat.irc("ann", join="#tea,#pot", caps="message-tags")
    bob = chat.irc("bob", join="#pot", caps="message-tags")
    without_room(chat, log, bob, "JOIN #tea")
    bob.sends("@+typing=active TAGMSG #tea")
    assert ann.sees_nothing()
    bob.sends("@+typing=active TAGMSG #pot")
    assert " TAGMSG #pot" in ann.sees()[0]
    room_again(chat, log)
    assert [line.split(" ")[2] for line in ann.sees()] == ["JOIN", "TAGMSG"]


def test_who_goes_on_asking_for_what_waits_is_cut_off(monkeypatch):
    monkeypatch.setattr(held, "MOST_CHARACTERS", 1000)
    chat, log, _ = crowd()
    ann, bob = chat.irc("ann", join="#tea"), chat.irc("bob", join="#tea")
    without_room(chat, log, ann, "TOPIC #tea :oolong")
    bob.sends(*["TOPIC #tea"] * 9)
    assert bob.sees_nothing()
    bob.sends(*["TOPIC #tea"] * 9)
    (line,) = bob.sees()
    assert line.startswith("ERROR :Closing link: SendQ exceeded (")
    assert bob.closed
    assert sum(map(len, chat.hub.outbox._held.deliveries)) < 18
    room_again(chat, log)
    assert [line.split(" ")[1] for line in ann.sees()] == ["TOPIC", "QUIT"]
    chat.check()


def test_history_is_read_where_something_waits():
    chat, log, _ = crowd()
    ann = chat.irc("ann", join="#tea", caps="batch draft/chathistory")
    bob, dan = chat.plain("Bob", join="#tea"), chat.irc("dan")
    ann.sends("PRIVMSG #tea :hello")
    without_room(chat, log, dan, "JOIN #tea")
    assert "[#tea] ann: hello" in without_times(bob.asks("/history"))
    assert "[#tea] ann: hello" in without_times(bob.asks("/search hello"))
    assert any("hello" in line for line in ann.asks("CHATHISTORY LATEST #tea * 5"))
    assert bob.asks("/who") == []


def test_the_parts_of_a_long_answer_keep_their_order():
    """One of them shows what waits; what comes behind it does not."""
    chat, log, _ = crowd(limits__channels_per_client=1000)
    ann = chat.irc("ann", caps=LABELS)
    for at in range(0, 600, 50):
        ann.sends("JOIN " + ",".join(f"#c{number}" for number in range(at, at + 50)))
    dan = chat.irc("dan")
    without_room(chat, log, ann, "TOPIC #c300 :news")
    decides(ann, "@label=all LIST")
    chat.settle()
    assert ann.sees_nothing()
    room_again(chat, log)
    lines = ann.sees()
    assert "TOPIC #c300" in lines[0]
    listed = [line.split(" ")[4] for line in lines if " 322 " in line]
    assert len(listed) == 600
    assert listed == [f"#c{number}" for number in range(600)]
    assert " BATCH +" in lines[1]
    assert " BATCH -" in lines[-1]
    assert dan.sees_nothing()


def test_what_is_asked_when_there_is_room_again_comes_behind_what_waited():
    """Also when the I/O thread has not come to that yet."""
    chat, log, _ = crowd()
    ann = chat.irc("ann", join="#tea")
    without_room(chat, log, ann, "TOPIC #tea :oolong")
    log.full = False
    chat.hub.outbox.writer.write_once()
    decides(ann, "PING x", "TOPIC #tea")
    chat.settle()
    assert [line.split(" ")[1] for line in ann.sees()] == ["TOPIC", "PONG", "332", "333"]


# -- at any moment ---------------------------------------------------------------------------------

CAPS = "message-tags echo-message labeled-response batch"
TALK = st.tuples(st.sampled_from(["say", "ping", "again", "topic", "deliver"]), st.integers(0, 2))
ROOM = st.tuples(st.just("full"), st.booleans())
WRITE = st.tuples(st.just("write"), st.none())


class Talker:
    """Sends numbered messages, two of three with labels, and compares what it is told."""

    def __init__(self, chat, number):
        self.chat = chat
        self.name = f"w{number}"
        self.labels = number < 2
        self.client = chat.irc(self.name, join="#tea", caps=CAPS)
        self.asked = []

    def asks(self, line, what):
        self.asked.append(what)
        session = self.client.session
        self.chat.hub.receive(session, session.dialect.receive(f"{line}\r\n".encode()))

    def says(self, text):
        self.asks((f"@label=L{text} " if self.labels else "") + f"PRIVMSG #tea :{text}", text)

    def does(self, what):
        number = len(self.asked)
        said = [each for each in self.asked if each.startswith(self.name)]
        if what == "say":
            self.says(f"{self.name}-{number}")
        elif what == "ping":
            self.asks(f"PING p{number}", f"p{number}")
        elif what == "again" and self.labels and said:
            self.says(said[number % len(said)])
        elif what == "topic" and self.labels:
            self.asks(f"@label=topic TOPIC #tea :{number}", "topic")

    def check(self, kept):
        """Each thing was answered once, truly, and what has no label in its order."""
        told = [Told(line) for line in self.client.sees()]
        heard = [each.word for each in told if each.command == "PRIVMSG"]
        assert list(dict.fromkeys(heard)) == kept
        mine = [
            each
            for each in told
            if each.nick == self.name or each.command in ("PONG", "FAIL", "ACK")
        ]
        if not self.labels:
            assert [each.word if each.command != "FAIL" else "refused" for each in mine] == [
                what if what in kept or what[0] == "p" else "refused" for what in self.asked
            ]
        for text in {what for what in self.asked if self.labels and what.startswith(self.name)}:
            answers = [each.command for each in mine if each.label == f"L{text}"]
            assert len(answers) == self.asked.count(text)
            assert answers == sorted(answers)  # refused, then kept
            assert set(answers) <= {"FAIL", "PRIVMSG"}
            assert ("PRIVMSG" in answers) == (text in kept)


class Told:
    """A line as far as these tests look at it."""

    def __init__(self, line):
        tags, _, line = line.partition(" ") if line.startswith("@") else ("", "", line)
        self.label = tags.partition("label=")[2].partition(";")[0]
        source, self.command, *params = line.split(" ")
        self.nick = source[1:].partition("!")[0] if self.command == "PRIVMSG" else ""
        self.word = params[-1].lstrip(":") if params else ""


@given(st.data())
def test_at_any_moment_each_message_is_answered_once_and_truly(data):
    """The disk fills up and is emptied while people talk, also while the log is being asked, and
    while lines are on their way out."""
    chat, log, _ = crowd()
    talkers = [Talker(chat, number) for number in range(3)]
    chat.forget()
    writer, calls = chat.hub.outbox.writer, chat.thread.calls

    def do(step):
        what, which = step
        if what == "full":
            log.full = which
        elif what == "write":
            writer.write_once()
        elif what != "deliver":
            talkers[which].does(what)
        elif calls:
            function, arguments = calls.popleft()
            function(*arguments)

    def meanwhile():
        for step in data.draw(st.lists(TALK | ROOM, max_size=3)):
            do(step)

    log.meanwhile = meanwhile
    for step in data.draw(st.lists(TALK | TALK | ROOM | WRITE, max_size=14)):
        do(step)
    log.meanwhile = lambda: None
    room_again(chat, log)
    room_again(chat, log)
    kept = [entry.event.text for entry in log.entries if type(entry.event) is MessageSent]
    assert len(set(kept)) == len(kept)
    for talker in talkers:
        talker.check(kept)
    chat.check()
