"""Cloaks: hosts that hide addresses."""

import pytest

from hubbub.model.cloaks import cloak

KEY = "0123456789abcdef"


def test_a_cloak_says_nothing_but_is_always_the_same():
    hidden = cloak("203.0.113.7", KEY)
    assert hidden == cloak("203.0.113.7", KEY)
    assert not any(part in hidden for part in ("203", "113"))
    assert hidden.endswith(".hidden")
    assert len(hidden) <= 64


def test_another_key_gives_another_cloak():
    assert cloak("203.0.113.7", KEY) != cloak("203.0.113.7", "another")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.7", "203.0.113.8", 2),
        ("203.0.113.7", "203.0.114.7", 1),
        ("203.0.113.7", "203.1.113.7", 0),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", 3),  # one /64 is one person
        ("2001:db8:1:2::1", "2001:db8:1:3::1", 2),
        ("2001:db8:1:2::1", "2001:db8:2:2::1", 1),
        ("2001:db8:1:2::1", "2001:db9:1:2::1", 0),
    ],
)
def test_neighbours_share_the_end_of_their_cloaks(one, other, same):
    parts = zip(cloak(one, KEY).split(".")[:3], cloak(other, KEY).split(".")[:3], strict=True)
    assert [a == b for a, b in parts] == [False] * (3 - same) + [True] * same


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "local"])
def test_what_tells_nothing_is_shown(host):
    assert cloak(host, KEY) == host
