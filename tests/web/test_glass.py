"""The lab's page in a real browser, around a real program."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from running_server import PATIENCE
from test_access import FRAMES, RULES, axe

from hubbub.teaching.classroom.web import ClassPage

CLONE = Path(__file__).parents[2]

#: Takes each read for a line, and tells everybody.
NAIVE = """
import socket, sys, threading

people = {}

def talk(connection):
    name = connection.recv(4096).decode().strip()
    people[name] = connection
    while data := connection.recv(4096):
        for other in people:
            if other != name:
                people[other].sendall(f"{name}: {data.decode().strip()}\\n".encode())

with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as door:
    while True:
        threading.Thread(target=talk, args=[door.accept()[0]], daemon=True).start()
"""


@contextmanager
def run(folder: Path, *words: str) -> Iterator[str]:
    """Run `hubbub learn` or `hubbub lab`; gives the address of the page."""
    running = subprocess.Popen(
        [sys.executable, str(CLONE / "hubbub"), *words],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=os.environ | {"XDG_STATE_HOME": str(folder)},
    )
    assert running.stdout
    with running:
        lines = iter(running.stdout.readline, "")
        try:
            yield next(found[0] for line in lines if (found := re.search(r"http://\S+", line)))
        finally:
            running.send_signal(signal.SIGINT)
            code = running.wait(PATIENCE)
    assert code == 0


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """The address of the page of a lab."""
    program = tmp_path / "start.py"
    program.write_text(NAIVE)
    command = ["--", sys.executable, str(program), "{port}"]
    with run(tmp_path, "lab", "--no-browser", *command) as address:
        yield address


@pytest.fixture
def page(browser: Any, lab: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    context = browser.new_context(**{"locale": "en-GB", **getattr(request, "param", {})})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE * 1000)
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.goto(lab)
    yield opened
    context.close()
    assert errors == []


def says(page: Any, text: str) -> None:
    page.locator("h1", has_text=text).wait_for()


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_cut_line_is_seen_by_the_keyboard_alone(page: Any) -> None:
    says(page, "The program waits for somebody")
    page.locator("select[name=who]").select_option("bob")
    page.get_by_role("button", name="Only join").press("Enter")
    page.locator("select[name=who]").select_option("alice")
    page.get_by_role("button", name="Only join").press("Enter")
    page.locator("h1", has_text="The program read “alice” in one read").wait_for()
    page.get_by_label("Pieces of").select_option("3")
    page.get_by_label("What to say").fill("hello")
    page.keyboard.press("Enter")
    says(page, "The program read “hello” in 2 reads")
    page.locator(".cut").first.wait_for(state="attached")
    assert "it asked for up to 4096; “hel”, no line end yet" in page.locator("ol").inner_text()
    page.locator("h1").click()
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
        page.evaluate(FRAMES)
        if page.locator("li.later").count():
            break
    page.get_by_text("In the past: back to now").wait_for()
    assert page.locator("li.later").count() > 0
    page.keyboard.press("Escape")
    says(page, "in 2 reads")


def test_a_pause_lets_one_piece_through_at_each_step(page: Any) -> None:
    page.get_by_label("What to say").fill("hello")
    press(page, "Only join")
    page.locator(".person", has_text="alice").wait_for()
    page.get_by_label("Pieces of").select_option("3")
    press(page, "Pause")
    page.get_by_role("button", name="Continue").wait_for()
    press(page, "Say something")
    says(page, "is on its way")
    press(page, "Next step")
    says(page, "only the first 3 bytes of “hello”")
    page.locator(".kept").wait_for()
    press(page, "Continue")
    says(page, "in 2 reads")


def test_who_stops_reading_is_seen_filling_up(page: Any) -> None:
    page.locator("select[name=who]").select_option("bob")
    press(page, "Only join")
    press(page, "Everybody")
    press(page, "Stop reading")
    page.locator("select[name=who]").select_option("alice")
    press(page, "Say something")
    press(page, "One message")
    page.locator(".stopped .holds").first.wait_for()
    page.get_by_text("bob is not reading").wait_for()


def test_what_is_asked_of_the_lab_arrives_in_that_order(page: Any) -> None:
    """Each request waits for the answer to the one before: they would overtake one another."""
    held: list[Any] = []

    def hold_the_first(route: Any) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    asked: list[str] = []
    page.on("request", lambda it: it.method == "POST" and asked.append(it.post_data_json["do"]))
    page.route("**/do", hold_the_first)
    page.get_by_label("Pieces of").select_option("3")
    press(page, "Say something")
    page.evaluate(FRAMES)
    assert asked == ["set"]
    with page.expect_request("**/do") as second:
        held[0].continue_()
    assert second.value.post_data_json["do"] == "say"
    says(page, "“hello”")


def test_a_lesson_is_done_beside_the_program(browser: Any, tmp_path: Path) -> None:
    with run(tmp_path, "learn", "2", "--no-browser") as address:
        page = browser.new_context(locale="en-GB").new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.goto(address)
        page.get_by_text("Lesson 2: recv is not a message").wait_for()
        press(page, "Next")
        page.get_by_label("Nothing, until the rest is there").check()
        press(page, "Next")
        press(page, "Say something")
        says(page, "The program read “hello” in 2 reads, and answered 2 times")
        press(page, "Explain")
        page.get_by_text("You predicted b; it was c.").wait_for()
        program = tmp_path / "my-lessons/02-recv-is-not-a-message/start.py"
        program.write_text((CLONE / "lessons/02-recv-is-not-a-message/solution.py").read_text())
        press(page, "Its file has changed: start it again")
        says(page, "The program")
        press(page, "Say something")
        says(page, "The program read “hello” in 2 reads, and answered once")
        page.context.close()


@pytest.mark.parametrize("scheme", RULES)
@pytest.mark.parametrize(
    "page",
    [{"viewport": {"width": w, "height": 740}, "bypass_csp": True} for w in (1280, 360)],
    indirect=True,
)
def test_no_view_of_the_lab_has_an_accessibility_violation(page: Any, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    press(page, "Say something")
    says(page, "hello")
    page.evaluate(axe())
    violations = {}
    for view in ("Everybody", "Timeline", "State", "One message"):
        press(page, view)
        page.locator(f"[aria-current=page]:has-text('{view}')").wait_for()
        for rule in page.evaluate(RULES[scheme])["violations"]:
            nodes = [f"{n['target']} {n['failureSummary']}" for n in rule["nodes"][:3]]
            violations[f"{view}: {rule['id']}"] = nodes
    assert violations == {}
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_teacher_sees_who_is_where_and_sends_everybody_on(
    browser: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    def opened(address: str) -> Any:
        page = browser.new_context(locale="en-GB").new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.goto(address)
        return page

    page = ClassPage("127.0.0.1", 0, "word", "secret")
    request.addfinalizer(page.stop)
    page.start()
    link = f"http://127.0.0.1:{page.port}/join/word"
    words = ["learn", "2", "--class", link, "--name", "Ada", "--no-browser"]
    with run(tmp_path, *words) as address:
        teacher, learner = opened(f"http://127.0.0.1:{page.port}/secret/"), opened(address)
        learner.get_by_text("You are Ada in a class").wait_for()
        press(learner, "Predict")
        learner.get_by_label("Nothing, until the rest is there").check()
        teacher.locator(".card", has_text="step 2: Predict").wait_for()
        teacher.get_by_label("First predictions, lesson 2").get_by_text("1", exact=True).wait_for()
        press(teacher, "5 Explain")
        learner.get_by_text("You predicted b; it was c.").wait_for()
        teacher.locator(".card", has_text="step 5: Explain").wait_for()
        for each in (teacher, learner):
            each.context.close()
