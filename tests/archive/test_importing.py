"""Imports keep dates, authors, threads and reactions, and create no duplicates."""

import bz2
import contextlib
import copy
import functools
import gzip
import io
import itertools
import json
import lzma
import operator
import os
import re
import sqlite3
import sys
import tarfile
import tracemalloc
import zipfile
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from entries import entries, redacted, said
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubbub import data_dir
from hubbub.archive.importing import discord
from hubbub.archive.importing.formats import FORMATS, format_of, found_in
from hubbub.archive.importing.merging import LONGEST_LINE, Merger
from hubbub.archive.importing.slack import SlackNames, readable
from hubbub.archive.importing.sources import (
    SYSTEM,
    ImportedMessage,
    Nicks,
    NotReadable,
    Options,
    Reaction,
    SourceFiles,
    channel_from,
    nick_from,
)
from hubbub.archive.verify import verify
from hubbub.cli import main
from hubbub.events.msgid import imported_position, msgid, position_of
from hubbub.log.base import LogFull
from hubbub.log.pace import Pace
from hubbub.log.ranges import Range
from hubbub.log.search import parse
from hubbub.log.sqlite import SqliteLog
from hubbub.protocol.names import valid_channel, valid_nick


def at(text):
    """2024-01-31 12:00[:00] UTC in ms."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def read(path, **options):
    """What a reader finds, and what it leaves out."""
    files = SourceFiles(path)
    chosen = Options(zone=options.pop("zone", UTC), **options)
    return list(FORMATS[format_of(files)](files, chosen)), chosen.skipped


def read_all(path, **options):
    """What a reader finds, what it leaves out, and what it cannot read."""
    files = SourceFiles(path)
    chosen = Options(zone=UTC, **options)
    return list(FORMATS[format_of(files)](files, chosen)), chosen.skipped, chosen.damaged


def brief(found):
    return [(each.time, each.place, each.nick, each.text) for each in found]


# -- IRC logs -------------------------------------------------------------------------------------

IRSSI = """\
--- Log opened Wed Jan 31 23:58:01 2024
23:58 -!- ann [~ann@host] has joined #tea
23:58 < ann> hello
23:58 <@bob> hello
23:59  * ann waves
23:59 -srv:#tea- be quiet
--- Day changed Thu Feb 01 2024
00:00 <+cat> <3 this
00:00 < ann> hello
00:00 < ann> hello
00:01 -!- bob was kicked from #tea by ann [x]
--- Log closed Thu Feb 01 00:02:00 2024
"""


def test_irssi(tmp_path):
    path = tmp_path / "#tea.log"
    path.write_text(IRSSI)
    found, _ = read(path)
    assert brief(found) == [
        (at("2024-01-31 23:58"), "#tea", "ann", "hello"),
        (at("2024-01-31 23:58"), "#tea", "bob", "hello"),
        (at("2024-01-31 23:59"), "#tea", "ann", "waves"),
        (at("2024-01-31 23:59"), "#tea", "srv", "be quiet"),
        (at("2024-02-01 00:00"), "#tea", "cat", "<3 this"),
        (at("2024-02-01 00:00"), "#tea", "ann", "hello"),
        (at("2024-02-01 00:00"), "#tea", "ann", "hello"),
    ]
    assert [each.action for each in found].count(True) == 1
    assert found[3].notice
    moments = [(each.moment.first, each.moment.last) for each in found]
    assert moments == [(True, False)] * 2 + [(False, False)] * 2 + [(False, True)] * 3


def test_irssi_as_others_have_set_it_up(tmp_path):
    path = tmp_path / "#tea.log"
    path.write_text(
        "--- Log opened Wed Jan 31 23:58:01 2024\n"
        "[23:58:07] <@ann:#tea> in a window of many\n"
        "2024-02-03 10:11:12 < bob> with the day in each line\n"
        "[2024-02-03 10:11:13]  * bob waves\n"
        "10:12 < bob> 99:99 <x> no time\n"
        "10:12 -ann(~ann@host)- in private\n"
    )
    found, skipped = read(path)
    assert skipped == {"private lines in logs of channels": 1}
    assert brief(found) == [
        (at("2024-01-31 23:58:07"), "#tea", "ann", "in a window of many"),
        (at("2024-02-03 10:11:12"), "#tea", "bob", "with the day in each line"),
        (at("2024-02-03 10:11:13"), "#tea", "bob", "waves"),
        (at("2024-02-03 10:12"), "#tea", "bob", "99:99 <x> no time"),
    ]


def test_irssi_times_need_no_space_behind_them(tmp_path):
    path = tmp_path / "#tea.log"
    path.write_text(
        "--- Log opened Wed Jan 31 10:00:00 PM CET 2024\n"
        "10:00:05< ann> one\n"
        "10:00:06<@bob> two\n"
        "10:00:07* ann waves\n"
        "10:00:08-!- cy [~c@h] has joined #tea\n"
        "[10:00:09]-srv:#tea- be quiet\n"
        "10:00:10 PM <ann> in the evening\n"
        "[10:00:11pm]<ann> and again\n"
        "10:00:12+0200 <ann> with an offset\n"
        "10:00:13 CET <ann> with a zone\n"
        "1:02 AM <ann> at night\n"
    )
    found, skipped = read(path)
    assert not skipped
    assert [(each.time - at("2024-01-31 00:00"), each.text) for each in found] == [
        (36_005_000, "one"), (36_006_000, "two"), (36_007_000, "waves"),
        (36_009_000, "be quiet"), (79_210_000, "in the evening"), (79_211_000, "and again"),
        (28_812_000, "with an offset"), (32_413_000, "with a zone"), (3_720_000, "at night"),
    ]  # fmt: skip


def test_weechat_and_znc_have_halves_of_the_day_too(tmp_path):
    path = tmp_path / "irc.libera.#tea.weechatlog"
    path.write_text(
        "2024-01-31 10:00:01 PM\tann\tone\n"
        "2024-01-31 10:00:02 PM CET\tann\ttwo\n"
        "Wed 31 Jan 2024 11:00:03 PM\tann\tthree\nand more\n"
        "2024-02-30 10:00:04\tann\tfour\nof that line\n"
        "2024-01-31 23:00:05\tann\tfive\n"
    )
    found, _, damaged = read_all(path)
    assert brief(found) == [
        (at("2024-01-31 22:00:01"), "#tea", "ann", "one"),
        (at("2024-01-31 21:00:02"), "#tea", "ann", "two"),
        (at("2024-01-31 23:00:03"), "#tea", "ann", "three\nand more"),
        (at("2024-01-31 23:00:05"), "#tea", "ann", "five"),
    ]
    assert [each.partition(": ")[0] for each in damaged] == [f"{path.name}, line 5"]
    path = tmp_path / "znc_net_#tea_20240131.log"
    path.write_text("[10:00:01 PM] <ann> one\n[13:00:02 PM] <ann> two\n[23:00:03] <ann> three\n")
    found, _, damaged = read_all(path)
    assert [each.text for each in found] == ["one", "three"]
    assert len(damaged) == 1


def packed(content, kind):
    pack = {"": bytes, "gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}
    return pack[kind](content)


def pack_into(path, contents):
    """Write a zip or a tar, whose name tells its compression."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in contents.items():
                archive.writestr(name, data)
        return
    mode = {".tgz": "w:gz", ".xz": "w:xz", ".bz2": "w:bz2"}.get(path.suffix, "w")
    with tarfile.open(path, mode) as archive:
        for name, data in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
@pytest.mark.parametrize("archive", ["", "all.zip", "all.tar", "all.tgz", "all.tar.xz"])
def test_compressed_files_are_read_alone_in_folders_and_in_archives(tmp_path, kind, archive):
    slack_files = {f"slack/{name}": json.dumps(text) for name, text in SLACK_FILES.items()}
    for name, content, count in (
        ("#tea.log", IRSSI, 7), ("irc.libera.#tea.weechatlog.1", WEECHAT, 3),
        ("net/#tea/2024-01-31.log", ZNC, 3), ("tea.json", json.dumps(DISCORD), 2),
        ("export.jsonl", jsonl(MATTERMOST), 2), ("#tea.log-20240131", IRSSI, 7),
        ("slack", slack_files, 4),
    ):  # fmt: skip
        folder = tmp_path / f"{name.replace('/', '_')}-in"
        folder.mkdir()
        contents = content if isinstance(content, dict) else {name: content}
        stored = {f"{each}.{kind}": packed(text.encode(), kind) for each, text in contents.items()}
        if archive:
            pack_into(folder / archive, stored)
        for each, data in {} if archive else stored.items():
            (folder / each).parent.mkdir(parents=True, exist_ok=True)
            (folder / each).write_bytes(data)
        sources = [folder / archive] if archive else [folder]
        if not archive and len(stored) == 1:
            sources.append(folder / next(iter(stored)))
        for source in sources:
            found, _, damaged = read_all(source)
            assert (len(found), damaged) == (count, []), source
            assert found[0].place in ("#tea", "#tea-talk", "#general")


def test_a_name_does_not_need_to_tell_that_a_file_is_compressed(tmp_path):
    (tmp_path / "#tea.log").write_bytes(gzip.compress(IRSSI.encode()))
    assert len(read(tmp_path / "#tea.log")[0]) == 7


def test_a_compressed_file_that_is_cut_gives_what_is_in_it_and_is_named(tmp_path):
    whole = gzip.compress("".join(f"[12:00:{n:02}] <ann> {n}\n" for n in range(60)).encode())
    (tmp_path / "#tea").mkdir()
    (tmp_path / "#tea/2024-01-30.log").write_text(ZNC)
    (tmp_path / "#tea/2024-01-31.log.gz").write_bytes(whole[:-12])
    found, _, damaged = read_all(tmp_path)
    assert len(found) >= 3
    assert len(damaged) == 1
    assert "2024-01-31.log cannot be read: Compressed file ended" in damaged[0]
    with pytest.raises(NotReadable, match="cannot be read"):
        read(tmp_path, strict=True)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="it reads zstd")
def test_zstd_needs_a_newer_python_and_that_is_said(tmp_path):
    (tmp_path / "#tea.log").write_text(IRSSI)
    (tmp_path / "#tea.log.1.zst").write_bytes(b"\x28\xb5\x2f\xfd\x00")
    found, _, damaged = read_all(tmp_path)
    assert len(found) == 7
    assert damaged == ["#tea.log.1 cannot be read: this version of Python has no zstd (3.14 has)"]


def test_what_irssi_writes_in_private_is_for_private_logs(tmp_path):
    (tmp_path / "bob.log").write_text(
        "--- Log opened Wed Jan 31 23:58:01 2024\n"
        "23:58 [bob(~bob@host)] psst\n"
        "23:58 [msg(bob)] yes?\n"
        "23:58  (*) bob waves\n"
        "23:58  * bob:#tea waves from afar\n"
        "23:58 [notice(bob)] beep\n"
        "23:58 [ctcp(bob)] VERSION\n"
        "23:59 !irc.example *** looking up\n"
        "23:59 by a script\n"
    )
    found, skipped = read(tmp_path / "bob.log", private=True, me="ann")
    assert [(each.nick, each.text, each.action, each.notice) for each in found] == [
        ("bob", "psst", False, False),
        ("ann", "yes?", False, False),
        ("bob", "waves", True, False),
        ("bob", "waves from afar", True, False),
        ("ann", "beep", False, True),
    ]
    assert skipped == {"lines that are no message, join or the like": 1}
    found, skipped = read(tmp_path / "bob.log", channel="tea")
    assert [each.text for each in found] == ["waves", "waves from afar"]
    assert skipped["private lines in logs of channels"] == 3


def test_lines_of_nobody_knows_which_day_are_counted(tmp_path):
    (tmp_path / "#tea.log.1").write_text(
        "23:58 < ann> of which day?\n--- Day changed Thu Feb 01 2024\n00:01 < ann> hello\n"
    )
    found, skipped = read(tmp_path / "#tea.log.1")
    assert [each.text for each in found] == ["hello"]
    assert skipped == {"lines before the first day that the log names": 1}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("--- Day changed Da Foo 02 2024", "line 13: no month is known by its name in 'Da Foo"),
        ("--- Day changed lis 02 2024", "line 13: no month is known by its name in 'lis 02"),
        ("--- Day changed 02/03/2024", "line 13: '02/03/2024' is no day that can be read"),
        ("--- Neuer Tag Do Feb 01 2024", "line 13: '--- Neuer Tag .* is neither Log opened nor"),
        ("--- Day changed Fri Feb 30 2024", "line 13: day is out of range"),
        ("24:01 < ann> hello", "line 13: hour must be in"),
    ],
)
def test_a_time_that_there_is_not_is_said(tmp_path, line, why):
    path = tmp_path / "#tea.log"
    path.write_text(f"{IRSSI}{line}\n")
    with pytest.raises(NotReadable, match=f"#tea.log, {why}"):
        read(path, strict=True)
    found, _, damaged = read_all(path)
    assert len(found) == 7
    assert len(damaged) == 1
    assert re.search(f"#tea.log, {why}", damaged[0])


def test_the_hour_that_there_is_twice(tmp_path):
    path = tmp_path / "#tea.log"
    times = ["01:59", "02:30", "02:55", "02:10", "02:10", "02:55", "03:00"]
    path.write_text(
        "--- Log opened Sun Oct 27 00:00:00 2024\n"
        + "".join(f"{time} < ann> {time}\n" for time in times)
    )
    found, _ = read(path, zone=ZoneInfo("Europe/Berlin"))
    assert [each.time - at("2024-10-27 00:00") for each in found] == [
        minutes * 60_000 for minutes in (-1, 30, 55, 70, 70, 115, 120)
    ]


def test_lines_of_one_file_are_known_again_in_a_longer_one(tmp_path, log):
    for name, lines in (("a", 2), ("b", 5)):
        path = tmp_path / name / "#tea.log"
        path.parent.mkdir()
        path.write_text(IRSSI + "00:02 < ann> hello\n" * lines)
    assert Merger(log).keep(read(tmp_path / "a")[0]).new == 9
    assert Merger(log).keep(read(tmp_path / "b")[0]).new == 3
    # Both at once: one is a copy of the other, with more.
    assert Merger(log).keep([*read(tmp_path)[0]]).new == 0


def test_times_without_a_zone_are_in_the_one_given(tmp_path):
    path = tmp_path / "#tea.log"
    path.write_text(IRSSI)
    found, _ = read(path, zone=ZoneInfo("Europe/Berlin"))
    assert found[0].time == at("2024-01-31 22:58")
    path.write_text(IRSSI.replace("Jan 31", "Jul 31").replace("Feb 01", "Aug 01"))
    found, _ = read(path, zone=ZoneInfo("Europe/Berlin"))
    assert found[0].time == at("2024-07-31 21:58")


WEECHAT = """\
2024-01-31 12:00:00\t-->\tann (~ann@host) has joined #tea
2024-01-31 12:00:01\t@ann\thello\twith a tab
2024-01-31 12:00:02\t *\tbob waves
2024-01-31 12:00:03\t--\tNotice(srv) -> #tea: be quiet
2024-01-31 12:00:04\t--\tTopic for #tea is "leaves"
2024-01-31 12:00:05\t<--\tbob has quit
not a line of a log
"""


def test_weechat(tmp_path):
    path = tmp_path / "irc.libera.#tea.weechatlog"
    path.write_text(WEECHAT)
    assert brief(read(path)[0]) == [
        (at("2024-01-31 12:00:01"), "#tea", "ann", "hello\twith a tab"),
        (at("2024-01-31 12:00:02"), "#tea", "bob", "waves"),
        (at("2024-01-31 12:00:03"), "#tea", "srv", "be quiet"),
    ]


def test_weechat_since_4_8_has_times_in_utc(tmp_path):
    path = tmp_path / "irc.libera.#tea.weechatlog"
    path.write_text(
        WEECHAT.replace("01\t", "01.123456Z\t").replace("03\t--\tNotice", "03Z\t--\tNotice")
    )
    found, _ = read(path, zone=ZoneInfo("America/New_York"))
    assert [each.time for each in found] == [
        at("2024-01-31 12:00:01.123"), at("2024-01-31 17:00:02"), at("2024-01-31 12:00:03"),
    ]  # fmt: skip


def test_weechat_as_others_have_set_it_up(tmp_path):
    path = tmp_path / "irc.libera.#tea.weechatlog"
    path.write_text(
        "2024-01-31T12:00:00 +0100\t<@ann>\tof several\n\nlines\twith a tab\n"
        "2024-01-31 12:00:01\t⚡\tcat waves\n"
        "2024-01-31 12:00:02\t<--\tbob has quit\nbecause\n"
        "2024-01-31 12:00:03\t--\tNotiz(srv): leise\n"
        "2024-01-31 12:00:04\t--\tPvNotice(srv): for you alone\n"
        "31/01/24 12:00:05\tann\twhat day is this?\n",
        "utf-8",
    )
    found, skipped = read(path)
    assert brief(found) == [
        (at("2024-01-31 11:00:00"), "#tea", "ann", "of several\n\nlines\twith a tab"),
        (at("2024-01-31 12:00:03"), "#tea", "srv", "leise"),
    ]
    assert skipped == {
        "lines that are no message, join or the like": 2,
        "private lines in logs of channels": 1,
    }


def test_what_weechat_says_itself_is_no_conversation(tmp_path):
    for name in ("core.weechat.weechatlog", "irc.server.libera.weechatlog"):
        (tmp_path / name).write_text(WEECHAT)
    found, skipped = read(tmp_path, private=True, me="ann")
    assert found == []
    assert sum(skipped.values()) == 2


ZNC = """\
[12:00:00] *** Joins: ann (~ann@host)
[12:00:01] <ann> hello
[12:00:02] * bob waves
[12:00:03] -my-srv- be quiet
"""


@pytest.mark.parametrize("name", ["net/#tea/2024-01-31.log", "ann_net_#tea_20240131.log"])
def test_znc(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(ZNC)
    expected = [
        (at("2024-01-31 12:00:01"), "#tea", "ann", "hello"),
        (at("2024-01-31 12:00:02"), "#tea", "bob", "waves"),
        (at("2024-01-31 12:00:03"), "#tea", "my-srv", "be quiet"),
    ]
    assert brief(read(path)[0]) == expected
    assert brief(read(tmp_path)[0]) == expected


def test_znc_as_others_have_set_it_up(tmp_path):
    path = tmp_path / "users/ann/moddata/log/net/#tea/2024-01-31.log"
    path.parent.mkdir(parents=True)
    path.write_text(
        "[12:00:01.123456] <@ann> hello\n"
        "[2024-02-01 12:00:01] * bob waves\n"
        "[12:00:02] *** ann sets mode: +v bob\n"
        "[12:00:02] Connected to IRC (irc.example +6697)\n"
        "12:00 what is this?\n"
    )
    found, skipped = read(tmp_path)
    assert brief(found) == [
        (at("2024-01-31 12:00:01.123"), "#tea", "ann", "hello"),
        (at("2024-02-01 12:00:01"), "#tea", "bob", "waves"),
    ]
    assert skipped == {"lines that are no message, join or the like": 1}


def test_old_logs_are_windows_1252(tmp_path):
    path = tmp_path / "#tea.log"
    path.write_bytes(IRSSI.replace("hello", "“grüße” 5€").encode("cp1252"))
    assert read(path)[0][0].text == "“grüße” 5€"
    path.write_bytes(IRSSI.encode().replace(b"hello", b"\xfc\x81"))
    assert read(path)[0][0].text == "ü\x81"


def test_a_log_of_another_program_is_said(tmp_path, capsys):
    path = tmp_path / "#tea.log"
    path.write_text(WEECHAT)
    assert main(["import", str(path), "--format", "irssi", "--data-dir", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "Left out: 1 files without a message that is written as irssi does" in said


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("#tea", "#tea"),
        ("#tea.js.log", "#tea.js"),
        ("##tea.log", "##tea"),
        ("#tea.2024-01-31.log", "#tea"),
        ("#tea-20240131.log", "#tea"),
        ("#tea.01-31.log", "#tea"),
        ("#tea_2024-01.log", "#tea"),
        ("#tea-2.log", "#tea-2"),
        ("#tea-123456.log", "#tea-123456"),
        ("irc.libera.#tea.weechatlog.2", "#tea"),
        ("bob.log.1", ("bob", "ann")),
    ],
)
def test_the_name_of_a_log_tells_the_conversation(tmp_path, name, place):
    (tmp_path / name).write_text(IRSSI)
    assert read(tmp_path / name, private=True, me="ann")[0][0].place == place


def test_a_private_log_needs_to_be_asked_for(tmp_path):
    path = tmp_path / "bob.log"
    path.write_text(IRSSI)
    found, skipped = read(path)
    assert found == []
    assert sum(skipped.values()) == 1
    assert read(path, private=True, me="ann")[0][0].place == ("bob", "ann")
    assert read(path, channel="tea")[0][0].place == "#tea"


# -- exports --------------------------------------------------------------------------------------


SLACK_FILES = {
    "channels.json": [{"id": "C1", "name": "general"}],
    "groups.json": [{"id": "G1", "name": "secret"}],
    "dms.json": [{"id": "D1", "members": ["U1", "U2"]}],
    "users.json": [
        {"id": "U1", "name": "ann", "profile": {"display_name": "Ann Lee"}},
        {"id": "U2", "name": "bob", "profile": {}},
    ],
    "general/2024-01-31.json": [
        {"type": "message", "user": "U1", "ts": "1706702400.000100", "thread_ts":
         "1706702400.000100",
         "text": "hi <@U2> &amp; all, see <https://a.example|this> in <#C1|general>",
         "reactions": [{"name": "tada", "users": ["U2"], "count": 1},
                       {"name": "our-own", "users": ["U1", "U2"], "count": 2}]},
        {"type": "message", "user": "U2", "ts": "1706702460.000200",
         "thread_ts": "1706702400.000100", "text": "reply",
         "edited": {"user": "U2", "ts": "1706702470.000000"}},
        {"type": "message", "subtype": "channel_join", "user": "U2", "ts": "1706702461.0",
         "text": "joined"},
        {"type": "message", "subtype": "me_message", "user": "U1", "ts": "1706702462.0",
         "text": "waves"},
        {"type": "message", "user": "U1", "ts": "1706702463.0", "text": "",
         "files": [{"name": "a.png", "url_private": "https://f.example/a.png?token=xoxe-secret"}]},
    ],
    "secret/2024-01-31.json": [
        {"type": "message", "user": "U1", "ts": "1706702464.0", "text": "hush"}],
    "D1/2024-01-31.json": [
        {"type": "message", "user": "U1", "ts": "1706702465.0", "text": "psst"}],
}  # fmt: skip


@pytest.fixture
def slack(tmp_path):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in SLACK_FILES.items():
            archive.writestr(name, json.dumps(content))
    return path


def test_slack(slack):
    found, skipped = read(slack)
    first, reply, wave, file = found
    assert first.place == "#general"
    assert (first.nick, first.time) == ("Ann_Lee", 1_706_702_400_000)
    assert first.text == "hi @bob & all, see this (https://a.example) in #general"
    assert [each[:2] for each in first.reactions] == [
        ("bob", "🎉"), ("Ann_Lee", ":our-own:"), ("bob", ":our-own:"),
    ]  # fmt: skip
    assert first.reply_to is None
    assert reply.reply_to == first.key
    assert reply.edited == 1_706_702_470_000
    assert wave.action
    assert file.text == "a.png: https://f.example/a.png"
    assert skipped == {"files of private conversations (--private takes them too)": 2, SYSTEM: 1}
    everything, _ = read(slack, private=True)
    assert {each.place for each in everything} == {"#general", "#secret", ("Ann_Lee", "bob")}


def test_marks_of_slack_as_people_read_them(slack):
    names = SlackNames({"U1": "ann"}, {"C1": "general"}, Nicks())
    for written, shown in (
        ("<!here> <!subteam^S1|@team> <#C1> <@U1> <@U9>", "@here @team #general @ann @U9"),
        ("<!date^1706702400^{date}|Jan 31>", "Jan 31"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
    ):
        assert readable(written, names) == shown


def test_what_programs_and_organisations_say_in_slack(tmp_path):
    for name, content in {
        "channels.json": [{"id": "C1", "name": "general"}],
        "org_users.json": [{"id": "U1", "name": "ann"}],
        "dms.json": [{"id": "D1", "members": ["U1"]}],
        "general/2024-01-31.json": [
            {"type": "message", "subtype": "bot_message", "username": "builds", "ts": "1.0",
             "text": "",
             "attachments": [{"fallback": "build 7 failed"}, {"text": "see &lt;log&gt;"}]},
            {"type": "message", "bot_id": "B1", "bot_profile": {"name": "cal"}, "ts": "2.0",
             "text": "lunch", "attachments": [{"fallback": "what is behind a link",
                                               "from_url": "https://a.example"}]},
            {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "ts": "3.0",
             "text": "This message was deleted."}],
        "D1/2024-01-31.json": [{"type": "message", "user": "U1", "ts": "4.0", "text": "note"}],
    }.items():  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps(content))
    assert brief(read(tmp_path, private=True)[0]) == [
        (4000, ("ann", "ann"), "ann", "note"),
        (1000, "#general", "builds", "build 7 failed\nsee <log>"),
        (2000, "#general", "cal", "lunch"),
        (3000, "#general", "slackbot", ""),  # deleted, and nobody answered
    ]


def test_a_slack_channel_with_another_name_is_the_same(tmp_path, log):
    def export(name, *texts):
        folder = tmp_path / name
        (folder / name).mkdir(parents=True)
        (folder / "channels.json").write_text(json.dumps([{"id": "C1", "name": name}]))
        (folder / "users.json").write_text('[{"id": "U1", "name": "ann"}]')
        (folder / name / "2024-01-31.json").write_text(json.dumps([
            {"type": "message", "user": "U1", "ts": f"{n}.0", "text": text, "thread_ts": "1.0"}
            for n, text in enumerate(texts, 1)
        ]))  # fmt: skip
        return Merger(log).keep(read(folder)[0])

    assert export("tea", "one").new == 1
    assert (after := export("leaves", "one", "two")).new == 1
    assert after.known == 1
    first, answer = (entry for entry in log.history("#leaves", Range()))
    assert (first.event.text, answer.event.text) == ("one", "two")
    assert not log.history("#tea", Range())
    answer = answer.event
    assert dict(answer.tags)["+draft/reply"] == msgid(first.position, log.id)


def test_what_else_is_in_slack(tmp_path):
    def said(n, **more):
        return {"type": "message", "user": "U1", "ts": f"{n}.0", "text": "", **more}

    for name, content in {
        "channels.json": [{"id": "C1", "name": "tea"},
                          {"id": "C2", "name": "hidden", "is_private": True}],
        "mpims.json": [{"id": "G1", "name": "mpdm-ann--bob--cat-1"}],
        "users.json": [{"id": "U1", "name": "ann", "profile": {"display_name": "Alex"}},
                       {"id": "U2", "name": "bob", "profile": {"display_name": "alex"}}],
        "hidden/2024-01-31.json": [said(1, text="hush")],
        "mpdm-ann--bob--cat-1/2024-01-31.json": [said(1, text="we")],
        "tea/2024-01-31.json": [
            said(1, text="<@U2|bob> see <#C2|>, AT&amp;T &copy; &lt;b&gt;"),
            said(2, files=[{"name": "a.png",
                            "url_private": "https://files.example/a.png?t=xoxe-secret"}]),
            said(3, subtype="thread_broadcast", thread_ts="1.0", text="to all", user="U2"),
            said(4, user="USLACKBOT", text="reminder"),
            said(5, text="build", attachments=[
                {"title": "7", "fields": [{"title": "state", "value": "failed"}]}]),
            said(6, blocks=[
                {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [
                    {"type": "text", "text": "ask "}, {"type": "user", "user_id": "U2"}]}]},
                {"type": "section", "text": {"type": "mrkdwn", "text": "or <https://a.example>"},
                 "fields": [{"type": "plain_text", "text": "today"}]}, {"type": "divider"}]),
            said(7, subtype="huddle_thread", room={"id": "R1"}),
            said(8, bot_id="B1", text="Poll", blocks=[
                {"type": "header", "text": {"type": "plain_text", "text": "Poll: tea?"}},
                {"type": "actions", "elements": [
                    {"type": "button", "text": {"type": "plain_text", "text": "Vote"}}]}]),
            said(9, text="as *typed*", blocks=[{"type": "rich_text", "elements": [
                {"type": "rich_text_section", "elements": [
                    {"type": "text", "text": "as typed"}]}]}]),
            said(10, attachments=[{"fallback": "[no preview available]", "blocks": [
                {"type": "section", "text": {"type": "mrkdwn", "text": "in a frame"}}]}]),
        ],
    }.items():  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps(content))
    found, skipped = read(tmp_path)
    assert [(each.nick, each.text) for each in found] == [
        ("ann", "@bob see #C2, AT&T &copy; <b>"),
        ("ann", "a.png: https://files.example/a.png"),
        ("bob", "to all"),
        ("slackbot", "reminder"),
        ("ann", "build\n7\nstate: failed"),
        ("ann", "ask @bob\nor https://a.example\ntoday"),
        ("ann", "Poll: tea?"),
        ("ann", "as *typed*"),
        ("ann", "in a frame"),
    ]
    assert found[2].reply_to == found[0].key
    assert skipped == {"files of private conversations (--private takes them too)": 2, SYSTEM: 1}
    places = {each.place for each in read(tmp_path, private=True)[0]}
    assert places == {"#tea", "#hidden", "#mpdm-ann--bob--cat-1"}


DISCORD = {
    "guild": {"id": "1", "name": "Tea"},
    "channel": {"id": "7", "type": "GuildTextChat", "category": "Text", "name": "tea talk"},
    "messages": [
        {"id": "10", "type": "Default", "timestamp": "2024-01-31T12:00:00.123+00:00",
         "timestampEdited": "2024-01-31T12:05:00+00:00", "content": "hello\nworld",
         "author": {"id": "1", "name": "ann", "nickname": "Ann L."},
         "attachments": [{"id": "5", "url": "https://cdn.example/a.png"}],
         "reactions": [{"emoji": {"id": "", "name": "🎉"}, "count": 1,
                        "users": [{"id": "2", "name": "bob", "nickname": "Bob"}]},
                       {"emoji": {"id": "99", "name": "tea"}, "count": 1,
                        "users": [{"id": "2", "name": "bob", "nickname": "Bob"}]}]},
        {"id": "11", "type": "Reply", "timestamp": "2024-01-31T13:00:00.5+01:00",
         "timestampEdited": None, "content": "yes", "author": {"id": "2", "name": "bob"},
         "reference": {"messageId": "10", "channelId": "7"}},
        {"id": "12", "type": "GuildMemberJoin", "timestamp": "2024-01-31T12:01:00+00:00",
         "content": "Joined the server.", "author": {"id": "3", "name": "cat"}},
    ],
}  # fmt: skip


def test_discord(tmp_path):
    path = tmp_path / "tea.json"
    path.write_text(json.dumps(DISCORD))
    first, reply = read(path)[0]
    assert first.place == "#tea-talk"
    assert first.nick == "Ann_L"
    assert first.time == at("2024-01-31 12:00:00.123")
    assert first.edited == at("2024-01-31 12:05:00")
    assert first.text == "hello\nworld\nhttps://cdn.example/a.png"
    assert [each[:2] for each in first.reactions] == [("Bob", "🎉"), ("Bob", ":tea:")]
    assert (reply.nick, reply.reply_to) == ("bob", first.key)
    assert reply.time == at("2024-01-31 12:00:00.5")


def test_a_discord_dm_needs_to_be_asked_for(tmp_path):
    path = tmp_path / "dm.json"
    channel = {"id": "8", "type": "DirectTextChat", "name": "bob"}
    path.write_text(json.dumps(DISCORD | {"channel": channel}))
    found, skipped = read(path)
    assert found == []
    assert sum(skipped.values()) == 1
    assert read(path, private=True, me="ann")[0][0].place == ("bob", "ann")


def test_a_discord_dm_tells_who_the_two_are(tmp_path):
    channel = {"id": "8", "type": "DirectTextChat", "name": "bob"}
    (tmp_path / "dm.json").write_text(json.dumps(DISCORD | {"channel": channel}))
    assert read(tmp_path, private=True)[0][0].place == ("bob", "Ann_L")


def test_what_else_people_see_in_discord(tmp_path):
    author = {"id": "1", "name": "ann"}
    forwarded = {"content": "from elsewhere", "attachments": [{"url": "https://cdn.example/b"}]}
    bot = {"id": "2", "name": "bot", "isBot": True}
    new = [
        {"id": "23", "type": "Default", "content": "see https://a.example", "author": bot,
         "embeds": [{"url": "https://a.example", "title": "what is behind the link"},
                    {"title": "7", "fields": [{"name": "state", "value": "failed"}],
                     "footer": {"text": "1 s"}}]},
        {"id": "24", "type": "Reply", "content": "<@1> <@!9> <#7> <a:tea:5>",
         "mentions": [author], "reference": {"messageId": "5", "channelId": "6"},
         "attachments": [{"url": "https://cdn.example/a.png?ex=1&is=2&hm=secret"},
                         {"url": "tea.json_Files/b-1.png", "fileName": "b.png"}],
         "stickers": [{"name": "cup"}]},
        {"id": "20", "type": "Default", "content": "", "forwardedMessage": forwarded,
         "reference": {"type": "Forward", "messageId": "10"}},
        {"id": "21", "type": "20", "content": "", "embeds": [{"title": "7 degrees",
                                                              "description": "rain"}]},
        {"id": "22", "type": "Default", "content": "https://a.example", "embeds": [{"title": "A"}],
         "reactions": [{"emoji": {"id": None, "name": "+"}, "count": 3}]},
    ]  # fmt: skip
    common = {"timestamp": "2024-01-31T12:00:00+00:00", "author": author}
    (tmp_path / "tea.json").write_text(
        json.dumps(DISCORD | {"messages": [common | each for each in new]})
    )
    # What people had sent lies in a folder beside it.
    (tmp_path / "tea.json_Files").mkdir()
    (tmp_path / "tea.json_Files" / "settings.json").write_text("{}")
    found, skipped = read(tmp_path)
    assert skipped == {"reactions of nobody knows whom": 3}
    assert [each.text for each in found] == [
        "see https://a.example\n7\nstate: failed\n1 s",
        "@ann <@!9> <#7> :tea:\nhttps://cdn.example/a.png\nb.png\n[cup]",
        "from elsewhere\nhttps://cdn.example/b", "7 degrees\nrain", "https://a.example",
    ]  # fmt: skip
    assert [each.reply_to for each in found] == [None, "discord\n6\n5", None, None, None]


def test_people_of_one_name_in_discord_are_told_apart(tmp_path):
    people = [
        {"id": "1", "name": "alex.b", "discriminator": "0000", "nickname": "Alex"},
        {"id": "2", "name": "alex.c", "discriminator": "0000", "nickname": "alex"},
        {"id": "3", "name": "Alex", "discriminator": "4321", "nickname": "Alex"},
        {"id": "9", "name": "bridge: ann"},  # a webhook has one id and many names
        {"id": "9", "name": "bridge: bob"},
    ]
    messages = [
        {"id": str(n), "timestamp": "2024-01-31T12:00:00+00:00", "content": "hi", "author": person}
        for n, person in enumerate([*people, *people])
    ]
    (tmp_path / "tea.json").write_text(json.dumps(DISCORD | {"messages": messages}))
    nicks = ["Alex", "alex_c", "Alex_4321", "bridge__ann", "bridge__bob"]
    assert [each.nick for each in read(tmp_path)[0]] == [*nicks, *nicks]


def test_a_discord_thread_is_in_its_channel_and_answers_what_it_began_with(tmp_path, log):
    def said(id, text, kind="Default", **more):
        return {"id": id, "type": kind, "content": text, "author": {"name": "ann"},
                "timestamp": f"2024-01-31T12:00:{int(id) % 60}+00:00", **more}  # fmt: skip

    thread = {"id": "10", "type": "GuildPublicThread", "categoryId": "7", "category": "tea talk",
              "name": "how long?"}  # fmt: skip
    messages = [
        said("11", "", "21", reference={"messageId": "10", "channelId": "7"}),
        said("12", "five minutes"),
        said("13", "no, three", "Reply", reference={"messageId": "12", "channelId": "10"}),
    ]
    (tmp_path / "thread.json").write_text(
        json.dumps(DISCORD | {"channel": thread, "messages": messages})
    )
    (tmp_path / "thread [part 2].json").write_text(
        json.dumps(DISCORD | {"channel": thread, "messages": [said("14", "four")]})
    )
    (tmp_path / "tea.json").write_text(json.dumps(DISCORD))
    for new in (6, 0):
        assert Merger(log).keep(read(tmp_path)[0]).new == new
    entries = log.history("#tea-talk", Range())
    by_id = {msgid(entry.position, log.id): entry.event.text for entry in entries}
    answered = {
        entry.event.text: by_id.get(dict(entry.event.tags).get("+draft/reply")) for entry in entries
    }
    first = "hello\nworld\nhttps://cdn.example/a.png"
    assert answered == {
        first: None, "yes": first, "🧵 how long?": first, "five minutes": "🧵 how long?",
        "no, three": "five minutes", "four": "🧵 how long?",
    }  # fmt: skip


@pytest.mark.parametrize("chunk", [1, 7, 100, 1 << 20])
@pytest.mark.parametrize("indent", [None, 2])
def test_a_discord_export_is_read_piece_by_piece(tmp_path, monkeypatch, chunk, indent):
    path = tmp_path / "tea.json"
    path.write_text(json.dumps(DISCORD), "utf-8")
    whole = read(path)
    monkeypatch.setattr(discord, "CHUNK", chunk)
    path.write_text(json.dumps(DISCORD, indent=indent, ensure_ascii=False), "utf-8-sig")
    assert read(path) == whole


MATTERMOST = [
    {"type": "version", "version": 1},
    {"type": "team", "team": {"name": "t", "type": "O"}},
    {"type": "channel", "channel": {"team": "t", "name": "tea", "type": "O"}},
    {"type": "channel", "channel": {"team": "t", "name": "secret", "type": "P"}},
    {"type": "post", "post": {
        "team": "t", "channel": "tea", "user": "ann", "message": "hello",
        "create_at": 1706702400000, "edit_at": 1706702401000,
        "reactions": [{"user": "bob", "emoji_name": "thumbsup", "create_at": 1706702402000}],
        "replies": [{"user": "bob", "message": "reply", "create_at": 1706702403000}]}},
    {"type": "post", "post": {"team": "t", "channel": "secret", "user": "ann",
                              "message": "hush", "create_at": 1706702404000}},
    {"type": "direct_post", "direct_post": {"channel_members": ["ann", "bob"], "user": "ann",
                                            "message": "psst", "create_at": 1706702405000}},
]  # fmt: skip


def test_mattermost(tmp_path):
    path = tmp_path / "export.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in MATTERMOST))
    found, skipped = read(path)
    first, reply = found
    assert brief(found) == [
        (1_706_702_400_000, "#tea", "ann", "hello"),
        (1_706_702_403_000, "#tea", "bob", "reply"),
    ]
    assert first.edited == 1_706_702_401_000
    assert first.reactions == (("bob", "👍", 1_706_702_402_000, ""),)
    assert reply.reply_to == first.key
    assert sum(skipped.values()) == 2
    assert len(read(path, private=True)[0]) == 4


def test_what_mattermost_puts_beside_messages(tmp_path):
    said = {"team": "t", "channel": "tea", "user": "ann", "create_at": 1}
    more = [
        {"type": "post", "post": said | {"type": "system_join_channel", "message": "ann joined"}},
        {"type": "post", "post": said | {"message": "", "props": {
            "attachments": [{"text": "build 7"}]}}},
        {"type": "post", "post": said | {"channel": "gone", "message": "of nobody knows where"}},
        {"type": "direct_post", "direct_post": {"channel_members": ["cat", "ann", "bob"],
                                                "user": "bob", "message": "we", "create_at": 2}},
    ]  # fmt: skip
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data/20240131/settings.json", "{}")
        archive.writestr("import.jsonl", jsonl([*MATTERMOST[:4], *more]))
    assert brief(read(path)[0]) == [(1, "#tea", "ann", "build 7")]
    assert brief(read(path, private=True)[0])[1:] == [
        (1, "#gone", "ann", "of nobody knows where"),
        (2, "#ann-bob-cat", "bob", "we"),
    ]


def test_mattermost_posts_of_one_millisecond_are_as_many_as_there_are(tmp_path, log):
    post = {"team": "t", "channel": "tea", "user": "ann", "create_at": 1}
    twice = [
        {"type": "post", "post": post | {"message": text, "replies": [
            {"user": "ann", "message": f"{text}, too", "create_at": 1}]}}
        for text in ("one", "two", "two")
    ]  # fmt: skip
    edited = copy.deepcopy(twice)
    edited[1]["post"] |= {"message": "changed", "edit_at": 2}
    path = tmp_path / "export.jsonl"
    for records, new, known in ((twice, 6, 0), (twice, 0, 6), (edited, 0, 6)):
        path.write_text(jsonl([*MATTERMOST[:3], *records]))
        report = Merger(log).keep(read(path)[0])
        assert (report.new, report.known) == (new, known)
    assert texts(log) == ["one", "one, too", "changed", "two, too", "two", "two, too"]


def test_who_says_what_in_mattermost(tmp_path):
    post = {"team": "t", "channel": "tea", "user": "ann", "create_at": 1}
    hook = {
        "from_webhook": "true",
        "override_username": "builds",
        "attachments": [
            {"pretext": "now", "title": "7", "fields": [{"title": "state", "value": "failed"}]}
        ],
    }
    direct = {
        "channel_members": ["ann", "ann"],
        "user": "ann",
        "message": "note",
        "create_at": 1,
        "replies": [
            {
                "user": "ann",
                "message": "more",
                "create_at": 2,
                "reactions": [{"user": "ann", "emoji_name": "+1", "create_at": 3}],
                "attachments": [{"path": "data/x/a.png"}],
            }
        ],
    }
    path = tmp_path / "export.jsonl"
    path.write_text(jsonl([
        *MATTERMOST[:3],
        {"type": "direct_channel", "direct_channel": {"members": ["ann", "ann"]}},
        {"type": "post", "post": post | {"message": "build", "props": hook}},
        {"type": "post", "post": post | {"message": "waves", "type": "me", "replies": [
            {"user": "bob", "type": "system_add_to_channel", "message": "cat", "create_at": 2}]}},
        {"type": "direct_post", "direct_post": direct},
    ]))  # fmt: skip
    found, skipped = read(path, private=True)
    assert [(each.place, each.nick, each.text) for each in found] == [
        ("#tea", "builds", "build\nnow\n7\nstate: failed"),
        ("#tea", "ann", "waves"),
        (("ann", "ann"), "ann", "note"),
        (("ann", "ann"), "ann", "more\na.png"),
    ]
    assert found[1].action
    assert found[3].reactions == (("ann", "👍", 3, ""),)
    assert skipped == {SYSTEM: 1}


@pytest.mark.parametrize("format", ["slack", "discord", "mattermost", "hubbub"])
def test_what_is_no_export_of_that_kind_is_said(tmp_path, capsys, format):
    (tmp_path / "#tea.log").write_text(IRSSI)
    (tmp_path / "empty").mkdir()
    for source in ("#tea.log", "empty"):
        asked = ["import", str(tmp_path / source), "--format", format, "--data-dir", str(tmp_path)]
        assert main(asked) == 1
        assert capsys.readouterr().err == (
            f"hubbub import: {tmp_path / source} is no export of {format.capitalize()}\n"
        )


def test_what_is_nothing_of_all_that_is_said(tmp_path):
    (tmp_path / "x.txt").write_text("hello\n")
    with pytest.raises(NotReadable, match="neither a log of irssi"):
        read(tmp_path / "x.txt")
    with pytest.raises(NotReadable, match="there is no"):
        read(tmp_path / "nothing")


# -- damaged files --------------------------------------------------------------------------------


def jsonl(records):
    return "".join(f"{json.dumps(record)}\n" for record in records)


DISCORD_TEXT = json.dumps(DISCORD, indent=2)
SLACK = {"channels.json": '[{"id": "C1", "name": "tea"}]', "users.json": "[]"}
BROKEN = {
    "only its end is missing": ({"a.json": DISCORD_TEXT[:-2]}, None),
    "discord, cut": ({"a.json": DISCORD_TEXT[:800]},
                     rf"a\.json, line {DISCORD_TEXT[:800].count(chr(10)) + 1}: "),
    "discord, cut early": ({"a.json": '{"guild": {}, "channel": {}, "messages": ['},
                           "is no export"),
    "discord, no name": ({"a.json": DISCORD_TEXT.replace('"author"', '"x"')},
                         r"a\.json, message 1: there is no 'author'"),
    "mattermost": ({"a.jsonl": f'{jsonl(MATTERMOST)}{{"type": "po'}, r"a\.jsonl, line 8: Untermin"),
    "mattermost, a list": ({"a.jsonl": f"{jsonl(MATTERMOST)}[]"}, "line 8: this is no record"),
    "mattermost, no time": ({"a.jsonl": jsonl(MATTERMOST).replace("create_at", "x")},
                            "line 5: there is no 'create_at'"),
    "hubbub, newer": ({"a.jsonl": '{"hubbub":"export","version":2}'}, "another version of Hubbub"),
    "hubbub": ({"a.jsonl": '{"hubbub":"export","version":1}\n{"kind":"MessageSent"}'},
               "line 2: there is no 'event'"),
    "slack": (SLACK | {"tea/2024-01-31.json": '[\n{"type": '}, r"2024-01-31\.json, line 2: "),
    "slack, no time": (SLACK | {"tea/2024-01-31.json": '[{"type": "message"}]'},
                       "message 1: there is no 'ts'"),
    "slack, users": (SLACK | {"users.json": '[{"name": "x"}]'}, "entry 1: there is no 'id'"),
    "slack, brackets": (SLACK | {"tea/2024-01-31.json": "[" * 200_000}, "31.json: brackets within"),
    "discord, brackets": ({"a.json": DISCORD_TEXT.replace('"yes"', "[" * 200_000)},
                          "a.json: brackets within"),
    "mattermost, brackets": ({"a.jsonl": f"{jsonl(MATTERMOST)}{'[' * 200_000}"},
                             "a.jsonl, line 8: brackets within"),
    "no zip": ({"a.zip": "PK"}, "is no zip, or not the whole of one"),
    "no tar": ({"a.tgz": "PK"}, "is no tar, or not the whole of one"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_damaged_file_is_said_in_one_line_with_the_place(tmp_path, capsys, case):
    files, why = BROKEN[case]
    for name, content in files.items():
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / "in" / name).write_text(content)
    source = tmp_path / "in" if len(files) > 1 else tmp_path / "in" / name
    code = main(["import", str(source), "--strict", "--data-dir", str(tmp_path / "data")])
    error = capsys.readouterr().err
    assert code == (1 if why else 0)
    if why:
        assert re.search(why, error)
        assert error.count("\n") == 1


def test_a_damaged_zip_is_said(tmp_path, slack, capsys):
    content = bytearray(slack.read_bytes())
    content[content.index(b'"hi <@U2>') + 1] ^= 1
    slack.write_bytes(content)
    assert main(["import", str(slack), "--strict", "--data-dir", str(tmp_path / "data")]) == 1
    assert "general/2024-01-31.json in it cannot be read: Bad CRC-32" in capsys.readouterr().err


# -- names ----------------------------------------------------------------------------------------


@given(st.text(max_size=40))
def test_every_name_becomes_a_nick_and_a_channel(name):
    assert valid_nick(nick_from(name), 32)
    if len(name.encode()) < 60 and name.strip(" #"):
        channel = channel_from(name)
        assert channel[0] == "#"
        assert valid_channel(channel, 200) or not channel.isascii()


@pytest.mark.parametrize("nick", ["ann_", "_ann_", "[ann]", "ann|away", "`ann\\", "a-7", "Ånn"])
def test_a_nick_stays_as_it_is(nick):
    assert nick_from(nick) == nick


# -- in the log -----------------------------------------------------------------------------------


@pytest.fixture
def log(tmp_path):
    log = SqliteLog(tmp_path / "data.db", durable=False, pace=Pace(anew_seconds=0))
    yield log
    log.close()
    assert verify(tmp_path / "data.db").problems == []


def texts(log, name="#tea", **wanted):
    return [entry.event.text for entry in log.history(name, Range(**wanted))]


def test_imported_messages_stand_before_what_was_said_here_in_the_order_of_time(log):
    log.append(entries(said("ann", "#tea", "here 1"), said("ann", "#tea", "here 2")))
    log.index.catch_up()
    minute = at("2024-01-31 12:00")
    first = [ImportedMessage(f"a{n}", minute + n * 1000, "#tea", "ann", f"a{n}") for n in range(3)]
    second = [
        ImportedMessage(f"b{n}", minute + n * 1000 + 500, "#tea", "ann", f"b{n}") for n in range(3)
    ]
    assert Merger(log).keep(first).new == 3
    in_order = ["a0", "a1", "a2", "here 1", "here 2"]
    assert texts(log) == in_order  # before the index knows them
    log.index.catch_up()
    assert texts(log) == in_order
    assert Merger(log).keep(second).new == 3
    log.index.catch_up()
    assert texts(log) == ["a0", "b0", "a1", "b1", "a2", "b2", "here 1", "here 2"]
    assert texts(log, limit=3) == ["b2", "here 1", "here 2"]
    assert texts(log, later=minute, earlier=minute + 2000) == ["b0", "a1", "b1"]
    assert texts(log, before=1, limit=1) == ["b2"]
    found = log.history("#tea", Range(limit=1, newest=False))[0]
    assert found.time == minute
    assert position_of(msgid(found.position, log.id), log.id) == found.position < 0
    assert msgid(found.position, log.id) < msgid(1, log.id)
    # What is true now does not come from elsewhere.
    *here, listed = log.read()
    assert [entry.event.text for entry in here] == ["here 1", "here 2"]
    assert listed.event[:2] == ("#tea", "")


def test_lines_of_one_minute_keep_their_order(log):
    minute = at("2024-01-31 12:00")
    lines = [ImportedMessage(f"k{n}", minute, f"#{n % 3}", "ann", str(n)) for n in range(600)]
    Merger(log).keep(lines)
    for channel in range(3):
        numbers = list(map(int, texts(log, f"#{channel}", limit=1000)))
        assert numbers == list(range(channel, 600, 3))


def test_importing_again_adds_only_what_is_new(log):
    lines = [
        ImportedMessage(f"k{n}", at("2024-01-31 12:00"), "#tea", "ann", str(n)) for n in range(5)
    ]
    Merger(log).keep(lines[:3])
    report = Merger(log).keep(lines)
    assert (report.new, report.known) == (2, 3)
    assert texts(log) == ["0", "1", "2", "3", "4"]
    # What was taken back does not come again.
    gone = log.history("#tea", Range())[1].position
    log.append(entries(redacted("ann", "#tea", gone), first=log.last_position + 1))
    assert Merger(log).keep(lines).new == 0
    assert texts(log) == ["0", "2", "3", "4"]


def test_importing_again_brings_edits_and_reactions_made_since(log):
    minute = at("2024-01-31 12:00")
    first = ImportedMessage(
        "k", minute, "#tea", "ann", "one", reactions=(Reaction("bob", "+", minute),)
    )
    Merger(log).keep([first, ImportedMessage("r", minute + 1, "#tea", "bob", "two", reply_to="k")])
    log.index.catch_up()
    later = first._replace(
        text="changed", edited=minute + 60_000,
        reactions=(*first.reactions, Reaction("cat", "+", minute), Reaction("bob", "-", minute)),
    )  # fmt: skip
    for times in range(2):
        report = Merger(log).keep([later])
        assert (report.new, report.known) == (0, 1)
        assert (report.changed, report.reactions) == ((1, 2) if times == 0 else (0, 0))
        log.index.catch_up()
        entry = log.history("#tea", Range())[0]
        assert (entry.event.text, entry.event.edited) == ("changed", minute + 60_000)
        assert texts(log) == ["changed", "two"]
        standing = [each.event for each in log.reactions([entry.position])]
        assert sorted((each.source[:3], each.reaction) for each in standing) == [
            ("bob", "+"), ("bob", "-"), ("cat", "+"),
        ]  # fmt: skip
        hits = log.search(parse("changed"), ["#tea"], None, Range())
        assert [hit.position for hit in hits] == [entry.position]
        assert not log.search(parse("one"), ["#tea"], None, Range())
    # What was taken back here stays away.
    log.append(entries(redacted("ann", "#tea", entry.position), first=log.last_position + 1))
    assert Merger(log).keep([later._replace(edited=minute + 120_000)]).changed == 0
    assert texts(log) == ["two"]


def test_an_older_and_a_newer_export_beside_one_another_give_the_newer_state(tmp_path, log):
    (tmp_path / "a.json").write_text(json.dumps(DISCORD))
    newer = copy.deepcopy(DISCORD)
    newer["messages"][1] |= {"content": "no", "timestampEdited": "2024-01-31T13:01:00+00:00"}
    (tmp_path / "b.json").write_text(json.dumps(newer))
    for changed in (1, 0):
        assert Merger(log).keep(read(tmp_path)[0]).changed == changed
        assert texts(log, "#tea-talk")[1] == "no"


def test_people_who_call_themselves_something_else_have_reacted_once(tmp_path, log):
    path = tmp_path / "tea.json"
    for name, new in (("Bob", 2), ("Robert", 0)):
        path.write_text(json.dumps(DISCORD).replace('"nickname": "Bob"', f'"nickname": "{name}"'))
        assert Merger(log).keep(read(path)[0]).reactions == new


def test_half_a_character_does_not_stop_an_import(log):
    reaction = Reaction("bob", "\ud83d", 0)
    Merger(log).keep(
        [ImportedMessage("k\ud83d", 0, "#tea", "ann", "smile \ud83d", reactions=(reaction,))]
    )
    assert texts(log) == ["smile ?"]


@pytest.mark.parametrize("time", [-1, 10**18])
def test_a_time_that_no_calendar_has_is_refused(log, time):
    with pytest.raises(NotReadable, match=f"ann would have said 'one' at {time} ms"):
        Merger(log).keep([ImportedMessage("k", time, "#tea", "ann", "one")])


# What a file may have instead of what is expected.
_strange = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
    st.lists(st.none(), max_size=1), st.just({}), st.just("\ud83d"),
)  # fmt: skip


def places_in(found, place=()):
    """Where there is something in what JSON says."""
    inner = found.items() if isinstance(found, dict) else enumerate(found)
    for key, value in inner:
        yield (*place, key)
        if isinstance(value, (dict, list)):
            yield from places_in(value, (*place, key))


@settings(
    max_examples=150,
    suppress_health_check=[
        *settings.default.suppress_health_check,
        HealthCheck.function_scoped_fixture,
    ],
)
@given(st.data())
def test_whatever_is_in_an_export_it_comes_in_or_is_refused(tmp_path, data):
    found = copy.deepcopy(data.draw(st.sampled_from([DISCORD, MATTERMOST, SLACK_FILES])))
    *way, last = data.draw(st.sampled_from(list(places_in(found))))
    functools.reduce(operator.getitem, way, found)[last] = data.draw(_strange)
    source = tmp_path / "a.json"
    if "users.json" in found:
        source = tmp_path / "slack"
        for name, content in found.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(json.dumps(content))
    else:
        source.write_text(json.dumps(found) if isinstance(found, dict) else jsonl(found))
    with contextlib.closing(SqliteLog(tmp_path / "x.db", durable=False)) as log:
        files = SourceFiles(source)
        with contextlib.suppress(NotReadable):
            Merger(log).keep(found_in(files, format_of(files), Options(zone=UTC, private=True)))


def test_an_import_takes_little_memory(log):
    lines = (ImportedMessage(f"k{n}", n * 1000, "#tea", "ann", str(n)) for n in range(20_000))
    tracemalloc.start()
    Merger(log).keep(lines)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_500_000


def test_threads_and_reactions_are_kept(log, slack):
    found, _ = read(slack)
    report = Merger(log).keep([*found[1:], found[0]])  # the reply comes before what it answers
    assert (report.new, report.reactions) == (4, 3)
    first, reply, *_ = log.history("#general", Range())
    assert dict(reply.event.tags)["+draft/reply"] == msgid(first.position, log.id)
    assert reply.event.edited == 1_706_702_470_000
    reactions = log.reactions([first.position])
    assert [each.event.reaction for each in reactions] == ["🎉", ":our-own:", ":our-own:"]
    assert reactions[0].event.source.startswith("bob!")
    assert {entry.event.source.partition("!")[0] for entry in log.history("#general", Range())} == {
        "Ann_Lee", "bob",
    }  # fmt: skip
    assert log.history("#general", Range())[2].event.text == "\x01ACTION waves\x01"


def test_long_and_broken_lines_fit_into_lines(log):
    long = "é" * 1000 + "\r\nsecond\0 line"
    Merger(log).keep([ImportedMessage("k", at("2024-01-31 12:00"), "#tea", "ann", long)])
    event = log.history("#tea", Range())[0].event
    assert event.text == "é" * 1000 + "\nsecond line"
    cuts = [int(cut) for cut in dict(event.tags)["draft/multiline-concat"].split(",")]
    ends = [0, *cuts, 1000]
    assert max(b - a for a, b in itertools.pairwise(ends)) * 2 <= LONGEST_LINE


def test_private_conversations_belong_to_two(log):
    Merger(log).keep([ImportedMessage("k", at("2024-01-31 12:00"), ("Ann", "bob"), "bob", "psst")])
    found = log.history("ann bob", Range())[0].event
    assert (found.target, found.recipient) == ("Ann", 0)
    log.index.catch_up()
    assert [each.conversation for each in log.latest([], "ann")] == ["ann bob"]


def test_imported_messages_are_found_and_leave_the_index_when_taken_back(log):
    lines = [
        ImportedMessage(f"k{n}", at("2024-01-31 12:00"), "#tea", "ann", f"kettle {n}")
        for n in range(5)
    ]
    log.append(entries(said("bob", "#tea", "a kettle here")))
    log.index.catch_up()
    Merger(log).keep(lines)
    for _ in range(2):
        hits = log.search(parse("kettle"), ["#tea"], None, Range(limit=3))
        assert [entry.event.text for entry in hits] == ["a kettle here", "kettle 4", "kettle 3"]
        log.index.catch_up()
    gone = log.history("#tea", Range())[4].position
    log.append(entries(redacted("ann", "#tea", gone), first=log.last_position + 1))
    log.index.catch_up()
    hits = log.search(parse("kettle"), ["#tea"], None, Range(limit=2))
    assert [entry.event.text for entry in hits] == ["a kettle here", "kettle 3"]


def test_an_import_that_fails_leaves_nothing(log):
    def broken():
        yield ImportedMessage("k", at("2024-01-31 12:00"), "#tea", "ann", "one")
        raise NotReadable("the file ends here")

    with pytest.raises(NotReadable):
        Merger(log).keep(broken())
    assert texts(log) == []
    assert Merger(log).keep([ImportedMessage("k", 0, "#tea", "ann", "one")]).new == 1


def test_a_full_disk_half_way_leaves_nothing_and_the_import_can_be_repeated(tmp_path):
    connections = []

    def connect(path, **options):
        connections.append(sqlite3.connect(path, **options))
        return connections[-1]

    log = SqliteLog(tmp_path / "chat.db", durable=False, connect=connect)
    (db,) = connections
    lines = [ImportedMessage(f"k{n}", n * 1000, "#tea", "ann", "kettle " * 20) for n in range(5000)]
    db.execute("PRAGMA max_page_count = 100")
    with pytest.raises(LogFull):
        Merger(log).keep(lines)
    assert texts(log) == []
    db.execute("PRAGMA max_page_count = 1000000")
    assert Merger(log).keep(lines).new == 5000
    log.close()


@settings(max_examples=200)
@given(st.integers(-(2**45), 2**45), st.integers(0, 2**41))
def test_positions_of_the_past_follow_time(time, step):
    assert imported_position(time) <= imported_position(time + step) < 0
    assert len(msgid(imported_position(time), "x")) == 12


# -- as a command ---------------------------------------------------------------------------------


def test_ctrl_c_leaves_nothing_and_the_import_can_be_repeated(tmp_path, capsys, monkeypatch):
    (tmp_path / "#tea.log").write_text(IRSSI)
    asked = ["import", str(tmp_path / "#tea.log"), "--data-dir", str(tmp_path / "data")]

    def stopped(files, options):
        yield ImportedMessage("k", 0, "#tea", "ann", "one")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setitem(FORMATS, "irssi", stopped)
        assert main(asked) == 130
    assert capsys.readouterr().err == "hubbub import: stopped, nothing was imported\n"
    assert main(asked) == 0
    assert "7 messages and 0 reactions imported" in capsys.readouterr().out


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_what_is_imported_is_for_this_user_alone(tmp_path, slack):
    assert main(["import", str(slack), "--data-dir", str(tmp_path / "data")]) == 0
    for path in (tmp_path / "data").glob("*.db"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_the_command_says_what_it_did(tmp_path, slack, capsys):
    data = str(tmp_path / "data")
    (tmp_path / "#tea.log").write_text(IRSSI)
    asked = ["import", str(slack), str(tmp_path / "#tea.log"), "--data-dir", data]
    assert main([*asked, "--timezone", "Europe/Berlin"]) == 0
    said = capsys.readouterr().out
    assert "11 messages and 3 reactions imported into 2 conversations; 0 were there" in said
    assert "#general: 4" in said
    assert "Left out: 2 files of private conversations" in said
    assert main([*asked, "--timezone", "Europe/Berlin"]) == 0
    assert "0 messages and 0 reactions" in capsys.readouterr().out
    assert main([*asked, "--timezone", "Mars"]) == 2
    assert main(["import", str(tmp_path / "nothing"), "--data-dir", data]) == 1
    assert "there is no" in capsys.readouterr().err
    with data_dir.locked(tmp_path / "data"):
        assert main(asked) == 1
    assert "a server runs with" in capsys.readouterr().err
