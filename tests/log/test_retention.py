"""Expired messages are deleted from log, index, disk and later backups; the rest is unchanged."""

import contextlib
import sqlite3
import threading
import time

import pytest
from crowd import Crowd
from entries import START, edited, entries, reacted, redacted, said, unreacted
from harness import Chat
from hypothesis import given, settings
from hypothesis import strategies as st
from running_server import PATIENCE

from hubbub.archive.backup import backup
from hubbub.archive.verify import verify
from hubbub.events.kinds import (
    AccountDeleted,
    AccountRegistered,
    AccountSettingChanged,
    CertificateAdded,
    CertificateRemoved,
    Entry,
    Joined,
    Kicked,
    MetadataChanged,
    Parted,
    PasswordChanged,
    ReadMarkerMoved,
    TopicChanged,
    UserQuit,
)
from hubbub.events.retention import ALL, LEAST_MS, Keep, Rules, parse
from hubbub.log.base import LogFull
from hubbub.log.expiry import ByWriter, Expiry, Slice
from hubbub.log.memory import MemoryLog
from hubbub.log.pace import Pace
from hubbub.log.ranges import Range
from hubbub.log.search import parse as query
from hubbub.log.sqlite import SqliteLog

HOUR = 3_600_000
CHANNELS = ("#a", "#b")
# Nothing happens before a test says so; parts of the index are made anew at once.
BY_HAND = Pace(by_itself=False, anew_seconds=0, first_pass_seconds=0)


def forget(log, rules):
    """A whole pass, in this thread."""

    def by_writer(slice):
        log.forget(slice)
        return True

    log.index.catch_up()
    log.index.forget_by(Expiry(log.path, lambda: rules, by_writer, BY_HAND))
    log.index.catch_up()
    log.rest()


def in_index(log, query):
    with contextlib.closing(sqlite3.connect(log.index.path)) as db:
        return db.execute(query).fetchall()


def texts(log, name="#a"):
    found = log.history(name, Range(limit=10_000))
    return [entry.event.text for entry in found]


# -- how much is kept -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "keep"),
    [
        ("500", Keep(500, 0)),
        ("30d", Keep(0, 30 * 24 * HOUR)),
        ("500:2w", Keep(500, 14 * 24 * HOUR)),
        ("1:10m", Keep(1, LEAST_MS)),
        ("7:", Keep(7, 0)),
    ],
)
def test_what_can_be_said(written, keep):
    assert parse(written) == keep
    assert parse(str(keep)) == keep


@pytest.mark.parametrize("written", ["", ":", "0", "0d", "9m", "x", "5:9m", "-1", "1:1y", "٣"])
def test_what_cannot_be_meant(written):
    assert parse(written) is None


def test_the_narrower_bound_holds():
    assert Keep(5, 0).within(Keep(0, HOUR)) == Keep(5, HOUR)
    assert Keep(5, HOUR).within(Keep(3, 2 * HOUR)) == Keep(3, HOUR)
    assert ALL.within(ALL) == ALL
    assert Keep(5, 0).exceeds(Keep(3, 0))
    assert not Keep(5, HOUR).exceeds(Keep(0, HOUR))


# -- a model of what must remain ------------------------------------------------------------------

_text = st.sampled_from(["one", "two words", "日本語", ""])
_places = st.sampled_from([*CHANNELS, "bob"])
_message = st.integers(1, 30)
_happening = st.one_of(
    st.builds(said, st.sampled_from(["ann", "cid"]), _places, _text),
    st.builds(said, st.just("ann"), st.just("#a"), _text),
    st.builds(edited, st.just("ann"), st.just("#a"), _message, _text),
    st.builds(redacted, st.just("ann"), st.just("#a"), _message, _text),
    st.builds(reacted, st.just("bob"), st.sampled_from(CHANNELS), _message, st.just("+")),
    st.builds(unreacted, st.just("bob"), st.sampled_from(CHANNELS), _message, st.just("+")),
    st.builds(TopicChanged, st.just(1), st.just("ann!a@h"), st.sampled_from(CHANNELS), _text),
    st.builds(Parted, st.just(1), st.just("ann!a@h"), st.sampled_from(CHANNELS), _text),
    st.builds(
        Joined, st.just(1), st.just("a!a@h"), st.sampled_from(CHANNELS), st.just(""), st.none(),
        _text,
    ),
    st.builds(
        Kicked, st.just(1), st.just("a!a@h"), st.sampled_from(CHANNELS), st.just(2), st.just("bob"),
        _text,
    ),
    st.builds(
        UserQuit, st.just(1), st.just("ann!a@h"), _text,
        st.sets(st.sampled_from(CHANNELS)).map(lambda names: tuple(sorted(names))),
    ),
)  # fmt: skip
_keep = st.builds(
    Keep, st.sampled_from([0, 0, 1, 2, 5]), st.sampled_from([0, 0, LEAST_MS, 2 * HOUR, 9 * HOUR])
)
_pass = st.builds(
    Rules, st.integers(0, 20).map(lambda hours: START + hours * HOUR), _keep,
    st.dictionaries(st.sampled_from(CHANNELS), _keep),
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(st.one_of(_happening, _happening, _happening, _pass), max_size=40))
def test_what_remains_is_what_a_plain_model_says(tmp_path_factory, steps):
    place = tmp_path_factory.mktemp("log")
    log, model = SqliteLog(place / "chat.db", durable=False, pace=BY_HAND), MemoryLog()
    position, hours = 0, 0.0
    for step in steps:
        if isinstance(step, Rules):
            rules = step._replace(now=max(step.now, model.last_time))
            forget(log, rules)
            model.keep_to(lambda rules=rules: rules, lambda work: work())
            model.forget_expired()
        else:
            position += 1
            hours += 0.7
            entry = Entry(position, START + int(hours * HOUR), step)
            log.append([entry])
            model.append([entry])
    assert list(log.read()) == list(model.read())
    for name in (*CHANNELS, "ann bob", "bob cid"):
        for events in (False, True):
            wanted = Range(limit=1000, events=events)
            assert log.history(name, wanted) == model.history(name, wanted)
    assert log.reactions(range(99)) == model.reactions(range(99))
    assert log.latest(CHANNELS, "bob") == model.latest(CHANNELS, "bob")
    for words in ("one", "words", "本"):
        assert log.search(query(words), CHANNELS, "bob") == model.search(
            query(words), CHANNELS, "bob"
        )
    assert not verify(log.path).problems
    log.close()


# -- gone for good --------------------------------------------------------------------------------


def everything_on_disk(place):
    return b"".join(path.read_bytes() for path in place.iterdir())


def test_what_has_expired_is_gone_from_every_file_and_from_backups(tmp_path):
    place = tmp_path / "data"
    place.mkdir()
    log = SqliteLog(place / "chat.db", durable=False, pace=BY_HAND)
    log.append(
        entries(
            *(said("xylo", "#a", f"xylophone {n}") for n in range(700)),
            Parted(1, "xylo!~x@xylohost", "#a", "xyloreason"),
            reacted("xylo", "#a", 5, "xyloreaction"),
            said("xylo", "ann", "xylosecret"),
            TopicChanged(1, "ann!a@h", "#a", "xylotopic"),
            TopicChanged(1, "ann!a@h", "#a", "present topic"),
            *(said("ann", "#b", f"old {n}") for n in range(10)),
        )
    )
    log.append([Entry(9000, START + 100 * HOUR, said("ann", "#a", "young marimba"))])
    log.index.catch_up()
    assert b"xylophone" in everything_on_disk(place)
    forget(log, Rules(START + 100 * HOUR, Keep(0, HOUR), {}))
    assert texts(log) == ["young marimba"]
    assert log.search(query("xylophone"), ["#a"]) == []
    assert [each.position for each in log.search(query("marimba"), ["#a"])] == [9000]
    backup(log.path, tmp_path / "copy.db")
    log.close()
    found = everything_on_disk(place)
    assert b"young marimba" in found
    assert b"present topic" in found
    for word in (b"xylophone", b"xyloreason", b"xyloreaction", b"xylosecret", b"xylotopic"):
        assert word not in found, word
        assert word not in (tmp_path / "copy.db").read_bytes()


def test_how_many_are_kept_is_counted_for_each_channel_though_an_age_is_set_for_all(tmp_path):
    log = SqliteLog(tmp_path / "chat.db", durable=False, pace=BY_HAND)
    log.append(entries(*(said("ann", name, name) for name in ("#a", "#b", "#a", "#b", "#a"))))
    log.append([Entry(9000, START + 2 * HOUR, said("ann", "#a", "young"))])
    forget(log, Rules(log.last_time, Keep(1, 9 * HOUR), {}))
    assert (texts(log), texts(log, "#b")) == (["young"], ["#b"])


def test_names_of_people_who_said_only_what_is_gone_go_too(tmp_path):
    log = SqliteLog(tmp_path / "chat.db", durable=False, pace=BY_HAND)
    log.append(
        entries(said("zebedee", "#a", "x"), said("zebedee", "ann", "x"), said("a", "#b", "x"))
    )
    forget(log, Rules(START + 100 * HOUR, ALL, {"#a": Keep(0, HOUR)}))
    assert texts(log, "#b") == ["x"]
    forget(log, Rules(START + 100 * HOUR, Keep(0, HOUR), {}))
    log.append([Entry(9000, START + 100 * HOUR, said("ann", "#a", "y"))])
    log.append([Entry(9001, START + 100 * HOUR, said("a", "#b", "z"))])
    assert (texts(log), texts(log, "#b")) == (["y"], ["z"])
    log.close()
    assert b"zebedee" not in everything_on_disk(tmp_path)


def test_no_name_is_given_twice_though_all_is_forgotten(tmp_path):
    log = SqliteLog(tmp_path / "chat.db", durable=False, pace=BY_HAND)
    log.append(entries(*(said("ann", "#a", "x") for _ in range(5)), first=200_000))
    forget(log, Rules(START + 10_000 * HOUR, Keep(0, HOUR), {}))
    assert texts(log) == []
    log.close()
    log = SqliteLog(tmp_path / "chat.db", durable=False, pace=BY_HAND)
    assert log.last_position > 200_004
    assert log.last_time == START + 200_004 * 1000
    log.close()


def test_an_index_that_was_behind_or_lost_is_no_hindrance(tmp_path):
    log = SqliteLog(tmp_path / "chat.db", durable=False, pace=BY_HAND)
    log.append(entries(*(said("ann", "#a", f"word{n}") for n in range(50))))
    log.close()
    (tmp_path / "chat-index.db").unlink()
    log = SqliteLog(tmp_path / "chat.db", durable=False, pace=BY_HAND)
    forget(log, Rules(START + 100 * HOUR, ALL, {"#a": Keep(3)}))
    assert texts(log) == ["word47", "word48", "word49"]
    log.close()


def test_a_process_that_dies_in_between_leaves_nothing_behind(tmp_path):
    """The log has forgotten a slice, the index has not."""
    log = SqliteLog(tmp_path / "chat.db", durable=False, pace=BY_HAND)
    log.append(entries(*(said("ann", "#a", f"word{n}") for n in range(50))))
    log.index.catch_up()
    ((id,),) = in_index(log, "SELECT DISTINCT conversation FROM message_of")
    log.forget(Slice(messages=[(id, position) for position in range(1, 20)]))
    forget(log, Rules(START + 100 * HOUR, Keep(0, 24 * HOUR), {}))
    assert texts(log) == []
    assert in_index(log, "SELECT count(*) FROM message_of") == [(0,)]
    assert in_index(log, "SELECT count(*) FROM part") == [(0,)]
    log.close()


def test_what_was_said_in_the_last_ten_minutes_stays(tmp_path):
    log = SqliteLog(tmp_path / "chat.db", durable=False, pace=BY_HAND)
    log.append(
        [Entry(n, START + n * 60_000, said("ann", "#a", f"minute {n}")) for n in range(1, 31)]
    )
    forget(log, Rules(START + 30 * 60_000, Keep(1), {}))
    assert texts(log) == [f"minute {n}" for n in range(20, 31)]
    log.close()


# -- beside a living server -----------------------------------------------------------------------


def test_replay_equals_live_whatever_was_forgotten(tmp_path):
    log = SqliteLog(tmp_path / "chat.db", durable=False, pace=BY_HAND)
    chat = Chat(log, retention__messages=3, limits__flood_burst=0)
    crowd = Crowd(chat, seed=4)
    forgotten = 0
    for _ in range(8):
        crowd.act(150)
        chat.now += HOUR
        before = sum(1 for _ in log.read())
        forget(log, chat.hub.retention_rules())
        forgotten += before - sum(1 for _ in log.read())
        chat.check()
    assert forgotten > 10
    log.close()
    assert verify(log.path).problems == []


def test_a_channel_keeps_what_its_operators_say_within_the_servers_bound():
    chat = Chat(retention__days=30, retention__messages=1000)
    ann, bob = chat.irc("ann", join="#a"), chat.irc("bob", join="#a")
    assert ann.asks("MODE #a +H 500:2w")[-1] == ":ann!~ann@127.0.0.1 MODE #a +H 500:2w"
    assert chat.hub.retention_rules().of("#a") == Keep(500, 14 * 24 * HOUR)
    assert chat.hub.retention_rules().of("@#a") == Keep(500, 14 * 24 * HOUR)
    assert chat.hub.retention_rules().of("#b") == Keep(1000, 30 * 24 * HOUR)
    assert " 696 ann #a H 60d :This server keeps 1000:30d at most" in ann.asks("MODE #a +H 60d")[0]
    assert " 696 ann #a H 5m :Say how much is kept" in ann.asks("MODE #a +H 5m")[0]
    assert " 482 " in bob.asks("MODE #a +H 5")[0]
    assert "+Hnt" in bob.asks("MODE #a")[0]
    ann.sends("MODE #a -H")
    assert chat.hub.retention_rules().of("#a") == Keep(1000, 30 * 24 * HOUR)
    chat.check()


def test_history_at_the_edge_of_what_is_kept():
    chat = Chat()
    ann = chat.irc("ann", join="#a", caps="draft/chathistory batch message-tags echo-message")
    ann.sees()
    for n in range(5):
        ann.sends(f"PRIVMSG #a :text {n}")
    names = [line.partition("msgid=")[2].partition(" ")[0].partition(";")[0] for line in ann.sees()]
    chat.now += HOUR
    ann.sends("MODE #a +H 2")
    chat.log.forget_expired()
    for asked in (
        "LATEST #a * 10", f"AFTER #a msgid={names[0]} 10", f"AROUND #a msgid={names[3]} 10",
    ):  # fmt: skip
        said = [line.rpartition(":")[2] for line in ann.asks(f"CHATHISTORY {asked}")[1:-1]]
        assert said == ["text 3", "text 4"], asked
    assert "UNKNOWN_MSGID" in ann.asks(f"REDACT #a {names[0]}")[0]
    chat.check()


def test_slices_are_forgotten_in_the_writers_thread():
    ran = []

    def run(work):
        threading.Thread(target=work).start()

    def note(slice):
        ran.append(threading.current_thread())

    assert ByWriter(run, note, threading.Event())(Slice())
    assert ran != [threading.current_thread()]

    def full(slice):
        raise LogFull("no room")

    assert not ByWriter(run, full, threading.Event())(Slice())
    closing = threading.Event()
    closing.set()
    assert not ByWriter(lambda work: None, note, closing)(Slice())


def test_a_clock_that_jumps_ahead_costs_nobody_words(tmp_path):
    at = 1000.0
    forgetting = Expiry(tmp_path, lambda: None, lambda slice: True, clock=lambda: at)
    assert forgetting.trusted(Rules(START, ALL, {})).now == START
    at += 60
    assert forgetting.trusted(Rules(START + 9000 * HOUR, ALL, {})).now == START + 60_000
    assert forgetting.trusted(Rules(START - HOUR, ALL, {})).now == START - HOUR


def test_a_running_log_forgets_by_itself(tmp_path):
    pace = Pace(patience=0.01, first_pass_seconds=0)
    log = SqliteLog(tmp_path / "chat.db", durable=False, pace=pace)
    works = []
    now = START + 100 * HOUR
    log.keep_to(lambda: Rules(now, Keep(2), {}), works.append)
    log.append(entries(*(said("ann", "#a", f"text {n}") for n in range(10))))
    deadline = time.monotonic() + PATIENCE
    while len(texts(log)) > 2 and time.monotonic() < deadline:
        while works:
            works.pop()()
        log.index.wake()
    assert texts(log) == ["text 8", "text 9"]
    log.close()


# -- accounts -------------------------------------------------------------------------------------

ACCOUNT = (
    AccountRegistered(
        "Ann", "xylohash", "xyloscram", "xylo@example.org", "xylocode", "192.0.2.7:1"
    ),
    PasswordChanged("Ann", "xylohash2", "xyloscram2"),
    AccountSettingChanged("Ann", "email", "xylo2@example.org"),
    AccountSettingChanged("Ann", "always-on", "on"),
    CertificateAdded("Ann", "xylocert"),
    CertificateAdded("Ann", "xylocert2"),
    CertificateRemoved("Ann", "xylocert2"),
    MetadataChanged(1, "ann!a@h", "ann", "ann", "url", "xylourl"),
    ReadMarkerMoved("ann", "#xylochannel", "#xylochannel", 5),
)


def test_what_was_known_of_a_deleted_account_is_gone(tmp_path):
    from hubbub.model.network import Network

    log, model = SqliteLog(tmp_path / "chat.db", durable=False, pace=BY_HAND), MemoryLog()
    other = AccountRegistered("Bob", "bobhash", None, "bob@example.org", None, "192.0.2.8:1")
    for first, events in ((1, (*ACCOUNT, other)), (20, (AccountDeleted("Ann", "ann", True),)),
                          (30, (AccountRegistered("ann", "newhash"),))):  # fmt: skip
        log.append(entries(*events, first=first))
        model.append(entries(*events, first=first))
    networks = []
    for entry_list in (log.read(), model.read(), entries(*ACCOUNT, other)):
        networks.append(Network())
        for entry in entry_list:
            networks[-1].apply(entry)
    for entry in (Entry(20, START + 20_000, AccountDeleted("Ann", "ann", True)),
                  Entry(30, START + 30_000, AccountRegistered("ann", "newhash"))):  # fmt: skip
        networks[2].apply(entry)
    assert list(log.read()) == list(model.read())
    assert networks[0].snapshot() == networks[1].snapshot() == networks[2].snapshot()
    assert networks[0].accounts.get("bob").password == "bobhash"
    assert networks[0].accounts.get("ann").password == "newhash"
    log.rest()
    log.close()
    found = everything_on_disk(tmp_path)
    assert b"bob@example.org" in found
    assert b"xylo" not in found
    assert b"192.0.2.7" not in found
    assert not verify(tmp_path / "chat.db").problems
