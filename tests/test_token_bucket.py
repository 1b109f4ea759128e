"""The token bucket: bursts, and the rate after them."""

from hypothesis import given
from hypothesis import strategies as st

from hubbub.token_bucket import TokenBucket


def test_so_much_at_once_then_so_much_with_time():
    bucket = TokenBucket(3, 0.5, 100)
    assert [bucket.take(1, 100) for _ in range(4)] == [True, True, True, False]
    assert not bucket.take(1, 101)
    assert bucket.take(1, 102)
    assert not bucket.is_full(107)
    assert bucket.is_full(108)


def test_what_was_spent_below_zero_comes_back_first():
    bucket = TokenBucket(1, 1, 0)
    bucket.tokens -= 3
    assert not bucket.take(1, 2)
    assert bucket.take(1, 3)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5))))
def test_never_more_than_the_burst_and_what_time_brought(asked):
    bucket, now, taken = TokenBucket(5, 2, 0), 0, 0
    for wait, cost in asked:
        now += wait
        taken += cost if bucket.take(cost, now) else 0
        assert taken <= 5 + 2 * now
