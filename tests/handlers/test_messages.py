"""PRIVMSG, NOTICE, TAGMSG and their recipients."""

import itertools

import pytest
from harness import Chat

from hubbub.events.bursts import Entries, singles
from hubbub.events.kinds import MessageSent
from hubbub.handlers.messages import bursts, privmsg
from hubbub.handlers.refusals import Refused
from hubbub.model.channel import ListEntry
from hubbub.protocol.message import Burst, Message
from hubbub.protocol.modes import CHANNEL_MODES, LIST_MODES

S = ":hubbub.local"
ALICE, BOB = ":alice!~alice@127.0.0.1", ":bob!~bob@127.0.0.1"


@pytest.fixture
def chat():
    return Chat()


def test_a_status_message_reaches_who_holds_the_prefix_or_a_higher_one(chat):
    alice = chat.irc("alice", join="#tea")
    bob, carol, dora = (chat.irc(nick, join="#tea") for nick in ("bob", "carol", "dora"))
    alice.sends("MODE #tea +hv bob carol")
    chat.forget()
    dora.sends("PRIVMSG %#TEA :help")
    line = ":dora!~dora@127.0.0.1 PRIVMSG %#tea :help"
    assert alice.sees() == [line]
    assert bob.sees() == [line]
    assert carol.sees_nothing()
    alice.sends("NOTICE +#tea :soon")
    line = f"{ALICE} NOTICE +#tea :soon"
    assert bob.sees() == [line]
    assert carol.sees() == [line]
    assert dora.sees_nothing()
    assert alice.sees_nothing()  # no echo without echo-message
    chat.check()


def test_a_status_message_is_echoed_once_to_its_sender(chat):
    alice = chat.irc("alice", caps="echo-message", join="#tea")
    assert alice.asks("PRIVMSG @#tea :note") == [f"{ALICE} PRIVMSG @#tea :note"]


def test_a_status_message_is_not_part_of_the_channel_s_history(chat):
    alice = chat.irc("alice", join="#lobby")
    alice.sends("PRIVMSG #lobby :public", "PRIVMSG @#lobby :for operators")
    bob = chat.plain("Bob")
    assert not [line for line in bob.asks("/history") if "operators" in line]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("PRIVMSG", "411 bob :No recipient given (PRIVMSG)"),
        ("PRIVMSG #tea", "412 bob :No text to send"),
        ("PRIVMSG #tea :", "412 bob :No text to send"),
        ("PRIVMSG #nowhere :hi", "403 bob #nowhere :No such channel"),
        ("PRIVMSG @#nowhere :hi", "403 bob @#nowhere :No such channel"),
        ("PRIVMSG nobody :hi", "401 bob nobody :No such nick/channel"),
        ("PRIVMSG a,b,c,d,e :hi", "407 bob a,b,c,d,e :Too many targets"),
        ("TAGMSG nobody", "401 bob nobody :No such nick/channel"),
    ],
)
def test_refusals(chat, asked, answer):
    chat.irc("alice", join="#tea")
    bob = chat.irc("bob", join="#tea")
    assert bob.asks(asked) == [f"{S} {answer}"]


def test_a_notice_is_never_answered_with_an_error(chat):
    alice = chat.irc("alice", caps="labeled-response batch message-tags")
    assert alice.asks("NOTICE nobody :hi", "NOTICE #nowhere :hi", "NOTICE nobody,none :hi") == []
    assert alice.asks("@label=1 NOTICE nobody :hi") == [f"@label=1 {S} ACK"]


def test_one_bad_target_keeps_the_message_from_no_other(chat):
    alice = chat.irc("alice", caps="message-tags", join="#tea")
    bob = chat.irc("bob", caps="message-tags", join="#tea")
    chat.forget()
    bob.sends("PRIVMSG alice,nobody,#tea,ALICE :hi", "@+typing=active TAGMSG nobody,#tea")
    assert [line.split(" ", 2)[2] for line in alice.sees()] == [
        "PRIVMSG alice :hi",
        "PRIVMSG #tea :hi",
        "TAGMSG #tea",
    ]
    assert [line.split()[1] for line in bob.sees()] == ["401", "401"]
    chat.check()


def test_who_is_away_answers_a_message_but_not_a_notice(chat):
    alice, bob = chat.irc("alice"), chat.irc("bob")
    bob.sends("AWAY :lunch")
    assert alice.asks("PRIVMSG bob :hi") == [f"{S} 301 alice bob lunch"]
    assert alice.asks("NOTICE bob :hi") == []


def test_a_label_comes_back_on_the_echo_alone(chat):
    alice = chat.irc("alice", caps="labeled-response batch echo-message message-tags")
    echo, delivered = alice.asks("@label=x PRIVMSG alice :to myself")
    assert "label=x" in echo
    assert "label" not in delivered
    assert echo.partition(" ")[2] == delivered.partition(" ")[2]


def test_several_echoes_stand_in_a_batch_with_the_label(chat):
    alice = chat.irc("alice", caps="labeled-response batch echo-message")
    chat.irc("bob")
    chat.irc("carol")
    lines = alice.asks("@label=x PRIVMSG bob,carol :hi")
    number = lines[0].split()[3][1:]
    assert lines == [
        f"@label=x {S} BATCH +{number} labeled-response",
        f"@batch={number} {ALICE} PRIVMSG bob :hi",
        f"@batch={number} {ALICE} PRIVMSG carol :hi",
        f"{S} BATCH -{number}",
    ]


def test_only_client_tags_are_handed_on(chat):
    alice = chat.irc("alice", caps="message-tags", join="#tea")
    bob = chat.irc("bob", caps="message-tags", join="#tea")
    chat.forget()
    bob.sends("@+draft/reply=abc;time=1999;bot;+=x;account=root PRIVMSG #tea :hi")
    tags = alice.sees()[0].split(" ")[0]
    assert tags.split(";")[1:] == ["+draft/reply=abc"]


def test_an_operator_s_messages_carry_the_oper_tag_to_those_who_ask_for_it(chat):
    asks = chat.irc("asks", caps="message-tags draft/oper-tag", join="#tea")
    other = chat.irc("other", caps="message-tags", join="#tea")
    root = chat.irc("root", join="#tea")
    user = chat.network.user("root")
    user.operator, user.modes = "chief", "o"
    chat.forget()
    root.sends("PRIVMSG #tea :hi", "PART #tea")
    message, part = asks.sees()
    assert message.split(" ")[0].endswith(";draft/oper=chief")
    assert part.split(" ")[0].endswith(";draft/oper=chief")
    assert all("draft/oper" not in line for line in other.sees())


def test_a_message_too_long_for_its_recipients_is_refused_not_cut(chat):
    alice = chat.irc("alice", join="#tea")
    bob = chat.irc("bob", join="#tea")
    chat.forget()
    room = 512 - len(f"{ALICE} PRIVMSG #tea :\r\n")
    too_long = f"{S} 417 alice :Input line was too long"
    assert alice.asks(f"PRIVMSG #tea :{'x' * room}") == []
    assert alice.asks(f"PRIVMSG #tea :{'x' * (room + 1)}") == [too_long]
    assert alice.asks(f"PRIVMSG #tea :{'é' * (room // 2 + 1)}") == [too_long]
    assert [len(line) + 2 for line in bob.sees()] == [512]


def test_a_line_of_the_longest_names_is_cut_between_characters(chat):
    nick, name = "n" * 32, "#" + "c" * 63
    alice = chat.irc(nick, join=name)
    lines = alice.asks(f"TOPIC {name} :{'é' * 195}")
    assert len(lines[0].encode()) <= 510
    assert lines[0].endswith("é")
    assert all(len(line.encode()) <= 510 for line in alice.asks(f"TOPIC {name}"))


def test_a_line_that_is_not_utf8_is_refused_under_its_label(chat):
    alice = chat.irc("alice", caps="labeled-response batch", join="#tea")
    alice.sends_bytes(b"@label=xyz PRIVMSG #tea hi\xaa\r\n")
    text = "That line is not valid UTF-8; it was not used"
    assert alice.sees() == [f"@label=xyz {S} FAIL PRIVMSG INVALID_UTF8 :{text}"]


def test_a_line_that_is_too_long_is_refused_under_its_label(chat):
    alice = chat.irc("alice", caps="labeled-response batch", join="#tea")
    for length in (500, 4000):
        (line,) = alice.asks(f"@label=xyz PRIVMSG #tea :{'x' * length}")
        assert line == f"@label=xyz {S} 417 alice :Input line was too long"


def test_who_sends_a_line_without_end_has_to_go(chat):
    alice = chat.irc("alice", join="#tea")
    alice.sends_bytes(b"PRIVMSG #tea :" + b"x" * 5000)
    alice.sends_bytes(b"x" * 12_000)
    assert alice.sees() == [
        f"{S} 417 alice :Input line was too long",
        "ERROR :Closing link: RecvQ exceeded (a line without end)",
    ]
    assert alice.closed
    chat.check()


MODES = ["", *CHANNEL_MODES.keys() - LIST_MODES.keys(), "mU"]
HELD = ["", "v", None]
OWN = ["", "i", "R", "B"]
TARGETS = ["#tea", "#TEA", "@#tea", "bob", "#coffee", "#tea,bob"]
TEXTS = ["hello", "", "\x01PING 1\x01", "\x02bold\x02", "x" * 71, "x" * 500]


def outcome(view, session, message):
    try:
        said = privmsg.say(view, session, message)
        return said if isinstance(said, MessageSent) else list(said)
    except Refused as refused:
        return refused.reply_to(message.command)


def test_what_is_decided_for_a_burst_is_what_is_decided_for_each_message(chat):
    found = 0
    session = chat.irc("alice", join="#tea").session
    chat.irc("bob", join="#tea")
    user, channel = session.user, chat.network.channels["#tea"]
    ban = {"b": {"alice!*@*": ListEntry("alice!*@*", "bob", 0)}}
    for case in itertools.product(MODES, HELD, OWN, [{}, ban], TARGETS, TEXTS):
        modes, held, user.modes, channel.lists, target, text = case
        channel.modes = dict.fromkeys(modes)
        channel.members.pop(user.id, None)
        if held is not None:
            channel.members[user.id] = held
        texts = [text or "x", "more"]
        decided = bursts.decided(chat.hub.context, session, Burst(target, texts))
        if decided is not None:
            found += 1
            together = [each.event for each in singles([Entries(1, 0, decided, 2, 1)])]
            assert together == [
                outcome(chat.hub.context, session, Message("PRIVMSG", (target, each)))
                for each in texts
            ]
    assert found > 50


ARGUMENTS = {"k": " key", "l": " 9", "H": " 30d", "f": " #hall"} | dict.fromkeys("beI", " b")
SAID = ["hello", "\x02bold\x02", "\x01PING 1\x01", "\x01ACTION waves\x01"]


def seen_in(letter, text):
    """What three people in a channel with this mode get when one of them speaks."""
    chat = Chat()
    alice = chat.irc("alice", join="#tea,#hall")
    people = [alice, *(chat.irc(nick, caps="echo-message", join="#tea") for nick in "bc")]
    alice.sends(f"MODE #tea +{letter}{ARGUMENTS.get(letter, '')}")
    chat.forget()
    people[1].sends(f"PRIVMSG #tea :{text}")
    return [each.sees() for each in people]


@pytest.mark.parametrize("letter", sorted(CHANNEL_MODES))
def test_in_each_mode_both_paths_send_the_same_bytes(letter, monkeypatch):
    quick = [seen_in(letter, text) for text in SAID]
    monkeypatch.setattr(bursts, "decided", lambda *asked: None)
    assert [seen_in(letter, text) for text in SAID] == quick


@pytest.mark.parametrize("service", ["NickServ", "ChanServ"])
def test_what_is_said_to_a_service_is_echoed(service):
    """IRCv3 echo-message. Its answer comes behind, under the same label."""
    chat = Chat()
    alice = chat.irc("alice", caps="echo-message labeled-response batch")
    answer = alice.asks(f"@label=q PRIVMSG {service} :HELP")
    assert answer[0].startswith("@label=q ")
    assert answer[1].endswith(f" :alice!~alice@127.0.0.1 PRIVMSG {service} HELP")
    assert " NOTICE alice :" in answer[2]
    deaf = chat.irc("bob")
    assert all(" NOTICE bob :" in line for line in deaf.asks(f"PRIVMSG {service} :HELP"))


def test_without_batch_no_label_is_answered_and_no_batch_is_sent():
    """IRCv3 labeled-response: it depends on `batch`."""
    chat = Chat()
    alice = chat.irc("alice", join="#tea", caps="labeled-response")
    assert [line[0] for line in alice.asks("@label=q WHO #tea")] == [":", ":"]
