"""Tests and benchmarks use what is public: a private name may change without them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
#: The public methods of a named tuple.
PUBLIC = {"_asdict", "_field_defaults", "_fields", "_make", "_replace"}
#: `_name` or `module.Class._name`, as in monkeypatch.setattr.
NAMED = re.compile(r"(?:\w+\.)*(_(?!_)\w+)")


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in PUBLIC | {"_"}


def parsed(*folders: str) -> dict[str, ast.Module]:
    files = sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))
    return {str(file.relative_to(ROOT)): ast.parse(file.read_text("utf-8")) for file in files}


def classes_of(trees: Mapping[str, ast.Module]) -> dict[str, list[ast.ClassDef]]:
    found: dict[str, list[ast.ClassDef]] = {}
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, []).append(node)
    return found


@cache
def source_texts() -> list[str]:
    return [file.read_text("utf-8") for file in (ROOT / "src").rglob("*.py")]


@cache
def defined_in_source(name: str) -> set[str]:
    """The private names of the class with this name in the source."""
    texts = [text for text in source_texts() if re.search(rf"^class {name}\b", text, re.MULTILINE)]
    found = [each for text in texts for each in ast.parse(text).body]
    classes = [each for each in found if isinstance(each, ast.ClassDef) and each.name == name]
    return {private for each in classes for private in defined_in(each)}


def bases_of(owner: ast.ClassDef) -> set[str]:
    """The last part of the name of each: `a.B[c]` is B."""
    names = (ast.unparse(base).partition("[")[0] for base in owner.bases)
    return {name.rpartition(".")[2] for name in names}


def defined_in(owner: ast.ClassDef) -> set[str]:
    """The private names that a class gives to itself or to its objects."""
    names = set()
    for node in ast.walk(owner):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
    return {name for name in names if is_private(name)}


class Finder(ast.NodeVisitor):
    """Collects the lines of a file that use a private name of something else."""

    def __init__(self, own: Mapping[str, list[ast.ClassDef]]) -> None:
        self._own = own
        self._inside: list[set[str]] = []  # the names that the classes around may use
        self.found: list[tuple[int, str]] = []

    def _names(self, owner: ast.ClassDef) -> set[str]:
        """What a class may use: its own names and those of its bases, if they are of the tests."""
        names = defined_in(owner)
        for base in bases_of(owner):
            for other in self._own.get(base, ()):
                names |= self._names(other) if other is not owner else set()
            if base not in self._own:
                names -= defined_in_source(base)
        return names

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._inside.append(self._names(node))
        self.generic_visit(node)
        self._inside.pop()

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if is_private(node.attr) and not any(node.attr in names for names in self._inside):
            self.found.append((node.lineno, ast.unparse(node)))
        self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for each in node.names:
            if is_private(each.name):
                self.found.append((node.lineno, f"import {each.name}"))

    def visit_Call(self, node: ast.Call) -> None:
        for each in [*node.args, *(word.value for word in node.keywords)]:
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                named = NAMED.fullmatch(each.value)
                if named is not None and is_private(named[1]):
                    self.found.append((node.lineno, ast.unparse(node)))
        self.generic_visit(node)


def private_uses(trees: Mapping[str, ast.Module]) -> Iterator[str]:
    own = classes_of(trees)
    for file, tree in trees.items():
        finder = Finder(own)
        finder.visit(tree)
        yield from (f"{file}:{line}: {what}" for line, what in finder.found)


def test_no_test_and_no_benchmark_uses_a_private_name() -> None:
    found = list(private_uses(parsed("tests", "bench")))
    assert not found, "\n".join(["private names, where an argument or a function is due:", *found])


@pytest.mark.parametrize(
    "source",
    [
        "log._db.execute('SELECT 1')",
        "from hubbub.log.sqlite import _fits",
        "monkeypatch.setattr(oauth, '_KEYS', {})",
        "monkeypatch.setattr('hubbub.credentials.oauth._KEYS', {})",
        "broken_once(Console, name='_run')",
        "class Own:\n    def __init__(self, log):\n        self._log = log._db",
        "class Own(SqliteLog):\n    def look(self):\n        return self._rows",
        "class Own(SqliteLog):\n    def _append(self, entries):\n        super()._append(entries)",
    ],
)
def test_a_private_name_is_found(source: str) -> None:
    assert list(private_uses({"x.py": ast.parse(source)}))


@pytest.mark.parametrize(
    "source",
    [
        "event._replace(time=1)",
        "class Own:\n    def a(self, other):\n        self._a = other._a",
        "class Own:\n    _a = 1\nclass More(Own):\n    def b(self):\n        return self._a",
    ],
)
def test_names_of_its_own_are_free(source: str) -> None:
    assert not list(private_uses({"x.py": ast.parse(source)}))
