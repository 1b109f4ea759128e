"""Flood control: a burst of commands, then a fixed rate, and none is lost."""

from harness import Chat

from hubbub.connections.chat_connection import ChatConnection
from hubbub.dialects.irc.dialect import IrcDialect
from hubbub.dialects.plain.dialect import PlainDialect
from hubbub.events.kinds import MessageSent
from hubbub.peer import Peer


class Loop:
    """Its time passes when a test says so."""

    def __init__(self):
        self.now = 0.0
        self.calls = []

    def time(self):
        return self.now

    def call_later(self, delay, function):
        self.calls.append((self.now + delay, function))

    def pass_(self, seconds):
        self.now += seconds
        due = [call for call in self.calls if call[0] <= self.now]
        self.calls = [call for call in self.calls if call not in due]
        for _, function in due:
            function()


class Transport:
    def __init__(self):
        self.written = b""
        self.reading = True

    def write(self, data):
        self.written += data

    def pause_reading(self):
        self.reading = False

    def resume_reading(self):
        self.reading = True

    def set_write_buffer_limits(self, high):
        pass

    def is_closing(self):
        return False

    def close(self):
        pass


def connected(dialect, burst=5):
    chat = Chat(limits__flood_burst=burst, limits__flood_rate=2.0)
    chat.thread.loop, chat.thread.connections, chat.transport = Loop(), set(), Transport()
    connection = ChatConnection(chat.hub, chat.thread, Peer("127.0.0.1", 1), dialect)
    connection.connection_made(chat.transport)
    return chat, connection, chat.thread.loop


def pings(connection, *numbers):
    connection.data_received(b"".join(b"PING %d\r\n" % number for number in numbers))


def pongs(chat):
    chat.settle()
    lines = chat.transport.written.decode().split("\r\n")
    return [int(line.rpartition(" ")[2].strip(":")) for line in lines if " PONG " in line]


def test_beyond_the_burst_commands_come_at_the_rate_in_order():
    chat, connection, loop = connected(IrcDialect())
    pings(connection, 1, 2, 3)
    assert pongs(chat) == [1, 2, 3]
    pings(connection, 4, 5, 6, 7)
    assert pongs(chat) == [1, 2, 3, 4, 5]
    assert not chat.transport.reading
    pings(connection, 8)  # what had been read before reading was paused
    for last in (6, 7, 8):
        loop.pass_(0.5)
        assert pongs(chat) == list(range(1, last + 1))
    loop.pass_(0.5)
    assert chat.transport.reading


def test_the_burst_comes_back_with_time_and_grows_no_further():
    chat, connection, loop = connected(IrcDialect())
    loop.pass_(1000)
    pings(connection, *range(8))
    assert pongs(chat) == [0, 1, 2, 3, 4]
    for _ in range(4):
        loop.pass_(0.5)
    assert pongs(chat) == list(range(8))
    loop.pass_(1.5)
    pings(connection, 8, 9, 10)
    assert pongs(chat) == list(range(11))
    assert chat.transport.reading


def test_the_last_command_of_the_burst_pauses_reading():
    chat, connection, loop = connected(IrcDialect())
    pings(connection, *range(5))
    assert pongs(chat) == [0, 1, 2, 3, 4]
    assert not chat.transport.reading
    loop.pass_(0.5)
    assert chat.transport.reading


def texts(chat):
    chat.settle()
    events = [entry.event for entry in chat.log.read()]
    return [event.text for event in events if isinstance(event, MessageSent)]


def test_the_lines_of_people_are_counted_too():
    chat, connection, loop = connected(PlainDialect())
    connection.data_received(b"ann\none\ntwo\nthree\nfour\nfive\n")  # a name is two commands
    assert texts(chat) == ["one", "two", "three"]
    loop.pass_(0.5)
    assert texts(chat) == ["one", "two", "three", "four"]


def signs(chat):
    return chat.transport.written.decode().count(" PING :")


def test_a_client_that_is_held_back_is_alive_and_is_told_so():
    chat, connection, loop = connected(IrcDialect())
    connection.data_received(b"NICK ann\r\nUSER ann 0 * :Ann\r\n")
    pings(connection, *range(400))
    for _ in range(150):  # longer than any silence that the limits allow
        loop.pass_(1)
        connection.check(loop.now)
    assert connection.session.id in chat.hub.context.sessions
    assert 30 <= signs(chat) <= 40
    loop.pass_(60)
    for _ in range(60):
        loop.pass_(1)
        connection.check(loop.now)
    assert chat.transport.reading


def multiline(count, text="a line that somebody has pasted"):
    lines = [f"@batch=b PRIVMSG #tea :{text} {number}\r\n" for number in range(count)]
    return f"BATCH +b draft/multiline #tea\r\n{''.join(lines)}BATCH -b\r\n".encode()


def joined(burst=20):
    chat, connection, loop = connected(IrcDialect(), burst)
    connection.data_received(
        b"CAP REQ :draft/multiline batch\r\nNICK ann\r\nUSER ann 0 * :Ann\r\nCAP END\r\n"
        b"JOIN #tea\r\n"
    )
    loop.pass_(60)
    return chat, connection, loop


def test_a_pasted_text_is_paid_for_as_one_message():
    chat, connection, _ = joined()
    pasted = multiline(150)
    for line in pasted.splitlines(keepends=True):  # a frame of WebSocket each
        connection.data_received(line)
    assert [text.count("\n") for text in texts(chat)] == [149]
    pings(connection, 1)
    assert pongs(chat) == [1]


def test_long_lines_of_a_multiline_message_cost_by_their_bytes():
    chat, connection, loop = joined()
    connection.data_received(multiline(40, "x" * 380) + b"PING 1\r\n")
    connection.data_received(multiline(40, "x" * 380) + b"PING 2\r\n")
    assert pongs(chat) == [1]
    loop.pass_(60)
    assert pongs(chat) == [1, 2]
    assert len(texts(chat)) == 2


def test_lines_of_no_open_batch_cost_as_commands():
    chat, connection, loop = joined()
    connection.data_received(b"@batch=b PRIVMSG #tea :free?\r\n" * 30 + b"PING 1\r\n")
    assert pongs(chat) == []
    connection.data_received(b"BATCH +b draft/multiline #tea\r\n" + b"@batch=b PING 2\r\n" * 30)
    loop.pass_(6)
    assert pongs(chat) == [1]
