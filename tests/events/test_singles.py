"""The entries of a burst, one by one."""

from entries import entries, said

from hubbub.events.bursts import Entries, MessagesSent, Route, count_of, end_of, singles

ROUTE = Route(1, "ann!~ann@127.0.0.1", None, "PRIVMSG", "#tea", None, "#tea")


def test_each_has_its_position_and_its_time_and_no_other_word_differs():
    one = entries(said("ann", "#tea", "before"))[0]
    burst = Entries(7, 100, MessagesSent(ROUTE, ["a", "b", "c", "d"]), 10, 102)
    found = list(singles([one, burst]))
    assert found[0] is one
    assert [(each.position, each.time, each.event.text) for each in found[1:]] == [
        (7, 100, "a"),
        (8, 101, "b"),
        (9, 102, "c"),
        (10, 102, "d"),
    ]
    assert {each.event[:7] for each in found[1:]} == {ROUTE}
    assert count_of([one, burst]) == 5
    assert end_of(burst) == (10, 102)
    assert end_of(one) == (one.position, one.time)
