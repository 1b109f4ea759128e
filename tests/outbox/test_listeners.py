"""Listeners hear of every batch, in order, and delay nobody."""

import threading

from entries import entries, said
from harness import Chat
from running_server import PATIENCE

from hubbub.events.bursts import singles
from hubbub.events.kinds import Joined, MessageSent
from hubbub.log.base import Kept
from hubbub.outbox.listeners import BatchListener, BatchListeners


class Slow:
    """Takes what it hears when the test says so."""

    def __init__(self, **how):
        self.heard = []
        self.may = threading.Semaphore(0)
        self.began = threading.Semaphore(0)
        self.listener = BatchListener("slow", self.hear, **how)
        self.listeners = BatchListeners()
        self.listeners.add(self.listener)
        self.listeners.start()

    def hear(self, kept):
        self.began.release()
        assert self.may.acquire(timeout=PATIENCE)
        self.heard.append(kept)

    def ends(self):
        self.listeners.close()
        for _ in range(1000):
            self.may.release()
        assert not self.listeners.wait(PATIENCE)
        return self.heard


def batch(*texts):
    return Kept(entries(*(said("ann", "#tea", text) for text in texts)))


def texts(heard):
    return [[entry.event.text for entry in kept.entries] for kept in heard]


def test_batches_come_in_order_and_all_of_them_before_the_end():
    slow = Slow()
    for number in range(100):
        slow.listeners.tell(batch(str(number)))
    assert texts(slow.ends()) == [[str(number)] for number in range(100)]


def test_with_a_full_queue_the_next_that_is_heard_says_how_much_was_left_out():
    slow = Slow(most=3)
    slow.listeners.tell(batch("in work"))
    assert slow.began.acquire(timeout=PATIENCE)
    for some in (["1", "2"], ["3", "4"], ["5"], ["6"]):  # none of these waits for anybody
        slow.listeners.tell(batch(*some))
    for _ in range(3):
        slow.may.release()
    for _ in range(3):  # the last is what says that something was left out
        assert slow.began.acquire(timeout=PATIENCE)
    slow.listeners.tell(batch("7"))
    heard = slow.ends()
    assert texts(heard) == [["in work"], ["1", "2"], ["5"], [], ["7"]]
    assert [kept.missed for kept in heard] == [0, 0, 2, 1, 0]
    assert slow.listener.left_out == 3


def test_a_batch_that_is_longer_than_the_queue_is_taken_alone():
    slow = Slow(most=2)
    slow.listeners.tell(batch("1", "2", "3"))
    assert texts(slow.ends()) == [["1", "2", "3"]]


def test_only_what_is_wanted_wakes_anybody():
    wanted = []
    slow = Slow(kinds=frozenset({MessageSent}), when=lambda: bool(wanted))
    slow.may.release(1000)
    slow.listeners.tell(batch("nobody asked"))
    wanted.append("yes")
    join = Joined(1, "ann!a@h", None, "#tea", "")
    slow.listeners.tell(Kept(entries(join)))
    slow.listeners.tell(Kept((), [(0, "a remark")]))
    slow.listeners.tell(Kept(entries(join, said("ann", "#tea", "hello")), [(0, "a remark")]))
    (kept,) = slow.ends()
    assert [type(entry.event) for entry in kept.entries] == [MessageSent]
    assert kept.remarks == ()


def test_a_bug_in_one_is_logged_and_the_next_is_heard(caplog):
    heard = []

    def hear(kept):
        heard.append(kept)
        raise KeyError("a bug")

    listener = BatchListener("buggy", hear)
    listener.start()
    for text in ("1", "2"):
        listener.put(batch(text), frozenset({MessageSent}))
    listener.close()
    assert listener.wait(PATIENCE)
    assert texts(heard) == [["1"], ["2"]]
    assert "buggy" in caplog.text


def test_lines_leave_before_anybody_listens():
    """And what is not told to anybody is not heard of."""
    chat = Chat()
    order = []

    class Told:
        def put(self, kept, kinds):
            entries = singles(kept.entries) if kinds == {MessageSent} else ()
            order.extend(entry.event.text for entry in entries)
            order.append(len(chat.threads[0].calls) > 0)

    ann = chat.irc("ann", join="#tea")
    chat.irc("bob", join="#tea")
    chat.hub.listen(Told())
    ann.sends("PRIVMSG #tea :hello")
    assert order == ["hello", True]
