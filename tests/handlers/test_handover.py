"""HANDOVER: a note for the user's next device, readable once, for a short time, with the token."""

from __future__ import annotations

import pytest
from harness import Chat, Client

from hubbub.dialects.irc.dialect import IrcDialect


@pytest.fixture
def chat() -> Chat:
    return Chat()


@pytest.fixture
def anna(chat: Chat) -> Client:
    client = chat.irc("anna", caps="standard-replies")
    client.sends("NICKSERV REGISTER correct-horse-battery")
    chat.forget()
    return client


def put(anna: Client, text: str = "sealed") -> str:
    [line] = anna.asks(f"HANDOVER PUT {text}")
    assert line.startswith(":hubbub.local HANDOVER PUT ")
    return line.rpartition(" ")[2]


def newcomer(chat: Chat) -> Client:
    """Connected, and nothing said."""
    client = chat.connects(IrcDialect(512))
    chat.forget()
    return client


def test_it_is_taken_once_by_who_is_not_even_registered(chat: Chat, anna: Client) -> None:
    token = put(anna)
    phone = newcomer(chat)
    assert phone.asks(f"HANDOVER TAKE {token}") == [":hubbub.local HANDOVER TAKE sealed"]
    assert anna.sees() == [
        ":hubbub.local NOTE HANDOVER TAKEN :It was taken by a device at 127.0.0.1"
    ]
    [line] = phone.asks(f"HANDOVER TAKE {token}")
    assert "FAIL HANDOVER INVALID_TOKEN TAKE" in line


def test_it_is_good_for_two_minutes(chat: Chat, anna: Client) -> None:
    token = put(anna)
    chat.now += 2 * 60 * 1000
    assert "INVALID_TOKEN" in newcomer(chat).asks(f"HANDOVER TAKE {token}")[0]


def test_a_wrong_word_opens_nothing_and_ends_nothing(chat: Chat, anna: Client) -> None:
    token = put(anna)
    phone = newcomer(chat)
    for wrong in (token[:-1], token + "x", "1.x", "x", "zz.zz", ".", "f" * 40 + ".x"):
        assert "INVALID_TOKEN" in phone.asks(f"HANDOVER TAKE {wrong}")[0]
    assert phone.asks(f"HANDOVER TAKE {token}") == [":hubbub.local HANDOVER TAKE sealed"]


def test_the_next_one_a_word_a_logout_and_the_end_of_the_connection_end_it(
    chat: Chat, anna: Client
) -> None:
    phone = newcomer(chat)
    first, second = put(anna, "one"), put(anna, "two")
    assert "INVALID_TOKEN" in phone.asks(f"HANDOVER TAKE {first}")[0]
    assert phone.asks(f"HANDOVER TAKE {second}") == [":hubbub.local HANDOVER TAKE two"]
    dropped = put(anna)
    assert anna.asks("HANDOVER DROP") == [":hubbub.local HANDOVER DROP"]
    assert "INVALID_TOKEN" in phone.asks(f"HANDOVER TAKE {dropped}")[0]
    left = put(anna)
    anna.sends("NICKSERV LOGOUT")
    assert "INVALID_TOKEN" in phone.asks(f"HANDOVER TAKE {left}")[0]
    anna.sends("NICKSERV IDENTIFY anna correct-horse-battery")
    gone = put(anna)
    anna.drops()
    assert "INVALID_TOKEN" in phone.asks(f"HANDOVER TAKE {gone}")[0]


def test_guests_have_none_and_notes_are_short(chat: Chat, anna: Client) -> None:
    guest = chat.irc("bob")
    assert "ACCOUNT_REQUIRED" in guest.asks("HANDOVER PUT sealed")[0]
    assert "ACCOUNT_REQUIRED" in newcomer(chat).asks("HANDOVER PUT sealed")[0]
    assert "INVALID_PARAMS" in anna.asks(f"HANDOVER PUT {'x' * 401}")[0]
    assert "INVALID_PARAMS" in anna.asks("HANDOVER DANCE")[0]
    chat.check()
