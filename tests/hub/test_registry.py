"""Clients leave at the time of the clock, whenever the last command was."""

from __future__ import annotations

from harness import START, Chat

HOUR = 3_600_000


def test_a_broken_connection_is_dated_when_it_breaks() -> None:
    chat = Chat()
    alice = chat.irc("alice", caps="server-time", join="#tea")
    bob = chat.irc("bob", join="#tea")
    alice.sees()
    chat.now += HOUR
    bob.drops()
    (line,) = alice.sees()
    assert line.startswith("@time=2023-11-14T23:13:20.000Z :bob!~bob@127.0.0.1 QUIT ")
    chat.check()


def test_a_stop_is_dated_when_it_happens() -> None:
    chat = Chat()
    chat.irc("alice")
    chat.now += HOUR
    chat.hub.stop("Server closing")
    assert [*chat.log.read()][-1].time == START + HOUR
