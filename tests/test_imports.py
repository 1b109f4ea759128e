"""What may import what."""

import ast
import graphlib
import importlib.metadata
import re
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
SOURCE = REPOSITORY / "src/hubbub"
# The core, which runs without any library; a library is not even tried for there.
CORE = [
    "protocol",
    "dialects",
    "handlers",
    "log",
    "model",
    "outbox",
    "hub",
    "session.py",
    "clock.py",
]


def python_files(*places: Path) -> list[Path]:
    return [f for p in places for f in ([p] if p.suffix == ".py" else sorted(p.rglob("*.py")))]


def libraries_in(file: Path) -> set[str]:
    """The packages a file imports, anywhere in it, that Python does not bring."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module)
    packages = {name.partition(".")[0] for name in found}
    return packages - sys.stdlib_module_names - {"hubbub"}


def declared(*parts: str) -> set[str]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    wishes = {"run": project["project"]["dependencies"], "dev": project["dependency-groups"]["dev"]}
    return {normal(re.split("[>;=]", wish)[0]) for part in parts for wish in wishes[part]}


def normal(name: str) -> str:
    return re.sub("[-_.]+", "-", name.strip()).lower()


@cache
def distributions():
    """Package -> what it came with."""
    return importlib.metadata.packages_distributions()


def undeclared(file: Path, known: set[str], local: set[str]) -> set[str]:
    homes = distributions()
    libraries = libraries_in(file) - local
    return {it for it in libraries if not known & {normal(d) for d in homes.get(it, [it])}}


@pytest.mark.parametrize("part", CORE)
def test_the_core_needs_the_standard_library_alone(part):
    assert {f.name: libraries_in(f) for f in python_files(SOURCE / part) if libraries_in(f)} == {}


def test_what_the_source_imports_is_declared():
    """An environment with more in it than pyproject.toml asks for would hide what is missing."""
    files = python_files(SOURCE)
    missing = {f.name: undeclared(f, declared("run"), set()) for f in files}
    assert {name: what for name, what in missing.items() if what} == {}


def test_what_the_tests_import_is_declared():
    files = python_files(REPOSITORY / "tests", REPOSITORY / "bench", REPOSITORY / ".ci")
    local = {f.stem for f in files} | {f.parent.name for f in files}
    missing = {f.name: undeclared(f, declared("run", "dev"), local) for f in files}
    assert {name: what for name, what in missing.items() if what} == {}


def name_of(file: Path) -> str:
    name = ".".join(file.relative_to(SOURCE.parent).with_suffix("").parts)
    return name.removesuffix(".__init__")


def imported_at_once(file: Path, modules: set[str]) -> set[str]:
    """The modules of ours that have to be there before this one is."""
    package = name_of(file).split(".")[: None if file.name == "__init__.py" else -1]
    found = set()
    for node in ast.parse(file.read_text("utf-8")).body:  # not in functions, not `if TYPE_CHECKING`
        if isinstance(node, ast.ImportFrom):
            outside = [*package[: len(package) - node.level + 1]] if node.level else []
            path = ".".join([*outside, *([node.module] if node.module else [])])
            parts = {f"{path}.{alias.name}" for alias in node.names} & modules
            found |= parts or {path} & modules
    return found - {name_of(file)}


def test_no_module_needs_itself():
    """Else it depends on who is imported first whether a program starts."""
    files = python_files(SOURCE)
    modules = {name_of(file) for file in files}
    needs = {name_of(file): imported_at_once(file, modules) for file in files}
    graphlib.TopologicalSorter(needs).prepare()
