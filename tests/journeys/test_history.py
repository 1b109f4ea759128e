"""History, for users who may read it."""

from datetime import datetime

from harness import START, Chat, without_times

from hubbub.handlers.history.chathistory import number as parse_limit

CAPS = "batch server-time message-tags draft/chathistory labeled-response"


def texts(lines: list[str]) -> list[str]:
    return [line.rpartition(":")[2] for line in lines if " PRIVMSG " in line]


def msgids(lines: list[str]) -> list[str]:
    return [
        tag.removeprefix("msgid=")
        for line in lines
        for tag in line.split()[0].lstrip("@").split(";")
        if tag.startswith("msgid=")
    ]


def talking(count: int = 5):
    chat = Chat()
    alice = chat.irc("alice", join="#tea", caps=CAPS)
    bob = chat.irc("bob", join="#tea")
    for number in range(1, count + 1):
        chat.now = START + number * 1000
        bob.sends(f"PRIVMSG #tea :{number}")
    chat.forget()
    return chat, alice, bob


def test_the_latest_in_a_batch_of_the_channel():
    _, alice, _ = talking()
    lines = alice.asks("CHATHISTORY LATEST #TEA * 3")
    number = lines[0].split()[2].removeprefix("+")
    assert lines[0] == f":hubbub.local BATCH +{number} chathistory #tea"
    assert lines[-1] == f":hubbub.local BATCH -{number}"
    assert all(line.startswith("@") and f";batch={number} " in line for line in lines[1:-1])
    assert texts(lines) == ["3", "4", "5"]


def test_a_label_stands_on_the_batch():
    _, alice, _ = talking()
    lines = alice.asks("@label=x CHATHISTORY LATEST #tea * 1")
    assert lines[0].startswith("@label=x :hubbub.local BATCH +")
    assert lines[0].endswith(" chathistory #tea")
    assert len(lines) == 3


def test_before_after_around_and_between_by_name_and_by_time():
    _, alice, _ = talking()
    ids = msgids(alice.asks("CHATHISTORY LATEST #tea * 9"))
    times = [f"2023-11-14T22:13:{20 + number:02d}.000Z" for number in range(1, 6)]
    for refs in ([f"msgid={each}" for each in ids], [f"timestamp={each}" for each in times]):
        ask = lambda *words: texts(alice.asks("CHATHISTORY " + " ".join(words)))  # noqa: E731
        assert ask("BEFORE", "#tea", refs[3], "2") == ["2", "3"]
        assert ask("AFTER", "#tea", refs[1], "2") == ["3", "4"]
        assert ask("LATEST", "#tea", refs[2], "9") == ["4", "5"]
        assert ask("AROUND", "#tea", refs[2], "3") == ["2", "3", "4"]
        assert ask("BETWEEN", "#tea", refs[0], refs[4], "2") == ["2", "3"]
        assert ask("BETWEEN", "#tea", refs[4], refs[0], "2") == ["3", "4"]


def test_refusals():
    chat, alice, _ = talking()
    chat.irc("carol", join="#secret")
    assert alice.asks("CHATHISTORY NEVER #tea * 3") == [
        ":hubbub.local FAIL CHATHISTORY INVALID_PARAMS NEVER :Unknown subcommand"
    ]
    assert alice.asks("CHATHISTORY LATEST #tea *") == [
        ":hubbub.local FAIL CHATHISTORY INVALID_PARAMS LATEST :Insufficient parameters"
    ]
    absent = alice.asks("CHATHISTORY LATEST #nothing * 3")
    private = alice.asks("CHATHISTORY LATEST #secret * 3")
    assert [line.replace("#nothing", "#secret") for line in absent] == private
    assert private == [
        ":hubbub.local FAIL CHATHISTORY INVALID_TARGET LATEST #secret"
        " :Messages could not be retrieved"
    ]
    assert "Invalid timestamp" in alice.asks("CHATHISTORY BEFORE #tea timestamp=soon 3")[0]
    assert "INVALID_PARAMS" in alice.asks("CHATHISTORY BEFORE #tea msgid=soon 3")[0]
    (own,) = msgids(alice.asks("CHATHISTORY LATEST #tea * 1"))
    foreign = own.partition("-")[0] + "-000000"  # of another log, at the same place
    assert alice.asks(f"CHATHISTORY BEFORE #tea msgid={foreign} 3") == [
        f":hubbub.local FAIL CHATHISTORY INVALID_PARAMS BEFORE msgid={foreign}"
        " :There is no message of that name"
    ]
    assert "INVALID_MSGREFTYPE" in alice.asks("CHATHISTORY BEFORE #tea date=soon 3")[0]


def test_two_people_read_what_they_said_and_a_namesake_does_not():
    chat = Chat()
    alice = chat.irc("alice", caps=CAPS)
    bob = chat.irc("bob", caps=CAPS)
    alice.sends("PRIVMSG bob :secret")
    bob.sends("PRIVMSG alice :answer")
    for reader, other in ((alice, "bob"), (bob, "alice")):
        assert texts(reader.asks(f"CHATHISTORY LATEST {other} * 9")) == ["secret", "answer"]
    bob.sends("NICK robert")
    assert texts(alice.asks("CHATHISTORY LATEST robert * 9")) == []
    bob.drops()
    impostor = chat.irc("bob", caps=CAPS)
    assert texts(impostor.asks("CHATHISTORY LATEST alice * 9")) == []
    chat.check()


def test_targets_are_those_one_may_read():
    chat, alice, bob = talking()
    chat.irc("carol", join="#other").sends("PRIVMSG #other :hidden")
    chat.now += 1000
    bob.sends("PRIVMSG alice :psst")
    lines = alice.asks(
        "CHATHISTORY TARGETS timestamp=2023-01-01T00:00:00.000Z"
        " timestamp=2024-01-01T00:00:00.000Z 9"
    )
    assert " draft/chathistory-targets" in lines[0]
    assert [line.split()[-2:] for line in lines[1:-1]] == [
        ["#tea", "2023-11-14T22:13:25.000Z"],
        ["bob", "2023-11-14T22:13:26.000Z"],
    ]


def test_joins_and_topics_only_for_who_asked_for_events():
    chat, alice, _ = talking(1)
    eve = chat.irc("eve", join="#tea", caps=f"{CAPS} draft/event-playback")
    alice.sends("TOPIC #tea :green")
    assert not any("TOPIC" in line for line in alice.asks("CHATHISTORY LATEST #tea * 9"))
    played = eve.asks("CHATHISTORY LATEST #tea * 9")
    assert any(line.endswith("TOPIC #tea :green") for line in played)
    assert any(" JOIN #tea" in line for line in played)


def test_a_person_with_netcat_asks_for_history():
    chat = Chat(limits__history_on_join=0)
    alice = chat.irc("alice", join="#lobby")
    bob = chat.plain("Bob")
    alice.sends("PRIVMSG #lobby :one", "PRIVMSG #lobby :two")
    said_at = f"{datetime.fromtimestamp(chat.now / 1000):%Y-%m-%d %H:%M}"
    assert bob.asks("/history 1")[0] == f"{said_at} [#lobby] alice: two"


def test_a_person_with_netcat_who_joins_two_channels_at_once_hears_both():
    chat = Chat()
    ann = chat.irc("ann", join="#tea,#pot")
    ann.sends("PRIVMSG #tea :one", "PRIVMSG #pot :two")
    bob = chat.plain("Bob")
    assert without_times(bob.asks("/join #tea,#pot")) == [
        "* Bob joined #tea",
        "[#tea] ann: one",
        "* Bob joined #pot",
        "[#pot] ann: two",
    ]
    ann.sends("PRIVMSG #tea :three", "PRIVMSG #pot :four")
    assert bob.sees() == ["[#tea] ann: three", "[#pot] ann: four"]


def test_a_person_with_netcat_reads_on_from_a_message():
    chat = Chat(limits__history_on_join=0)
    alice = chat.irc("alice", join="#lobby")
    bob = chat.plain("Bob")
    for number in range(1, 10):
        alice.sends(f"PRIVMSG #lobby :{number}")
    *page, older, newer = without_times(bob.asks("/history 3"))
    assert page == [f"[#lobby] alice: {number}" for number in (7, 8, 9)]
    older, newer = older.partition("/history ")[2], newer.partition("/history ")[2]
    assert without_times(bob.asks(f"/history {older}"))[-3] == "[#lobby] alice: 6"
    assert bob.asks(f"/history {newer}") == ["* Nothing was found."]
    bob.drops()
    alice.sends("PRIVMSG #lobby :missed", "PRIVMSG #lobby :too")
    bob = chat.plain("Bob")
    missed = without_times(bob.asks(f"/history {newer}"))
    assert missed[:-2] == ["[#lobby] alice: missed", "[#lobby] alice: too"]
    around = newer.replace("#lobby after", "#lobby 3 around")
    assert [line[-1] for line in bob.asks(f"/history {around}")[:3]] == ["8", "9", "d"]
    assert bob.asks("/history 3 before nothing") == ["* There is no message of that name"]
    assert bob.asks("/history #nowhere 3") == ["* Messages could not be retrieved"]
    assert bob.asks("/history 1 2 3")[0].startswith("* Use it like this: /history")
    alice.sends("PRIVMSG Bob :psst")
    assert without_times(bob.asks("/history alice 1"))[0] == "(private) alice -> Bob: psst"


def test_what_was_hidden_in_an_auditorium_is_not_played_back():
    chat = Chat()
    alice = chat.irc("alice", join="#tea", caps=f"{CAPS} draft/event-playback")
    alice.sends("MODE #tea +u")
    eve = chat.irc("eve", join="#tea", caps=f"{CAPS} draft/event-playback")
    bob = chat.irc("bob", join="#tea")
    bob.sends("NICK rob", "PRIVMSG #tea :hello", "PART #tea", "JOIN #tea")
    chat.irc("carol", join="#tea").drops()
    alice.sends("MODE #tea +v rob")
    bob.sends("NICK bob", "QUIT")
    alice.sends("MODE #tea -u")  # what comes now is seen, what was before is not
    chat.irc("dora", join="#tea")
    played = [line.split(" ", 2)[2] for line in eve.asks("CHATHISTORY LATEST #tea * 50")[1:-1]]
    assert played == [
        "JOIN #tea", "MODE #tea +u", "PRIVMSG #tea :hello", "MODE #tea +v rob", "NICK bob",
        "QUIT :Quit", "MODE #tea -u", "JOIN #tea",
    ]  # fmt: skip
    chat.check()


def test_between_a_message_and_a_time_either_way_round():
    _, alice, _ = talking()
    ids = msgids(alice.asks("CHATHISTORY LATEST #tea * 9"))
    second, fourth = f"msgid={ids[1]}", "timestamp=2023-11-14T22:13:24.000Z"
    for bounds in (f"{second} {fourth}", f"{fourth} {second}"):
        assert texts(alice.asks(f"CHATHISTORY BETWEEN #tea {bounds} 9")) == ["3"]


def test_any_number_is_a_limit():
    _, alice, _ = talking()
    assert len(texts(alice.asks(f"CHATHISTORY LATEST #tea * {'9' * 300}"))) == 5
    assert parse_limit("9" * 5000) > 1000  # more digits than Python reads


def test_a_time_that_has_no_name_in_utc_is_none():
    chat, alice, _ = talking()
    for word in ("9999-12-31T23:59:59.999-01:00", "0001-01-01T00:00:00+01:00"):
        (line,) = alice.asks(f"MARKREAD #tea timestamp={word}")
        assert "FAIL MARKREAD INVALID_PARAMS" in line
        (line,) = alice.asks(f"CHATHISTORY BEFORE #tea timestamp={word} 5")
        assert "Invalid timestamp" in line
    dora = chat.irc("dora", join="#tea", caps="draft/read-marker")
    (line,) = dora.asks("MARKREAD #tea timestamp=9999-12-31T23:59:59.9999Z")
    assert line.endswith(" #tea timestamp=9999-12-31T23:59:59.999Z")
    chat.check()


def test_a_reaction_from_elsewhere_is_none_of_this_conversation():
    chat, alice, _ = talking(1)
    (msgid,) = msgids(alice.asks("CHATHISTORY LATEST #tea * 1"))
    eve = chat.irc("eve", join="#own", caps=CAPS)
    react = f"@+draft/reply={msgid};+draft/react=forged TAGMSG"
    eve.sends(f"{react} #own", f"{react} alice", f"{react} eve")
    assert not any("forged" in line for line in alice.asks("CHATHISTORY LATEST #tea * 9"))
    chat.check()
