"""After a reconnect a client gets exactly the messages it missed, by its last msgid."""

import re

from harness import Chat
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.log.sqlite import SqliteLog

CAPS = "batch server-time message-tags echo-message draft/chathistory"
_SAID = re.compile(r"@\S*msgid=([^ ;]+)\S* :(\S+)!\S+ PRIVMSG #tea :(.+)$")


class Reader:
    """Notes every message that it sees; pages through what it missed."""

    def __init__(self, chat, page):
        self.chat = chat
        self.page = page
        self.seen = []  # msgid, text
        self.client = None

    def comes(self):
        self.client = self.chat.connects_irc()
        live = self.reads(self.client.asks("JOIN #tea"))
        if self.seen:
            while found := self.reads(
                self.client.asks(f"CHATHISTORY AFTER #tea msgid={self.seen[-1][0]} {self.page}")
            ):
                self.seen += found
        else:
            self.seen += live

    def reads(self, lines):
        found = [match.groups() for line in lines if (match := _SAID.search(line))]
        return [(name, text) for name, _, text in found]

    def hears(self):
        if self.client is not None:
            self.seen += [each for each in self.reads(self.client.sees()) if each not in self.seen]

    def drops(self):
        self.hears()
        if self.client is not None:
            self.client.drops()
        self.client = None


class Room(Chat):
    number = 0

    def connects_irc(self):
        self.number += 1
        return self.irc(f"reader{self.number}", caps=CAPS)


_step = st.one_of(
    st.tuples(st.just("say"), st.integers(1, 7)),
    st.sampled_from([("drop", 0), ("come", 0), ("restart", 0)]),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(_step, max_size=25), st.integers(1, 5))
def test_nothing_is_missing_and_nothing_is_there_twice(tmp_path_factory, steps, page):
    path = tmp_path_factory.mktemp("data") / "chat.db"
    log = SqliteLog(path, durable=False)
    chat = Room(log, limits__flood_burst=0)
    ann = chat.irc("ann", join="#tea")
    reader, said = Reader(chat, page), []
    reader.comes()
    for what, count in [*steps, ("come", 0)]:
        if what == "say":
            for _ in range(count):
                said.append(f"text {len(said)}")
                ann.sends(f"PRIVMSG #tea :{said[-1]}")
        elif what == "restart":  # the machine lost its power: nobody says goodbye
            reader.hears()
            log.close()
            log = SqliteLog(path, durable=False)
            now, number = chat.now, chat.number
            chat = reader.chat = Room(log, limits__flood_burst=0)
            chat.now, chat.number = now, number
            ann = chat.irc("ann", join="#tea")
            reader.client = None
        elif what == "drop":
            reader.drops()
        elif reader.client is None:
            reader.comes()
        reader.hears()
    if reader.client is None:
        reader.comes()
    texts = [text for _, text in reader.seen]
    first = said.index(texts[0]) if texts else len(said)
    assert texts == said[first:]
    names = [name for name, _ in reader.seen]
    assert names == sorted(set(names))
    chat.check()
    log.close()
