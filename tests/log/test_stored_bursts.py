"""The messages of a burst are rows like any other."""

from entries import START, entries, said
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.events.bursts import Entries, MessagesSent, Route, singles
from hubbub.log.memory import MemoryLog
from hubbub.log.sqlite import SqliteLog

ROUTE = Route(1, "ann!~ann@127.0.0.1", None, "PRIVMSG", "#tea", None, "#tea")
TEXTS = st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1, max_size=70)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(TEXTS, st.integers(0, 80)), min_size=1, max_size=4))
def test_what_was_written_together_is_read_one_by_one(tmp_path_factory, bursts):
    batch, position, time = entries(said("ann", "#tea", "before")), 2, START + 1
    for texts, later in bursts:
        last = time + min(later, len(texts) - 1)
        end = position + len(texts) - 1
        batch.append(Entries(position, time, MessagesSent(ROUTE, texts), end, last))
        position, time = end + 1, last + 1
    for log in (MemoryLog(), SqliteLog(tmp_path_factory.mktemp("log") / "chat.db")):
        log.append(batch)
        assert list(log.read()) == list(singles(batch))
        assert (log.last_position, log.last_time) == (position - 1, time - 1)
        log.close()


def test_a_route_that_is_known_serves_both_ways(tmp_path):
    log = SqliteLog(tmp_path / "chat.db")
    log.append(entries(said("ann", "#tea", "one")))
    route = Route._make(next(log.read()).event[:7])
    log.append([Entries(2, START + 5, MessagesSent(route, ["two"]), 2, START + 5)])
    assert [each.event[:7] for each in log.read()] == [route, route]
    log.close()
