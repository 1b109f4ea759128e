"""A class: what members report, what the teacher sees, and what nobody else does."""

import http.client
import json
import threading
from contextlib import closing, contextmanager

import pytest

from hubbub.teaching.classroom.reporting import Reporter, Standing
from hubbub.teaching.classroom.roster import AWAY, MOST_MEMBERS, STUCK, NotTaken, Roster
from hubbub.teaching.classroom.web import MOST_BODY, MOST_WRONG, ClassPage

ADA = {"name": "Ada", "lesson": 2, "part": 3, "predict": "b", "passed": 1, "of": 4}


def names(roster, now=0.0):
    return [row["name"] for row in roster.grid(now)]


def test_a_member_is_where_they_said_last():
    roster = Roster()
    roster.report("ada", ADA, 0)
    roster.report("ada", ADA | {"part": 4, "passed": 2}, 10)
    [row] = roster.grid(10)
    assert (row["name"], row["part"], row["passed"], row["minutes"]) == ("Ada", 4, 2, 0)


def test_who_stays_at_one_step_for_six_minutes_is_stuck():
    roster = Roster()
    for second in range(0, STUCK + 1, 60):
        roster.report("ada", ADA, second)
        roster.report("bo", ADA | {"name": "Bo", "part": second % 7}, second)
    assert [(row["name"], row["stuck"]) for row in roster.grid(STUCK)] == [
        ("Ada", True),
        ("Bo", False),
    ]


def test_who_reports_no_more_is_away():
    roster = Roster()
    roster.report("ada", ADA, 0)
    assert not roster.grid(AWAY - 1)[0]["away"]
    assert roster.grid(AWAY)[0]["away"]


def test_the_first_prediction_counts():
    roster = Roster()
    roster.report("ada", ADA | {"predict": ""}, 0)
    roster.report("ada", ADA | {"predict": "a"}, 1)
    roster.report("ada", ADA | {"predict": "c"}, 2)
    roster.report("bo", ADA | {"predict": "c"}, 2)
    assert roster.predictions(2) == {"a": 1, "b": 0, "c": 1}
    assert roster.predictions(3) == {"a": 0, "b": 0, "c": 0}


def test_somebody_who_is_taken_off_may_come_back():
    roster = Roster()
    roster.report("ada", ADA, 0)
    roster.leave("Ada")
    assert names(roster) == []
    assert roster.predictions(2)["b"] == 0
    roster.report("ada", ADA, 1)
    assert names(roster) == ["Ada"]


def test_a_class_has_a_bound_and_who_is_in_stays_in():
    roster = Roster()
    for number in range(MOST_MEMBERS):
        roster.report(str(number), ADA, 0)
    with pytest.raises(NotTaken, match="the class is full"):
        roster.report("one more", ADA, 0)
    roster.report("5", ADA | {"part": 5}, 1)
    assert len(roster.grid(1)) == MOST_MEMBERS


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 25},
        {"name": "a\x1b[2J"},
        {"name": None},
        {"part": 8},
        {"part": -1},
        {"part": True},
        {"lesson": 1000},
        {"passed": "3"},
        {"predict": "d"},
        {"predict": ["a"]},
    ],
)
def test_what_is_no_report_is_refused_in_words(wrong):
    roster = Roster()
    with pytest.raises(NotTaken):
        roster.report("ada", ADA | wrong, 0)
    assert names(roster) == []


@contextmanager
def served():
    page = ClassPage("127.0.0.1", 0, "word", "secret")
    page.start()
    try:
        yield page
    finally:
        page.stop()


def ask(page, method, path, body=None, **headers):
    if body is not None:
        headers = {"Content-Type": "application/json"} | headers
    with closing(http.client.HTTPConnection("127.0.0.1", page.port)) as connection:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def report(page, word="word", **changed):
    told = ADA | {"key": "k" * 20} | changed
    return ask(page, "POST", f"/join/{word}", json.dumps(told))


def test_the_teacher_sees_the_grid_and_sends_everybody_to_a_step():
    with served() as page:
        assert report(page) == (200, '{"step": null}')
        grid = json.loads(ask(page, "GET", "/secret/grid")[1])
        assert [row["name"] for row in grid["rows"]] == ["Ada"]
        assert "k" * 20 not in json.dumps(grid)
        assert ask(page, "POST", "/secret/do", '{"step": 4}')[0] == 200
        assert report(page) == (200, '{"step": 4}')
        assert ask(page, "POST", "/secret/do", '{"leave": "Ada"}')[0] == 200
        assert json.loads(ask(page, "GET", "/secret/grid")[1])["rows"] == []


def test_the_table_has_no_formulas():
    with served() as page:
        for key, name in (("a" * 20, "=1+1"), ("b" * 20, 'Bo "x", y')):
            report(page, key=key, name=name)
        lines = ask(page, "GET", "/secret/table")[1].splitlines()
        assert lines[0] == "name,lesson,step,passed,of"
        assert lines[1:] == ["'=1+1,2,4,1,4", '"Bo ""x"", y",2,4,1,4']


def test_members_see_nobody_and_order_nobody():
    with served() as page:
        report(page)
        for method, path, body in [
            ("GET", "/grid", None),
            ("GET", "/word/grid", None),
            ("GET", "/join/word", None),
            ("POST", "/do", '{"step": 4}'),
            ("POST", "/word/do", '{"step": 4}'),
        ]:
            assert ask(page, method, path, body)[0] == 404


def test_other_sites_order_nobody():
    with served() as page:
        for headers in ({"Origin": "http://evil.example"}, {"Content-Type": "text/plain"}):
            assert ask(page, "POST", "/secret/do", '{"step": 4}', **headers)[0] == 404
        assert ask(page, "GET", "/secret/grid", Origin="http://evil.example")[0] == 404


def test_the_word_cannot_be_guessed_by_trying():
    with served() as page:
        for number in range(MOST_WRONG):
            assert report(page, f"guess{number}")[0] == 404
        assert report(page)[0] == 404


@pytest.mark.parametrize("body", ["", "[]", "nonsense", "x" * (MOST_BODY + 1), '{"name": "Ada"}'])
def test_what_is_no_request_is_answered_in_words(body):
    with served() as page:
        status, answer = ask(page, "POST", "/join/word", body)
        assert status == 400
        assert json.loads(answer)["error"]


def test_a_learner_reports_and_is_sent_to_a_step():
    said, steps, sent = [], [], threading.Event()

    def go(step):
        steps.append(step)
        sent.set()

    with served() as page:
        page.roster.step = 4
        link = f"http://127.0.0.1:{page.port}/join/word"
        reporter = Reporter(link, "Ada", lambda: Standing(2, 1, "a", 0, 4), go, said.append)
        reporter.start()
        assert sent.wait(20)
        reporter.stop()
        assert (steps, said) == ([4], [])
        assert [row["name"] for row in page.roster.grid(0)] == ["Ada"]


@pytest.mark.parametrize("word", ["wrong", None])
def test_a_learner_is_told_once_that_the_class_is_not_there(word):
    said, told = [], threading.Event()

    def say(line):
        said.append(line)
        told.set()

    with served() as page:
        link = f"http://127.0.0.1:{page.port}/join/{word}"
        if word is None:
            page.stop()
        reporter = Reporter(link, "Ada", lambda: Standing(2, 1, "a", 0, 4), int, say)
        reporter.start()
        assert told.wait(20)
        reporter.stop()
    assert said[0].startswith("the class cannot be reached: ")
