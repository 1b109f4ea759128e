"""Exports: all events as JSON Lines, pages for people, and importing them again."""

import contextlib
import json
import sqlite3
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from entries import START, edited, entries, reacted, redacted, said, unreacted
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.archive.exporting.html import file_name, marked_up
from hubbub.archive.exporting.jsonl import line
from hubbub.cli import main
from hubbub.events.coding import decode
from hubbub.events.kinds import (
    AccountDeleted,
    AccountRegistered,
    ChannelRenamed,
    Entry,
    Joined,
    LoggedIn,
    PasswordChanged,
    SecretMade,
    TopicChanged,
    UserConnected,
)
from hubbub.events.msgid import msgid, position_of
from hubbub.log.ranges import Range
from hubbub.log.sqlite import SqliteLog


@pytest.fixture
def data(tmp_path):
    """A data directory with a little in it."""
    place = tmp_path / "data"
    place.mkdir()
    fill(
        place,
        SecretMade("geheim"),
        AccountRegistered("Ann", "$argon2$hash", "scram-verifier", "ann@example.org", "codehash"),
        UserConnected(3, 1, "ann", "~ann", "h", "Ann", "127.0.0.1:1"),
        LoggedIn(3, "ann!~ann@h", "Ann"),
        Joined(3, "ann!~ann@h", "#tea", "o", "Ann"),
        TopicChanged(3, "ann!~ann@h", "#tea", "All about tea"),
        said("ann", "#tea", "first")._replace(account="Ann"),
        said("bob", "#tea", "second", tags=(("+draft/reply", "800000000700-x"),)),
        said("bob", "#pot", "elsewhere"),
        said("bob", "ann", "between us"),
        edited("ann", "#tea", 7, "first, edited"),
        reacted("bob", "#tea", 7, "👍"),
        said("eve", "#tea", "oops"),
        redacted("eve", "#tea", 13, "wrong window"),
    )
    return place


def fill(place, *events):
    log = SqliteLog(place / "chat.db", durable=False)
    log.append(entries(*events, first=log.last_position + 1))
    log.close()


@pytest.fixture(autouse=True)
def no_settings(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def export(data, target, *words):
    return main(["export", str(target), "--data-dir", str(data), *words])


def records(path):
    head, *lines = [json.loads(each) for each in Path(path).read_text("utf-8").splitlines()]
    return head, lines


def read_back(record):
    """An entry from its line."""
    when = datetime.fromisoformat(record["time"])
    time = round(when.timestamp() * 1000)
    position = position_of(record["msgid"], record["msgid"].partition("-")[2])
    return Entry(position, time, decode(record["kind"], json.dumps(record["event"])))


# -- JSON Lines -----------------------------------------------------------------------------------


def test_every_event_is_there_with_all_that_it_says(data, capsys):
    assert export(data, "all.jsonl", "--private") == 0
    head, lines = records("all.jsonl")
    assert (head["hubbub"], head["version"]) == ("export", 1)
    log = SqliteLog(data / "chat.db", durable=False)
    kept = [entry for entry in log.read() if not isinstance(entry.event, SecretMade)]
    log.close()
    exported = [read_back(record) for record in lines]
    bare = AccountRegistered("Ann", None, None, "ann@example.org")
    assert exported == [
        each._replace(event=bare) if isinstance(each.event, AccountRegistered) else each
        for each in kept
    ]
    assert capsys.readouterr().out == "all.jsonl: 4 messages and 8 other events\n"
    assert Path("all.jsonl").stat().st_mode & 0o777 == 0o600


TEXTS = st.text(max_size=30)
EVENTS = st.one_of(
    st.builds(lambda text: said("ann", "#tea", text), TEXTS),
    st.builds(lambda text: said("ann", "bob", text), TEXTS),
    st.builds(lambda at, text: edited("ann", "#tea", at, text), st.integers(1, 20), TEXTS),
    st.builds(lambda at, text: redacted("ann", "#tea", at, text), st.integers(1, 20), TEXTS),
    st.builds(lambda at, text: reacted("ann", "#tea", at, text), st.integers(1, 20), TEXTS),
    st.builds(lambda text: TopicChanged(1, "a!b@c", "#tea", text), TEXTS),
)


@settings(max_examples=40)
@given(st.lists(EVENTS, max_size=20))
def test_a_line_says_all_of_an_entry(events):
    for entry in entries(*events):
        assert read_back(json.loads(line(entry, "x"))) == entry
        assert line(entry, "x").count("\n") == 1


def test_what_would_let_others_in_is_not_exported(data):
    fill(data, PasswordChanged("Ann", "$argon2$other", "verifier-2"))
    export(data, "all.jsonl", "--private")
    export(data, "ann.jsonl", "--account", "ann")
    for name in ("all.jsonl", "ann.jsonl"):
        text = Path(name).read_text()
        assert "AccountRegistered" in text
        for secret in ("argon2", "verifier", "codehash", "geheim"):
            assert secret not in text


def test_the_next_account_of_a_name_takes_nothing_of_the_one_before(data):
    fill(
        data,
        AccountDeleted("Ann", "chief", True),
        AccountRegistered("Ann", None),
        said("ann", "#tea", "somebody else")._replace(account="Ann"),
    )
    export(data, "ann.jsonl", "--account", "ann")
    export(data, "ann.html", "--account", "ann")
    for name in ("ann.jsonl", "ann.html"):
        text = Path(name).read_text("utf-8")
        assert "somebody else" in text
        for before in ("first", "between us", "All about tea"):
            assert before not in text


def test_private_conversations_only_when_asked_for(data, capsys):
    export(data, "all.jsonl")
    assert "between us" not in Path("all.jsonl").read_text()
    assert "Left out: 1 private conversation (" in capsys.readouterr().err


def test_a_channel_alone_under_all_its_names(data):
    fill(
        data, ChannelRenamed(3, "ann!a@h", "#tea", "#infusion", ""), said("ann", "#infusion", "new")
    )
    export(data, "tea.jsonl", "--channel", "#INFUSION")
    _, lines = records("tea.jsonl")
    assert [record["kind"] for record in lines] == [
        "Joined", "TopicChanged", "MessageSent", "MessageSent", "MessageEdited", "Reacted",
        "MessageRedacted", "ChannelRenamed", "MessageSent",
    ]  # fmt: skip
    assert [r["event"]["text"] for r in lines if r["kind"] == "MessageSent"] == [
        "first, edited", "second", "new",
    ]  # fmt: skip
    assert lines[5]["of"] == lines[2]["msgid"]


def test_a_span_of_time(data):
    moments = [
        datetime.fromtimestamp((START + each * 1000) / 1000, UTC).isoformat() for each in (7, 9)
    ]
    export(data, "some.jsonl", "--since", moments[0], "--until", moments[1])
    _, lines = records("some.jsonl")
    assert [record["event"]["text"] for record in lines] == ["first, edited", "second"]


def test_an_account_has_what_is_kept_of_it_and_what_it_said(data, capsys):
    assert export(data, "ann.jsonl", "--account", "ANN") == 0
    head, lines = records("ann.jsonl")
    assert head["account"]["account"] == "Ann"
    assert head["account"]["email"] == "ann@example.org"
    assert "metadata" in head["account"]
    said = [r["event"]["text"] for r in lines if r["kind"] == "MessageSent"]
    assert said == ["first, edited", "between us"]
    assert {"LoggedIn", "Joined", "AccountRegistered"} <= {record["kind"] for record in lines}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("x.jsonl", "--channel", "#nowhere"), "nothing is kept of #nowhere"),
        (("x.jsonl", "--account", "nobody"), "nothing is kept of an account nobody"),
        (("x.jsonl", "--since", "yesterday"), "write it as 2026-11-22"),
        (("x.txt",), "is it jsonl or html?"),
        (("there.jsonl",), "is there already"),
        (("full",), "is not empty"),
        (("-", "--format", "html"), "not to -"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(data, capsys, words, complaint):
    Path("there.jsonl").write_text("mine")
    Path("full").mkdir()
    Path("full/mine").write_text("mine")
    assert export(data, *words) != 0
    said = capsys.readouterr().err
    assert complaint in said
    assert said.count("\n") == 1
    assert Path("there.jsonl").read_text() == "mine"
    assert not list(Path().glob("*.part"))


def test_force_replaces_and_a_dash_is_stdout(data, capsys):
    Path("there.jsonl").write_text("mine")
    assert export(data, "there.jsonl", "--force") == 0
    capsys.readouterr()
    assert export(data, "-") == 0
    out = capsys.readouterr().out.splitlines()
    assert out[1:] == Path("there.jsonl").read_text().splitlines()[1:]


def test_without_a_log_there_is_nothing_to_export(tmp_path, capsys):
    assert export(tmp_path / "empty", "x.jsonl") == 1
    assert "there is no" in capsys.readouterr().err


def test_an_export_while_the_server_writes(data):
    log = SqliteLog(data / "chat.db", durable=False)
    log.append(entries(said("ann", "#tea", "while open"), first=1_000_000))
    assert export(data, "all.jsonl") == 0
    log.append(entries(said("ann", "#tea", "later"), first=1_000_001))
    log.close()
    assert "while open" in Path("all.jsonl").read_text()


# -- pages ----------------------------------------------------------------------------------------


class Page(HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.tags, self.texts, self.links, self.ids = [], [], [], []
        self.open = []
        self.feed(Path(path).read_text("utf-8"))
        self.close()

    def handle_starttag(self, tag, attributes):
        held = dict(attributes)
        self.tags.append(tag)
        if tag not in ("meta",):
            self.open.append(tag)
        if "href" in held:
            self.links.append(held["href"])
        if "id" in held:
            self.ids.append(held["id"])
        assert not [name for name in held if name.startswith("on") or name in ("src", "style")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return "".join(self.texts)


def test_one_page_to_read(data):
    assert export(data, "tea.html", "--channel", "#tea", "--timezone", "UTC") == 0
    page = Page("tea.html")
    assert page.open == []
    assert "22:13 ann: first, edited (edited 22:13)" in page.text
    assert "👍 1" in page.text
    assert "ann set the topic of #tea: All about tea" in page.text
    assert "eve took a message back (wrong window)" in page.text
    assert "oops" not in page.text
    assert "elsewhere" not in page.text
    assert "2023-11-14" in page.text
    assert not [link for link in page.links if not link.startswith("#")]


def test_days_that_came_from_elsewhere_are_called_so(data, tmp_path):
    Path("#maths.log").write_text(
        "--- Log opened Mon Sep 01 08:00:12 2025\n08:01 < pia> good morning\n"
    )
    assert main(["import", "#maths.log", "--timezone", "UTC", "--data-dir", str(data)]) == 0
    assert export(data, "maths.html", "--channel", "#maths", "--timezone", "UTC") == 0
    assert "2025-09-01, imported" in Page("maths.html").texts
    assert export(data, "pages", "--channel", "#maths", "--timezone", "UTC") == 0
    days = Page("pages/_23_maths/index.html")
    assert "2025-09-01, imported" in days.texts
    assert "2025-09-01-imported.html" in days.links


@settings(max_examples=30)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_no_text_gets_out_of_its_place(tmp_path_factory, texts):
    place = tmp_path_factory.mktemp("data")
    nasty = ["<script>alert(1)</script>", "</bdi><img src=x onerror=y>", '" onclick="x', "&amp;"]
    nasty = [n + text for n, text in zip(nasty * 2, texts, strict=False)] + texts
    fill(place, *(said(f"<b>{n}", f"#<i>'\"{n}", text) for n, text in enumerate(nasty)))
    target = place / "all.html"
    assert main(["export", str(target), "--data-dir", str(place)]) == 0
    page = Page(target)
    assert page.open == []
    assert not {"script", "img", "b", "i"} & set(page.tags)


def test_links_can_be_followed_and_nothing_else():
    assert marked_up("see https://example.org/a?b=1&c=2, or <this>") == (
        'see <a href="https://example.org/a?b=1&amp;c=2" rel="noreferrer">'
        "https://example.org/a?b=1&amp;c=2</a>, or &lt;this&gt;"
    )
    assert "href" not in marked_up("javascript:alert(1) \x02bold\x02 \x0304red")
    assert marked_up("\x02bold\x02 \x0304,01red\x03") == "bold red"


def test_right_to_left_stands_in_its_own_direction(data):
    fill(data, said("سارة", "#tea", "مرحبا"))
    export(data, "tea.html", "--channel", "#tea")
    assert '<bdi class="text" dir="auto">مرحبا</bdi>' in Path("tea.html").read_text("utf-8")


def test_a_page_a_day_with_an_index(data):
    log = SqliteLog(data / "chat.db", durable=False)
    first = log.last_position + 1
    day = 86_400_000
    answer = said("bob", "#tea", "yes", tags=(("+draft/reply", msgid(7, log.id)),))
    log.append([Entry(first, START + day, answer)])
    log.append([Entry(first + 1, START + 2 * day, said("bob", "#tea", "next"))])
    log.close()
    assert export(data, "pages", "--timezone", "Asia/Tokyo") == 0
    names = sorted(each.relative_to("pages").as_posix() for each in Path("pages").rglob("*.html"))
    assert names == [
        "_23_pot/2023-11-15.html", "_23_pot/index.html", "_23_tea/2023-11-15.html",
        "_23_tea/2023-11-16.html", "_23_tea/2023-11-17.html", "_23_tea/index.html", "index.html",
    ]  # fmt: skip
    for path in Path("pages").rglob("*.html"):
        for link in Page(path).links:
            there, _, place = link.partition("#")
            found = (path.parent / there) if there else path
            assert found.exists(), link
            assert not place or place in Page(found).ids
    answered = Page("pages/_23_tea/2023-11-16.html")
    assert "ann: first, edited" in answered.text
    assert f"2023-11-15.html#{msgid(7, log.id)}" in answered.links


def test_names_of_files_are_safe_and_never_the_same():
    names = ["#tea", "#Tea", "#tea/../x", "#x" * 200, "#x" * 200 + "y", "a b", "a_20_b", "#日本"]
    files = [file_name(name) for name in names]
    assert len(set(files)) == len(names)
    assert all(len(name) < 200 and "/" not in name and "." not in name for name in files)


# -- the way back in ------------------------------------------------------------------------------


def test_an_export_can_be_imported_elsewhere_and_again(data, tmp_path, capsys):
    log = SqliteLog(data / "chat.db", durable=False)
    answer = said("bob", "#tea", "yes\nindeed", tags=(("+draft/reply", msgid(7, log.id)),))
    action = said("bob", "#tea", "\x01ACTION pours\x01")
    log.append(entries(answer, action, reacted("eve", "#tea", 7, "x"), first=100))
    log.append(entries(unreacted("eve", "#tea", 7, "x"), first=110))
    log.close()
    export(data, "all.jsonl", "--private")
    other = tmp_path / "other"
    for _ in range(2):
        assert main(["import", "all.jsonl", "--private", "--data-dir", str(other)]) == 0
    assert "0 messages and 0 reactions imported" in capsys.readouterr().out
    log = SqliteLog(other / "chat.db", durable=False)
    found = log.history("#tea", Range())
    assert [entry.event.text for entry in found] == [
        "first, edited", "second", "yes\nindeed", "\x01ACTION pours\x01",
    ]  # fmt: skip
    assert [entry.time for entry in found][:2] == [START + 7000, START + 8000]
    assert found[0].event.edited == START + 11000
    assert dict(found[2].event.tags)["+draft/reply"] == msgid(found[0].position, log.id)
    standing = log.reactions(entry.position for entry in found)
    assert [each.event.reaction for each in standing] == ["👍"]
    assert [each.event.text for each in log.history("ann bob", Range())] == ["between us"]
    log.close()


def test_an_export_of_this_very_server_brings_nothing_twice(data, capsys):
    export(data, "all.jsonl")
    assert main(["import", "all.jsonl", "--data-dir", str(data)]) == 0
    out = capsys.readouterr().out
    assert "0 messages and 0 reactions imported into 0 conversations; 3 were there already" in out


def test_times_of_pages_are_of_the_zone_that_was_asked_for(data):
    assert str(ZoneInfo("Asia/Tokyo")) == "Asia/Tokyo"
    export(data, "tea.html", "--channel", "#tea", "--timezone", "Asia/Tokyo")
    page = Page("tea.html")
    assert "2023-11-15" in page.text
    assert "07:13 ann:" in page.text
    assert "Times are those of Asia/Tokyo." in page.text


def test_many_who_come_and_go_are_folded_together(data):
    fill(data, *(Joined(9, f"n{n}!n@h", "#tea", "") for n in range(5)))
    export(data, "tea.html", "--channel", "#tea")
    page = Page("tea.html")
    assert "5 times somebody came, went or changed name" in page.text
    assert "n4 joined #tea" in page.text
    assert page.tags.count("details") == 1


def test_an_export_without_what_is_damaged_says_so(data, capsys):
    with contextlib.closing(sqlite3.connect(data / "chat.db")) as db:
        db.execute("UPDATE message SET text = 'forged' WHERE position = 7")
        db.commit()
    for name in ("all.jsonl", "all.html"):
        assert export(data, name) == 1
        assert "Not in it: 1 damaged messages." in capsys.readouterr().err
