"""Masks and extended bans."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.model.masks import EXTBANS, applies, full_mask, matches, parsed
from hubbub.model.user import User


@given(
    st.text(alphabet="ab*?", max_size=12),
    st.text(alphabet="ab", max_size=12),
)
def test_matching_agrees_with_a_regular_expression(mask, text):
    pattern = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in mask)
    assert matches(mask, text) == bool(re.fullmatch(pattern, text, re.DOTALL))


@pytest.mark.parametrize("mask", ["*a" * 60 + "*b", "*?a" * 60 + "b", "?" * 200, "*" * 200 + "b"])
def test_no_mask_takes_long(mask):
    assert not matches(mask, "a" * 190)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("bob", "bob!*@*"),
        ("bob!b", "bob!b@*"),
        ("b@host", "*!b@host"),
        ("bob!b@host", "bob!b@host"),
        ("a:bob", "a:bob"),
        ("m:bob", "m:bob!*@*"),
        ("m:a:bob", "m:a:bob"),
        ("u:*", "u:*!*@*"),
        ("r:Bob the Baker", "r:Bob the Baker"),
        ("x:bob", "x:bob!*@*"),
    ],
)
def test_what_a_person_means(typed, meant):
    assert full_mask(typed) == meant
    assert full_mask(meant) == meant


@pytest.fixture
def bob():
    user = User(1, "Bob", "~bob", "example.org", 0)
    user.realname = "Bob the Baker"
    user.channels = {"#tea"}
    return user


def test_who_is_meant(bob):
    def meant(mask):
        return applies(parsed(full_mask(mask)), bob)

    assert meant("BOB")
    assert meant("*!*@EXAMPLE.org")
    assert not meant("alice")
    assert meant("c:#TEA")
    assert not meant("c:#coffee")
    assert meant("r:*baker")
    assert meant("u:*!*@*")
    assert not meant("a:bob")
    bob.account = "Robert"
    assert meant("a:robert")
    assert meant("a:rob*")
    assert not meant("u:*!*@*")
    assert parsed("m:a:robert").mutes
    assert meant("m:a:robert")


def test_every_extended_ban_has_a_letter_and_a_meaning():
    assert all(len(letter) == 1 and meaning for letter, meaning in EXTBANS.items())
