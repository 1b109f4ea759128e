"""The writer thread."""

import threading

from running_server import PATIENCE

from hubbub.events.kinds import Entry, SecretMade
from hubbub.log.memory import MemoryLog
from hubbub.log.writer import Writer


class Buggy:
    """An owner that fails when the log has its batch."""

    def __init__(self):
        self.entries = [Entry(1, 1, SecretMade("x"))]
        self.reason = ""
        self.failed = threading.Event()

    def take_batch(self):
        return self

    def batch_kept(self, batch):
        raise ZeroDivisionError("a bug")

    def log_failed(self, reason):
        self.reason = reason
        self.failed.set()


def test_a_bug_behind_the_log_is_said_and_nobody_waits_for_ever():
    owner = Buggy()
    writer = Writer(MemoryLog(), owner)
    writer.start()
    writer.wake()
    assert owner.failed.wait(PATIENCE)
    assert owner.reason == "ZeroDivisionError: a bug"
    writer.stop()
