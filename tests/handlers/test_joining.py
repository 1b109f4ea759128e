"""JOIN, PART, TOPIC, NAMES, LIST, KICK, INVITE, KNOCK."""

import pytest
from harness import Chat

S = ":hubbub.local"
ALICE, BOB = ":alice!~alice@127.0.0.1", ":bob!~bob@127.0.0.1"


@pytest.fixture
def chat():
    return Chat()


def test_joining_shows_the_topic_and_who_is_there(chat):
    alice = chat.irc("alice", join="#tea")
    alice.sends("TOPIC #tea :Earl Grey")
    bob = chat.irc("bob")
    assert bob.asks("JOIN #TEA") == [
        f"{BOB} JOIN #tea",
        f"{S} 332 bob #tea :Earl Grey",
        f"{S} 333 bob #tea alice!~alice@127.0.0.1 {chat.now // 1000}",
        f"{S} 353 bob = #tea :@alice bob",
        f"{S} 366 bob #tea :End of /NAMES list",
    ]
    chat.check()


def test_with_no_implicit_names_joining_does_not_list_people(chat):
    alice = chat.irc("alice", caps="no-implicit-names")
    assert alice.asks("JOIN #tea") == [f"{ALICE} JOIN #tea"]
    assert " 353 " in alice.asks("NAMES #tea")[0]


def test_names_as_the_client_understands_them(chat):
    alice = chat.irc("alice", caps="userhost-in-names multi-prefix", join="#tea")
    alice.sends("MODE #tea +v alice")
    chat.irc("bob", join="#tea")
    names = "@+alice!~alice@127.0.0.1 bob!~bob@127.0.0.1"
    assert alice.asks("NAMES #tea")[0] == f"{S} 353 alice = #tea :{names}"


def test_names_of_several_channels_end_once(chat):
    alice = chat.irc("alice", join="#tea,#coffee")
    alice.sends("MODE #coffee +s")
    assert alice.asks("NAMES #tea,#coffee,#nowhere") == [
        f"{S} 353 alice = #tea @alice",
        f"{S} 353 alice @ #coffee @alice",
        f"{S} 366 alice #tea,#coffee,#nowhere :End of /NAMES list",
    ]


def test_many_names_come_in_lines_that_fit(chat):
    alice = chat.irc("alice", join="#tea")
    nicks = [f"somebody-with-a-long-nick-{number:02}" for number in range(30)]
    for nick in nicks:
        chat.irc(nick, join="#tea")
    lines = alice.asks("NAMES #tea")
    assert all(len(line) <= 510 for line in lines)
    found = [name for line in lines[:-1] for name in line.split(":", 2)[2].split()]
    assert found == ["@alice", *nicks]


def test_away_people_say_so_when_they_enter(chat):
    alice = chat.irc("alice", caps="away-notify", join="#tea")
    bob = chat.irc("bob")
    bob.sends("AWAY :lunch", "JOIN #tea")
    assert alice.sees() == [f"{BOB} JOIN #tea", f"{BOB} AWAY :lunch"]


@pytest.mark.parametrize(
    ("name", "numeric"),
    [("tea", "403"), ("#", "476"), ("#with:colon", "476"), ("#" + "x" * 64, "476"), ("##", "JOIN")],
)
def test_what_may_be_a_channel(chat, name, numeric):
    alice = chat.irc("alice")
    assert alice.asks(f"JOIN {name}")[0].split()[1] == numeric


def test_join_zero_leaves_all(chat):
    alice = chat.irc("alice", join="#tea,#coffee")
    assert alice.asks("JOIN 0") == [f"{ALICE} PART #coffee", f"{ALICE} PART #tea"]
    assert chat.network.channels == {}
    chat.check()


def test_one_refusal_does_not_stop_the_rest(chat):
    alice = chat.irc("alice", join="#tea")
    alice.sends("MODE #tea +i")
    bob = chat.irc("bob")
    commands = [line.split()[1] for line in bob.asks("JOIN #tea,#coffee")]
    assert commands == ["473", "JOIN", "353", "366"]


# -- LIST ----------------------------------------------------------------------------------


def listed(client, conditions=""):
    lines = client.asks(f"LIST {conditions}".strip())
    assert lines[0].split()[1] == "321"
    assert lines[-1].split()[1] == "323"
    return [line.split()[3] for line in lines[1:-1]]


def test_list_finds_channels_by_mask_members_age_and_topic(chat):
    alice = chat.irc("alice", join="#tea")
    chat.now += 30 * 60_000
    alice.sends("JOIN #coffee", "TOPIC #coffee :beans")
    chat.irc("bob", join="#coffee")
    chat.now += 10 * 60_000
    everything = ["#tea", "#coffee"]
    assert listed(alice) == everything
    assert listed(alice, "*E*") == everything
    assert listed(alice, "#t*,#nowhere") == ["#tea"]
    assert listed(alice, "!#t*") == ["#coffee"]
    assert listed(alice, ">1") == ["#coffee"]
    assert listed(alice, "<2") == ["#tea"]
    assert listed(alice, "C<20") == ["#coffee"]
    assert listed(alice, "C>20") == ["#tea"]
    assert listed(alice, "T<20") == ["#coffee"]
    assert listed(alice, "T>20") == []
    assert listed(alice, ">0,C<20") == ["#coffee"]
    assert listed(alice, ">0,#tea") == ["#tea"]


def test_list_tells_members_and_topic(chat):
    alice = chat.irc("alice", join="#tea")
    alice.sends("TOPIC #tea :Earl Grey")
    assert alice.asks("LIST")[1] == f"{S} 322 alice #tea 1 :Earl Grey"


# -- KICK ----------------------------------------------------------------------------------


def test_kick_several_with_one_command(chat):
    alice = chat.irc("alice", join="#tea")
    bob, carol = chat.irc("bob", join="#tea"), chat.irc("carol", join="#tea")
    chat.forget()
    assert alice.asks("KICK #tea bob,nobody,carol :enough") == [
        f"{ALICE} KICK #tea bob :enough",
        f"{S} 401 alice nobody :No such nick/channel",
        f"{ALICE} KICK #tea carol :enough",
    ]
    assert bob.sees() == [f"{ALICE} KICK #tea bob :enough"]
    assert carol.sees() == [f"{ALICE} KICK #tea bob :enough", f"{ALICE} KICK #tea carol :enough"]
    chat.check()


def test_kick_from_as_many_channels_as_nicks(chat):
    alice = chat.irc("alice", join="#tea,#coffee")
    chat.irc("bob", join="#tea,#coffee")
    chat.forget()
    assert alice.asks("KICK #tea,#coffee bob,bob") == [
        f"{ALICE} KICK #tea bob :alice",
        f"{ALICE} KICK #coffee bob :alice",
    ]
    assert alice.asks("KICK #tea,#coffee bob,bob,bob") == [
        f"{S} 461 alice KICK :Not enough parameters"
    ]


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ("KICK #nowhere alice", "403 bob #nowhere :No such channel"),
        ("KICK #coffee carol", "442 bob #coffee :You're not on that channel"),
        ("KICK #tea alice", "482 bob #tea :You're not channel operator"),
        ("INVITE nobody #tea", "401 bob nobody :No such nick/channel"),
        ("INVITE alice #tea", "443 bob alice #tea :is already on channel"),
        ("INVITE carol #coffee", "442 bob #coffee :You're not on that channel"),
        ("INVITE carol #nowhere", "403 bob #nowhere :No such channel"),
        ("INVITE carol", "461 bob INVITE :Not enough parameters"),
        ("TOPIC #tea :x", "482 bob #tea :You're not channel operator"),
        ("TOPIC #nowhere", "403 bob #nowhere :No such channel"),
        ("PART #coffee", "442 bob #coffee :You're not on that channel"),
    ],
)
def test_refusals(chat, asked, refusal):
    chat.irc("alice", join="#tea")
    chat.irc("carol", join="#coffee")
    bob = chat.irc("bob", join="#tea")
    assert bob.asks(asked) == [f"{S} {refusal}"]
    chat.check()


def test_kicking_somebody_who_is_not_there(chat):
    alice = chat.irc("alice", join="#tea")
    chat.irc("carol")
    refusal = f"{S} 441 alice carol #tea :They aren't on that channel"
    assert alice.asks("KICK #tea carol") == [refusal]


# -- INVITE, KNOCK -------------------------------------------------------------------------


def test_invite_tells_both_and_members_with_invite_notify(chat):
    alice = chat.irc("alice", join="#tea")
    watcher = chat.irc("watcher", caps="invite-notify", join="#tea")
    bob = chat.irc("bob")
    bob.sends("AWAY :lunch")
    chat.forget()
    assert alice.asks("INVITE bob #tea") == [
        f"{S} 341 alice bob #tea",
        f"{S} 301 alice bob lunch",
    ]
    assert bob.sees() == [f"{ALICE} INVITE bob #tea"]
    assert watcher.sees() == [f"{ALICE} INVITE bob #tea"]
    chat.check()


def test_invitations_end_with_the_channel_and_with_the_person(chat):
    alice = chat.irc("alice", join="#tea,#coffee")
    bob = chat.irc("bob")
    alice.sends("INVITE bob #tea", "INVITE bob #coffee", "PART #tea")
    bob.sees()
    assert bob.asks("INVITE") == [f"{S} 336 bob #coffee", f"{S} 337 bob :End of /INVITE list"]
    bob.sends("QUIT")
    assert chat.network.channel("#coffee").invited == set()
    chat.check()


def test_a_knock_reaches_the_operators(chat):
    alice = chat.irc("alice", join="#tea")
    carol = chat.irc("carol", join="#tea")
    bob = chat.irc("bob")
    assert bob.asks("KNOCK #tea") == [f"{S} 713 bob #tea :Channel is open: just join it"]
    alice.sends("MODE #tea +i")
    chat.forget()
    assert bob.asks("KNOCK #tea :please") == [f"{S} 711 bob #tea :Your KNOCK has been delivered"]
    assert alice.sees() == [
        f"{S} 710 #tea #tea bob!~bob@127.0.0.1 :has asked for an invite (please)"
    ]
    assert carol.sees_nothing()
    assert bob.asks("KNOCK #tea") == [f"{S} 712 bob #tea :Too many KNOCKs: wait a while"]
    assert carol.asks("KNOCK #tea") == [f"{S} 714 carol #tea :You are already on that channel"]
    assert bob.asks("KNOCK #nowhere") == [f"{S} 403 bob #nowhere :No such channel"]
    chat.check()


def test_who_is_banned_cannot_knock(chat):
    alice = chat.irc("alice", join="#tea")
    alice.sends("MODE #tea +ib bob")
    assert " 404 " in chat.irc("bob").asks("KNOCK #tea")[0]
