"""Queries of a log; all implementations return the same results."""

import gc

import pytest
from entries import START, edited, entries, reacted, redacted, said, source, unreacted
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.events.kinds import (
    AccountDeleted,
    ChannelModeChanged,
    ChannelRenamed,
    Entry,
    GuestLoggedIn,
    HistoryPutAside,
    Joined,
    ModeChange,
    NickChanged,
    Parted,
    Reacted,
    ReadMarkerMoved,
    TopicChanged,
    UserQuit,
)
from hubbub.log import sqlite_reading
from hubbub.log.memory import MemoryLog
from hubbub.log.pace import Pace
from hubbub.log.ranges import Latest, Range
from hubbub.log.search import Query, parse
from hubbub.log.sqlite import SqliteLog
from hubbub.log.sqlite_reading import read_only

BY_HAND = Pace(by_itself=False)


class LazyLog(SqliteLog):
    """Whose index is never made, or always."""

    indexed = False

    def append(self, entries):
        super().append(entries)
        if self.indexed:
            self.index.catch_up()


@pytest.fixture(params=["memory", "indexed", "not indexed yet", "without an index"])
def log(request, tmp_path):
    if request.param == "memory":
        yield MemoryLog()
        return
    log = LazyLog(tmp_path / "chat.db", durable=False, pace=BY_HAND)
    log.indexed = request.param == "indexed"
    if request.param == "without an index":
        log.index.path.unlink()
    yield log
    log.close()


def positions(found):
    return [entry.position for entry in found]


def texts(found):
    return [entry.event.text for entry in found]


def fill(log, *events):
    log.append(entries(*events, first=log.last_position + 1))


def test_history_is_bounded_by_places_and_cut_at_either_end(log):
    fill(log, *(said("ann", "#tea" if n % 2 else "#Pot", str(n)) for n in range(1, 21)))
    assert texts(log.history("#tea", Range(limit=3))) == ["15", "17", "19"]
    assert texts(log.history("#tea", Range(limit=3, newest=False))) == ["1", "3", "5"]
    assert texts(log.history("#tea", Range(before=7, limit=2))) == ["3", "5"]
    assert texts(log.history("#tea", Range(after=7, limit=2, newest=False))) == ["9", "11"]
    assert texts(log.history("#tea", Range(after=7, before=13))) == ["9", "11"]
    assert texts(log.history("#pot", Range(limit=1))) == ["20"]
    assert log.history("#nothing", Range()) == []


def test_history_is_bounded_by_times(log):
    fill(log, *(said("ann", "#tea", str(n)) for n in range(1, 11)))
    at = [START + n * 1000 for n in range(12)]
    assert texts(log.history("#tea", Range(later=at[3], limit=2, newest=False))) == ["4", "5"]
    assert texts(log.history("#tea", Range(earlier=at[3]))) == ["1", "2"]
    assert texts(log.history("#tea", Range(later=at[3], earlier=at[6]))) == ["4", "5"]
    assert texts(log.history("#tea", Range(later=at[3], before=6))) == ["4", "5"]
    assert log.history("#tea", Range(later=at[11])) == []
    assert log.history("#tea", Range(earlier=at[0])) == []
    assert texts(log.history("#tea", Range(later=at[3] + 500, limit=1, newest=False))) == ["4"]


def test_history_with_events_tells_what_happened_in_a_channel(log):
    fill(
        log,
        Joined(1, source("ann"), "#Tea", "o"),
        Joined(2, source("bob"), "#pot", ""),
        TopicChanged(1, source("ann"), "#Tea", "leaves"),
        said("ann", "#Tea", "hello"),
        ChannelModeChanged(1, source("ann"), "#Tea", (ModeChange("+", "m"),)),
        NickChanged(1, source("ann"), "anna", ("#tea",)),
        reacted("bob", "#tea", 4, "👍"),
        Parted(1, source("anna"), "#tea", ""),
        UserQuit(2, source("bob"), "bye", ("#pot", "#tea")),
    )
    assert positions(log.history("#tea", Range(events=True))) == [1, 3, 4, 5, 6, 7, 8, 9]
    assert positions(log.history("#tea", Range(events=True, limit=3))) == [7, 8, 9]
    assert positions(log.history("#tea", Range(events=True, limit=3, newest=False))) == [1, 3, 4]
    assert positions(log.history("#pot", Range(events=True))) == [2, 9]
    assert positions(log.history("#tea", Range())) == [4]
    assert log.history("#tea", Range(events=True, before=7))[3].event.changes == (
        ModeChange("+", "m"),
    )


def test_an_edited_message_reads_as_it_is_now(log):
    fill(log, said("ann", "#tea", "helo"), edited("ann", "#tea", 1, "hello"))
    assert texts(log.history("#tea", Range())) == ["hello"]
    assert log.history("#tea", Range())[0].event.edited == START + 2000
    assert log.at([1])[0].event.text == "hello"
    fill(log, edited("ann", "#tea", 1, "hello!"), edited("ann", "#tea", 77, "no such message"))
    assert texts(log.history("#tea", Range())) == ["hello!"]
    assert [entry.event.text for entry in log.read()] == ["hello!", "", "", ""]


def test_a_redacted_message_is_gone_and_that_it_was_there_is_told(log):
    fill(log, said("ann", "#tea", "secret"), said("ann", "#tea", "open"))
    fill(log, reacted("bob", "#tea", 1, "👀"), redacted("ann", "#tea", 1, "oops"))
    assert texts(log.history("#tea", Range())) == ["open"]
    assert log.at([1]) == []
    assert log.reactions([1]) == []
    told = log.history("#tea", Range(events=True))[-1]
    assert (told.event.message, told.event.reason) == (1, "oops")
    fill(log, edited("ann", "#tea", 1, "again"), reacted("bob", "#tea", 1, "👀"))
    assert log.at([1]) == []
    assert log.reactions([1]) == []


def test_said_edited_and_redacted_in_one_batch(log):
    fill(
        log,
        said("ann", "#tea", "one"),
        edited("ann", "#tea", 1, "two"),
        redacted("ann", "#tea", 1),
        said("ann", "#tea", "three"),
    )
    assert texts(log.history("#tea", Range())) == ["three"]


def test_reactions_stand_until_they_are_taken_back(log):
    fill(log, said("ann", "#tea", "cake?"), said("ann", "#tea", "no"))
    fill(
        log,
        reacted("bob", "#tea", 1, "👍"),
        reacted("cat", "#tea", 1, "👍"),
        reacted("cat", "#tea", 1, "🎂"),
        reacted("cat", "#tea", 2, "👎"),
        unreacted("cat", "#tea", 1, "👍"),
        unreacted("dan", "#tea", 1, "👍"),
    )
    found = log.reactions([1])
    assert [(each.event.source, each.event.reaction) for each in found] == [
        (source("bob"), "👍"),
        (source("cat"), "🎂"),
    ]
    assert positions(log.reactions([2, 1, 3])) == [3, 5, 6]
    fill(log, reacted("bob", "#tea", 1, "👍"))
    assert positions(log.reactions([1])) == [5, 9]


def test_messages_are_found_by_position(log):
    fill(log, *(said("ann", "#tea", str(n)) for n in range(1, 6)))
    assert texts(log.at([4, 2, 2, 99])) == ["2", "4"]
    assert log.at([]) == []
    assert len(log.at(range(1, 3000))) == 5


def test_any_number_of_positions_is_read_with_few_statements(log):
    log.append(entries(*(said("ann", "#tea", str(number)) for number in range(600))))
    before = statements()
    for count in (*range(130), 511, 512, 513, 600):
        assert [each.position for each in log.at(range(1, count + 1))] == [*range(1, count + 1)]
    assert statements() - before < 20


def statements():
    """Prepared ones, which connections keep."""
    return sum(type(each).__name__ == "Statement" for each in gc.get_objects())


def test_latest_tells_in_which_conversations_something_was_said(log):
    fill(
        log,
        said("ann", "#tea", "1"),
        said("ann", "bob", "2"),
        said("cat", "ann", "3"),
        said("cat", "bob", "4"),
        said("bob", "#pot", "5"),
        said("bob", "ann", "6"),
        said("annabel", "bob", "7"),
        Joined(2, source("bob"), "#tea", ""),
    )
    assert log.latest(["#tea", "#pot"]) == [
        Latest("#tea", 1, START + 1000),
        Latest("#pot", 5, START + 5000),
    ]
    assert [each.conversation for each in log.latest(["#tea"], "ann")] == [
        "#tea", "ann cat", "ann bob",
    ]  # fmt: skip
    assert log.latest([], "ann", Range(before=6))[0] == Latest("ann bob", 2, START + 2000)
    assert [each.position for each in log.latest([], "ann", Range(limit=1))] == [6]
    assert [each.position for each in log.latest([], "ann", Range(limit=1, newest=False))] == [3]
    assert log.latest(["#nothing"], "nobody") == []


def test_what_a_guest_said_in_private_is_found_by_the_account_of_the_guest(log):
    fill(log, said("bob", "ann!7", "apples"), said("bob", "#tea", "tea"))
    assert [each.conversation for each in log.latest([], "ann!7")] == ["ann!7 bob"]
    fill(log, GuestLoggedIn("ann!7", "ann"))
    assert [each.conversation for each in log.latest([], "ann")] == ["ann bob"]
    assert texts(log.search(parse("apples"), [], "ann")) == ["apples"]
    assert log.latest([], "ann!7") == log.search(parse("apples"), [], "ann!7") == []


def test_a_reaction_is_to_a_message_that_was_there_in_that_conversation(log):
    fill(log, reacted("bob", "#tea", 2, "+"), said("ann", "#tea", "one"))
    assert log.reactions([2]) == []
    fill(log, reacted("bob", "#tea", 2, "+"), reacted("bob", "#pot", 2, "+"))
    assert positions(log.reactions([2])) == [3]


def test_the_last_read_marker_of_each_conversation_is_kept(log):
    fill(
        log,
        ReadMarkerMoved("ann", "#tea", "#tea", 5),
        ReadMarkerMoved("ann", "#pot", "#pot", 6),
        ReadMarkerMoved("bob", "#tea", "#tea", 7),
        ReadMarkerMoved("ann", "#tea", "#Tea", 9),
    )
    assert [entry.event[0::3] for entry in log.read_state()] == [
        ("ann", 6), ("bob", 7), ("ann", 9),
    ]  # fmt: skip


def test_a_log_reads_back_what_was_appended(log):
    events = [
        Joined(1, source("ann"), "#tea", "o"),
        said("ann", "#tea", "with tags", tags=(("+draft/reply", "x"), ("+y", ""))),
        ChannelModeChanged(1, source("ann"), "#tea", (ModeChange("+", "o", "ann", 1),)),
        UserQuit(1, source("ann"), "bye", ("#tea",)),
    ]
    fill(log, *events)
    assert [entry.event for entry in log.read()] == events
    assert [entry.event for entry in log.read(2)] == events[2:]
    assert [entry.event for entry in log.read_state(1)] == events[2:]


def test_what_was_said_with_guests_of_one_nick(log):
    pairs = "ann bob!7,bob!9 ann,ann bob,ann bobby!3,cat bob!7,zed bob!7,ann al!2,bob!7 bob!10"
    fill(log, *(said(*pair.split(), "hello") for pair in pairs.split(",")))
    assert sorted(log.with_guests("ann", "bob")) == ["ann bob!7", "ann bob!9"]
    assert log.with_guests("ann", "al") == ["al!2 ann"]
    assert log.with_guests("zed", "bob") == ["bob!7 zed"]
    assert log.with_guests("bob!7", "bob") == ["bob!10 bob!7"]
    assert log.with_guests("bob!7", "ann") == log.with_guests("bob", "ann") == []


def test_looking_for_guests_takes_no_longer_with_thousands_of_others(tmp_path, monkeypatch):
    """Who has all private conversations played back asks for each of them."""
    log, steps = SqliteLog(tmp_path / "chat.db", durable=False), []
    db = read_only(log.path)
    monkeypatch.setattr(sqlite_reading, "read_only", lambda path: db)

    def instructions():
        count = [0]

        def step():
            count[0] += 1

        db.set_progress_handler(step, 1)
        assert log.with_guests("ann", "bob") == ["ann bob!1"]
        db.set_progress_handler(None, 0)
        return count[0]

    fill(log, said("ann", "bob!1", "hello"))
    for _ in range(2):
        steps.append(instructions())
        fill(log, *(said("ann", f"guest{n}!{n}", "hello") for n in range(2000)))
    log.close()
    assert steps[1] < 2 * steps[0]


# -- every log gives the same answer --------------------------------------------------------------

NICKS = st.sampled_from(["ann", "bob", "cat"])
CHANNELS = st.sampled_from(["#tea", "#pot"])
POSITIONS = st.integers(1, 40)
GUESTS = NICKS.map(lambda nick: f"{nick}!7")
EVENTS = st.one_of(
    st.builds(said, NICKS, CHANNELS | NICKS | GUESTS, st.text(max_size=5)),
    st.builds(edited, NICKS, CHANNELS, POSITIONS, st.text(max_size=5)),
    st.builds(redacted, NICKS, CHANNELS, POSITIONS),
    st.builds(reacted, NICKS, CHANNELS, POSITIONS, st.sampled_from("+-")),
    st.builds(unreacted, NICKS, CHANNELS, POSITIONS, st.sampled_from("+-")),
    st.builds(lambda nick, channel: Joined(1, source(nick), channel, ""), NICKS, CHANNELS),
    st.builds(lambda nick: UserQuit(1, source(nick), "", ("#pot", "#tea")), NICKS),
    st.builds(said, NICKS, st.sampled_from(["@#tea", "#pot,1"]), st.text(max_size=5)),
    st.builds(lambda old, new: renamed(old, new), CHANNELS, CHANNELS),
    st.builds(HistoryPutAside, CHANNELS),
    st.builds(lambda nick, at: ReadMarkerMoved("ann", f"ann {nick}", nick, at), NICKS, POSITIONS),
    st.builds(AccountDeleted, NICKS, NICKS),
    st.builds(GuestLoggedIn, GUESTS, NICKS),
)
BOUNDS = st.none() | st.integers(0, 45)
TIMES = st.none() | st.integers(START - 1, START + 10)
RANGES = st.builds(
    Range, BOUNDS, BOUNDS, TIMES, TIMES, st.integers(1, 6), st.booleans(), st.booleans()
)


@settings(max_examples=60)
@given(
    batches=st.lists(st.lists(EVENTS, min_size=1, max_size=8), max_size=8),
    pace=st.integers(1, 3),
    index_every=st.integers(1, 4),
    ranges=st.lists(RANGES, min_size=1, max_size=5),
)
def test_every_log_gives_the_same_answer(tmp_path_factory, batches, pace, index_every, ranges):
    path = tmp_path_factory.mktemp("log") / "chat.db"
    memory, disk = MemoryLog(), SqliteLog(path, durable=False, pace=BY_HAND)
    position, time = 0, START
    for number, batch in enumerate(batches):
        made = []
        for event in batch:
            position += 1
            time += position % pace == 0
            made.append(Entry(position, time, _sound(event, memory, made)))
        memory.append(made)
        disk.append(made)
        if number % index_every == 0:
            disk.index.catch_up()
    assert list(disk.read()) == list(memory.read())
    for wanted in ranges:
        for name in ("#tea", "#pot", "@#tea", "#pot,1", "ann bob"):
            assert disk.history(name, wanted) == memory.history(name, wanted)
        for person in ("ann", "bob", "cat!7"):
            assert disk.latest(["#tea"], person, wanted) == memory.latest(["#tea"], person, wanted)
            assert disk.search(parse("a*"), ["#pot"], person, wanted) == memory.search(
                parse("a*"), ["#pot"], person, wanted
            )
    for person in ("ann", "bob", "bob!-3"):
        for nick in ("ann", "bob"):
            guests = memory.with_guests(person, nick)
            assert set(disk.with_guests(person, nick)) >= set(guests)
    assert disk.at(range(40)) == memory.at(range(40))
    assert disk.reactions(range(40)) == memory.reactions(range(40))
    disk.close()


def _sound(event, memory, made):
    """Only what was said before is changed, and only where it was said (a reaction anywhere)."""
    if isinstance(event, Reacted) or not hasattr(event, "message"):
        return event
    known = {entry.position: entry.event for entry in [*memory.entries, *made]}
    place = min(event.message, max(known, default=0))
    name = getattr(known.get(place), "conversation", event.conversation)
    return event._replace(message=place, conversation=name)


# -- renamed channels ------------------------------------------------------------------------


def renamed(old, new):
    return ChannelRenamed(1, source("ann"), old, new, "")


def test_a_renamed_channel_takes_what_was_said_with_it(log):
    fill(log, said("ann", "#tea", "one"), reacted("bob", "#tea", 1, "+1"))
    assert texts(log.history("#tea", Range())) == ["one"]
    fill(
        log,
        said("ann", "#tea", "two"),
        renamed("#Tea", "#Coffee"),
        said("ann", "#Coffee", "three"),
        said("ann", "#tea", "in a new one"),
    )
    assert texts(log.history("#coffee", Range())) == ["one", "two", "three"]
    assert positions(log.history("#coffee", Range(events=True))) == [1, 2, 3, 4, 5]
    assert texts(log.history("#tea", Range())) == ["in a new one"]
    assert {each.event.conversation for each in log.at([1, 3, 5])} == {"#coffee"}
    assert texts(log.search(Query(), ["#coffee"])) == ["three", "two", "one"]


def test_a_channel_that_ended_before_is_not_mixed_with_it(log):
    fill(log, said("ann", "#coffee", "in another life"), said("ann", "#tea", "one"))
    fill(log, renamed("#tea", "#coffee"), said("ann", "#coffee", "two"))
    assert texts(log.history("#coffee", Range())) == ["one", "two"]


def test_the_marker_of_a_renamed_channel_goes_with_it(log):
    fill(log, ReadMarkerMoved("ann", "#tea", "#tea", 1), renamed("#tea", "#coffee"))
    fill(log, ReadMarkerMoved("ann", "#tea", "#tea", 2))
    assert positions(log.read()) == [1, 2, 3]
    fill(log, ReadMarkerMoved("ann", "#coffee", "#coffee", 3))
    assert positions(log.read()) == [2, 3, 4]
