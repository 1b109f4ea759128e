"""Fair turns for readers: nobody waits for more than one answer of each of the others."""

from __future__ import annotations

import gc

from hypothesis import given
from hypothesis import strategies as st

from hubbub.fair_queue import ADDRESS_SHARES, MOST, MOST_OF_ONE, Asker, Budget, FairQueue
from hubbub.token_bucket import TokenBucket

ANN, BOB, EVE = Asker("ann", "A"), Asker("bob", "B"), Asker("eve", "E")


def drain(queue: FairQueue, now: float = 0) -> list[str]:
    """All that may be taken at this time, one after the other."""
    found = []
    while (taken := queue.take(now)) is not None:
        job, asker = taken
        found.append(job)
        queue.done(asker, 0, now)
    return found


def test_a_new_budget_counts_what_has_been_read():
    queue = FairQueue(Budget(burst=100, rate=1))
    queue.put("first", ANN)
    queue.take(0)
    queue.done(ANN, 150, 0)
    queue.put("second", ANN)
    assert queue.take(0) is None
    assert queue.next_at() == 50
    queue.limit(Budget(burst=130, rate=10))  # 20 in debt, paid at ten a second
    assert queue.take(0) is None
    assert queue.next_at() == 2
    queue.limit(Budget(burst=0, rate=0))
    assert queue.take(0) == ("second", ANN)


def test_people_take_turns():
    queue = FairQueue()
    for number in range(3):
        queue.put(f"ann {number}", ANN)
    queue.put("bob 0", BOB)
    assert drain(queue) == ["ann 0", "bob 0", "ann 1", "ann 2"]


def test_addresses_take_turns_however_many_people_each_has():
    queue = FairQueue()
    for number in range(5):
        queue.put(f"eve{number}", Asker(f"eve{number}", "E"))
    queue.put("bob", BOB)
    assert drain(queue) == ["eve0", "bob", "eve1", "eve2", "eve3", "eve4"]


def test_who_has_not_read_for_long_is_forgotten():
    queue = FairQueue(Budget(100, 1))
    before = buckets()
    for number in range(5_000):
        asker = Asker(f"guest{number}", f"address{number}")
        queue.put("", asker)
        queue.take(number)
        queue.done(asker, 10, number)  # is made up for after ten seconds
    assert buckets() - before < 1_000


def buckets() -> int:
    return sum(isinstance(each, TokenBucket) for each in gc.get_objects())


def test_one_at_a_time_for_a_person():
    queue = FairQueue()
    queue.put("first", ANN)
    queue.put("second", ANN)
    assert queue.take(0) == ("first", ANN)
    assert queue.take(0) is None
    queue.put("third", ANN)
    assert queue.take(0) is None
    queue.done(ANN, 0, 0)
    assert drain(queue) == ["second", "third"]


def test_who_read_much_waits_and_the_others_do_not():
    queue = FairQueue(Budget(burst=100, rate=10))
    queue.put("large", ANN)
    queue.put("more", ANN)
    assert queue.take(0) == ("large", ANN)
    queue.done(ANN, 150, 0)
    queue.put("hello", BOB)
    assert drain(queue) == ["hello"]
    assert queue.next_at() == 5
    assert drain(queue, 4.9) == []
    assert drain(queue, 5.0) == ["more"]


def test_many_people_of_an_address_share_its_budget():
    queue = FairQueue(Budget(burst=100, rate=10))
    people = [Asker(f"eve{number}", "E") for number in range(ADDRESS_SHARES + 1)]
    for asker in people:
        queue.put("page", asker)
        assert queue.take(0)
        queue.done(asker, 100, 0)
    queue.put("one more", Asker("new", "E"))
    queue.put("from elsewhere", BOB)
    queue.put("with an account", Asker("ann", "ann"))
    assert sorted(drain(queue)) == ["from elsewhere", "with an account"]
    assert drain(queue, 1.25) == ["one more"]


def test_it_is_bounded():
    queue = FairQueue()
    assert all(queue.put(number, ANN) for number in range(MOST_OF_ONE))
    assert not queue.put("one more", ANN)
    assert all(queue.put(0, Asker(str(number), "A")) for number in range(MOST - MOST_OF_ONE))
    assert not queue.put("one more", BOB)
    assert len(queue) == MOST == len(drain(queue))


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("XY"), st.integers(0, 90))))
def test_everything_is_done_once_in_the_order_of_each(asked):
    queue, now = FairQueue(Budget(burst=50, rate=1)), 0.0
    askers = [Asker(*names) for *names, _ in asked]
    for number, asker in enumerate(askers):
        queue.put(number, asker)
    found: list[int] = []
    while len(queue):
        taken = queue.take(now)
        if taken is None:
            at = queue.next_at()
            assert at is not None
            assert at > now
            now = at
            continue
        job, asker = taken
        found.append(job)
        queue.done(asker, asked[job][2], now)
    assert sorted(found) == list(range(len(asked)))
    for asker in set(askers):
        own = [job for job in found if askers[job] == asker]
        assert own == sorted(own)
