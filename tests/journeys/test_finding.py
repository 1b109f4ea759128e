"""Search returns only messages that the user may read now."""

from harness import Chat, without_times

CAPS = "batch draft/search"


def found(lines):
    """What stands in the batch of an answer, without tags."""
    assert lines[0].endswith((" draft/search", " soju.im/search"))
    return [line.split(" :")[-1] for line in lines[1:-1]]


def talk():
    chat = Chat()
    alice = chat.irc("alice", join="#tea,#cake", caps=CAPS)
    bob = chat.irc("bob", join="#tea", caps="batch soju.im/search")
    alice.sends("PRIVMSG #tea :green coffee", "PRIVMSG #cake :coffee cake", "PRIVMSG bob :coffee?")
    chat.now += 60_000
    bob.sends("PRIVMSG #tea :coffee, never")
    chat.forget()
    return chat, alice, bob


def test_words_are_found_where_one_is():
    chat, alice, bob = talk()
    everything = ["green coffee", "coffee cake", "coffee?", "coffee, never"]
    assert found(alice.asks("SEARCH text=coffee")) == everything
    assert found(bob.asks("SEARCH text=coffee")) == ["green coffee", "coffee?", "coffee, never"]
    assert found(alice.asks("SEARCH text=coffee;in=#tea;from=bob")) == ["coffee, never"]
    assert found(alice.asks("SEARCH text=coffee;in=bob")) == ["coffee?"]
    assert found(alice.asks("SEARCH text=coffee;limit=1")) == ["coffee, never"]
    assert found(alice.asks("SEARCH text=coffee;after=2023-11-14T22:13:50.000Z")) == [
        "coffee, never"
    ]
    assert found(alice.asks("SEARCH * :coffee in:#cake")) == ["coffee cake"]
    assert found(alice.asks("SEARCH text=nothing")) == []
    alice.sends("PRIVMSG #tea :coffee, see https://a.example")
    assert found(alice.asks("SEARCH has=link")) == ["coffee, see https://a.example"]
    chat.check()


def test_nobody_finds_what_others_said_among_themselves():
    chat, alice, bob = talk()
    carol = chat.irc("carol", caps=CAPS)
    assert found(carol.asks("SEARCH text=coffee")) == []
    assert found(carol.asks("SEARCH text=coffee;in=bob")) == []
    assert found(carol.asks("SEARCH * :coffee in:#tea")) == []
    (line,) = carol.asks("SEARCH text=coffee;in=#tea")
    assert " FAIL " in line
    bob.sends("PART #tea")
    assert found(bob.asks("SEARCH text=coffee")) == ["coffee?"]
    (line,) = alice.asks("SEARCH text=coffee;limit=x")
    assert "FAIL SEARCH INVALID_PARAMS limit :" in line
    (line,) = alice.asks("SEARCH *")
    assert "FAIL SEARCH INVALID_PARAMS :Say what to look for" in line


def test_people_with_netcat_search_too():
    chat, *_ = talk()
    person = chat.plain("Person", join="#tea")
    found, more = without_times(person.asks("/search coffee from:alice"))
    assert found == "[#tea] alice: green coffee"
    assert more.startswith("* Around the last: /history #tea around ")
    around = without_times(person.asks(more.partition(": ")[2]))
    assert around[:2] == [found, "[#tea] bob: coffee, never"]
    assert person.asks("/search tiramisu") == ["* Nothing was found."]
    assert person.asks("/search") == ["* Use it like this: /search words"]


def test_reactions_follow_their_message_in_history():
    chat = Chat()
    caps = "batch message-tags draft/chathistory echo-message"
    alice = chat.irc("alice", join="#tea", caps=caps)
    (line,) = alice.asks("PRIVMSG #tea :hello")
    msgid = line.split()[0].partition("msgid=")[2]
    alice.sends("PRIVMSG #tea :bye", f"@+draft/react=x;+draft/reply={msgid} TAGMSG #tea")
    lines = alice.asks("CHATHISTORY LATEST #tea * 2")[1:-1]
    assert [line.split()[2] for line in lines] == ["PRIVMSG", "TAGMSG", "PRIVMSG"]
    assert "draft/chathistory-context" in lines[1]
    assert "+draft/react=x" in lines[1]


def test_a_file_host_is_told_where_there_is_one():
    lines = Chat(file_host="https://files.example/up").irc("a").asks("ISUPPORT")
    assert " draft/FILEHOST=https://files.example/up " in "".join(lines)
    assert " soju.im/FILEHOST=https://files.example/up " in "".join(lines)
    assert "FILEHOST" not in "".join(Chat().irc("a").asks("ISUPPORT"))


def test_a_bridge_speaks_for_people_elsewhere():
    chat = Chat()
    bridge = chat.irc("bridge", join="#tea", caps="echo-message")
    alice = chat.irc("alice", join="#tea", caps="draft/relaymsg")
    tagged = chat.irc("tagged", join="#tea", caps="message-tags")
    chat.forget()
    assert bridge.asks("RELAYMSG #tea ann/discord :hi all") == [
        ":ann/discord!~relay@127.0.0.1 PRIVMSG #tea :hi all"
    ]
    assert alice.sees() == [
        "@draft/relaymsg=bridge :ann/discord!~relay@127.0.0.1 PRIVMSG #tea :hi all"
    ]
    assert "relaymsg" not in tagged.sees()[0]
    for nick, text, code in (
        ("ann", "hi", "INVALID_NICK"),
        ("/ann", "hi", "INVALID_NICK"),
        ("ann!x/discord", "hi", "INVALID_NICK"),
        ("ann/discord", " ", "BLANK_MSG"),
        ("ann/discord", "x" * 480, "TOO_LONG"),
    ):
        (line,) = bridge.asks(f"RELAYMSG #tea {nick} :{text}")
        assert f"FAIL RELAYMSG {code} :" in line
    (line,) = alice.asks("RELAYMSG #tea bob/discord :hi")
    assert "FAIL RELAYMSG PRIVS_NEEDED :" in line
    bridge.asks("MODE #tea +b ann/*!*@*")
    (line,) = bridge.asks("RELAYMSG #tea ann/discord :hi")
    assert "FAIL RELAYMSG BANNED :" in line
    assert " 432 " in alice.asks("NICK ann/discord")[0]
    chat.check()


def test_every_day_there_is_can_be_asked_for():
    _, alice, _ = talk()
    for day in ("0001-01-01", "1970-01-01", "9999-12-31"):
        for words in (f"on:{day}", f"before:{day} after:{day}", f"before:{day} before:2000-01-01"):
            assert found(alice.asks(f"SEARCH * :{words}")) == []
    assert len(found(alice.asks("SEARCH * :after:0001-01-01 before:9999-12-31"))) == 4


def test_people_with_netcat_page_to_older_hits():
    chat = Chat()
    alice = chat.irc("alice", join="#tea")
    for number in range(1, 46):
        alice.sends(f"PRIVMSG #tea :cup {number}")
    person = chat.plain("Person", join="#tea")
    words, seen = "/search cup from:alice", []
    while words:
        told = person.asks(words)
        seen = [line.rpartition(" ")[2] for line in told if "alice: " in line] + seen
        words = told[-1].removeprefix("* Older: ") if "/search " in told[-1] else ""
    assert seen == [str(number) for number in range(1, 46)]


def test_older_hits_of_what_was_said_before_a_day():
    """Both hold, the day and the last hit; what comes in meanwhile changes nothing."""
    chat = Chat()
    alice = chat.irc("alice", join="#tea", caps=CAPS + " message-tags")
    for number in range(1, 8):
        alice.sends(f"PRIVMSG #tea :cup {number}")
    chat.now += 86_400_000
    pages, older = [], ""
    for _ in range(4):
        alice.sends("PRIVMSG #tea :cup of the next day")
        lines = alice.asks(f"SEARCH text=cup;before=2023-11-15T12:00:00.000Z;limit=3{older}")
        pages.append(found(lines))
        older = " before:" + lines[1].partition("msgid=")[2].partition(" ")[0].partition(";")[0]
    assert pages == [["cup 5", "cup 6", "cup 7"], ["cup 2", "cup 3", "cup 4"], ["cup 1"], []]
