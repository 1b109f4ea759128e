"""kill -9 and power loss under load: every message that anybody saw is in the log, in order."""

import asyncio

import pytest
from crash import crash
from ledger import CHANNELS, PATIENCE, Served, Writer, compare, crowd
from power_loss import Synced, Told, cut, record
from trials import acked, talking, until

from hubbub.events.kinds import Entry, MessageSent
from hubbub.events.msgid import msgid
from hubbub.log.sqlite import SqliteLog


def test_kill_9_under_load_loses_doubles_and_swaps_nothing(tmp_path):
    report = crash(tmp_path, times=3, count=6, seed=7)
    assert report.good, report
    assert report.verdict.acked > 100
    assert report.verdict.settled > 0
    assert report.slowest_start < PATIENCE


def test_two_io_threads_tell_everybody_one_order(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    server = Served(data, threads=2)
    writers = crowd(6)

    async def work():
        async with talking(server, writers):
            assert await until(lambda: acked(writers) > 6000)

    asyncio.run(work())
    verdict = compare(writers, data)
    assert verdict.whole, verdict


@pytest.mark.needs("strace")
def test_power_loss_loses_nothing_and_the_test_can_fail(tmp_path):
    recorded = record(tmp_path, seconds=1)
    report = cut(tmp_path, recorded, cuts=25, seed=3)
    assert report.good, report
    # The same, as if the log did not wait for the disk.
    first = next(n for n, each in enumerate(recorded) if isinstance(each, Told))
    recorded[first:] = [each for each in recorded[first:] if not isinstance(each, Synced)]
    assert not cut(tmp_path, recorded, cuts=25, seed=3).good


# -- the comparison itself ------------------------------------------------------------------------


@pytest.fixture
def compared(tmp_path):
    """Compare what a client saw in the first channel with a log of `texts` there."""

    def compared(texts, seen, acked=(), refused=()):
        log = SqliteLog(tmp_path / "chat.db", durable=False)
        said = [
            MessageSent(1, "w0!u@h", None, "PRIVMSG", CHANNELS[0], None, CHANNELS[0], text)
            for text in texts
        ]
        log.append([Entry(n, n, event) for n, event in enumerate(said, 1)])
        log.close()
        writer = Writer("w0", labels=False)
        writer.seen[CHANNELS[0]] = [("joined", "")] + [
            (msgid(texts.index(text) + 1 if text in texts else 99, "x"), text) for text in seen
        ]
        writer.acked = {text: msgid(texts.index(text) + 1, "x") for text in acked}
        writer.refused = set(refused)
        return compare([writer], tmp_path)

    return compared


def test_what_was_seen_in_order_is_whole(compared):
    assert compared(["a", "b", "c", "d"], ["b", "c"], ["b"]).whole


def test_a_lost_message_is_found(compared):
    assert compared(["a", "b"], ["a", "b", "c"]).lost == 1


def test_a_doubled_message_is_found(compared):
    assert compared(["a", "b", "a"], ["b"]).doubled == 1


def test_another_order_and_a_gap_are_found(compared):
    assert compared(["a", "b", "c"], ["b", "a"]).order == 1


def test_a_gap_is_found(compared):
    assert compared(["a", "b", "c"], ["a", "c"]).order == 1


def test_a_refused_message_that_is_kept_is_found(compared):
    verdict = compared(["a", "b"], ["a", "b"], refused=["b", "c"])
    assert (verdict.refused, verdict.refused_kept, verdict.whole) == (2, 1, False)


def test_a_server_that_does_not_start_is_an_error(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/chat.db").write_text("this is no database, it is a text" * 100)
    with pytest.raises(RuntimeError, match="did not start"):
        Served(tmp_path / "data")
