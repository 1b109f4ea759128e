"""`hubbub grade` as a program: results, messages, files and exit codes."""

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from engines import ENGINES, ROOT

from hubbub.teaching import lessons

# Says back each recv, whole line or not: the start of lesson 2.
NAIVE = """
import socket, sys
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as door:
    while True:
        connection, _ = door.accept()
        with connection:
            try:
                while data := connection.recv(4096):
                    connection.sendall(b"you said: " + data.strip() + b"\\n")
            except OSError:
                pass
"""
# The same, with whole lines, and no mistake that lesson 2 is about.
SOLVED = """
import socket, sys
def talk(connection):
    unfinished = b""
    while data := connection.recv(4096):
        *lines, unfinished = (unfinished + data).split(b"\\n")
        for line in lines:
            connection.sendall(b"you said: " + line.strip() + b"\\n")
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as door:
    while True:
        connection, _ = door.accept()
        with connection:
            try:
                talk(connection)
            except OSError:
                pass
"""
# Ends with whoever comes first.
ENDS = SOLVED.replace(
    "    while True:\n        connection, _ = door", "    if True:\n        connection, _ = door"
)


# What is remembered of lessons finds no place.
ALONE = {"HUBBUB_NO_BOOTSTRAP": "1", "XDG_STATE_HOME": os.devnull}


def graded(*words, **environment):
    """Exit code, stdout, stderr."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "hubbub"), "grade", *words],
        capture_output=True,
        text=True,
        env=os.environ | ALONE | environment,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def program(tmp_path):
    """The command of a program with this text."""

    def written(text):
        path = tmp_path / "server.py"
        path.write_text(text)
        return ["--", sys.executable, str(path), "{port}"]

    return written


def results(out):
    return {each["id"]: each["result"] for each in json.loads(out)["checks"]}


def engine(name):
    return ["--", sys.executable, str(ENGINES / f"{name}_engine.py"), "{port}"]


def test_a_right_program_has_all_points(program):
    code, out, err = graded("--json", "--lesson", "2", *program(SOLVED))
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert set(results(out).values()) == {"passed"}
    assert (told["points"], told["of"]) == (20, 20)


@pytest.mark.parametrize("lesson", lessons.all_lessons(), ids=lambda lesson: lesson.id)
def test_the_programs_of_a_lesson_fail_and_pass_what_it_says(lesson, tmp_path):
    # All failures of the later ones would take half a minute each.
    in_full = ["--all"] if lesson.number < 4 else []
    words = ("--json", *in_full, "--lesson", str(lesson.number), "--", sys.executable)
    start, solution = (str(lesson.folder / name) for name in ("start.py", "solution.py"))
    code, out, _ = graded(*words, start, XDG_STATE_HOME=str(tmp_path))
    failed = [id for id, result in results(out).items() if result == "failed"]
    fails = lesson.facts["checks"]["fails"]
    assert (code, failed) == (1, fails if in_full else fails[:1])
    assert kept(tmp_path)[lesson.id][0] < len(lesson.checks)
    code, out, _ = graded(*words, solution, XDG_STATE_HOME=str(tmp_path))
    assert (code, set(results(out).values())) == (0, {"passed"})
    assert kept(tmp_path) == {lesson.id: [len(lesson.checks)] * 2}


def kept(state):
    return json.loads((state / "hubbub/lessons.json").read_text())


def test_an_engine_has_all_points_of_the_lessons_with_many_people():
    code, out, err = graded("--json", "--lesson", "6", *engine("threads"))
    assert [each for each in json.loads(out)["checks"] if not each["points"]] == []
    assert (code, err) == (0, "")


def test_the_first_failure_comes_alone_and_says_what_was_sent_expected_and_got(program):
    code, out, err = graded("--lesson", "2", "--seed", "7", *program(NAIVE))
    assert (code, err) == (1, "")
    found = re.search(r"failed +0 of 4 +line.split.*", out, re.DOTALL)
    assert found, out
    message = found[0]
    assert re.search(r"    I +sent  \w{3}\n +when that had been read,  \w+ \d+ \w+<LF>\n", message)
    assert re.search(r"    Expected +I receives  you said: \w+ \d+ \w+<LF>\n", message)
    assert re.search(r"    Got +you said: \w{3}<LF>\n +you said: ", message)
    assert "    Usually       each recv is taken for a whole message." in message
    assert re.search(
        r"Once more +python3 \S*hubbub grade --lesson 2 --seed 7 --only line.split -- ", out
    )
    assert "Not made yet: 3. They come when this holds; --all makes them now.\n" in out
    assert out.endswith("2 passed, 1 failed, 3 not judged (seed 7)\n")


def test_what_needs_a_check_that_failed_is_not_judged(program):
    code, out, _ = graded("--json", "--all", "--lesson", "3", *program(NAIVE))
    assert code == 1
    told = {each["id"]: each for each in json.loads(out)["checks"]}
    failed = {id for id, each in told.items() if each["result"] == "failed"}
    assert failed == {"line.split"}
    assert told["text.split"]["result"] == "not judged"
    assert told["text.split"]["why"] == "needs line.split, which failed"
    assert told["line.split"]["failures"] == told["line.split"]["tries"] == 3
    assert told["line.split"]["points"] == 0


def test_a_program_that_ends_is_quoted(program):
    code, out, _ = graded("--json", "--lesson", "0", *program(ENDS + "print('that was all')\n"))
    assert code == 1
    told = json.loads(out)["checks"][1]
    assert (told["id"], told["result"]) == ("start.scan", "failed")
    assert "your program ended with exit code 0 and printed:\nthat was all" in told["got"]


def test_only_one_check_runs_what_it_needs_and_shows_it_alone(program):
    code, out, _ = graded("--json", "--only", "line.split", *engine("selectors"))
    assert (code, results(out)) == (0, {"line.split": "passed"})
    code, out, _ = graded("--json", "--only", "talk.half", *program(SOLVED))
    assert code == 1
    assert results(out) == {"line.plain": "failed", "talk.half": "not judged"}


def test_show_prints_what_is_done_when_it_is_done():
    code, out, _ = graded("--show", "--only", "line.split", *engine("asyncio"))
    assert code == 0
    assert re.search(r"^ +\d+\.\d{3} s  \w+ +when that had been read,  ", out, re.MULTILINE)


def test_the_seed_gives_the_same_names_and_texts_again(program):
    runs = [graded("--json", "--lesson", "2", "--seed", "5", *program(NAIVE))[1] for _ in range(2)]
    first, second = (
        [(each["id"], each.get("story")) for each in json.loads(out)["checks"]] for out in runs
    )
    assert first == second


def test_what_does_not_build_or_start_is_the_whole_report(program):
    building = f"{sys.executable} -c 'import sys; sys.exit(\"no such symbol\")'"
    code, out, err = graded("--build", building, *engine("threads"))
    assert (code, out) == (2, "")
    assert err.splitlines() == [f"hubbub grade: did not build: {building}", "no such symbol"]
    code, out, err = graded("--json", "--build", building, *engine("threads"))
    told = json.loads(out)
    assert (code, told["points"], told["of"]) == (2, 0, 100)
    assert told["output"] == "no such symbol"
    assert set(results(out).values()) == {"not judged"}
    code, out, err = graded("--", "no-such-program", "{port}")
    assert (code, out) == (2, "")
    assert err == "hubbub grade: did not start: no-such-program: No such file or directory\n"
    code, out, err = graded(*program("import nothing_like_this"))
    assert (code, err) == (2, "")
    assert "ModuleNotFoundError: No module named 'nothing_like_this'" in out


def test_the_port_is_appended_where_the_command_does_not_name_it(program):
    words = program(SOLVED)[:-1]
    assert graded("--lesson", "0", *words)[0] == 0
    text = SOLVED.replace("sys.argv[1]", "__import__('os').environ['PORT']")
    assert graded("--lesson", "0", *program(text))[0] == 0


def test_the_files_for_other_programs(program, tmp_path):
    junit, gradescope = tmp_path / "junit.xml", tmp_path / "results.json"
    words = ("--junit", str(junit), "--gradescope", str(gradescope), "--all", "--lesson", "2")
    code, *_ = graded(*words, *program(NAIVE))
    assert code == 1
    suite = ET.parse(junit).getroot()
    assert [case.get("name") for case in suite if case.find("failure") is not None] == [
        "line.split", "line.merged", "line.bytes",
    ]  # fmt: skip
    assert len(suite.findall("testcase/skipped")) == 1
    told = json.loads(gradescope.read_text("utf-8"))
    assert told["score"] == sum(test["score"] for test in told["tests"]) == 6
    statuses = {test["name"].split(":")[0]: test["status"] for test in told["tests"]}
    assert (statuses["line.plain"], statuses["line.split"]) == ("passed", "failed")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--only", "line.none", "--", "x"], "--only line.none: no such check; they are start."),
        (["--lesson", "10", "--", "x"], "argument --lesson: invalid choice: 10"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_a_usage_error_is_one_line(words, line):
    code, out, err = graded(*words)
    assert (code, out) == (2, "")
    assert err.startswith("hubbub grade: " + line)
    assert err.count("\n") == 1


def test_nothing_of_a_program_is_left_behind(program, tmp_path):
    pids = tmp_path / "pids"
    text = f"""
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
with open({str(pids)!r}, "a") as file:
    print(os.getpid(), child.pid, file=file)
{SOLVED}"""
    assert graded("--lesson", "1", *program(text))[0] == 0
    started = [int(pid) for pid in pids.read_text().split()]
    assert len(started) >= 8
    for pid in started:
        assert not is_running(pid)


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
