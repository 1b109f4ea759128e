"""Times as the protocol writes them."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from hubbub.protocol.times import server_time


@given(st.integers(0, 4_102_444_800_000))
def test_a_time_is_the_one_of_the_standard_library(time):
    there = datetime.fromtimestamp(time // 1000, UTC).replace(microsecond=time % 1000 * 1000)
    assert server_time(time) == there.isoformat(timespec="milliseconds").replace("+00:00", "Z")
