"""chat.log: one line per event, and no text of deleted messages."""

import re
import time
from contextlib import suppress
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from entries import START, edited, entries, redacted, said
from hypothesis import given, settings
from hypothesis import strategies as st
from running_server import RunningServer, eventually

from hubbub.events.kinds import Entry, MessageRedacted, UserConnected, UserQuit
from hubbub.log import chatlog
from hubbub.log.base import Erased, Kept
from hubbub.log.chat_file import ChatFile
from hubbub.log.chat_lines import blank_of
from hubbub.log.chatlog import ChatLog
from hubbub.log.memory import MemoryLog
from hubbub.log.sqlite import SqliteLog
from hubbub.protocol.escape import escape


class Record:
    """A log, and the record beside it."""

    def __init__(self, folder, log=None, size=1_000_000, text=True):
        self.path = folder / "chat.log"
        self.put_away = folder / "chat.log.1"
        self.state = folder / "chat.log.state"
        self.log = log or MemoryLog()
        self.kind = {"size": size, "backups": 3, "text": text}
        self.starts()

    def starts(self):
        self.chat_log = ChatLog(self.path, self.log, **self.kind)
        self.chat_log.hear(Kept())

    def keeps(self, *events, step=1000):
        self.keeps_entries(entries(*events, first=self.log.last_position + 1, step=step))

    def keeps_entries(self, some):
        self.log.append(some)
        self.chat_log.hear(Kept(some, (), self.log.erased))

    def misses(self, *events):
        """The log has them; the record hears of none."""
        self.log.append(entries(*events, first=self.log.last_position + 1))

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
def test_no_room_is_said_once_and_tried_again(tmp_path, caplog):
    (tmp_path / "chat.log").symlink_to("/dev/full")
    record = Record(tmp_path)
    for _ in range(3):
        record.keeps(said("ann", "#tea", "hello"))
        assert record.chat_log.hear(Kept()) > 0
    assert [line.getMessage().partition(" (")[0] for line in caplog.records] == [
        "chat.log cannot be written"
    ]
    record.chat_log.close()


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


ACTION = "\x01ACTION waves\x01"


def test_an_action_reads_as_people_see_it(record):
    record.keeps(said("ann", "#tea", ACTION), edited("ann", "#tea", 1, "\x01ACTION bows\x01"))
    record.keeps(said("ann", "#tea", "\x01PING 1\x01"))
    assert record.lines() == [
        "Client ann to #tea: -----------",
        "Client ann edited a message to #tea: * ann bows",
        "Client ann to #tea: \\x01PING 1\\x01",
    ]


FORGED = "2030-01-01 00:00:00 - Client admin to #tea: yes"


def test_the_lines_of_a_message_are_lines_and_none_is_a_record(record):
    record.keeps(said("ann", "#tea", f"one\n{FORGED}\n\n  | \x1b[2J\r"), said("bob", "#tea", "oh"))
    assert record.path.read_text("utf-8").splitlines()[1:4] == [
        f"  | {FORGED}",
        "  | ",
        "  |   | \\x1b[2J\\x0d",
    ]
    assert record.lines()[0] == "Client ann to #tea: one"
    assert record.lines()[4] == "Client bob to #tea: oh"


def test_a_message_of_several_lines_is_taken_back_with_all_of_them(record):
    record.keeps(said("ann", "#tea", "one\ntwo, secret\nthree"), said("ann", "#tea", "one"))
    before = record.path.stat().st_size
    record.keeps(redacted("ann", "#tea", 1), redacted("ann", "#tea", 2))
    text = record.path.read_text("utf-8")
    assert not any(word in text for word in ("one", "secret", "three"))
    assert len("".join(text.splitlines(keepends=True)[:2])) == before


def test_of_two_in_a_second_the_right_one_is_taken_back(record):
    """The text of one is the first line of the other."""
    record.keeps(said("ann", "#tea", "one\ntwo"), said("ann", "#tea", "one"), step=0)
    record.keeps(redacted("ann", "#tea", 2), step=0)
    assert record.path.read_text("utf-8").splitlines()[1] == "  | two"
    assert record.lines()[2] == "Client ann to #tea: ---"


@pytest.mark.parametrize("text", [ACTION, "one\ntwo"])
def test_what_an_older_version_wrote_is_taken_back(record, text):
    record.keeps(said("ann", "#tea", text))
    date = record.path.read_text("utf-8")[:19]
    record.path.write_text(f"{date} - Client ann to #tea: {escape(text)}\n")
    record.keeps(redacted("ann", "#tea", 1))
    assert record.lines()[0] == "Client ann to #tea: " + str(blank_of(len(escape(text))), "ascii")


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
    lost = [Erased(START, "#tea", "said before there was a record")]
    lost += [Erased(START + day * 86_400_000, "#tea", "words") for day in (-9, 9)]
    record.keeps(said("ann", "#tea", "words"))
    before = record.path.read_bytes()
    record.log.append(entries(redacted("ann", "#tea", 99), first=2))
    record.chat_log.hear(Kept(list(record.log.read(1)), (), lost))
    assert record.path.read_bytes().startswith(before)


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
        eventually(lambda: "marked-word" not in (tmp_path / "chat.log").read_text("utf-8"))
    files = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert [name for name, content in files.items() if b"marked-word" in content] == []
    assert b"to #tea: what stays\n" in files["chat.log"]
    assert b"Client ann took back a message to #tea (a mistake)\n" in files["chat.log"]


# -- what it missed --------------------------------------------------------------------------------


def hello(number):
    return said("ann", "#tea", f"hello {number}")


def test_what_a_crash_left_out_is_written_at_the_next_start(record):
    record.keeps(hello(1))
    record.misses(hello(2), hello(3))
    record.starts()
    record.keeps(hello(4))
    assert record.lines() == [f"Client ann to #tea: hello {number}" for number in range(1, 5)]


def test_what_was_written_and_not_noted_is_written_once(record):
    record.keeps(hello(1))
    noted = record.state.read_bytes()
    record.keeps(hello(2), hello(3))
    record.state.write_bytes(noted)  # killed right before
    with record.path.open("a") as file:
        file.write("2023-11-14 22:13:20 - Client ann to #tea: hel")  # or in between
    record.starts()
    assert record.lines() == [f"Client ann to #tea: hello {number}" for number in range(1, 4)]


def test_killed_right_after_the_file_was_put_away(tmp_path):
    record = Record(tmp_path, size=4096)
    while not record.put_away.exists():
        record.keeps(hello(record.log.last_position + 1))
    last = record.log.last_position
    noted = record.state.read_bytes()
    while record.log.last_position < last + 80:
        record.keeps(hello(record.log.last_position + 1))
        if len(list(tmp_path.glob("chat.log.?"))) == 1:
            noted = record.state.read_bytes()
    # As it was before it was put away for the second time, but for the file that is put away.
    record.path.unlink()
    record.state.write_bytes(noted)
    record.starts()
    files = [tmp_path / "chat.log.2", tmp_path / "chat.log.1", record.path]
    lines = [line for path in files for line in record.lines(path)]
    assert lines == [f"Client ann to #tea: hello {number}" for number in range(1, last + 81)]
    record.chat_log.close()


def test_a_record_of_an_older_version_is_not_written_again(record):
    record.keeps(hello(1))
    record.chat_log.close()
    record.state.unlink()
    record.starts()
    record.keeps(hello(2))
    assert record.lines() == ["Client ann to #tea: hello 1", "Client ann to #tea: hello 2"]


@pytest.mark.parametrize("damage", [b"", b"not at all", b"[1]", b'{"log": 1}'])
def test_when_nobody_knows_what_it_holds_it_goes_on_from_now(record, damage):
    record.keeps(hello(1))
    record.state.write_bytes(damage)
    record.starts()
    record.keeps(hello(2))
    assert record.lines() == ["Client ann to #tea: hello 1", "Client ann to #tea: hello 2"]


def test_deleted_by_the_operator_it_begins_with_what_it_did_not_have(record):
    record.keeps(hello(1))
    record.chat_log.close()
    record.path.unlink()
    record.misses(hello(2))
    record.starts()
    assert record.lines() == ["Client ann to #tea: hello 2"]


def test_another_file_in_its_place_is_not_cut(record):
    record.keeps(hello(1))
    record.chat_log.close()
    other = record.path.with_name("other")
    other.write_text("2023-11-14 22:13:20 - somebody keeps something else here" * 20 + "\n")
    other.replace(record.path)
    record.misses(hello(2))
    record.starts()
    assert record.lines()[1:] == ["Client ann to #tea: hello 2"]


def test_the_state_of_another_log_says_nothing(tmp_path):
    record = Record(tmp_path, MemoryLog("one"))
    record.keeps(*map(hello, range(5)))
    record.chat_log.close()
    record.log = MemoryLog("two")
    record.log.append(entries(hello(5), hello(6)))
    record.starts()
    record.keeps(hello(7))
    assert [line[-1] for line in record.lines()] == ["0", "1", "2", "3", "4", "7"]
    record.chat_log.close()


def test_after_a_restored_backup_it_goes_on_where_the_log_ends(tmp_path):
    record = Record(tmp_path)
    record.keeps(*map(hello, range(5)))
    record.chat_log.close()
    record.log = MemoryLog()
    record.log.append(entries(hello(0)))
    record.starts()
    record.keeps(hello(5))
    assert [line[-1] for line in record.lines()] == ["0", "1", "2", "3", "4", "5"]
    record.chat_log.close()


def test_what_the_queue_had_no_room_for_is_read_in_the_log(record):
    record.keeps(hello(1))
    record.misses(hello(2), hello(3))
    last = entries(hello(4), first=4)
    record.log.append(last)
    record.chat_log.hear(Kept(last, [(last[0].time, "a remark")], missed=2))
    assert record.lines() == [
        *(f"Client ann to #tea: hello {number}" for number in range(1, 5)),
        "a remark",
    ]
    # What comes late, and was read before, is not written again.
    record.chat_log.hear(Kept(last))
    assert len(record.lines()) == 5


def test_what_could_not_be_written_comes_when_it_can_be(record, monkeypatch, caplog):
    monkeypatch.setattr(chatlog, "RETRY_SECONDS", 0.0)
    record.keeps(hello(1))
    with monkeypatch.context() as patched:
        patched.setattr(ChatFile, "append", fails)
        record.keeps(hello(2))
        record.keeps(hello(3))
    assert len(record.lines()) == 1
    assert record.chat_log.hear(Kept()) is None
    assert record.lines() == [f"Client ann to #tea: hello {number}" for number in range(1, 4)]
    assert [each.levelname for each in caplog.records] == ["ERROR", "WARNING"]


def test_a_line_that_is_written_later_says_the_same(record, monkeypatch):
    monkeypatch.setattr(chatlog, "RETRY_SECONDS", 0.0)
    record.keeps(UserConnected(7, 1, "ann", "~ann", "host", "Ann", "127.0.0.1:4000"))
    with monkeypatch.context() as patched:
        patched.setattr(ChatFile, "append", fails)
        record.keeps(UserQuit(7, "ann!~ann@host", "bye"))
    record.chat_log.hear(Kept())
    assert record.lines()[1:] == ["Client ann disconnected from 127.0.0.1:4000 (bye)"]


def fails(*_):
    raise OSError("the disk is gone")


def test_words_that_were_taken_back_before_a_kill_are_blanked_at_the_next_start(record):
    """The log has them no more, so nobody can say which they were."""
    record.keeps(said("ann", "#tea", "before"), said("bob", "#tea", "the first secret"))
    record.keeps(said("ann", "#tea", "between"), said("bob", "#pot", "to be edited"))
    record.keeps(edited("bob", "#pot", 4, "the second secret"), said("ann", "#tea", "behind"))
    record.misses(redacted("bob", "#tea", 2), edited("bob", "#pot", 4, "what stands"))
    record.starts()
    assert record.lines() == [
        "Client ann to #tea: before",
        "Client bob to #tea: [no longer here]",
        "Client ann to #tea: between",
        "Client bob to #pot: ------------",
        "Client bob edited a message to #pot: [no longer here]-",
        "Client ann to #tea: behind",
        "Client bob took back a message to #tea",
        "Client bob edited a message to #pot: what stands",
    ]


NAMES, CHANNELS = ("ann", "bob", "ann_"), ("#tea", "#te")
#: A text of several lines is several lines in chat.log, which another test looks at.
TEXTS = st.text(st.characters(exclude_characters="\n"), min_size=1, max_size=12).map("<{}>".format)
ACTS = st.one_of(
    st.tuples(st.just("say"), st.sampled_from(NAMES), st.sampled_from(CHANNELS), TEXTS),
    st.tuples(st.just("edit"), st.integers(1, 12), TEXTS),
    st.tuples(st.just("take back"), st.integers(1, 12)),
)


#: What becomes of a batch: it is heard; the queue has no room for it; the server is killed before
#: it is noted, or before what it erases is blanked.
FATES = st.sampled_from(["heard", "heard", "left out", "killed", "killed before blanking"])


class Killed(BaseException):
    pass


class Trial(Record):
    """A record whose server is killed now and then."""

    missed = 0

    def lives_through(self, fate, some):
        noted = self.state.read_bytes()
        self.log.append(some)
        kept = Kept(some, (), self.log.erased, self.missed)
        if fate == "left out":
            self.missed += 1
            return
        self.missed = 0
        if fate == "killed before blanking":
            with pytest.MonkeyPatch.context() as patched, suppress(Killed):
                patched.setattr(ChatFile, "blank", dies)
                self.chat_log.hear(kept)
        else:
            self.chat_log.hear(kept)
        if fate != "heard":
            self.state.write_bytes(noted)
            self.starts()


def dies(*_):
    raise Killed


@settings(max_examples=150, deadline=None)
@given(
    st.lists(ACTS, max_size=25),
    st.integers(1, 6),
    st.sampled_from([1, 400, 1000]),
    st.lists(FATES, min_size=25, max_size=25),
)
def test_the_record_has_the_words_that_stand_once_in_order_and_no_others(
    tmp_path_factory, acts, size, step, fates
):
    record = Trial(tmp_path_factory.mktemp("record"))
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
    batches = pairwise([*range(0, len(events), size), len(events)])
    for fate, (first, behind) in zip(fates, batches, strict=False):
        record.lives_through(fate, entries(*events[first:behind], first=first + 1, step=step))
    record.starts()
    record.chat_log.close()
    lines = record.lines()
    taken_back = sum("took back a message" in line for line in lines)
    assert taken_back == sum(isinstance(event, MessageRedacted) for event in events)
    if set(fates[: len(events)]) == {"heard"}:
        assert len(lines) == len(events)
    left = [re.sub(r".*?: ", "", line, count=1) for line in lines if ": " in line]
    words = [word[:2] for word in left if re.match(r"\d\d<", word)]
    assert words == sorted(text[:2] for _, text in stands.values())


def test_a_power_cut_takes_what_was_not_synced_and_it_is_written_again(record):
    record.keeps(hello(1))
    record.chat_log.close()  # synced
    record.starts()
    record.keeps(*map(hello, range(2, 10)))
    content = record.path.read_bytes()
    record.path.write_bytes(content[: len(content) // 2])
    record.starts()
    assert record.lines() == [f"Client ann to #tea: hello {number}" for number in range(1, 10)]
