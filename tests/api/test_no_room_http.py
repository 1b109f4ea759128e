"""A disk that takes nothing: HTTP responses show nothing that is not on disk."""

import threading

from asking_http import Person
from harness import FullLog
from running_server import PATIENCE
from server_here import running

from hubbub.events.kinds import NickChanged


class StuckLog(FullLog):
    """Says when something was tried again, so that everybody knows by then."""

    def __init__(self):
        super().__init__()
        self.tried = 0
        self.tried_again = threading.Event()

    def append(self, entries):
        self.tried += self.stuck
        if self.tried > 1:
            self.tried_again.set()
        super().append(entries)


def test_nothing_is_shown_that_is_not_on_disk_and_what_was_said_is_read(tmp_path):
    log = StuckLog()
    with running(tmp_path, log=log) as server:
        ann, bob = Person(server, "ann", join="#tea"), Person(server, "bob", join="#tea")
        ann.sends("PRIVMSG #tea :hello", "PING said")
        ann.until("PONG")
        log.stuck = True
        ann.sends("NICK anna")
        assert log.tried_again.wait(PATIENCE)
        for person in (ann, bob):
            answer = person.asks("GET", "/api/me")
            assert (answer.status, answer.code) == (507, "LOG_FULL")
            history = person.gets("/api/history?target=%23tea")
            assert [each["text"] for each in history["messages"]] == ["hello"]
        log.stuck = False
        ann.until(" NICK ")
        assert ann.gets("/api/me")["nick"] == "anna"
        assert [entry for entry in log.entries if type(entry.event) is NickChanged]
        ann.close()
        bob.close()
