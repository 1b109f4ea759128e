"""Metadata of users and channels: who may set it, and who is notified."""

import pytest
from harness import Chat

from hubbub.dialects.irc.dialect import IrcDialect

SECOND, THIRD = "batch draft/metadata-2", "batch draft/metadata-3"


def batch(lines):
    """The lines of one batch, without their tags; its kind and target."""
    first, *inside, last = lines
    words = first.split()
    assert words[1] == "BATCH"
    assert last.endswith(words[2].replace("+", "-"))
    return " ".join(words[3:]), [line.partition(" ")[2] for line in inside]


def meeting(caps=SECOND, **settings):
    chat = Chat(**settings)
    alice = chat.irc("alice", join="#tea", caps=caps)
    bob = chat.irc("bob", join="#tea", caps=caps)
    chat.forget()
    return chat, alice, bob


def test_setting_getting_listing_and_taking_back():
    chat, alice, bob = meeting()
    assert alice.asks("METADATA * SET url :https://a.example") == [
        ":hubbub.local 761 alice alice url * https://a.example"
    ]
    assert batch(bob.asks("METADATA alice GET url pronouns Bad!")) == (
        "metadata alice",
        [
            ":hubbub.local 761 bob alice url * https://a.example",
            ":hubbub.local 766 bob alice pronouns :is not set",
            ":hubbub.local FAIL METADATA KEY_INVALID Bad! :That is not a key",
        ],
    )
    alice.sends("METADATA * SET pronouns :she / her")
    assert len(batch(bob.asks("METADATA alice LIST"))[1]) == 2
    assert alice.asks("METADATA * SET url") == [":hubbub.local 766 alice alice url :is not set"]
    (line,) = alice.asks("METADATA * SET url")
    assert "FAIL METADATA KEY_NOT_SET alice url" in line
    assert any(" 760 bob alice pronouns * :she / her" in line for line in bob.asks("WHOIS alice"))
    assert batch(alice.asks("METADATA * CLEAR"))[1] == [
        ":hubbub.local 766 alice alice pronouns :is not set"
    ]
    assert chat.network.metadata == {}
    chat.check()


@pytest.mark.parametrize(
    ("caps", "set_line", "unset_line"),
    [
        (
            SECOND,
            ":alice!~alice@127.0.0.1 METADATA alice avatar * a.png",
            ":alice!~alice@127.0.0.1 METADATA alice avatar *",
        ),
        (
            THIRD,
            ":hubbub.local 761 bob alice avatar * a.png",
            ":hubbub.local 766 bob alice avatar :is not set",
        ),
    ],
)
def test_who_subscribed_is_told_of_changes(caps, set_line, unset_line):
    chat, alice, bob = meeting(caps)
    assert bob.asks("METADATA * SUB avatar url")[0] == ":hubbub.local 770 bob avatar url"
    chat.forget()
    alice.sends("METADATA * SET avatar a.png", "METADATA * SET avatar a.png")
    alice.sends("METADATA * SET colour red")
    assert bob.sees() == [set_line]
    alice.sends("METADATA * SET avatar")
    assert bob.sees() == [unset_line]
    assert bob.asks("METADATA * UNSUB avatar") == [":hubbub.local 771 bob avatar"]
    assert batch(bob.asks("METADATA * SUBS")) == ("metadata-subs", [":hubbub.local 772 bob url"])
    alice.sends("METADATA * SET avatar b.png")
    assert bob.sees_nothing()
    chat.check()


def test_strangers_hear_nothing_and_watchers_do():
    chat, alice, _ = meeting()
    carol = chat.irc("carol", caps=SECOND)
    carol.sends("METADATA * SUB avatar")
    chat.forget()
    alice.sends("METADATA * SET avatar a.png")
    assert carol.sees_nothing()
    carol.sends("MONITOR + alice")
    chat.forget()
    alice.sends("METADATA * SET avatar b.png")
    assert carol.sees() == [":alice!~alice@127.0.0.1 METADATA alice avatar * b.png"]


def test_who_comes_in_is_told_what_is_set():
    chat, alice, _ = meeting()
    alice.sends("METADATA * SET avatar a.png", "METADATA #tea SET topic-url t")
    carol = chat.irc("carol", caps=SECOND)
    carol.sends("METADATA * SUB avatar topic-url")
    lines = carol.asks("JOIN #tea")
    kind, inside = batch(lines[-4:])
    assert kind == "metadata #tea"
    assert inside == [
        ":hubbub.local METADATA #tea topic-url * t",
        ":hubbub.local METADATA alice avatar * a.png",
    ]
    assert batch(carol.asks("METADATA #tea SYNC")) == (kind, inside)


def test_a_subscription_tells_what_is_set_already():
    chat, alice, bob = meeting()
    alice.sends("METADATA * SET avatar a.png")
    assert batch(bob.asks("METADATA * SUB avatar")[1:])[1] == [
        ":hubbub.local METADATA alice avatar * a.png"
    ]
    chat.check()


def test_a_channel_speaks_by_its_operators_to_its_members():
    chat, alice, bob = meeting()
    carol = chat.irc("carol", caps=SECOND)
    (line,) = bob.asks("METADATA #tea SET url x")
    assert "FAIL METADATA KEY_NO_PERMISSION #tea url :" in line
    alice.sends("METADATA #tea SET url :https://tea.example")
    assert bob.asks("METADATA #tea GET url")[1].endswith("761 bob #tea url * https://tea.example")
    for subcommand in ("GET url", "LIST", "SYNC", "CLEAR", "SET url y"):
        (line,) = carol.asks(f"METADATA #tea {subcommand}")
        assert "FAIL METADATA KEY_NO_PERMISSION #tea * :" in line
    alice.sends("MODE #tea +s")
    for subcommand in ("GET url", "LIST", "SYNC", "CLEAR", "SET url y"):
        hidden, missing = (carol.asks(f"METADATA {n} {subcommand}") for n in ("#tea", "#gone"))
        assert hidden == [line.replace("#gone", "#tea") for line in missing]
    chat.check()


def test_nobody_speaks_for_somebody_else():
    chat, alice, _ = meeting()
    for words, key in (("SET url x", "url"), ("CLEAR", "*")):
        (line,) = alice.asks(f"METADATA bob {words}")
        assert f"FAIL METADATA KEY_NO_PERMISSION bob {key} :" in line
    (line,) = alice.asks("METADATA nobody LIST")
    assert "FAIL METADATA INVALID_TARGET nobody :" in line
    (line,) = alice.asks("METADATA * DESTROY")
    assert "FAIL METADATA SUBCOMMAND_INVALID DESTROY :" in line
    assert chat.network.metadata == {}


def test_there_are_limits():
    chat, alice, bob = meeting(
        limits__metadata_keys=2,
        limits__metadata_bytes=16,
        limits__metadata_subscriptions=2,
        limits__metadata_burst=3,
    )
    assert bob.asks("METADATA * SUB a b a c d") == [
        ":hubbub.local FAIL METADATA TOO_MANY_SUBS c :At most 2 keys",
        ":hubbub.local 770 bob a b a",
    ]
    (line,) = alice.asks("METADATA * SET a :" + "x" * 17)
    assert "FAIL METADATA VALUE_INVALID :" in line
    alice.sends("METADATA * SET a 1", "METADATA * SET b 2")
    (line,) = alice.asks("METADATA * SET c 3")
    assert "FAIL METADATA LIMIT_REACHED alice :" in line
    alice.sends("METADATA * SET a 2")
    (line,) = alice.asks("METADATA * SET a 3")
    assert "FAIL METADATA RATE_LIMITED alice a 60 :" in line
    chat.now += 60_000
    assert len(alice.asks("METADATA * SET a 3")) == 1
    chat.check()


def test_what_is_set_before_registration_is_ones_own_afterwards():
    chat = Chat()
    early = chat.connects(IrcDialect())
    (line,) = early.asks("METADATA * SET url x")
    assert " 451 " in line
    early.sends("CAP LS 302", f"CAP REQ :{SECOND}")
    assert early.asks("METADATA * SET url x") == [":hubbub.local 761 * * url * x"]
    assert batch(early.asks("METADATA * LIST"))[1] == [":hubbub.local 761 * * url * x"]
    lines = early.asks("NICK early", "USER early 0 * :x", "CAP END")
    at = next(i for i, line in enumerate(lines) if line.endswith(" metadata early"))
    assert lines[at + 1].endswith(":hubbub.local METADATA early url * x")
    assert any(" 422 " in line for line in lines[at:])
    chat.check()


def test_without_an_account_it_ends_with_the_stay():
    chat, alice, _ = meeting()
    alice.sends("METADATA * SET url x", "NICK alicia")
    assert len(batch(alice.asks("METADATA * LIST"))[1]) == 1
    alice.sends("QUIT")
    assert chat.network.metadata == {}
    chat.check()


def test_who_is_hidden_in_an_auditorium_is_hidden_here_too():
    chat = Chat()
    owner = chat.irc("owner", join="#hall", caps=SECOND)
    owner.sends("MODE #hall +u", "METADATA * SUB url")
    hidden = chat.irc("hidden", join="#hall", caps=SECOND)
    hidden.sends("METADATA * SET url :x")
    eve = chat.irc("eve", caps=SECOND)
    eve.sends("METADATA * SUB url")
    assert not any("hidden" in line for line in eve.asks("JOIN #hall"))
    for words in ("#hall SYNC", "*ALL SYNC", "* SUB url"):
        assert not any("hidden" in line for line in eve.asks(f"METADATA {words}"))
    chat.forget()
    hidden.sends("METADATA * SET url :y")
    assert eve.sees_nothing()
    assert any("hidden" in line for line in owner.sees())
