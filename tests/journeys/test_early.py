"""Commands before registration is complete: ISUPPORT and AWAY."""

from harness import Chat

from hubbub.dialects.irc.dialect import IrcDialect


def test_the_limits_are_told_in_a_batch_before_registration():
    chat = Chat(icon="https://example.org/icon.svg")
    early = chat.connects(IrcDialect())
    assert early.asks("ISUPPORT") == [":hubbub.local 451 * :You have not registered"]
    early.sends("CAP LS 302", "CAP REQ :batch draft/extended-isupport")
    first, *lines, last = early.asks("ISUPPORT")
    assert first.split()[1:] == ["BATCH", first.split()[2], "draft/isupport"]
    assert last.endswith(first.split()[2].replace("+", "-"))
    assert all(" 005 * " in line and line.startswith("@batch=") for line in lines)
    assert any(" draft/ICON=https://example.org/icon.svg " in line for line in lines)
    welcome = early.asks("NICK early", "USER early 0 * :x", "CAP END")
    assert all(line.startswith("@batch=") for line in welcome if " 005 " in line)


def test_the_limits_can_be_asked_for_again_by_everybody():
    chat = Chat()
    bob = chat.irc("bob")
    lines = bob.asks("ISUPPORT")
    assert all(line.startswith(":hubbub.local 005 bob ") for line in lines)
    assert not any("draft/ICON" in line for line in lines)


def test_somebody_can_be_away_from_the_start():
    chat = Chat()
    early = chat.connects(IrcDialect())
    assert early.asks("AWAY :at lunch") == [":hubbub.local 451 * :You have not registered"]
    early.sends("CAP LS 302", "CAP REQ draft/pre-away")
    assert early.asks("AWAY :at lunch") == [
        ":hubbub.local 306 * :You have been marked as being away"
    ]
    early.sends("NICK early", "USER early 0 * :x", "CAP END")
    bob = chat.irc("bob")
    assert bob.asks("PRIVMSG early :hello") == [":hubbub.local 301 bob early :at lunch"]
    chat.check()


def test_context_of_a_private_answer_is_handed_on():
    chat = Chat()
    alice = chat.irc("alice", caps="message-tags")
    bob = chat.irc("bob", caps="message-tags")
    bob.sends("@+draft/channel-context=#tea PRIVMSG alice :about that")
    (line,) = alice.sees()
    assert ";+draft/channel-context=#tea " in line
