"""The ring of events, its bounds, and recordings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.teaching.lab import trace
from hubbub.teaching.lab.trace import Trace, dump, load


def test_events_are_numbered_and_timed():
    times = iter([10.0, 10.0125, 10.5])
    events = Trace(lambda: next(times))
    assert events.add("opened", conn=1)["ms"] == 12.5
    assert events.add("passed", conn=1, data=b"a\xff")["data"] == "a\xff"
    assert [(event["n"], event["kind"]) for event in events.since(0)] == [
        (1, "opened"),
        (2, "passed"),
    ]
    assert [event["n"] for event in events.since(1)] == [2]
    assert events.since(2) == []


def test_large_data_is_cut_and_its_size_kept():
    event = Trace().add("passed", data=b"x" * 10_000)
    assert (len(event["data"]), event["size"]) == (trace.KEPT, 10_000)


@given(st.lists(st.integers(0, 6000), max_size=60), st.integers(1, 20), st.integers(500, 20_000))
def test_the_ring_keeps_its_bounds_and_counts_what_it_drops(sizes, most, most_bytes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trace, "MOST_EVENTS", most)
        patch.setattr(trace, "MOST_BYTES", most_bytes)
        ring = Trace()
        for size in sizes:
            ring.add("passed", data=b"x" * size)
    kept = ring.since(0)
    assert len(kept) <= most
    assert sum(len(event["data"]) + 200 for event in kept) <= most_bytes
    assert ring.dropped + len(kept) == len(sizes)
    assert [event["n"] for event in kept] == list(range(ring.dropped + 1, len(sizes) + 1))


def test_a_recording_is_read_back():
    ring = Trace()
    ring.add("opened", conn=1, who="alice")
    ring.add("passed", conn=1, way="up", data=bytes(range(256)))
    assert load(dump(ring.since(0))) == ring.since(0)


def test_a_recording_has_a_bound():
    ring = Trace()
    for _ in range(2000):
        ring.add("passed", data=b"\xff" * trace.KEPT)
    text = dump(ring.since(0))
    assert len(text) <= trace.MOST_RECORDED
    assert load(text)


@pytest.mark.parametrize(
    "line", ["", "nonsense", "[]", "{}", '{"kind": "dance", "ms": 1}', '{"kind": "opened"}']
)
def test_what_is_no_recording_is_refused_with_the_line(line):
    good = '{"n": 1, "ms": 0, "kind": "opened", "seen": "outside"}'
    with pytest.raises(ValueError, match="line 2 is no event of a recording"):
        load(f"{good}\n{line}\n{good}\n")
