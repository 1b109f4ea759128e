"""Times strictly increase within a conversation, and never go back in the log."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.events.kinds import Joined, MessageSent, TagsRelayed
from hubbub.hub import entry_times
from hubbub.hub.entry_times import MOST_AHEAD_MS, EntryTimes

PLACES = st.sampled_from(["#a", "#b", "@#a", "ann bob"])


def said(place: str) -> MessageSent:
    return MessageSent(1, "ann!ann@host", None, "PRIVMSG", place, None, place, "hello")


def joined(channel: str) -> Joined:
    return Joined(1, "ann!ann@host", channel, "")


def stamp(times: EntryTimes, event: object, now: int) -> int:
    return times.next(type(event), event, now)  # type: ignore[arg-type]


@given(
    st.integers(0, 50),
    st.lists(
        st.one_of(
            st.tuples(st.integers(-30, 30), PLACES, st.just(said)),
            st.tuples(st.integers(-30, 30), st.sampled_from(["#a", "#b"]), st.just(joined)),
        ),
        max_size=60,
    ),
)
def test_times_increase_whatever_the_clock_does(last, happened):
    times, now, all_times = EntryTimes(last), 25, [last]
    by_place = defaultdict(list)
    for step, place, make in happened:
        now += step
        time = stamp(times, make(place), now)
        assert now <= time <= max(now, all_times[-1] + 1)
        all_times.append(time)
        by_place[place.lstrip("@")].append(time)
    assert all_times == sorted(all_times)
    assert all(each == sorted(set(each)) for each in by_place.values())


def test_what_is_said_in_different_places_shares_a_time():
    times = EntryTimes(0)
    assert [stamp(times, said(place), 50) for place in ("#a", "#b", "ann bob")] == [50, 50, 50]
    assert stamp(times, said("@#a"), 50) == 51, "it is read back with the channel"
    assert stamp(times, said("#b"), 50) == 51


def test_what_is_not_kept_moves_no_time_on():
    times = EntryTimes(0)
    stamp(times, said("#a"), 50)
    typing = TagsRelayed(1, "ann!ann@host", None, "#a", None, (("+typing", "active"),))
    assert [stamp(times, typing, 50) for _ in range(3)] == [50, 50, 50]


def test_a_flood_does_not_run_away_from_the_clock():
    times = EntryTimes(0)
    found = [stamp(times, said("#a"), 1000) for _ in range(MOST_AHEAD_MS + 10)]
    assert found[-1] == 1000 + MOST_AHEAD_MS == found[-10]
    assert stamp(times, said("#a"), 1001 + MOST_AHEAD_MS) == 1001 + MOST_AHEAD_MS


@given(
    st.lists(
        st.tuples(
            st.integers(-5, 9), st.sampled_from(["#a", "#b"]), st.integers(1, 12), st.booleans()
        ),
        max_size=30,
    )
)
def test_several_at_once_have_the_times_that_each_would_have(steps):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(entry_times, "MOST_AHEAD_MS", 20)
        one, several, now = EntryTimes(0), EntryTimes(0), 25
        for step, place, number, together in steps:
            now += step
            expected = [stamp(one, said(place), now) for _ in range(number)]
            if together:
                first, last = several.next_several(place, number, now)
                assert [min(first + each, last) for each in range(number)] == expected
            else:
                assert [stamp(several, said(place), now) for _ in range(number)] == expected
