"""model/fair_shares.py: nobody loses an item because somebody else makes more of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubbub.model.fair_shares import FairShares


def test_the_oldest_of_who_has_the_most_goes_first() -> None:
    shares: FairShares[int] = FairShares(most=4)
    for key, owner in enumerate(["anna", "mallory", "mallory", "mallory"]):
        assert shares.add(key, owner) == []
    assert shares.add(4, "bert") == [1]
    assert shares.add(5, "carl") == [2]
    assert shares.add(6, "dora") == [0]  # one each: the oldest of all
    assert len(shares) == 4


def test_an_owner_at_the_own_bound_drops_the_own_oldest() -> None:
    shares: FairShares[int] = FairShares(most=10, most_of_one=2)
    gone = [shares.add(key, "mallory") for key in range(4)]
    assert gone == [[], [], [0], [1]]


def test_a_key_that_is_added_again_is_the_newest_and_may_have_another_owner() -> None:
    shares: FairShares[str] = FairShares(most=2, most_of_one=2)
    for key in ("a", "b", "a"):
        assert shares.add(key, "anna") == []
    assert shares.add("c", "anna") == ["b"]
    assert shares.add("a", "bert") == []
    assert shares.add("d", "anna") == ["c"]


OWNERS = st.sampled_from("abc")
STEPS = st.lists(st.tuples(st.sampled_from(["add", "drop"]), st.integers(0, 9), OWNERS))


@given(STEPS, st.integers(1, 5), st.integers(1, 3))
def test_only_who_has_the_most_loses_a_key(
    steps: list[tuple[str, int, str]], most: int, most_of_one: int
) -> None:
    """Against a list of (key, owner), oldest first."""
    shares: FairShares[int] = FairShares(most, most_of_one)
    items: list[tuple[int, str]] = []
    for step, key, owner in steps:
        items = [item for item in items if item[0] != key]
        if step == "drop":
            shares.drop(key)
            continue
        items.append((key, owner))
        for gone in shares.add(key, owner):
            numbers = {each: sum(each == of for _, of in items) for _, each in items}
            loser = dict(items)[gone]
            assert gone == next(number for number, of in items if of == loser)
            assert numbers[loser] == max(numbers.values()) or numbers[loser] > most_of_one
            if numbers[owner] == max(numbers.values()) > 1:
                assert loser == owner
            items = [item for item in items if item[0] != gone]
        assert len(shares) == len(items) <= most
