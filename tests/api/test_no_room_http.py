"""A full disk: HTTP responses show nothing that is not on disk."""

import threading
from concurrent.futures import ThreadPoolExecutor

from asking_http import Person
from harness import FullLog
from running_server import PATIENCE
from server_here import running

from hubbub.events.kinds import NickChanged
from hubbub.http import questions


class Waiting:
    """Set when the hub holds back an answer to a question by HTTP."""

    def __init__(self, hub):
        self.held = threading.Event()
        outbox, batch_kept = hub.outbox, hub.outbox.batch_kept

        def kept(batch):
            batch_kept(batch)
            waits = [each for lines in outbox._held.deliveries for each in lines]
            if any(getattr(each, "session", None) and not each.session.id for each in waits):
                self.held.set()

        outbox.batch_kept = kept


def test_an_answer_waits_for_what_it_shows_and_what_was_said_is_read_at_once(tmp_path):
    log = FullLog()
    with running(tmp_path, log=log) as server, ThreadPoolExecutor(1) as pool:
        waiting = Waiting(server.hub)
        ann = Person(server, "ann", join="#tea")
        ann.sends("PRIVMSG #tea :hello", "PING said")
        ann.until("PONG")
        log.full = True
        ann.sends("NICK anna", "PING asked")
        ann.until("PONG")
        question = pool.submit(ann.gets, "/api/me")
        assert waiting.held.wait(PATIENCE)
        assert not question.done()
        history = ann.gets("/api/history?target=%23tea")
        assert [each["text"] for each in history["messages"]] == ["hello"]
        assert not [entry for entry in log.entries if type(entry.event) is NickChanged]
        log.full = False
        assert question.result(PATIENCE)["nick"] == "anna"
        assert [entry for entry in log.entries if type(entry.event) is NickChanged]
        ann.close()


def test_who_waited_for_too_long_is_told_why(tmp_path, monkeypatch):
    monkeypatch.setattr(questions, "ANSWER_SECONDS", 0.2)
    log = FullLog()
    with running(tmp_path, log=log) as server:
        ann = Person(server, "ann")
        log.full = True
        ann.sends("NICK anna", "PING asked")
        ann.until("PONG")
        answer = ann.asks("GET", "/api/me")
        assert (answer.status, answer.code) == (507, "LOG_FULL")
        log.full = False
        ann.close()
