"""A batch closes with the turn of the I/O thread that opened it."""

import threading

from harness import Chat, FakeThread
from running_server import eventually

from hubbub.connections.io_thread import IoThread


class Turn(FakeThread):
    """An I/O thread whose turns begin and end when the test says so."""

    def __init__(self, index=0):
        super().__init__(index)
        self.ends = None  # no turn: another thread is running

    def at_end_of_turn(self, function):
        if self.ends is None:
            return False
        self.ends.append(function)
        return True

    def begins(self):
        self.ends = []

    def finishes(self):
        ends, self.ends = self.ends, None
        for end in ends:
            end()


def talking():
    chat = Chat()
    people = [chat.irc(nick, join="#tea") for nick in ("ann", "bob")]
    turns = [Turn(0)]
    chat.hub.outbox.use(turns)
    return chat, people, turns[0]


def says(client, text):
    """As `sends`, but the rest of the turn follows."""
    line = f"PRIVMSG #tea :{text}\r\n".encode()
    client.chat.hub.receive(client.session, client.session.dialect.receive(line))


def test_what_is_read_in_one_turn_is_one_batch():
    chat, (ann, bob), turn = talking()
    writer = chat.hub.outbox.writer
    turn.begins()
    says(ann, "one")
    says(bob, "two")
    assert not writer.asked
    turn.finishes()
    assert writer.asked
    assert len(chat.hub.outbox.batch.entries) == 2


def test_what_another_thread_adds_to_an_open_batch_goes_with_it():
    chat, (ann, _), turn = talking()
    turn.begins()
    says(ann, "one")
    ends, turn.ends = turn.ends, None
    chat.hub.outbox.remark_locked(chat.now, "somebody knocked")
    assert not chat.hub.outbox.writer.asked
    turn.ends = ends
    turn.finishes()
    assert chat.hub.outbox.writer.asked


def test_outside_of_a_turn_the_writer_is_woken_at_once():
    chat, (ann, _), _ = talking()
    says(ann, "one")
    assert chat.hub.outbox.writer.asked


def test_the_end_of_a_turn_comes_after_everything_that_was_read():
    thread, order, go_on = IoThread(0), [], threading.Event()
    thread.start()

    def reads(number):
        order.append(number)
        assert thread.at_end_of_turn(lambda: order.append(f"end {number}"))

    thread.call(go_on.wait)
    for number in (1, 2, 3):
        thread.call(reads, number)
    assert not thread.at_end_of_turn(order.clear), "this is another thread"
    go_on.set()
    eventually(lambda: len(order) == 6)
    assert order == [1, 2, 3, "end 1", "end 2", "end 3"]
    thread.stop(0)
