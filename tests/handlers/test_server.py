"""Commands about the server."""

import pytest
from harness import Chat

from hubbub.config import AdminSettings

S = ":hubbub.local"


@pytest.fixture
def chat():
    return Chat(admin=AdminSettings("Ada", "London", "ada@example.org"))


@pytest.fixture
def alice(chat):
    return chat.irc("alice")


def test_time_info_and_admin(chat, alice):
    seconds = chat.now // 1000
    assert alice.asks("TIME") == [
        f"{S} 391 alice hubbub.local {seconds} 0 :2023-11-14 22:13:20 UTC"
    ]
    info = alice.asks("INFO")
    assert info[-1] == f"{S} 374 alice :End of /INFO list"
    assert all(line.startswith(f"{S} 371 alice :") for line in info[:-1])
    assert alice.asks("ADMIN") == [
        f"{S} 256 alice hubbub.local :Administrative info",
        f"{S} 257 alice Ada",
        f"{S} 258 alice London",
        f"{S} 259 alice ada@example.org",
    ]


@pytest.mark.parametrize("command", ["TIME", "INFO", "ADMIN", "VERSION", "MOTD", "TRACE"])
def test_a_command_may_name_this_server_or_somebody_on_it_and_no_other(alice, command):
    refusal = f"{S} 402 alice elsewhere.example :No such server"
    assert alice.asks(f"{command} elsewhere.example") == [refusal]
    for target in ("hubbub.local", "*.local", "alice"):
        assert refusal not in alice.asks(f"{command} {target}")
        assert alice.asks(f"{command} {target}")


def test_help(alice):
    lines = alice.asks("HELP privmsg")
    assert lines[0].startswith(f"{S} 704 alice PRIVMSG :PRIVMSG <target>")
    assert lines[-1] == f"{S} 706 alice PRIVMSG :End of /HELP"
    assert alice.asks("HELPOP nonsense") == [
        f"{S} 524 alice NONSENSE :No help available on this topic"
    ]
    everything = " ".join(alice.asks("HELP")).replace(":", " ")
    assert all(f" {name}" in everything for name in ("JOIN", "WHOIS", "MONITOR"))


def test_what_one_server_alone_cannot_do(alice):
    assert alice.asks("LINKS") == [f"{S} 365 alice * :End of /LINKS list"]
    assert alice.asks("SUMMON bob") == [f"{S} 445 alice :SUMMON has been disabled"]
    assert alice.asks("USERS") == [f"{S} 446 alice :USERS has been disabled"]


def test_services_are_listed_and_can_be_asked(alice):
    lines = alice.asks("SERVLIST")
    assert [line.split()[3] for line in lines] == ["NickServ", "ChanServ", "*"]
    assert "NickServ" in alice.asks("SQUERY NickServ :help")[0]
    assert alice.asks("SQUERY nobody :help") == [f"{S} 408 alice nobody :No such service"]


def test_stats(chat, alice):
    chat.now += 93_784_000
    assert alice.asks("STATS u") == [
        f"{S} 242 alice :Server Up 1 days 2:03:04",
        f"{S} 219 alice u :End of /STATS report",
    ]
    assert alice.asks("STATS l") == [
        f"{S} 481 alice :Permission Denied- You're not an IRC operator"
    ]
    assert alice.asks("STATS") == [f"{S} 219 alice * :End of /STATS report"]


def test_trace_shows_oneself_only(chat, alice):
    chat.irc("bob")
    lines = alice.asks("TRACE")
    assert lines[0] == f"{S} 205 alice User 0 alice"
    assert [line.split()[1] for line in lines] == ["205", "262"]


def test_lusers_counts(chat, alice):
    chat.irc("bob", join="#tea").sends("MODE bob +i")
    lines = alice.asks("LUSERS")
    assert lines[0] == f"{S} 251 alice :There are 1 users and 1 invisible on 1 servers"
    assert f"{S} 254 alice 1 :channels formed" in lines


def test_setname(chat, alice):
    bob = chat.irc("bob", caps="setname", join="#tea")
    other = chat.irc("other", join="#tea")
    alice.sends("JOIN #tea")
    chat.forget()
    alice.sends("SETNAME :Alice in Chains")
    assert bob.sees() == [":alice!~alice@127.0.0.1 SETNAME :Alice in Chains"]
    assert other.sees_nothing()
    refused = f"{S} FAIL SETNAME INVALID_REALNAME :"
    assert alice.asks("SETNAME :  ")[0].startswith(refused)
    assert alice.asks(f"SETNAME :{'x' * 129}")[0].startswith(refused)
    assert alice.asks("SETNAME") == [f"{S} 461 alice SETNAME :Not enough parameters"]
    chat.check()
