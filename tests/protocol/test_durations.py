"""Durations as people type them."""

import pytest

from hubbub.protocol.durations import LONGEST_MS, duration_ms


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("1h30m", 5400), ("2d", 172_800), ("1w", 604_800), ("5", 300), ("x", None),
     ("1h x", None), ("", None), ("h1", None)],
)  # fmt: skip
def test_durations(text, seconds):
    assert duration_ms(text) == (seconds * 1000 if seconds is not None else None)


def test_a_length_that_no_calendar_holds_is_cut():
    assert duration_ms("999999y") == LONGEST_MS
