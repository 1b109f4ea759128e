"""MONITOR and extended-monitor (IRCv3)."""

from harness import Chat


def test_who_watches_a_nick_is_told_when_it_comes_and_when_it_leaves():
    chat = Chat()
    alice = chat.irc("alice")
    assert alice.asks("MONITOR + bob,carol") == [":hubbub.local 731 alice bob,carol"]
    bob = chat.irc("Bob")
    assert alice.sees() == []  # forgotten by the harness when bob was in
    assert alice.asks("MONITOR S") == [
        ":hubbub.local 730 alice Bob!~Bob@127.0.0.1",
        ":hubbub.local 731 alice carol",
    ]
    bob.sends("QUIT :bye")
    assert alice.sees() == [":hubbub.local 731 alice Bob"]
    chat.check()


def test_arrival_is_told_at_once():
    chat = Chat()
    alice = chat.irc("alice")
    alice.asks("MONITOR + bob")
    bob = chat.connects(type(alice.session.dialect)())
    bob.sends("NICK bob", "USER bob 0 * :Bob")
    assert alice.sees() == [":hubbub.local 730 alice bob!~bob@127.0.0.1"]


def test_a_change_of_nick_is_a_departure_and_an_arrival_a_change_of_case_neither():
    chat = Chat()
    alice = chat.irc("alice")
    bob = chat.irc("bob")
    alice.asks("MONITOR + bob,rob")
    bob.sends("NICK BOB")
    assert alice.sees_nothing()
    bob.sends("NICK rob")
    assert alice.sees() == [
        ":hubbub.local 731 alice BOB",
        ":hubbub.local 730 alice rob!~bob@127.0.0.1",
    ]
    chat.check()


def test_the_list_can_be_read_shortened_and_cleared():
    chat = Chat()
    alice = chat.irc("alice")
    end = ":hubbub.local 733 alice :End of MONITOR list"
    alice.sends("MONITOR + bob,carol,dave")
    assert alice.asks("MONITOR - carol", "MONITOR L") == [":hubbub.local 732 alice bob,dave", end]
    assert alice.asks("MONITOR C", "MONITOR L") == [end]


def test_a_full_list_says_which_nicks_were_not_added():
    chat = Chat(limits__monitored=2)
    alice = chat.irc("alice")
    assert alice.asks("MONITOR + a,b,c,d") == [
        ":hubbub.local 731 alice a,b",
        ":hubbub.local 734 alice 2 c,d :Monitor list is full",
    ]
    assert alice.asks("MONITOR + b") == [":hubbub.local 731 alice b"]  # it is on it already


def test_masks_and_other_things_that_are_no_nicks_are_not_watched():
    chat = Chat()
    alice = chat.irc("alice")
    assert alice.asks("MONITOR + *!*@127.0.0.1,b*") == []
    chat.irc("bob")
    assert alice.asks("MONITOR L") == [":hubbub.local 733 alice :End of MONITOR list"]


def test_watching_ends_with_the_connection():
    chat = Chat()
    alice = chat.irc("alice")
    alice.sends("MONITOR + bob")
    alice.drops()
    chat.irc("bob").sends("QUIT")
    assert not chat.hub.context.monitors.of(alice.session)
    chat.check()


def test_with_extended_monitor_away_and_real_names_are_told_across_channels():
    chat = Chat()
    caps = "extended-monitor away-notify setname"
    alice = chat.irc("alice", caps=caps)
    plain = chat.irc("dora", caps="away-notify")
    bob = chat.irc("bob")
    for watcher in (alice, plain):
        watcher.asks("MONITOR + bob")
    bob.sends("AWAY :lunch", "SETNAME :Bob the Baker", "AWAY")
    assert alice.sees() == [
        ":bob!~bob@127.0.0.1 AWAY :lunch",
        ":bob!~bob@127.0.0.1 SETNAME :Bob the Baker",
        ":bob!~bob@127.0.0.1 AWAY",
    ]
    assert plain.sees_nothing()
    chat.check()


def test_who_shares_a_channel_is_told_once():
    chat = Chat()
    alice = chat.irc("alice", caps="extended-monitor away-notify", join="#tea")
    bob = chat.irc("bob", join="#tea")
    alice.asks("MONITOR + bob")
    bob.sends("AWAY :lunch")
    assert alice.sees() == [":bob!~bob@127.0.0.1 AWAY :lunch"]
