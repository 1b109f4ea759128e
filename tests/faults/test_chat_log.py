"""chat.log on a slow or full disk, and across kills: it delays nobody and is complete again."""

import itertools
import os
import re

import pytest
from crash import crash, in_chat_log, said
from running_server import RunningServer, chat_log_of


def said_in(text: str) -> list[str]:
    return re.findall(r" - Client \S+ to #\S+: (.*)", text)


@pytest.fixture
def stalled(tmp_path):
    """A server that has a chat.log which takes nothing: a pipe with a name that nobody reads."""
    with RunningServer(tmp_path) as server:
        server.irc("ann", "#tea")
    (tmp_path / "chat.log").unlink()
    os.mkfifo(tmp_path / "chat.log")
    with RunningServer(tmp_path, limits__flood_burst="0") as server:
        yield server


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names on this system")
def test_a_disk_that_does_not_answer_delays_nobody(stalled):
    ann = stalled.irc("ann", "#tea", caps="echo-message")
    for number in range(100):
        ann.sends(f"PRIVMSG #tea :message {number}")
        ann.until(f" :message {number}")
    with (stalled.data / "chat.log").open() as answers:
        told = itertools.takewhile(lambda line: not line.endswith("message 99\n"), answers)
        assert said_in("".join(told)) == [f"message {number}" for number in range(99)]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names on this system")
def test_nor_does_it_keep_the_server_from_ending_and_nothing_is_lost(stalled):
    ann = stalled.irc("ann", "#tea", caps="echo-message")
    ann.sends("PRIVMSG #tea :hello")
    ann.until(" :hello")
    assert stalled.stop() == 0
    assert stalled.errors == [
        "WARNING: chat.log is not complete; the next start writes what is missing"
    ]
    (stalled.data / "chat.log").unlink()
    with RunningServer(stalled.data) as again:
        assert said_in(chat_log_of(again.data, is_running=True)) == ["hello"]


def test_after_kills_it_has_everything_once_and_in_order(tmp_path):
    report = crash(tmp_path, times=4, count=6, seed=11)
    assert report.good, report
    data = tmp_path / "data"
    assert len(in_chat_log(data)) > 100
    with (data / "chat.log").open("a") as chat_log:  # the comparison can fail
        chat_log.write("2023-11-14 22:13:20 - Client ann to #one: what nobody said\n")
    assert in_chat_log(data) != said(data)
