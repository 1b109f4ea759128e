"""Lists of names too long for one line are split into several, without truncation."""

from __future__ import annotations

import pytest
from harness import Chat
from hypothesis import given
from hypothesis import strategies as st

from hubbub.handlers.context import wrapped

CHANNEL = "#" + "茶" * 20
NAMES = [f"猫犬鳥馬虎兎{number}" for number in range(60)]  # 18 bytes and two digits


@pytest.fixture(scope="module")
def chat() -> Chat:
    chat = Chat()
    for name in NAMES:
        chat.irc(name, join=CHANNEL)
    return chat


def told(lines: list[str], code: str) -> list[str]:
    """What the lines with this numeric name; none of them is longer than a line of IRC."""
    found = [line for line in lines if f" {code} " in line]
    assert len(found) > 1
    assert all(len(line.encode()) <= 510 for line in found)
    lists = [line.split(" ", 3)[3].rpartition(" :")[2] for line in found]
    lists = [line.split(f"{CHANNEL} ")[-1].removeprefix(":") for line in lists]
    return [word for line in lists for word in line.replace(",", " ").split()]


def test_names_of_a_channel(chat: Chat) -> None:
    lines = chat.irc("alice").asks(f"JOIN {CHANNEL}")
    assert [word.lstrip("@") for word in told(lines, "353")][: len(NAMES)] == NAMES


def test_who_of_those_asked_for_is_here(chat: Chat) -> None:
    asked = NAMES[:23]
    assert told(chat.irc("b" * 32).asks("ISON " + " ".join(asked)), "303") == asked


def test_hosts_of_people(chat: Chat) -> None:
    names = ["犬" * 10 + str(number) for number in range(5)]
    for name in names:
        chat.irc(name, host="a" * 60 + ".example")
    found = told(chat.irc("carol").asks("USERHOST " + " ".join(names)), "302")
    assert [word.split("=")[0] for word in found] == names


def test_whom_one_watches(chat: Chat) -> None:
    dora = chat.irc("dora")
    for name in NAMES:
        dora.sends(f"MONITOR + {name},x{name}")
    watched = [*NAMES, *(f"x{name}" for name in NAMES)]
    found = told(dora.asks("MONITOR L"), "732")
    assert len(found) == 100  # as many as one may watch
    assert set(found) < set(watched)


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters=" "), min_size=1)),
    st.integers(1, 60),
)
def test_wrapping_keeps_every_word_whole(words: list[str], width: int) -> None:
    lines = wrapped(words, width)
    assert [word for line in lines for word in line.split(" ")] == words
    assert all(len(line.encode()) <= width or " " not in line for line in lines)
