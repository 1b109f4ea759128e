"""ChanServ: ownership of channels, and access lists."""

import pytest
from people import account, cheap_chat, codes, logged_in, restart
from test_registering import said

CHANSERV = ":ChanServ!ChanServ@services.hubbub.local"


@pytest.fixture
def chat():
    chat = cheap_chat()
    for name in ("alice", "bob"):
        account(chat, name)
    yield chat
    chat.check()


def founder(chat, channel="#tea"):
    alice = logged_in(chat, "alice")
    alice.sends(f"JOIN {channel}", f"CS REGISTER {channel}")
    chat.forget()
    return alice


def test_registering_a_channel(chat):
    alice = logged_in(chat, "alice")
    assert said(alice.asks("CS REGISTER #tea")) == [
        "Enter the channel first; you must be an operator in it"
    ]
    alice.sends("JOIN #tea")
    assert alice.asks("PRIVMSG ChanServ :register #tea") == [
        ":ChanServ MODE #tea +r",
        f"{CHANSERV} NOTICE alice :#tea is yours now",
        f"{CHANSERV} MODE #tea +q alice",
    ]
    assert said(alice.asks("CS REGISTER #tea")) == ["#tea belongs to alice"]
    stranger = chat.irc("carol", join="#pot")
    assert said(stranger.asks("CS REGISTER #pot")) == ["You are not logged in to an account"]


def test_a_registered_channel_keeps_everything_when_nobody_is_in_it(chat):
    alice = founder(chat)
    alice.sends("TOPIC #tea :leaves", "MODE #tea +ik key", "MODE #tea +b eve!*@*", "PART #tea")
    assert chat.network.channel("#tea").members == {}
    restarted = restart(chat)
    channel = restarted.network.channel("#tea")
    assert (channel.topic, channel.founder) == ("leaves", "alice")
    assert {"i", "k", "r"} <= set(channel.modes)
    assert [each.mask for each in channel.lists["b"].values()] == ["eve!*@*"]
    # The founder gets in, invited or not, and is the founder.
    alice = logged_in(restarted, "alice")
    lines = alice.asks("JOIN #tea")
    assert f"{CHANSERV} MODE #tea +q alice" in lines
    assert ":hubbub.local 353 alice = #tea ~alice" in lines
    restarted.check()


def test_who_enters_first_gets_nothing(chat):
    founder(chat).sends("PART #tea")
    carol = chat.irc("carol")
    lines = carol.asks("JOIN #tea")
    assert not any(" MODE " in line for line in lines)
    assert ":hubbub.local 353 carol = #tea carol" in lines


def test_access_is_given_by_account_and_comes_with_entering(chat):
    alice = founder(chat)
    assert said(alice.asks("CS ACCESS #tea bob +o")) == ["bob has +o in #tea now"]
    assert said(alice.asks("CS AMODE #tea +v bob")) == ["bob has +ov in #tea now"]
    bob = logged_in(chat, "bob", nick="robert")
    assert f"{CHANSERV} MODE #tea +ov robert robert" in bob.asks("JOIN #tea")
    assert said(bob.asks("CS ACCESS #tea")) == ["alice +q (founder)", "bob +ov"]
    # Taken away it is gone at once.
    assert f"{CHANSERV} MODE #tea -o robert" in alice.asks("CS ACCESS #tea bob -o")
    assert chat.network.channel("#tea").members[bob.session.user.id] == "v"
    assert said(alice.asks("CS ACCESS #tea bob -v")) == ["bob has no access in #tea any more"]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("ACCESS #tea nobody +o", "There is no account nobody"),
        ("ACCESS #tea bob +q", "There is one founder; TRANSFER hands the channel over"),
        ("ACCESS #tea bob o", "Use it like this: ACCESS #channel account +o"),
        ("ACCESS #tea bob +oX", "Use it like this: ACCESS #channel account +o"),
        ("ACCESS #none bob +o", "#none is not a registered channel"),
        ("INFO #none", "#none is not a registered channel"),
        ("CLEAR #tea EVERYTHING", "Use it like this: CLEAR #channel USERS, BANS or ACCESS"),
        ("TRANSFER #tea nobody", "There is no account nobody"),
        ("TRANSFER ACCEPT #tea", "Nobody has offered you #tea"),
        ("OP #tea nobody", "nobody must be in #tea for that"),
    ],
)
def test_what_the_founder_is_told(chat, words, answer):
    assert said(founder(chat).asks(f"CS {words}")) == [answer]


def test_nobody_gives_more_than_they_have(chat):
    alice = founder(chat)
    alice.sends("CS ACCESS #tea bob +o")
    bob = logged_in(chat, "bob")
    bob.sends("JOIN #tea")
    carol = chat.irc("carol", join="#tea")
    refused = ["Your access in #tea does not allow that"]
    assert said(bob.asks("CS ACCESS #tea bob +a")) == refused
    assert said(bob.asks("CS DEADMIN #tea alice")) == refused
    assert said(bob.asks("CS ADMIN #tea")) == refused
    assert f"{CHANSERV} MODE #tea +o carol" in bob.asks("CS OP #tea carol")
    assert f"{CHANSERV} MODE #tea -o carol" in bob.asks("CS DEOP #tea carol")
    # Being operator in the channel is not having access to it.
    bob.sends("MODE #tea +o carol")
    assert said(carol.asks("CS ACCESS #tea carol +o")) == refused
    for words in ("UNREGISTER #tea", "TRANSFER #tea bob", "CLEAR #tea USERS"):
        assert said(bob.asks(f"CS {words}")) == ["#tea is not yours"]


def test_handing_a_channel_over(chat):
    alice, bob = founder(chat), logged_in(chat, "bob")
    bob.sends("JOIN #tea")
    assert said(alice.asks("CS TRANSFER #tea bob")) == ["bob may now say: TRANSFER ACCEPT #tea"]
    lines = bob.asks("CS TRANSFER ACCEPT #tea")
    assert f"{CHANSERV} MODE #tea -q alice" in lines
    assert f"{CHANSERV} MODE #tea +q bob" in lines
    assert chat.network.channel("#tea").founder == "bob"
    assert said(alice.asks("CS UNREGISTER #tea")) == ["#tea is not yours"]
    # An offer can be taken back.
    bob.sends("CS TRANSFER #tea alice", "CS TRANSFER #tea bob")
    assert said(alice.asks("CS TRANSFER ACCEPT #tea")) == ["Nobody has offered you #tea"]


def test_giving_a_channel_up(chat):
    alice = founder(chat)
    code = said(alice.asks("CS UNREGISTER #tea"))[1].rpartition(" ")[2]
    assert ":ChanServ MODE #tea -r" in alice.asks(f"CS UNREGISTER #tea {code}")
    alice.sends("PART #tea")
    assert chat.network.channel("#tea") is None
    # An empty one ends at once.
    alice = founder(chat, "#pot")
    code = said(alice.asks("PART #pot", "CS DROP #pot"))[1].rpartition(" ")[2]
    alice.sends(f"CS DROP #pot {code}")
    assert chat.network.channel("#pot") is None


def test_clearing(chat):
    alice = founder(chat)
    carol = chat.irc("carol", join="#tea")
    alice.sends("MODE #tea +bb a!*@* b!*@*", "CS ACCESS #tea bob +v", "CS CLEAR #tea USERS",
                "CS CLEAR #tea BANS", "CS CLEAR #tea ACCESS")  # fmt: skip
    assert carol.sees()[-1] == f"{CHANSERV} KICK #tea carol :Cleared by alice" or "KICK" in str(
        carol.sees()
    )
    channel = chat.network.channel("#tea")
    assert len(channel.members) == 1
    assert channel.lists["b"] == {}
    assert channel.access == {}


def test_a_secret_channel_is_not_there_for_strangers(chat):
    alice = founder(chat)
    alice.sends("MODE #tea +s")
    carol = chat.irc("carol")
    assert said(carol.asks("CS INFO #tea")) == ["#tea is not a registered channel"]
    assert said(carol.asks("CS ACCESS #tea")) == ["#tea is not a registered channel"]
    assert said(carol.asks("CS LIST")) == ["0 channel(s)"]
    assert said(alice.asks("CS LIST")) == ["#tea  alice  you: +q", "1 channel(s)"]


def test_so_many_channels_and_no_more():
    chat = cheap_chat(channels=1)
    account(chat, "alice")
    alice = founder(chat)
    alice.sends("JOIN #pot")
    assert said(alice.asks("CS REGISTER #pot")) == [
        "You have as many channels as one account may have"
    ]


def test_codes_of_other_things_do_not_delete(chat):
    alice = founder(chat)
    drop = said(alice.asks("NS DROP"))[-1].rpartition(" ")[2]
    alice.sends(f"CS UNREGISTER #tea {drop}")
    assert chat.network.channel("#tea").founder == "alice"
    assert codes(alice.sees()) != []


# -- settings --------------------------------------------------------------------------------


def test_what_a_channel_says_of_itself(chat):
    alice = founder(chat)
    assert said(alice.asks("CS SET #tea DESCRIPTION leaves and water")) == [
        "description is leaves and water now"
    ]
    alice.sends("CS SET #tea URL https://tea.example")
    assert said(alice.asks("CS SET #tea URL")) == ["url is https://tea.example"]
    assert said(alice.asks("CS INFO #tea"))[3:] == [
        "  Description  leaves and water",
        "  Url          https://tea.example",
    ]
    listed = alice.asks("METADATA #tea LIST")  # the same, for clients that know that
    assert ":hubbub.local 761 alice #tea homepage * https://tea.example" in listed
    assert said(alice.asks("CS SET #tea URL none")) == ["url is none now"]
    assert said(alice.asks("CS SET #tea")) == [
        "  founder      alice",
        "  description  leaves and water",
        "  url          none",
        "  email        none",
        "  mlock        none",
    ]
    assert said(alice.asks("CS SET #tea URL " + "x" * 301)) == ["That is longer than 300 bytes"]
    assert said(alice.asks("CS SET #tea KEEPTOPIC off")) == ["keeptopic is always on"]
    assert "Use it like this" in said(alice.asks("CS SET #tea COLOUR blue"))[0]


def test_only_the_founder_sets(chat):
    founder(chat)
    bob = logged_in(chat, "bob")
    bob.sends("JOIN #tea")
    assert said(bob.asks("CS SET #tea URL x")) == ["#tea is not yours"]


def test_locked_modes_stay_whoever_is_operator(chat):
    alice = founder(chat)
    bob = logged_in(chat, "bob")
    bob.sends("JOIN #tea")
    alice.sends("MODE #tea +o bob", "MODE #tea +s")
    chat.forget()
    assert alice.asks("CS SET #tea MLOCK +m-s") == [
        f"{CHANSERV} MODE #tea +m-s",
        f"{CHANSERV} NOTICE alice :mlock is +m-s now",
    ]
    chat.forget()
    assert bob.asks("MODE #tea -m+i") == [
        ":hubbub.local 742 bob #tea m +m-s :The founder of the channel keeps that mode as it is",
        ":bob!~bob@127.0.0.1 MODE #tea +i",
    ]
    assert said(alice.asks("CS SET #tea MLOCK +k")) == [
        "MLOCK takes modes without parameters, such as +s-i, or none"
    ]
    restarted = restart(chat)
    assert restarted.network.channel("#tea").locked == "+m-s"
    alice.sends("CS SET #tea MLOCK none")
    chat.forget()
    assert bob.asks("MODE #tea -m") == [":bob!~bob@127.0.0.1 MODE #tea -m"]


def test_founder_is_a_setting_too(chat):
    alice = founder(chat)
    assert said(alice.asks("CS SET #tea FOUNDER bob")) == ["bob may now say: TRANSFER ACCEPT #tea"]
