"""Who is mentioned: the cases that the browser client shares (tests/web/mentions.test.mjs)."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.model.mentions import names_in
from hubbub.protocol.names import fold

CASES = json.loads((Path(__file__).parent.parent / "mentions.json").read_text("utf-8"))


@pytest.mark.parametrize(("name", "text", "mentioned"), CASES)
def test_who_is_mentioned(name, text, mentioned):
    assert (fold(name) in map(fold, names_in(text))) == mentioned


@given(st.text(st.sampled_from("an-_@.`/#[]{} \n\x03\x0241李は:🎉")))
def test_no_text_is_too_strange(text):
    assert all(name == "" or name.strip() for name in names_in(text))
