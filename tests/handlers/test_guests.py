"""GUEST: a browser finds the private conversations of its guest again, and nobody else does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import Chat, Client

from hubbub.dialects.irc.dialect import IrcDialect
from hubbub.log.memory import MemoryLog
from hubbub.log.sqlite import SqliteLog

SECRET, OTHER = "4f9d2c7be81a03d6", "0123456789abcdef"
CAPS = "batch message-tags draft/chathistory standard-replies draft/account-registration"


@pytest.fixture(params=["memory", "disk"])
def chat(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Chat]:
    log = MemoryLog("log001") if request.param == "memory" else SqliteLog(tmp_path / "chat.db")
    yield Chat(log=log)
    log.close()


def comes(chat: Chat, nick: str, guest: str) -> Client:
    client = chat.connects(IrcDialect(512))
    client.sends("CAP LS 302", f"CAP REQ :{CAPS}", f"GUEST {guest}")
    client.sends(f"NICK {nick}", f"USER {nick} 0 * :{nick} Real", "CAP END")
    chat.forget()
    return client


def texts(client: Client, target: str) -> list[str]:
    lines = client.asks(f"CHATHISTORY LATEST {target} * 50")
    return [line.rpartition(" :")[2] for line in lines if " PRIVMSG " in line]


def targets(client: Client) -> list[str]:
    period = "timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z"
    lines = client.asks(f"CHATHISTORY TARGETS {period} 50")
    return [line.split(" TARGETS ")[1].split()[0] for line in lines if " TARGETS " in line]


def test_a_browser_finds_the_conversation_again_and_what_came_meanwhile(chat: Chat) -> None:
    bob = chat.irc("bob", caps=CAPS)
    anna = comes(chat, "anna", SECRET)
    anna.sends("PRIVMSG bob :hello")
    bob.sends("PRIVMSG anna :unread")
    anna.drops()
    again = comes(chat, "anna", f"{SECRET} anna")
    assert targets(again) == ["bob"]
    assert texts(again, "bob") == ["hello", "unread"]
    assert texts(bob, "anna") == ["hello", "unread"]
    chat.check()


def test_it_does_so_under_another_nick_and_after_a_restart() -> None:
    chat = Chat()
    bob = comes(chat, "bob", OTHER)
    anna = comes(chat, "anna", SECRET)
    anna.sends("PRIVMSG bob :hello", "NICK anne")
    bob.sends("PRIVMSG anne :and welcome")
    later = Chat(log=chat.log)
    anna = comes(later, "annabel", f"{SECRET} anna")
    assert texts(anna, "bob") == ["hello", "and welcome"]
    bob = comes(later, "bob", f"{OTHER} bob")
    assert targets(bob) == ["annabel"]
    anna.drops()
    assert targets(bob) == ["anna"]
    assert texts(bob, "anna") == ["hello", "and welcome"]
    later.check()


@pytest.mark.parametrize("guest", [OTHER, f"{OTHER} anna", f"{SECRET[:-1]}x anna", "short", ""])
def test_nobody_else_does(chat: Chat, guest: str) -> None:
    bob = chat.irc("bob", caps=CAPS)
    anna = comes(chat, "anna", SECRET)
    anna.sends("PRIVMSG bob :secret")
    anna.drops()
    stranger = comes(chat, "anna", guest)
    assert targets(stranger) == []
    assert texts(stranger, "bob") == []
    assert texts(bob, "anna") == ["secret"]


def test_the_account_gets_the_conversations(chat: Chat) -> None:
    bob = chat.irc("bob", caps=CAPS)
    anna = comes(chat, "anna", SECRET)
    anna.sends("PRIVMSG bob :hello")
    anna.sends("REGISTER * * correct-horse-battery")
    bob.sends("PRIVMSG anna :now you stay")
    assert texts(anna, "bob") == ["hello", "now you stay"]
    assert texts(bob, "anna") == ["hello", "now you stay"]
    anna.drops()
    phone = chat.irc("phone", caps=CAPS)
    phone.sends("NICKSERV IDENTIFY anna correct-horse-battery")
    assert texts(phone, "bob") == ["hello", "now you stay"]
    assert targets(comes(chat, "sunny", f"{SECRET} anna")) == []
    chat.check()


def test_an_account_keeps_its_own_conversation_with_the_same_person(chat: Chat) -> None:
    bob = chat.irc("bob", caps=CAPS)
    anna = chat.irc("anna", caps=CAPS)
    anna.sends("NICKSERV REGISTER correct-horse-battery", "PRIVMSG bob :as an account")
    anna.drops()
    guest = comes(chat, "sunny", SECRET)
    guest.sends("PRIVMSG bob :as a guest")
    assert texts(bob, "sunny") == ["as a guest"]
    guest.sends("NICKSERV IDENTIFY anna correct-horse-battery")
    assert texts(guest, "bob") == ["as an account"]
    guest.sends("NICKSERV LOGOUT")
    chat.check()


def test_no_guest_is_found_under_the_name_of_an_account(chat: Chat) -> None:
    anna = chat.irc("anna", caps=CAPS)
    anna.sends("NICKSERV REGISTER correct-horse-battery")
    bob = chat.irc("bob", caps=CAPS)
    mallory = comes(chat, "mallory", f"{SECRET} anna")
    mallory.sends("PRIVMSG bob :I am anna")
    assert texts(bob, "anna") == []
    assert texts(bob, "mallory") == ["I am anna"]


def test_it_comes_before_the_nick(chat: Chat) -> None:
    anna = chat.irc("anna", caps="standard-replies")
    assert anna.asks(f"GUEST {SECRET}")[0].split()[1] == "462"
