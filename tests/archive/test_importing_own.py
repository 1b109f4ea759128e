"""A backup that was restored is filled from a newer export of its server."""

import json
import shutil

import pytest
from entries import edited, entries, reacted, redacted, said, unreacted

from hubbub.archive.backup import restore
from hubbub.archive.verify import verify
from hubbub.cli import main
from hubbub.events.kinds import (
    AccountDeleted,
    AccountRegistered,
    ChannelRenamed,
    Joined,
    ReadMarkerMoved,
    UserConnected,
)
from hubbub.events.msgid import msgid
from hubbub.log.pace import Pace
from hubbub.log.ranges import Range
from hubbub.log.search import parse
from hubbub.log.sqlite import SqliteLog
from hubbub.model.replay import replay

NOW = 1_800_000_000_000


@pytest.fixture
def data(tmp_path):
    yield tmp_path / "data"
    assert verify(tmp_path / "data/chat.db").problems == []


def opened(data):
    data.mkdir(exist_ok=True)
    return SqliteLog(data / "chat.db", durable=False, pace=Pace(anew_seconds=0))


def server(data, *events, index=True, later=0):
    """A run of the server, in which this happens (`later` ms); returns the positions."""
    log = opened(data)
    first = log.last_position + 1
    # Each run is later than the one before, as positions are.
    found = [
        each._replace(time=NOW + later + first + number)
        for number, each in enumerate(entries(*events, first=first, step=0))
    ]
    log.append(found)
    if index:
        log.index.catch_up()
    log.close()
    return [entry.position for entry in found]


def bring(data, path, *options):
    return main(["import", str(path), "--data-dir", str(data), *options])


def history(data, name="#tea"):
    log = opened(data)
    found = [
        (each.position, each.event.text)
        for each in log.history(name, Range(limit=1000))
        if hasattr(each.event, "text")
    ]
    log.close()
    return found


def lost(data, tmp_path, *events):
    """Events after the backup, which are in the export alone."""
    backup = tmp_path / "backup.db"
    assert main(["backup", str(backup), "--data-dir", str(data)]) == 0
    positions = server(data, *events)
    path = tmp_path / "e.jsonl"
    assert main(["export", str(path), "--private", "--data-dir", str(data)]) == 0
    restore(backup, data / "chat.db")
    return positions, path


def test_what_the_backup_lacks_comes_back_where_it_was(data, tmp_path, capsys):
    old = server(data, said("ann", "#tea", "old 1"), said("ann", "#tea", "old 2"))
    reply = said("bob", "#tea", "lost 1", tags=(("+draft/reply", "x"),))
    new, path = lost(
        data, tmp_path, reply, said("ann", "#cups", "lost 2"),
        edited("ann", "#tea", old[0], "new 1"), redacted("ann", "#tea", old[1]),
        reacted("bob", "#tea", old[0], "+"),
    )  # fmt: skip
    here = server(data, said("ann", "#tea", "after"))
    for times in range(2):
        assert bring(data, path) == 0
        out = capsys.readouterr().out
        assert ("2 messages and 1 reactions" if times == 0 else "0 messages and 0 rea") in out
        assert history(data) == [(old[0], "new 1"), (new[0], "lost 1"), (here[0], "after")]
        assert history(data, "#cups") == [(new[1], "lost 2")]
    log = opened(data)
    kept = log.history("#tea", Range(limit=9, newest=True))
    found = next(each for each in kept if each.position == new[0])
    assert found.event.tags == reply.tags
    assert found.time == NOW + new[0]
    assert [each.event.reaction for each in log.reactions([old[0]])] == ["+"]
    assert [x.position for x in log.search(parse("lost"), ["#tea"])] == [new[0]]
    assert not log.search(parse("old"), ["#tea"])
    replay(log)
    assert msgid(found.position, log.id) < msgid(here[0], log.id)
    log.close()


def test_what_was_deleted_here_since_stays_away(data, tmp_path):
    server(data, said("ann", "#tea", "old"))
    (lost_position,), path = lost(data, tmp_path, said("ann", "#tea", "lost"))
    assert bring(data, path) == 0
    server(data, redacted("ann", "#tea", lost_position))
    assert bring(data, path) == 0
    assert [text for _, text in history(data)] == ["old"]


def test_a_position_that_another_message_has_now(data, tmp_path):
    server(data, said("ann", "#tea", "old"))
    (position,), path = lost(data, tmp_path, said("ann", "#tea", "lost"))
    log = opened(data)
    log.append([entries(said("eve", "#tea", "other"), first=position)[0]._replace(time=NOW + 9)])
    log.close()
    for _ in range(2):
        assert bring(data, path) == 0
        assert sorted(text for _, text in history(data)) == ["lost", "old", "other"]


def test_a_channel_that_was_renamed_after_the_backup(data, tmp_path):
    server(
        data, UserConnected(1, 1, "ann", "ann", "host", "Ann", "127.0.0.1:1"),
        Joined(1, "ann!ann@host", "#tea", "o"), said("ann", "#tea", "old"),
    )  # fmt: skip
    renamed = ChannelRenamed(1, "ann!ann@host", "#tea", "#leaves", "")
    _, path = lost(data, tmp_path, renamed, said("ann", "#leaves", "lost"))
    assert bring(data, path) == 0
    assert [text for _, text in history(data)] == ["old", "lost"]


def test_a_channel_that_was_closed_after_the_backup_needs_private(data, tmp_path, capsys):
    server(data, said("ann", "#tea", "old"))
    _, path = lost(data, tmp_path, said("ann", "#sec", "secret"))
    lines = path.read_text().splitlines()
    head = json.loads(lines[0]) | {"closed": ["#sec"]}
    path.write_text("\n".join([json.dumps(head, separators=(",", ":")), *lines[1:], ""]))
    assert bring(data, path) == 0
    assert "that were not open to everybody" in capsys.readouterr().out
    assert not history(data, "#sec")
    assert bring(data, path, "--private") == 0
    assert [text for _, text in history(data, "#sec")] == ["secret"]


def test_private_messages_of_accounts_that_are_not_here_stay_out(data, tmp_path, capsys):
    server(data, said("ann", "#tea", "old"))
    guest = said("ann", "bob", "by a guest")._replace(conversation="ann!-7 bob!-8")
    _, path = lost(data, tmp_path, said("ann", "bob", "psst"), guest)
    assert bring(data, path, "--private") == 0
    assert "1 private messages of accounts that are not here" in capsys.readouterr().out
    assert [text for _, text in history(data, "ann!-7 bob!-8")] == ["by a guest"]
    assert not history(data, "ann bob")


def test_a_copy_of_the_directory_may_be_filled_too(data, tmp_path):
    server(data, said("ann", "#tea", "old"))
    shutil.copytree(data, tmp_path / "copy")
    server(data, said("ann", "#tea", "lost"))
    path = tmp_path / "e.jsonl"
    assert main(["export", str(path), "--data-dir", str(data)]) == 0
    assert bring(tmp_path / "copy", path) == 0
    assert history(tmp_path / "copy") == history(data)


def reactions(data, *messages):
    log = opened(data)
    found = [(each.event.source.partition("!")[0], each.event.reaction)
             for each in log.reactions(messages)]  # fmt: skip
    log.close()
    return found


def test_reactions_that_were_taken_back_after_the_backup_go(data, tmp_path, capsys):
    (old,) = server(data, said("ann", "#tea", "cake?"))
    server(data, *(reacted(nick, "#tea", old, "+") for nick in ("bob", "cat", "dan")))
    new, path = lost(
        data, tmp_path, unreacted("bob", "#tea", old, "+"), unreacted("cat", "#tea", old, "+"),
        unreacted("dan", "#tea", old, "+"), reacted("dan", "#tea", old, "+"),
        said("ann", "#tea", "lost"),
    )  # fmt: skip
    # Given again since the backup was restored.
    again = unreacted("cat", "#tea", old, "+"), reacted("cat", "#tea", old, "+")
    server(data, *again, later=1_000_000)
    for times in range(2):
        assert bring(data, path) == 0
        assert ("1 of them changed since" in capsys.readouterr().out) == (times == 0)
        assert sorted(reactions(data, old, new[-1])) == [("cat", "+"), ("dan", "+")]


def test_another_server_takes_them_back_as_well(data, tmp_path):
    (old,) = server(tmp_path / "there", said("ann", "#tea", "cake?"))
    server(tmp_path / "there", reacted("bob", "#tea", old, "+"), reacted("cat", "#tea", old, "+"))
    for number, left in enumerate((["bob", "cat"], ["cat"])):
        path = tmp_path / f"{number}.jsonl"
        assert main(["export", str(path), "--data-dir", str(tmp_path / "there")]) == 0
        assert bring(data, path) == 0
        (position, _), *_ = history(data)
        assert [nick for nick, _ in reactions(data, position)] == left
        server(tmp_path / "there", unreacted("bob", "#tea", old, "+"))


def test_read_markers_come_back_unless_somebody_has_read_further(data, tmp_path):
    server(
        data, AccountRegistered("Ann", None), AccountRegistered("Gone", None),
        said("ann", "#tea", "old"), said("ann", "#pot", "old"), said("ann", "#cup", "old"),
        ReadMarkerMoved("ann", "#tea", "#Tea", NOW + 3),
    )  # fmt: skip
    _, path = lost(
        data, tmp_path, ReadMarkerMoved("ann", "#tea", "#Tea", NOW + 10),
        ReadMarkerMoved("ann", "#pot", "#pot", NOW + 20),
        ReadMarkerMoved("ann", "#cup", "#cup", NOW + 30),
        ReadMarkerMoved("gone", "#cup", "#cup", NOW + 30),
        ReadMarkerMoved("ann", "#nowhere", "#nowhere", NOW + 40),
        AccountRegistered("Late", None), ReadMarkerMoved("late", "#tea", "#tea", NOW + 41),
    )  # fmt: skip
    server(data, ReadMarkerMoved("ann", "#pot", "#pot", NOW + 25), AccountDeleted("Gone", "chief"))
    for _ in range(2):
        assert bring(data, path, "--private") == 0
        log = opened(data)
        assert replay(log).markers == {
            "ann": {"#tea": NOW + 10, "#pot": NOW + 25, "#cup": NOW + 30}
        }
        end = log.last_position
        log.close()
    assert bring(data, path, "--private") == 0
    log = opened(data)
    kept = [each for each in log.read() if isinstance(each.event, ReadMarkerMoved)]
    log.close()
    assert len(kept) == 3
    assert kept[-1].position < end


def test_the_marker_of_a_channel_that_was_renamed_since_comes_back(data, tmp_path):
    user = UserConnected(1, 1, "ann", "ann", "host", "Ann", "127.0.0.1:1")
    server(data, user, AccountRegistered("Ann", None), Joined(1, "ann!ann@host", "#tea", "o"),
           said("ann", "#tea", "old"))  # fmt: skip
    _, path = lost(
        data, tmp_path, ReadMarkerMoved("ann", "#tea", "#tea", NOW + 10),
        ChannelRenamed(1, "ann!ann@host", "#tea", "#leaves", ""), said("ann", "#leaves", "new"),
    )  # fmt: skip
    assert bring(data, path, "--private") == 0
    log = opened(data)
    name = replay(log).markers["ann"]
    log.close()
    assert name == {"#tea": NOW + 10}
    assert [text for _, text in history(data)] == ["old", "new"]
