"""Registering, verifying, changing and deleting accounts, by every way there is."""

import json

import pytest
from harness import Chat, FullLog
from people import PASSWORD, account, cheap_chat, codes, connecting, logged_in, plain

from hubbub.events.kinds import AccountDeleted
from hubbub.handlers.accounts import lifecycle
from hubbub.handlers.refusals import Refused
from hubbub.log.memory import MemoryLog
from hubbub.protocol.durations import DAY_MS
from hubbub.work import Busy


def said(lines):
    """What NickServ says in lines, in order."""
    return [line.partition(" :")[2] for line in lines if " NOTICE " in line]


def register(client, words):
    lines = client.asks(f"REGISTER {words}")
    return lines[0] if lines else ""


# -- IRCv3 account-registration --------------------------------------------------------------


def test_register_under_ones_nick_logs_in():
    chat = cheap_chat()
    alice = chat.irc("alice")
    lines = alice.asks(f"REGISTER * * {PASSWORD}")
    assert lines == [
        ":hubbub.local REGISTER SUCCESS alice :Account created",
        ":hubbub.local 900 alice alice!~alice@127.0.0.1 alice :You are now logged in as alice",
    ]
    assert chat.network.user("alice").account == "alice"
    chat.check()


def test_the_capability_says_which_ways_are_open():
    for settings, value in (
        ({}, "=before-connect,custom-account-name"),
        ({"before_connect": False, "custom_names": False}, ""),
        ({"mail__required": True, "before_connect": False}, "=custom-account-name,email-required"),
    ):
        client = connecting(cheap_chat(**settings))
        words = " ".join(client.asks("CAP LS 302")).split()
        assert f"draft/account-registration{value}" in words
    client = connecting(cheap_chat(registration=False))
    assert "account-registration" not in " ".join(client.asks("CAP LS 302"))


def test_register_before_one_is_on_the_network():
    chat = cheap_chat()
    client = connecting(chat)
    client.sends("CAP LS 302")
    assert register(client, f"* * {PASSWORD}") == (
        ":hubbub.local FAIL REGISTER NEED_NICK * :Choose a nick first"
    )
    client.sends("NICK bob")
    assert "REGISTER SUCCESS bob" in register(client, f"* * {PASSWORD}")
    client.sends("USER bob 0 * :Bob", "CAP END")
    assert chat.network.user("bob").account == "bob"
    chat.check()


def test_or_not():
    client = connecting(cheap_chat(before_connect=False))
    client.sends("NICK bob")
    assert register(client, f"* * {PASSWORD}").startswith(
        ":hubbub.local FAIL REGISTER COMPLETE_CONNECTION_REQUIRED bob :"
    )


def test_nobody_registers_the_name_of_somebody_else():
    chat = cheap_chat()
    account(chat, "alice")
    chat.irc("bob")  # has no account
    carol = chat.irc("carol")
    for name in ("alice", "ALICE", "аlice", "bob"):  # the third begins with a Cyrillic letter
        assert " FAIL REGISTER ACCOUNT_EXISTS " in register(carol, f"{name} * {PASSWORD}")
    newcomer = connecting(chat)
    newcomer.sends("NICK bob")
    assert " ACCOUNT_EXISTS bob " in register(newcomer, f"* * {PASSWORD}")


@pytest.mark.parametrize(
    ("words", "code"),  # a name in the list has a Cyrillic letter
    [
        ("* * short", "WEAK_PASSWORD"),
        ("* * carolcarol", None),
        ("longername * LongerName", "WEAK_PASSWORD"),
        ("* * :pass\x07word99", "UNACCEPTABLE_PASSWORD"),
        ("* nonsense longenough1", "INVALID_EMAIL"),
        ("* a@b@c longenough1", "INVALID_EMAIL"),
        ("* me@example.org longenough1", None),
        ("1st * longenough1", "BAD_ACCOUNT_NAME"),
        ("NickServ * longenough1", "BAD_ACCOUNT_NAME"),
        ("Niсkserv * longenough1", "BAD_ACCOUNT_NAME"),
        ("other * longenough1", None),
    ],
)
def test_what_may_be_registered(words, code):
    chat = cheap_chat()
    carol = chat.irc("carol")
    line = register(carol, words)
    assert (f" FAIL REGISTER {code} " in line) if code else (" REGISTER SUCCESS " in line)
    chat.check()


def test_a_name_that_must_be_the_nick():
    carol = cheap_chat(custom_names=False).irc("carol")
    assert " ACCOUNT_NAME_MUST_BE_NICK other " in register(carol, f"other * {PASSWORD}")
    assert " SUCCESS " in register(carol, f"carol * {PASSWORD}")


def test_registration_may_be_closed():
    carol = cheap_chat(registration=False).irc("carol")
    assert " TEMPORARILY_UNAVAILABLE " in register(carol, f"* * {PASSWORD}")
    assert said(carol.asks(f"NS REGISTER {PASSWORD}")) == [
        "Accounts are made by the operators here"
    ]


def test_who_has_an_account_registers_no_second_one():
    chat = cheap_chat()
    account(chat, "alice")
    alice = logged_in(chat, "alice")
    assert " ALREADY_AUTHENTICATED " in register(alice, f"second * {PASSWORD}")


def test_so_many_accounts_from_one_address():
    chat = cheap_chat(registration_burst=3, registration_rate=1.0)
    for number in range(3):
        assert " SUCCESS " in register(chat.irc(f"n{number}"), f"* * {PASSWORD}")
    late = chat.irc("late")
    assert " TEMPORARILY_UNAVAILABLE " in register(late, f"* * {PASSWORD}")
    assert " SUCCESS " in register(chat.irc("far", host="192.0.2.1"), f"* * {PASSWORD}")
    chat.now += 61_000
    assert " SUCCESS " in register(late, f"* * {PASSWORD}")


def test_too_much_hashing_says_try_again(monkeypatch):
    chat = cheap_chat()
    alice = chat.irc("alice")
    monkeypatch.setattr(chat.hub.workers, "submit", lambda work, done, asker: done(Busy()))
    assert " TEMPORARILY_UNAVAILABLE alice :Too many people " in register(alice, f"* * {PASSWORD}")


# -- verifying -------------------------------------------------------------------------------


@pytest.fixture
def posted(monkeypatch):
    """Codes that were sent: address -> code."""
    codes = {}

    def send_code(settings, to, network, account, code):
        codes[to] = code

    monkeypatch.setattr(lifecycle.mail, "send_code", send_code)
    return codes


MAIL = {"mail__required": True, "mail__host": "mail.example"}


def mailing_chat():
    import dataclasses

    chat = cheap_chat()
    mail = dataclasses.replace(chat.settings.mail, required=True, host="mail.example")
    settings = dataclasses.replace(chat.settings, mail=mail)
    chat.hub.settings = chat.settings = settings
    chat.hub.context.use(settings)
    return chat


def test_an_address_is_proved_with_a_code(posted):
    chat = mailing_chat()
    alice = chat.irc("alice")
    assert " INVALID_EMAIL " in register(alice, f"* * {PASSWORD}")
    line = register(alice, f"* alice@example.org {PASSWORD}")
    assert " REGISTER VERIFICATION_REQUIRED alice :Account created; a code has been sent" in line
    assert chat.network.user("alice").account is None
    code = posted["alice@example.org"]
    assert code not in str(chat.log.entries)  # kept as a hash
    lines = alice.asks(f"VERIFY alice {code}")
    assert lines[0] == ":hubbub.local VERIFY SUCCESS alice :Account verified"
    assert codes(lines) == ["VERIFY", "900"]
    chat.check()


def test_a_wrong_code_no_account_and_a_verified_one_are_told_alike(posted):
    chat = mailing_chat()
    alice = chat.irc("alice")
    register(alice, f"* alice@example.org {PASSWORD}")
    account_lines = alice.asks("VERIFY alice 12345")
    assert " FAIL VERIFY INVALID_CODE alice " in account_lines[0]
    assert alice.asks("VERIFY nobody 12345") == [account_lines[0].replace("alice", "nobody")]
    alice.sends(f"VERIFY alice {posted['alice@example.org']}", "NS LOGOUT")
    assert alice.asks("VERIFY alice 12345")[-1].endswith(":That is not the code")


def test_codes_are_guessed_as_seldom_as_passwords(posted):
    chat = mailing_chat()
    alice = chat.irc("alice")
    register(alice, f"* alice@example.org {PASSWORD}")
    answers = [alice.asks(f"VERIFY alice {number}")[0] for number in range(12)]
    assert " INVALID_CODE " in answers[9]
    assert " TEMPORARILY_UNAVAILABLE " in answers[10]


def test_before_it_is_verified_an_account_opens_no_door(posted):
    chat = mailing_chat()
    alice = chat.irc("alice")
    register(alice, f"* alice@example.org {PASSWORD}")
    client = connecting(chat)
    lines = client.asks("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}")
    assert codes(lines) == ["AUTHENTICATE", "904"]
    assert "not verified" in lines[-1]
    wrong = client.asks("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice', 'wrong')}")
    assert "Wrong name or password" in wrong[-1]  # who does not know it is told nothing


def test_mail_that_cannot_be_sent_makes_no_account(monkeypatch):
    def fails(*args):
        raise lifecycle.mail.MailFailed("down")

    monkeypatch.setattr(lifecycle.mail, "send_code", fails)
    chat = mailing_chat()
    line = register(chat.irc("alice"), f"* alice@example.org {PASSWORD}")
    assert " INVALID_EMAIL alice :The mail with the code could not be sent" in line
    assert len(chat.network.accounts) == 0


# -- NickServ --------------------------------------------------------------------------------


def test_nickserv_by_message_and_by_command():
    chat = cheap_chat()
    alice = chat.irc("alice")
    lines = alice.asks(f"PRIVMSG NickServ :register {PASSWORD}")
    source = ":NickServ!NickServ@services.hubbub.local"
    assert lines == [
        f"{source} NOTICE alice :Account created",
        ":hubbub.local 900 alice alice!~alice@127.0.0.1 alice :You are now logged in as alice",
    ]
    assert said(alice.asks("NICKSERV logout")) == ["You are now logged out"]
    chat.check()


def test_help_shows_every_command_that_one_may_use():
    alice = cheap_chat().irc("alice")
    for service in ("NS", "CS"):
        lines = said(alice.asks(f"{service} HELP"))
        assert len(lines) > 8
        assert not any("SAREGISTER" in line for line in lines)
    assert said(alice.asks("NS HELP IDENTIFY"))[0] == "IDENTIFY [account] [password]"
    assert said(alice.asks("NS")) == said(alice.asks("PRIVMSG NickServ :help"))
    assert said(alice.asks("NS NONSENSE")) == ["There is no command NONSENSE. HELP shows them all."]
    assert said(alice.asks("NS SAREGISTER x")) == said(
        [line.replace("NONSENSE", "SAREGISTER") for line in alice.asks("NS NONSENSE")]
    )


def test_who_is_not_logged_in_is_told_so():
    alice = cheap_chat().irc("alice")
    for words in ("LOGOUT", "DROP", "EXPORT", "GROUP", "GHOST bob", "SESSIONS", "CERT LIST", "SET"):
        assert said(alice.asks(f"NS {words}")) == ["You are not logged in to an account"]


def test_identify_with_and_without_a_name():
    chat = cheap_chat()
    account(chat, "alice")
    bob = chat.irc("bob")
    assert said(bob.asks(f"NS IDENTIFY alice {PASSWORD}")) == ["You are now logged in as alice"]
    assert said(bob.asks("NS LOGOUT")) == ["You are now logged out"]
    assert said(bob.asks(f"NS IDENTIFY {PASSWORD}")) == ["Wrong name or password"]
    assert said(bob.asks("NS IDENTIFY alice wrong")) == ["Wrong name or password"]
    assert chat.network.user("bob").account is None


def test_a_new_password():
    chat = cheap_chat()
    account(chat, "alice")
    alice = logged_in(chat, "alice")
    assert said(alice.asks("NS PASSWD wrong newpassword")) == ["Wrong name or password"]
    assert said(alice.asks(f"NS PASSWD {PASSWORD} x")) == [
        "The password is shorter than 8 characters"
    ]
    assert said(alice.asks(f"NS PASSWD {PASSWORD} newpassword")) == [
        "Password changed; other connections of your account are closed"
    ]
    logged_in(chat, "alice", password="newpassword")
    with pytest.raises(AssertionError):
        logged_in(chat, "alice")
    chat.check()


def test_a_new_password_of_an_account_that_goes_meanwhile():
    chat = cheap_chat()
    account(chat, "alice")
    steps = lifecycle.set_password(
        chat.hub.context, chat.network.accounts.get("alice"), PASSWORD * 2
    )
    next(steps)  # it is being hashed
    with chat.hub.lock:
        chat.hub.recorder.record_all_locked([AccountDeleted("alice", "bob")])
    with pytest.raises(Refused, match="not there any more"):
        steps.send(lifecycle.Hashed("hash"))


def test_settings_of_an_account():
    chat = cheap_chat()
    account(chat, "alice")
    alice = logged_in(chat, "alice")
    assert said(alice.asks("NS SET always-on true")) == ["always-on is on now"]
    assert said(alice.asks("NS SET ALWAYS-ON")) == ["always-on is on"]
    assert said(alice.asks("NS SET always-on maybe")) == ["always-on may be on, off or default"]
    assert said(alice.asks("NS SET always-on default")) == ["always-on is default now"]
    assert said(alice.asks("NS SET nonsense on"))[0].startswith("There is no setting nonsense")
    assert said(alice.asks("NS SET email a@example.org wrong")) == ["Wrong name or password"]
    assert said(alice.asks(f"NS SET email a@example.org {PASSWORD}")) == [
        "email is a@example.org now"
    ]
    assert len(said(alice.asks("NS SET"))) == 5
    chat.check()


def test_info_tells_strangers_little():
    chat = cheap_chat()
    account(chat, "alice")
    alice = logged_in(chat, "alice")
    alice.sends(f"NS SET email alice@example.org {PASSWORD}")
    bob = chat.irc("bob")
    own, others = said(alice.asks("NS INFO")), said(bob.asks("NS INFO alice"))
    assert any("alice@example.org" in line for line in own)
    assert others == ["Account alice", "  Registered   2023-11-14 22:13:20 UTC",
                      "  Online as    alice"]  # fmt: skip
    alice.sends("QUIT")
    assert said(bob.asks("NS INFO alice")) == ["Nobody is here under an account alice"]
    assert said(bob.asks("NS INFO nobody")) == ["Nobody is here under an account nobody"]


def test_deleting_ones_account():
    chat = cheap_chat()
    account(chat, "alice")
    alice = logged_in(chat, "alice", caps="account-notify")
    alice.sends(
        "JOIN #tea", "CS REGISTER #tea", "NS GROUP", "NS CERT ADD " + "ab" * 32 + " " + PASSWORD
    )
    lines = said(alice.asks("NS DROP"))
    assert lines[0] == (
        "This deletes the account alice and all that is kept of it, and #tea will be nobody's."
    )
    assert lines[1] == "If you mean it: DROP <your password>"
    assert said(alice.asks("NS DROP 000000")) == ["Wrong name or password"]
    lines = alice.asks(f"NS DROP {PASSWORD}")
    assert ":ChanServ MODE #tea -r" in lines
    assert ":alice!~alice@127.0.0.1 ACCOUNT *" in lines
    assert said(lines) == ["The account alice is deleted"]
    assert chat.network.user("alice") is None  # renamed: the nick was reserved until then
    assert chat.network.accounts.get("alice") is None
    assert chat.network.channel("#tea").founder is None
    bob = chat.irc("bob")
    assert " ACCOUNT_EXISTS " in register(bob, f"alice * {PASSWORD}")  # the name stays taken
    client = connecting(chat)
    assert "904" in codes(client.asks("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}"))
    chat.check()


def test_exporting_ones_account():
    chat = cheap_chat()
    account(chat, "alice")
    alice = logged_in(chat, "alice")
    alice.sends("JOIN #tea", "CS REGISTER #tea", f"NS SET email a@example.org {PASSWORD}")
    found = json.loads("".join(said(alice.asks("NS EXPORT"))))
    assert found["account"] == "alice"
    assert found["email"] == "a@example.org"
    assert found["channels"] == ["#tea"]
    assert found["logins_from"][0]["network"] == "127.0.0.1"
    assert "argon2" not in str(found)


def test_accounts_are_bounded_in_all() -> None:
    chat = Chat(accounts__total=1)
    first, second = chat.irc("alice"), chat.irc("bob")
    first.sends("REGISTER * * correct-horse")
    assert "TEMPORARILY_UNAVAILABLE" in second.asks("REGISTER * * correct-horse")[-1]
    assert len(chat.network.accounts) == 1


# -- what is never verified ------------------------------------------------------------------


def unverified(chat):
    register(chat.irc("mallory"), f"alice alice@example.org {PASSWORD}")
    assert chat.network.accounts.get("alice").code is not None


def test_the_name_of_an_account_that_is_not_verified_becomes_free(posted):
    chat = cheap_chat(**MAIL)
    unverified(chat)
    first = chat.network.accounts.get("alice")
    chat.now += 7 * DAY_MS - 1000
    bob = chat.irc("bob")
    assert " ACCOUNT_EXISTS " in register(bob, f"alice bob@example.org {PASSWORD}")
    assert codes(bob.asks("NICK alice")) == ["433"]
    chat.now += 999
    chat.hub.tidy()
    assert codes(bob.asks("NICK alice")) == ["433"]
    chat.now += 1
    chat.hub.tidy()
    chat.settle()
    bob.sends("NICK alice")
    assert bob.session.nick == "alice"
    assert " VERIFICATION_REQUIRED alice " in register(bob, f"alice bob@example.org {PASSWORD}")
    assert chat.network.accounts.get("alice").id != first.id
    chat.check()


def test_the_next_start_deletes_what_was_not_verified_in_time(posted):
    chat = cheap_chat(**MAIL)
    unverified(chat)
    log = MemoryLog(chat.log.id)
    log.entries = list(chat.log.entries)
    later = Chat(log, now=chat.now + 8 * DAY_MS)
    assert later.network.accounts.get("alice") is None
    assert not later.network.accounts.is_taken("alice")
    later.check()


def test_several_lapse_at_their_own_times(posted):
    chat = cheap_chat(**MAIL)
    for name in ("alice", "bob", "carol"):
        register(chat.irc(f"{name}s-guest"), f"{name} {name}@example.org {PASSWORD}")
        chat.now += DAY_MS
    left = []
    for _ in range(6):
        chat.now += DAY_MS
        chat.hub.tidy()
        left.append(len(chat.network.accounts))
    assert left == [3, 3, 3, 2, 1, 0]
    chat.settle()
    chat.check()


def test_on_a_full_disk_they_stay_until_there_is_room(posted):
    log = FullLog()
    chat = cheap_chat(log, **MAIL)
    unverified(chat)
    bob = chat.irc("bob", join="#tea")
    chat.now += 8 * DAY_MS
    log.full = True
    bob.sends("PRIVMSG #tea :the last thing before")
    chat.hub.tidy()
    assert chat.network.accounts.get("alice") is not None
    chat.has_room()
    chat.hub.tidy()
    assert chat.network.accounts.get("alice") is None
    chat.settle()
    chat.check()


def test_an_account_that_was_verified_stays(posted):
    chat = cheap_chat(**MAIL)
    unverified(chat)
    chat.irc("alicia").sends(f"VERIFY alice {posted['alice@example.org']}")
    chat.now += 400 * DAY_MS
    chat.hub.tidy()
    assert chat.network.accounts.get("alice") is not None
    chat.check()
