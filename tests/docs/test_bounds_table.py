"""docs/bounds.md lists every collection that can grow, and what bounds it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from hubbub.config import Settings

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "hubbub"
TEXT = (ROOT / "docs" / "bounds.md").read_text()
#: Folders whose objects live as long as a server or a connection.
FOLDERS = (
    "connections", "credentials", "dialects", "files", "handlers", "http", "hub", "log", "model",
    "outbox", "push",
)  # fmt: skip
_COLLECTIONS = {
    "Counter", "OrderedDict", "Queue", "SimpleQueue", "ThreadPoolExecutor", "WeakKeyDictionary",
    "WeakSet", "WeakValueDictionary", "bytearray", "defaultdict", "deque", "dict", "list", "set",
}  # fmt: skip
#: In the annotation of an attribute: it may grow by being replaced, or begins as None.
_GROWS = re.compile(r"\b(frozenset|set|dict|list|deque|bytearray|Counter)\b|\.\.\.\]")


def files() -> Iterator[Path]:
    yield from (SOURCE / name for name in ("session.py", "workers.py", "fair_queue.py"))
    for folder in FOLDERS:
        yield from sorted((SOURCE / folder).rglob("*.py"))


def is_collection(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Call):
        function = value.func
        name = function.attr if isinstance(function, ast.Attribute) else ""
        name = function.id if isinstance(function, ast.Name) else name
        factories = [word.value for word in value.keywords if word.arg == "default_factory"]
        return name in _COLLECTIONS or any(
            isinstance(factory, ast.Name) and factory.id in _COLLECTIONS for factory in factories
        )
    return isinstance(value, ast.Dict | ast.List | ast.Set | ast.DictComp | ast.ListComp)


#: Stands for the value of an attribute whose annotation says that it may grow.
GROWS = ast.Constant("grows")


def grows(node: ast.Assign | ast.AnnAssign) -> bool:
    if not isinstance(node, ast.AnnAssign):
        return False
    kind = ast.unparse(node.annotation)
    return "Callable" not in kind and _GROWS.search(kind) is not None


def collections_of(file: Path) -> Iterator[str]:
    """`Class.attribute` of every attribute that a class of this file creates as a collection."""
    for owner in ast.walk(ast.parse(file.read_text())):
        if isinstance(owner, ast.ClassDef):
            for target, value in assignments(owner):
                if value is GROWS or is_collection(value):
                    yield f"{owner.name}.{target}"


def assignments(owner: ast.ClassDef) -> Iterator[tuple[str, ast.expr | None]]:
    """The attributes of a class: fields of a data class, and those set through `self`."""
    for field in owner.body:
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            yield field.target.id, field.value
    for node in ast.walk(owner):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self":
                    yield target.attr, GROWS if grows(node) else node.value


def found() -> set[str]:
    return {name for file in files() for name in collections_of(file)}


def rows(columns: int) -> list[list[str]]:
    lines = [line for line in TEXT.splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("| ").split(" |")] for line in lines]
    return [row for row in cells if len(row) == columns]


#: Name and bound of the rows of collections and of tables.
BOUNDS = [(name, row[-1]) for columns in (7, 3) for row in rows(columns) for name in [row[0]]]


def listed() -> set[str]:
    return set(re.findall(r"`(_?[A-Z]\w+\.\w+)`", TEXT))


def test_every_collection_is_listed() -> None:
    missing = found() - listed()
    assert not missing, f"not in docs/bounds.md: {sorted(missing)}"


def test_nothing_else_is_listed() -> None:
    assert not listed() - found()


def test_every_table_of_the_databases_is_listed() -> None:
    schema = "".join((SOURCE / "log" / name).read_text() for name in ("schema.sql", "index.sql"))
    tables = set(re.findall(r"^CREATE TABLE (\w+)", schema, re.MULTILINE))
    names = " ".join(row[0] for row in rows(3))
    assert tables == set(re.findall(r"`([a-z_]+)`", names))


@pytest.mark.parametrize(("name", "bound"), BOUNDS)
def test_a_bound_is_a_setting_or_a_constant(name: str, bound: str) -> None:
    """`group.name` of the settings, `module:CONSTANT`, or why there is none."""
    if bound in {"fixed", "operators"}:
        return
    module, colon, constant = bound.strip("`").partition(":")
    if colon:
        assert getattr(import_module(f"hubbub.{module}"), constant) > 0
        return
    value: object = Settings()
    for part in module.split("."):
        value = getattr(value, part)
    assert isinstance(value, int | float)


def test_every_setting_in_the_table_of_rates_exists() -> None:
    rates = TEXT.partition("## Rates")[2].partition("## In the model")[0]
    for path in re.findall(r"`([a-z_]+(?:\.[a-z_]+)?)` \|$", rates, re.MULTILINE):
        value: object = Settings()
        for part in path.split("."):
            value = getattr(value, part)
