"""Budgets and limits follow the settings when these are read again."""

from __future__ import annotations

import pytest
from harness import Chat, Client

from hubbub.log.memory import MemoryLog

HOST = "203.0.113.9"
#: A command of which one is permitted, the setting, and the answer to one more.
CHARGED = [
    ("NICK n{}", "limits__change_burst", " 263 "),
    ("METADATA * SET key{} :x", "limits__metadata_burst", "RATE_LIMITED"),
    ("@+draft/persist TAGMSG #tea", "limits__kept_tags", "RATE_LIMITED"),
    ("NS IDENTIFY bob wrong-wrong{}", "accounts__login_burst", "Too many wrong passwords"),
]


def guest(chat: Chat) -> Client:
    caps = "message-tags draft/metadata-2 standard-replies"
    return chat.irc("ann", host=HOST, caps=caps, join="#tea")


@pytest.mark.parametrize(("line", "setting", "refusal"), CHARGED)
def test_a_budget_is_taken_at_once(line: str, setting: str, refusal: str) -> None:
    chat = Chat(**{setting: 1})
    ann = guest(chat)
    assert refusal not in " ".join(ann.asks(line.format(1)))
    assert refusal in " ".join(ann.asks(line.format(2)))
    chat.hub.reconfigure(Chat(**{setting: 3}).settings, ())
    answers = [" ".join(ann.asks(line.format(number))) for number in (3, 4, 5)]
    assert [refusal in answer for answer in answers] == [False, False, True]


def test_an_unused_budget_grows_and_shrinks() -> None:
    chat = Chat(limits__change_burst=1)
    ann = guest(chat)
    chat.hub.reconfigure(Chat(limits__change_burst=2).settings, ())
    answers = [" ".join(ann.asks(f"NICK n{number}")) for number in range(3)]
    assert [" 263 " in answer for answer in answers] == [False, False, True]


def test_what_a_person_may_read_is_taken_too(monkeypatch: pytest.MonkeyPatch) -> None:
    chat = Chat()
    told: list[object] = []
    monkeypatch.setattr(chat.hub.workers, "limit", told.append)
    chat.hub.reconfigure(Chat(limits__history_burst=70_000, limits__history_rate=5).settings, ())
    assert told == [(70_000, 5)]


class NearlyFull(MemoryLog):
    def free_space(self) -> int:
        return 1000


def test_the_space_kept_for_accounts_is_taken_too() -> None:
    chat = Chat(NearlyFull("log001"), limits__kept_back=100)
    ann = guest(chat)
    chat.hub.reconfigure(Chat(limits__kept_back=2000).settings, ())
    ann.sends("PRIVMSG #tea :the writer looks at the disk")
    assert "LOG_FULL" in ann.asks("PRIVMSG #tea :more")[0]
