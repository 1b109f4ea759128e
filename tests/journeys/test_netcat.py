"""A person with netcat operates a channel."""

import dataclasses
import re

from harness import CHEAP_HASHES, Chat


def test_a_person_with_netcat_looks_after_a_channel():
    chat = Chat()
    ada = chat.plain("Ada", join="#tea")
    bob = chat.plain("Bob", join="#tea")
    chat.forget()
    assert ada.asks("/mode") == ["* #tea has the modes +nt"]
    assert ada.asks("/mode +m") == ["* Ada set #tea +m"]
    assert (
        bob.asks("may I?")
        == [
            "* Ada set #tea +m",
            "* You cannot speak in #tea. (Cannot send to channel (+m))",
        ][1:]
    )
    assert ada.asks("/voice Bob") == ["* Ada set #tea +v Bob"]
    assert bob.asks("thanks") == ["[#tea] Bob: thanks"]
    assert ada.asks("/ban mallory") == ["* Ada set #tea +b mallory!*@*"]
    assert ada.asks("/mode b") == ["* Kept out of #tea: mallory!*@* (by Ada)"]
    assert ada.asks("/unban mallory!*@*") == ["* Ada set #tea -b mallory!*@*"]
    assert bob.asks("/kick Ada") == ["* You are not an operator of #tea."]
    assert ada.asks("/op Bob") == ["* Ada set #tea +o Bob"]
    assert bob.asks("/kick Ada your turn is over") == [
        "* Ada was removed from #tea by Bob (your turn is over)"
    ]
    assert bob.asks("/invite Ada") == ["* You invited Ada to #tea."]
    assert ada.sees()[-1] == "* Bob invites Ada to #tea"
    chat.check()


def test_who_is_put_out_of_a_channel_talks_nowhere_until_they_choose():
    chat = Chat()
    ada = chat.plain("Ada", join="#tea")
    bob = chat.plain("Bob")
    bob.sends("/join #tea")
    ada.sends("/kick Bob quiet please")
    assert bob.asks("am I heard?") == ["* You are in no channel. /join #lobby, or /msg somebody."]
    assert bob.asks("/join #tea")[0] == "* Bob joined #tea"
    assert bob.asks("back")[-1] == "[#tea] Bob: back"
    ada.sends("/kick Bob")
    assert bob.asks("/join #lobby") == ["* You are now talking in #lobby."]
    assert bob.asks("here")[-1] == "[#lobby] Bob: here"
    chat.check()


def test_who_tries_a_taken_name_first_comes_in_under_the_next():
    chat = Chat()
    chat.plain("Ada")
    bob = chat.connects_plain()
    assert bob.asks("/help") == ["* First a name, one word. /login name password, if it has one."]
    assert bob.asks("Ada") == ["* Ada is taken. What is your name?"]
    assert bob.asks("9lives") == [
        "* 9lives cannot be a name: letters first, no spaces. What is your name?"
    ]
    welcome, *rest = bob.asks("Bob")
    assert welcome.startswith("* Welcome!")
    assert rest == ["* Bob joined #lobby"]
    assert bob.asks("/whois Bob")[0] == "* Bob is Bob (~Bob@127.0.0.1)"
    chat.check()


def test_a_person_with_netcat_asks_about_somebody():
    chat = Chat()
    ada = chat.plain("Ada")
    chat.irc("bob", join="#tea")
    chat.now += 5000
    assert ada.asks("/whois bob") == [
        "* bob is bob Real (~bob@127.0.0.1)",
        "* bob is in @#tea",
        "* bob has said nothing for 5 seconds.",
    ]
    assert ada.asks("/whois nobody") == ["* Nobody here is called nobody."]


def test_a_command_used_wrongly_says_how_it_is_used():
    chat = Chat()
    ada = chat.plain("Ada")
    for typed in ("/kick", "/op", "/whois", "/invite"):
        assert ada.asks(typed)[0].startswith(f"* Use it like this: {typed} ")


def test_upload_prints_a_line_for_curl():
    chat = Chat()
    nora = chat.plain("Nora")
    assert nora.asks("/upload") == ["* This server takes no files"]
    chat.hub.context.takes_files = True
    peer = nora.session.peer
    nora.session.peer = dataclasses.replace(peer, reached="192.168.1.5:50000")
    first, line, last = nora.asks("/upload")
    assert first == "* In another terminal, within ten minutes:"
    assert re.fullmatch(
        r'  curl -T FILE -H "Authorization: Bearer \S+" http://192\.168\.1\.5:50000/files/',
        line,
    )
    assert last == "* It prints a link: paste that here."
    assert any(each.startswith("  /upload ") for each in nora.asks("/help"))


def test_a_person_with_netcat_says_something_of_themselves():
    chat = Chat()
    ada = chat.plain("Ada", join="#tea")
    bob = chat.plain("Bob", join="#tea")
    chat.forget()
    assert ada.asks("/profile") == ["* Ada says nothing in a profile."]
    assert ada.asks("/profile pronouns she/her") == ["* Ada, pronouns: she/her"]
    assert bob.asks("/profile Ada") == ["* Ada, pronouns: she/her"]
    assert "* Ada, pronouns: she/her" in bob.asks("/whois Ada")
    assert ada.asks("/profile #tea homepage https://tea.example") == [
        "* #tea, homepage: https://tea.example"
    ]
    assert bob.asks("/profile #tea") == ["* #tea, homepage: https://tea.example"]
    assert ada.asks("/profile pronouns -") == ["* Ada, pronouns: nothing"]
    assert bob.asks("/profile #tea homepage x") == [
        "* You may set your own values, and operators those of their channel"
    ]
    chat.check()


def test_help_fits_a_terminal():
    bob = Chat().plain("Bob")
    for line in [*bob.asks("/help"), *bob.asks("/help account")]:
        assert len(line) < 80, line


PASSWORD = "* That password is wrong. This server has a password. What is it?"


def arrives(chat):
    """A person with netcat, and what they are greeted with."""
    person = chat.connects_plain()
    return person, person.session.dialect.greeting(person.session).partition(" NOTICE * :")[2]


def test_the_server_s_password_is_asked_for_before_the_name():
    chat = Chat(password="open sesame")
    ada, greeting = arrives(chat)
    assert greeting == "Welcome to Hubbub. This server has a password. What is it?\r\n"
    assert ada.asks("Ada") == [PASSWORD]
    assert ada.asks("open sesame") == ["* What is your name?"]
    assert ada.asks("Ada")[0].startswith("* Welcome!")
    chat.check()


def test_guesses_at_the_server_s_password_end():
    chat = Chat(password="open sesame", accounts__login_burst=3)
    guesser, _ = arrives(chat)
    assert guesser.asks("a", "b") == [PASSWORD] * 2
    guesser.sends("c", "d")
    told = "Too many wrong passwords: wait a minute, then try again"
    assert guesser.sees() == [f"* Goodbye. ({told})"]
    assert guesser.closed
    again, _ = arrives(chat)
    assert again.asks("open sesame") == [f"* Goodbye. ({told})"]  # nothing is right any more
    elsewhere = chat.connects_plain(host="10.1.2.3")
    assert elsewhere.asks("open sesame") == ["* What is your name?"]


def test_one_connection_does_not_guess_for_ever():
    chat = Chat(password="open sesame", accounts__login_burst=100)
    guesser, _ = arrives(chat)
    guesser.sends(*(f"guess {number}" for number in range(12)))
    assert guesser.sees() == [PASSWORD] * 10 + ["* Goodbye. (Too many wrong logins)"]


def test_an_invitation_stands_for_the_password():
    chat = Chat(password="open sesame")
    host, _ = arrives(chat)
    host.sends("open sesame", "Ada")
    link = host.asks("/invite-link")[-1].split()[-1]
    guest, _ = arrives(chat)
    assert guest.asks(link) == ["* You are invited by Ada. What is your name?"]
    assert guest.asks("Bob")[0].startswith("* Welcome!")


def test_where_an_account_is_required_people_are_led_to_one():
    chat = Chat(accounts__required=True, **CHEAP_HASHES)
    ada, greeting = arrives(chat)
    question = (
        "Only people with an account may enter. Sign in with /login name password,"
        " or make an account with /register name password"
    )
    assert greeting == f"Welcome to Hubbub. {question}\r\n"
    assert ada.asks("Ada") == [f"* {question}"]
    assert ada.asks("/login Ada wrong-password") == ["* Wrong name or password", f"* {question}"]
    assert "* Welcome!" in "\n".join(ada.asks("/register Ada long-enough"))
    ada.sends("quit")
    again, _ = arrives(chat)
    assert "* Welcome!" in "\n".join(again.asks("/login Ada long-enough"))
    chat.check()


def test_no_account_can_be_made_where_operators_make_them():
    chat = Chat(accounts__required=True, accounts__registration=False, password="sesame")
    ada, _ = arrives(chat)
    assert ada.asks("sesame") == [
        "* Only people with an account may enter. Sign in with /login name password;"
        " the operators of this server make accounts."
    ]
