"""The client's protocol state, as transcripts: input from the server, output, events."""

from datetime import timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hubbub.client import events as ev
from hubbub.client import render
from hubbub.client.batches import ANSWER_WITHIN
from hubbub.client.errors import QueueFullError
from hubbub.client.pending import MAX_QUEUED, RETRY_FOR, WINDOW
from hubbub.client.query import attributes
from hubbub.client.receiving import HANDLERS, receive
from hubbub.client.state import State
from hubbub.client.wire import parse

CAPS = "batch draft/chathistory echo-message labeled-response message-tags server-time"


class Talk:
    """One client's state, with the server played by the test."""

    def __init__(self, nick="Alice", channels=("#lobby",)):
        self.state = State(nick, run="run", channels=channels)
        self.now = 0.0

    def hears(self, *lines):
        """The server says these; what happened by them."""
        found = []
        for line in lines:
            found += receive(self.state, parse(line.encode()), self.now)
        return found

    def says(self):
        """What the client has sent since the last call."""
        return self.state.take_outgoing().decode().split("\r\n")[:-1]

    def submit(self, where, text):
        return self.state.submit(where, text, self.now)

    def connect(self, caps=CAPS, nick="Alice"):
        """Connect and register with these capabilities; what happened at the welcome."""
        self.state.connected()
        self.hears(f":s CAP * LS :{caps}", f":s CAP {nick} ACK :{caps}")
        self.says()
        return self.hears(f":s 001 {nick} :Welcome", f":s 005 {nick} CHATHISTORY=50 :are supported")

    def enter(self, caps=CAPS, channel="#lobby"):
        """Connect and be in the channel, its history empty."""
        self.connect(caps)
        self.hears(f":Alice!a@h JOIN {channel}")
        self.hears(f":s 353 Alice = {channel} :@Bob Alice", f":s 366 Alice {channel} :End")
        self.plays_back(channel)
        self.says()

    def plays_back(self, channel, *messages):
        """The history asked for, each message as (msgid, nick, text)."""
        asked = list(self.state.requests)
        label = f"@label={asked[0].mark} " if asked and self.state.labels_work else ""
        lines = [f"{label}:s BATCH +b chathistory {channel}"]
        for msgid, nick, text in messages:
            lines.append(f"@batch=b;msgid={msgid} :{nick}!u@h PRIVMSG {channel} :{text}")
        return self.hears(*lines, ":s BATCH -b")

    def asks(self):
        """What the client has asked for since the last call, without labels."""
        return [line.partition(" ")[2] if line[0] == "@" else line for line in self.says()]

    def breaks(self):
        self.state.connection_lost()
        self.says()


def live(msgid, nick, text, where="#lobby", label=""):
    label = f";label={label}" if label else ""
    return (
        f"@msgid={msgid};time=2026-11-22T13:00:00.000Z{label} :{nick}!u@h PRIVMSG {where} :{text}"
    )


def texts(events):
    """The texts in the order in which a person is told them."""
    found = []
    for event in events:
        if isinstance(event, ev.Said):
            found.append(event.text)
        if isinstance(event, ev.History):
            found += [said.text for said in event.messages]
    return found


# --- registration ---


def test_registration_asks_for_the_capabilities_that_are_offered_then_joins():
    talk = Talk()
    talk.state.connected()
    assert talk.says() == ["CAP LS 302", "NICK Alice", "USER hubbub 0 * Alice"]
    talk.hears(":s CAP * LS * :batch sasl=PLAIN", ":s CAP * LS :echo-message unheard-of")
    assert talk.says() == ["CAP REQ :batch echo-message"]
    talk.hears(":s CAP Alice ACK :batch echo-message")
    assert talk.says() == ["CAP END"]
    assert talk.hears(":s 001 Alice :Welcome") == [ev.Registered("Alice", again=False)]
    assert talk.says() == ["JOIN #lobby"]


def test_a_server_without_capabilities_is_good_enough():
    talk = Talk()
    talk.state.connected()
    talk.says()
    talk.hears(":s CAP * LS :")
    assert talk.says() == ["CAP END"]


def test_refused_capabilities_do_not_stop_the_registration():
    talk = Talk()
    talk.state.connected()
    talk.hears(":s CAP * LS :batch")
    talk.says()
    talk.hears(":s CAP * NAK :batch")
    assert talk.says() == ["CAP END"]
    assert talk.state.caps == set()


def test_a_taken_nick_waits_for_another_one():
    talk = Talk()
    talk.state.connected()
    refused = talk.hears(":s 433 * Alice :Nickname is already in use")
    assert refused == [
        ev.NickRefused("Alice", "Nickname is already in use", True, registered=False)
    ]
    assert talk.state.awaiting
    talk.says()
    talk.state.choose_nick("Alicia")
    assert talk.says() == ["USER hubbub 0 * Alicia", "NICK Alicia"]
    assert talk.hears(":s 462 Alicia :You may not reregister") == []
    assert not talk.state.awaiting


def test_after_a_reconnect_a_taken_nick_is_replaced_and_regained():
    talk = Talk()
    talk.enter()
    talk.breaks()
    talk.state.connected()
    talk.says()
    renamed = talk.hears(":s 433 * Alice :Nickname is already in use")
    assert renamed == [ev.Renamed("Alice", "Alice_", mine=True, why="Nickname is already in use")]
    assert talk.says() == ["NICK Alice_"]
    assert talk.hears(":s 433 * Alice_ :in use")[0].new == "Alice_2"
    talk.hears(":s 001 Alice_2 :Welcome")
    talk.says()
    talk.state.regain_nick()
    assert talk.says() == ["NICK Alice"]
    assert talk.hears(":s 433 Alice_2 Alice :in use") == []
    talk.state.regain_nick()
    talk.hears(":Alice_2!a@h NICK Alice")
    assert talk.state.nick == "Alice"
    talk.says()
    talk.state.regain_nick()
    assert talk.says() == []


def test_a_refused_rename_later_is_told_and_changes_nothing():
    talk = Talk()
    talk.enter()
    talk.state.choose_nick("Bob")
    assert talk.hears(":s 433 Alice Bob :in use") == [
        ev.NickRefused("Bob", "in use", True, registered=True)
    ]
    assert (talk.state.nick, talk.state.wanted_nick) == ("Alice", "Alice")


# --- own lines ---


def test_a_line_carries_a_label_and_its_echo_settles_it():
    talk = Talk()
    talk.enter()
    assert talk.submit("#lobby", "hello") == ["run-1"]
    assert talk.says() == ["@label=run-1 PRIVMSG #lobby hello"]
    (delivered,) = talk.hears(live("m1", "Alice", "hello", label="run-1"))
    assert (delivered.label, delivered.said.msgid) == ("run-1", "m1")
    assert len(talk.state.pending) == 0


def test_the_answer_of_a_service_settles_what_was_said_to_it():
    talk = Talk()
    talk.enter()
    talk.submit("nickserv", "IDENTIFY alice secret")
    talk.says()
    events = talk.hears(
        "@label=run-1 :s BATCH +x labeled-response",
        "@batch=x :s 900 Alice Alice!a@h alice :You are now logged in",
        "@batch=x :NickServ!s@s NOTICE Alice :You are now logged in",
        ":s BATCH -x",
    )
    assert [type(event) for event in events] == [ev.Delivered, ev.Said]
    assert len(talk.state.pending) == 0
    talk.breaks()
    talk.connect()
    assert not [line for line in talk.says() if "secret" in line]


def test_an_echo_inside_a_labeled_batch_settles_it_too():
    talk = Talk()
    talk.enter()
    talk.submit("Bob", "hello")
    talk.says()
    events = talk.hears(
        "@label=run-1 :s BATCH +x labeled-response",
        "@batch=x;msgid=m1 :Alice!a@h PRIVMSG Bob :hello",
        "@batch=x :s 301 Alice Bob :gone fishing",
        ":s BATCH -x",
    )
    assert isinstance(events[0], ev.Delivered)
    assert events[1].code == "301"


def test_a_refused_line_is_told_with_the_reason():
    talk = Talk()
    talk.enter()
    talk.submit("#secret", "hello")
    assert talk.hears("@label=run-1 :s 404 Alice #secret :Cannot send to channel") == [
        ev.NotDelivered("run-1", "#secret", "hello", "Cannot send to channel")
    ]


def test_lines_said_without_a_connection_go_out_once_there_is_one():
    talk = Talk()
    talk.submit("#lobby", "one")
    talk.submit("#lobby", "two")
    assert talk.says() == []
    talk.connect()
    assert talk.says() == [
        "JOIN #lobby",
        "@label=run-1 PRIVMSG #lobby one",
        "@label=run-2 PRIVMSG #lobby two",
    ]


def test_after_a_reconnect_lines_that_history_does_not_have_go_out_with_the_same_label():
    talk = Talk()
    talk.enter()
    talk.submit("#lobby", "one")
    talk.submit("#lobby", "two")
    talk.submit("#lobby", "three")
    talk.hears(live("m1", "Alice", "one", label="run-1"))
    talk.breaks()
    talk.submit("#lobby", "four")
    talk.connect()
    assert talk.says() == ["JOIN #lobby"]
    talk.hears(":Alice!a@h JOIN #lobby")
    assert "PRIVMSG" not in "".join(talk.says())
    (delivered, *_) = talk.plays_back("#lobby", ("m2", "Alice", "two"), ("m3", "Bob", "hi"))
    assert (delivered.label, delivered.said.msgid) == ("run-2", "m2")
    talk.plays_back("#lobby")
    assert talk.says()[1:] == [
        "@label=run-3 PRIVMSG #lobby three",
        "@label=run-4 PRIVMSG #lobby four",
    ]


def test_the_same_text_said_twice_is_told_apart():
    talk = Talk()
    talk.enter()
    talk.submit("#lobby", "ok")
    talk.submit("#lobby", "ok")
    talk.breaks()
    talk.connect()
    talk.hears(":Alice!a@h JOIN #lobby")
    talk.plays_back("#lobby", ("m1", "Alice", "ok"))
    assert talk.asks()[-1:] == ["PRIVMSG #lobby ok"]


def test_without_history_lines_without_an_echo_go_out_at_once_with_the_same_label():
    talk = Talk()
    talk.enter(caps="batch echo-message labeled-response")
    talk.submit("#lobby", "one")
    talk.submit("Bob", "two")
    talk.breaks()
    talk.connect(caps="batch echo-message labeled-response")
    assert talk.says()[1:] == ["@label=run-1 PRIVMSG #lobby one", "@label=run-2 PRIVMSG Bob two"]


def test_a_line_that_may_have_arrived_long_ago_is_not_sent_again():
    talk = Talk()
    talk.enter()
    talk.submit("Bob", "old")
    talk.submit("#lobby", "history will tell")
    talk.breaks()
    talk.submit("Bob", "never sent")
    talk.now += RETRY_FOR + 1
    events = talk.connect()
    assert [event.text for event in events if isinstance(event, ev.NotDelivered)] == ["old"]
    assert talk.says()[1:] == ["@label=run-3 PRIVMSG Bob :never sent"]
    talk.hears(":Alice!a@h JOIN #lobby")
    talk.plays_back("#lobby")
    assert talk.says()[1:] == ["@label=run-2 PRIVMSG #lobby :history will tell"]


def test_a_line_in_doubt_to_a_channel_that_lets_us_in_no_more_is_told():
    talk = Talk()
    talk.enter()
    talk.submit("#lobby", "one")
    talk.breaks()
    talk.connect()
    talk.hears(":s 474 Alice #lobby :Cannot join channel (+b)")
    assert talk.says()[1:] == ["@label=run-1 PRIVMSG #lobby one"]
    (refused,) = talk.hears("@label=run-1 :s 404 Alice #lobby :Cannot send to channel")
    assert refused.reason == "Cannot send to channel"


def test_no_more_lines_than_the_window_are_on_the_way():
    talk = Talk()
    talk.enter()
    for number in range(WINDOW + 2):
        talk.submit("#lobby", f"line {number}")
    assert len(talk.says()) == WINDOW
    talk.hears(live("m1", "Alice", "line 0", label="run-1"))
    assert talk.says() == [f"@label=run-{WINDOW + 1} PRIVMSG #lobby :line {WINDOW}"]


def test_a_full_queue_refuses_the_next_line():
    talk = Talk()
    for _ in range(MAX_QUEUED):
        talk.submit("#lobby", "x")
    with pytest.raises(QueueFullError, match="1000 messages are waiting"):
        talk.submit("#lobby", "one more")


def test_without_labels_the_pong_behind_a_line_settles_it_and_nothing_is_sent_twice():
    talk = Talk()
    talk.enter(caps="")
    talk.submit("#lobby", "one")
    assert talk.says() == ["PRIVMSG #lobby one", "PING run-1"]
    assert talk.hears(":s PONG s run-1")[0] == ev.Delivered("run-1", "#lobby", "one")
    talk.submit("#lobby", "two")
    talk.breaks()
    events = talk.connect(caps="")
    assert [event.text for event in events if isinstance(event, ev.NotDelivered)] == ["two"]
    assert talk.says() == ["JOIN #lobby"]


def test_a_target_that_would_break_the_line_is_refused_before_it_is_queued():
    talk = Talk()
    talk.enter()
    for target in ("", "a b", "a\r\nQUIT"):
        with pytest.raises(ValueError, match=r"parameter|line"):
            talk.submit(target, "hello")
    assert len(talk.state.pending) == 0


def test_a_long_text_becomes_lines_that_others_receive_whole():
    talk = Talk()
    talk.enter()
    text = "grüße " * 200
    talk.submit("#lobby", text)
    lines = talk.says()
    assert len(lines) > 2
    received = [":Alice!a@h " + line.partition(" ")[2] for line in lines]
    assert max(len(line.encode()) + 2 for line in received) <= 512
    assert " ".join(line.partition(" :")[2] for line in received).split() == text.split()


# --- history: exactly once, in order ---


def test_who_comes_in_sees_the_last_messages_before_what_is_said_now():
    talk = Talk()
    talk.connect()
    talk.hears(":Alice!a@h JOIN #lobby")
    assert talk.asks() == ["JOIN #lobby", "CHATHISTORY LATEST #lobby * 20"]
    assert talk.hears(live("m3", "Bob", "three")) == []
    events = talk.plays_back(
        "#lobby", ("m1", "Bob", "one"), ("m2", "Bob", "two"), ("m3", "Bob", "three")
    )
    assert texts(events) == ["one", "two", "three"]
    assert events[0].when == "earlier"
    assert texts(talk.hears(live("m4", "Bob", "four"))) == ["four"]


def test_a_message_that_came_after_the_history_was_read_follows_it():
    talk = Talk()
    talk.connect()
    talk.hears(":Alice!a@h JOIN #lobby")
    talk.hears(live("m2", "Bob", "two"))
    events = talk.plays_back("#lobby", ("m1", "Bob", "one"))
    assert texts(events) == ["one", "two"]


def test_a_message_said_after_we_came_is_no_history_though_it_stands_there():
    talk = Talk()
    talk.connect()
    talk.hears("@time=2026-11-22T13:00:00.500Z :Alice!a@h JOIN #lobby")
    label = talk.says()[-1].partition(" ")[0]
    events = talk.hears(
        f"{label} :s BATCH +b chathistory #lobby",
        "@batch=b;msgid=m1;time=2026-11-22T13:00:00.400Z :Bob!b@h PRIVMSG #lobby :before",
        "@batch=b;msgid=m2;time=2026-11-22T13:00:00.600Z :Bob!b@h PRIVMSG #lobby :after",
        ":s BATCH -b",
        "@msgid=m2;time=2026-11-22T13:00:00.600Z :Bob!b@h PRIVMSG #lobby :after",
    )
    history, after = events
    assert texts([history]) == ["before"]
    assert (after.text, after.when) == ("after", "now")


def test_after_a_reconnect_exactly_what_was_missed_is_fetched_page_by_page():
    talk = Talk()
    talk.enter()
    talk.hears(live("m1", "Bob", "one"))
    talk.breaks()
    talk.connect()
    talk.hears(":Alice!a@h JOIN #lobby")
    assert "CHATHISTORY AFTER #lobby msgid=m1 50" in talk.asks()
    events = talk.plays_back("#lobby", ("m2", "Bob", "two"), ("m3", "Bob", "three"))
    assert "CHATHISTORY AFTER #lobby msgid=m3 50" in talk.asks()
    events += talk.hears(live("m5", "Bob", "five"))
    events += talk.plays_back("#lobby", ("m4", "Bob", "four"), ("m5", "Bob", "five"))
    events += talk.plays_back("#lobby")
    assert texts(events) == ["two", "three", "four", "five"]
    assert {event.when for event in events if isinstance(event, ev.History)} == {"missed"}
    assert talk.hears(live("m5", "Bob", "five")) == []


def test_the_echo_of_a_line_said_while_catching_up_does_not_move_the_place_to_go_on_from():
    talk = Talk()
    talk.enter()
    talk.hears(live("m1", "Bob", "one"))
    talk.breaks()
    talk.submit("#lobby", "mine")
    talk.connect()
    talk.hears(":Alice!a@h JOIN #lobby")
    talk.hears(live("m9", "Alice", "mine", label="run-1"))
    talk.breaks()
    talk.connect()
    talk.hears(":Alice!a@h JOIN #lobby")
    assert "CHATHISTORY AFTER #lobby msgid=m1 50" in talk.asks()
    events = talk.plays_back("#lobby", ("m2", "Bob", "two"), ("m9", "Alice", "mine"))
    assert texts(events) == ["two"]


def test_an_own_line_that_history_has_is_delivered_and_not_told_again():
    talk = Talk()
    talk.enter()
    talk.hears(live("m1", "Bob", "one"))
    talk.submit("#lobby", "mine")
    talk.breaks()
    talk.connect()
    talk.hears(":Alice!a@h JOIN #lobby")
    events = talk.plays_back("#lobby", ("m2", "Alice", "mine"), ("m3", "Bob", "three"))
    events += talk.plays_back("#lobby")
    assert texts(events) == ["three"]
    (delivered,) = (event for event in events if isinstance(event, ev.Delivered))
    assert (delivered.label, delivered.said.msgid) == ("run-1", "m2")
    assert len(talk.state.pending) == 0


def test_an_own_line_is_found_in_history_under_the_nick_it_was_sent_with():
    talk = Talk()
    talk.enter()
    talk.submit("#lobby", "mine")
    talk.breaks()
    talk.state.connected()
    talk.hears(f":s CAP * LS :{CAPS}", f":s CAP * ACK :{CAPS}", ":s 433 * Alice :in use")
    talk.hears(":s 001 Alice_ :Welcome", ":Alice_!a@h JOIN #lobby")
    (delivered, _) = talk.plays_back("#lobby", ("m2", "Alice", "mine"))
    assert isinstance(delivered, ev.Delivered)


def test_a_channel_that_was_silent_before_the_break_tells_all_of_it_as_missed():
    talk = Talk()
    talk.enter()
    talk.breaks()
    talk.connect()
    talk.hears(":Alice!a@h JOIN #lobby")
    (history,) = talk.plays_back("#lobby", ("m1", "Bob", "one"))
    assert (history.when, texts([history])) == ("missed", ["one"])


def test_a_message_id_that_the_server_forgot_falls_back_to_the_last_messages():
    talk = Talk()
    talk.enter()
    talk.hears(live("m1", "Bob", "one"))
    talk.breaks()
    talk.connect()
    talk.hears(":Alice!a@h JOIN #lobby", live("m8", "Bob", "eight"))
    label = talk.says()[-1].partition(" ")[0]
    assert talk.hears(f"{label} :s FAIL CHATHISTORY MESSAGE_ERROR AFTER #lobby :gone") == []
    assert "CHATHISTORY LATEST #lobby * 50" in talk.asks()
    events = talk.plays_back("#lobby", ("m7", "Bob", "seven"), ("m8", "Bob", "eight"))
    assert texts(events) == ["seven", "eight"]


def test_a_server_without_labels_says_by_a_pong_that_no_history_comes():
    talk = Talk()
    talk.connect(caps="batch draft/chathistory message-tags")
    talk.hears(":Alice!a@h JOIN #lobby")
    assert talk.says()[1:] == ["CHATHISTORY LATEST #lobby * 20", "PING history-1"]
    talk.hears(live("m1", "Bob", "one"))
    assert texts(talk.hears(":s PONG s history-1")) == ["one"]


def test_a_server_that_never_answers_for_history_holds_nothing_back_for_ever():
    talk = Talk()
    talk.connect()
    talk.hears(":Alice!a@h JOIN #lobby", live("m1", "Bob", "one"))
    assert texts(talk.hears(":s PONG s rtt-1")) == []
    talk.now += ANSWER_WITHIN + 1
    assert texts(talk.hears(":s PONG s rtt-2")) == ["one"]


def test_history_that_the_server_plays_by_itself_is_shown_once():
    talk = Talk()
    talk.connect(caps=CAPS.replace("draft/chathistory ", ""))
    talk.hears(":Alice!a@h JOIN #lobby")
    assert texts(talk.plays_back("#lobby", ("m1", "Bob", "one"))) == ["one"]
    assert texts(talk.plays_back("#lobby", ("m1", "Bob", "one"))) == []


def test_asked_history_comes_as_it_was_asked():
    talk = Talk()
    talk.enter()
    talk.hears(live("m1", "Bob", "one"))
    talk.state.ask_history("#lobby", 500, before="m1")
    assert talk.asks()[0] == "CHATHISTORY BEFORE #lobby msgid=m1 50"
    (history,) = talk.plays_back("#lobby", ("m0", "Bob", "zero"))
    assert (history.when, texts([history])) == ("asked", ["zero"])


def test_search_asks_where_and_what():
    talk = Talk()
    talk.enter()
    assert not talk.state.can_search
    talk.state.caps.add("draft/search")
    assert talk.state.can_search
    talk.state.ask_search("tea; time in:#lobby")
    assert talk.asks()[0] == r"SEARCH text=tea\:\stime;in=#lobby;limit=20"
    (found,) = talk.hears(
        ":s BATCH +q draft/search", "@batch=q;msgid=m1 :Bob!b@h PRIVMSG #lobby :tea?", ":s BATCH -q"
    )
    assert (found.when, texts([found])) == ("found", ["tea?"])
    talk.state.ask_search("tea before:2026-11-01", before="m1")
    assert talk.asks()[-1] == ("SEARCH text=tea;before=2026-11-01T00:00:00.000Z;limit=20 before:m1")


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ('tea "in a row" pot*', {"text": 'tea "in a row" pot*'}),
        ("FROM:@ann in:#tea has:link", {"from": "ann", "in": "#tea", "has": "link"}),
        ("has:legs before:soon", {"text": "has legs before soon"}),
        ("before:2026-11-01", {"before": "2026-11-01T00:00:00.000Z"}),
        ("after:2026-11-01", {"after": "2026-11-01T23:59:59.999Z"}),
        (
            "on:2026-11-01",
            {"after": "2026-10-31T23:59:59.999Z", "before": "2026-11-02T00:00:00.000Z"},
        ),
        ("on:0001-01-01 x", {"text": "on 0001-01-01 x"}),
        ("after:8000000010-9f31c2", {"after": "8000000010-9f31c2"}),
        ('"tea', {"text": '"tea'}),
        ("", {}),
    ],
)
def test_what_is_typed_behind_search(typed, wanted):
    assert attributes(typed) == wanted


# --- channels and people ---


def test_members_follow_joins_parts_quits_kicks_and_new_nicks():
    talk = Talk()
    talk.enter()
    members = lambda: sorted(talk.state.channels["#lobby"].members.values())  # noqa: E731
    assert members() == ["Alice", "Bob"]
    talk.hears(":Carol!c@h JOIN #lobby", ":Dan!d@h JOIN #lobby", ":Eve!e@h JOIN #lobby")
    talk.hears(":Carol!c@h NICK Caro", ":Dan!d@h PART #lobby :bye", ":Bob!b@h KICK #lobby Eve :no")
    assert members() == ["Alice", "Bob", "Caro"]
    assert talk.hears(":Caro!c@h QUIT :gone") == [ev.Quit("Caro", ["#lobby"], "gone")]
    assert members() == ["Alice", "Bob"]


def test_a_kick_of_ourselves_leaves_the_channel_for_good():
    talk = Talk()
    talk.enter()
    assert talk.hears(":Bob!b@h KICK #lobby Alice :no") == [
        ev.Left("Alice", "#lobby", "no", by="Bob", mine=True)
    ]
    talk.breaks()
    talk.connect()
    assert talk.says() == []


def test_names_of_a_channel_we_are_not_in_are_told_and_not_kept():
    talk = Talk()
    talk.enter()
    talk.state.ask_names("#tea")
    (names,) = talk.hears(":s 353 Alice = #tea :@Zoe Yan", ":s 366 Alice #tea :End")
    assert names == ev.Names("#tea", ["@Zoe", "Yan"], asked=True)
    assert "#tea" not in talk.state.channels


def test_a_refused_join_is_told_and_not_tried_again():
    talk = Talk()
    talk.enter()
    talk.state.join("#club")
    assert talk.hears(":s 473 Alice #club :Cannot join channel (+i)") == [
        ev.JoinRefused("#club", "Cannot join channel (+i)")
    ]
    talk.breaks()
    talk.connect()
    assert talk.says() == ["JOIN #lobby"]


def test_keys_and_being_away_survive_a_reconnect():
    talk = Talk()
    talk.enter()
    talk.state.join("#club", "sesame")
    talk.state.set_away("tea")
    talk.hears(":Alice!a@h JOIN #club")
    talk.breaks()
    talk.connect()
    assert talk.says() == ["JOIN #club,#lobby sesame", "AWAY tea"]


def test_names_are_compared_as_the_server_says():
    talk = Talk()
    talk.enter()
    talk.hears(":s 005 Alice CASEMAPPING=rfc1459 :are supported")
    talk.hears(":Bob!b@h JOIN #LOBBY")
    assert len(talk.state.channels) == 1
    assert talk.state.fold("Zoe[]") == talk.state.fold("zoe{}")


# --- what is said ---


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            ":Bob!b@h PRIVMSG #lobby :\x01ACTION waves\x01",
            ev.Said("Bob", "#lobby", "waves", "action"),
        ),
        (":Bob!b@h PRIVMSG #lobby :\x01VERSION\x01", ev.Said("Bob", "#lobby", "VERSION", "ctcp")),
        (":Bob!b@h NOTICE #lobby :hush", ev.Said("Bob", "#lobby", "hush", "notice")),
        (":Bob!b@h PRIVMSG Alice :psst", ev.Said("Bob", "Bob", "psst", private=True)),
        (":Bob!b@h PRIVMSG @#lobby :ops", ev.Said("Bob", "#lobby", "ops")),
        (":Alice!a@h PRIVMSG Bob :psst", ev.Said("Alice", "Bob", "psst", private=True, mine=True)),
        (":Bob!b@h PRIVMSG #lobby", ev.Said("Bob", "#lobby", "")),
    ],
)
def test_what_is_said_where(line, said):
    talk = Talk()
    talk.enter()
    assert talk.hears(line) == [said]


def test_a_ping_is_answered_and_an_unknown_word_is_a_reply():
    talk = Talk()
    talk.enter()
    talk.hears("PING :a b")
    assert talk.says() == ["PONG :a b"]
    (reply,) = talk.hears(":s 671 Alice Bob :is using a secure connection")
    assert (reply.code, reply.text, reply.error) == ("671", "is using a secure connection", False)


WORDS = ["", "x", "#lobby", "Alice", "Bob", "run-1", "+b", "-b", "chathistory", "labeled-response",
         "\u00b2", "9" * 5000, "-1", "CASEMAPPING=rfc1459", "LINELEN=\u00b2", "NICKLEN=0",
         "CHATHISTORY=" + "9" * 5000, "LS", "ACK", "\x01ACTION\x01"]  # fmt: skip
TIMES = ["", *(f"time={each};" for each in (
    "2026-11-22T13:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
    "2026-11-22T13:00:00.000Z"))]  # fmt: skip
LINES = st.builds(
    lambda time, tag, source, command, words: f"@{time}{tag} :{source} {command} {words}",
    st.sampled_from(TIMES),
    st.sampled_from(["msgid=1", "msgid=a\\sb", "batch=b", "label=run-1", "label=history-1", "x"]),
    st.sampled_from(["Alice!a@h", "Bob!b@h", "s"]),
    st.sampled_from([*sorted(HANDLERS), "404", "FAIL", "\u00b2\u00b2\u00b2", "MODE"]),
    st.lists(st.sampled_from(WORDS), max_size=4).map(
        lambda w: " ".join([*w[:-1], f":{(w or [''])[-1]}"])
    ),
)


@given(st.lists(LINES, max_size=12))
@example(["@time=2026-11-22T13:00:00; :Alice!a@h JOIN :#lobby", ":s 322 Alice #lobby :\u00b2"])
@example([":Alice!a@h JOIN :", ":Alice!a@h JOIN :#a b", ":Alice!a@h JOIN ::"])
@example(["@time=2026-11-22T13:00:00;x :Bob!b@h PRIVMSG #lobby :hello"])
def test_whatever_a_server_says_the_client_goes_on(lines):
    talk = Talk()
    talk.connect()
    talk.submit("#lobby", "hello")
    found = talk.hears("@time=2026-11-22T13:00:00Z :Alice!a@h JOIN #lobby", *lines)
    far_west = timezone(-timedelta(hours=12))
    for event in found:
        for said in [event] if isinstance(event, ev.Said) else getattr(event, "messages", ()):
            render.said(said, "#lobby", ev.datetime.now(far_west), times=True)
    talk.breaks()
    talk.connect()
