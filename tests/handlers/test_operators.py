"""OPER and the commands of operators."""

import pytest
from harness import Chat

from hubbub.config import AccountSettings, OperatorSettings
from hubbub.credentials import passwords
from hubbub.handlers.context import Control
from hubbub.model.privileges import CLASSES, PRIVILEGES, privileges_of, unknown

S = ":hubbub.local"
HASH = passwords.hash_password("sesame", 1024)
ROOT = ":root!~root@127.0.0.1"


@pytest.fixture
def chat():
    return Chat(
        accounts=AccountSettings(hash_memory=1024, login_burst=3),
        operators={"root": OperatorSettings(HASH), "helper": OperatorSettings(HASH, ("helper",))},
    )


@pytest.fixture
def root(chat):
    client = chat.irc("root")
    client.sends("OPER root sesame")
    client.sees()
    return client


def test_oper_with_the_right_password(chat):
    client = chat.irc("root")
    assert client.asks("OPER root sesame") == [
        ":root MODE root +o",
        f"{S} 381 root :You are now an IRC operator",
    ]
    assert chat.network.user("root").privileges == tuple(PRIVILEGES)
    assert f"{S} 313 root root :is an IRC operator" in client.asks("WHOIS root")
    assert chat.network.mode_counts["o"] == 1
    chat.check()


def test_oper_with_a_wrong_password_or_name(chat):
    watcher = chat.irc("watcher")
    watcher.sends("OPER root sesame", "MODE watcher +s")
    client = chat.irc("mallory")
    assert client.asks("OPER root wrong") == [f"{S} 464 mallory :Password incorrect"]
    assert client.asks("OPER nobody sesame") == [f"{S} 491 mallory :No O-lines for your host"]
    assert client.asks("OPER root") == [f"{S} 461 mallory OPER :Not enough parameters"]
    assert len([line for line in watcher.sees() if "wrong name or password for OPER" in line]) == 2
    chat.check()


def test_guessing_is_slowed_down(chat):
    client = chat.irc("mallory", host="192.0.2.1")
    for _ in range(3):
        client.sends("OPER root wrong")
    assert "TOO_MANY_ATTEMPTS" in client.asks("OPER root sesame")[0]
    chat.now += 60_000
    assert f"{S} 381 " in client.asks("OPER root sesame")[1]


def test_who_drops_o_drops_all_it_may(chat, root):
    root.sends("MODE root -o")
    assert chat.network.user("root").privileges == ()
    assert root.asks("KILL root") == [
        f"{S} 481 root :Permission Denied- You're not an IRC operator"
    ]
    assert chat.network.mode_counts["o"] == 0
    chat.check()


@pytest.mark.parametrize(
    "command",
    ["KILL alice", "WALLOPS :x", "UBAN LIST", "KLINE x", "UNKLINE x", "DLINE 10.0.0.1",
     "UNDLINE 10.0.0.1", "REHASH", "DIE", "RESTART", "SAMODE #x +o alice", "SAJOIN #x",
     "SAPART alice #x", "SANICK alice x", "CHGHOST alice x", "CONNECT x", "SQUIT x", "STATS o"],
)  # fmt: skip
def test_nobody_else_may(chat, command):
    client = chat.irc("alice", join="#x")
    before = chat.network.snapshot()
    assert client.asks(command)[0] == (
        f"{S} 481 alice :Permission Denied- You're not an IRC operator"
    )
    assert chat.network.snapshot() == before


def test_a_helper_may_less_than_an_admin(chat):
    client = chat.irc("helper")
    client.sends("OPER helper sesame")
    assert f"{S} 481 " in client.asks("KILL helper")[0]
    assert f"{S} 481 " in client.asks("UBAN LIST")[0]
    client.sends("MODE helper +w")
    assert client.asks("WALLOPS :hello") == [":helper!~helper@127.0.0.1 WALLOPS :hello"]


def test_classes_and_single_privileges():
    assert privileges_of(("admin",)) == tuple(PRIVILEGES)
    assert privileges_of(("helper", "kill")) == ("see", "announce", "kill", "reports")
    assert unknown(("helper", "kill")) is None
    assert "'king' is neither" in unknown(("king",))
    assert all(set(held) <= set(PRIVILEGES) for held in CLASSES.values())


# -- people --------------------------------------------------------------------------------


def test_kill(chat, root):
    alice, bob = chat.irc("alice", join="#tea"), chat.irc("bob", join="#tea")
    chat.forget()
    root.sends("KILL alice :enough")
    assert alice.sees() == [
        f"{ROOT} KILL alice :enough",
        "ERROR :Closing link: Killed (root (enough))",
    ]
    assert alice.closed
    assert bob.sees() == [":alice!~alice@127.0.0.1 QUIT :Killed (root (enough))"]
    assert root.asks("KILL nobody") == [f"{S} 401 root nobody :No such nick/channel"]
    assert root.asks("KILL hubbub.local") == [f"{S} 483 root :You can't kill a server!"]
    chat.check()


def test_killing_oneself(chat, root):
    root.sends("KILL root :bye")
    assert root.sees()[-1] == "ERROR :Closing link: Killed (root (bye))"
    assert root.closed
    chat.check()


def test_operators_see_addresses_that_others_do_not(chat, root):
    alice = chat.irc("alice", host="203.0.113.7")
    bob = chat.irc("bob")
    host = alice.asks("WHOIS alice")[0].split()[5]
    assert host.endswith(".hidden")
    assert all("203.0.113" not in line for line in bob.asks("WHOIS alice", "WHO alice %ih"))
    assert any("203.0.113.7" in line for line in root.asks("WHOIS alice"))
    assert root.asks("USERIP alice") == [f"{S} 340 root alice=+~alice@203.0.113.7"]
    assert alice.asks("USERIP alice") == [f"{S} 340 alice alice=+~alice@203.0.113.7"]


def test_addresses_can_be_shown():
    chat = Chat(hide_addresses=False)
    alice = chat.irc("alice", host="203.0.113.7")
    assert alice.asks("WHOIS alice")[0].split()[5] == "203.0.113.7"


def test_a_new_host_is_told_to_those_who_understand_it(chat, root):
    alice = chat.irc("alice", caps="chghost", join="#tea")
    other = chat.irc("other", join="#tea")
    bob = chat.irc("bob", join="#tea")
    chat.forget()
    root.sends("CHGHOST bob baker.example", "CHGHOST bob bobby@baker.example")
    assert alice.sees() == [
        ":bob!~bob@127.0.0.1 CHGHOST ~bob baker.example",
        ":bob!~bob@baker.example CHGHOST bobby baker.example",
    ]
    assert bob.sees() == [
        f"{S} 396 bob baker.example :is now your displayed host",
        f"{S} 396 bob baker.example :is now your displayed host",
    ]
    other.sees()
    bob.sends("PRIVMSG #tea :hi")
    assert other.sees() == [":bob!bobby@baker.example PRIVMSG #tea :hi"]
    assert "INVALID_HOST" in root.asks("CHGHOST bob a!b")[0]
    assert f"{S} 396 root x.example :is now your displayed host" in root.asks(
        "CHGHOST root x.example"
    )
    chat.check()


def test_who_does_not_understand_a_new_host_sees_the_person_come_back(chat, root):
    alice = chat.irc("alice", join="#tea")
    bob = chat.irc("bob", join="#tea")
    bob.sends("JOIN #milk")
    person = chat.plain("Carol", join="#tea")
    alice.sends("JOIN #milk", "MODE #tea +ov bob bob")
    far = chat.irc("far", join="#far")
    chat.forget()
    root.sends("CHGHOST bob baker.example")
    assert alice.sees() == [
        ":bob!~bob@127.0.0.1 QUIT :Changing host",
        ":bob!~bob@baker.example JOIN #milk",
        f"{S} MODE #milk +o bob",
        ":bob!~bob@baker.example JOIN #tea",
        f"{S} MODE #tea +ov bob bob",
    ]
    assert person.sees_nothing()
    assert far.sees_nothing()
    chat.check()


def test_a_new_host_of_somebody_in_an_auditorium_is_told_to_those_who_see_them(chat, root):
    alice = chat.irc("alice", join="#tea")
    alice.sends("MODE #tea +u")
    chat.irc("bob", join="#tea")
    other = chat.irc("other", join="#tea")
    chat.forget()
    root.sends("CHGHOST bob baker.example")
    assert alice.sees()[0] == ":bob!~bob@127.0.0.1 QUIT :Changing host"
    assert other.sees_nothing()


def test_sanick(chat, root):
    alice = chat.irc("alice")
    root.sends("SANICK alice calm")
    assert alice.sees() == [":alice!~alice@127.0.0.1 NICK calm"]
    assert "INVALID_NICK" in root.asks("SANICK calm root")[0]
    assert "INVALID_NICK" in root.asks("SANICK calm 9")[0]
    chat.check()


# -- channels ------------------------------------------------------------------------------


def test_channels_without_being_in_them(chat, root):
    alice = chat.irc("alice", join="#tea")
    root.sends("SAMODE #tea +qmb alice mallory")
    assert alice.sees() == [f"{ROOT} MODE #tea +qmb alice mallory!*@*"]
    root.sends("SAMODE #tea +ik sesame")
    alice.sees()
    assert root.asks("SAJOIN @#tea")[0] == f"{ROOT} JOIN #tea"
    assert chat.network.channel("#tea").members[chat.network.user("root").id] == "o"
    alice.sees()
    root.sends("SAPART alice #tea :out")
    assert alice.sees() == [":alice!~alice@127.0.0.1 PART #tea :out"]
    root.sends("SAJOIN alice #pot")
    assert alice.sees()[0] == ":alice!~alice@127.0.0.1 JOIN #pot"
    chat.check()


# -- everybody -----------------------------------------------------------------------------


def test_wallops_reach_who_wants_them(chat, root):
    alice, bob = chat.irc("alice"), chat.irc("bob")
    alice.sends("MODE alice +w")
    chat.forget()
    root.sends("WALLOPS :maintenance at ten")
    assert alice.sees() == [f"{ROOT} WALLOPS :maintenance at ten"]
    assert bob.sees_nothing()
    assert root.asks("WALLOPS :") == [f"{S} 412 root :No text to send"]


def test_operators_hear_of_what_operators_do(chat, root):
    watcher = chat.irc("watcher")
    watcher.sends("OPER root sesame", "MODE watcher +s")
    chat.irc("alice")
    watcher.sees()
    root.sends("KILL alice :enough", "UBAN ADD 10.0.0.0/8 1h spam")
    assert [line.split("*** ", 1)[1].split(" until ")[0] for line in watcher.sees()] == [
        "root killed alice!~alice@127.0.0.1 (enough)",
        "root banned address 10.0.0.0/8",
    ]


# -- bans ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "host", "nick"),
    [
        ("203.0.113.7", "203.0.113.7", "alice"),
        ("203.0.113.0/24", "203.0.113.99", "alice"),
        ("2001:db8::/32", "2001:db8:1::1", "alice"),
        ("*!*@203.0.113.*", "203.0.113.7", "alice"),
        ("alice!*@*", "192.0.2.1", "Alice"),
    ],
)
def test_a_ban_throws_out_keeps_out_and_ends(chat, root, target, host, nick):
    alice = chat.irc(nick, host=host)
    root.sends(f"UBAN ADD {target} 1h too much")
    assert alice.sees()[-1] == "ERROR :Closing link: Banned (too much)"
    again = chat.connects(type(alice.session.dialect)(), host)
    again.sends(f"NICK {nick}", "USER a 0 * :a")
    assert [line.split()[1] for line in again.sees()[:1]] == ["465"]
    assert again.closed
    chat.now += 3_600_000
    chat.irc(nick, host=host)
    assert chat.network.user(nick) is not None
    chat.check()


def test_a_ban_lasts_over_a_restart_and_until_it_is_lifted(chat, root):
    root.sends("DLINE 203.0.113.7 :spam")
    again = Chat(log=chat.log, operators=chat.settings.operators)
    client = again.irc("alice", host="203.0.113.7")
    assert client.closed
    boss = again.irc("root")
    boss.sends("OPER root sesame")
    boss.sees()
    assert boss.asks("UNDLINE 203.0.113.7") == [
        f"{S} NOTE UBAN BANS :Lifted the ban on address 203.0.113.7"
    ]
    assert not again.irc("alice", host="203.0.113.7").closed
    again.check()


def test_kline_takes_minutes_as_of_old(chat, root):
    assert root.asks("KLINE 30 *!*bad*@* :no") == [
        f"{S} NOTE UBAN BANS :Banned mask *!*bad*@* until 2023-11-14 22:43:20 UTC"
    ]
    assert root.asks("UBAN LIST")[1] == (
        f"{S} NOTE UBAN BANS :mask *!*bad*@* until 2023-11-14 22:43:20 UTC, by root"
        " on 2023-11-14 22:13:20 UTC (no)"
    )
    assert root.asks("STATS k")[0].startswith(f"{S} 216 root mask *!*bad*@* root :no (until ")
    assert root.asks("UNKLINE *!*bad*@*", "UBAN LIST")[-1] == f"{S} NOTE UBAN BANS :0 bans"
    chat.check()


def test_nobody_bans_himself(chat, root):
    for target in ("*!*@*", "127.0.0.0/8", "root!*@*"):
        assert "WOULD_BAN_YOURSELF" in root.asks(f"UBAN ADD {target}")[0]
    assert not root.closed


def test_what_a_ban_would_hit(chat, root):
    chat.irc("alice", host="203.0.113.7")
    assert root.asks("UBAN INFO 203.0.113.0/24") == [
        f"{S} NOTE UBAN BANS :No ban on address 203.0.113.0/24",
        f"{S} NOTE UBAN BANS :1 connected match it: alice",
    ]
    assert "NO_SUCH_BAN" in root.asks("UBAN DEL 203.0.113.7")[0]
    assert "UNKNOWN_SUBCOMMAND" in root.asks("UBAN FROB x")[0]
    assert root.asks("UBAN ADD") == [f"{S} 461 root UBAN :Not enough parameters"]
    assert "INVALID_MASK" in root.asks("DLINE nonsense")[0]


# -- the server ----------------------------------------------------------------------------


class FakeControl(Control):
    def __init__(self, problem=None):
        self.problem = problem
        self.asked = []

    def reload(self):
        self.asked.append("reload")
        return self.problem

    def stop(self, reason):
        self.asked.append(f"stop {reason}")

    def restart(self, reason):
        self.asked.append(f"restart {reason}")


def test_rehash_says_what_is_wrong(chat, root):
    chat.hub.context.control = control = FakeControl()
    lines = root.asks("REHASH")
    assert lines[0] == f"{S} 382 root settings Rehashing"
    assert " NOTE REHASH REHASHED " in lines[1]
    control.problem = "limits.nick_length: 'many' is not a whole number"
    assert root.asks("REHASH")[1] == f"{S} FAIL REHASH CONFIG_BAD :{control.problem}"
    assert control.asked == ["reload", "reload"]


def test_die_and_restart_end_the_process(chat, root):
    chat.hub.context.control = control = FakeControl()
    root.sends("RESTART", "DIE :good night")
    assert control.asked == ["restart Restarted by root", "stop good night"]


def test_new_settings_are_told_to_who_asked_to_be_told(chat):
    alice = chat.irc("alice", caps="cap-notify away-notify")
    old = chat.irc("old")
    changed = Chat(limits__nick_length=20, limits__topic_length=100).settings
    chat.hub.reconfigure(changed, ("hello",))
    chat.settle()
    told = "005 {} NICKLEN=20 TOPICLEN=100 :are supported by this server"
    assert alice.sees() == [f"{S} {told.format('alice')}"]
    assert old.sees() == [f"{S} {told.format('old')}"]
    assert alice.asks("NICK " + "x" * 21)[0].split()[1] == "432"
    assert f"{S} 372 alice :- hello" in alice.asks("MOTD")
