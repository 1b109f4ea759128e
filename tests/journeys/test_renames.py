"""Renaming a channel: who is notified, and what the channel keeps."""

from harness import Chat

RENAME = "draft/channel-rename"


def tea(**settings):
    chat = Chat(**settings)
    alice = chat.irc("alice", join="#tea", caps=RENAME)
    bob = chat.irc("bob", join="#tea")
    person = chat.plain("Person", join="#tea")
    chat.forget()
    return chat, alice, bob, person


def test_everybody_is_told_in_the_way_they_understand():
    chat, alice, bob, person = tea()
    alice.sends("RENAME #tea #coffee :something stronger")
    assert alice.sees() == [":alice!~alice@127.0.0.1 RENAME #tea #coffee :something stronger"]
    assert bob.sees() == [
        ":bob!~bob@127.0.0.1 PART #tea :something stronger",
        ":bob!~bob@127.0.0.1 JOIN #coffee",
        ":hubbub.local 353 bob = #coffee :@alice bob Person",
        ":hubbub.local 366 bob #coffee :End of /NAMES list",
    ]
    assert person.sees() == ["* alice renamed #tea: it is #coffee now"]
    person.sends("I am still here")
    assert alice.sees() == [":Person!~Person@127.0.0.1 PRIVMSG #coffee :I am still here"]
    chat.check()


def test_everything_in_it_stays():
    chat, alice, _, _ = tea()
    carol = chat.irc("carol")
    alice.sends("TOPIC #tea :green", "MODE #tea +ib *!*@evil", "INVITE carol #tea")
    alice.sends("RENAME #tea #coffee")
    assert alice.asks("TOPIC #coffee")[0] == ":hubbub.local 332 alice #coffee green"
    assert alice.asks("MODE #coffee b")[0].startswith(":hubbub.local 367 alice #coffee *!*@evil ")
    assert carol.asks("JOIN #coffee")[0] == ":carol!~carol@127.0.0.1 JOIN #coffee"
    assert alice.asks("PRIVMSG #tea :anybody?") == [":hubbub.local 403 alice #tea :No such channel"]
    chat.check()


def test_what_was_said_is_found_under_the_new_name_and_not_under_the_old_one():
    chat, alice, bob, _ = tea()
    caps = f"{RENAME} batch draft/chathistory draft/read-marker server-time"
    dora = chat.irc("dora", join="#tea", caps=caps)
    bob.sends("PRIVMSG #tea :before")
    dora.sends("MARKREAD #tea timestamp=2023-11-14T22:13:20.000Z")
    alice.sends("RENAME #tea #coffee")
    bob.sends("PRIVMSG #coffee :after")
    found = dora.asks("CHATHISTORY LATEST #coffee * 9")
    assert [line.partition(" ")[2] for line in found[1:-1]] == [
        ":bob!~bob@127.0.0.1 PRIVMSG #coffee :before",
        ":bob!~bob@127.0.0.1 PRIVMSG #coffee :after",
    ]
    assert dora.asks("MARKREAD #coffee") == [
        ":hubbub.local MARKREAD #coffee timestamp=2023-11-14T22:13:20.000Z"
    ]
    # Somebody makes a channel of the old name: it knows nothing.
    dora.sends("JOIN #tea")
    assert len(dora.asks("CHATHISTORY LATEST #tea * 9")) == 2
    assert dora.asks("MARKREAD #tea") == [":hubbub.local MARKREAD #tea *"]
    dora.sends("MARKREAD #tea timestamp=2023-11-14T22:13:19.000Z")
    chat.check()


def test_a_channel_that_ended_keeps_what_was_said_to_itself():
    chat, alice, _, _ = tea()
    caps = f"{RENAME} batch draft/chathistory"
    dora = chat.irc("dora", join="#coffee", caps=caps)
    dora.sends("PRIVMSG #coffee :in another life", "PART #coffee", "JOIN #tea")
    alice.sends("RENAME #tea #coffee")
    assert len(dora.asks("CHATHISTORY LATEST #coffee * 9")) == 2
    chat.check()


def test_another_way_of_writing_the_name_is_told_only_to_those_who_know_renames():
    chat, alice, bob, _ = tea()
    assert alice.asks("RENAME #tea #Tea") == [":alice!~alice@127.0.0.1 RENAME #tea #Tea :"]
    assert bob.sees_nothing()
    assert alice.asks("NAMES #tea")[0].startswith(":hubbub.local 353 alice = #Tea ")
    chat.check()


def test_who_may_not_rename_what():
    chat, alice, bob, _ = tea()
    chat.irc("carol", join="#coffee")
    assert bob.asks("RENAME #tea #beer") == [
        ":hubbub.local 482 bob #tea :You're not channel operator"
    ]
    assert alice.asks("RENAME #nowhere #beer") == [
        ":hubbub.local 403 alice #nowhere :No such channel"
    ]
    assert alice.asks("RENAME #coffee #beer") == [
        ":hubbub.local 442 alice #coffee :You're not on that channel"
    ]
    (line,) = alice.asks("RENAME #tea #COFFEE")
    assert "FAIL RENAME CHANNEL_NAME_IN_USE #tea #COFFEE :" in line
    (line,) = alice.asks("RENAME #tea &tea")
    assert " 403 alice &tea " in line
    (line,) = alice.asks("RENAME #tea #a*b")
    assert " 476 alice #a*b " in line
    alice.sends("RENAME #tea #beer")
    (line,) = alice.asks("RENAME #beer #wine")
    assert "FAIL RENAME CANNOT_RENAME #beer #wine :It was renamed a moment ago" in line
    chat.now += 61_000
    assert alice.asks("RENAME #beer #wine")[0].endswith("RENAME #beer #wine :")
    chat.check()


def test_a_client_without_the_capability_may_rename():
    chat = Chat()
    old = chat.irc("old", join="#tea")
    assert old.asks("RENAME #tea #coffee")[:2] == [
        ":old!~old@127.0.0.1 PART #tea :It is called #coffee now",
        ":old!~old@127.0.0.1 JOIN #coffee",
    ]
    chat.check()
