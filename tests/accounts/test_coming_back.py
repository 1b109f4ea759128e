"""An invite-only channel is kept for its members with an account."""

from __future__ import annotations

import pytest
from harness import Chat, Client
from people import PASSWORD, account, cheap_chat, logged_in, restart

HISTORY = "batch draft/chathistory message-tags"


@pytest.fixture
def chat() -> Chat:
    chat = cheap_chat()
    for name in ("ann", "bob", "carol"):
        account(chat, name)
    return chat


@pytest.fixture
def people(chat: Chat) -> list[Client]:
    """Ann, operator, Bob and Carol in #tea, which is +i."""
    people = [logged_in(chat, name) for name in ("ann", "bob", "carol")]
    for each in people:
        each.sends("JOIN #tea")
    people[0].sends("MODE #tea +i")
    return people


def enters(client: Client) -> bool:
    return " JOIN " in client.asks("JOIN #tea")[0]


def test_over_a_restart_with_what_was_said(chat: Chat, people: list[Client]) -> None:
    people[0].sends("PRIVMSG #tea :between us")
    after = restart(chat)
    assert not enters(after.irc("ann2"))
    ann = logged_in(after, "ann", caps=HISTORY)
    assert enters(ann)
    assert any("between us" in line for line in ann.asks("CHATHISTORY LATEST #tea * 10"))
    after.check()


def test_after_a_lost_connection(chat: Chat, people: list[Client]) -> None:
    people[1].drops()
    assert enters(logged_in(chat, "bob"))


def test_who_left_or_was_put_out_needs_to_be_let_in(chat: Chat, people: list[Client]) -> None:
    ann, bob, carol = people
    ann.sends("KICK #tea bob")
    carol.sends("PART #tea")
    assert not enters(bob)
    assert not enters(carol)


def test_a_ban_holds(chat: Chat, people: list[Client]) -> None:
    people[1].drops()
    people[0].sends("MODE #tea +b bob!*@*")
    assert not enters(logged_in(chat, "bob"))


def test_another_account_of_the_name_is_somebody_else(chat: Chat, people: list[Client]) -> None:
    people[1].drops()
    assert chat.network.channels["#tea"].returning == {"bob"}
    bob = logged_in(chat, "bob")
    bob.sends(f"NS DROP {PASSWORD}")
    assert chat.network.accounts.get("bob") is None
    assert chat.network.channels["#tea"].returning == set()
