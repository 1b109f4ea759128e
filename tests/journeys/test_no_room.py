"""A disk without room: nobody is told what is not on it, and everybody is answered."""

from harness import Chat

from hubbub.log.base import LogFull
from hubbub.log.memory import MemoryLog


class FullLog(MemoryLog):
    full = False

    def append(self, entries):
        if self.full:
            raise LogFull("no space left")
        super().append(entries)

    def probe(self):
        self.append([])


def crowd():
    log = FullLog()
    chat = Chat(log)
    told = []
    chat.hub.outbox._on_batch = lambda batch: told.extend(batch.entries)
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
