"""Edits of multiline messages: a batch of EDITs."""

from __future__ import annotations

import re

import pytest
from harness import Chat, Client

CAPS = "batch draft/multiline draft/message-edit message-tags echo-message labeled-response"


@pytest.fixture
def chat() -> Chat:
    return Chat()


def said(client: Client, text: str = "first") -> str:
    """Say it; its msgid."""
    [line] = client.asks(f"PRIVMSG #tea :{text}")
    found = re.search(r"msgid=([^; ]+)", line)
    assert found
    return found[1]


def test_the_lines_arrive_as_they_were_sent(chat: Chat) -> None:
    anna = chat.irc("anna", caps=CAPS, join="#tea")
    bert = chat.irc("bert", caps=CAPS, join="#tea")
    old = chat.irc("olga", join="#tea")
    one = chat.irc("ines", caps="draft/message-edit", join="#tea")
    nora = chat.plain("Nora", join="#tea")
    id = said(anna)
    chat.forget()
    answer = anna.asks(
        "@label=7 BATCH +1 draft/multiline #tea",
        f"@batch=1 EDIT #tea {id} :one",
        f"@batch=1 EDIT #tea {id} :",
        f"@batch=1 EDIT #tea {id} :two",
        "BATCH -1",
    )
    assert "label=7" in answer[0]
    lines = bert.sees()
    assert [line.rpartition(f" EDIT #tea {id} :")[2] for line in lines[1:-1]] == ["one", "", "two"]
    assert " BATCH +" in lines[0]
    assert lines[-1].startswith(":hubbub.local BATCH -")
    assert [line.partition(" PRIVMSG ")[2] for line in old.sees()] == [
        "#tea :(edited) one",
        "#tea :two",
    ]
    assert one.sees()[0].endswith(f" EDIT #tea {id} :one  two")
    assert len(nora.sees()) == 1
    chat.check()


def test_what_is_no_such_edit_is_refused_and_changes_nothing(chat: Chat) -> None:
    anna = chat.irc("anna", caps=CAPS, join="#tea")
    id, other = said(anna), said(anna, "second")
    for lines in (
        (f"EDIT #tea {id} :one", f"EDIT #tea {other} :two"),
        (f"EDIT #tea {id} :one", "PRIVMSG #tea :two"),
        (f"EDIT #tea {id} :one", f"EDIT #pot {id} :two"),
    ):
        batch = [f"@batch=1 {line}" for line in lines]
        answer = anna.asks("BATCH +1 draft/multiline #tea", *batch, "BATCH -1")
        assert any(" FAIL BATCH " in line for line in answer), lines
        assert not any(" EDIT #tea " in line for line in answer)
    cut = f"@batch=1;draft/multiline-concat EDIT #tea {id} :b"
    answer = anna.asks("BATCH +1 draft/multiline #tea", f"@batch=1 EDIT #tea {id} :a", cut)
    assert any("FAIL BATCH MULTILINE_INVALID" in line for line in answer)
    anna.sends("BATCH -1")
    bert = chat.irc("bert", caps=CAPS, join="#tea")
    edit = [f"@batch=1 EDIT #tea {id} :{line}" for line in "ab"]
    answer = bert.asks("BATCH +1 draft/multiline #tea", *edit, "BATCH -1")
    assert any("FAIL EDIT EDIT_FORBIDDEN" in line for line in answer)
    chat.check()
