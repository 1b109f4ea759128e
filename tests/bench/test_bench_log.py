"""The programs that verify durability, at small size."""

import shutil

import replay
import start


def test_replay_equals_live_after_random_events(tmp_path):
    report = replay.measure(tmp_path / "chat.db", events=6_000, seconds=60)
    assert report.good, report.differing
    assert report.events >= 6_000


def test_a_difference_is_found():
    assert replay.differences({"users": 1, "bans": 2}, {"users": 1, "bans": 3}, "x") == ["x: bans"]


def test_a_start_after_a_kill_shows_the_history(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    start.made(data / "chat.db", 2_000, indexed=True)
    began = start.start(data)
    assert began.messages == 10  # of 2,000 in 200 channels
    assert 0 < began.listening < began.history
    shutil.rmtree(data)
