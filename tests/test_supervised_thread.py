"""A thread that fails goes on, and it is told: each kind of thread of the server, broken once."""

import asyncio
import logging
import sqlite3
import threading
from types import SimpleNamespace

import pytest
from entries import entries, said
from harness import Chat
from running_server import eventually

from hubbub import supervised_thread
from hubbub.connections.io_thread import IoThread
from hubbub.console import Console
from hubbub.files.upload_service import UploadService
from hubbub.http.routes import health
from hubbub.log.base import Kept
from hubbub.log.index import Index
from hubbub.log.ranges import Range
from hubbub.log.search import parse
from hubbub.log.sqlite import SqliteLog
from hubbub.outbox.listeners import BatchListener
from hubbub.push.pusher import Pusher
from hubbub.supervised_thread import SupervisedThread, troubles
from hubbub.work import Work
from hubbub.workers import Workers

SOON = 20


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(supervised_thread, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(supervised_thread, "failures", {})


def told(name):
    return [line for line in troubles() if line.startswith(f"the thread {name}")]


def test_it_is_called_again_until_it_returns(caplog):
    errors = [ValueError("one"), sqlite3.OperationalError("two")]

    def work():
        if errors:
            raise errors.pop(0)

    thread = SupervisedThread(work, "work")
    thread.start()
    thread.join(SOON)
    assert not thread.is_alive()
    assert told("work") == [
        "the thread work failed and was started again (times: 2, last: OperationalError: two)"
    ]
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2
    assert "the thread work failed" in caplog.text


def test_old_troubles_are_told_no_more(monkeypatch):
    monkeypatch.setattr(supervised_thread, "TOLD_SECONDS", 0.0)
    supervised_thread.failures["work"] = supervised_thread.Trouble(1, "x", 0.0)
    assert troubles() == []


def broken_once(monkeypatch, owner, name):
    """The method of this class fails at its first call."""
    monkeypatch.setattr(owner, name, failing_once(getattr(owner, name)))


def failing_once(function):
    broken = threading.Event()

    def called(*args):
        if not broken.is_set():
            broken.set()
            raise RuntimeError("broken")
        return function(*args)

    return called


def threads_break_once(monkeypatch):
    """What a supervised thread runs fails at its first call."""
    begin = SupervisedThread.__init__

    def broken(self, target, name):
        begin(self, failing_once(target), name)

    monkeypatch.setattr(SupervisedThread, "__init__", broken)


def test_a_listener_goes_on(monkeypatch):
    threads_break_once(monkeypatch)
    heard = threading.Event()
    listener = BatchListener("listener", lambda kept: heard.set())
    listener.start()
    listener.put(Kept(remarks=((1, "x"),)), frozenset())
    assert heard.wait(SOON)
    assert told("listener")
    listener.close()
    assert listener.wait(SOON)


def test_the_console_goes_on(monkeypatch, capfd):
    threads_break_once(monkeypatch)
    console = Console()
    console.say("hello")
    console.close(SOON)
    assert "hello" in capfd.readouterr().out
    assert told("console")


@pytest.mark.parametrize("kind", ["read", "hash", "net"])
def test_workers_go_on_when_the_result_cannot_be_taken(kind):
    workers, results, done = Workers(None), [], threading.Event()

    def fails(result):
        raise RuntimeError("nobody takes it")

    def takes(result):
        results.append(result)
        if len(results) == 4:
            done.set()

    for _ in range(3):
        workers.submit(Work(lambda log: 1, kind), fails)
    for _ in range(4):
        workers.submit(Work(lambda log: 2, kind), takes)
    assert done.wait(SOON)
    assert results == [2] * 4
    assert told(kind)
    workers.stop()


def test_the_index_goes_on(monkeypatch, tmp_path):
    broken_once(monkeypatch, Index, "step")
    log = SqliteLog(tmp_path / "chat.db", durable=False)
    log.append(entries(said("ann", "#tea", "hello")))
    assert eventually(lambda: told("log-index"))
    log.append(entries(said("ann", "#tea", "again"), first=2))
    eventually(lambda: log.search(parse("again"), ["#tea"], None, Range(limit=5)))
    log.close()


def test_tidying_up_goes_on(monkeypatch, tmp_path):
    tidied, really = threading.Event(), UploadService.tidy

    def tidy(self):
        really(self)
        tidied.set()

    monkeypatch.setattr(UploadService, "tidy", tidy)
    broken_once(monkeypatch, UploadService, "tidy")
    service = UploadService(Chat().hub, tmp_path)
    service.start()
    assert tidied.wait(SOON)
    assert told("files-tidy")
    service.stop()


def test_pushing_goes_on(monkeypatch):
    threads_break_once(monkeypatch)
    pusher = Pusher(Chat().hub)
    pusher.start()
    assert eventually(lambda: told("push-"))
    pusher.stop()
    eventually(lambda: not any(each.name.startswith("push-") for each in threading.enumerate()))


def test_health_checks_tell_of_it(monkeypatch):
    site = SimpleNamespace(not_ready=lambda: None)
    monkeypatch.setattr(health, "site_of", lambda request: site)
    assert asyncio.run(health.readyz(None)).text == "ok\n"
    broken = [ValueError("no")]
    thread = SupervisedThread(lambda: raised(broken), "work")
    thread.start()
    thread.join(SOON)
    response = asyncio.run(health.readyz(None))
    assert response.status == 200
    assert response.text.splitlines() == ["ok", *troubles()]
    assert len(troubles()) == 1


def raised(errors):
    if errors:
        raise errors.pop()


def test_an_io_thread_goes_on(monkeypatch):
    threads_break_once(monkeypatch)
    thread, done = IoThread(0), threading.Event()
    thread.start()
    thread.call(done.set)
    assert done.wait(SOON)
    assert told("io-0")
    thread.stop(1)
