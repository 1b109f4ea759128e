"""The parts of the grader, each alone."""

import os
import random
import select
import socket
import struct
import sys
import time

import pytest
from test_imports import REPOSITORY, all_imports

from hubbub.teaching import kernel, lessons, program, usage
from hubbub.teaching.grader import CHECKS, fairness, judging
from hubbub.teaching.grader.check import GROUPS, Check, of_lesson, with_needs
from hubbub.teaching.grader.clients import Client, Loop
from hubbub.teaching.grader.stage import Failed, NotJudged, Setting, about
from hubbub.teaching.grader.story import Story
from hubbub.teaching.shown import shown

linux = pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel of Linux")


def test_the_31_checks_are_worth_100_points():
    assert len(CHECKS) == 31
    assert sum(each.points for each in CHECKS.values()) == 100
    points = [sum(each.points for each in CHECKS.values() if each.group == g) for g in GROUPS]
    assert points == [8, 22, 8, 14, 10, 14, 14, 4, 6]


def test_checks_need_only_what_comes_before_them():
    seen = set()
    for each in CHECKS.values():
        assert set(each.needs) <= seen
        seen.add(each.id)


def test_without_a_lesson_of_that_number_its_group_and_those_before_it_are_meant(monkeypatch):
    monkeypatch.setattr(lessons, "find", lambda number: None)
    assert [each.id for each in of_lesson(0)] == ["start.listens", "start.scan", "start.reset"]
    assert {each.group for each in of_lesson(2)} == {"start", "line"}
    assert of_lesson(9) == of_lesson(None) == list(CHECKS.values())


def test_a_lesson_names_its_checks_and_gets_what_they_need():
    ids = [each.id for each in of_lesson(1)]
    assert ids == ["start.listens", "line.plain", "line.end"]
    assert [each.id for each in with_needs(["line.split"])] == [
        "start.listens", "line.plain", "line.split",
    ]  # fmt: skip


def test_no_part_of_the_server_is_imported():
    tools = tuple(f"hubbub.teaching.{name}" for name in ("grader", "kernel", "program", "usage"))
    ours = [each for each in all_imports() if each.importer.startswith(tools)]
    outside = {each.imported for each in ours if not each.imported.startswith("hubbub.teaching")}
    assert outside == {"hubbub.errors", "hubbub.invocation"}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"hello\n", "hello<LF>"),
        (b"\x1b[2J\x00\r", "<ESC>[2J<NUL><CR>"),
        (b"x \xff\xfe y", "x <ff><fe> y"),
        (b"caf\xc3\xa9", "caf\u00e9"),
        (b"x" * 4000, "x" * 60 + " ... " + "x" * 60 + " (4,000 bytes)"),
    ],
)  # fmt: skip
def test_bytes_are_shown_with_what_is_invisible(data, text):
    assert shown(data) == text


@pytest.fixture
def pair():
    """A client of the grader, and the program's end of its connection."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        sock = socket.create_connection(door.getsockname())
        far, _ = door.accept()
        client = Client("maple", sock, has_notices=True)
        with far:
            yield client, far
        client.close()


@linux
def test_the_kernel_tells_what_a_program_has_not_read(pair):
    client, far = pair
    assert kernel.available()
    client.to_send = b"x" * 777
    client.write_some()
    assert client.far_end().unread == 777
    assert not client.has_been_read()
    far.recv(700)
    assert client.far_end() == kernel.End(kernel.ESTABLISHED, 77, 0, 777)
    far.recv(77)
    assert client.has_been_read()


@linux
def test_the_kernel_tells_of_sockets_of_both_families():
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as door:
        port = door.getsockname()[1]
        assert kernel.is_listening(port)
        for host in program.HOSTS:
            with socket.create_connection((host, port)) as near:
                near.sendall(b"abc")
                assert kernel.end((host, port), near.getsockname()[:2]).unread == 3
    assert not kernel.is_listening(port)


def test_what_arrives_becomes_lines_and_notices(pair):
    client, far = pair
    loop = Loop(100)
    loop.clients.append(client)
    far.sendall(b"* here:\r\noak: hi\n* oak went\noak")
    loop.until(lambda: client.unfinished)
    assert (list(client.said), client.notices) == ([b"oak: hi"], [b"* here:", b"* oak went"])
    far.sendall(b": half\n")
    far.close()
    loop.until(lambda: client.ended)
    assert list(client.said) == [b"oak: hi", b"oak: half"]
    assert (client.ended, client.unfinished) == ("closed", b"")


def test_the_end_by_rst_is_an_end(pair):
    client, far = pair
    loop = Loop(100)
    loop.clients.append(client)
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    far.close()
    assert loop.until(lambda: client.ended)
    assert client.ended == "reset"


def test_a_connection_that_the_program_broke_at_once_has_ended():
    with socket.create_server(("127.0.0.1", 0)) as door:
        sock = socket.create_connection(door.getsockname())
        far, _ = door.accept()
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        far.close()
    select.select([sock], [], [], 100)
    client = Client("maple", sock, has_notices=True)
    assert client.ended == "reset"
    assert client.far_end() is None
    client.close()


def test_what_had_arrived_counts_when_the_clock_runs_out(pair):
    client, far = pair
    loop = Loop(0)
    loop.clients.append(client)
    far.sendall(b"a line\n")
    select.select([client.socket], [], [], 100)
    assert loop.until(lambda: client.said)


def test_who_does_not_read_is_not_read_for(pair):
    client, far = pair
    loop = Loop(100)
    loop.clients.append(client)
    client.reads = False
    far.sendall(b"hello\n")
    loop.pause(0)
    assert not client.said


@linux
def test_the_gate_opens_when_the_program_has_read(pair):
    client, far = pair
    loop = Loop(0.05)
    loop.clients.append(client)
    client.to_send = b"hel"
    assert not loop.gate(client)
    assert far.recv(10) == b"hel"
    assert loop.gate(client)


def test_a_notice_is_about_a_name_as_a_word():
    notices = [b"* here: oak", b"* Oak went", b"* oakley went", b"* goodbye, oak!"]
    assert about("oak", notices) == [b"* Oak went", b"* goodbye, oak!"]


def test_a_long_story_is_quoted_without_its_middle():
    story = Story()
    for number in range(20):
        story.tell("maple" if number else "oak", str(number))
    quoted = story.quoted()
    assert [what for _, what in quoted] == [
        "0", "1", "2", "... (8 lines)", *map(str, range(11, 20)),
    ]  # fmt: skip
    assert [who for who, _ in quoted][:5] == ["oak", "maple", "", "", "maple"]


# -- programs --------------------------------------------------------------------------------------


def python(code, *words):
    return [sys.executable, "-c", code, *words]


def test_a_free_port_is_one_that_nobody_has_and_other_graders_leave_alone():
    with program.free_port() as first, program.free_port() as second:
        assert first != second
        assert {first, second} <= set(program.PORTS)


def test_what_a_program_printed_last_is_kept_and_a_full_pipe_does_not_stop_it():
    code = (
        "for n in range(50_000): print('line', n)\nprint('the end of', __import__('sys').argv[1])"
    )
    running = program.Program(python(code, "{port}"), 4711)
    assert running.has_ended_within(100)
    assert running.exit_code == 0
    assert len(running.output) == 40
    assert running.output[-1] == "the end of 4711"
    running.kill()


def test_a_program_that_ends_before_it_listens_is_found_out():
    with program.free_port() as port:
        running = program.Program(python("raise SystemExit(3)"), port)
        with pytest.raises(ConnectionError):
            running.wait_until_listening()
        assert running.exit_code == 3
        running.kill()


def test_a_command_that_is_not_there_is_said():
    with pytest.raises(program.NotStarted, match="no-such-thing: No such file"):
        program.Program(["no-such-thing"], 1)


BUSY = "import time\nbegun = time.process_time()\nwhile time.process_time() - begun < 0.3: pass\n"


@pytest.mark.skipif(os.name != "posix", reason="no process groups")
def test_usage_counts_a_program_and_what_it_started():
    code = f"import subprocess, sys\n{BUSY}subprocess.run([sys.executable, '-c', sys.argv[1]])"
    running = program.Program(python(code, BUSY + "print('ready', flush=True)\ntime.sleep(100)"), 1)
    while not running.output:
        assert running.exit_code is None
        time.sleep(0.01)
    used = running.usage()
    assert used.cpu >= 0.55
    assert used.memory > 10_000_000
    by_ps = usage.from_ps(running.pid)
    assert by_ps is None or abs(by_ps.memory - used.memory) < 3_000_000
    if used.runnable:
        assert len(used.runnable) >= 2
    running.kill()
    assert running.usage().memory == 0


@pytest.mark.parametrize(
    ("text", "seconds"), [("00:00:02", 2), ("1-02:03:04", 93784), ("3:04.56", 184.56)]
)
def test_the_times_of_ps_are_read(text, seconds):
    assert usage.seconds_of(text) == pytest.approx(seconds)


def test_a_thread_that_never_rests_shows_on_a_busy_machine_too():
    before = usage.Usage(1.0, 0, {"7": 5.0})
    after = usage.Usage(1.2, 0, {"7": 5.1, "8": 1.9})
    assert after.busiest_since(before) == pytest.approx(1.9)


# -- judging ---------------------------------------------------------------------------------------

SETTING = Setting(["no-such-program"], is_echo=False, seed=1)


class Scripted(judging.Judge):
    """A judge whose tries come out as they are told."""

    outcomes: dict[str, list[object]]
    patience: list[float]

    def _try(self, check, setting):
        self.patience.append(setting.patience)
        outcome = self.outcomes[check.id].pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


FAILURE = judging.Failure([], "this", "that")


def a_check(id, *needs):
    return Check(id, 4, needs, "It holds.", "it is forgotten.", lambda stage: None)


@pytest.fixture
def judged(monkeypatch):
    """The results of checks whose tries come out so; `late` in seconds."""

    def run(outcomes, *, goes_on=True, late=0.0, reference=None, needs=(), waited=None):
        monkeypatch.setattr(fairness, "grade_itself", lambda setting: None)
        monkeypatch.setattr(fairness, "patience", lambda setting: 2.0)
        monkeypatch.setattr(fairness, "Metronome", lambda: Late(late))

        def passes_here(check, setting):
            if reference:
                raise reference

        monkeypatch.setattr(fairness, "passes_here", passes_here)
        judge = Scripted(SETTING, goes_on)
        judge.patience = waited if waited is not None else []
        judge.outcomes = outcomes
        checks = [a_check(id, *(needs if id == list(outcomes)[-1] else ())) for id in outcomes]
        return list(judge.results(checks))

    return run


class Late:
    def __init__(self, seconds):
        self.worst = seconds

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass


def test_three_of_three_is_failed(judged):
    (result,) = judged({"x.a": [FAILURE] * 3})
    assert (result.result, result.points, result.failures, result.tries) == ("failed", 0, 3, 3)


@pytest.mark.parametrize("outcomes", [[FAILURE, None, FAILURE], [FAILURE, None, None]])
def test_less_is_unsteady_and_counts_unless_the_grader_was_late(judged, outcomes):
    (result,) = judged({"x.a": [*outcomes]})
    assert (result.result, result.points, result.is_against_it) == ("unsteady", 0, True)
    (result,) = judged({"x.a": [*outcomes]}, late=0.2)
    assert (result.result, result.points, result.is_against_it) == ("unsteady", 4, False)
    assert result.why == "does not count: the machine was 200 ms late"


def test_a_late_grader_blames_nobody_before_its_own_server_has_passed(judged):
    (result,) = judged({"x.a": [FAILURE] * 3}, late=0.2)
    assert result.result == "failed"
    with pytest.raises(fairness.TooBusy):
        judged({"x.a": [FAILURE] * 3}, late=0.2, reference=fairness.TooBusy("busy"))


def test_further_tries_on_a_busy_machine_have_more_patience(judged):
    for late, expected in ((0.0, [2.0, 2.0, 2.0]), (0.2, [2.0, 4.0, 4.0])):
        waited = []
        judged({"x.a": [FAILURE] * 3}, late=late, waited=waited)
        assert waited == expected


def test_what_is_needed_and_does_not_hold_is_named(judged):
    outcomes = {"x.a": [FAILURE] * 3, "x.b": []}
    result = judged(outcomes, needs=("x.a",))[1]
    assert (result.result, result.why) == ("not judged", "needs x.a, which failed")
    outcomes = {"x.a": [NotJudged("this system does not tell")], "x.b": []}
    first, second = judged(outcomes, needs=("x.a",))
    assert (first.result, first.why) == ("not judged", "this system does not tell")
    assert second.why == "needs x.a, which was not judged"


def test_an_unsteady_check_that_does_not_count_stands_in_nobodys_way(judged):
    outcomes = {"x.a": [FAILURE, None, None], "x.b": [None]}
    assert judged(outcomes, late=0.2, needs=("x.a",))[1].result == "passed"


def test_without_all_the_first_failure_is_the_last_check(judged):
    outcomes = {"x.a": [None], "x.b": [FAILURE] * 3, "x.c": []}
    assert [each.result for each in judged(outcomes, goes_on=False)] == [
        "passed", "failed", "not judged",
    ]  # fmt: skip


def test_a_reference_that_fails_means_that_the_machine_is_too_busy(monkeypatch):
    def fails(stage):
        raise Failed("a line", "nothing")

    one = Check("x.a", 1, (), "It holds.", "", fails)
    with pytest.raises(fairness.TooBusy, match="a server that is right fails"):
        fairness.passes_here(one, SETTING)


def test_patience_grows_with_what_plain_exchanges_take():
    engine = fairness.reference(SETTING)
    assert 2.0 <= fairness.patience(engine) <= 10.0
    assert 2.0 < fairness.patience(engine, times=40_000) <= 10.0


def test_all_names_are_names_and_none_comes_twice():
    from hubbub.teaching.grader.stage import Stage

    stage = Stage(SETTING, "x.a", Story())
    names = [stage.name() for _ in range(400)]
    assert len(set(names)) == 400
    assert all(name.isalnum() and len(name) <= 20 for name in names)
    assert random.Random("1/x.a").random() == Stage(SETTING, "x.a", Story()).random.random()


def test_the_page_lists_the_checks():
    page = (REPOSITORY / "docs/grader.md").read_text("utf-8")
    for each in CHECKS.values():
        needs = ", ".join(each.needs)
        assert f"| `{each.id}` | {each.points} | {each.holds} | {needs} |\n" in page
