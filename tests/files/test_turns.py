"""Work of several people in few threads."""

import threading

import pytest

from hubbub.files.turns import Turns


@pytest.fixture
def turns():
    made = Turns(1, "test")
    yield made
    made.shutdown()


def test_one_waits_for_one_of_each_person_and_not_for_all_of_one(turns):
    done, go = [], threading.Event()
    first = turns.of("alice").submit(go.wait)
    waiting = [turns.of("alice").submit(done.append, f"alice {number}") for number in range(3)]
    waiting += [turns.of(name).submit(done.append, name) for name in ("bob", "carol")]
    go.set()
    for each in (first, *waiting):
        each.result(10)
    assert done[0] in ("bob", "alice 0")
    assert set(done[:3]) == {"alice 0", "bob", "carol"}


def test_an_error_reaches_the_one_who_asked(turns):
    def fails():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        turns.of("alice").submit(fails).result(10)
    assert turns.of("alice").submit(len, "ab").result(10) == 2


def test_what_was_cancelled_is_not_done(turns):
    done, go = [], threading.Event()
    first = turns.of("alice").submit(go.wait)
    cancelled = turns.of("bob").submit(done.append, "bob")
    last = turns.of("carol").submit(done.append, "carol")
    assert cancelled.cancel()
    go.set()
    first.result(10)
    last.result(10)
    assert done == ["carol"]


def test_what_has_not_begun_at_the_end_is_cancelled():
    turns, go, begun = Turns(1, "test"), threading.Event(), threading.Event()
    first = turns.of("alice").submit(lambda: (begun.set(), go.wait()))
    begun.wait(10)
    never = turns.of("bob").submit(len, "ab")
    ending = threading.Thread(target=turns.shutdown)
    ending.start()
    go.set()
    ending.join(10)
    assert first.done()
    assert never.done()
