"""A disk that is full and has room again at any moment, with two I/O threads: everything sent to
clients is on disk. bench/flicker.py does the same with a real server."""

from flicker import Kept
from harness import Chat, Client, FullLog
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.dialects.irc.dialect import IrcDialect
from hubbub.events.kinds import MessageSent
from hubbub.events.msgid import position_of

CAPS = "message-tags echo-message labeled-response batch"
LINES = (
    "PRIVMSG #tea :{0}", "@label={0} PRIVMSG #tea,#pot :{0}", "@label={0} TOPIC #tea :{0}",
    "TOPIC #pot :{0}", "JOIN #tea", "@label={0} JOIN #pot", "PART #tea", "PART #pot :{0}",
    "@label={0} NICK n{0}", "NAMES #tea", "WHO #tea %n", "WHOIS ann", "TOPIC #tea", "LIST",
    "USERHOST ann bob cid", "MONITOR + ann,bob,cid", "MONITOR S", "AWAY :{0}", "LUSERS",
    "@+typing=active TAGMSG #tea", "PING {0}",
)  # fmt: skip
DEEDS = st.tuples(st.sampled_from(LINES), st.integers(0, 3))
ROOM = st.tuples(st.sampled_from(["full", "stuck", "room"]), st.just(0))
TURNS = st.tuples(st.sampled_from(["write", "turn", "come", "drop"]), st.integers(0, 3))


class Truthful:
    """Looks at every line that a client is told, when it is told."""

    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        self._kept = Kept(())

    def watch(self, client: Client) -> None:
        receive = client.receive

        def look(data: bytes) -> None:
            for line in data.decode().splitlines():
                assert self.is_true(line), line
            receive(data)

        client.session.divert(look)

    def is_true(self, line: str) -> bool:
        """As far as the log tells it."""
        entries = self.chat.log.entries
        if len(entries) != len(self._kept.entries):
            self._kept = Kept(entries)
        tags, _, rest = line.partition(" ") if line[0] == "@" else ("", "", line)
        _, command, *words = rest.split(" ")
        name = tags.partition("msgid=")[2].partition(";")[0]
        if name and command != "TAGMSG":
            return position_of(name, self.chat.log.id) in self._kept.entries
        if not command.isdigit() or words[0] == "*" or command in ("451", "433"):
            return True
        return words[0] in self._kept.nicks and self._is_shown_truly(command, words[1:])

    def _is_shown_truly(self, command: str, words: list[str]) -> bool:
        kept = self._kept
        if command in ("332", "322"):
            return words[-1].lstrip(":") in kept.topics | {""}
        if command == "353":
            nicks = {nick.lstrip(":@") for nick in words[2:]} - {""}
            return {(words[1], nick) for nick in nicks} <= kept.members
        if command == "352":
            return words[0] == "*" or (words[0], words[4]) in kept.members
        if command in ("354", "303"):
            return {word.lstrip(":") for word in words} - {""} <= kept.nicks
        return True


@settings(max_examples=200)
@given(st.data())
def test_nobody_is_told_what_is_not_on_the_disk(data):
    log = FullLog()
    chat = Chat(log, threads=2)
    truthful, number = Truthful(chat), 0
    for name in ("ann", "bob", "cid", "dan"):
        truthful.watch(chat.irc(name, join="#tea,#pot", caps=CAPS))
    chat.forget()

    def do(step):
        nonlocal number
        what, which = step
        number += 1
        thread, client = chat.threads[which % 2], chat.clients[-4:][which]
        session = client.session
        if what in ("full", "stuck", "room"):
            log.full, log.stuck = what == "full", what == "stuck"
        elif what == "write":
            chat.hub.outbox.writer.write_once()
        elif what == "turn":
            if thread.calls:
                function, arguments = thread.calls.popleft()
                function(*arguments)
        elif what == "drop":
            chat.hub.registry.disconnect(session, "gone")
        elif what == "come":
            comer = chat.connects(IrcDialect())
            truthful.watch(comer)
            hello = f"CAP REQ :{CAPS}\r\nNICK c{number}\r\nUSER u 0 * :x\r\nCAP END\r\n"
            chat.hub.receive(comer.session, comer.session.dialect.receive(hello.encode()))
        elif not session.closing:
            line = what.format(number) + "\r\n"
            chat.hub.receive(session, session.dialect.receive(line.encode()))

    def meanwhile():
        for step in data.draw(st.lists(DEEDS | ROOM, max_size=2)):
            do(step)

    log.meanwhile = meanwhile
    for step in data.draw(st.lists(DEEDS | DEEDS | TURNS | ROOM, max_size=20)):
        do(step)
    log.meanwhile = lambda: None
    chat.has_room()
    said = [entry.event.text for entry in log.entries if type(entry.event) is MessageSent]
    assert said == sorted(said, key=int)
    chat.check()
