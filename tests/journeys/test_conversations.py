"""Users of all kinds of clients talk to each other."""

from harness import START, Chat, without_times

from hubbub.events.msgid import msgid as msgid_of

TAGGED = "message-tags server-time echo-message labeled-response batch"


def test_a_person_with_netcat_and_an_irc_client_see_the_same_conversation():
    chat = Chat()
    alice = chat.irc("alice", join="#lobby")
    bob = chat.plain("Bob")
    alice.sends("PRIVMSG #lobby :hello")
    bob.sends("hi alice")
    assert bob.sees() == ["[#lobby] alice: hello", "[#lobby] Bob: hi alice"]
    assert alice.sees() == [":Bob!~Bob@127.0.0.1 PRIVMSG #lobby :hi alice"]
    chat.check()


def test_a_message_is_told_to_nobody_before_the_log_has_it():
    chat = Chat()
    alice = chat.irc("alice", join="#tea", caps="echo-message")
    bob = chat.irc("bob", join="#tea")
    chat.forget()
    alice.session.dialect.receive(b"")
    chat.hub.receive(alice.session, alice.session.dialect.receive(b"PRIVMSG #tea :soon\r\n"))
    while chat.thread.calls:
        function, arguments = chat.thread.calls.popleft()
        function(*arguments)
    assert alice.sees_nothing()
    assert bob.sees_nothing()
    chat.settle()
    assert bob.sees() == [":alice!~alice@127.0.0.1 PRIVMSG #tea :soon"]
    assert alice.sees() == [":alice!~alice@127.0.0.1 PRIVMSG #tea :soon"]
    chat.check()


def test_a_pong_comes_after_the_echo_of_what_was_said_before_it():
    chat = Chat()
    alice = chat.irc("alice", join="#tea", caps="echo-message")
    alice.sends_bytes(b"PRIVMSG #tea :first\r\nPING x\r\nPRIVMSG #tea :second\r\nPING y\r\n")
    assert [line.split(" ", 1)[1] for line in alice.sees()] == [
        "PRIVMSG #tea :first",
        "PONG hubbub.local x",
        "PRIVMSG #tea :second",
        "PONG hubbub.local y",
    ]


def test_everybody_in_two_channels_sees_one_order():
    chat = Chat()
    alice = chat.irc("alice", join="#one,#two", caps="echo-message")
    bob = chat.irc("bob", join="#one,#two", caps="echo-message")
    carol = chat.irc("carol", join="#one,#two")
    chat.forget()
    receive = chat.hub.receive
    for number in range(20):
        speaker = (alice, bob)[number % 2]
        channel = ("#one", "#two")[number // 2 % 2]
        line = f"PRIVMSG {channel} :{number}\r\n".encode()
        receive(speaker.session, speaker.session.dialect.receive(line))
    chat.settle()
    numbers = [str(number) for number in range(20)]
    for client in (alice, bob, carol):
        assert [line.rpartition(":")[2] for line in client.sees()] == numbers
    chat.check()


def test_who_joins_after_a_message_does_not_get_it_even_when_both_leave_together():
    chat = Chat()
    alice = chat.irc("alice", join="#tea")
    bob = chat.irc("bob")
    for client, line in ((alice, b"PRIVMSG #tea :before\r\n"), (bob, b"JOIN #tea\r\n")):
        chat.hub.receive(client.session, client.session.dialect.receive(line))
    chat.hub.receive(alice.session, alice.session.dialect.receive(b"PRIVMSG #tea :after\r\n"))
    chat.settle()
    said = [line for line in bob.sees() if "PRIVMSG" in line]
    assert said == [":alice!~alice@127.0.0.1 PRIVMSG #tea :after"]


def test_a_newcomer_with_netcat_reads_what_was_said_last_before_what_is_said_now():
    chat = Chat(limits__history_on_join=2)
    alice = chat.irc("alice", join="#lobby")
    alice.sends("PRIVMSG #lobby :one", "PRIVMSG #lobby :two", "PRIVMSG #lobby :three")
    bob = chat.plain("Bob")
    bob_sees = chat.connects(type(bob.session.dialect)())
    chat.hub.receive(bob_sees.session, bob_sees.session.dialect.receive(b"Carol\r\n"))
    chat.hub.receive(alice.session, alice.session.dialect.receive(b"PRIVMSG #lobby :now\r\n"))
    chat.settle()
    seen = without_times(bob_sees.sees())
    assert [line for line in seen if ": " in line and "NOTICE" not in line] == [
        "* Older: /history #lobby before 8000000006-log001",
        "[#lobby] alice: two",
        "[#lobby] alice: three",
        "[#lobby] alice: now",
    ]
    chat.check()


def test_tags_carry_the_time_and_a_name_that_sorts_as_the_log_does():
    chat = Chat()
    alice = chat.irc("alice", join="#tea", caps=TAGGED)
    bob = chat.irc("bob", join="#tea", caps=TAGGED)
    chat.now = START + 1234
    chat.forget()
    alice.sends("@label=a1 PRIVMSG #tea :hello")
    position = chat.network.position
    msgid = msgid_of(position, "log001")
    rest = f"time=2023-11-14T22:13:21.234Z;msgid={msgid}"
    line = ":alice!~alice@127.0.0.1 PRIVMSG #tea :hello"
    assert bob.sees() == [f"@{rest} {line}"]
    assert alice.sees() == [f"@{rest};label=a1 {line}"]


def test_a_clock_that_jumps_back_does_not_turn_time_back():
    chat = Chat()
    alice = chat.irc("alice", join="#tea", caps="server-time echo-message")
    [first] = alice.asks("PRIVMSG #tea :one")
    chat.now -= 3_600_000
    [second] = alice.asks("PRIVMSG #tea :two")
    assert first.split()[0] < second.split()[0]  # a millisecond later


def test_labels_one_line_none_and_several():
    chat = Chat()
    alice = chat.irc("alice", join="#tea", caps=TAGGED)
    assert alice.asks("@label=1 PONG x") == ["@label=1 :hubbub.local ACK"]
    assert alice.asks("@label=2 PING x") == ["@label=2 :hubbub.local PONG hubbub.local x"]
    lines = alice.asks("@label=3 NAMES #tea")
    number = lines[0].split()[3].removeprefix("+")
    assert lines == [
        f"@label=3 :hubbub.local BATCH +{number} labeled-response",
        f"@batch={number} :hubbub.local 353 alice = #tea @alice",
        f"@batch={number} :hubbub.local 366 alice #tea :End of /NAMES list",
        f":hubbub.local BATCH -{number}",
    ]


def test_a_restart_finds_the_log_and_nobody_left_over():
    chat = Chat()
    chat.irc("alice", join="#tea").sends("PRIVMSG #tea :hello")
    again = Chat(log=chat.log)
    assert again.network.users == {}
    assert again.network.channels == {}
    assert again.irc("alice", join="#tea").asks("NAMES #tea")[0].endswith("@alice")
    again.check()


def test_two_people_cannot_have_one_name():
    chat = Chat()
    chat.irc("alice")
    other = chat.plain("ALICE")
    assert other.session.user is None
    assert other.asks("Bob")[0].startswith("* Welcome!")
    chat.check()
