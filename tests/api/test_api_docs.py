"""docs/api.md: runs its examples, and compares its table of commands with the code."""

import json
import re
from pathlib import Path

import pytest
from asking_http import Person

from hubbub.handlers.orders import ORDERS

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
EXAMPLES = re.findall(
    r"```http\n(\S+) (\S+)\n(.*?)```\n```json\n(.*?)\n```", PAGE.read_text("utf-8"), re.DOTALL
)
#: What is another value at each run.
CHANGING = {"id", "time", "made", "until", "path", "link"}


@pytest.fixture(scope="module")
def anna(server):
    person = Person(server, "anna", join="#tea")
    person.sends("PRIVMSG #tea :is there coffee?", "PING x")
    person.until(" PONG ")
    yield person
    person.close()


@pytest.mark.parametrize(("method", "path", "body", "told"), EXAMPLES)
def test_an_example(anna, method, path, body, told):
    answer = anna.asks(method, path, json.loads(body) if body.strip() else None)
    assert alike(answer.json) == alike(json.loads(told))


def alike(value, name=""):
    """The value, with the type alone of what changes."""
    if isinstance(value, dict):
        return {key: alike(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [alike(each) for each in value]
    return type(value).__name__ if name in CHANGING else value


def test_there_are_examples():
    assert len(EXAMPLES) >= 7


def shown(name, field):
    return f"`{name}`" if field.otherwise is None else f"[`{name}`]"


def test_the_table_of_orders():
    rows = "".join(
        f"| `{'POST' if row.acts else 'GET'} {row.name}` | {row.privilege} | "
        f"{', '.join(shown(*field) for field in row.fields.items())} | {row.does} |\n"
        for row in ORDERS.values()
    )
    head = "| | needs | fields | |\n|---|---|---|---|\n"
    text = PAGE.read_text("utf-8")
    there = text.partition("<!-- orders -->\n")[2].partition("<!-- end -->")[0]
    assert there == head + rows, f"the table should be:\n{head}{rows}"
