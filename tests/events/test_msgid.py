"""Msgids sort as positions do, and no run of a server assigns those of another."""

from hypothesis import given
from hypothesis import strategies as st

from hubbub.events.msgid import (
    ORIGIN,
    first_of_run,
    imported_position,
    imported_time,
    msgid,
    position_of,
)


def test_names_sort_as_positions_do():
    places = [-5, 0, 1, 2, 255, ORIGIN - 1, ORIGIN, ORIGIN + 1, 1 << 45]
    names = [msgid(place, "abc123") for place in places]
    assert names == sorted(names)
    assert [position_of(name, "abc123") for name in names] == places
    assert position_of(names[0], "other") is None
    assert position_of("800000000-abc123", "abc123") is None


def test_a_run_begins_beyond_what_the_one_before_can_have_given():
    started, ended = 1_800_000_000_000, 1_800_000_010_000
    assert first_of_run(ended) - first_of_run(started) == 40_960
    assert first_of_run(0) == 0


@given(st.lists(st.integers(1_700_000_000_000, 1_700_000_000_300), max_size=40))
def test_imported_times_increase_with_the_positions(times):
    """Each message at the next free position; of the same time there may be any number."""
    taken: dict[int, int] = {}
    for time in times:
        position = imported_position(time)
        while position in taken:
            position += 1
        taken[position] = imported_time(time, position)
        assert time <= taken[position] <= time + 4 * len(times)
    kept = [taken[position] for position in sorted(taken)]
    assert kept == sorted(set(kept))
