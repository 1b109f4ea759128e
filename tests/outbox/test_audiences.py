"""The cached audience of a channel always equals a newly computed one."""

import random

import pytest
from crowd import Crowd
from harness import Chat

from hubbub.outbox.audience import Audience


def sessions_in(audience: Audience) -> list[tuple[int, int, int]]:
    """By thread, variant and number."""
    return sorted(
        (index, id(variant), session.id)
        for index, share in audience.shares.items()
        for variant, sessions in share
        for session in sessions
    )


def check_audiences(chat: Chat) -> None:
    audiences = chat.hub.audiences
    for key, kept in audiences.kept.items():
        members = [chat.network.users[id] for id in chat.network.channels[key].members]
        assert sessions_in(kept) == sessions_in(audiences.of_users(members)), key
        assert all(sessions for share in kept.shares.values() for _, sessions in share)


@pytest.mark.parametrize("seed", range(3))
def test_a_crowd_that_comes_and_goes(seed):
    chat = Chat()
    crowd = Crowd(chat, seed=seed, most=12)
    for _ in range(60):
        crowd.act(10)
        check_audiences(chat)


def test_nothing_is_kept_of_a_channel_that_is_gone():
    chat = Chat()
    people = [chat.irc(f"u{number}") for number in range(5)]
    random.Random(1).shuffle(people)
    for who in people:
        who.sends("JOIN #x", "PRIVMSG #x :hello")
    check_audiences(chat)
    people[0].sends("KICK #x u1")
    for who in people:
        who.sends("PART #x")
    assert chat.hub.audiences.kept == {}


def test_one_person_with_several_connections():
    chat = Chat(accounts__scram_iterations=0)
    first = chat.irc("alice")
    first.sends("NS REGISTER correct-horse")
    second = chat.connects(type(first.session.dialect)())
    second.sends("PASS alice:correct-horse", "NICK alice", "USER a 0 * :a")
    bob = chat.irc("bob", join="#x")
    bob.sends("PRIVMSG #x :before")
    first.sends("JOIN #x")
    check_audiences(chat)
    chat.forget()
    bob.sends("PRIVMSG #x :hello")
    assert len(first.sees()) == len(second.sees()) == 1
    second.sends("PART #x")
    check_audiences(chat)
    bob.sends("PRIVMSG #x :after")
    assert not any("after" in line for line in first.sees() + second.sees())
