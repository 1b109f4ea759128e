"""Requests of a user and the client's reactions, without a server."""

from datetime import UTC, datetime
from types import SimpleNamespace

from hubbub.client import events as ev
from hubbub.client import render
from hubbub.client.commands import enter
from hubbub.client.conversation import Chat


def test_history_begins_again_with_the_newest_when_all_was_shown():
    asked, told = [], []
    view = SimpleNamespace(
        times=True,
        show=lambda line: told.append(render.plain(line)),
        notice=lambda line: told.append(render.plain(line)),
        refresh=lambda: None,
    )
    state = SimpleNamespace(ask_history=lambda where, count, before: asked.append(before))
    chat = Chat(view, Chat, "#lobby", lambda: datetime(2026, 11, 22, tzinfo=UTC))
    chat.client = SimpleNamespace(connected=False, do=lambda order: order(state))
    one = ev.Said("Bob", "#lobby", "one", when="asked", msgid="m1")
    for answer in ([one], [], [one]):
        enter(chat, "/history 5")
        chat.on_event(ev.History("#lobby", "asked", answer))
    assert asked == ["", "m1", ""]
    assert told == ["Earlier: Bob: one", "* That is all that was said", "Earlier: Bob: one"]
