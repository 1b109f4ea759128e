"""Ownership of nicks: reservation, grouping, recovery."""

import pytest
from people import PASSWORD, account, cheap_chat, codes, connecting, logged_in, plain
from test_registering import said


@pytest.fixture
def chat():
    chat = cheap_chat()
    account(chat, "alice")
    yield chat
    chat.check()


@pytest.mark.parametrize("nick", ["alice", "Alice", "аlice", "a1ice"])  # Cyrillic a; a digit
def test_a_nick_of_an_account_is_for_its_owner(chat, nick):
    stranger = connecting(chat)
    lines = stranger.asks(f"NICK {nick}", "USER x 0 * :x")
    assert lines == [
        f":hubbub.local 433 * {nick} :Nickname belongs to an account: log in to it first"
    ]
    other = chat.irc("bob")
    assert codes(other.asks(f"NICK {nick}")) == ["433"]


def test_the_owner_has_it(chat):
    alice = logged_in(chat, "alice", nick="somebody")
    assert codes(alice.asks("NICK alice")) == ["NICK"]


def test_a_login_while_capabilities_are_negotiated_comes_in_time(chat):
    client = connecting(chat)
    lines = client.asks("CAP LS 302", "NICK alice", "USER alice 0 * :Alice")
    assert set(codes(lines)) == {"CAP"}
    client.sends("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}")
    assert "001" in codes(client.asks("CAP END"))


def test_without_a_login_it_is_refused_at_the_end(chat):
    client = connecting(chat)
    client.sends("CAP LS 302", "NICK alice", "USER alice 0 * :Alice")
    assert codes(client.asks("CAP END")) == ["433"]
    assert "001" in codes(client.asks("NICK bob"))


def test_reservation_may_be_off_for_all_or_for_one():
    chat = cheap_chat(nick_reservation="none")
    account(chat, "alice")
    assert "001" in codes(connecting(chat).asks("NICK alice", "USER x 0 * :x"))
    chat = cheap_chat()
    account(chat, "alice")
    logged_in(chat, "alice").sends(f"NS SET enforce none {PASSWORD}", "QUIT")
    assert "001" in codes(connecting(chat).asks("NICK alice", "USER x 0 * :x"))


def test_names_of_the_services_are_for_nobody(chat):
    for nick in ("NickServ", "nickserv", "ChanServ", "Nick5erv", "ChɑnServ", "Global"):
        lines = connecting(chat).asks(f"NICK {nick}", "USER x 0 * :x")
        assert codes(lines)[0] in ("432", "001")
        assert (codes(lines)[0] == "001") == (nick == "Nick5erv")  # 5 is not like S here


def test_who_logs_out_gives_the_nick_up(chat):
    alice = logged_in(chat, "alice")
    lines = alice.asks("NS LOGOUT")
    assert codes(lines) == ["NICK", "901", "NOTICE"]
    assert alice.session.nick.startswith("Guest")
    bob = logged_in(chat, "alice", nick="bob")
    assert codes(bob.asks("NS LOGOUT")) == ["901", "NOTICE"]  # bob belongs to nobody


def test_more_nicks_for_one_account(chat):
    alice = logged_in(chat, "alice", nick="ally")
    assert said(alice.asks("NS GROUP")) == ["ally belongs to your account now"]
    assert said(alice.asks("NS GROUP")) == ["It is yours already"]
    alice.sends("QUIT")
    assert codes(connecting(chat).asks("NICK ally", "USER x 0 * :x")) == ["433"]
    # The nick is as good as the name for logging in.
    client = connecting(chat)
    assert "903" in codes(client.asks("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('ally')}"))
    alice = logged_in(chat, "alice")
    assert said(alice.asks("NS UNGROUP alice")) == ["That is not one of your grouped nicks"]
    assert said(alice.asks("NS UNGROUP ally")) == ["ally no longer belongs to your account"]
    assert "001" in codes(connecting(chat).asks("NICK ally", "USER x 0 * :x"))


def test_so_many_nicks_and_no_more():
    chat = cheap_chat(nicks=2)
    account(chat, "alice")
    alice = logged_in(chat, "alice")
    answers = [said(alice.asks(f"NICK other{n}", "NS GROUP"))[0] for n in range(3)]
    assert answers[1] == "other1 belongs to your account now"
    assert answers[2].startswith("You have as many nicks")


def test_ghost_and_recover(chat):
    ghost = logged_in(chat, "alice")
    alice = logged_in(chat, "alice", nick="alice2")
    assert said(alice.asks("NS GHOST alice2")) == ["That is you"]
    assert said(alice.asks("NS GHOST alice")) == ["alice is free"]
    assert ghost.sees()[-1] == "ERROR :Closing link: Ghosted by alice2"
    assert ghost.closed
    ghost = logged_in(chat, "alice")
    lines = alice.asks("NS RECOVER alice")
    assert ":alice2!~alice@127.0.0.1 NICK alice" in lines
    assert said(lines) == ["You are alice now"]
    assert ghost.closed


def test_nobody_ghosts_a_stranger(chat):
    chat.irc("bob")
    alice = logged_in(chat, "alice")
    assert said(alice.asks("NS GHOST bob")) == ["bob is not yours"]
    assert said(alice.asks("NS GHOST nobody")) == ["Nobody is called nobody"]


def test_who_uses_a_nick_before_it_is_registered_can_be_made_to_leave(chat):
    chat.irc("ally")
    alice = logged_in(chat, "alice")
    # Nobody groups a nick that somebody else uses: NS GROUP is about one's own.
    assert said(alice.asks("NS GHOST ally")) == ["ally is not yours"]


def test_pass_logs_in_clients_without_sasl(chat):
    client = connecting(chat)
    lines = client.asks(f"PASS alice:{PASSWORD}", "NICK alice", "USER alice 0 * :Alice")
    assert codes(lines)[:2] == ["900", "001"]
    wrong = connecting(chat)
    lines = wrong.asks("PASS alice:wrong", "NICK alice", "USER alice 0 * :Alice")
    assert codes(lines)[0] == "464"
    assert lines[-1].startswith("ERROR ")
    assert wrong.closed


def test_only_who_logs_in_may_enter():
    chat = cheap_chat(required=True)
    client = connecting(chat)
    lines = client.asks("CAP LS 302", "NICK alice", "USER alice 0 * :Alice", "CAP END")
    assert lines[-1].startswith(":hubbub.local FAIL * ACCOUNT_REQUIRED :")
    lines = client.asks(f"REGISTER * * {PASSWORD}")
    assert codes(lines)[:3] == ["REGISTER", "900", "001"]
    again = connecting(chat)
    again.sends("NICK alice", "USER alice 0 * :Alice")
    lines = again.asks("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}")
    assert codes(lines)[:4] == ["AUTHENTICATE", "900", "903", "001"]
    assert "draft/ACCOUNTREQUIRED" in " ".join(lines)
    chat.check()


def test_a_nick_is_free_though_its_holder_is_always_on(chat):
    ghost = logged_in(chat, "alice")
    ghost.sends("PERSISTENCE SET ON", "NS SET multiclient off")
    alice = chat.irc("alice2")
    alice.sends(f"NS IDENTIFY alice {PASSWORD}")
    assert said(alice.asks("NS GHOST alice")) == ["alice is free"]
    assert chat.network.user("alice") is None
    alice.sends("NS SET always-on off")
    logged_in(chat, "alice")
    assert said(alice.asks("NS RECOVER alice")) == ["You are alice now"]
