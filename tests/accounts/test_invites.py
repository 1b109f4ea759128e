"""Invitations: who may make them, whom they admit, and how they end."""

import re

from harness import START, Chat
from people import account, cheap_chat, connecting, plain, restart

PUBLIC = "8.8.8.8"
DAY = 24 * 3600 * 1000


def link(client, asked="ADD *") -> str:
    (line,) = [each for each in client.asks(f"INVITELINK {asked}") if " LINK " in each]
    return re.search(r" LINK \d+ (\S+) ", line)[1]


def comes(chat, nick, *passes, host=PUBLIC):
    """Somebody from the internet tries to enter; what they are told."""
    client = connecting(chat, host=host)
    for word in passes:
        client.sends(f"PASS {word}")
    client.sends(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
    client.told = client.sees()
    return client


def is_in(client) -> bool:
    return any(" 001 " in line for line in client.told)


def test_from_the_internet_only_with_an_invitation():
    chat = Chat(web__address="https://chat.example.org")
    anna = chat.irc("anna")
    stranger = comes(chat, "stranger")
    assert not is_in(stranger)
    assert stranger.told[-3].startswith(":hubbub.local FAIL * INVITE_REQUIRED :This server takes")
    assert " 465 stranger :This server takes people who are invited" in stranger.told[-2]
    assert stranger.told[-1].startswith("ERROR :")
    assert stranger.closed

    address = link(anna)
    assert re.fullmatch(r"https://chat\.example\.org/invite/[0-9a-f]+-[\w-]{22}", address)
    assert is_in(comes(chat, "guest", address))
    assert is_in(comes(chat, "guest2", address.rpartition("/")[2]))
    assert is_in(comes(chat, "neighbour", host="192.168.1.4"))
    assert is_in(comes(chat, "tailnet", host="100.64.1.1"))
    assert is_in(comes(chat, "six", host="fd00::5"))
    assert not is_in(comes(chat, "far", host="2a00:1450::5"))
    chat.check()


def test_settings_open_and_close_it():
    assert is_in(comes(Chat(invite_only="off"), "anna"))
    closed = Chat(invite_only="on")
    assert not is_in(comes(closed, "anna", host="127.0.0.1"))


def test_an_account_needs_no_invitation():
    chat = cheap_chat(before_connect=True)
    account(chat, "anna")
    client = connecting(chat, host=PUBLIC)
    client.sends("CAP REQ :sasl", "NICK anna", "USER anna 0 * :x", "AUTHENTICATE PLAIN",
                 f"AUTHENTICATE {plain('anna')}", "CAP END")  # fmt: skip
    assert any(" 001 anna " in line for line in client.sees())


def test_nobody_gets_an_account_without_being_in():
    chat = cheap_chat(before_connect=True)
    for asked in ("REGISTER * * correct-horse", "NS REGISTER correct-horse"):
        client = connecting(chat, host=PUBLIC)
        client.sends("CAP LS 302", "NICK mallory", "USER mallory 0 * :x")
        client.sees()
        told = client.asks(asked)
        assert chat.network.accounts.get("mallory") is None, told
        assert "invited" in " ".join(told) or "connecting first" in " ".join(told), told
    invited = connecting(chat, host=PUBLIC)
    invited.sends(f"PASS {link(chat.irc('anna'))}", "NICK bob", "USER bob 0 * :x",
                  "REGISTER * * correct-horse")  # fmt: skip
    assert chat.network.accounts.get("bob") is not None


def test_a_link_leads_into_its_channel_whatever_keeps_others_out():
    chat = Chat()
    anna = chat.irc("anna", join="#tea")
    anna.sends("MODE #tea +ikl secret 1")
    address = link(anna, "ADD #tea 5 2d")
    assert address.endswith("#tea")
    guest = comes(chat, "guest", address)
    assert is_in(guest)
    assert any("JOIN #tea" in line for line in guest.told)
    assert "guest" in " ".join(anna.asks("NAMES #tea"))
    # Somebody the channel has banned comes in, and stays outside of it.
    anna.sends("MODE #tea +b troll!*@*")
    troll = comes(chat, "troll", address, host="9.9.9.9")
    assert is_in(troll)
    assert not any(" JOIN " in line for line in troll.told)
    chat.check()


def test_with_netcat():
    chat = Chat()
    anna = chat.irc("anna", join="#tea")
    address = link(anna, "ADD #tea")
    guest = chat.connects_plain(host=PUBLIC)
    assert "invited" in guest.asks("Bob")[-1]
    assert "used up" in guest.asks(address[:-9] + "AAAAA#tea")[-1]
    assert "You are invited by anna. What is your name?" in guest.asks(address)[-1]
    assert any("Bob joined #tea" in line for line in guest.asks("Bob"))
    assert guest.session.user.channels == {"#tea"}
    told = "\n".join(guest.asks("/invite-link 3 1h"))
    assert "/invite/" in told
    assert "3 of 3 left" in told
    assert "30 of 30" not in "\n".join(guest.asks("/invite-link list"))
    number = re.search(r"Invitation (\d+)", told)[1]
    assert "taken back" in guest.asks(f"/invite-link del {number}")[-1]
    chat.check()


def test_so_many_people_and_the_same_ones_again():
    chat = Chat()
    address = link(chat.irc("anna"), "ADD * 2 1d")
    first = comes(chat, "one", address, host="8.8.1.1")
    second = comes(chat, "two", f"{address} a-secret-of-this-browser", host="8.8.2.2")
    assert is_in(first)
    assert is_in(second)
    third = comes(chat, "three", address, host="8.8.3.3")
    assert "used up" in third.told[-1]
    # Who was let in comes back: from the same place, or with the word of its own from anywhere.
    first.sends("QUIT")
    second.sends("QUIT")
    assert is_in(comes(chat, "uno", address, host="8.8.1.1"))
    assert is_in(comes(chat, "due", f"{address} a-secret-of-this-browser", host="8.8.9.9"))
    assert not is_in(comes(chat, "tre", f"{address} another-secret-of-some", host="8.8.9.9"))
    chat.check()


def test_it_ends():
    chat = Chat()
    anna = chat.irc("anna")
    address = link(anna, "ADD * 9 1d")
    assert is_in(comes(chat, "early", address, host="8.8.1.1"))
    chat.now = START + DAY
    assert not is_in(comes(chat, "late", address, host="8.8.2.2"))
    assert is_in(comes(chat, "early2", address, host="8.8.1.1"))
    chat.now = START + 32 * DAY
    assert not is_in(comes(chat, "early3", address, host="8.8.1.1"))


def test_taken_back():
    chat = Chat()
    anna, bob = chat.irc("anna", join="#tea"), chat.irc("bob", join="#tea")
    address = link(bob, "ADD #tea")
    number = re.search(r" LINK (\d+) ", bob.asks("INVITELINK LIST")[0])[1]
    guest = comes(chat, "guest", address)
    carl = chat.irc("carl")
    assert "NOT_FOUND" in carl.asks(f"INVITELINK DEL {number}")[0]
    assert "NOT_FOUND" in carl.asks("INVITELINK DEL 99999")[0]
    assert "REVOKED" in anna.asks(f"INVITELINK DEL {number}")[0]  # who runs the channel
    assert not guest.closed
    assert not is_in(comes(chat, "guest2", address))
    assert "END_OF_LIST" in bob.asks("INVITELINK LIST")[0]
    chat.check()


def test_who_may_make_one():
    chat = Chat(limits__invites=2)
    anna, bob = chat.irc("anna", join="#tea"), chat.irc("bob", join="#tea")
    outside = chat.irc("carl")
    told = outside.asks("INVITELINK ADD #tea"), outside.asks("INVITELINK ADD #none")
    assert told[0][0].replace("#tea", "") == told[1][0].replace("#none", "")
    anna.sends("MODE #tea +i")
    assert " 482 " in bob.asks("INVITELINK ADD #tea")[0]
    assert link(anna, "ADD #tea")
    for wrong in ("* 0", "* 1001", "* x", "* 5 1s", "* 5 x", "* 5 9y"):
        assert "INVALID_PARAMS" in bob.asks(f"INVITELINK ADD {wrong}")[0], wrong
    assert link(bob)
    assert link(bob)
    assert "TOO_MANY" in bob.asks("INVITELINK ADD *")[0]
    chat.makes_operator(carl := chat.irc("dora"))
    assert len(carl.asks("INVITELINK LIST")) == 4
    chat.check()


def test_words_that_are_no_invitations():
    chat = Chat()
    address = link(chat.irc("anna"))
    word = address.rpartition("/")[2]
    number, _, mac = word.partition("-")
    other = ("y" if mac[0] == "x" else "x") + mac[1:]
    wrong = [f"{number}-{other}", f"0{number}-{mac}", f"fff-{mac}", f"{number}-{'A' * 22}",
             f"zzz-{mac}", "x" * 400 + word]  # fmt: skip
    for each in wrong:
        assert not is_in(comes(chat, "eve", each)), each


def test_it_stands_for_the_password_of_the_server():
    chat = Chat(password="sesame")
    anna = comes(chat, "anna", "sesame", host="127.0.0.1")
    assert is_in(anna)
    assert is_in(comes(chat, "bob", link(anna), host="127.0.0.1"))
    assert not is_in(comes(chat, "eve", host="127.0.0.1"))


def test_a_renamed_channel_keeps_its_links():
    chat = Chat()
    anna = chat.irc("anna", caps="draft/channel-rename", join="#tea")
    address = link(anna, "ADD #tea")
    anna.sends("RENAME #tea #coffee :")
    guest = comes(chat, "guest", address)
    assert any("JOIN #coffee" in line for line in guest.told)
    chat.check()


def test_it_survives_a_restart():
    chat = Chat(invite_only="auto")
    address = link(chat.irc("anna"), "ADD * 1 7d")
    assert is_in(comes(chat, "guest", address))
    again = restart(chat)
    assert is_in(comes(again, "guest", address))
    assert not is_in(comes(again, "other", address, host="9.9.9.9"))


def test_a_password_may_look_like_an_invitation():
    word = "abc-abcdefghijklmnopqrstuv"
    chat = Chat(password=word)
    assert is_in(comes(chat, "anna", word, host="127.0.0.1"))
    assert not is_in(comes(chat, "eve", word[:-1] + "w", host="127.0.0.1"))
