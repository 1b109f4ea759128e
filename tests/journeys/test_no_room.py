"""A full disk: what was decided is stored in reserved room, or waits; nothing is sent that is not
stored, and every command gets a reply."""

import pytest
from harness import Chat, FullLog, without_times
from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.irc.dialect import IrcDialect
from hubbub.events.bursts import singles
from hubbub.events.kinds import FileUploaded, MessageSent


class Listening:
    """Hears of what is on disk."""

    def __init__(self, told):
        self.told = told

    def put(self, kept, kinds):
        self.told += singles(kept.entries)


def crowd(**settings):
    log = FullLog()
    chat = Chat(log, **settings)
    told = []
    chat.hub.listen(Listening(told))
    return chat, log, told


def decides(client, *lines):
    """Nothing is written yet."""
    for line in lines:
        session = client.session
        client.chat.hub.receive(session, session.dialect.receive(f"{line}\r\n".encode()))


def stuck(chat, log, client, *lines):
    """The disk takes nothing when these have been decided, and nobody has seen anything of it."""
    chat.forget()
    log.stuck = True
    decides(client, *lines)
    chat.settle()


# -- the room that was held back ------------------------------------------------------------------


def test_what_was_decided_in_the_moment_before_is_kept_and_changes_are_refused_from_then_on():
    chat, log, told = crowd()
    ann = chat.irc("ann", join="#tea", caps="echo-message")
    bob = chat.irc("bob")
    told.clear()
    chat.forget()
    log.full = True
    decides(bob, "JOIN #tea")
    decides(ann, "PRIVMSG #tea :hello")
    chat.settle()
    assert bob.sees()[0] == ":bob!~bob@127.0.0.1 JOIN #tea"
    assert ann.sees() == [
        ":bob!~bob@127.0.0.1 JOIN #tea",
        ":ann!~ann@127.0.0.1 PRIVMSG #tea :hello",
    ]
    assert [type(entry.event).__name__ for entry in told] == ["Joined", "MessageSent"]
    kept = len(log.entries)
    assert "LOG_FULL" in bob.asks("JOIN #pot")[0]
    assert "LOG_FULL" in bob.asks("PART #tea")[0]
    assert "LOG_FULL" in ann.asks("PRIVMSG #tea :hello")[0]
    assert len(log.entries) == kept
    chat.has_room()
    ann.sends("PRIVMSG #tea :hello again")
    assert bob.sees()[-1] == ":ann!~ann@127.0.0.1 PRIVMSG #tea :hello again"
    chat.check()


def test_while_changes_are_refused_all_questions_are_answered():
    chat, log, _ = crowd()
    ann = chat.irc("ann", join="#tea", caps="batch draft/chathistory")
    ann.sends("PRIVMSG #tea :hello")
    log.full = True
    ann.sends("TOPIC #tea :the last thing before")
    assert ann.asks("TOPIC #tea")[0] == ":hubbub.local 332 ann #tea :the last thing before"
    assert ann.asks("NAMES #tea")[0] == ":hubbub.local 353 ann = #tea @ann"
    assert ann.asks("PING x") == [":hubbub.local PONG hubbub.local x"]
    assert any("hello" in line for line in ann.asks("CHATHISTORY LATEST #tea * 5"))


def test_people_leave_whether_there_is_room_or_not():
    chat, log, _ = crowd()
    ann = chat.irc("ann", join="#tea")
    others = [chat.irc(name, join="#tea") for name in ("bob", "cid", "dan")]
    chat.forget()
    log.full = True
    ann.sends("TOPIC #tea :the last thing before")
    for other in others:
        other.drops()
    lines = ann.sees()
    assert [line.split(" ")[1] for line in lines] == ["TOPIC", "QUIT", "QUIT", "QUIT"]
    assert [line[1:4] for line in lines] == ["ann", "bob", "cid", "dan"]
    chat.has_room()
    assert ann.sees_nothing()
    chat.check()


def test_nobody_comes_in_before_there_is_room():
    chat, log, _ = crowd()
    log.full = True
    chat.irc("ann", join="#tea")
    eve = chat.connects(IrcDialect())
    assert "LOG_FULL" in eve.asks("NICK eve", "USER eve 0 * :Eve")[0]
    chat.has_room()
    assert any(" 001 eve " in line for line in eve.asks("NICK eve"))
    chat.check()


# -- not even what was decided can be written -----------------------------------------------------


def test_what_was_decided_waits_and_all_others_are_answered_at_once():
    chat, log, told = crowd()
    ann = chat.irc("ann", join="#tea", caps="echo-message")
    bob, dan = chat.irc("bob", join="#tea"), chat.irc("dan", join="#tea")
    kept = len(log.entries)
    told.clear()
    stuck(chat, log, ann, "TOPIC #tea :oolong", "PRIVMSG #tea :hello")
    assert ann.sees_nothing()
    assert bob.sees_nothing()
    assert told == []
    for question in ("TOPIC #tea", "NAMES #tea", "WHO #tea", "LIST", "MODE #tea", "NICK bobby"):
        (line,) = bob.asks(question)
        assert " LOG_FULL " in line
    assert bob.asks("PING x") == [":hubbub.local PONG hubbub.local x"]
    dan.drops()
    assert ann.sees_nothing()
    assert len(log.entries) == kept
    chat.has_room()
    lines = ann.sees()
    assert [line.split(" ")[1] for line in lines] == ["TOPIC", "PRIVMSG", "QUIT"]
    assert [line.split(" ")[1] for line in bob.sees()] == ["TOPIC", "PRIVMSG", "QUIT"]
    assert len(log.entries) == kept + 3
    chat.check()


def test_whoever_asked_for_what_waits_goes_on_behind_it():
    """So all that they are told keeps its order."""
    chat, log, _ = crowd()
    ann = chat.irc("ann", join="#tea", caps="echo-message")
    stuck(chat, log, ann, "PRIVMSG #tea :one", "PING a")
    ann.sends("PRIVMSG #tea :two", "PING b")
    assert ann.sees_nothing()
    chat.has_room()
    assert [line.split(" ")[-1] for line in ann.sees()] == [":one", "a", ":two", "b"]
    chat.check()


def test_what_was_asked_before_it_was_known_and_shows_nothing_does_not_wait():
    chat, log, _ = crowd()
    ann, bob = chat.irc("ann", join="#tea"), chat.irc("bob")
    chat.forget()
    log.stuck = True
    decides(ann, "TOPIC #tea :oolong")
    decides(bob, "PING x")
    chat.settle()
    assert bob.sees() == [":hubbub.local PONG hubbub.local x"]
    assert ann.sees_nothing()


def test_history_is_read_where_something_waits():
    chat, log, _ = crowd()
    ann = chat.irc("ann", join="#tea", caps="batch draft/chathistory")
    bob, dan = chat.plain("Bob", join="#tea"), chat.irc("dan")
    ann.sends("PRIVMSG #tea :hello")
    stuck(chat, log, dan, "JOIN #tea")
    assert "[#tea] ann: hello" in without_times(bob.asks("/history"))
    assert "[#tea] ann: hello" in without_times(bob.asks("/search hello"))
    assert any("hello" in line for line in ann.asks("CHATHISTORY LATEST #tea * 5"))
    (line,) = bob.asks("/who")
    assert "disk is full" in line


def test_slow_work_goes_on_when_what_it_is_about_is_on_disk():
    """A list of very many is told in parts; between them the disk gets stuck."""
    chat, log, _ = crowd(limits__channels_per_client=1000)
    ann, bob = chat.irc("ann", caps="labeled-response batch"), chat.irc("bob")
    for at in range(0, 600, 50):
        ann.sends("JOIN " + ",".join(f"#c{number}" for number in range(at, at + 50)))
    chat.forget()
    decides(ann, "@label=all LIST")
    log.stuck = True
    decides(bob, "JOIN #tea")
    chat.settle()
    assert not any(" BATCH -" in line for line in ann.sees())
    chat.has_room()
    assert " BATCH -" in ann.sees()[-1]


@pytest.mark.parametrize("join", ["", "#tea"])
def test_a_connection_ends_whatever_waits(join):
    chat, log, _ = crowd()
    ann, bob = chat.irc("ann", join="#tea"), chat.irc("bob", join=join)
    stuck(chat, log, ann, "TOPIC #tea :oolong")
    assert bob.asks("QUIT :bye")[-1].startswith("ERROR :")
    assert bob.closed
    chat.has_room()
    assert [line.split(" ")[1] for line in ann.sees()] == ["TOPIC", "QUIT"][: 1 + bool(join)]
    chat.check()


def test_a_message_sent_again_is_no_second_copy_when_the_first_one_waited():
    chat, log, _ = crowd()
    caps = "message-tags labeled-response batch echo-message"
    ann = chat.irc("ann", join="#tea", caps=caps)
    stuck(chat, log, ann, "@label=once PRIVMSG #tea :hello")
    ann.sends("@label=once PRIVMSG #tea :hello")
    chat.has_room()
    first, second = ann.sees()
    assert first.partition("msgid=")[2] == second.partition("msgid=")[2]
    assert [each.event.text for each in log.entries if type(each.event) is MessageSent] == ["hello"]


def test_a_file_comes_and_goes_with_its_message():
    chat, log, _ = crowd()
    ann = chat.irc("ann", join="#tea", caps="message-tags echo-message draft/message-redaction")
    user, id = ann.session.user, "1" * 32
    uploaded = FileUploaded(id, "cat.png", "image/png", 9, None, user.id, "127.0.0.1")
    with chat.hub.lock:
        chat.hub.recorder.record_all_locked([uploaded])
    chat.settle()
    link = f"http://chat.example/files/{id}/cat.png"
    stuck(chat, log, ann, f"PRIVMSG #tea :{link}")
    assert ann.sees_nothing()
    chat.has_room()
    (line,) = ann.sees()
    assert line.endswith(f"PRIVMSG #tea :{link}")
    name = line.partition("msgid=")[2].partition(";")[0].partition(" ")[0]
    stuck(chat, log, ann, f"REDACT #tea {name}")
    assert ann.sees_nothing()
    chat.has_room()
    assert " REDACT #tea " in ann.sees()[0]
    assert not chat.network.files.by_id
    chat.check()


# -- at any moment ---------------------------------------------------------------------------------

CAPS = "message-tags echo-message labeled-response batch"
TALK = st.tuples(st.sampled_from(["say", "ping", "again", "topic", "deliver"]), st.integers(0, 2))
ROOM = st.tuples(st.sampled_from(["full", "stuck"]), st.booleans())
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
        if what in ("full", "stuck"):
            setattr(log, what, which)
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
    chat.has_room()
    kept = [entry.event.text for entry in log.entries if type(entry.event) is MessageSent]
    assert len(set(kept)) == len(kept)
    for talker in talkers:
        talker.check(kept)
    chat.check()


# -- the last room is for accounts ----------------------------------------------------------------


def test_on_a_disk_that_is_nearly_full_guests_are_refused_first(monkeypatch):
    chat, log, _ = crowd(limits__kept_back=1000)
    ann, bob = chat.irc("ann", join="#tea", caps="echo-message"), chat.irc("bob", join="#tea")
    ann.sends("PRIVMSG NickServ :REGISTER correct-horse")
    monkeypatch.setattr(log, "free_space", lambda: 999, raising=False)
    ann.sends("PRIVMSG #tea :the last that all may say")
    chat.forget()
    for line in ("PRIVMSG #tea :hello", "AWAY :tea", "NICK bobby"):
        assert "FAIL * LOG_FULL" in bob.asks(line)[-1]
    assert bob.asks("PING 1") == [":hubbub.local PONG hubbub.local 1"]
    assert ann.asks("PRIVMSG #tea :hello") == [":ann!~ann@127.0.0.1 PRIVMSG #tea :hello"]
    assert "hello" in bob.sees()[-1]
    stranger = chat.connects(IrcDialect())
    assert "LOG_FULL" in " ".join(stranger.asks("NICK eve", "USER eve 0 * :x"))
    bob.sends("PRIVMSG NickServ :IDENTIFY ann correct-horse", "PRIVMSG #tea :as ann")
    assert "as ann" in ann.sees()[-1]
    monkeypatch.setattr(log, "free_space", lambda: 1000)
    stranger.sends("NICK eve")  # refused for the last time: the writer looks again
    assert " 001 eve" in stranger.asks("NICK eve")[0]
    chat.check()
