"""Edits, deletions, reactions and read markers: sent, stored, and played back."""

from harness import Chat

CAPS = (
    "batch server-time message-tags echo-message labeled-response draft/chathistory"
    " draft/message-edit draft/message-redaction draft/read-marker"
)


def bare(lines: list[str]) -> list[str]:
    """Lines without their tags."""
    return [line.partition(" ")[2] if line[0] == "@" else line for line in lines]


def said(chat: Chat, client, text: str, target: str = "#tea") -> str:
    """Say it; the msgid."""
    (line,) = client.asks(f"PRIVMSG {target} :{text}")
    chat.forget()
    tags = dict(tag.partition("=")[::2] for tag in line.split()[0][1:].split(";"))
    return tags["msgid"]


def talking():
    chat = Chat()
    alice = chat.irc("alice", join="#tea", caps=CAPS)
    bob = chat.irc("bob", join="#tea", caps=CAPS)
    old = chat.irc("old", join="#tea")
    person = chat.plain("Person", join="#tea")
    chat.forget()
    return chat, alice, bob, old, person


def test_an_edit_is_seen_by_everybody_in_the_way_they_can():
    chat, alice, bob, old, person = talking()
    msgid = said(chat, bob, "helo")
    bob.sends(f"EDIT #tea {msgid} :hello")
    line = f":bob!~bob@127.0.0.1 EDIT #tea {msgid} :hello"
    assert bare(alice.sees()) == bare(bob.sees()) == [line]
    assert old.sees() == [":bob!~bob@127.0.0.1 PRIVMSG #tea :(edited) hello"]
    assert person.sees() == ["[#tea] bob (edited): hello"]
    history = alice.asks("CHATHISTORY LATEST #tea * 9")
    assert len(history) == 3
    assert history[1].endswith("PRIVMSG #tea :hello")
    assert ";draft/edited=" in history[1]
    chat.check()


def test_only_the_author_edits():
    chat, alice, bob, *_ = talking()
    msgid = said(chat, bob, "mine")
    (line,) = alice.asks(f"EDIT #tea {msgid} :yours")
    assert "FAIL EDIT EDIT_FORBIDDEN #tea" in line
    (line,) = alice.asks("EDIT #tea nonsense :yours")
    assert "FAIL EDIT UNKNOWN_MSGID #tea nonsense" in line
    (line,) = alice.asks(f"EDIT #other {msgid} :yours")
    assert "FAIL EDIT INVALID_TARGET #other" in line
    assert bob.sees_nothing()


def test_a_message_of_another_conversation_is_none_of_this_one():
    chat, alice, bob, *_ = talking()
    chat.irc("carol", join="#other", caps=CAPS)
    carol = chat.clients[-1]
    msgid = said(chat, carol, "over there", "#other")
    (line,) = bob.asks(f"REDACT #tea {msgid}")
    assert "UNKNOWN_MSGID" in line
    assert alice.sees_nothing()


def test_a_message_is_taken_back_by_its_author_or_an_operator_and_is_gone():
    chat, alice, bob, old, person = talking()
    first, second = said(chat, bob, "one"), said(chat, bob, "two")
    own = said(chat, alice, "three")
    bob.sends(f"REDACT #tea {first} :oops")
    assert bare(alice.sees()) == [f":bob!~bob@127.0.0.1 REDACT #tea {first} :oops"]
    assert old.sees_nothing()
    assert person.sees() == ["[#tea] * bob took a message back"]
    alice.sends(f"REDACT #tea {second}")  # she made the channel
    assert bare(alice.sees()) == [f":alice!~alice@127.0.0.1 REDACT #tea {second}"]
    chat.forget()
    (line,) = bob.asks(f"REDACT #tea {own}")
    assert "FAIL REDACT REDACT_FORBIDDEN #tea" in line
    history = [line for line in bob.asks("CHATHISTORY LATEST #tea * 9") if "PRIVMSG" in line]
    assert [line.rpartition(":")[2] for line in history] == ["three"]
    (line,) = bob.asks(f"REDACT #tea {first}")
    assert "UNKNOWN_MSGID" in line
    chat.check()


def test_a_reaction_is_relayed_and_kept_until_it_is_taken_back():
    chat, alice, bob, *_ = talking()
    reader = chat.irc("reader", join="#tea", caps=f"{CAPS} draft/event-playback")
    msgid = said(chat, bob, "cake?")
    alice.sends(f"@+draft/react=yes;+draft/reply={msgid} TAGMSG #tea")
    (line,) = bob.sees()
    assert f"+draft/react=yes;+draft/reply={msgid} :alice!" in line
    assert line.endswith(" TAGMSG #tea")
    assert any("+draft/react=yes" in each for each in reader.asks("CHATHISTORY LATEST #tea * 9"))
    alice.sends(f"@+draft/unreact=yes;+draft/reply={msgid} TAGMSG #tea")
    assert "+draft/unreact=yes" in bob.sees()[0]
    chat.check()


def test_typing_is_told_and_not_kept():
    chat, alice, bob, *_ = talking()
    entries = len(chat.log.entries)
    alice.sends("@+typing=active TAGMSG #tea")
    assert "+typing=active" in bob.sees()[0]
    assert len(chat.log.entries) == entries


def test_a_read_marker_only_moves_on():
    _, alice, bob, *_ = talking()
    first, later = "timestamp=2023-11-14T22:00:00.000Z", "timestamp=2023-11-14T23:00:00.000Z"
    assert alice.asks("MARKREAD #tea") == [":hubbub.local MARKREAD #tea *"]
    assert alice.asks(f"MARKREAD #tea {later}") == [f":hubbub.local MARKREAD #tea {later}"]
    assert alice.asks(f"MARKREAD #tea {first}") == [f":hubbub.local MARKREAD #tea {later}"]
    assert alice.asks("MARKREAD #tea") == [f":hubbub.local MARKREAD #tea {later}"]
    assert bob.sees_nothing()
    assert bob.asks("MARKREAD #tea") == [":hubbub.local MARKREAD #tea *"]
    assert "NEED_MORE_PARAMS" in alice.asks("MARKREAD")[0]
    assert "INVALID_PARAMS" in alice.asks("MARKREAD #tea timestamp=never")[0]
    assert alice.asks("MARKREAD #nowhere") == [":hubbub.local MARKREAD #nowhere *"]
    assert "INVALID_PARAMS" in alice.asks("MARKREAD #no,where")[0]
    joined = alice.asks("PART #tea", "JOIN #tea")
    assert ":hubbub.local MARKREAD #tea" in " ".join(joined)
