"""Retries of messages with an unknown outcome: nobody sees a message twice."""

import pytest
from harness import Chat, FullLog

from hubbub.log.memory import MemoryLog
from hubbub.log.pace import Pace
from hubbub.log.ranges import Range
from hubbub.log.sqlite import SqliteLog

CAPS = "message-tags server-time echo-message labeled-response batch"


@pytest.fixture
def chat():
    chat = Chat()
    yield chat
    chat.check()


def echo(client, label, text="hello", target="#tea"):
    """What comes back from a message with a label: its msgid."""
    (line,) = client.asks(f"@label={label} PRIVMSG {target} :{text}")
    tags = dict(item.partition("=")[::2] for item in line.split(" ", 1)[0][1:].split(";"))
    assert tags["label"] == label
    assert line.endswith(f" PRIVMSG {target} :{text}")
    return tags["msgid"]


def test_a_retry_gives_the_first_message_back(chat):
    alice = chat.irc("alice", join="#tea", caps=CAPS)
    bob = chat.irc("bob", join="#tea")
    chat.forget()
    first = echo(alice, "run-1")
    chat.now += 9 * 60 * 1000
    assert echo(alice, "run-1") == first
    assert len(bob.sees()) == 1


def test_ten_minutes_later_it_is_a_new_message(chat):
    alice = chat.irc("alice", join="#tea", caps=CAPS)
    first = echo(alice, "run-1")
    chat.now += 10 * 60 * 1000 + 1
    assert echo(alice, "run-1") != first


def test_other_labels_texts_targets_and_people_are_other_messages(chat):
    alice = chat.irc("alice", join="#tea,#pot", caps=CAPS)
    bob = chat.irc("bob", join="#tea", caps=CAPS, host="10.0.0.2")
    msgids = [
        echo(alice, "run-1"),
        echo(alice, "run-2"),
        echo(alice, "run-2", "other words"),
        echo(alice, "run-2", "other words", target="#pot"),
        echo(bob, "run-2", "other words"),
    ]
    assert len(set(msgids)) == 5


def test_a_retry_after_a_reconnect_gives_the_first_message_back(chat):
    alice = chat.irc("alice", join="#tea", caps=CAPS)
    bob = chat.irc("bob", join="#tea")
    first = echo(alice, "run-1")
    again = chat.irc("alice_", join="#tea", caps=CAPS)  # the old connection is not gone yet
    chat.forget()
    assert echo(again, "run-1") == first
    alice.drops()
    chat.forget()
    assert echo(again, "run-1") == first
    assert bob.sees_nothing()


def test_a_label_of_digits_is_a_counter_of_its_connection(chat):
    alice = chat.irc("alice", join="#tea", caps=CAPS)
    first = echo(alice, "1")
    assert echo(alice, "1") == first
    alice.drops()
    again = chat.irc("alice", join="#tea", caps=CAPS)
    chat.forget()
    assert echo(again, "1") != first


def test_a_retry_to_a_person_and_in_a_list_of_targets(chat):
    alice = chat.irc("alice", join="#tea", caps=CAPS)
    bob = chat.irc("bob", join="#tea")
    chat.forget()
    first = echo(alice, "run-1", target="bob")
    assert echo(alice, "run-1", target="bob") == first
    bob.sees()
    alice.asks("@label=run-1 PRIVMSG bob,#tea :hello")
    assert [line.split(" ")[2] for line in bob.sees()] == ["#tea"]


def test_who_does_not_hear_itself_is_told_that_it_is_done(chat):
    alice = chat.irc("alice", join="#tea", caps="message-tags labeled-response batch")
    for _ in range(2):
        assert alice.asks("@label=run-1 PRIVMSG #tea :hello") == ["@label=run-1 :hubbub.local ACK"]


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_retry_after_a_restart_gives_the_first_message_back(tmp_path, kind):
    path = tmp_path / "chat.db"
    log = MemoryLog() if kind == "memory" else SqliteLog(path, durable=False)
    chat = Chat(log)
    first = echo(chat.irc("alice", join="#tea", caps=CAPS), "run-1")
    if kind == "sqlite":
        log.close()
        log = SqliteLog(path, durable=False)
    restarted = Chat(log)
    restarted.now = chat.now + 60_000
    alice = restarted.irc("alice", join="#tea", caps=CAPS)
    restarted.forget()
    assert echo(alice, "run-1") == first
    restarted.now += 10 * 60_000
    assert echo(alice, "run-1") != first
    log.close()


def test_labels_are_forgotten_in_time(tmp_path):
    log = SqliteLog(tmp_path / "chat.db", durable=False, pace=Pace(checkpoint_commits=1))
    chat = Chat(log)
    alice = chat.irc("alice", join="#tea", caps=CAPS)
    for number in range(3):
        echo(alice, f"run-{number}")
        chat.now += 6 * 60 * 1000
    log.rest()
    assert [each.label for each in log.labeled()] == ["run-1", "run-2"]
    log.close()


def test_who_may_not_say_it_any_more_is_told_that_it_was_said():
    chat = Chat()
    alice = chat.irc("alice", join="#tea", caps=CAPS)
    bob = chat.irc("bob", join="#tea")
    first = echo(alice, "run-1")
    private = alice.asks("@label=run-2 PRIVMSG bob :hello")
    bob.drops()
    alice.drops()
    again = chat.irc("alice_", caps=CAPS)  # and not in the channel yet
    assert echo(again, "run-1") == first
    assert again.asks("@label=run-2 PRIVMSG bob :hello") == private
    (line,) = again.asks("@label=run-1 PRIVMSG #tea :something else")
    assert " 403 " in line
    (line,) = again.asks("@label=run-3 PRIVMSG #tea :hello")
    assert " 403 " in line


def test_a_message_refused_for_want_of_room_may_be_sent_again():
    log = FullLog()
    chat = Chat(log)
    alice = chat.irc("alice", join="#tea", caps=CAPS)
    log.full = True
    alice.sends("TOPIC #tea :the last thing before")
    (line,) = alice.asks("@label=run-1 PRIVMSG #tea :hello")
    assert line.startswith("@label=run-1 :hubbub.local FAIL")
    assert "LOG_FULL" in line
    (line,) = alice.asks("@label=run-1 PRIVMSG #tea :hello")
    assert "LOG_FULL" in line
    chat.has_room()
    first = echo(alice, "run-1")
    assert echo(alice, "run-1") == first
    assert [entry.event.text for entry in log.history("#tea", Range())] == ["hello"]


def test_a_retry_waits_for_what_it_repeats():
    """The first copy is decided and not on disk yet; the connection breaks before its echo."""
    log = FullLog()
    chat = Chat(log)
    alice, again = chat.irc("alice", join="#tea", caps=CAPS), chat.irc("alice_", caps=CAPS)
    bob = chat.irc("bob")
    log.stuck = True
    alice.sends("@label=run-1 PRIVMSG #tea :hello")
    alice.drops()
    assert again.asks("@label=run-1 PRIVMSG #tea :hello", "PING x") == []
    assert "LOG_FULL" in bob.asks("@label=run-1 PRIVMSG #pot :hello")[0]
    chat.has_room()
    lines = again.sees()
    assert [" PRIVMSG " in lines[0], " PONG " in lines[1]] == [True, True]
    assert [entry.event.text for entry in log.history("#tea", Range())] == ["hello"]


def test_a_clock_that_jumps_makes_no_second_copy():
    steady = 0
    chat = Chat(steady=lambda: steady)
    alice = chat.irc("alice", join="#tea", caps=CAPS)
    first = echo(alice, "run-1")
    for jump in (2 * 3_600_000, 86_400_000):
        chat.now += jump
        steady += 60_000
        assert echo(alice, "run-1") == first
    steady += 10 * 60_000
    assert echo(alice, "run-1") != first
    chat.check()


def test_a_deleted_message_stays_away_after_a_restart(tmp_path):
    """An operator deletes a message; its author, who did not hear of it, sends it again."""
    log = SqliteLog(tmp_path / "chat.db", durable=False)
    chat = Chat(log)
    operator = chat.irc("op", join="#tea", caps=CAPS + " draft/message-redaction")
    ann = chat.irc("ann", join="#tea", caps=CAPS)
    first = echo(ann, "run-1")
    operator.asks(f"REDACT #tea {first}")
    log.close()
    again = Chat(SqliteLog(tmp_path / "chat.db", durable=False))
    watcher = again.irc("watcher", join="#tea")
    ann = again.irc("ann", join="#tea", caps=CAPS)
    again.forget()
    answer = ann.asks("@label=run-1 PRIVMSG #tea :hello")
    assert [line.split()[-1] for line in answer] == ["ACK"]
    assert watcher.sees_nothing()
    again.log.close()


def test_the_ten_minutes_of_a_label_are_minutes_in_which_the_server_runs(tmp_path):
    """The clock jumps ahead over two restarts; the label still means the first message."""
    log = SqliteLog(tmp_path / "chat.db", durable=False)
    first = echo(Chat(log).irc("ann", join="#tea", caps=CAPS), "run-1")
    log.close()
    for hours in (5, 50):
        log = SqliteLog(tmp_path / "chat.db", durable=False)
        chat = Chat(log, now=log.last_time + hours * 3_600_000)
        assert echo(chat.irc("ann", join="#tea", caps=CAPS), "run-1") == first
        log.close()
