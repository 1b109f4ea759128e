"""Several connections of one user, and users who stay without any."""

import pytest
from harness import START, FullLog
from people import PASSWORD, account, cheap_chat, codes, connecting, logged_in, plain, restart
from test_registering import said

from hubbub.events.kinds import ServerStarted, SessionAttached, SessionDetached, UserConnected


@pytest.fixture
def chat():
    chat = cheap_chat()
    account(chat, "alice")
    yield chat
    chat.check()


def test_a_second_connection_is_in_the_same_channels(chat):
    first = logged_in(chat, "alice")
    first.sends("JOIN #tea", "TOPIC #tea :leaves", "JOIN #pot")
    second = connecting(chat)
    second.sends("CAP LS 302", "CAP REQ extended-join", "NICK alice", "USER alice 0 * :Alice",
                 "AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}")  # fmt: skip
    lines = second.asks("CAP END")
    assert "001" in codes(lines)
    # In the form that this connection understands.
    assert ":alice!~alice@127.0.0.1 JOIN #tea alice :alice Real" in lines
    assert ":hubbub.local 332 alice #tea leaves" in lines
    assert ":hubbub.local 353 alice = #tea @alice" in lines
    assert len(chat.network.users) == 1
    assert chat.network.attached == 2


def test_what_one_connection_does_the_others_see(chat):
    bob = chat.irc("bob", join="#tea")
    first, second = logged_in(chat, "alice"), logged_in(chat, "alice")
    first.sends("JOIN #tea")
    assert codes(second.sees()) == ["JOIN"]
    chat.forget()
    first.sends("PRIVMSG #tea :hello")
    assert first.sees_nothing()  # no echo-message
    assert second.sees() == [":alice!~alice@127.0.0.1 PRIVMSG #tea :hello"] == bob.sees()
    first.sends("PRIVMSG bob :psst")
    assert first.sees_nothing()
    assert second.sees() == [":alice!~alice@127.0.0.1 PRIVMSG bob :psst"] == bob.sees()
    bob.sends("PRIVMSG alice :yes?")
    assert first.sees() == second.sees() == [":bob!~bob@127.0.0.1 PRIVMSG alice :yes?"]
    second.sends("PRIVMSG alice :note to self")
    assert first.sees() == second.sees() == [":alice!~alice@127.0.0.1 PRIVMSG alice :note to self"]
    second.sends("NICK alicia")
    assert first.sees() == second.sees() == [":alice!~alice@127.0.0.1 NICK alicia"]
    second.sends("PART #tea")
    assert codes(first.sees()) == codes(second.sees()) == ["PART"]


def test_the_person_quits_with_the_last_connection(chat):
    bob = chat.irc("bob", join="#tea")
    first, second = logged_in(chat, "alice"), logged_in(chat, "alice")
    first.sends("JOIN #tea")
    chat.forget()
    lines = first.asks("QUIT :one out")
    assert codes(lines)[0] == "QUIT"
    assert lines[-1].startswith("ERROR")
    assert second.sees_nothing()
    assert bob.sees_nothing()
    assert chat.network.user("alice") is not None
    second.drops()
    assert bob.sees() == [":alice!~alice@127.0.0.1 QUIT :Connection reset by peer"]


def test_what_was_gone_hears_nothing_more(chat):
    first, second = logged_in(chat, "alice"), logged_in(chat, "alice")
    first.sends("JOIN #tea")
    chat.irc("bob", join="#tea").sends("PRIVMSG #tea :one")
    first.drops()
    chat.forget()
    chat.network.user("bob")
    chat.irc("carol", join="#tea").sends("PRIVMSG #tea :two")
    assert first.sees_nothing()
    assert any(line.endswith(":two") for line in second.sees())


def test_a_connection_with_netcat_joins_the_one_with_an_application(chat):
    first = logged_in(chat, "alice")
    first.sends("JOIN #tea")
    person = chat.connects_plain()
    person.sends(f"/login alice {PASSWORD}")
    lines = person.sees()
    assert any("You are now logged in as alice" in line for line in lines)
    assert "* alice joined #tea" in lines
    person.sends("hello")
    assert first.sees()[-1].endswith("PRIVMSG #tea :hello")
    assert len(chat.network.users) == 1


def test_two_persons_do_not_share_a_nick(chat):
    account(chat, "bob")
    logged_in(chat, "alice", nick="shared")
    client = connecting(chat)
    client.sends("CAP LS 302", "NICK shared", "USER bob 0 * :Bob", "AUTHENTICATE PLAIN",
                 f"AUTHENTICATE {plain('bob')}")  # fmt: skip
    assert codes(client.asks("CAP END")) == ["433"]


def test_nobody_changes_the_account_under_the_other_connections(chat):
    account(chat, "bob")
    first = logged_in(chat, "alice")
    logged_in(chat, "alice")
    lines = first.asks("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('bob')}")
    assert codes(lines) == ["AUTHENTICATE", "904"]
    assert chat.network.user("alice").account == "alice"


def test_who_shares_a_nick_makes_no_account_for_the_others(chat):
    first, _ = logged_in(chat, "alice"), logged_in(chat, "alice")
    first.sends("NS LOGOUT")
    lines = first.asks(f"REGISTER * * {PASSWORD}")
    assert codes(lines) == ["REGISTER", "FAIL"]
    assert lines[-1].endswith("You share your nick with other connections: close them, or log out")


def test_sharing_can_be_turned_off(chat):
    first = logged_in(chat, "alice")
    first.sends("NS SET multiclient off")
    client = connecting(chat)
    client.sends("CAP LS 302", "NICK alice", "USER alice 0 * :Alice", "AUTHENTICATE PLAIN",
                 f"AUTHENTICATE {plain('alice')}")  # fmt: skip
    assert codes(client.asks("CAP END")) == ["433"]
    server = cheap_chat(multiclient=False)
    account(server, "alice")
    logged_in(server, "alice")
    with pytest.raises(AssertionError):
        logged_in(server, "alice")


def test_ones_connections_can_be_seen_and_ended(chat):
    first = logged_in(chat, "alice")
    second = logged_in(chat, "alice", host="192.0.2.7", tls=True)
    lines = said(first.asks("NS SESSIONS"))
    assert lines[-1] == "2 connection(s)"
    assert "this one" in lines[0]
    assert "192.0.2.7" in lines[1]
    assert "TLS" in lines[1]
    number = lines[1].partition(":")[0]
    assert said(first.asks("NS SESSIONS LOGOUT 999")) == [
        "That is not the number of one of your connections"
    ]
    first.sends(f"NS SESSIONS LOGOUT {number}")
    assert second.closed
    assert not first.closed


def test_secure_means_every_connection(chat):
    logged_in(chat, "alice", tls=True)
    user = chat.network.user("alice")
    assert user.secure
    second = logged_in(chat, "alice")
    assert not user.secure
    second.sends("QUIT")
    assert user.secure


# -- staying ---------------------------------------------------------------------------------


def always_on(chat, join="#tea"):
    alice = logged_in(chat, "alice", caps="draft/persistence")
    alice.sends("NS SET always-on on", f"JOIN {join}")
    chat.forget()
    return alice


def test_who_is_always_on_stays_without_a_connection(chat):
    bob = chat.irc("bob", join="#lobby", caps="away-notify")
    alice = always_on(chat, "#lobby")
    alice.sends("QUIT")
    assert bob.sees() == [":alice!~alice@127.0.0.1 AWAY :Not connected"]
    assert ":hubbub.local 353 bob = #lobby :@bob alice" in bob.asks("NAMES #lobby")
    assert ":hubbub.local 301 bob alice :Not connected" in bob.asks("PRIVMSG alice :hello")
    chat.forget()
    again = logged_in(chat, "alice")
    assert bob.sees() == [":alice!~alice@127.0.0.1 AWAY"]
    assert chat.network.attached == 2
    assert again.session.user.channels == {"#lobby"}


def test_who_is_always_on_leaves_a_full_disk_too():
    log = FullLog()
    chat = cheap_chat(log)
    account(chat, "alice")
    alice = always_on(chat)
    bob = chat.irc("bob", join="#tea", caps="away-notify")
    log.full = True
    bob.sends("PRIVMSG #tea :the last thing before")
    assert "LOG_FULL" in bob.asks("PRIVMSG #tea :hello")[0]
    alice.drops()
    assert bob.sees() == [":alice!~alice@127.0.0.1 AWAY :Not connected"]
    chat.check()


def test_auto_away_can_be_turned_off_and_leaves_other_words_alone(chat):
    bob = chat.irc("bob", join="#tea", caps="away-notify")
    alice = always_on(chat)
    alice.sends("AWAY :at lunch")
    chat.forget()
    alice.sends("QUIT")
    assert bob.sees_nothing()
    assert chat.network.user("alice").away == "at lunch"
    alice = logged_in(chat, "alice")
    assert bob.sees() == [":alice!~alice@127.0.0.1 AWAY"]
    assert chat.network.user("alice").away is None
    alice.sends("NS SET auto-away off")
    chat.forget()
    alice.sends("QUIT")
    assert bob.sees_nothing()


def test_away_belongs_to_a_connection(chat):
    bob = chat.irc("bob", join="#tea", caps="away-notify")
    phone = always_on(chat)
    desk = logged_in(chat, "alice")
    chat.forget()
    assert phone.asks("AWAY :lunch") == [
        ":hubbub.local 306 alice :You have been marked as being away"
    ]
    assert bob.sees_nothing()
    assert [line.split()[1] for line in bob.asks("PRIVMSG alice :there?")] == []
    desk.sends("AWAY :tea")
    assert bob.sees() == [":alice!~alice@127.0.0.1 AWAY :tea"]
    phone.sends("AWAY")
    assert bob.sees() == [":alice!~alice@127.0.0.1 AWAY"]
    phone.sends("QUIT")
    assert bob.sees() == [":alice!~alice@127.0.0.1 AWAY :tea"]
    desk.sends("QUIT")
    assert bob.sees_nothing()
    chat.check()


def test_a_restart_keeps_who_is_always_on(chat):
    always_on(chat)
    chat.irc("carol", join="#tea")
    restarted = restart(chat)
    assert [user.nick for user in restarted.network.users.values()] == ["alice"]
    assert restarted.network.attached == 0
    assert restarted.network.user("alice").away == "Not connected"
    assert sorted(restarted.network.channels) == ["#tea"]
    again = logged_in(restarted, "alice")
    assert again.session.user.channels == {"#tea"}
    restarted.check()


def nicks(chat):
    return [user.nick for user in chat.network.users.values()]


def test_an_account_that_is_always_on_is_one_person_under_any_nick(chat):
    always_on(chat)
    for number in range(20):
        other = logged_in(chat, "alice", nick=f"ghost{number}")
        assert other.session.nick == "alice"
        assert other.session.user.channels == {"#tea"}
        other.drops()
    assert nicks(chat) == ["alice"]


def test_what_is_sent_to_any_nick_of_the_account_reaches_the_person(chat):
    bob = chat.irc("bob", join="#tea")
    alice = always_on(chat)
    alice.sends("NICK ally", "NS GROUP", "NICK alice_phone")
    phone = logged_in(chat, "alice")
    chat.forget()
    for nick in ("alice_phone", "alice", "ALLY"):
        bob.sends(f"PRIVMSG {nick} :to {nick}")
        told = f":bob!~bob@127.0.0.1 PRIVMSG alice_phone :to {nick}"
        assert alice.sees() == phone.sees() == [told]
    assert bob.asks("WHOIS ally")[0].startswith(":hubbub.local 311 bob alice_phone ~alice ")
    assert ":hubbub.local 353 bob = #tea :@bob alice_phone" in bob.asks("NAMES #tea")


def test_nicks_of_others_are_nobodys_alias(chat):
    bob = chat.irc("bob")
    logged_in(chat, "alice").sends("NICK ally")  # not always on
    assert codes(bob.asks("PRIVMSG alice :hello")) == ["401"]


LATE = "late!~late@127.0.0.1"
ALICE = "alice!~alice@127.0.0.1"


def without_prefix(lines):
    return [line.removeprefix(":hubbub.local ") for line in lines]


def test_who_logs_in_later_goes_on_as_the_person_of_the_account(chat):
    """A transcript: what the connection is told, and what the others see."""
    always_on(chat).sends("QUIT")
    bob = chat.irc("bob", join="#tea,#pot,#cup")
    late = chat.irc("late", join="#tea,#pot,#new")
    chat.forget()
    lines = without_prefix(late.asks("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}"))
    assert lines == [
        "AUTHENTICATE +",
        f"900 late {LATE} alice :You are now logged in as alice",
        "903 late :SASL authentication successful",
        f":{LATE} PART #new",
        f":{LATE} PART #pot",
        f":{LATE} PART #tea",
        f":{LATE} NICK alice",
        f":{ALICE} JOIN #new",
        "MODE #new +o alice",
        f":{ALICE} JOIN #pot",
        f":{LATE} QUIT :Logged in as alice",
        "353 alice = #new @alice",
        "366 alice #new :End of /NAMES list",
        "353 alice = #pot :@bob alice",
        "366 alice #pot :End of /NAMES list",
        f":{ALICE} JOIN #tea",
        "353 alice = #tea :@alice bob",
        "366 alice #tea :End of /NAMES list",
    ]
    assert bob.sees() == [
        f":{ALICE} JOIN #pot",
        f":{LATE} QUIT :Logged in as alice",
    ]
    assert late.session.user.channels == {"#tea", "#pot", "#new"}
    assert nicks(chat) == ["alice", "bob"]
    late.sends("PRIVMSG #pot :hello")
    assert bob.sees() == [f":{ALICE} PRIVMSG #pot :hello"]
    late.drops()
    assert nicks(chat) == ["alice", "bob"]
    assert chat.network.user("alice").away == "Not connected"


def test_who_was_there_before_the_person_of_the_account_goes_on_as_it_too(chat):
    early = chat.irc("early", join="#pot")
    alice = always_on(chat)
    early.sends(f"NS IDENTIFY alice {PASSWORD}")
    assert nicks(chat) == ["alice"]
    assert early.session.user is alice.session.user
    bob = chat.irc("bob")
    chat.forget()
    bob.sends("PRIVMSG alice :hi")
    assert early.sees() == alice.sees() == [":bob!~bob@127.0.0.1 PRIVMSG alice :hi"]


def test_by_netcat_too(chat):
    always_on(chat).sends("QUIT")
    late = chat.plain("late")
    late.sends(f"/login alice {PASSWORD}", "hello")
    assert nicks(chat) == ["alice"]
    bob = chat.irc("bob", join="#tea")
    late.sends("/join #tea", "good morning")
    assert bob.sees()[-1] == f":{ALICE} PRIVMSG #tea :good morning"


def test_a_ban_is_not_passed_by_logging_in(chat):
    alice = always_on(chat)
    bob = chat.irc("bob", join="#pot")
    bob.sends("MODE #pot +b alice!*@*")
    late = chat.irc("late", join="#pot")
    chat.forget()
    late.sends(f"NS IDENTIFY alice {PASSWORD}")
    assert late.session.user is alice.session.user
    assert f":{LATE} PART #pot" in late.sees()
    assert late.session.user.channels == {"#tea"}


def test_what_a_guest_has_goes_along(chat):
    always_on(chat).sends("QUIT")
    late = chat.irc("late", join="#pot", caps="draft/read-marker")
    late.sends("MARKREAD #pot timestamp=2023-11-14T22:13:20.000Z")
    late.sends(f"NS IDENTIFY alice {PASSWORD}")
    assert chat.network.markers == {"alice": {"#pot": START}}


def test_who_wants_one_connection_only_may_free_the_name(chat):
    always_on(chat).sends("NS SET multiclient off")
    late = chat.irc("late")
    late.sends(f"NS IDENTIFY alice {PASSWORD}")
    assert nicks(chat) == ["alice", "late"]
    assert said(late.asks("NS GHOST alice")) == ["alice is free"]


@pytest.mark.parametrize("order", ["NS SET always-on off", "PERSISTENCE SET OFF"])
def test_turned_off_who_has_no_connection_leaves_at_once(chat, order):
    bob = chat.irc("bob", join="#tea")
    alice, other = logged_in(chat, "alice"), logged_in(chat, "alice", nick="other")
    alice.sends("JOIN #tea", "NS SET always-on on", "QUIT")
    chat.forget()
    other.sends(order)
    assert bob.sees() == [f":{ALICE} QUIT :No longer always on"]
    assert nicks(chat) == ["bob", "other"]


# -- the nicks that connections ask for ------------------------------------------------------


def test_the_nick_asked_for_at_a_login_is_an_alias_while_the_connection_lasts(chat):
    bob = chat.irc("bob")
    alice = always_on(chat)
    phone = logged_in(chat, "alice", nick="phone")
    again = logged_in(chat, "alice", nick="Phone")
    chat.forget()
    bob.sends("PRIVMSG phone :hello")
    assert alice.sees() == phone.sees() == [":bob!~bob@127.0.0.1 PRIVMSG alice :hello"]
    assert "311 bob alice ~alice" in bob.asks("WHOIS phone")[0]
    for taken in ("phone", "PHONE", "phοne"):  # the last one has a Greek o
        assert codes(bob.asks(f"NICK {taken}")) == ["433"]
    phone.drops()
    assert codes(bob.asks("PRIVMSG phone :still?")) == []
    again.drops()
    assert codes(bob.asks("PRIVMSG phone :hello")) == ["401"]
    assert codes(bob.asks("NICK phone")) == ["NICK"]
    assert codes(bob.asks("NICK phοne")) == ["NICK"]


def test_a_nick_of_somebody_else_is_no_alias(chat):
    account(chat, "bob")
    alice = always_on(chat)
    carol = chat.irc("carol")
    for nick in ("bob", "carol"):
        logged_in(chat, "alice", nick=nick)
    chat.forget()
    carol.sends("PRIVMSG carol :to myself")
    assert alice.sees_nothing()
    assert codes(carol.asks("PRIVMSG bob :hello")) == ["401"]


def test_the_former_nick_of_who_logs_in_later_is_an_alias(chat):
    bob = chat.irc("bob", caps="batch draft/chathistory server-time message-tags")
    always_on(chat)
    late = chat.irc("late")
    late.sends(f"NS IDENTIFY alice {PASSWORD}")
    chat.forget()
    bob.sends("PRIVMSG late :are you there?")
    assert late.sees() == [":bob!~bob@127.0.0.1 PRIVMSG alice :are you there?"]
    assert any("are you there?" in line for line in bob.asks("CHATHISTORY LATEST late * 5"))


def test_who_watches_any_nick_of_the_person_is_told(chat):
    bob = chat.irc("bob")
    online, offline = ":hubbub.local 730 bob {}!~alice@127.0.0.1", ":hubbub.local 731 bob {}"
    assert bob.asks("MONITOR + alice,ally,phone,carol") == [
        offline.format("alice,ally,phone,carol")
    ]
    alice = logged_in(chat, "alice")
    assert bob.sees() == [online.format("alice")]
    alice.sends("NICK ally")
    assert bob.sees() == [offline.format("alice"), online.format("ally")]
    alice.sends("NS SET always-on on")
    assert bob.sees() == [online.format("alice")]  # the name of the account is a nick of it
    alice.sends("NS GROUP", "NICK carol")  # ally remains
    assert bob.sees() == [online.format("carol")]
    phone = logged_in(chat, "alice", nick="Phone")
    assert bob.sees() == [online.format("phone")]
    assert bob.asks("MONITOR S") == [
        ":hubbub.local 730 bob alice!~alice@127.0.0.1,ally!~alice@127.0.0.1,"
        "phone!~alice@127.0.0.1,carol!~alice@127.0.0.1"
    ]
    phone.drops()
    assert bob.sees() == [offline.format("phone")]
    alice.sends("NS UNGROUP ally")
    assert bob.sees() == [offline.format("ally")]
    alice.drops()
    assert bob.sees_nothing()
    alice = logged_in(chat, "alice", nick="phone")
    assert bob.sees() == [online.format("phone")]
    alice.sends("NS SET always-on off")
    assert bob.sees() == [offline.format("alice")]
    alice.sends("QUIT")
    assert bob.sees() == [offline.format("carol"), offline.format("phone")]


def test_who_watches_somebody_who_logs_in_later_sees_them_stay(chat):
    always_on(chat)
    bob = chat.irc("bob")
    late = chat.irc("late")
    bob.asks("MONITOR + late,alice")
    late.sends(f"NS IDENTIFY alice {PASSWORD}")
    assert bob.sees_nothing()
    late.drops()
    assert bob.sees() == [":hubbub.local 731 bob late"]


def test_who_watches_the_nick_of_a_deleted_account_is_told(chat):
    alice = always_on(chat)
    alice.sends("NICK ally")
    bob = chat.irc("bob")
    bob.asks("MONITOR + alice,ally")
    alice.sends(f"NS DROP {PASSWORD}")
    assert bob.sees() == [":hubbub.local 731 bob alice"]


def test_a_restart_ends_the_aliases_of_connections(chat):
    always_on(chat)
    logged_in(chat, "alice", nick="phone")
    restarted = restart(chat)
    assert restarted.network.person("phone") is None
    assert restarted.irc("phone").session.nick == "phone"
    restarted.check()


def test_old_logs_with_several_people_of_an_account_open(chat):
    always_on(chat)
    with chat.hub.lock:  # as a server before this rule recorded it
        id = chat.network.position + 1
        other = UserConnected(
            id, 900, "ghost", "~g", "host", "Ghost", "192.0.2.1:5", False, "alice"
        )
        chat.hub.recorder.record_all_locked([
            other, SessionDetached(id, 900), ServerStarted("0.1.0"),
            SessionAttached(id, 901, "192.0.2.1:6"), SessionDetached(id, 901),
        ])  # fmt: skip
    chat.settle()
    assert nicks(restart(chat)) == ["alice"]


def test_turned_off_the_person_quits_as_others_do(chat):
    bob = chat.irc("bob", join="#tea")
    alice = always_on(chat)
    alice.sends("NS SET always-on off")
    chat.forget()
    alice.sends("QUIT")
    assert codes(bob.sees()) == ["QUIT"]


def test_the_server_decides_too():
    for policy, wanted, stays in (
        ("off", "on", False), ("opt-in", None, False), ("opt-in", "on", True),
        ("opt-out", None, True), ("opt-out", "off", False),
    ):  # fmt: skip
        chat = cheap_chat(always_on=policy)
        account(chat, "alice")
        alice = logged_in(chat, "alice")
        if wanted:
            alice.sends(f"NS SET always-on {wanted}")
        alice.sends("QUIT")
        assert (chat.network.user("alice") is not None) == stays
        chat.check()


def test_persistence_as_a_command(chat):
    alice = logged_in(chat, "alice", caps="draft/persistence")
    assert alice.asks("PERSISTENCE GET") == [":hubbub.local PERSISTENCE STATUS DEFAULT OFF"]
    assert alice.asks("PERSISTENCE SET ON") == [":hubbub.local PERSISTENCE STATUS ON ON"]
    assert " INVALID_PARAMS " in alice.asks("PERSISTENCE SET MAYBE")[0]
    bob = chat.irc("bob")
    assert " ACCOUNT_REQUIRED " in bob.asks("PERSISTENCE GET")[0]
    alice.sends("PERSISTENCE SET DEFAULT")


def test_ghosting_and_deleting_who_is_not_connected(chat):
    alice, other = logged_in(chat, "alice"), logged_in(chat, "alice", nick="other")
    alice.sends("JOIN #tea", "NS SET always-on on", "QUIT")
    assert said(other.asks("NS GHOST alice")) == ["alice is free"]
    assert chat.network.user("alice") is None
    other.sends("QUIT")
    alice = logged_in(chat, "alice")
    alice.sends("QUIT")
    chief = chat.irc("chief")
    chat.makes_operator(chief)
    chief.sends("NS SADROP alice")
    assert chat.network.user("alice") is None


def test_a_client_without_its_person_does_not_bring_the_person_back():
    chat = cheap_chat()
    account(chat, "ann")
    ann = logged_in(chat, "ann")
    ann.sends("NS SET always-on on")
    ann.drops()
    assert chat.network.user("ann").away == "Not connected"
    phone = connecting(chat)
    phone.sends("CAP LS 302", "CAP REQ :sasl draft/pre-away", "AWAY *", "NICK ann",
                "USER ann 0 * :x", "AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('ann')}",
                "CAP END")  # fmt: skip
    assert chat.network.user("ann").away == "Not connected"
    phone.sends("AWAY")
    assert chat.network.user("ann").away is None
    phone.sends("AWAY *")
    assert chat.network.user("ann").away == "Not connected"
    chat.check()


def test_what_an_account_says_of_itself_stays(chat):
    account(chat, "ann")
    before = chat.irc("guest", caps="batch draft/metadata-2")
    before.sends("METADATA * SET url x", f"NS IDENTIFY ann {PASSWORD}")
    before.sends("QUIT")
    chat.check()
    ann = logged_in(restart(chat), "ann", caps="batch draft/metadata-2")
    assert any(line.endswith(" 761 ann ann url * x") for line in ann.asks("METADATA * LIST"))
    ann.chat.check()


def test_read_markers_stay_when_the_nick_changes_and_go_to_the_account_at_login():
    chat = cheap_chat()
    account(chat, "alice")
    alice = chat.irc("alyssa", join="#tea", caps="draft/read-marker")
    time = "timestamp=2023-11-14T22:13:20.000Z"
    alice.sends(f"MARKREAD #tea {time}", "NICK alison")
    assert alice.asks("MARKREAD #tea") == [f":hubbub.local MARKREAD #tea {time}"]
    alice.sends(f"NS IDENTIFY alice {PASSWORD}")
    assert alice.asks("MARKREAD #tea") == [f":hubbub.local MARKREAD #tea {time}"]
    chat.check()
    alice.sends("QUIT")
    assert chat.network.markers == {"alice": {"#tea": START}}
    stranger = chat.irc("eve", join="#milk", caps="draft/read-marker")
    stranger.sends(f"MARKREAD #milk {time}", "QUIT")
    assert "#milk" not in str(chat.network.markers)
