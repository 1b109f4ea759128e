"""Paging through history finds each message exactly once: in both directions, in pages of any size,
by msgid and by time, whatever else happened in the channel."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from entries import said
from harness import Chat
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.events.kinds import IN_HISTORY, Entry
from hubbub.log.memory import MemoryLog
from hubbub.log.ranges import Range, page_of

MESSAGES = "batch server-time message-tags draft/chathistory draft/multiline"
EVENTS = f"{MESSAGES} draft/event-playback"
ALL = f"{EVENTS} draft/message-redaction draft/channel-rename"
SHORT = "hubbub.local/short"


def tags_of(line: str) -> dict[str, str]:
    words = line.split()[0].lstrip("@").split(";") if line[0] == "@" else []
    return dict(word.partition("=")[::2] for word in words)


def asks(reader, how: str, *bounds: str, limit: int) -> list[dict[str, str]]:
    """The tags of the lines of one page, each with its text."""
    lines = reader.asks(" ".join(("CHATHISTORY", how, "#tea", *bounds, str(limit))))
    assert " BATCH +" in lines[0], lines
    assert " BATCH -" in lines[-1]
    told = [{**tags_of(line), "line": line.partition(" :")[2]} for line in lines[1:-1]]
    return [each for each in told if "msgid" in each and "draft/chathistory-context" not in each]


def pages(reader, how: str, by: str, limit: int) -> Iterator[list[dict[str, str]]]:
    """Page after page until one is empty."""
    bound = "timestamp=1970-01-01T00:00:00.001Z" if how == "AFTER" else "timestamp=2100-01-01"
    while page := asks(reader, how, bound, limit=limit):
        yield page
        last = page[-1 if how == "AFTER" else 0]
        bound = f"{'timestamp' if by == 'time' else by}={last[by]}"


def all_of(reader, how: str, by: str, limit: int) -> list[str]:
    found = list(pages(reader, how, by, limit))
    if how == "BEFORE":
        found.reverse()
    return [each["msgid"] for page in found for each in page]


def happening(chat: Chat, things: list[str]) -> list[str]:
    """Ann and others do these things; the msgids of what is left."""
    ann = chat.irc("ann", join="#tea", caps=f"{ALL} echo-message labeled-response")
    left: list[str] = []
    for number, what in enumerate(things):
        if what == "say":
            line = ann.asks(f"@label=x{number} PRIVMSG #tea :{number}")[0]
            left.append(tags_of(line)["msgid"])
        elif what == "long":
            ann.sends("BATCH +b draft/multiline #tea")
            ann.sends(*[f"@batch=b PRIVMSG #tea :{number} {'y' * 300}"] * 8)
            left.append(tags_of(ann.asks("BATCH -b")[0])["msgid"])
        elif what == "take back" and left:
            ann.sends(f"REDACT #tea {left.pop()}")
        elif what == "react" and left:
            ann.sends(f"@+draft/react=x;+draft/reply={left[-1]} TAGMSG #tea")
        elif what == "topic":
            ann.sends(f"TOPIC #tea :{number}")
        elif what == "come and go":
            chat.irc(f"bob{number}", join="#tea").drops()
        elif what == "wait":
            chat.now += 1000
    chat.forget()
    return left


THINGS = st.sampled_from(
    ["say"] * 4 + ["long", "take back", "react", "topic", "come and go", "wait"]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(THINGS, max_size=40), st.integers(1, 12), st.sampled_from([MESSAGES, EVENTS, ALL]))
def test_each_message_is_found_exactly_once(things, limit, caps):
    chat = Chat(limits__history_bytes=4096)
    left = happening(chat, things)
    reader = chat.irc("reader", join="#tea", caps=caps)
    for how in ("BEFORE", "AFTER"):
        for by in ("msgid", "time"):
            found = all_of(reader, how, by, limit)
            assert len(found) == len(set(found))
            assert [each for each in found if each in left] == left


@settings(max_examples=30, deadline=None)
@given(
    st.lists(THINGS, min_size=3, max_size=30), st.integers(1, 9), st.sampled_from([MESSAGES, ALL])
)
def test_latest_around_and_between_begin_where_paging_goes_on(things, limit, caps):
    chat = Chat(limits__history_bytes=4096)
    happening(chat, things)
    reader = chat.irc("reader", join="#tea", caps=caps)
    every = all_of(reader, "AFTER", "msgid", 20)
    found = pages(reader, "AFTER", "msgid", 20)
    times = {each["msgid"]: each["time"] for page in found for each in page}
    latest = [each["msgid"] for each in asks(reader, "LATEST", "*", limit=limit)]
    assert latest == every[len(every) - len(latest) :]
    assert latest or not every
    for place, id in enumerate(every):
        for bound in (f"msgid={id}", f"timestamp={times[id]}"):
            around = [each["msgid"] for each in asks(reader, "AROUND", bound, limit=limit)]
            begin = every.index(around[0])
            assert around == every[begin : begin + len(around)]
            assert id in around
            rest = [each["msgid"] for each in asks(reader, "LATEST", bound, limit=limit)]
            assert rest == every[len(every) - len(rest) :] if rest else place == len(every) - 1
        first, last = f"msgid={every[0]}", f"msgid={id}"
        between = [each["msgid"] for each in asks(reader, "BETWEEN", first, last, limit=limit)]
        assert between == every[1 : 1 + len(between)]
        assert between or place < 2
        back = [each["msgid"] for each in asks(reader, "BETWEEN", last, first, limit=limit)]
        assert back == every[place - len(back) : place]
        assert back or place < 2


def test_a_page_that_is_short_of_messages_says_so():
    chat = Chat(limits__history_bytes=4096)
    happening(chat, ["long"] * 5)
    reader = chat.irc("reader", join="#tea", caps=MESSAGES)
    lines = reader.asks("CHATHISTORY LATEST #tea * 5")
    assert SHORT in tags_of(lines[1])
    assert sum("BATCH +m" in line for line in lines) == 1, "one message is larger than half of it"
    assert SHORT not in tags_of(reader.asks("CHATHISTORY LATEST #tea * 1")[1]), "as many as asked"
    plain = chat.irc("plain", join="#tea", caps="batch draft/chathistory")
    assert SHORT not in "".join(plain.asks("CHATHISTORY LATEST #tea * 5"))


def test_without_redaction_a_page_is_not_filled_with_what_nobody_sees():
    chat = Chat()
    left = happening(chat, ["say", *["say", "take back"] * 30, *["say"] * 5])
    reader = chat.irc("reader", join="#tea", caps=EVENTS)
    page = asks(reader, "AFTER", f"msgid={left[0]}", limit=20)
    assert [each["msgid"] for each in page][:5] == left[1:]


def test_every_kind_of_history_has_a_place_to_go_on_from():
    """What a client with all capabilities is told of has a msgid and a time."""
    chat = Chat()
    happening(chat, ["say", "react", "say", "take back", "topic", "come and go"])
    ann = chat.clients[0].sends("MODE #tea +v ann", "NICK anna")
    bob = chat.irc("bob", join="#tea")
    bob.sends("PART #tea :bye", "JOIN #tea")
    ann.sends("KICK #tea bob", "RENAME #tea #milk")
    reader = chat.irc("reader", join="#milk", caps=ALL)
    told = {type(entry.event) for entry in chat.log.history("#milk", Range(events=True))}
    assert len(told & IN_HISTORY) >= 9, told
    lines = reader.asks("CHATHISTORY LATEST #milk * 100")[1:-1]
    assert len(lines) >= len(told)
    assert all({"msgid", "time"} <= tags_of(line).keys() for line in lines), lines


@pytest.mark.parametrize("newest", [True, False])
@given(data=st.data())
def test_old_entries_of_one_time_stay_together(newest, data):
    """Of old logs, and of what was imported by the minute: as long as a page can hold a minute."""
    lengths = data.draw(st.lists(st.integers(1, 4), max_size=12))
    times = [1000 * minute for minute, length in enumerate(lengths, 1) for _ in range(length)]
    log = MemoryLog()
    log.append(
        [Entry(place, time, said("ann", "#tea", str(place))) for place, time in enumerate(times, 1)]
    )
    limit = data.draw(st.integers(5, 9))
    wanted = Range(limit=limit, newest=newest)
    found: list[int] = []
    bound: Callable[[int], dict[str, int]] = lambda time: {"earlier" if newest else "later": time}  # noqa: E731
    while (page := page_of(wanted, log.history("#tea", wanted.and_one()))).entries:
        places = [entry.position for entry in page.entries]
        found = places + found if newest else found + places
        wanted = wanted._replace(**bound(page.entries[0 if newest else -1].time))
        assert page.more == (len(found) < len(times))
    assert found == list(range(1, len(times) + 1))
