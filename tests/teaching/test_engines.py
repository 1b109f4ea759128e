"""The three engines of lessons/ have the same conversations, over real sockets."""

import re
import socket

import pytest
from engines import ENGINES, NAMES, ROOT, started


def conversation_of_the_page() -> str:
    page = (ROOT / "lessons/protocol.md").read_text("utf-8")
    return "\n".join(
        line[4:] for line in page.splitlines() if re.match(r"    \w+ (sends|rec)", line)
    )


CONVERSATIONS = {
    "the page": conversation_of_the_page(),
    "names": """
        alice sends     alice
        alice receives  * here:
        bob sends       ALICE
        bob receives    * ALICE is taken; choose another
        bob sends       a:b
        bob receives    * a name is 1 to 20 letters or digits; choose another
        bob sends
        bob receives    * a name is 1 to 20 letters or digits; choose another
        bob sends       bob
        bob receives    * here: alice
        alice receives  * bob came
    """,
    "what looks like a notice": """
        alice sends     alice
        alice receives  * here:
        bob sends       bob
        bob receives    * here: alice
        bob sends       * alice went
        alice receives  * bob came
        alice receives  bob: * alice went
    """,
    "control characters": """
        alice sends     alice
        alice receives  * here:
        bob sends       bob
        bob receives    * here: alice
        bob sends       \x1b[2J\x07
        alice receives  * bob came
        alice receives  bob: \ufffd[2J\ufffd
    """,
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("conversation", CONVERSATIONS)
def test_a_conversation_goes_as_it_is_written(name, conversation):
    people = {}
    with started(name) as engine:
        for line in CONVERSATIONS[conversation].strip().splitlines():
            who, does, text = re.fullmatch(r"\s*(\w+) (\w+)\s*(.*)", line).groups()
            if who not in people:
                people[who] = engine.connects()
            if does == "sends":
                people[who].sends(text)
            else:
                assert people[who].receives().rstrip() == text


def met(engine, *names):
    """People of these names, who have been told of each other."""
    people = []
    for name in names:
        newcomer = engine.connects()
        newcomer.sends(name)
        assert newcomer.receives().startswith("* here:")
        for earlier in people:
            assert earlier.receives() == f"* {name} came\n"
        people.append(newcomer)
    return people


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("way", ["quit", "half-close", "reset"])
def test_however_one_goes_the_others_are_told(name, way):
    with started(name) as engine:
        alice, bob = met(engine, "alice", "bob")
        if way == "quit":
            bob.sends("quit")
        elif way == "half-close":
            bob.socket.shutdown(socket.SHUT_WR)
        else:
            bob.resets()
        if way != "reset":
            assert bob.receives() == ""
        assert alice.receives() == "* bob went\n"


@pytest.mark.parametrize("name", NAMES)
def test_an_endless_line_and_one_who_does_not_read_end_their_own_connection_alone(name):
    with started(name) as engine:
        alice, bob, sleeper, endless = met(engine, "alice", "bob", "sleeper", "endless")
        endless.sends("x" * 5000)
        assert endless.receives() == "* that line is too long\n"
        assert endless.receives() == ""
        assert [alice.receives(), bob.receives()] == ["* endless went\n"] * 2
        heard = ""
        while heard != "* sleeper went\n":
            alice.sends("z" * 900)
            heard = bob.receives()
        assert sleeper.receives() == "* endless went\n"


@pytest.mark.parametrize("name", NAMES)
def test_ctrl_c_ends_it_without_a_word(name):
    with started(name) as engine:
        alice, bob = met(engine, "alice", "bob")
        assert engine.is_interrupted() == (0, b"")
        assert [alice.receives(), bob.receives()] == ["", ""]


CHAPTERS = ["main", "accept", "listen_to", "write_to", "post", "let_go"]


@pytest.mark.parametrize("name", NAMES)
def test_each_has_the_same_chapters_on_one_page_and_marks_where_it_waits(name):
    text = (ENGINES / f"{name}_engine.py").read_text("utf-8")
    assert re.findall(r"^(?:async )?def (\w+)", text, re.MULTILINE)[: len(CHAPTERS)] == CHAPTERS
    assert len(text.splitlines()) < 110
    waiting = r"\.(accept|get|select)\(\)|\.(recv|send|sendall)\(|with lock|await (?!asyncio)"
    lines = [line for line in text.partition("def main")[2].splitlines() if '"""' not in line]
    unmarked = [line for line in lines if re.search(waiting, line.partition("#")[0])]
    assert [line for line in unmarked if not re.search("# (does not wait|waits here)", line)] == []
