"""The tables in docs/protocol agree with the code."""

import importlib.util
import re
from pathlib import Path

import pytest

from hubbub.config import Settings
from hubbub.dialects.irc.isupport import MEANINGS, isupport
from hubbub.handlers.command_table import load
from hubbub.handlers.help import HELP
from hubbub.protocol import numerics

ROOT = Path(__file__).parents[2]


def _tables():
    path = ROOT / "docs" / "protocol" / "tables.py"
    spec = importlib.util.spec_from_file_location("protocol_tables", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TABLES = _tables()


@pytest.mark.parametrize("page", TABLES.pages(), ids=lambda page: page.name)
def test_a_page_is_as_the_code_has_it(page):
    text = page.read_text("utf-8")
    assert text == TABLES.renewed(text), "run: python docs/protocol/tables.py"


def test_every_table_is_on_a_page():
    text = "".join(page.read_text("utf-8") for page in TABLES.pages())
    assert set(re.findall(r"<!-- table: ([a-z-]+) -->", text)) == set(TABLES.TABLES)


def test_every_command_has_help_and_nothing_else_has():
    assert set(HELP) == set(load())


def test_every_token_has_a_meaning():
    assert set(isupport(Settings())) <= set(MEANINGS)


def test_every_numeric_is_used_and_no_two_of_one_number_mean_different_things():
    names = [n for n, value in vars(numerics).items() if isinstance(value, numerics.Numeric)]
    words: set[str] = set()
    for path in (ROOT / "src" / "hubbub").rglob("*.py"):
        if path.name != "numerics.py":
            words.update(re.findall(r"\w+", path.read_text("utf-8")))
    assert [name for name in names if name not in words] == []
