"""Logs that begin and end anywhere are merged: each line once, in order."""

import contextlib
import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from hubbub.archive.importing.formats import FORMATS
from hubbub.archive.importing.merging import Merger
from hubbub.archive.importing.overlap import known_again, new_runs
from hubbub.archive.importing.sources import Moment, Options, SourceFiles
from hubbub.log.ranges import Range
from hubbub.log.sqlite import SqliteLog
from hubbub.log.sqlite_reading import read_only

BEGIN = datetime(2024, 1, 31, 23, 58, tzinfo=UTC)
CHANNELS = ("#tea", "#pot")


def laid_over(kept, read, first=True, last=True):
    """What is there when `read` has come to `kept`."""
    width = [each.encode().ljust(8) for each in kept], [each.encode().ljust(8) for each in read]
    again = known_again(*width, Moment("m", first, last))
    merged = list(kept)
    places = [*again, None]
    for start, end in reversed(list(new_runs(again))):
        at = len(merged) if places[end] is None else places[end]
        merged[at:at] = read[start:end]
    return "".join(merged)


@pytest.mark.parametrize(
    ("kept", "read", "there"),
    [
        ("", "hh", "hh"),
        ("hh", "h", "hh"),
        ("h", "hh", "hh"),
        ("xhh", "hhy", "xhhy"),
        ("hhx", "xhy", "hhxhy"),  # the third h is another one
        ("xhy", "hhx", "hhxhy"),
        ("hxh", "xh", "hxh"),
        ("ab", "ba", "aba"),
        ("ab", "cd", "abcd"),
    ],
)
def test_two_runs_of_one_moment_are_laid_over_one_another(kept, read, there):
    assert laid_over(kept, read) == there


def test_what_is_whole_is_not_laid_over_ends():
    # In the middle of its file: who kept the other log saw the two lines in another order.
    assert laid_over("hx", "xh", first=False, last=False) == "hx"


def overlays(one, other):
    """The ways to lay two runs over one another so that they agree in some lines."""
    found = {long for long, short in ((one, other), (other, one)) if contains(long, short)}
    for size in range(1, min(len(one), len(other)) + 1):
        for left, right in ((one, other), (other, one)):
            if left[-size:] == right[:size]:
                found.add(left + right[size:])
    return found


def contains(long, short):
    return any(long[at : at + len(short)] == short for at in range(len(long) - len(short) + 1))


@given(st.text("ab", max_size=6), st.text("ab", min_size=1, max_size=6))
def test_no_shorter_log_has_both(kept, read):
    merged = laid_over(kept, read)
    if possible := overlays(kept, read):
        assert merged in possible
        assert len(merged) == min(map(len, possible))
    else:  # equal lines are the same line wherever they stand
        assert Counter(merged) == Counter(kept) | Counter(read)


# -- whole logs -----------------------------------------------------------------------------------


def irssi(lines):
    day, written = None, []
    for time, nick, text in lines:
        if time.date() != day:
            words = "Day changed %a %b %d %Y" if day else "Log opened %a %b %d 00:00:00 %Y"
            written.append(f"--- {time:{words}}")
            day = time.date()
        written.append(f"{time:%H:%M} < {nick}> {text}")
    return {"#.log": written}


def weechat(lines):
    return {"irc.net.#.weechatlog": [f"{at:%Y-%m-%d %H:%M:%S}\t{nick}\t{text}"
                                     for at, nick, text in lines]}  # fmt: skip


def znc(lines):
    days = itertools.groupby(lines, key=lambda line: line[0].date())
    return {
        f"#/{day}.log": [f"[{at:%H:%M:%S}] <{nick}> {text}" for at, nick, text in of_day]
        for day, of_day in days
    }


# Seconds since the line before (irssi: minutes), the channel, the nick and the text.
_line = st.tuples(
    st.sampled_from([0, 0, 0, 0, 1, 100]),
    st.sampled_from(CHANNELS),
    st.sampled_from(["ann", "bob"]),
    st.sampled_from(["hello", "yes"]),
)


# ann says hello, twice, then something else, and then hello again.
REPEATED = [
    (0, "#tea", "ann", "hello"),
    (0, "#tea", "ann", "hello"),
    (0, "#tea", "bob", "yes"),
    (0, "#tea", "bob", "hello"),
    (0, "#tea", "ann", "hello"),
    (1, "#tea", "bob", "hello"),
]


def said_at(lines, unit):
    time, found = BEGIN, []
    for step, channel, nick, text in lines:
        time += step * unit
        found.append((channel, time, nick, text))
    return found


def of_channel(lines, channel):
    return [line[1:] for line in lines if line[0] == channel]


def keep(log, folder, write, lines):
    folder = folder / "net"  # logs of one network, kept in several places
    folder.mkdir(parents=True)
    for channel in CHANNELS:
        for name, written in write(of_channel(lines, channel)).items():
            path = folder / name.replace("#", channel)
            path.parent.mkdir(exist_ok=True)
            path.write_text("".join(f"{line}\n" for line in written))
    return Merger(log).keep(FORMATS[write.__name__](SourceFiles(folder), Options(zone=UTC)))


def history(log, channel):
    entries = log.history(channel, Range(limit=1000))
    return [
        (entry.time, entry.event.source.partition("!")[0], entry.event.text) for entry in entries
    ]


@pytest.mark.parametrize("write", [irssi, weechat, znc])
@settings(
    max_examples=60,
    suppress_health_check=[
        *settings.default.suppress_health_check,
        HealthCheck.function_scoped_fixture,
    ],
)
@given(st.lists(_line, min_size=2, max_size=14), st.tuples(*[st.integers(0, 14)] * 4))
@example(REPEATED, (0, 4, 2, 6))
@example(REPEATED, (2, 6, 0, 4))
def test_overlapping_logs_give_what_was_said_once_in_order(tmp_path_factory, write, lines, ends):
    said = said_at(lines, timedelta(minutes=1) if write is irssi else timedelta(seconds=1))
    begins, stops = zip(sorted(ends[:2]), sorted(ends[2:]), strict=True)
    assume(max(begins) < min(*stops, len(said)))
    union = said[min(begins) : max(stops)]
    slices = [said[begin:stop] for begin, stop in zip(begins, stops, strict=True)]
    for channel, time in {line[:2] for line in said}:
        one, other = (
            tuple(line for line in each if line[:2] == (channel, time)) for each in slices
        )
        there = tuple(line for line in union if line[:2] == (channel, time))
        if one and other:
            # Where less could have been said, nobody can know that it was more.
            possible = overlays(one, other)
            assume({each for each in possible if len(each) <= len(there)} == {there})
    folder = tmp_path_factory.mktemp("logs")
    with contextlib.closing(SqliteLog(folder / "chat.db", durable=False)) as log:
        first, second = (
            keep(log, folder / name, write, lines) for name, lines in zip("ab", slices, strict=True)
        )
        assert first.new + second.new == len(union)
        for channel in CHANNELS:
            kept = history(log, channel)
            # A later line of a moment has a later time, by a few milliseconds.
            assert [(time // 1000, nick, text) for time, nick, text in kept] == [
                (round(at.timestamp()), nick, text) for at, nick, text in of_channel(union, channel)
            ]
        # Times are looked for by halving (sqlite_reading.py), so they go up with the positions.
        with contextlib.closing(read_only(log.path)) as db:
            times = [row[0] for row in db.execute("SELECT time FROM message ORDER BY position")]
        assert times == sorted(times)
        for name, lines in zip("cd", slices, strict=True):
            again = keep(log, folder / name, write, lines)
            assert (again.new, again.known) == (0, len(lines))
