"""Replay equals live: from the whole log, and from a summary and the events after it."""

import pickle

import pytest
from crowd import Crowd
from harness import Chat

from hubbub.log.index import Summarizer
from hubbub.log.pace import Pace
from hubbub.log.sqlite import SqliteLog
from hubbub.model import replay
from hubbub.model.network import Network


def test_replay_equals_live_whatever_a_crowd_does():
    chat = Chat()
    crowd = Crowd(chat)
    for _ in range(20):
        crowd.act(100)
        chat.check()


def test_a_summary_says_all_that_the_network_knows():
    chat = Chat()
    crowd = Crowd(chat, seed=2)
    crowd.act(500)
    network = replay.read(replay.write(chat.network))
    assert network.snapshot() == chat.network.snapshot()
    # What was one object is one object again.
    assert all(network.user(user.nick) is user for user in network.users.values())
    # And what comes after changes both alike.
    end = chat.network.position
    crowd.act(500)
    for entry in chat.log.read_state(end):
        network.apply(entry)
    assert network.snapshot() == chat.network.snapshot()
    assert network.most_users == chat.network.most_users
    assert +network.mode_counts == +chat.network.mode_counts


def test_a_restart_reads_the_summary_and_the_rest(tmp_path):
    summarizer = Summarizer(replay.summarize, replay.summary_format())
    pace = Pace(by_itself=False, summary_events=200)
    log = SqliteLog(tmp_path / "chat.db", durable=False, summarizer=summarizer, pace=pace)
    chat = Chat(log)
    crowd = Crowd(chat, seed=3)
    for _ in range(6):
        crowd.act(150)
        log.index.catch_up()
    summary = replay.read(log.summary(replay.summary_format()))
    assert 0 < summary.position < chat.network.position
    assert chat.network.position - summary.position < 500
    assert replay.replay(log).snapshot() == chat.network.snapshot()
    assert log.summary("another format") is None
    log.close()


def test_a_summary_that_does_not_read_is_left_aside(tmp_path):
    made = []

    def make(summary, entries):
        made.append(summary)
        return b"nonsense" if list(entries) else None

    log = SqliteLog(
        tmp_path / "chat.db",
        durable=False,
        summarizer=Summarizer(make, replay.summary_format()),
        pace=Pace(by_itself=False, summary_events=50),
    )
    chat = Chat(log)
    Crowd(chat).act(300)
    log.index.catch_up()
    assert log.summary(replay.summary_format()) == b"nonsense"
    assert made[:2] == [None, b"nonsense"]
    assert replay.replay(log).snapshot() == chat.network.snapshot()
    log.close()


class Evil:
    def __reduce__(self):
        return print, ("evil",)


@pytest.mark.parametrize("thing", [Evil(), replay.replay, pickle.Unpickler])
def test_a_summary_can_do_nothing(thing, capsys):
    with pytest.raises(pickle.UnpicklingError):
        replay.read(pickle.dumps({"users": thing}))
    assert replay.summarize(pickle.dumps({"users": thing}), []) is None
    assert capsys.readouterr().out == ""


def test_an_empty_summary_is_an_empty_network():
    summary = replay.summarize(None, [])
    assert summary is not None
    assert replay.read(summary).snapshot() == Network().snapshot()
