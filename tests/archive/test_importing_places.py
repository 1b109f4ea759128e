"""An import never puts two conversations, or two people, together that are not the same."""

import contextlib
import json
import zipfile
from datetime import UTC

import pytest
from entries import edited, entries, redacted, said

from hubbub.archive.importing.formats import format_of, found_in
from hubbub.archive.importing.merging import Merger
from hubbub.archive.importing.sources import NotReadable, Options, SourceFiles
from hubbub.archive.verify import verify
from hubbub.cli import main
from hubbub.events.kinds import (
    ChannelModeChanged,
    ChannelRenamed,
    HistoryPutAside,
    Joined,
    ModeChange,
    Parted,
    UserConnected,
)
from hubbub.log.pace import Pace
from hubbub.log.ranges import Range
from hubbub.log.sqlite import SqliteLog
from hubbub.log.sqlite_reading import read_only


@pytest.fixture
def log(tmp_path):
    log = SqliteLog(tmp_path / "data.db", durable=False, pace=Pace(anew_seconds=0))
    yield log
    log.close()
    assert verify(tmp_path / "data.db").problems == []


def bring(log, *paths, **options):
    """Import, and return what it reports."""
    chosen = Options(zone=UTC, own=log.id, **options)
    sources = [SourceFiles(path) for path in paths]
    found = (each for files in sources for each in found_in(files, format_of(files), chosen))
    report = Merger(log, chosen).keep(found)
    return report, chosen


def there(log):
    """Conversation -> what was said in it, with the nicks."""
    found = {}
    with contextlib.closing(read_only(log.path)) as db:
        for name, nick, text in db.execute(
            "SELECT conversation, nick, text FROM said ORDER BY position"
        ):
            found.setdefault(name, []).append(f"{nick}: {text}")
    return found


def write(path, records):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


def log_of(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("--- Log opened Wed Jan 31 10:00:00 2024\n" + "".join(f"{x}\n" for x in lines))
    return path


# -- Mattermost -----------------------------------------------------------------------------------


def channel(team, name, type="O"):
    return {"type": "channel", "channel": {"team": team, "name": name, "type": type}}


def post(team, name, user, text, time=1):
    return {
        "type": "post",
        "post": {
            "team": team, "channel": name, "user": user, "message": text, "create_at": time,
        },
    }  # fmt: skip


TEAMS = [
    {"type": "version", "version": 1},
    channel("red", "tea"), channel("blue", "tea"),
    channel("blue", "dev", "P"), channel("red", "dev"),
    post("blue", "dev", "bob", "secret of blue"), post("red", "tea", "ann", "red"),
    post("blue", "tea", "bob", "blue"), post("red", "dev", "ann", "public of red"),
]  # fmt: skip
APART = {
    "#dev-blue": ["bob: secret of blue"], "#tea": ["ann: red"], "#tea-blue": ["bob: blue"],
    "#dev": ["ann: public of red"],
}  # fmt: skip


def test_channels_of_two_teams_stay_apart_also_when_imported_again(tmp_path, log):
    path = write(tmp_path / "x.jsonl", TEAMS)
    report, _ = bring(log, path, private=True)
    assert there(log) == APART
    assert report.apart == {"#dev-blue": "#dev", "#tea-blue": "#tea"}
    write(path, [*TEAMS[:5], post("blue", "tea", "bob", "more", 2), *TEAMS[5:]])
    report, _ = bring(log, path, private=True)
    assert (report.new, report.known) == (1, 4)
    assert there(log)["#tea-blue"] == ["bob: blue", "bob: more"]


def test_one_channel_of_an_export_comes_under_the_name_that_is_given(tmp_path, log):
    path = write(tmp_path / "x.jsonl", TEAMS)
    with pytest.raises(NotReadable, match="--channel chooses one"):
        bring(log, path, channel="tea", called="#leaves")
    bring(log, path, channel="blue/tea", called="leaves")
    assert there(log) == {"#leaves": ["bob: blue"]}


def test_people_whose_names_become_alike_stay_apart(tmp_path, log):
    names = ["ann.lee", "ann_lee", "a-very-long-user-name-that-goes-on-1",
             "a-very-long-user-name-that-goes-on-2"]  # fmt: skip
    posts = [post("red", "tea", name, str(n), n + 1) for n, name in enumerate(names)]
    posts.append(post("red", "tea", "bob", "hi @ann.lee. and @ann_lee, a@ann.lee", 9))
    path = write(tmp_path / "x.jsonl", [*TEAMS[:2], *posts])
    _, options = bring(log, path)
    assert there(log)["#tea"] == [
        "ann_lee: 0", "ann_lee_2: 1", "a-very-long-user-name-that-goes-: 2",
        "a-very-long-user-name-that-goe_2: 3", "bob: hi @ann_lee. and @ann_lee_2, a@ann.lee",
    ]  # fmt: skip
    assert options.nicks.apart["ann_lee_2"] == "ann_lee"
    # The other way round, in a later export: everybody keeps their nick.
    write(path, [*TEAMS[:2], post("red", "tea", "ann_lee", "again", 10), *posts[:1]])
    bring(log, path)
    assert there(log)["#tea"][-1] == "ann_lee_2: again"


def test_two_servers_whose_teams_have_the_same_names_stay_apart(tmp_path, log):
    one = write(tmp_path / "one.jsonl", [*TEAMS[:2], post("red", "tea", "ann", "of one", 1)])
    two = write(tmp_path / "two.jsonl", [
        *TEAMS[:2], post("red", "tea", "ann", "of two", 2), post("red", "tea", "bob", "@ann", 3),
    ])  # fmt: skip
    bring(log, one)
    report, options = bring(log, two)
    apart = {
        "#tea": ["ann: of one"], "#tea-red": ["ann_2: of two", "bob: @ann_2"],
    }  # fmt: skip
    assert there(log) == apart
    assert (report.apart, options.nicks.apart) == ({"#tea-red": "#tea"}, {"ann_2": "ann"})
    # Newer exports of both, in either order.
    write(two, [*TEAMS[:2], post("red", "tea", "eve", "new", 9), post("red", "tea", "bob", "x", 3)])
    write(one, [*TEAMS[:2], post("red", "tea", "ann", "of one", 1), post("red", "tea", "ann", "y")])
    for path, new in ((two, 1), (one, 1), (two, 0), (one, 0)):
        assert bring(log, path)[0].new == new
    assert there(log) == {
        "#tea": ["ann: of one", "ann: y"],
        "#tea-red": ["ann_2: of two", "bob: @ann_2", "eve: new"],
    }


# -- Slack ----------------------------------------------------------------------------------------


def slack(path, files):
    """An export with ann and bob."""
    users = [{"id": "U1", "name": "ann"}, {"id": "U2", "name": "bob"}]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in ({"users.json": users} | files).items():
            archive.writestr(name, json.dumps(content))
    return path


def slack_said(ts, text, **more):
    return {"type": "message", "user": "U1", "ts": f"{ts}.0", "text": text, **more}


def test_two_workspaces_one_after_the_other(tmp_path, log):
    for id, name, ann in (("C1", "Acme", "U1"), ("C2", "Globex", "U9")):
        bring(log, slack(tmp_path / f"{name} Slack export Jan 1 2024 - Jan 31 2024.zip", {
            "users.json": [{"id": ann, "name": "ann"}],
            "channels.json": [{"id": id, "name": "tea"}],
            "tea/2024-01-31.json": [slack_said(1, name, user=ann)],
        }))  # fmt: skip
    assert there(log) == {"#tea": ["ann: Acme"], "#tea-globex": ["ann_2: Globex"]}


@pytest.mark.parametrize("group_folder", ["tea", "G1"])
def test_a_private_group_never_goes_into_the_public_channel_of_its_name(
    tmp_path, log, group_folder
):
    files = {
        "channels.json": [{"id": "C1", "name": "tea"}],
        "groups.json": [{"id": "G1", "name": "tea"}],
        f"{group_folder}/2024-01-31.json": [slack_said(1, "private")],
        "C1/2024-01-31.json": [slack_said(2, "public")],
    }
    if group_folder == "G1":
        files["tea/2024-01-31.json"] = files.pop("C1/2024-01-31.json")
    path = slack(tmp_path / "Acme.zip", files)
    bring(log, path)
    assert there(log) == {"#tea": ["ann: public"]}
    bring(log, path, private=True)
    assert there(log) == {"#tea-acme": ["ann: private"], "#tea": ["ann: public"]}


def test_display_names_that_others_have(tmp_path, log):
    def user(id, name, shown):
        return {"id": id, "name": name, "profile": {"display_name": shown}}

    bring(log, slack(tmp_path / "x.zip", {
        "users.json": [user("U1", "max.m", "max"), user("U2", "bob", "Max"),
                       user("U3", "carl", "bob")],
        "channels.json": [{"id": "C1", "name": "tea"}],
        "tea/2024-01-31.json": [slack_said(n, str(n), user=f"U{n}") for n in (1, 2, 3)]
        + [slack_said(4, "4", user="", bot_id="B1", username="bob", subtype="bot_message")],
    }))  # fmt: skip
    assert there(log)["#tea"] == ["max_m: 1", "bob: 2", "carl: 3", "bob_2: 4"]


# -- Discord --------------------------------------------------------------------------------------


def test_channels_of_two_servers(tmp_path, log):
    for n, guild in enumerate(("Pots", "Cups"), 1):
        (tmp_path / guild).mkdir()
        (tmp_path / guild / "general.json").write_text(json.dumps({
            "guild": {"id": str(n), "name": guild},
            "channel": {"id": str(50 + n), "type": "GuildTextChat", "name": "general"},
            "messages": [{"id": str(n), "type": "Default",
                          "timestamp": "2024-01-01T10:00:00+00:00", "content": guild,
                          "author": {"id": "7", "name": "ann"}}],
        }))  # fmt: skip
    bring(log, tmp_path / "Pots")
    bring(log, tmp_path / "Cups")
    assert there(log) == {"#general": ["ann: Pots"], "#general-cups": ["ann: Cups"]}
    report, _ = bring(log, tmp_path)
    assert report.known == 2


# -- logs of IRC ----------------------------------------------------------------------------------


def test_logs_of_two_networks(tmp_path, log):
    for network, text in (("libera", "of one"), ("oftc", "of the other")):
        log_of(tmp_path / f"irssi/{network}/#tea.log", f"10:00 < ann> {text}", "10:00 < bob> hi")
        file = tmp_path / f"weechat/irc.{network}.#cups.weechatlog"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"2024-01-31 10:00:00\tann\t{text}\n")
        file = tmp_path / f"znc/moddata/log/{network}/#pots/2024-01-31.log"
        file.parent.mkdir(parents=True)
        file.write_text(f"[10:00:00] <ann> {text}\n")
    expected = {}
    for kind, name in (("irssi", "#tea"), ("weechat", "#cups"), ("znc", "#pots")):
        bring(log, tmp_path / kind)
        more = ["bob: hi"] if kind == "irssi" else []
        expected |= {name: ["ann: of one", *more], f"{name}-oftc": ["ann: of the other", *more]}
    assert there(log) == expected
    for kind in ("irssi", "weechat", "znc"):
        assert bring(log, tmp_path / kind)[0].new == 0


def test_a_log_from_another_folder_is_the_same_if_its_lines_are(tmp_path, log):
    lines = [f"10:{n:02} < ann> {n}" for n in range(9)]
    bring(log, log_of(tmp_path / "old/#tea.log", *lines[:5]))
    report, _ = bring(log, log_of(tmp_path / "new/#tea.log", *lines[3:]))
    assert (report.new, report.known) == (4, 2)
    assert len(there(log)["#tea"]) == 9
    report, _ = bring(log, log_of(tmp_path / "other/#tea.log", "11:00 < ann> so"), called="#tea")
    assert list(there(log)) == ["#tea"]


def test_the_other_person_of_a_private_log_is_of_that_network(tmp_path, log):
    for network in ("libera", "oftc"):
        log_of(tmp_path / f"{network}/bob.log", f"10:00 < bob> on {network}", "10:00 < ann> hi")
    bring(log, tmp_path, private=True, me="ann")
    assert there(log) == {
        "ann bob": ["bob: on libera", "ann: hi"],
        "ann bob_oftc": ["bob_oftc: on oftc", "ann: hi"],
    }


# -- channels of this server ----------------------------------------------------------------------


def closed_channel(log, *modes):
    user = UserConnected(1, 1, "ann", "ann", "host", "Ann", "127.0.0.1:1")
    changes = tuple(ModeChange("+", letter) for letter in modes)
    log.append(entries(
        user, Joined(1, "ann!ann@host", "#tea", "o"),
        ChannelModeChanged(1, "ann!ann@host", "#tea", changes), said("ann", "#tea", "here"),
    ))  # fmt: skip


@pytest.mark.parametrize("modes", ["", "m", "i", "k", "s"])
def test_a_channel_that_is_here_already(tmp_path, log, modes):
    closed_channel(log, *modes)
    bring(log, write(tmp_path / "x.jsonl", [*TEAMS[:2], post("red", "tea", "bob", "imported")]))
    closed = modes in ("i", "k", "s")
    expected = ["bob: imported", "ann: here"]
    assert there(log) == (
        {"#tea-red": expected[:1], "#tea": expected[1:]} if closed else {"#tea": expected}
    )


@pytest.mark.parametrize("modes", ["", "i"])
def test_a_private_channel_goes_into_none_that_is_here(tmp_path, log, modes):
    closed_channel(log, *modes)
    records = [TEAMS[0], channel("red", "tea", "P"), post("red", "tea", "bob", "private")]
    bring(log, write(tmp_path / "x.jsonl", records), private=True)
    assert there(log) == {"#tea-red": ["bob: private"], "#tea": ["ann: here"]}


# -- another Hubbub -------------------------------------------------------------------------------


def exported(data, target, *options):
    assert main(["export", str(target), "--force", "--data-dir", str(data), *options]) == 0
    return target


def server(path, *events):
    path.mkdir(exist_ok=True)
    log = SqliteLog(path / "chat.db", durable=False, pace=Pace(anew_seconds=0))
    first = log.last_position + 1
    later = first > 1
    found = entries(*events, first=first, step=0 if later else 1000)
    log.append([entry._replace(time=entry.time + later * 60_000) for entry in found])
    log.close()


ANN = UserConnected(1, 1, "ann", "ann", "host", "Ann", "127.0.0.1:1")
JOINED = Joined(1, "ann!ann@host", "#sec", "o")


@pytest.mark.parametrize("head", [True, False])
@pytest.mark.parametrize("after", ["closed", "ended", "made anew", "open"])
def test_words_of_a_closed_channel_need_to_be_asked_for(tmp_path, log, capsys, head, after):
    changed = ChannelModeChanged(1, "ann!ann@host", "#sec", (ModeChange("+", "i"),))
    events = [ANN, JOINED, changed, said("ann", "#sec", "confidential")]
    if after == "open":
        events.append(changed._replace(changes=(ModeChange("-", "i"),)))
    if after == "ended":
        events.append(Parted(1, "ann!ann@host", "#sec", ""))
    if after == "made anew":
        events += [Parted(1, "ann!ann@host", "#sec", ""), HistoryPutAside("#sec"), JOINED]
        events += [said("ann", "#sec", "for all")]
    server(tmp_path / "one", *events)
    path = exported(tmp_path / "one", tmp_path / "e.jsonl")
    if not head:  # as exports before told it
        first, *lines = path.read_text().splitlines()
        facts = json.loads(first)
        path.write_text("\n".join([json.dumps(
            {name: facts[name] for name in ("hubbub", "version", "log", "made")},
            separators=(",", ":"),
        ), *lines, ""]))  # fmt: skip
    _, options = bring(log, path)
    public = {"open": ["confidential"], "made anew": ["for all"]}.get(after, [])
    assert there(log) == ({"#sec": [f"ann: {text}" for text in public]} if public else {})
    left = "messages of channels that were not open to everybody (--private takes them too)"
    assert options.skipped[left] == (after != "open")
    bring(log, path, private=True)
    everything = [text for texts in there(log).values() for text in texts]
    assert everything.count("ann: confidential") == 1
    if after == "made anew":
        assert there(log)["#sec"] == ["ann: for all"]


RENAMED = ChannelRenamed(1, "ann!ann@host", "#old", "#new", "")


@pytest.mark.parametrize("used", [False, True])
def test_a_channel_that_was_renamed_between_two_exports_is_one(tmp_path, log, used):
    one = tmp_path / "one"
    server(one, ANN, JOINED._replace(channel="#old"), *(said("ann", "#old", str(n)) for n in "123"))
    bring(log, exported(one, tmp_path / "e.jsonl"))
    if used:
        here = ANN, JOINED._replace(channel="#old"), said("ann", "#old", "here")
        log.append(entries(*here, first=log.last_position + 1))
    changes = redacted("ann", "#new", 4), edited("ann", "#new", 5, "3, edited")
    server(one, RENAMED, said("ann", "#new", "4"), *changes, said("ann", "#old", "in another #old"))
    for times in range(2):
        report, _ = bring(log, exported(one, tmp_path / "e.jsonl"))
        assert (report.new, report.deleted) == ((2, 1) if times == 0 else (0, 0))
        all = ["ann: 1", "ann: 3, edited", "ann: 4"]
        other = ["ann: in another #old"]
        assert there(log) == (
            {"#old": [*all, "ann: here"], f"#old-{log_id(one)}": other}
            if used
            else {"#new": all, "#old": other}
        )


def log_id(data):
    log = SqliteLog(data / "chat.db", durable=False)
    log.close()
    return log.id


def test_what_was_deleted_there_does_not_come_with_an_older_export_either(tmp_path, log):
    one = tmp_path / "one"
    answer = said("ann", "#old", "answer")
    server(one, ANN, said("ann", "#old", "gone"))
    older = exported(one, tmp_path / "older.jsonl")
    tag = (("+draft/reply", f"{2 + (1 << 39):010x}-{log_id(one)}"),)
    server(one, redacted("ann", "#old", 2), answer._replace(tags=tag),
           answer._replace(text="another", tags=tag))  # fmt: skip
    bring(log, exported(one, tmp_path / "newer.jsonl"))
    bring(log, older)
    assert there(log) == {"#old": ["ann: answer", "ann: another"]}
    tags = {entry.event.tags for entry in log.history("#old", Range())}
    assert len(tags) == 1  # they still belong together
    assert dict(tags.pop())["+draft/reply"].endswith(log.id)
