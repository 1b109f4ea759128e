"""chat.log: a line for each event, and nothing in it that was taken back."""

import re
import time
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from entries import START, edited, entries, redacted, said
from hypothesis import given, settings
from hypothesis import strategies as st
from running_server import RunningServer

from hubbub.events.kinds import Entry
from hubbub.log.base import Erased
from hubbub.log.chatlog import ChatLog
from hubbub.log.memory import MemoryLog
from hubbub.log.sqlite import SqliteLog


class Record:
    """A log, and the record beside it."""

    def __init__(self, folder, log=None, size=1_000_000, text=True):
        self.path = folder / "chat.log"
        self.log = log or MemoryLog()
        self.chat_log = ChatLog(self.path, size=size, backups=3, text=text)

    def keeps(self, *events, step=1000):
        self.keeps_entries(entries(*events, first=self.log.last_position + 1, step=step))

    def keeps_entries(self, some):
        self.log.append(some)
        self.chat_log.write(some, [], 0)
        self.chat_log.blank(self.log.erased)

    def lines(self, path=None):
        return [line[22:] for line in (path or self.path).read_text("utf-8").splitlines()]


@pytest.fixture(params=["memory", "sqlite"])
def record(request, tmp_path):
    log = MemoryLog() if request.param == "memory" else SqliteLog(tmp_path / "chat.db")
    made = Record(tmp_path, log)
    yield made
    made.chat_log.close()
    if request.param == "sqlite":
        log.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_no_room_is_an_error_for_who_writes_and_no_traceback(tmp_path, capsys):
    (tmp_path / "chat.log").symlink_to("/dev/full")
    record = Record(tmp_path)
    for _ in range(3):
        with pytest.raises(OSError, match="No space left"):
            record.keeps(said("ann", "#tea", "hello"))
    record.chat_log.close()
    assert capsys.readouterr().err == ""


def test_what_is_taken_back_stands_there_no_more(record):
    record.keeps(said("ann", "#tea", "the password is 12345"), said("bob", "#tea", "oh"))
    before = record.path.read_bytes()
    record.keeps(redacted("bob", "#tea", 1, "not for all"))
    after = record.path.read_bytes()
    assert record.lines() == [
        "Client ann to #tea: [no longer here]-----",
        "Client bob to #tea: oh",
        "Client bob took back a message to #tea (not for all)",
    ]
    # Who follows the file (tail -f) is where it was.
    assert [len(line) for line in after.splitlines()[:2]] == [len(x) for x in before.splitlines()]


def test_a_short_word_leaves_no_letter(record):
    record.keeps(said("ann", "#tea", "no"), redacted("ann", "#tea", 1))
    assert record.lines()[0] == "Client ann to #tea: --"


def test_an_edit_is_a_line_of_its_own_and_the_words_before_go(record):
    record.keeps(said("ann", "#tea", "helo wrld, it is me"), edited("ann", "#tea", 1, "hello"))
    assert record.lines() == [
        "Client ann to #tea: [no longer here]---",
        "Client ann edited a message to #tea: hello",
    ]
    record.keeps(edited("ann", "#tea", 1, "good morning, everybody"))
    record.keeps(redacted("ann", "#tea", 1))
    assert record.lines()[1:] == [
        "Client ann edited a message to #tea: -----",
        "Client ann edited a message to #tea: [no longer here]-------",
        "Client ann took back a message to #tea",
    ]


def test_what_was_put_away_is_reached_too(tmp_path):
    record = Record(tmp_path, size=4096)
    for number in range(1, 181):
        record.keeps(said("ann", "#tea", f"words number {number} of many"))
    put_away = tmp_path / "chat.log.2"
    assert "words number 20 of many" in put_away.read_text("utf-8")
    record.keeps(redacted("ann", "#tea", 20))
    assert "words number 20 of many" not in put_away.read_text("utf-8")
    assert "words number 21 of many" in put_away.read_text("utf-8")
    record.chat_log.close()


def test_a_forged_line_is_not_taken_for_it(record):
    words = "let us meet at nine"
    date = datetime.fromtimestamp((START + 2000) // 1000).strftime("%Y-%m-%d %H:%M:%S")
    record.keeps(said("mallory", "#tea", f"{date} - Client ann to #tea: {words}"))
    record.keeps(said("ann", "#tea", words), redacted("ann", "#tea", 2))
    assert record.lines()[0].endswith(words)
    assert record.lines()[1] == "Client ann to #tea: [no longer here]---"


def test_of_private_messages_and_without_texts_there_is_nothing_to_take_back(tmp_path):
    record = Record(tmp_path, text=False)
    record.keeps(said("ann", "#tea", "words"), said("ann", "bob", "secret"))
    record.keeps(edited("ann", "#tea", 1, "others"), redacted("ann", "#tea", 1))
    record.log.append(entries(redacted("ann", "#tea", 2), first=5))
    assert record.log.erased == []
    assert record.lines() == [
        "Client ann to #tea",
        "Client ann to bob (private)",
        "Client ann edited a message to #tea",
        "Client ann took back a message to #tea",
    ]
    record.chat_log.close()


def test_a_record_that_does_not_have_it_stays_as_it_is(record):
    record.chat_log.blank([Erased(START, "#tea", "said before there was a record")])
    record.keeps(said("ann", "#tea", "words"))
    before = record.path.read_bytes()
    record.chat_log.blank([Erased(START + day * 86_400_000, "#tea", "words") for day in (-9, 9)])
    assert record.path.read_bytes() == before


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone of a process cannot be set")
def test_in_the_hour_that_comes_twice(tmp_path, monkeypatch):
    """02:30 is said, the clock goes back, 02:10 is said: the file begins later than that."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    first = 1_761_438_600_000  # 2025-10-26 02:30 in summer
    record = Record(tmp_path)
    record.keeps_entries([Entry(1, first, said("ann", "#tea", "in summer"))])
    record.keeps_entries([Entry(2, first + 40 * 60_000, said("ann", "#tea", "in winter"))])
    record.keeps_entries([Entry(3, first + 50 * 60_000, redacted("ann", "#tea", 2))])
    assert [line[11:16] for line in record.path.read_text().splitlines()] == [
        "02:30",
        "02:10",
        "02:20",
    ]
    assert "in winter" not in record.path.read_text()
    record.chat_log.close()
    monkeypatch.undo()
    time.tzset()


def test_no_file_of_a_server_has_what_was_taken_back(tmp_path):
    with RunningServer(tmp_path) as server:
        ann = server.irc("ann", "#tea", caps="echo-message message-tags")
        bob = server.irc("bob", "#tea", caps="message-tags draft/message-redaction")
        ann.sends("PRIVMSG #tea :the marked-word-one", "PRIVMSG #tea :what stays")
        msgid = re.search(r"msgid=([^; ]+)", ann.until("marked-word-one")[-1])[1]
        ann.sends(f"EDIT #tea {msgid} :the marked-word-two")
        bob.until("marked-word-two")
        ann.sends(f"REDACT #tea {msgid} :a mistake")
        bob.until("REDACT #tea")
        # Before anybody is told that it is gone, it is.
        assert "marked-word" not in (tmp_path / "chat.log").read_text("utf-8")
    files = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert [name for name, content in files.items() if b"marked-word" in content] == []
    assert b"to #tea: what stays\n" in files["chat.log"]
    assert b"Client ann took back a message to #tea (a mistake)\n" in files["chat.log"]


NAMES, CHANNELS = ("ann", "bob", "ann_"), ("#tea", "#te")
TEXTS = st.text(min_size=1, max_size=12).map(lambda text: f"<{text}>")
ACTS = st.one_of(
    st.tuples(st.just("say"), st.sampled_from(NAMES), st.sampled_from(CHANNELS), TEXTS),
    st.tuples(st.just("edit"), st.integers(1, 12), TEXTS),
    st.tuples(st.just("take back"), st.integers(1, 12)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ACTS, max_size=25), st.integers(1, 6), st.sampled_from([1, 400, 1000]))
def test_the_record_has_the_words_that_stand_and_no_others(tmp_path_factory, acts, size, step):
    record = Record(tmp_path_factory.mktemp("record"))
    stands: dict[int, tuple[str, str]] = {}
    events = []
    for position, (kind, *rest) in enumerate(acts, 1):
        number = f"{position:02}"  # so that no text is another's, nor a part of it
        if kind == "say":
            nick, target, text = rest
            text = f"{number}{text}{number}"
            stands[position] = (target, text)
            events.append(said(nick, target, text))
        elif kind == "edit" and rest[0] in stands:
            target, text = stands[rest[0]][0], f"{number}{rest[1]}{number}"
            stands[rest[0]] = (target, text)
            events.append(edited("ann", target, rest[0], text))
        elif kind == "take back" and rest[0] in stands:
            events.append(redacted("bob", stands.pop(rest[0])[0], rest[0]))
        else:
            events.append(redacted("bob", "#tea", 99))
    for first, behind in pairwise([*range(0, len(events), size), len(events)]):
        record.keeps_entries(entries(*events[first:behind], first=first + 1, step=step))
    record.chat_log.close()
    lines = record.lines() if events else []
    assert len(lines) == len(events)
    left = [re.sub(r".*?: ", "", line, count=1) for line in lines if ": " in line]
    words = sorted(word for word in left if re.match(r"\d\d<", word))
    assert [word[:2] for word in words] == sorted(text[:2] for _, text in stands.values())
