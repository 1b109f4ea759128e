"""Administrative commands in memory: replaying the log gives the same result."""

import json

import pytest
from harness import Chat, Client

from hubbub.handlers.orders import ORDERS, By, obey
from hubbub.handlers.refusals import Refused
from hubbub.model.privileges import PRIVILEGES
from hubbub.protocol.codec import escape_tag


def gives(chat: Chat, name: str, **words):
    """An order from the server's machine; what is told."""
    chat.hub.context.control.token = "word"
    client = _connection(chat)
    order = json.dumps({"order": name, "words": words})
    lines = client.asks(f"@+order={escape_tag(order)} CONTROL word")
    pieces = [line.partition(" CONTROL ")[2].removeprefix(":") for line in lines]
    text = "".join(piece[:-1] + ("\n" if piece[-1] == "." else "") for piece in pieces if piece)
    (told,) = (json.loads(line) for line in text.splitlines())
    assert list(told) == ["done"], told
    return told["done"]


def _connection(chat: Chat) -> Client:
    from hubbub.dialects.irc.dialect import IrcDialect

    return chat.connects(IrcDialect(512))


def refused(chat: Chat, name: str, **words) -> str:
    with pytest.raises(AssertionError) as caught:
        gives(chat, name, **words)
    return str(caught.value)


def registered(chat: Chat, nick: str) -> Client:
    client = chat.irc(nick)
    client.sends("NS REGISTER correct-horse")
    chat.forget()
    return client


@pytest.fixture
def chat():
    return Chat()


def test_every_order_has_a_privilege_and_says_what_it_does():
    for row in ORDERS.values():
        assert row.privilege in PRIVILEGES, row.name
        assert row.does, row.name
        assert "\n" not in row.does, row.name


def test_a_long_answer_comes_in_pieces(chat):
    people = [chat.irc(f"person{number}", join="#tea") for number in range(20)]
    told = gives(chat, "people")
    assert [each["nick"] for each in told] == sorted(person.session.nick for person in people)
    chat.check()


def test_an_administrator_comes_and_goes(chat):
    anna = registered(chat, "anna")
    gives(chat, "promote", account="anna")
    assert anna.sees() == [":anna MODE anna +o"]
    assert anna.session.user.operator == "anna"
    assert " KILL " not in " ".join(anna.asks("UBAN LIST"))
    # With the next connection again; not any more without the account.
    anna.sends("QUIT")
    again = chat.irc("anna2")
    again.sends("NS IDENTIFY anna correct-horse")
    assert again.session.user.may("ban")
    again.sends("NS LOGOUT")
    assert not again.session.user.may("ban")
    again.sends("NS IDENTIFY anna correct-horse")
    gives(chat, "demote", account="anna")
    assert not again.session.user.may("ban")
    assert "is no administrator" in refused(chat, "demote", account="anna")
    chat.check()


def test_a_deleted_account_administers_nothing(chat):
    anna = registered(chat, "anna")
    gives(chat, "promote", account="anna", classes="moderator")
    anna.sends("NS DROP correct-horse")
    assert chat.network.accounts.get("anna") is None
    assert gives(chat, "administrators") == []
    assert not anna.session.user.may("ban")
    chat.check()


def test_a_closed_channel(chat):
    anna, bob = registered(chat, "anna"), chat.irc("bob")
    anna.sends("JOIN #tea", "TOPIC #tea :Earl Grey", "CS REGISTER #tea")
    bob.sends("JOIN #tea")
    chat.forget()
    assert gives(chat, "close", channel="#TEA", reason="enough") == "#tea is closed"
    assert any("KICK #tea bob :enough" in line for line in bob.sees())
    assert chat.network.channel("#tea") is None
    chat.check()


def test_a_channel_in_which_nobody_is_ends_by_the_same(chat):
    anna = chat.irc("anna", join="#tea")
    anna.sends("TOPIC #tea :rude", "PART #tea")
    gives(chat, "close", channel="#tea")
    assert chat.network.channel("#tea") is None
    assert "JOIN" in anna.asks("JOIN #tea")[0]
    chat.check()


def test_killed_even_if_always_on(chat):
    anna = registered(chat, "anna")
    anna.sends("PERSISTENCE SET ON")
    gives(chat, "kill", nick="anna", reason="spam")
    assert chat.network.user("anna") is None
    assert anna.closed
    chat.check()


def test_bans_invitations_and_reports(chat):
    neighbour = chat.irc("bob", host="10.1.2.3")
    assert "1 connections ended" in gives(chat, "ban", target="10.0.0.0/8", time="1h")
    assert neighbour.closed
    gives(chat, "unban", kind="address", mask="10.0.0.0/8")
    invite = gives(chat, "invite", channel="#tea", uses=2)
    assert (invite["by"], invite["uses"]) == ("hubbub-admin", 2)
    gives(chat, "revoke", id=invite["id"])
    carl = chat.irc("carl")
    carl.sends("REPORT bob :wrote nonsense")
    (report,) = gives(chat, "reports")
    assert (report["by"], report["target"], report["text"]) == ("carl", "bob", "wrote nonsense")
    gives(chat, "close-report", id=report["id"], note="ok")
    assert gives(chat, "reports")[0]["note"] == "ok"
    actions = [act["action"] for act in gives(chat, "audit", count=9)]
    assert actions == ["close-report", "revoke", "invite", "unban", "ban"]
    assert {act["by"] for act in gives(chat, "audit")} == {"hubbub-admin"}
    chat.check()


def test_reports(chat):
    anna = chat.irc("anna")
    watcher = chat.irc("watcher")
    chat.makes_operator(watcher, "helper")
    watcher.sends("MODE watcher +s")
    chat.forget()
    bob = chat.plain("Bob")
    assert "have your report" in bob.asks("/report anna is rude")[-1]
    assert any("Bob reports anna: is rude" in line for line in watcher.sees())
    assert "Use it like this" in bob.asks("/report anna")[-1]
    assert "NOTE REPORT REPORTED" in anna.asks("REPORT #tea :all noise")[0]
    assert "INVALID_PARAMS" in anna.asks("REPORT bob :")[0]
    told = [anna.asks(f"REPORT x{number} :text")[0] for number in range(6)]
    assert "TOO_MANY" in told[-1]
    chat.check()


def test_the_life_of_an_account(chat):
    password = {"password": "correct-horse"}
    assert gives(chat, "create", account="anna", **password) == "Account anna created"
    assert "taken" in refused(chat, "create", account="anna", **password)
    assert gives(chat, "passwd", account="anna", password="y" * 440) == (
        "The password of anna is changed"
    )
    anna = chat.irc("guest")
    assert anna.asks(f"NS IDENTIFY anna {'y' * 400}")[-1].endswith("Wrong name or password")
    assert " 900 " in anna.asks(f"NS IDENTIFY anna {'y' * 440}")[0]
    (listed,) = gives(chat, "accounts")
    assert (listed["account"], listed["connections"], listed["channels"]) == ("anna", 1, [])
    anna.sends("JOIN #tea", "CS REGISTER #tea")
    assert gives(chat, "accounts")[0]["channels"] == ["#tea"]
    assert gives(chat, "show", account="anna")["channels"] == ["#tea"]
    assert "stays taken" in gives(chat, "delete", account="anna")
    assert "no account anna" in refused(chat, "delete", account="anna")
    assert "may be had again" in gives(chat, "delete", account="anna", erase=True)
    gives(chat, "create", account="anna", **password)
    assert "may be had again" in gives(chat, "delete", account="anna", erase=True)
    assert "no account anna" in refused(chat, "delete", account="anna", erase=True)
    chat.check()


def test_an_address_is_taken_as_proved(chat):
    gives(chat, "create", account="anna", password="correct-horse", email="anna@example.org")
    assert gives(chat, "accounts")[0]["email"] == "anna@example.org"
    assert gives(chat, "verify", account="anna") == "Account anna verified"
    chat.check()


def test_the_audit_log_has_neither_passwords_nor_addresses(chat):
    gives(chat, "create", account="anna", password="correct-horse", email="anna@example.org")
    gives(chat, "passwd", account="anna", password="another-horse")
    gives(chat, "delete", account="anna", erase=True)
    acts = [(act["action"], act["target"], act["detail"]) for act in gives(chat, "audit")]
    assert acts == [
        ("delete", "anna", "erase"), ("passwd", "anna", ""), ("create", "anna", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("passwd", {"password": "correct-horse"}),
        ("suspend", {}),
        ("delete", {}),
        ("delete", {"erase": True}),
    ],
)
def test_nobody_gets_an_account_that_may_do_more(chat, name, words):
    gives(chat, "create", account="anna", password="correct-horse")
    gives(chat, "promote", account="anna")
    manager = By(7, "mod!m@example.org", "10.0.0.1", ("accounts", "see"))
    with pytest.raises(Refused) as caught:
        list(obey(chat.hub.context, manager, name, {"account": "anna", **words}))
    assert caught.value.code == "NO_PERMISSIONS"
    assert gives(chat, "audit")[0]["action"] == "promote"


@pytest.mark.parametrize("command", ["SAPASSWD anna x-horse-x", "SUSPEND anna", "SADROP anna",
                                     "ERASE anna"])  # fmt: skip
def test_nor_by_nickserv(chat, command):
    gives(chat, "create", account="anna", password="correct-horse")
    gives(chat, "promote", account="anna", classes="helper")
    manager, chief = chat.irc("manager"), chat.irc("chief")
    chat.makes_operator(manager, "accounts")
    chat.makes_operator(chief, "admin")
    assert "anna administers this server" in manager.asks(f"NS {command}")[-1]
    assert "anna administers this server" not in chief.asks(f"NS {command}")[-1]
    chat.check()


@pytest.mark.parametrize(
    "command",
    ["KILL anna", "SANICK anna other", "UBAN ADD anna", "KLINE anna!*@*", "UBAN ADD *!*anna@*"],
)
def test_nor_are_administrators_removed_by_those_who_may_less(chat, command):
    anna = registered(chat, "anna")
    gives(chat, "promote", account="anna")
    manager = chat.irc("manager")
    chat.makes_operator(manager, "moderator", "accounts", "ban", "kill")
    assert "anna administers this server" in manager.asks(command)[-1]
    assert not anna.closed
    assert chat.network.user("anna") is anna.session.user


@pytest.mark.parametrize(
    ("name", "words"), [("kill", {"nick": "anna"}), ("ban", {"target": "anna"})]
)
def test_nor_by_an_order(chat, name, words):
    registered(chat, "anna")
    gives(chat, "promote", account="anna")
    moderator = By(7, "mod!m@example.org", "10.0.0.1", ("ban", "kill"))
    with pytest.raises(Refused, match="anna administers this server"):
        list(obey(chat.hub.context, moderator, name, words))
    assert chat.network.user("anna") is not None


def test_an_order_needs_its_privilege(chat):
    for name in ORDERS:
        nobody = By(7, "eve!e@example.org", "10.0.0.1", ())
        with pytest.raises(Refused) as caught:
            list(obey(chat.hub.context, nobody, name, {}))
        assert caught.value.code == "NO_PERMISSIONS", name


@pytest.mark.parametrize("order", ["", "[]", "{}", '{"order":5,"words":{}}', "[" * 3900])
def test_what_is_no_order(chat, order):
    chat.hub.context.control.token = "word"
    said = _connection(chat).asks(f"@+order={escape_tag(order)} CONTROL word")
    assert "That order was not understood" in said[0]
    chat.check()


def test_the_audit_log_names_the_target_whatever_the_order_of_the_words(chat):
    chat.irc("bob")
    gives(chat, "kill", reason="spam", nick="bob")
    (act,) = gives(chat, "audit")
    assert (act["target"], act["detail"]) == ("bob", "spam")


def test_for_ever_and_a_day(chat):
    """What is longer than any calendar is cut, in what is done as in what is shown of it."""
    registered(chat, "anna")
    gives(chat, "ban", target="10.0.0.0/8", time="999999y")
    gives(chat, "suspend", account="anna", time="999999y999999y")
    (ban,) = gives(chat, "bans")
    assert ban["until"].startswith("2123-")
    oper = chat.irc("oper")
    chat.makes_operator(oper)
    assert "until 2123-" in oper.asks("UBAN LIST")[-1]
    assert "until 2123-" in oper.asks("NS INFO anna")[-1]
    assert "suspended" in oper.asks("NS SUSPEND anna 99999999999 noise")[-1]
    assert oper.asks("NS INFO anna")[-1].endswith(": noise")
    chat.check()


def test_a_banned_account_is_not_here_without_a_connection_either(chat):
    anna, bea = registered(chat, "anna"), registered(chat, "bea")
    for each in (anna, bea):
        each.sends("PERSISTENCE SET ON", "JOIN #tea")
    bea.sends("QUIT")
    gives(chat, "ban", target="anna")
    oper = chat.irc("oper")
    chat.makes_operator(oper)
    oper.sends("UBAN ADD bea")
    assert anna.closed
    assert list(chat.network.nicks) == ["oper"]
    chat.check()


def test_an_account_is_bound_to_one_subject_of_the_issuer():
    chat = Chat(oauth__issuer="me")
    registered(chat, "anna")
    registered(chat, "bob")
    assert (
        gives(chat, "bind", account="anna", subject="42") == "Tokens of me about 42 log in to anna"
    )
    assert chat.network.accounts.with_identity("me", "42").name == "anna"
    assert "bound to anna" in refused(chat, "bind", account="bob", subject="42")
    gives(chat, "bind", account="anna", subject="43")
    assert chat.network.accounts.with_identity("me", "42") is None
    chat.check()
