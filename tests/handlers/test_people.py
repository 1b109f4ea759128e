"""WHO, WHOIS, WHOWAS, USERHOST, USERIP, ISON."""

import pytest
from harness import Chat

SERVER = ":hubbub.local"


@pytest.fixture
def chat():
    return Chat()


def test_who_lists_a_channel_with_prefixes_and_who_is_away(chat):
    alice = chat.irc("alice", join="#tea")
    bob = chat.irc("bob", join="#tea")
    bob.sends("AWAY :lunch")
    assert alice.asks("WHO #TEA") == [
        f"{SERVER} 352 alice #tea ~alice 127.0.0.1 hubbub.local alice H@ :0 alice Real",
        f"{SERVER} 352 alice #tea ~bob 127.0.0.1 hubbub.local bob G :0 bob Real",
        f"{SERVER} 315 alice #TEA :End of WHO list",
    ]


@pytest.mark.parametrize("mask", ["bob", "B*", "b?b", "~bo*", "*Real"])
def test_who_finds_people_by_nick_user_name_and_real_name(chat, mask):
    alice = chat.irc("alice")
    alice.sends("SETNAME :somebody else")
    chat.irc("bob")
    lines = alice.asks(f"WHO :{mask}")
    assert [line.split()[7] for line in lines[:-1]] == ["bob"]


def test_who_of_nobody_ends_at_once(chat):
    alice = chat.irc("alice")
    assert alice.asks("WHO nobody") == [f"{SERVER} 315 alice nobody :End of WHO list"]


def test_an_invisible_person_is_found_by_name_and_by_those_in_the_same_channel(chat):
    alice, bob = chat.irc("alice"), chat.irc("bob")
    bob.sends("MODE bob +i", "JOIN #tea")
    found = f"{SERVER} 352 alice * ~bob 127.0.0.1 hubbub.local bob H :0 bob Real"
    assert alice.asks("WHO bo*")[:-1] == []
    assert alice.asks("WHO bob")[:-1] == [found]
    alice.sends("JOIN #tea")
    assert alice.asks("WHO bo*")[:-1] == [found.replace("*", "#tea").replace("H :", "H@ :")]


def test_whox_gives_the_fields_in_the_order_of_the_specification(chat):
    alice = chat.irc("alice")
    bob = chat.irc("bob", join="#tea")
    chat.now += 5000
    line, _ = alice.asks("WHO bob %raolfdnshiuct,42")
    assert line == (
        f"{SERVER} 354 alice 42 #tea ~bob 255.255.255.255 127.0.0.1 hubbub.local bob H@ 0 5 0 3"
        " :bob Real"
    )
    assert alice.asks("WHO bob %na")[0] == f"{SERVER} 354 alice bob 0"
    assert bob.asks("WHO bob %i")[0] == f"{SERVER} 354 bob 127.0.0.1"


def test_who_with_o_finds_operators_only(chat):
    alice = chat.irc("alice", join="#tea")
    assert alice.asks("WHO #tea o") == [f"{SERVER} 315 alice #tea :End of WHO list"]


def test_multi_prefix_shows_all_prefixes_in_who_whois_and_names(chat):
    alice = chat.irc("alice", caps="multi-prefix", join="#tea")
    alice.sends("MODE #tea +v alice")
    assert alice.asks("WHO #tea")[0].split()[8] == "H@+"
    assert f"{SERVER} 319 alice alice @+#tea" in alice.asks("WHOIS alice")
    assert alice.asks("NAMES #tea")[0] == f"{SERVER} 353 alice = #tea @+alice"


def test_whois_tells_more_about_oneself(chat):
    alice, bob = chat.irc("alice"), chat.irc("bob", join="#tea", tls=True)
    chat.now += 65_000
    since = chat.network.user("bob").since // 1000
    public = [
        f"{SERVER} 311 alice bob ~bob 127.0.0.1 * :bob Real",
        f"{SERVER} 319 alice bob @#tea",
        f"{SERVER} 312 alice bob hubbub.local Hubbub",
        f"{SERVER} 671 alice bob :is using a secure connection",
        f"{SERVER} 317 alice bob 65 {since} :seconds idle, signon time",
        f"{SERVER} 318 alice bob :End of /WHOIS list",
    ]
    assert alice.asks("WHOIS bob") == public
    own = bob.asks("WHOIS bob")
    address = "~bob@127.0.0.1 127.0.0.1 :Actual user@host, actual IP"
    assert f"{SERVER} 338 bob bob {address}" in own
    assert f"{SERVER} 379 bob bob :is using modes +" in own


def test_whois_of_an_invisible_person_hides_channels_the_asker_is_not_in(chat):
    alice, bob = chat.irc("alice"), chat.irc("bob", join="#tea")
    bob.sends("MODE bob +i")
    assert not [line for line in alice.asks("WHOIS bob") if " 319 " in line]
    alice.sends("JOIN #tea")
    assert f"{SERVER} 319 alice bob @#tea" in alice.asks("WHOIS bob")


def test_whois_never_shows_a_secret_channel_to_outsiders(chat):
    alice, bob = chat.irc("alice"), chat.irc("bob", join="#tea")
    bob.sends("MODE #tea +s")
    assert not [line for line in alice.asks("WHOIS bob") if " 319 " in line]


def test_whois_of_nobody(chat):
    alice = chat.irc("alice")
    assert alice.asks("WHOIS nobody") == [
        f"{SERVER} 401 alice nobody :No such nick/channel",
        f"{SERVER} 318 alice nobody :End of /WHOIS list",
    ]
    assert alice.asks("WHOIS") == [f"{SERVER} 431 alice :No nickname given"]


def test_a_bot_says_so_everywhere(chat):
    alice = chat.irc("alice", caps="message-tags", join="#tea")
    robot = chat.irc("robot", join="#tea")
    robot.sends("MODE robot +B")
    chat.forget()
    robot.sends("PRIVMSG #tea :beep", "TOPIC #tea :x", "PART #tea")
    message, part = alice.sees()
    assert message.split(";", 1)[1] == "bot :robot!~robot@127.0.0.1 PRIVMSG #tea :beep"
    assert part.split(";", 1)[1] == "bot :robot!~robot@127.0.0.1 PART #tea"
    assert f"{SERVER} 335 alice robot :is a bot on Hubbub" in alice.asks("WHOIS robot")
    assert alice.asks("WHO robot")[0].split()[8] == "HB"
    chat.check()


def test_whowas_finds_the_latest_first_and_as_many_as_are_wanted(chat):
    alice = chat.irc("alice")
    for number in range(3):
        chat.now += 1000
        chat.irc("bob", host=f"127.0.0.{number}").sends("QUIT")
    hosts = [line.split()[5] for line in alice.asks("WHOWAS BOB") if " 314 " in line]
    assert hosts == ["127.0.0.2", "127.0.0.1", "127.0.0.0"]
    assert alice.asks("WHOWAS bob 1") == [
        f"{SERVER} 314 alice bob ~bob 127.0.0.2 * :bob Real",
        f"{SERVER} 312 alice bob hubbub.local :2023-11-14 22:13:23 UTC",
        f"{SERVER} 369 alice bob :End of WHOWAS",
    ]
    chat.check()


def test_whowas_knows_former_nicks_too(chat):
    alice = chat.irc("alice")
    chat.irc("bob").sends("NICK rob")
    assert " 314 " in alice.asks("WHOWAS bob")[0]
    assert alice.asks("WHOWAS rob") == [
        f"{SERVER} 406 alice rob :There was no such nickname",
        f"{SERVER} 369 alice rob :End of WHOWAS",
    ]
    chat.check()


def test_userhost_and_ison_name_those_who_are_here(chat):
    alice, bob = chat.irc("alice"), chat.irc("bob")
    bob.sends("AWAY :x")
    assert alice.asks("USERHOST alice nobody BOB") == [
        f"{SERVER} 302 alice :alice=+~alice@127.0.0.1 bob=-~bob@127.0.0.1"
    ]
    assert alice.asks("USERIP alice bob") == [
        f"{SERVER} 340 alice :alice=+~alice@127.0.0.1 bob=-~bob@255.255.255.255"
    ]
    assert alice.asks("ISON BOB nobody alice") == [f"{SERVER} 303 alice :bob alice"]
    assert alice.asks("ISON :nobody bob") == [f"{SERVER} 303 alice bob"]
    assert alice.asks("ISON nobody") == [f"{SERVER} 303 alice :"]


def test_an_invisible_member_is_shown_to_members_alone():
    """RFC 2812 section 3.2.5: NAMES and WHO of a channel leave +i people out for outsiders."""
    chat = Chat()
    hidden = chat.irc("hidden", join="#tea")
    member = chat.irc("member", join="#tea")
    outsider = chat.irc("outsider")
    hidden.sends("MODE hidden +i")
    shown = [
        line for line in member.asks("NAMES #tea") + member.asks("WHO #tea") if "hidden" in line
    ]
    assert len(shown) == 2
    assert [line for line in outsider.asks("NAMES #tea") if "hidden" in line] == []
    assert [line.split()[7] for line in outsider.asks("WHO #tea")[:-1]] == ["member"]
    assert any("hidden" in line for line in hidden.asks("NAMES #tea"))
