"""Slash commands for accounts, for people with netcat."""

import pytest
from people import PASSWORD, account, cheap_chat

from hubbub.dialects.plain.account_commands import ACCOUNT_COMMANDS
from hubbub.handlers.accounts.services import CHANSERV, NICKSERV


@pytest.fixture
def chat():
    chat = cheap_chat()
    yield chat
    chat.check()


def test_registering_and_coming_back(chat):
    ann = chat.plain("Ann")
    assert ann.asks(f"/register {PASSWORD}") == ["* Account created"]
    ann.sends("quit")
    ann = chat.connects_plain()
    assert ann.asks("Ann") == [
        "* Ann belongs to an account. Is it yours? /login Ann password. What is your name?"
    ]
    assert ann.asks("/login Ann nonsense")[0] == "* Wrong name or password"
    lines = ann.asks(f"/login Ann {PASSWORD}")
    assert lines[0] == "* You are now logged in as Ann"
    assert any(line.startswith("* Welcome!") for line in lines)
    assert chat.network.user("Ann").account == "Ann"


def test_registering_in_place_of_a_name(chat):
    ann = chat.connects_plain()
    lines = ann.asks(f"/register Ann {PASSWORD}")
    assert lines[0] == "* Account created"
    assert any(line.startswith("* Welcome!") for line in lines)
    assert chat.network.user("Ann").account == "Ann"


def test_where_an_account_is_needed():
    chat = cheap_chat(required=True)
    account_holder = chat.connects_plain()
    assert account_holder.asks("Ann") == [
        "* Only people with an account may enter. Sign in with /login name password,"
        " or make an account with /register name password"
    ]
    lines = account_holder.asks(f"/register Ann {PASSWORD}")
    assert any(line.startswith("* Welcome!") for line in lines)
    chat.check()


def test_a_channel_of_ones_own(chat):
    account(chat, "ann")
    ann = chat.connects_plain()
    ann.sends(f"/login ann {PASSWORD}", "/join #tea")
    assert ann.asks("/register #tea") == [
        "* #tea belongs to ann now", "* #tea is yours now", "* ChanServ set #tea +q ann",
    ]  # fmt: skip
    account(chat, "bob")
    assert ann.asks("/access bob +o") == ["* bob has +o in #tea now"]  # the present channel
    assert ann.asks("/channel")[:2] == ["* Channel #tea", "  Founder      ann"]
    confirmed = ann.asks("/drop #tea")[-1].removeprefix("* If you mean it: ")
    assert ann.asks(confirmed)[0] == "* #tea belongs to nobody any more"
    assert ann.asks("/drop")[-1] == "* If you mean it: /drop <your password>"
    ann.asks(f"/drop {PASSWORD}")
    assert chat.network.accounts.get("ann") is None


def test_every_service_command_has_a_slash_command():
    for service, typed in ((NICKSERV, "ns"), (CHANSERV, "cs")):
        meant = set()
        for word, command in ACCOUNT_COMMANDS.items():
            for text in ("#tea bob", "#tea bob x", "word word word"):
                for message in command.read(text, "#here") or ():
                    if message.command == service.shorthand and word not in ("ns", "cs"):
                        meant.add(message.params[0])
        assert typed in ACCOUNT_COMMANDS
        for row in service.commands.values():
            rare = row.privilege is not None or row.name.removeprefix("DE") in ("ADMIN", "HALFOP")
            assert row.name in meant or rare, row.name


def test_help(chat):
    ann = chat.plain("Ann")
    assert ann.asks("/help")[-1].endswith("a channel of your own.")
    lines = ann.asks("/help account")
    assert all(any(line.startswith(f"  /{name} ") for line in lines) for name in ACCOUNT_COMMANDS)
    assert ann.asks("/login") == ["* Use it like this: /login [account] password"]
