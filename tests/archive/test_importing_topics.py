"""An imported channel can be found, with the topic that it had; a private one cannot."""

import json
from datetime import UTC

import pytest
from entries import entries, said, source
from harness import Chat
from hypothesis import given
from hypothesis import strategies as st

from hubbub.archive.exporting.jsonl import head, line
from hubbub.archive.importing.formats import format_of, found_in
from hubbub.archive.importing.merging import Merger
from hubbub.archive.importing.places import one_line
from hubbub.archive.importing.sources import Options, SourceFiles
from hubbub.archive.verify import verify
from hubbub.events.kinds import ChannelModeChanged, ChannelRenamed, ModeChange, TopicChanged
from hubbub.log.pace import Pace
from hubbub.log.sqlite import SqliteLog
from hubbub.model.resting import RESTING_MS

USERS = [{"id": "U1", "name": "ann"}]
SAID = [{"type": "message", "ts": "1706702400.0001", "user": "U1", "text": "hello"}]


@pytest.fixture
def log(tmp_path):
    log = SqliteLog(tmp_path / "data.db", durable=False, pace=Pace(anew_seconds=0))
    yield log
    log.close()
    assert verify(tmp_path / "data.db").problems == []


def bring(log, path, **options):
    chosen = Options(zone=UTC, own=log.id, **options)
    files = SourceFiles(path)
    return Merger(log, chosen).keep(found_in(files, format_of(files), chosen))


def listed(log):
    """Channel -> topic, as a stranger gets them."""
    lines = Chat(log).irc("eve").asks("LIST")
    found = [text.split(" ", 5) for text in lines if " 322 " in text]
    return {name: topic.removeprefix(":") for _, _, _, name, _, topic in found}


def slack(folder, channels, **more):
    files = {"users.json": USERS, "channels.json": channels} | more
    for each in [*channels, *more.get("groups.json", ())]:
        files[f"{each['name']}/2024-01-31.json"] = SAID
    return in_folder(folder, {name: json.dumps(content) for name, content in files.items()})


def in_folder(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def mattermost(*channels):
    records = [{"type": "version", "version": 1}]
    records += [{"type": "channel", "channel": {"team": "t", "type": "O"} | c} for c in channels]
    records += [
        {"type": "post", "post": {"team": "t", "channel": c["name"], "user": "ann",
                                  "message": "hello", "create_at": 1}}
        for c in channels
    ]  # fmt: skip
    return "".join(f"{json.dumps(record)}\n" for record in records)


def test_slack(tmp_path, log):
    path = slack(tmp_path / "x", [
        {"id": "C1", "name": "tea",
         "topic": {"value": "All about <https://tea.example|tea>\n :tada:", "creator": "U1",
                   "last_set": 1706702400}},
        {"id": "C2", "name": "pot", "topic": {"value": ""}, "purpose": {"value": "for pots"}},
        {"id": "C3", "name": "cup"},
    ])  # fmt: skip
    bring(log, path)
    assert listed(log) == {
        "#tea": "All about https://tea.example 🎉", "#pot": "for pots", "#cup": "",
    }  # fmt: skip
    who = next(each for each in Chat(log).irc("bob").asks("JOIN #tea") if " 333 " in each)
    assert who.endswith(" 333 bob #tea ann 1706702400")


def test_mattermost(tmp_path, log):
    (tmp_path / "x.jsonl").write_text(mattermost(
        {"name": "tea", "header": "All about tea", "purpose": "x"},
        {"name": "pot", "purpose": "for pots"},
    ))  # fmt: skip
    bring(log, tmp_path / "x.jsonl")
    assert listed(log) == {"#tea": "All about tea", "#pot": "for pots"}


def test_discord(tmp_path, log):
    said = {"id": "1", "type": "Default", "timestamp": "2024-01-31T12:00:00+00:00",
            "content": "hello", "author": {"id": "7", "name": "ann"}}  # fmt: skip
    channel = {"id": "5", "type": "GuildTextChat", "name": "tea", "topic": "All about tea"}
    export = {"guild": {"id": "1", "name": "g"}, "channel": channel, "messages": [said]}
    (tmp_path / "x.json").write_text(json.dumps(export))
    bring(log, tmp_path / "x.json")
    assert listed(log) == {"#tea": "All about tea"}


@pytest.mark.parametrize(
    ("name", "text", "topic"),
    [
        ("#tea.log", "--- Log opened Wed Jan 31 10:00:00 2024\n10:00 -!- Topic for #tea: read\n"
         "10:00 <ann> hello\n{}", {
             "": "read",
             "10:01 -!- ann changed the topic of #tea to: set: now\n": "set: now",
             "10:01 -!- Topic unset by ann on #tea\n": "",
         }),
        ("irc.net.#tea.weechatlog", '2024-01-31 10:00:00\t--\tTopic for #tea is "read"\n'
         "2024-01-31 10:00:01\tann\thello\n{}", {
             "": "read",
             '2024-01-31 10:00:02\t--\tann (~a@h) has changed topic for #tea from "read" to "x"\n':
             "x",
             '2024-01-31 10:00:02\t--\tann has set topic for #tea to "y"\n': "y",
             '2024-01-31 10:00:02\t--\tann has unset topic for #tea (old topic: "read")\n': "",
         }),
        ("#tea_20240131.log", "[10:00:00] *** ann changes topic to 'one'\n"
         "[10:00:01] <ann> hello\n{}", {
             "": "one", "[10:00:02] *** ann changes topic to 'it's two'\n": "it's two",
         }),
    ],
)  # fmt: skip
def test_logs_of_irc_clients(tmp_path, name, text, topic):
    for number, (more, wanted) in enumerate(topic.items()):
        (tmp_path / name).write_text(text.format(more))
        log = SqliteLog(tmp_path / f"{number}.db", durable=False)
        bring(log, tmp_path / name)
        assert listed(log) == {"#tea": wanted}
        log.close()


def test_another_hubbub_also_of_a_channel_that_was_renamed(tmp_path, log):
    made = entries(
        said("ann", "#tea", "hello"), TopicChanged(1, source("ann"), "#tea", "All about tea"),
        ChannelRenamed(1, source("ann"), "#tea", "#coffee", ""), said("ann", "#coffee", "bye"),
        said("ann", "#shut", "psst"), TopicChanged(1, source("ann"), "#shut", "closed"),
        ChannelModeChanged(1, source("ann"), "#shut", (ModeChange("+", "i"),)),
    )  # fmt: skip
    text = head("0ther0", 1) + "".join(line(entry, "0ther0") for entry in made)
    text = text.replace('"conversation":"#tea"', '"conversation":"#coffee"')
    (tmp_path / "x.jsonl").write_text(text)
    bring(log, tmp_path / "x.jsonl", private=True)
    assert listed(log) == {"#coffee": "All about tea"}


def test_private_channels_show_to_nobody_who_is_not_in_them(tmp_path, log):
    groups = [{"id": "G1", "name": "secret", "topic": {"value": "quiet"}, "is_private": True}]
    path = slack(tmp_path / "x", [{"id": "C1", "name": "tea"}], **{"groups.json": groups})
    bring(log, path, private=True)
    assert listed(log) == {"#tea": ""}
    chat = Chat(log)
    eve = chat.irc("eve")
    for asked in ("LIST", "LIST #secret", "LIST *s*", "LIST <1"):
        assert not [text for text in eve.asks(asked) if "secret" in text or "quiet" in text]
    assert " 403 " in eve.asks("TOPIC #secret")[0]


def test_importing_again_lists_a_channel_once_and_leaves_its_topic(tmp_path, log):
    path = slack(tmp_path / "x", [{"id": "C1", "name": "tea", "topic": {"value": "old"}}])
    bring(log, path)
    chat = Chat(log)
    ann = chat.irc("ann", join="#tea")
    ann.sends("TOPIC #tea :new", "PART #tea")
    before = log.last_position
    bring(log, path)
    assert log.last_position == before
    assert listed(log) == {"#tea": "new"}


def test_a_channel_that_was_renamed_there_is_listed_under_its_new_name(tmp_path, log):
    channel = {"id": "C1", "name": "tea", "topic": {"value": "old"}}
    bring(log, slack(tmp_path / "x", [channel]))
    bring(log, slack(tmp_path / "y", [{"id": "C1", "name": "leaves", "topic": {"value": "new"}}]))
    assert listed(log) == {"#leaves": "new"}


def test_a_channel_of_this_server_that_is_closed_stays_so(tmp_path, log):
    chat = Chat(log)
    chat.irc("ann", join="#tea").sends("MODE #tea +s")
    path = slack(tmp_path / "x", [{"id": "C1", "name": "tea", "topic": {"value": "theirs"}}])
    bring(log, path)
    assert listed(log) == {"#tea-x": "theirs"}


def test_an_imported_channel_is_there_for_ever_and_nobody_locks_it(tmp_path, log):
    path = slack(tmp_path / "x", [{"id": "C1", "name": "tea", "topic": {"value": "Earl Grey"}}])
    bring(log, path)
    chat = Chat(log)
    ann = chat.irc("ann", join="#tea")
    assert "CHANNEL_HAS_A_PAST" in ann.asks("MODE #tea +i")[0]
    ann.sends("TOPIC #tea :", "MODE #tea +b bob!*@*", "PART #tea")
    bob = chat.irc("bob")
    assert any(" 353 bob = #tea @bob" in text for text in bob.asks("JOIN #tea"))
    bob.sends("PRIVMSG #tea :words of bob", "PART #tea")
    chat.now += 2 * RESTING_MS
    ann.sends("JOIN #a", "TOPIC #a :full", "PART #a")
    assert any(" 322 ann #tea 0 :" in text for text in ann.asks("LIST"))
    ann.sends("JOIN #tea")
    assert "CHANNEL_HAS_A_PAST" in ann.asks("MODE #tea +s")[0]
    chat.check()


@given(st.text())
def test_a_topic_is_one_line_that_fits(text):
    shown = one_line(text)
    assert len(shown.encode()) <= 390
    assert not set(shown) & set("\r\n\0\x01")
